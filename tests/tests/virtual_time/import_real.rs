//! The importers on real files where these are at hand, and always on the samples, which have the same defects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use trunklab::import::city::{City, Notes};
use trunklab::import::{
    CallLog, Defect, Encryption, Figures, Format, Imported, Limits, Mode, Reuse, Severity, SiteFigures,
    Sites, TalkgroupFigures, Talkgroups, read, read_calls, read_sites, read_talkgroups,
};
use trunklab_protocol::channel_plan::PlanChannel;
use trunklab_protocol::{Moment, UnitId};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../terminal-sim/samples").join(name)
}

/// The real file, or nothing, said aloud: the test then runs on the sample alone.
fn real(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if path.is_file() {
        println!("used: the real file {name} and the sample");
        Some(path)
    } else {
        println!("used: the sample alone, for the real file {name} is not here");
        None
    }
}

/// What must hold of every list of talkgroups; returns its figures.
fn check_talkgroups(path: &Path) -> (Talkgroups, TalkgroupFigures) {
    let list = read_talkgroups(path, &Limits::default()).unwrap();
    println!("{}", list.report);
    let Figures::Talkgroups(figures) = list.report.figures.clone() else { panic!("figures of talkgroups") };
    let numbers: BTreeSet<_> = list.talkgroups.iter().map(|one| one.talkgroup).collect();
    assert_eq!(numbers.len(), list.talkgroups.len(), "no number twice");
    assert_eq!(figures.distinct, numbers.len());
    assert_eq!(figures.conflicts, list.conflicts.len());
    assert!(list.conflicts.iter().all(|one| numbers.contains(&one.talkgroup)), "a conflict is over a number");
    let rows = list.talkgroups.len() + list.conflicts.len() + list.report.defects.skipped;
    assert_eq!(list.report.rows, rows, "every row is used, kept aside or skipped");
    let reported = |kind: fn(&Defect) -> bool| {
        list.report.defects.first.iter().filter(|finding| kind(&finding.defect)).count()
    };
    assert_eq!(reported(|defect| defect.severity() == Severity::Conflict), figures.conflicts);
    assert_eq!(reported(|defect| matches!(defect, Defect::DamagedHex { .. })), figures.damaged_hex);
    let counted = |encryption| list.talkgroups.iter().filter(|one| one.encryption == encryption).count();
    assert_eq!(figures.encrypted_fully, counted(Encryption::Full));
    assert_eq!(figures.encrypted_partly, counted(Encryption::Partial));
    assert!(list.talkgroups.iter().all(|one| !one.alpha_tag.is_empty() && one.mode.is_some()));
    (list, figures)
}

#[test]
fn statewide_talkgroups() {
    let (list, figures) = check_talkgroups(&sample("sample-talkgroups.csv"));
    let expected = TalkgroupFigures {
        distinct: 40,
        conflicts: 1,
        encrypted_fully: 3,
        encrypted_partly: 2,
        damaged_hex: 2,
    };
    assert_eq!((list.report.rows, figures), (41, expected));
    let fair = list.talkgroups.iter().find(|one| one.talkgroup.number() == 407).unwrap();
    assert_eq!(fair.description, "The \"Old Fair\" and other events");

    let Some(path) = real("mswin_trs_tg_4879.csv") else { return };
    let (list, figures) = check_talkgroups(&path);
    let expected = TalkgroupFigures {
        distinct: 2_085,
        conflicts: 3,
        encrypted_fully: 181,
        encrypted_partly: 39,
        damaged_hex: 0,
    };
    assert_eq!((list.report.rows, figures), (2_088, expected));
    let lines: Vec<_> = list.conflicts.iter().map(|one| (one.line, one.talkgroup.number())).collect();
    assert_eq!(lines, [(535, 32_358), (537, 32_367), (1_819, 56_638)]);
    assert_eq!(list.report.defects.total(), 3, "nothing else is wrong with it");
}

