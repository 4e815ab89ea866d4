use std::fmt::Write as _;

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::{Cause, Moment, ProfileId, Span, UnitId};

use super::sentence::Sort;
use super::{Action, Judge, Observation, Scenario, sentences};
use crate::output::HandsetEvent;

const SMALL: &str = r#"title = "small"
duration = "10 s"

[[site]]
id = 3
carriers = [12, 14]

[[talkgroup]]
id = 41

[[unit]]
id = "1017-1018"
talkgroup = 41
"#;

fn with(steps: &str) -> String {
    format!("{SMALL}{steps}")
}

fn error(text: &str) -> String {
    Scenario::parse("x.toml", text, None).unwrap_err().to_string()
}

#[test]
fn every_shipped_scenario_reads_on_every_profile() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for profile in PROFILES {
            let scenario = Scenario::parse(&path.to_string_lossy(), &text, Some(profile.id))
                .unwrap_or_else(|error| panic!("{error}"));
            assert!(!scenario.expectations.is_empty(), "{}", path.display());
            assert!(!scenario.about.is_empty(), "{}", path.display());
            for site in &scenario.provision().sites {
                assert!(site.traffic_slots() >= 1, "{}: {}", path.display(), profile.name);
            }
        }
        read += 1;
    }
    assert!(read >= 11, "{read} scenarios");
}

#[test]
fn a_talk_is_a_press_a_speech_and_a_release() {
    let scenario = Scenario::parse(
        "x.toml",
        &with("[[step]]\nat = \"2.4 s\"\ndo = \"unit 1017 talks for 3 s\"\n"),
        None,
    )
    .unwrap();
    let done: Vec<_> = scenario.steps.iter().map(|step| (step.at.as_micros(), &step.action)).collect();
    assert_eq!(done.len(), 5, "two are switched on first");
    assert!(matches!(done[2], (2_400_000, Action::Press(..))));
    assert!(matches!(done[3], (2_400_000, Action::Speak(..))));
    assert!(matches!(done[4], (5_400_000, Action::Release(_))));
    assert_eq!(scenario.steps[4].line, 16);
}

#[test]
fn errors_name_place_finding_expectation_and_remedy() {
    #[rustfmt::skip]
    let cases = [
        (String::new(), "x.toml:1:1: found the end of the text; expected the field `title`"),
        (with("[[unit]]\nid = 1019\ntalkgruop = 41\n"),
            "x.toml:16:1: found field `talkgruop`; expected one of `id`, `talkgroup`, `talkgroups`, `scan`, `site`, `position`, `on`, `registered`, `allowed_sites`, `priority`, `services`, `floor_demand`, `emergency_talkgroup`, `individual_calls`, `duplex`, `blank`, `imei`, `registered_imei`, `clone_of`, `wrong_key`; did you mean `talkgroup`?"),
        (with("[[unit]]\nid = 1019\non = 3x\n"),
            "x.toml:16:6: found `3x`; expected literal string; string values must be quoted"),
        (with("[[step]]\nat = \"1 s\"\ndo = \"unit 1017 preses ptt\"\n"),
            "x.toml:16:6: found `unit 1017 preses ptt`; expected a sentence of docs/scenarios.md; did you mean `unit 1017 presses ptt`?"),
        (with("[[step]]\nat = \"1 s\"\ndo = \"unit 1071 presses ptt\"\n"),
            "x.toml:16:6: found unit 1071; expected a unit of this scenario; did you mean `1017`?"),
        (with("[[step]]\nat = \"1 s\"\ndo = \"site 9 is killed\"\n"),
            "x.toml:16:6: found site 9; expected a site of this scenario; did you mean `3`?"),
        (with("[[step]]\nat = \"1 s\"\ndo = \"unit 1017 selects talkgroup 7777\"\n"),
            "x.toml:16:6: found talkgroup 7777; expected a talkgroup of this scenario; declare it under [[talkgroup]] above the steps"),
        (with("[[step]]\nat = \"2 s\"\ndo = \"controller is killed\"\n[[step]]\nat = \"1 s\"\ndo = \"controller is started\"\n"),
            "x.toml:18:6: found a step at 1.000 s after one at 2.000 s; expected steps in order of time; move the step up, or correct its time"),
        (with("[[step]]\nat = \"11 s\"\ndo = \"controller is killed\"\n"),
            "x.toml:15:6: found a step at 11.000 s; expected steps within the duration of 10 s; make the duration longer"),
        (with("[[step]]\nat = \"3\"\ndo = \"controller is killed\"\n"),
            "x.toml:15:6: found time `3`; expected a number and a unit, such as `2.4 s`, `300 ms`, `1 min`"),
        (SMALL.replace("[12, 14]", "[12, 601]"),
            "x.toml:6:17: found `601`; expected a carrier of iden, from 1 to 600"),
        (SMALL.replace("[12, 14]", "[12, 14]\ncontrol = \"13/0\""),
            "x.toml:7:11: found control channel `13/0`; expected one of the site's carriers, 12, 14; add the carrier, or use one of them"),
        (SMALL.replace("duration", "profile = \"tetar\"\nduration"),
            "x.toml:2:11: found profile `tetar`; expected one of iden, tetra, dmr3, p25p1, p25p2, smartnet2, mpt1327; did you mean `tetra`?"),
        (SMALL.replace("carriers = [12, 14]", "carriers = [12]\nposition = [0, 0]\n[[site]]\nid = 4\ncarriers = [12]\nposition = [11500, 0]"),
            "x.toml:10:13: found carrier 12 at sites 3 and 4: at 2937,787 the first is heard 15 dB above the other; expected 17 dB; give one of them another carrier, another position or another azimuth_deg"),
        (SMALL.replace("talkgroup = 41", "talkgoup = 41"),
            "did you mean `talkgroup`?"),
        (with("[[step]]\nat = \"1 s\"\n"),
            "x.toml:15:6: found a step that says nothing; expected one of do, expect, never"),
    ];
    for (text, expected) in cases {
        let found = error(&text);
        assert!(found.ends_with(expected), "found    {found}\nexpected {expected}");
    }
}

