//! What happens to somebody in a random world, and how often.

use trunklab::lab::script::Deed;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::Order;
use trunklab_protocol::{AreaChoice, CallSetup, Position, StatusNumber, TalkgroupId};
use trunklab_terminal_core::input::Input;

use super::network::{APART_M, TALKGROUPS, USUAL};
use super::services::happenings::SERVICES;
use super::trouble::{Family, Trouble};

/// How often, against the others, and what.
pub type Happening = (usize, fn(&mut Trouble));

#[rustfmt::skip]
const HAPPENINGS: &[Happening] = &[
    (12, presses), (10, releases), (3, selects), (2, selects_an_area), (2, switches_scan),
    (4, calls), (4, answers), (3, hangs_up), (3, raises_the_alarm),
    (5, moves), (1, leaves_coverage), (2, is_switched_off), (1, vanishes), (4, is_switched_on), (1, ends_unheard),
    (4, tells_a_status), (3, alerts), (1, cancels_its_alert), (2, operator_tells_a_status), (1, operator_alerts),
    (5, operator_talks), (2, operator_is_silent), (2, acknowledges), (2, clears),
    (2, patches), (2, selects_several), (2, undoes_a_patch),
    (1, link_breaks_or_heals), (1, station_dies_or_starts), (1, controller_dies_or_starts), (1, controller_stops),
];

/// What breaks in a world of faults, beside what breaks everywhere: often enough for sites to serve alone for a while.
#[rustfmt::skip]
const FAULTS: &[Happening] = &[
    (4, link_breaks_or_heals), (2, station_dies_or_starts), (3, controller_dies_or_starts), (1, controller_stops),
    (2, a_part_breaks), (2, every_control_channel_breaks), (2, the_plant_is_mended), (2, disk_fills_or_has_room),
];

/// One of them happens; in some families of worlds there are more.
pub fn one(trouble: &mut Trouble) {
    let more = match trouble.family() {
        Family::Calls => &[],
        Family::Services => SERVICES,
        Family::Faults => FAULTS,
    };
    let all = || HAPPENINGS.iter().chain(more);
    let mut drawn = trouble.below(all().map(|(weight, _)| weight).sum());
    for (weight, happens) in all() {
        if drawn < *weight {
            return happens(trouble);
        }
        drawn -= weight;
    }
}

fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

pub fn a_talkgroup(trouble: &mut Trouble) -> TalkgroupId {
    talkgroup(TALKGROUPS[trouble.below(TALKGROUPS.len())])
}

/// Two or three of all.
fn several(trouble: &mut Trouble) -> Vec<TalkgroupId> {
    let first = trouble.below(TALKGROUPS.len());
    let count = 2 + trouble.below(2);
    (0..count).map(|step| talkgroup(TALKGROUPS[(first + step) % TALKGROUPS.len()])).collect()
}

fn presses(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    let kind = if trouble.below(5) == 0 { RequestKind::Emergency } else { RequestKind::Normal };
    trouble.does(Deed::User(unit, Input::PressPtt { kind }));
    let frames = 20 + trouble.below(150);
    trouble.does(Deed::User(unit, Input::Speech(vec![[3; 8]; frames])));
}

fn releases(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::User(unit, Input::ReleasePtt));
}

fn selects(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    // Most of the time one of those in which people talk.
    let among = if trouble.below(3) > 0 { &USUAL[..] } else { &TALKGROUPS[..] };
    let selected = talkgroup(among[trouble.below(among.len())]);
    trouble.does(Deed::User(unit, Input::Select(selected)));
}

fn selects_an_area(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    let areas =
        [None, Some(AreaChoice::Wide), Some(AreaChoice::Local), AreaChoice::new(1), AreaChoice::new(2)];
    let area = areas[trouble.below(areas.len())];
    trouble.does(Deed::User(unit, Input::SelectArea(area)));
}

fn switches_scan(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    let on = trouble.below(2) == 0;
    trouble.does(Deed::User(unit, Input::Scan { on }));
}

fn calls(trouble: &mut Trouble) {
    let (unit, called) = (trouble.a_unit(), trouble.a_unit());
    let setup = CallSetup::ALL[trouble.below(CallSetup::ALL.len())];
    trouble.does(Deed::User(unit, Input::Call { called, setup }));
}

fn answers(trouble: &mut Trouble) {
    let ringing = trouble.a_ringing_unit();
    let unit = ringing.unwrap_or_else(|| trouble.a_unit());
    trouble.does(Deed::User(unit, Input::Answer));
}

fn hangs_up(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::User(unit, Input::HangUp));
}

fn raises_the_alarm(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::User(unit, Input::Alarm));
}

/// Two statuses have a meaning, and a third has none.
pub fn a_status(trouble: &mut Trouble) -> StatusNumber {
    StatusNumber::new(u16::try_from(1 + trouble.below(3)).unwrap()).unwrap()
}