#[test]
fn a_citys_talkgroups_with_damaged_hex() {
    let damaged = |list: &Talkgroups| -> Vec<_> {
        let found = list.report.defects.first.iter();
        found
            .filter(|finding| matches!(finding.defect, Defect::DamagedHex { spreadsheet: true, .. }))
            .map(|finding| (finding.line, finding.column.clone(), finding.found.clone()))
            .collect()
    };
    let place = |line, found: &str| (line, "Hex".to_owned(), found.to_owned());
    let (list, _) = check_talkgroups(&sample("sample-talkgroups.csv"));
    assert_eq!(damaged(&list), [place(29, "10"), place(32, "10000")]);
    assert!(list.talkgroups.iter().any(|one| one.talkgroup.number() == 481), "the decimal number wins");

    let Some(path) = real("norfolk_va_talkgroups.csv") else { return };
    let (list, figures) = check_talkgroups(&path);
    assert_eq!((list.report.rows, figures.distinct, figures.damaged_hex), (81, 81, 5));
    assert_eq!(
        damaged(&list),
        [place(48, "20"), place(49, "200"), place(50, "2000"), place(51, "20000"), place(52, "2000000")]
    );
    assert_eq!(list.report.defects.total(), 5);
    assert!(list.talkgroups.iter().any(|one| one.talkgroup.number() == 742), "the decimal number wins");
}

#[test]
fn talkgroups_with_other_columns_in_another_order() {
    let (list, figures) = check_talkgroups(&sample("sample-talkgroups-reordered.csv"));
    let (other, _) = check_talkgroups(&sample("sample-talkgroups.csv"));
    assert_eq!((list.report.rows, figures.distinct, list.report.defects.total()), (12, 12, 0));
    for (one, same) in list.talkgroups.iter().zip(&other.talkgroups) {
        assert_eq!(
            (
                one.talkgroup,
                &one.alpha_tag,
                &one.description,
                &one.tag,
                &one.category,
                one.mode,
                one.encryption
            ),
            (
                same.talkgroup,
                &same.alpha_tag,
                &same.description,
                &same.tag,
                &same.category,
                same.mode,
                same.encryption
            )
        );
    }
    assert_eq!((list.talkgroups[0].priority, list.talkgroups[0].preferred_nac), (Some(1), Some(0x2C1)));
    assert_eq!(list.talkgroups[3].mode, Some(Mode::Digital));
}

fn check_sites(path: &Path) -> (Sites, SiteFigures) {
    let list = read_sites(path, &Limits::default()).unwrap();
    println!("{}", list.report);
    let Figures::Sites(figures) = list.report.figures.clone() else { panic!("figures of sites") };
    assert_eq!(list.report.rows, list.sites.len() + list.conflicts.len() + list.report.defects.skipped);
    assert_eq!(figures.distinct, list.sites.len());
    let listed: Vec<_> = list.sites.iter().flat_map(|site| &site.frequencies).collect();
    assert_eq!(figures.frequencies, listed.len());
    assert_eq!(figures.control_channels, listed.iter().filter(|one| one.control).count());
    assert!(list.sites.iter().all(|site| site.frequencies.iter().any(|one| one.control)));
    assert!(list.sites.iter().all(|site| site.name.trim() == site.name && !site.name.is_empty()));
    let widths: BTreeSet<_> = list.sites.iter().map(|site| site.frequencies.len()).collect();
    assert!(widths.len() > 1, "the rows are ragged");
    (list, figures)
}

#[test]
fn sites_with_ragged_frequencies() {
    let (list, figures) = check_sites(&sample("sample-sites.csv"));
    let expected =
        SiteFigures { distinct: 5, conflicts: 0, frequencies: 21, control_channels: 8, in_channel_plan: 21 };
    assert_eq!(figures, expected);
    assert_eq!(list.report.defects.total(), 0);
    for site in &list.sites {
        for frequency in &site.frequencies {
            let channel = PlanChannel::at_downlink_hz(frequency.hertz);
            assert!(channel.is_some(), "{} lists {} Hz", site.name, frequency.hertz);
        }
    }

    assert_eq!(list.reuse, Reuse::default(), "no frequency twice");

    let Some(path) = real("mswin_sites.csv") else { return };
    let (list, figures) = check_sites(&path);
    assert_eq!((figures.distinct, figures.frequencies, figures.control_channels), (167, 996, 530));
    let near: Vec<_> =
        list.reuse.first.iter().map(|pair| (pair.served.line, pair.interferer.line, pair.ratio_db)).collect();
    // Three are pairs of mobile sites, which the list has everywhere in the state.
    assert_eq!(near, [(6, 142, 1), (34, 35, 9), (45, 63, 0), (45, 64, 0), (63, 64, 0), (122, 148, 0)]);
    assert_eq!(figures.conflicts, 0);
    let repeated: Vec<_> = list
        .report
        .defects
        .first
        .iter()
        .map(|finding| (finding.line, finding.found.as_str(), &finding.defect))
        .collect();
    let twice = &Defect::RepeatedFrequency;
    assert_eq!(repeated, [(101, "772.21875", twice), (130, "856.7625", twice)]);
}