/// Each sentence of the table, filled in, is read as itself and by no row before it.
#[test]
fn every_sentence_is_read() {
    for row in sentences() {
        let mut text = row.pattern.to_owned();
        for (slot, value) in [
            ("{units}", "1017"),
            ("{unit}", "1018"),
            ("{site}", "3"),
            ("{talkgroups}", "41,42"),
            ("{talkgroup}", "41"),
            ("{area}", "1"),
            ("{span}", "1.5 s"),
            ("{cause}", "HangTimeOver"),
            ("{alarm}", "site_lost"),
            ("{file}", "\\\"a.wav\\\""),
            ("{number}", "2"),
            ("{status}", "3"),
            ("{carrier}", "14"),
            ("{place}", "2000,-500"),
        ] {
            text = text.replace(slot, value);
        }
        let key = match row.sort {
            Sort::Do => "do",
            Sort::See => "expect",
        };
        let step = format!("[[area]]\nid = 1\nsites = [3]\n[[step]]\nat = \"1 s\"\n{key} = \"{text}\"\n");
        let file = with(&step).replacen("[[site]]", "[network]\nconsole_unit = 900\n[[site]]", 1);
        let scenario = Scenario::parse("x", &file, None).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            scenario.steps.len() + scenario.expectations.len() > 2 || text.ends_with("empties"),
            "{text}"
        );
    }
}

#[test]
fn fillers_take_all_slots_but_the_free_ones_on_every_profile() {
    let text = with(
        "[[step]]\nat = \"1 s\"\ndo = \"site 3 fills up to 1 free slots\"\n[[step]]\nat = \"9 s\"\ndo = \"site 3 empties\"\n",
    );
    for profile in PROFILES {
        let scenario = Scenario::parse("x", &text, Some(profile.id)).unwrap();
        let count =
            |wanted: fn(&Action) -> bool| scenario.steps.iter().filter(|step| wanted(&step.action)).count();
        let filled = scenario.provision().sites[0].traffic_slots() - 1;
        assert_eq!(count(|action| matches!(action, Action::Press(..))), filled, "{}", profile.name);
        assert_eq!(count(|action| matches!(action, Action::Release(_))), filled, "{}", profile.name);
        assert_eq!(scenario.provision().units.len(), 2 + filled);
    }
}

/// Whoever stands nearer to the antenna than all others takes every burst from them.
#[test]
fn units_without_a_place_of_their_own_all_stand_at_the_same_distance() {
    let text = with("[[unit]]\nid = 1019\ntalkgroup = 41\n")
        + "[[step]]\nat = \"10 s\"\ndo = \"site 3 fills up to 1 free slots\"\n";
    let scenario = Scenario::parse("x", &text, Some(ProfileId::Iden)).unwrap();
    let site = scenario.provision().sites[0].position;
    let expected = trunklab_protocol::Position { east_m: site.east_m + 1_000, north_m: site.north_m };
    assert!(scenario.provision().units.len() > 10);
    for unit in &scenario.provision().units {
        assert_eq!(unit.position, expected, "unit {}", unit.unit);
    }
}

