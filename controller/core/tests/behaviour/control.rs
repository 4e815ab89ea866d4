//! Where a control channel is (clause 12.12.10).

use trunklab_controller_core::config::{Change, SiteConfig};
use trunklab_protocol::settings::{Neighbour, SiteSettings};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{ControlPlace, Epoch, Incarnation, Signalling, SlotAddress, from_site};

use trunklab_controller_core::output::Output;

use crate::support::{System, channel, site, site_config};

fn searched(number: u16, channels: u16) -> SiteConfig {
    SiteConfig {
        control_place: ControlPlace::Searched,
        control_moves_ms: 10_000,
        ..site_config(number, channels)
    }
}

fn with_searched_control(channels: u16) -> System {
    let mut system = System::new();
    system.provision(Change::Site(searched(3, channels)));
    system.connects(3, 1, &[], &[]);
    system.has_talkgroup(41);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1017], 41);
    system.has_units_at(3, &[1018], 42);
    system
}

fn control(system: &System) -> SlotAddress {
    system.controller.snapshot(system.now).sites[0].control
}

/// What a site is told anew, if it is.
pub fn configured(system: &System, number: u16) -> Option<SiteSettings> {
    system.outputs.iter().find_map(|output| match output {
        Output::ToSite { site: to, message: ToSite::Configure(word), .. } if *to == site(number) => {
            Some(*word.settings.clone())
        }
        _ => None,
    })
}

fn hello(control: SlotAddress) -> from_site::Hello {
    from_site::Hello {
        incarnation: Incarnation::new(1).unwrap(),
        newest_epoch: Epoch::new(1).unwrap(),
        voice_address: "127.0.0.1:4000".parse().unwrap(),
        controls: vec![control],
    }
}

/// Runs until the control channel moves; how long it took in milliseconds.
fn next_move(system: &mut System) -> u64 {
    let before = control(system);
    for waited in (100..40_000).step_by(100) {
        system.after_ms(100);
        if control(system) != before {
            return waited;
        }
    }
    panic!("it does not move");
}

#[test]
fn it_moves_after_half_to_one_and_a_half_of_the_mean_and_the_site_is_told() {
    let mut system = with_searched_control(3);
    let mut places = vec![control(&system)];
    let mut waits = Vec::new();
    for _ in 0..20 {
        waits.push(next_move(&mut system));
        places.push(control(&system));
        assert_eq!(configured(&system, 3).map(|settings| settings.control), Some(control(&system)));
        system.expect(&format!("event: control channel of site 3 now {}", control(&system)));
    }
    assert!(waits.iter().all(|waited| (5_000..=15_100).contains(waited)), "{waits:?}");
    assert!(waits.iter().max().unwrap() - waits.iter().min().unwrap() > 2_000, "{waits:?}");
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 4, "it has been everywhere");
}

#[test]
fn it_cuts_no_call_and_its_old_slot_is_for_calls() {
    let mut system = with_searched_control(2);
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> call 1, channel 2, talker 1017 here");
    next_move(&mut system);
    assert_eq!(control(&system), channel(3));
    system.unit(1018).presses_ptt(42);
    system.expect("site 3 -> call 2, channel 1, talker 1018 here");
}

/// Calls may have the control channel's slot, which moves among three; units of three talkgroups are there.
fn with_associated_signalling() -> System {
    let mut system = with_searched_control(2);
    system.provision(Change::Site(SiteConfig { signalling: Signalling::Associated, ..searched(3, 2) }));
    system.has_talkgroup(43);
    system.has_units_at(3, &[1019], 43);
    system
}

/// A call goes to the slot `elsewhere` at once; one that follows waits, until both others can be had.
fn expect_calls_to_wait(system: &mut System, elsewhere: SlotAddress, left: SlotAddress) {
    system.unit(1017).presses_ptt(41);
    system.expect(&format!("site 3 -> call 1, channel {}, talker 1017 here", elsewhere.carrier));
    system.unit(1018).presses_ptt(42);
    system.expect("site 3 -> unit 1018 waits, position 1");
    system.after_ms(1_900).expect_no("site 3 -> call 2");
    system.after_ms(100).expect(&format!("site 3 -> call 2, channel {}, talker 1018 here", left.carrier));
    system.unit(1019).presses_ptt(43);
    let come = control(system);
    system.expect(&format!("site 3 -> call 3, channel {}, talker 1019 here", come.carrier));
}

fn other_than(taken: [SlotAddress; 2]) -> SlotAddress {
    (1..=3).map(channel).find(|place| !taken.contains(place)).expect("there are three")
}

#[test]
fn no_call_gets_the_old_slot_or_the_new_one_until_radios_have_noticed() {
    let mut system = with_associated_signalling();
    let left = control(&system);
    next_move(&mut system);
    let come = control(&system);
    expect_calls_to_wait(&mut system, other_than([left, come]), left);
}

