//! docs/protocol.md and the code say the same: messages, records, enumerations, causes, profiles, clauses.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use trunklab_protocol::air_downlink::{AccessRules, DownlinkWord, SiteService, Talker};
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::field::FieldRow;
use trunklab_protocol::frame::MessageRow;
use trunklab_protocol::from_site::{HeldCall, HeldRadio};
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::network::BurstPlace;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::proof::ProvedOrder;
use trunklab_protocol::settings::{FailsoftPlace, Neighbour, SiteSettings};
use trunklab_protocol::{
    CallId, CallSetup, Cause, ControlPlace, Family, MessageId, MessageReply, PageReply, Pair, Position,
    ProfileId, Regroup, Signalling, SlotAddress, Subscription, Teller,
};
use trunklab_tests::message::{family_name, table};
use trunklab_tests::specification::Specification;
use trunklab_tests::tree::{files_below, root};

fn words_and_families() -> Vec<(&'static str, &'static [MessageRow])> {
    let families = Family::ALL.iter().map(|family| (family_name(*family), table(*family)));
    families.chain([("UplinkWord", UplinkWord::TABLE), ("DownlinkWord", DownlinkWord::TABLE)]).collect()
}

fn in_code(fields: &[FieldRow]) -> Vec<[String; 3]> {
    fields.iter().map(|field| [field.name.to_owned(), field.kind.to_string(), octets(field)]).collect()
}

fn octets(field: &FieldRow) -> String {
    if field.least == field.most {
        field.least.to_string()
    } else {
        format!("{}–{}", field.least, field.most)
    }
}

#[test]
fn every_message_of_the_code_stands_in_the_specification_field_by_field() {
    let specified = Specification::read().messages();
    for (family, rows) in words_and_families() {
        for row in rows {
            let message = specified
                .iter()
                .find(|message| message.family == family && message.name == row.name)
                .unwrap_or_else(|| {
                    panic!("docs/protocol.md has no heading `{family} 0x{:02X} {}`", row.code, row.name)
                });
            assert_eq!(message.code, row.code, "number of {family} {}", row.name);
            assert_eq!(message.fields, in_code(row.fields), "fields of {family} {}", row.name);
        }
    }
}

#[test]
fn every_message_of_the_specification_stands_in_the_code() {
    let in_code = words_and_families();
    for message in Specification::read().messages() {
        let rows = in_code.iter().find(|(family, _)| *family == message.family).map(|(_, rows)| rows);
        assert!(
            rows.is_some_and(|rows| rows.iter().any(|row| row.name == message.name)),
            "{} {} is specified, but the code does not know it",
            message.family,
            message.name
        );
    }
}

#[test]
fn every_record_stands_in_the_specification_field_by_field() {
    let specification = Specification::read();
    macro_rules! holds_for {
        ($($record:ident)*) => {$(
            assert_eq!(
                specification.fields(concat!("Record ", stringify!($record))),
                in_code($record::FIELDS),
                "record {}",
                stringify!($record)
            );
        )*};
    }
    holds_for!(Regroup CallId SlotAddress BurstPlace Position AccessRules Talker Pair HeldRadio HeldCall ControlLoad Neighbour FailsoftPlace SiteSettings Subscription MessageId Teller);
}

#[test]
fn every_enumeration_stands_in_the_specification_value_by_value() {
    let specification = Specification::read();
    macro_rules! holds_for {
        ($($enumeration:ident)*) => {$(
            let table = specification.under(concat!("Enumeration ", stringify!($enumeration))).unwrap();
            let specified: Vec<_> = table.rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
            let in_code: Vec<_> = $enumeration::ALL
                .iter()
                .map(|value| {
                    let name = serde_json::to_value(value).unwrap();
                    (value.code().to_string(), name.as_str().unwrap().to_owned())
                })
                .collect();
            assert_eq!(specified, in_code, "enumeration {}", stringify!($enumeration));
        )*};
    }
    holds_for!(Family Channel ControlPlace Signalling ProfileId RequestKind SiteService CallSetup PageReply ProvedOrder MessageReply);
}

fn assert_printed(mark: &str, wanted: &str) {
    let specification = Specification::read();
    let found =
        specification.between(mark).unwrap_or_else(|| panic!("docs/protocol.md has no mark `{mark}`"));
    assert_eq!(
        found, wanted,
        "docs/protocol.md is stale: between the marks of `{mark}` this belongs:\n{wanted}"
    );
}

#[test]
fn the_table_of_causes_is_the_codes() {
    let mut wanted = String::from("| Code | Name | Text |\n|---|---|---|\n");
    for cause in Cause::ALL {
        writeln!(wanted, "| 0x{:02X} | {} | {} |", cause.code(), cause.name(), cause.text()).unwrap();
    }
    assert_printed("causes", &wanted);
}

