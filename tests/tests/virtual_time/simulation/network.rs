//! The network of a random world: its policies are drawn from the seed, for their many combinations matter.

use std::fmt::Write as _;

use trunklab::lab::weather::Chance;
use trunklab_protocol::ProfileId;
use trunklab_terminal_core::scenario::Scenario;

use super::messages::ALERT;
use super::trouble::Family;
use super::waiting::{FLOOR, PAGE, QUEUE, RING};

pub const SITES: u32 = 3;
pub const UNITS: u32 = 8;
/// In a world of services the first of them have clones.
const CLONES: u32 = 2;
/// A radio between two sites hears both.
pub const APART_M: u32 = 6_000;
/// Two usual ones, one that its members fall back to in an emergency, one that announces to the first two, and one
/// that everybody hears.
pub const TALKGROUPS: [u16; 5] = [41, 42, 43, 44, 45];
/// Those in which everybody talks with everybody, when all is mended.
pub const USUAL: [u16; 2] = [41, 42];

/// Draws words from a seed's own stream.
struct Draw(Chance);

impl Draw {
    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.0.number() as usize % words.len()]
    }
}

pub fn network(seed: u64, family: Family) -> Scenario {
    let profile = ProfileId::ALL[usize::try_from(seed).unwrap() % ProfileId::ALL.len()];
    let mut draw = Draw(Chance::new(seed, 78));
    let mut more = Draw(Chance::new(seed, 79));
    let mut text =
        format!("title = \"trouble\"\nprofile = \"{profile}\"\nseed = {seed}\nduration = \"1 s\"\n");
    write_network(&mut text, &mut draw);
    if family == Family::Services {
        writeln!(text, "clones = {}", more.one_of(&["\"replace\"", "\"keep\"", "\"refuse_both\""])).unwrap();
    }
    for site in 1..=SITES {
        let control = write_site(&mut text, &mut draw, site, profile);
        if family == Family::Faults {
            write_resilience(&mut text, &mut more, site, profile, control);
            // Some serve alone at once, some when nobody hopes any more, and some never.
            writeln!(text, "isolated_after = {}", more.one_of(&["\"0 s\"", "\"1 s\"", "\"1 s\"", "\"6 s\""]))
                .unwrap();
        }
    }
    writeln!(text, "[[area]]\nid = 1\nsites = [1, 2]\n[[area]]\nid = 2\nsites = [3]").unwrap();
    for talkgroup in TALKGROUPS {
        write_talkgroup(&mut text, &mut draw, talkgroup);
    }
    for number in 1..=UNITS {
        write_unit(&mut text, &mut draw, number);
        if family == Family::Services {
            writeln!(text, "{}", more.one_of(&["", "", "blank = true", "imei = 350000000000088"])).unwrap();
        }
    }
    if family == Family::Services {
        for number in 1..=CLONES {
            write_clone(&mut text, &mut more, number);
        }
    }
    Scenario::parse("trouble", &text, None).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn write_network(text: &mut String, draw: &mut Draw) {
    let seconds = |span: trunklab_protocol::Span| span.as_micros() / 1_000_000;
    let keys = [
        ("queue_length", draw.one_of(&["2", "100"])),
        ("emergency", draw.one_of(&["\"top_of_queue\"", "\"ruthless\""])),
        ("emergency_hang_time", draw.one_of(&["\"500 ms\"", "\"5 s\""])),
        ("queue_release", draw.one_of(&["\"call_back\"", "\"cancel\""])),
        ("call_back", draw.one_of(&["\"1 s\"", "\"4 s\""])),
        ("recent_user", draw.one_of(&["\"0 s\"", "\"10 s\""])),
        ("ageing", draw.one_of(&["\"500 ms\"", "\"3 s\"", "\"60 s\""])),
        ("busy_override", draw.one_of(&["\"1 s\"", "\"4 s\"", "\"60 s\""])),
        ("longest_transmission", draw.one_of(&["\"6 s\"", "\"60 s\""])),
        ("floor_queue_length", draw.one_of(&["1", "10"])),
        ("handover", draw.one_of(&["\"2 s\"", "\"5 s\""])),
        ("individual_priority", draw.one_of(&["1", "5", "9"])),
        ("individual_hang_time", draw.one_of(&["\"500 ms\"", "\"3 s\""])),
        ("console_unit", "900"),
        ("statuses", "2"),
        ("call_alert_repeat", "\"2 s\""),
    ];
    writeln!(text, "[network]").unwrap();
    for (key, value) in keys {
        writeln!(text, "{key} = {value}").unwrap();
    }
    for (key, longest) in [
        ("longest_wait", QUEUE),
        ("longest_floor_wait", FLOOR),
        ("longest_page", PAGE),
        ("longest_ring", RING),
        ("longest_call_alert", ALERT),
    ] {
        writeln!(text, "{key} = \"{} s\"", seconds(longest)).unwrap();
    }
}

/// What decides where a site's failsoft channel may be, and where its control channel may go.
#[derive(Clone, Copy)]
struct Control {
    is_narrow: bool,
    is_searched: bool,
    is_distributed: bool,
    is_associated: bool,
}

/// Self-tests, and failsoft where nothing else is left.
fn write_resilience(text: &mut String, draw: &mut Draw, site: u32, profile: ProfileId, control: Control) {
    // How soon a fault is found matters: before or after a talker is missed.
    let (bad, good) = (draw.one_of(&["1", "3"]), draw.one_of(&["1", "2"]));
    writeln!(text, "self_test = \"1 s\"\nbad_tests = {bad}\ngood_tests = {good}").unwrap();
    let slots = profile.profile().slots;
    let has_channel = !control.is_searched && (slots > 1 || !control.is_distributed && !control.is_narrow);
    let after = draw.one_of(&["\"0 s\"", "\"3 s\"", "\"12 s\""]);
    let stays = !control.is_searched && !control.is_distributed && !control.is_associated;
    if stays && !control.is_narrow && slots > 1 && !profile.profile().control_takes_carrier {
        writeln!(text, "control_candidates = [\"{}/0\"]", 10 * site + 2).unwrap();
    }
    if has_channel && !profile.profile().control_takes_carrier {
        let at = if slots > 1 { format!("{}/1", 10 * site) } else { format!("{}/0", 10 * site + 2) };
        writeln!(
            text,
            "failsoft_after = {after}\nfailsoft = [{{ at = \"{at}\", talkgroups = [41, 42, 43] }}]"
        )
        .unwrap();
    }
}

fn write_site(text: &mut String, draw: &mut Draw, site: u32, profile: ProfileId) -> Control {
    let two = format!("[{}, {}]", 10 * site, 10 * site + 2);
    // With one carrier requests wait more often; where the control channel takes it, nothing would be left.
    let one = format!("[{}]", 10 * site);
    let narrow = draw.one_of(&["narrow", "wide"]) == "narrow" && !profile.profile().control_takes_carrier;
    let east_m = APART_M * (site - 1);
    writeln!(text, "[[site]]\nid = {site}\nposition = [{east_m}, 0]").unwrap();
    writeln!(text, "carriers = {}\ncontrol_moves = \"20 s\"", if narrow { one } else { two }).unwrap();
    let keys = [
        ("slot_choice", draw.one_of(&["\"lowest\"", "\"spread\"", "\"pack\""])),
        ("control_channel", draw.one_of(&["\"fixed\"", "\"searched\""])),
        ("control_layout", draw.one_of(&["\"central\"", "\"distributed\""])),
        ("signalling", draw.one_of(&["\"common\"", "\"associated\""])),
        ("registration_window", draw.one_of(&["\"2 s\"", "\"8 s\""])),
    ];
    for (key, value) in keys {
        writeln!(text, "{key} = {value}").unwrap();
    }
    let has = |wanted| keys.iter().any(|(_, value)| *value == wanted);
    Control {
        is_narrow: narrow,
        is_searched: has("\"searched\""),
        is_distributed: has("\"distributed\""),
        is_associated: has("\"associated\""),
    }
}

fn write_talkgroup(text: &mut String, draw: &mut Draw, talkgroup: u16) {
    let keys = [
        ("priority", draw.one_of(&["1", "5", "5", "9"])),
        ("trunking", draw.one_of(&["\"message\"\nhang_time = \"1 s\"", "\"quasi\"", "\"transmission\""])),
        ("floor", draw.one_of(&["\"refuse\"", "\"queue\""])),
        ("start", draw.one_of(&["\"all\"", "\"fast\"", "\"critical\"\ncritical_sites = [2]"])),
        ("area", draw.one_of(&["\"wide\"", "\"local\"", "1"])),
        ("announcement", draw.one_of(&["\"wait\"", "\"interrupt\""])),
    ];
    writeln!(text, "[[talkgroup]]\nid = {talkgroup}\nhome_area = 1").unwrap();
    let (announces, everybody) = (talkgroup == 44, talkgroup == 45);
    for (key, value) in keys {
        match key {
            "announcement" if !announces => {}
            // Only the caller speaks, and everybody is everywhere.
            "area" | "floor" if everybody => {}
            _ => writeln!(text, "{key} = {value}").unwrap(),
        }
    }
    if announces {
        writeln!(text, "members = [41, 42]").unwrap();
    }
    if everybody {
        writeln!(text, "system_wide = true").unwrap();
    }
}

/// A radio with the identity and the key of another one, in the same equipment or in its own.
fn write_clone(text: &mut String, draw: &mut Draw, number: u32) {
    writeln!(text, "[[unit]]\nid = {}\nclone_of = {}", 1_100 + number, 1_000 + number).unwrap();
    writeln!(text, "site = {}\ntalkgroups = {TALKGROUPS:?}\non = false", draw.one_of(&["1", "2", "3"]))
        .unwrap();
    writeln!(text, "{}", draw.one_of(&["", "imei = 350000000000077"])).unwrap();
}

fn write_unit(text: &mut String, draw: &mut Draw, number: u32) {
    writeln!(text, "[[unit]]\nid = {}\nsite = {}", 1_000 + number, 1 + number % SITES).unwrap();
    writeln!(text, "talkgroups = {TALKGROUPS:?}").unwrap();
    writeln!(text, "floor_demand = {}", draw.one_of(&["\"low\"", "\"low\"", "\"high\"", "\"preemptive\""]))
        .unwrap();
    writeln!(text, "scan = {}", draw.one_of(&["[]", "[42]", "[43, 42]", "[42, 43, 44]"])).unwrap();
    writeln!(text, "duplex = {}", draw.one_of(&["true", "true", "false"])).unwrap();
    writeln!(text, "individual_calls = {}", draw.one_of(&["true", "true", "true", "false"])).unwrap();
    if draw.one_of(&["usual", "of its own"]) == "of its own" {
        writeln!(text, "emergency_talkgroup = 43").unwrap();
    }
}