fn check_calls(path: &Path) -> CallLog {
    let log = read_calls(path, &Limits::default()).unwrap();
    println!("{}", log.report);
    let figures = log.figures();
    assert_eq!(log.transmissions[0].start, Moment::ORIGIN, "the first row is the origin");
    assert!(log.transmissions.is_sorted_by_key(|one| one.start));
    let accounted = log.transmissions.len()
        + figures.merges.merged
        + figures.merges.dropped
        + figures.rows_repeated
        + figures.other_events
        + log.report.defects.skipped;
    if log.report.format != Format::TrunkRecorderCalls {
        assert_eq!(log.report.rows, accounted, "every row is used, merged, dropped or skipped");
    }
    let radios: BTreeSet<_> = log.transmissions.iter().filter_map(|one| one.radio).collect();
    assert_eq!(figures.radios, radios.len());
    for radio in radios {
        let mut said = log.transmissions.iter().filter(|one| one.radio == Some(radio));
        let first = said.next().unwrap();
        said.try_fold(first.end(), |end, one| if one.start >= end { Ok(one.end()) } else { Err(one) })
            .unwrap_or_else(|one| panic!("radio {radio} overlaps itself at {}", one.start));
    }
    log
}

#[test]
fn a_day_of_recorded_calls() {
    let log = check_calls(&sample("sample-calls.csv"));
    let figures = log.figures();
    assert_eq!(log.report.rows, 339);
    assert!(figures.radios >= 40, "{} radios", figures.radios);
    assert!(figures.radio_unknown > 0 && figures.merges.merged > 0 && figures.merges.floor_contests > 0);
    assert_eq!((figures.merges.cut, figures.merges.dropped), (1, 0));
    assert_eq!(log.report.defects.total(), 1, "the press without speech");
    assert!(log.report.defects.first.iter().all(|finding| finding.defect == Defect::NoLength));

    let Some(path) = real("norfolk_va_p25_calls_2023-09-27.csv") else { return };
    let log = check_calls(&path);
    let figures = log.figures();
    assert_eq!(log.report.rows, 3_747);
    assert_eq!(log.origin.to_string(), "2023-09-27 00:12:12.065");
    assert_eq!((figures.radios, figures.talkgroups), (134, 5));
    assert_eq!((figures.merges.merged, figures.merges.cut, figures.merges.dropped), (190, 5, 0));
    assert_eq!(figures.transmissions, 3_747 - 190);
    assert_eq!(figures.merges.floor_contests, 823);
    assert_eq!(log.report.defects.total(), 1, "one press without speech");
}

#[test]
fn the_other_recorders_logs() {
    let log = check_calls(&sample("sample-trunk-recorder.json"));
    assert_eq!(log.report.format, Format::TrunkRecorderCalls);
    assert_eq!((log.report.rows, log.transmissions.len()), (1, 3));
    assert_eq!(log.origin.to_string(), "2024-05-14 17:00:00.000");
    assert_eq!(log.figures().emergencies, 1);

    let log = check_calls(&sample("sample-sdrtrunk-events.csv"));
    let figures = log.figures();
    assert_eq!((log.report.rows, log.transmissions.len()), (16, 5));
    assert_eq!((figures.rows_repeated, figures.other_events), (9, 2));
    assert_eq!((figures.emergencies, figures.encrypted, figures.radio_unknown), (1, 1, 1));
    let longest: Vec<_> = log.transmissions.iter().map(|one| one.duration.as_millis()).collect();
    assert_eq!(longest, [3_240, 2_160, 4_140, 4_140, 900]);
    assert_eq!(log.transmissions[0].radio, UnitId::new(20_101));

    let list = read_talkgroups(&sample("sample-op25-tags.tsv"), &Limits::default()).unwrap();
    println!("{}", list.report);
    assert_eq!((list.report.rows, list.talkgroups.len(), list.conflicts.len()), (8, 7, 1));
    assert!(list.talkgroups.iter().all(|one| one.mode.is_none()));
}