#[test]
fn where_calls_may_have_its_slot_it_stays_while_somebody_waits_for_one() {
    let mut system = with_associated_signalling();
    system.has_site(4, 1);
    system.has_talkgroup(44);
    system.has_units_at(4, &[1020], 44);
    system.has_units_at(4, &[1021], 41);
    system.unit(1020).presses_ptt(44);
    next_move(&mut system);
    let before = control(&system);
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> unit 1017 waits, position 1");
    system.after_ms(20_000);
    assert_eq!(control(&system), before, "1017 waits for site 4, and then for site 3");
    system.unit(1017).cancels();
    assert!(next_move(&mut system) <= 1_000);
}

#[test]
fn a_site_that_says_it_was_elsewhere_gives_neither_slot_to_a_call_yet() {
    let mut system = with_associated_signalling();
    let left = control(&system);
    next_move(&mut system);
    system.after_ms(2_000);
    system.loses_site(3);
    system.input(trunklab_controller_core::input::Input::SiteConnected { site: site(3) });
    system.from_site(3, hello(left));
    system.from_site(3, from_site::InventoryEnd {});
    for (unit, talkgroup) in [(1017, 41), (1018, 42), (1019, 43)] {
        system.has_units_at(3, &[unit], talkgroup);
    }
    let come = control(&system);
    expect_calls_to_wait(&mut system, other_than([left, come]), left);
}

#[test]
fn where_no_slot_is_free_it_waits_for_one_that_has_been_so_for_a_second() {
    let mut system = with_searched_control(1);
    system.unit(1017).presses_ptt(41);
    system.after_ms(30_000);
    assert_eq!(control(&system), channel(1));
    system.unit(1017).releases_ptt();
    system.after_ms(3_000).expect("site 3 -> call 1 released: nobody spoke before hang time ran out");
    assert_eq!(control(&system), channel(1), "the release is still being said");
    let waited = next_move(&mut system);
    assert!((900..=2_000).contains(&waited), "{waited}");
}

#[test]
fn a_site_that_comes_again_is_told_the_place_that_holds() {
    let mut system = with_searched_control(3);
    next_move(&mut system);
    let moved = control(&system);
    system.loses_site(3);
    system.after_ms(60_000);
    assert_eq!(control(&system), moved, "nobody is there to be moved");
    system.input(trunklab_controller_core::input::Input::SiteConnected { site: site(3) });
    system.greets(3, 2);
    assert_eq!(configured(&system, 3).map(|settings| settings.control), Some(moved));
}

#[test]
fn a_new_term_leaves_it_where_the_site_says_that_it_is() {
    let mut system = System::before_its_first_term();
    system.provision(Change::Site(searched(3, 3)));
    system.starts(2);
    for (said, kept) in [(channel(3), channel(3)), (channel(9), channel(3))] {
        system.starts(3);
        system.input(trunklab_controller_core::input::Input::SiteConnected { site: site(3) });
        system.from_site(3, hello(said));
        assert_eq!(configured(&system, 3).map(|settings| settings.control), Some(kept));
    }
}

#[test]
fn one_that_is_fixed_stays() {
    let mut system = with_searched_control(3);
    next_move(&mut system);
    system.provision(Change::Site(site_config(3, 3)));
    assert_eq!(control(&system), channel(1));
    system.after_ms(60_000);
    assert_eq!(control(&system), channel(1));
}

#[test]
fn neighbours_announce_where_it_is_now() {
    let mut system = with_searched_control(3);
    let neighbours = vec![Neighbour { site: site(3), carrier: channel(1).carrier }];
    system.provision(Change::Site(SiteConfig { neighbours, ..site_config(5, 2) }));
    system.connects(5, 1, &[], &[]);
    next_move(&mut system);
    let settings = configured(&system, 5).unwrap();
    assert_eq!(settings.neighbours[0].carrier, control(&system).carrier);
}

#[test]
fn neighbours_that_greeted_first_in_a_new_term_are_told_where_it_was_left() {
    let mut system = System::before_its_first_term();
    system.provision(Change::Site(searched(3, 3)));
    let neighbours = vec![Neighbour { site: site(3), carrier: channel(1).carrier }];
    system.provision(Change::Site(SiteConfig { neighbours, ..site_config(5, 2) }));
    system.starts(2);
    system.connects(5, 1, &[], &[]);
    system.input(trunklab_controller_core::input::Input::SiteConnected { site: site(3) });
    system.from_site(3, hello(channel(2)));
    let settings = configured(&system, 5).expect("site 5 is told again");
    assert_eq!(settings.neighbours[0].carrier, channel(2).carrier);
}

#[test]
fn a_move_is_the_same_in_every_replica() {
    let run = || {
        let mut system = with_searched_control(3);
        next_move(&mut system);
        (system.now, system.controller.digest())
    };
    assert_eq!(run(), run());
}