#[test]
fn fillers_are_switched_on_one_after_another() {
    let text = with("[[step]]\nat = \"10 s\"\ndo = \"site 3 fills up to 1 free slots\"\n");
    let scenario = Scenario::parse("x", &text, Some(ProfileId::Iden)).unwrap();
    let fillers: Vec<u64> = scenario
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::SwitchOn(unit) if unit.number() > 16_000_000))
        .map(|step| step.at.as_micros())
        .collect();
    assert!(fillers.len() > 1 && fillers.windows(2).all(|pair| pair[0] < pair[1]), "{fillers:?}");
}

#[test]
fn the_judge_wants_what_is_expected_in_time_and_never_the_other() {
    let text = with(
        "[[step]]\nat = \"1 s\"\nexpect = \"unit 1018 hears unit 1017\"\nwithin = \"1 s\"\n\
         [[step]]\nat = \"1 s\"\nnever = \"unit 1017 is refused\"\n\
         [[step]]\nat = \"1 s\"\nexpect = \"site 3 is in service\"\n",
    );
    let scenario = Scenario::parse("x", &text, None).unwrap();
    let unit = |number| UnitId::new(number).unwrap();
    let call = crate::handset::tests::bench::call(1);
    let hears = HandsetEvent::Hears { call, talker: unit(1017) };
    for (at_ms, refused, holds) in [(1_500, false, [true, true, false]), (2_001, true, [false, false, false])]
    {
        let mut judge = Judge::new(&scenario);
        let at = Moment::ORIGIN + Span::from_millis(at_ms);
        judge.observe(at, Observation::Handset(unit(1018), &hears));
        if refused {
            let refusal = HandsetEvent::Refused { cause: Cause::QueueFull };
            judge.observe(at, Observation::Handset(unit(1017), &refusal));
        }
        let lost = EventKind::SiteLost { site: scenario.provision().sites[0].site, cause: Cause::LinkSilent };
        judge.observe(at, Observation::Controller(&lost));
        let verdicts: Vec<_> = judge.verdicts().iter().map(|verdict| verdict.holds).collect();
        assert_eq!(verdicts, holds);
    }
}

#[test]
fn the_documentation_prints_the_table() {
    let mut table = String::new();
    for (sort, title) in [(Sort::Do, "After `do`"), (Sort::See, "After `expect` and `never`")] {
        writeln!(table, "| {title} | Meaning |\n|---|---|").unwrap();
        for row in sentences().filter(|row| row.sort == sort) {
            writeln!(table, "| `{}` | {} |", row.pattern, row.about).unwrap();
        }
        table.push('\n');
    }
    let text = include_str!("../../../../docs/scenarios.md");
    assert!(text.contains(table.trim_end()), "docs/scenarios.md is stale; it must contain:\n\n{table}");
}

#[test]
fn any_text_is_read_or_refused_in_one_sentence() {
    use proptest::prelude::*;
    let lines = prop::sample::select(vec![
        "[[site]]",
        "[[unit]]",
        "[[step]]",
        "[[talkgroup]]",
        "id = 3",
        "id = \"1-99999999\"",
        "carriers = [1]",
        "carriers = []",
        "at = \"99999999 s\"",
        "do = \"site 3 fills up to 0 free slots\"",
        "title = \"t\"",
        "duration = \"1 s\"",
        "do = \"\"",
        "expect = \"unit\"",
        "position = [-2147483648, 2147483647]",
        "\u{1F4FB}",
    ]);
    proptest!(ProptestConfig::with_cases(200), |(lines in prop::collection::vec(lines, 0..20))| {
        if let Err(error) = Scenario::parse("x", &lines.join("\n"), Some(ProfileId::Tetra)) {
            prop_assert!(!error.to_string().contains('\n'), "{error}");
        }
    });
}

#[test]
fn a_site_that_was_emptied_is_filled_by_other_units() {
    let text = with(
        "[[step]]\nat = \"1 s\"\ndo = \"site 3 fills up to 1 free slots\"\n[[step]]\nat = \"8 s\"\ndo = \"site 3 empties\"\n\
         [[step]]\nat = \"9 s\"\ndo = \"site 3 fills up to 0 free slots\"\n",
    );
    let scenario = Scenario::parse("x.toml", &text, None).unwrap();
    let units: Vec<_> = scenario.provision().units.iter().map(|unit| unit.unit).collect();
    assert!(units.windows(2).all(|pair| pair[0] < pair[1]), "a unit is there twice: {units:?}");
    assert_eq!(units.len(), 2 + 10 + 11);
}

