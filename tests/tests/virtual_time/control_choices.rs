//! The three choices of control are independent (docs/call-processing.md 12.12.10 to 12.12.12): whether a site's control
//! channel moves, whether calls may have its slot, and whether each carrier has one of its own. In each of the eight
//! combinations three talkgroups talk at a site that is too small for them, and each is heard.

use std::fmt::Write as _;

use crate::support::{in_threads, play};
use trunklab::lab::weather::Weather;
use trunklab_protocol::{ControlLayout, ControlPlace, ProfileId, Signalling};
use trunklab_terminal_core::scenario::Scenario;

const TALKGROUPS: [u16; 3] = [41, 42, 43];

fn scenario(
    profile: ProfileId,
    place: ControlPlace,
    signalling: Signalling,
    layout: ControlLayout,
) -> Scenario {
    let mut text = format!(
        "title = \"control\"\nprofile = \"{profile}\"\nseed = 5\nduration = \"75 s\"\n\
         [[site]]\nid = 3\ncarriers = [12, 14]\ncontrol_channel = \"{}\"\ncontrol_moves = \"10 s\"\n\
         signalling = \"{}\"\ncontrol_layout = \"{}\"\n",
        place.name(),
        signalling.name(),
        layout.name()
    );
    for talkgroup in TALKGROUPS {
        let first = 1_000 + 10 * u32::from(talkgroup);
        let last = first + 3;
        writeln!(text, "[[talkgroup]]\nid = {talkgroup}\nhang_time = \"1 s\"").unwrap();
        writeln!(text, "[[unit]]\nid = \"{first}-{last}\"\ntalkgroup = {talkgroup}").unwrap();
    }
    for (index, talkgroup) in TALKGROUPS.iter().enumerate() {
        let first = 1_000 + 10 * u32::from(*talkgroup);
        let (next, last) = (first + 1, first + 3);
        let mut step = |at: usize, what: &str| writeln!(text, "[[step]]\nat = \"{at} s\"\n{what}").unwrap();
        let begins = 20 + index;
        step(begins, &format!("do = \"unit {first} presses ptt\""));
        step(begins, &format!("do = \"unit {first} speaks for 45 s\""));
        step(begins, &format!("expect = \"unit {next}-{last} hears unit {first}\"\nwithin = \"40 s\""));
    }
    for (index, talkgroup) in TALKGROUPS.iter().enumerate() {
        let (at, first) = (37 + 12 * index, 1_000 + 10 * u32::from(*talkgroup));
        writeln!(text, "[[step]]\nat = \"{at} s\"\ndo = \"unit {first} releases ptt\"").unwrap();
    }
    Scenario::parse("control", &text, None).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn in_all_their_combinations_everybody_is_served() {
    let mut combinations = Vec::new();
    for place in ControlPlace::ALL {
        for signalling in Signalling::ALL {
            for layout in ControlLayout::ALL {
                for profile in [ProfileId::Dmr3, ProfileId::Mpt1327] {
                    combinations.push((profile, *place, *signalling, *layout));
                }
            }
        }
    }
    let failed = in_threads(&combinations, |(profile, place, signalling, layout)| {
        let scenario = scenario(*profile, *place, *signalling, *layout);
        let failures = play("group-call", &scenario, Weather::CALM).failures(|_| true);
        let which = format!("{profile}, {}, {}, {}", place.name(), signalling.name(), layout.name());
        if failures.is_empty() { Ok(()) } else { Err(format!("{which}:\n  {}", failures.join("\n  "))) }
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
