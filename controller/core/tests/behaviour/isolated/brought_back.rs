//! What a site brings back that has served alone (clause 14.1.5).

use trunklab_controller_core::isolated::node_of;
use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::from_site::HeldCall;
use trunklab_protocol::{AreaChoice, CallId, Cause, Pair, Parties, SpurtId};

use super::{time_alone, with_one_that_may};
use crate::support::{area, channel, held_radio, press, site, talkgroup, unit};

/// What a site carries that has served alone.
fn own_call(parties: Parties, talker: Option<u32>) -> HeldCall {
    let spurt = SpurtId::new(0x8301_0001).unwrap();
    HeldCall {
        call: CallId { node: node_of(site(3)).unwrap(), epoch: time_alone(), counter: 5 },
        parties,
        at: channel(3),
        talker: talker.map(|number| Talker { unit: unit(number), spurt, press: press(1) }),
        talker_is_here: talker.is_some(),
        emergency: false,
        area: None,
        hung_ms: 0,
    }
}

fn group() -> Parties {
    talkgroup(41).into()
}

fn pair(caller: u32, called: u32) -> Parties {
    Parties::Pair(Pair { caller: unit(caller), called: unit(called) })
}

#[test]
fn a_call_of_the_sites_own_is_taken_over_however_often_the_site_has_reported() {
    let mut system = with_one_that_may();
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[own_call(group(), Some(1017))]);
    system
        .expect("site 3 -> call 5, channel 3, talker 1017 here")
        .expect("event: call 5: unit 1017 talks")
        .expect("site 5 -> call 5, channel 2, talker 1017");
    system.unit(1017).releases_ptt();
    system.expect("site 5 -> call 5, channel 2, no talker");
}

#[test]
fn the_own_call_of_another_site_is_not_taken_over() {
    let mut system = with_one_that_may();
    system.loses_site(5);
    let held = HeldCall { talker_is_here: false, talker: None, ..own_call(group(), None) };
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held]);
    system.expect("site 5 -> call 5 released: the call is over or was never set up");
}

#[test]
fn where_its_talkgroup_has_another_call_a_sites_own_ends_and_its_listeners_hear_the_other() {
    let mut system = with_one_that_may();
    system.loses_site(3);
    system.unit(1018).presses_ptt(41);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[own_call(group(), Some(1017))]);
    system
        .expect("site 3 -> call 5 released: the talkgroup has another call in the whole network")
        .expect("site 3 -> call 1, channel 2, talker 1018");
}

#[test]
fn an_individual_call_between_two_units_of_the_site_goes_on() {
    let mut system = with_one_that_may();
    system.has_units_at(3, &[1019], 41);
    system.loses_site(3);
    let radios = [held_radio(1017, Some(41)), held_radio(1019, Some(41))];
    system.connects(3, 1, &radios, &[own_call(pair(1017, 1019), Some(1017))]);
    system.expect("site 3 -> call 5, channel 3, talker 1017 here").expect_no("released");
    system.unit(1017).releases_ptt();
    system.unit(1019).presses_ptt_in(own_call(group(), None).call);
    system.expect("site 3 -> call 5, channel 3, talker 1019 here");
}

#[test]
fn an_individual_call_with_two_slots_or_with_one_unit_here_ends() {
    let mut system = with_one_that_may();
    system.has_units_at(3, &[1019], 41);
    system.loses_site(3);
    let radios = [held_radio(1017, Some(41)), held_radio(1019, Some(41))];
    let first = own_call(pair(1017, 1019), None);
    system.connects(3, 1, &radios, &[first, HeldCall { at: channel(2), ..first }]);
    let lost = "site 3 -> call 5 released: no site could carry the call on";
    system.expect(lost).expect_no("call 5, channel");
    system.loses_site(3);
    system.connects(3, 1, &radios, &[own_call(pair(1017, 1018), None)]);
    system.expect(lost).expect_no("call 5, channel");
}

/// Its site was alone when the call was widened elsewhere, and does not know.
#[test]
fn a_call_that_was_widened_before_it_was_lost_is_so_when_its_site_brings_it_back() {
    let mut system = with_one_that_may();
    system.has_site(7, 2);
    system.has_units_at(7, &[1019], 41);
    system.has_area(1, &[3, 5]);
    system.unit(1018).selects_area(AreaChoice::new(1).unwrap()).presses_ptt(41);
    let (call, _) = system.grant_of(1018);
    system.unit(1018).releases_ptt();
    system.loses_site(3);
    system.unit(1018).selects_area(AreaChoice::Wide).presses_ptt(41);
    system.expect("event: call 1 heard everywhere");
    system.loses_site(7);
    system.loses_site(5);
    assert_eq!(system.records[0].released.unwrap().1, Cause::CallLost);
    let held = HeldCall { call, at: channel(2), area: Some(area(1)), ..own_call(group(), None) };
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held]);
    system.expect("site 3 -> call 1, channel 2, no talker");
    assert_eq!(system.controller.snapshot(system.now).calls[0].area, None);
}

/// Without hang time a call ends with its talker; but of its last site it is lost as a whole, and its talker goes on there.
#[test]
fn a_call_without_hang_time_whose_talker_went_on_alone_goes_on() {
    let mut system = with_one_that_may();
    system.has_talkgroup_with(43, 5, Some(0));
    system.has_units_at(3, &[1027, 1028], 43);
    system.unit(1027).presses_ptt(43);
    let (call, spurt) = system.grant_of(1027);
    system.loses_site(3);
    assert_eq!(system.records[0].released.unwrap().1, Cause::CallLost);
    let talker = Some(Talker { unit: unit(1027), spurt, press: press(1) });
    let held = HeldCall { call, at: channel(2), talker, ..own_call(talkgroup(43).into(), Some(1027)) };
    system.connects(3, 1, &[held_radio(1027, Some(43)), held_radio(1028, Some(43))], &[held]);
    assert_eq!(system.controller.snapshot(system.now).calls[0].talker, Some(unit(1027)));
}

/// The site's own dispatch had a queue of its own meanwhile.
#[test]
fn who_waited_when_the_link_was_lost_is_served_anew_under_the_same_number() {
    let mut system = with_one_that_may();
    for (number, unit) in [(43, 1027), (44, 1028)] {
        system.has_talkgroup(number);
        system.has_units_at(3, &[unit], number);
    }
    system.unit(1017).presses_ptt(41);
    system.unit(1028).presses_ptt(44);
    system.unit(1027).presses_ptt(43);
    system.expect("event: unit 1027 queued, position 1");
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, Some(41)), held_radio(1027, Some(43))], &[]);
    system.unit(1027).repeats_its_request(43);
    system.expect("event: call 3: unit 1027 talks");
}