#[test]
fn critical_sites_are_named_where_a_call_waits_for_them() {
    let talkgroup =
        |keys: &str| SMALL.replace("[[talkgroup]]\nid = 41\n", &format!("[[talkgroup]]\nid = 41\n{keys}\n"));
    let error = error(&talkgroup("start = \"critical\""));
    assert!(error.contains("name the sites to wait for"), "{error}");
    let error = self::error(&talkgroup("critical_sites = [3]"));
    assert!(error.contains("write start = \"critical\""), "{error}");
    let error = self::error(&talkgroup("start = \"critical\"\ncritical_sites = [4]"));
    assert!(error.contains("site 4"), "{error}");
    let error = self::error(&talkgroup("start = \"fats\""));
    assert!(error.contains("did you mean `fast`?"), "{error}");
}

const MAST: &str = "[[site]]\nname = \"Hill\"\nposition = [-40000, 0]\nsectors = [\n\
    { id = 5, carriers = [21, 22] },\n{ id = 6, carriers = [31, 32], control = \"32/1\" },\n\
    { id = 7, azimuth_deg = 245, carriers = [41] },\n]\n";

#[test]
fn the_sectors_of_a_mast_are_sites_and_units_stand_before_them() {
    let unit = "[[unit]]\nid = 1019\ntalkgroup = 41\nsite = 6\n";
    let scenario = Scenario::parse("x", &(with(MAST) + unit), None).unwrap();
    let seen: Vec<_> = scenario
        .provision()
        .sites
        .iter()
        .map(|site| (site.site.number(), &*site.name, site.antenna.number(), site.control.to_string()))
        .collect();
    let [three, five, six, seven] = ["12/0", "21/0", "32/1", "41/0"].map(str::to_owned);
    assert_eq!(
        seen,
        [(3, "Site 3", 360, three), (5, "Hill", 0, five), (6, "Hill", 120, six), (7, "Hill", 245, seven)]
    );
    let masts: Vec<_> =
        scenario.provision().sites.iter().map(|site| site.mast.map(|mast| mast.number())).collect();
    assert_eq!(masts, [None, Some(5), Some(5), Some(5)]);
    let place = scenario.provision().units.last().unwrap().position;
    assert_eq!((place.east_m, place.north_m), (-40_000 + 866, -500));
}

#[test]
fn a_defect_of_sectors_names_its_place_and_a_remedy() {
    for (from, to, expected) in [
        ("id = 6", "id = 5", "x.toml:19:8: found site `5` a second time; expected each site once; give it"),
        (
            "azimuth_deg = 245",
            "azimuth_deg = 120",
            "x.toml:20:25: found sectors 6 and 7 that both look to 120°; exp",
        ),
        (
            "azimuth_deg = 245",
            "azimuth_deg = 360",
            "x.toml:20:25: found `360`; expected an azimuth in whole degrees",
        ),
        (", carriers = [41]", "", "expected the field `carriers`"),
        ("carriers = [41]", "carriers = []", "found no carrier; expected at least one"),
        (
            "name = ",
            "id = 8\nname = ",
            "x.toml:15:6: found `8` beside sectors; expected id, azimuth_deg, carriers and",
        ),
        ("32/1", "33/1", "found control channel `33/1`; expected one of the site's carriers, 31, 32"),
        ("sectors = [", "sectors = []\nx = [", "found field `x`"),
        (
            "carriers = [41]",
            "carriers = [21]",
            "found carrier 21 at sites 5 and 7: at -41476,1033 the first is heard 1 dB above the other",
        ),
    ] {
        assert!(MAST.contains(from), "{from}");
        let found = error(&with(&MAST.replacen(from, to, 1)));
        assert!(found.contains(expected), "found    {found}\nexpected {expected}");
    }
    let found = error(&with("[[site]]\ncarriers = [1]\n"));
    assert!(found.contains("found a site without id; expected id = 1 and carriers = [1]"), "{found}");
    let found = error(&with("[[site]]\nid = 5\n"));
    assert!(found.contains("x.toml:14:1: found a site without carriers"), "{found}");
    for (sectors, count) in [(String::new(), 0), ("{ id = 5, carriers = [21] },".repeat(7), 7)] {
        let found = error(&with(&format!("[[site]]\nsectors = [{sectors}]\n")));
        assert!(found.contains(&format!("found {count} sectors; expected 1 to 6")), "{found}");
    }
}