#[test]
fn the_table_of_profiles_is_the_codes() {
    let mut wanted = String::from(
        "| Profile | Carrier kHz | Slots | Slot µs | Traffic µs | Frames | Voice bits | Control µs | Access µs | Uplink \
         offset µs | Control takes | Hang ms | Carriers | C/I dB |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for profile in PROFILES {
        let ratio = |cadence: trunklab_protocol::profile::Cadence| match cadence.den {
            1 => cadence.num_us.to_string(),
            den => format!("{}/{den}", cadence.num_us),
        };
        let slot = if profile.slotted { ratio(profile.slot) } else { "–".to_owned() };
        writeln!(
            wanted,
            "| {} | {} | {} | {slot} | {} | {} | {} | {} | {} | {} | {} | {} | 1–{} | {} |",
            profile.name,
            f64::from(profile.carrier_hz) / 1e3,
            profile.slots,
            ratio(profile.traffic),
            pattern(profile.voice_pattern),
            if profile.voice_bits == 0 { "analogue".to_owned() } else { profile.voice_bits.to_string() },
            ratio(profile.control),
            ratio(profile.access),
            profile.uplink_offset.as_micros(),
            if profile.control_takes_carrier { "whole" } else { "one slot" },
            profile.hang_time_ms,
            profile.carrier_max,
            profile.co_channel_db,
        )
        .unwrap();
    }
    assert_printed("profiles", &wanted);
}

/// `17 × 3, 0`: runs of equal counts are drawn together.
fn pattern(counts: &[u8]) -> String {
    let runs = counts.chunk_by(|left, right| left == right);
    let texts = runs
        .map(|run| if run.len() > 1 { format!("{} × {}", run.len(), run[0]) } else { run[0].to_string() });
    texts.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_appendix_of_other_systems_names_our_causes_only_and_every_refusal_and_release() {
    let specification = Specification::read();
    let appendix = specification.tables.iter().find(|table| table.header[0] == "Ours").unwrap();
    let mut named = BTreeSet::new();
    for row in &appendix.rows {
        for name in row[0].split(", ").filter(|name| !name.ends_with(" (word)")) {
            assert!(Cause::ALL.iter().any(|cause| cause.name() == name), "{name} is no cause");
            assert!(named.insert(name.to_owned()), "{name} is mapped twice");
        }
        assert_eq!(row.len(), 6, "{row:?}");
    }
    for cause in Cause::ALL.iter().filter(|cause| cause.code() < 0x30) {
        assert!(named.contains(cause.name()), "{} is not mapped", cause.name());
    }
}

/// Causes in the prose of the specification are causes.
#[test]
fn the_table_of_checks_names_causes() {
    let specification = Specification::read();
    let checks = specification.under("Order of checks").unwrap();
    assert!(checks.rows.len() >= 10);
    for row in &checks.rows {
        assert!(Cause::ALL.iter().any(|cause| cause.name() == row[1]), "{} is no cause", row[1]);
    }
}

/// Comments may cite only clauses that exist, in every package.
#[test]
fn every_clause_that_the_code_cites_exists() {
    let specification = Specification::read();
    let mut cited = 0;
    for path in files_below(root(), "rs") {
        let text = fs::read_to_string(&path).unwrap();
        let prose: String = text
            .lines()
            .map(|line| {
                line.trim()
                    .trim_start_matches("///")
                    .trim_start_matches("//!")
                    .trim_start_matches("//")
                    .trim()
            })
            .flat_map(|line| [line, " "])
            .collect();
        // In this package a bare `clause` is of the protocol too; elsewhere it may be of another standard.
        let marks: &[&str] = if path.starts_with(root().join("protocol")) {
            &["clause ", "clauses "]
        } else {
            &[
                "docs/protocol.md, clause ",
                "docs/protocol.md, clauses ",
                "docs/protocol.md, chapter ",
                "docs/protocol.md ",
            ]
        };
        for part in marks.iter().flat_map(|mark| prose.split(mark).skip(1)) {
            let number: String =
                part.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
            let number = number.trim_end_matches('.');
            if !number.is_empty() {
                assert!(specification.has_clause(number), "{} cites clause {number}", path.display());
                cited += 1;
            }
        }
    }
    assert!(cited > 20, "the search must see the citations; it saw {cited}");
}

#[test]
fn golden_vectors_are_what_the_script_makes_of_the_specification() {
    let script = root().join("tests/golden/golden.py");
    let output = Command::new("python3").arg(&script).arg("--check").output().unwrap_or_else(|error| {
        panic!("python3 is needed to check the golden vectors, and it cannot be run: {error}")
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_glossary_has_each_word_once_in_order_with_one_sentence() {
    let text = fs::read_to_string(root().join("GLOSSARY.md")).unwrap();
    let mut words = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("- ")) {
        let (word, sentence) =
            line.trim_start_matches("- **").split_once("**: ").unwrap_or_else(|| panic!("{line}"));
        assert!(sentence.ends_with('.') && !sentence.contains(". "), "one sentence for {word}: {sentence}");
        words.push(word.to_lowercase());
    }
    let mut ordered = words.clone();
    ordered.sort();
    ordered.dedup();
    assert_eq!(words, ordered);
    for word in [
        "unit",
        "talkgroup",
        "site",
        "grant",
        "affiliate",
        "floor",
        "hang time",
        "late entry",
        "cause",
        "epoch",
    ] {
        assert!(ordered.iter().any(|found| found == word), "{word}");
    }
}