fn tells_a_status(trouble: &mut Trouble) {
    let (unit, number) = (trouble.a_unit(), a_status(trouble));
    let to = match trouble.below(3) {
        0 => None,
        1 => Some(talkgroup(TALKGROUPS[trouble.below(TALKGROUPS.len())]).into()),
        _ => Some(trouble.a_unit().into()),
    };
    trouble.does(Deed::User(unit, Input::Status { number, to }));
}

fn alerts(trouble: &mut Trouble) {
    let (unit, called) = (trouble.a_unit(), trouble.a_unit());
    trouble.does(Deed::User(unit, Input::CallAlert { called }));
}

fn cancels_its_alert(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::User(unit, Input::CancelAlert));
}

fn operator_tells_a_status(trouble: &mut Trouble) {
    let (to, number) = (trouble.a_unit().into(), a_status(trouble));
    trouble.does(Deed::Order(Order::SendStatus { to, number }));
}

fn operator_alerts(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::Order(Order::CallAlert { unit }));
}

fn moves(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    let east_m = i32::try_from(trouble.below(APART_M as usize * trouble.sites())).unwrap();
    trouble.does(Deed::Place(unit, Position { east_m, north_m: 0 }));
}

fn leaves_coverage(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::Place(unit, Position { east_m: 2_000_000, north_m: 0 }));
}

fn is_switched_off(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::User(unit, Input::PowerOff));
}

fn vanishes(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::Vanish(unit));
}

fn is_switched_on(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::User(unit, Input::PowerOn));
}

fn ends_unheard(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::LoseTalkEnd(unit));
}

fn operator_talks(trouble: &mut Trouble) {
    let talkgroups = match trouble.below(3) {
        0 => several(trouble),
        _ => vec![talkgroup(TALKGROUPS[trouble.below(TALKGROUPS.len())])],
    };
    trouble.does(Deed::Order(Order::Talk { talkgroups }));
    let frames = 20 + trouble.below(150);
    trouble.does(Deed::OperatorSpeaks(vec![[5; 8]; frames]));
}

fn operator_is_silent(trouble: &mut Trouble) {
    trouble.does(Deed::Order(Order::EndTalk {}));
}

fn acknowledges(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::Order(Order::AcknowledgeEmergency { unit }));
}

fn clears(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    trouble.does(Deed::Order(Order::ClearEmergency { unit }));
}

fn patches(trouble: &mut Trouble) {
    let talkgroups = several(trouble);
    trouble.does(Deed::Order(Order::Patch { talkgroups }));
}

fn selects_several(trouble: &mut Trouble) {
    let talkgroups = several(trouble);
    trouble.does(Deed::Order(Order::Multiselect { talkgroups }));
}

fn undoes_a_patch(trouble: &mut Trouble) {
    let talkgroup = talkgroup(TALKGROUPS[trouble.below(TALKGROUPS.len())]);
    trouble.does(Deed::Order(Order::UndoPatch { talkgroup }));
}

fn link_breaks_or_heals(trouble: &mut Trouble) {
    let site = trouble.a_site();
    trouble.does(if trouble.is_cut(site) { Deed::MendLink(site) } else { Deed::CutLink(site) });
}

fn a_part_breaks(trouble: &mut Trouble) {
    let site = trouble.a_site();
    let parts = trouble.parts_of(site);
    let part = parts[trouble.below(parts.len())];
    trouble.does(Deed::Plant { site, part, broken: true });
}

/// The control channel where it is at first, and all that it could go to.
fn every_control_channel_breaks(trouble: &mut Trouble) {
    let site = trouble.a_site();
    for part in trouble.controls_of(site) {
        trouble.does(Deed::Plant { site, part, broken: true });
    }
}

fn the_plant_is_mended(trouble: &mut Trouble) {
    let broken = trouble.broken();
    if !broken.is_empty() {
        let (site, part) = broken[trouble.below(broken.len())];
        trouble.does(Deed::Plant { site, part, broken: false });
    }
}

fn disk_fills_or_has_room(trouble: &mut Trouble) {
    let full = !trouble.disk_is_full();
    trouble.does(Deed::SetDisk { full });
}

fn station_dies_or_starts(trouble: &mut Trouble) {
    let site = trouble.a_site();
    trouble.does(if trouble.is_dead(site) { Deed::StartStation(site) } else { Deed::KillStation(site) });
}

fn controller_dies_or_starts(trouble: &mut Trouble) {
    let deed = match (trouble.controller_runs(), trouble.below(4)) {
        (true, _) => Deed::KillController,
        (false, 0) => Deed::StartControllerAnew,
        (false, _) => Deed::StartController,
    };
    trouble.does(deed);
}

fn controller_stops(trouble: &mut Trouble) {
    let deed = if trouble.controller_runs() { Deed::StopController } else { Deed::StartController };
    trouble.does(deed);
}
