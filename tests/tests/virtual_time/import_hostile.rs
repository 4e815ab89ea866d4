//! Bad files: each gives one clear sentence, or defects beside the good rows; none a panic.

use std::path::Path;

use proptest::prelude::*;
use trunklab::import::{ImportError, Imported, Limits, read, read_bytes, read_calls, read_sites};

fn refused(name: &str, octets: &[u8], limits: &Limits) -> String {
    read_bytes(name, octets.to_vec(), limits).expect_err("the file is bad").to_string()
}

#[test]
fn each_error_names_place_and_remedy() {
    let limits = Limits::default();
    assert_eq!(refused("x.csv", b"", &limits), "x.csv: the file is empty; export it again");
    assert_eq!(
        refused("x.xlsx", b"PK\x03\x04\x14\0\x06\0", &limits),
        "x.xlsx, byte 2: this is not a text file; export it as CSV in UTF-8, not as a spreadsheet or archive"
    );
    assert!(
        refused("x.txt", b"once upon a time", &limits)
            .contains("line 1: found \"once upon a time\", expected")
    );
    assert_eq!(
        refused("x.csv", b"RFSS,Frequencies\n1,851.0125c\n", &limits),
        "x.csv, line 1: the header has no column \"Site Dec\", which RadioReference sites need; add it"
    );
    assert!(refused("x.json", b"{\"freq\": ", &limits).starts_with("x.json, line 1, column "));
    assert!(refused("x.json", b"[{\"freq\": 1}]", &limits).contains("found \"[{"));
}

#[test]
fn every_limit_is_kept() {
    let limits =
        Limits { file_bytes_max: 100, row_bytes_max: 40, rows_max: 2, findings_max: 1, ..Limits::default() };
    assert!(refused("x.csv", &[b'a'; 101], &limits).contains("larger than the limit of 100 bytes"));
    let long = format!("Decimal,Alpha Tag\n1,{}\n", "a".repeat(40));
    assert!(refused("x.csv", long.as_bytes(), &limits).starts_with("x.csv, line 2: the row is longer than"));
    let many = b"Decimal,Alpha Tag\n1,a\n2,b\n3,c\n";
    assert!(refused("x.csv", many, &limits).starts_with("x.csv, line 4: the file has more than 2 rows"));
    let Ok(Imported::Talkgroups(list)) =
        read_bytes("x.csv", b"Decimal,Mode,Hex\n10,X,9\n1,Y,7\n".to_vec(), &limits)
    else {
        panic!("two talkgroups")
    };
    assert_eq!((list.report.defects.total(), list.report.defects.first.len()), (4, 1));
    assert!(list.report.to_string().contains("and 3 more"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let error = read(&here.join("no-such.csv"), &Limits::default()).unwrap_err();
    assert!(matches!(error, ImportError::Unreadable { .. }));
    assert!(error.to_string().contains("no-such.csv: cannot be read"), "{error}");
    let error = read_calls(&here.join("src"), &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("0 JSON files were found"), "{error}");
    #[cfg(unix)]
    {
        let endless = read(Path::new("/dev/zero"), &Limits { file_bytes_max: 1 << 16, ..Limits::default() });
        assert!(matches!(endless, Err(ImportError::TooLarge { .. })));
    }
}

#[test]
fn a_file_of_another_kind_is_named() {
    let calls = Path::new(env!("CARGO_MANIFEST_DIR")).join("../terminal-sim/samples/sample-calls.csv");
    let error = read_sites(&calls, &Limits::default()).unwrap_err().to_string();
    assert!(
        error
            .ends_with("sample-calls.csv: found recorded calls, expected a list of sites; name another file")
    );
}

/// Headers of every format, so that what follows reaches its importer.
const BEGINNINGS: [&str; 7] = [
    "",
    "Decimal,Hex,Alpha Tag,Mode,Description,Tag,Category,Priority\n",
    "RFSS,Site Dec,Site Hex,Site NAC,Description,County Name,Lat,Lon,Range,Frequencies\n",
    "start_local,duration_s,talkgroup,radio_id,frequency_hz,emergency,encrypted\n",
    "TIMESTAMP,DURATION_MS,PROTOCOL,EVENT,FROM,TO,CHANNEL_NUMBER,FREQUENCY,TIMESLOT,DETAILS,EVENT_ID\n",
    "{\"start_time\":1,\"call_length\":1,\"talkgroup\":1,\"srcList\":[",
    "1\tone\n",
];

/// Pieces that look like rows more often than random octets do.
fn rowlike() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b",".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\t".to_vec()),
        Just(b"2024-05-14 17:00:07.248".to_vec()),
        Just(b"2024:05:14:17:00:07".to_vec()),
        Just(b"9999-12-31 23:59:59.999999999".to_vec()),
        Just(b"Group Call".to_vec()),
        Just(b"SPD (401)".to_vec()),
        Just(b"851.0125c".to_vec()),
        Just(b"{\"src\":1,\"time\":9e18,\"pos\":1e300}".to_vec()),
        Just(b"]}".to_vec()),
        "[0-9.e+-]{1,22}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// The row that is damaged, with its line end.
const ROW: &[u8] = b"401,\"SPD, Dispatch North\",x\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever follows a good header, the answer is a sentence, or rows of which each is accounted for.
    #[test]
    fn no_input_panics(beginning in 0..BEGINNINGS.len(), rest in rowlike()) {
        let octets = [BEGINNINGS[beginning].as_bytes(), &rest].concat();
        match read_bytes("x", octets, &Limits::default()) {
            Err(error) => prop_assert!(error.to_string().starts_with("x")),
            Ok(imported) => {
                let report = imported.report();
                prop_assert!(report.rows > 0);
                prop_assert!(report.to_string().chars().all(|c| c == '\n' || !c.is_control()));
                prop_assert!(serde_json::to_string(&imported).is_ok());
                if let Imported::Calls(log) = &imported {
                    prop_assert!(log.transmissions.is_sorted_by_key(|one| one.start));
                }
            }
        }
    }

    /// Random octets are nothing that can be imported, apart from a tag that a chance may write.
    #[test]
    fn random_octets_are_refused(octets in proptest::collection::vec(any::<u8>(), 0..4_000)) {
        if let Ok(imported) = read_bytes("x", octets, &Limits::default()) {
            prop_assert!(imported.report().rows > 0);
        }
    }

    /// A row with one octet changed never costs another row. Control octets are left out: they say that the file is
    /// no text, or make two rows of one.
    #[test]
    fn one_bad_octet_costs_at_most_its_own_row(at in 0..ROW.len() - 1, octet in b' '..) {
        let mut row = ROW.to_vec();
        row[at] = octet;
        let octets = [b"Decimal,Alpha Tag\n", &row[..], b"402,South\n403,East\n"].concat();
        let Ok(Imported::Talkgroups(list)) = read_bytes("x", octets, &Limits::default()) else {
            return Err(TestCaseError::fail("the other rows are good"));
        };
        for good in [402, 403] {
            prop_assert!(list.talkgroups.iter().any(|one| one.talkgroup.number() == good));
        }
    }
}