#[test]
fn a_folder_of_trunk_recorder_calls_is_one_log() {
    let folder = tempfile::tempdir().unwrap();
    let call = |start: u64, src: u32| {
        format!(
            "{{\"start_time\": {start}, \"call_length\": 2.5, \"talkgroup\": 401, \
             \"srcList\": [{{\"src\": {src}, \"pos\": 0}}]}}"
        )
    };
    std::fs::write(folder.path().join("b.json"), call(1_700_000_000, 7)).unwrap();
    std::fs::write(folder.path().join("a.json"), call(1_700_000_001, 8)).unwrap();
    std::fs::write(folder.path().join("a.wav"), "no JSON").unwrap();
    let log = read_calls(folder.path(), &Limits::default()).unwrap();
    assert_eq!((log.report.rows, log.transmissions.len()), (2, 2));
    assert_eq!(log.transmissions[0].radio, UnitId::new(7));
    assert_eq!(log.figures().merges.floor_contests, 1);

    std::fs::write(folder.path().join("c.json"), call(1_700_000_009, 9).replace("401", "0")).unwrap();
    let log = read_calls(folder.path(), &Limits::default()).unwrap();
    let finding = &log.report.defects.first[0];
    assert!(finding.file.as_ref().unwrap().ends_with("c.json"), "{finding}");
}

#[test]
fn every_model_serialises() {
    for name in ["sample-talkgroups.csv", "sample-sites.csv", "sample-calls.csv"] {
        let imported = read(&sample(name), &Limits::default()).unwrap();
        let json = serde_json::to_value(&imported).unwrap();
        assert!(json["report"]["rows"].as_u64().unwrap() > 0);
        assert!(json["report"]["defects"]["first"].is_array());
        match imported {
            Imported::Talkgroups(_) => assert_eq!(json["talkgroups"][0]["talkgroup"], 401),
            Imported::Sites(_) => assert_eq!(json["sites"][0]["frequencies"][0]["hertz"], 851_012_500),
            Imported::Calls(_) => assert_eq!(json["transmissions"][0]["start_us"], 0),
        }
    }
}

#[test]
fn a_city_is_planned_from_lists_and_log() {
    let limits = Limits::default();
    let talkgroups = read_talkgroups(&sample("sample-talkgroups.csv"), &limits).unwrap();
    let sites = read_sites(&sample("sample-sites.csv"), &limits).unwrap();
    let log = read_calls(&sample("sample-calls.csv"), &limits).unwrap();
    let city = check_city(City::plan(&talkgroups.talkgroups, &sites.sites, Some(&log)).unwrap(), &log);
    assert_eq!((city.sites.len(), city.talkgroups.len(), city.calls.len()), (5, 40, 301));
    assert!(city.radios.iter().filter(|radio| !radio.stand_in).count() >= 40);
    assert!(city.sites.iter().all(|site| site.position.is_some() && site.range_m.is_some()));
    let notes = Notes { stand_ins: city.notes.stand_ins, ..Notes::default() };
    assert_eq!(city.notes, notes, "nothing but stand-ins had to be added");

    let (Some(talkgroups), Some(calls)) =
        (real("norfolk_va_talkgroups.csv"), real("norfolk_va_p25_calls_2023-09-27.csv"))
    else {
        return;
    };
    let talkgroups = read_talkgroups(&talkgroups, &limits).unwrap();
    let log = read_calls(&calls, &limits).unwrap();
    let city = check_city(City::plan(&talkgroups.talkgroups, &[], Some(&log)).unwrap(), &log);
    assert_eq!((city.sites.len(), city.talkgroups.len(), city.calls.len()), (1, 81, 3_557));
    assert_eq!(city.sites[0].carriers.len(), 11, "ten that were heard and one for control");
    assert_eq!(city.radios.len(), 134 + city.notes.stand_ins);
}

/// What must hold of every city.
fn check_city(city: City, log: &CallLog) -> City {
    println!("{city}");
    let units: BTreeSet<_> = city.radios.iter().map(|radio| radio.unit).collect();
    let talkgroups: BTreeSet<_> = city.talkgroups.iter().map(|one| one.talkgroup).collect();
    assert_eq!((units.len(), talkgroups.len()), (city.radios.len(), city.talkgroups.len()));
    assert_eq!(city.calls.len(), log.transmissions.len());
    for call in &city.calls {
        let radio = city.radios.iter().find(|radio| radio.unit == call.unit).unwrap();
        assert!(radio.talkgroups.contains(&call.talkgroup) && talkgroups.contains(&call.talkgroup));
    }
    assert!(city.sites.iter().all(|site| site.carriers.iter().any(|carrier| carrier.control)));
    assert_eq!(city.radios.iter().filter(|radio| radio.stand_in).count(), city.notes.stand_ins);
    city
}
