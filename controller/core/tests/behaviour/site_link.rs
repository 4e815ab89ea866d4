//! A site's link: greeting, configuration, signs of life, loss.

use trunklab_controller_core::config::Change;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::Output;
use trunklab_protocol::from_site::{self, Health, InventoryEnd, InventoryRadios};
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::switch::{SiteUp, ToSwitch};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{CarrierNumber, SlotAddress, SlotNumber};

use crate::support::{System, site, site_config};

fn health() -> Health {
    let at = SlotAddress { carrier: CarrierNumber::new(12).unwrap(), slot: SlotNumber::new(0).unwrap() };
    let load = ControlLoad {
        at,
        words: 111,
        words_busy: 80,
        grants_again: 6,
        waiting: 3,
        wait_ms_max: 270,
        late_entry_put_off: 1,
        late_entry_delay_ms_max: 90,
        opportunities: 111,
        bursts: 14,
        collided: 4,
        captured: 1,
    };
    Health {
        control_words: 7,
        control_words_busy: 2,
        bursts: 5,
        collisions: 1,
        late: 0,
        dropped: 0,
        controls: vec![load],
        settings: 0,
    }
}

fn settings(system: &System) -> SiteSettings {
    let configure = system.outputs.iter().find_map(|output| match output {
        Output::ToSite { message: ToSite::Configure(configure), .. } => Some(configure.settings.clone()),
        _ => None,
    });
    *configure.expect("a site is configured")
}

fn site_up(system: &System) -> SiteUp {
    let up = system.outputs.iter().find_map(|output| match output {
        Output::ToSwitch(ToSwitch::SiteUp(up)) => Some(up.clone()),
        _ => None,
    });
    up.expect("the switch hears of the site")
}

/// Site 3 configured, its link standing.
fn connected() -> System {
    let mut system = System::new();
    system.with(|system| (system.site_silence_ms_max, system.heartbeat_ms) = (3_000, 1_000));
    system.provision(Change::Site(site_config(3, 2)));
    system.input(Input::SiteConnected { site: site(3) });
    system
}

#[test]
fn a_site_that_greets_is_configured_and_is_in_service_after_its_inventory() {
    let mut system = connected();
    system.expect_sites_hear(&[]);
    system.greets(3, 1);
    system.expect_sites_hear(&["site 3 -> configured as Site 3"]);
    system.expect("switch -> site 3 up").expect_no("event");
    system.from_site(3, InventoryRadios { radios: Vec::new() });
    system.from_site(3, InventoryEnd {});
    system.expect("event: site 3 up");
    assert!(system.controller.snapshot(system.now).sites[0].in_service);
}

#[test]
fn site_and_switch_get_the_same_voice_keys_and_each_connection_its_own() {
    let mut system = connected();
    system.greets(3, 1);
    let (first, told) = (settings(&system), site_up(&system));
    assert_eq!((first.voice_uplink_key, first.voice_downlink_key), (told.uplink_key, told.downlink_key));
    assert_ne!(first.voice_uplink_key, first.voice_downlink_key);
    system.input(Input::SiteConnected { site: site(3) });
    system.greets(3, 1);
    assert_ne!(settings(&system).voice_uplink_key, first.voice_uplink_key);
}

#[test]
fn a_site_that_is_not_configured_is_closed() {
    let mut system = connected();
    system.input(Input::SiteConnected { site: site(9) });
    system.expect_sites_hear(&["site 9 -> closed: the site in the certificate is not configured"]);
    system.greets(9, 1);
    system.expect_sites_hear(&[]).expect("event: dropped: the site in the certificate is not configured");
}

#[test]
fn nothing_counts_before_the_greeting_nor_before_the_inventory() {
    let mut system = connected();
    system.from_site(3, InventoryEnd {});
    system.expect_sites_hear(&[]).expect("event: dropped: a message came before the greeting");
    system.greets(3, 1);
    system.unit(1017).asks_to_register_at(3);
    system.expect_sites_hear(&[]).expect("event: dropped: a message came before the greeting");
}

#[test]
fn a_second_greeting_changes_nothing() {
    let mut system = connected();
    system.greets(3, 1);
    system.greets(3, 2);
    system.expect_sites_hear(&[]).expect("event: dropped: the message repeats what is already known");
    system.from_site(3, InventoryEnd {});
    system.from_site(3, InventoryEnd {});
    system.expect("event: dropped: the message repeats what is already known");
}

#[test]
fn a_site_without_a_link_cannot_speak() {
    let mut system = connected();
    system.loses_site(3);
    system.greets(3, 1);
    system.expect("event: dropped: the site has no link to its controller");
}

#[test]
fn a_silent_site_is_closed_and_a_speaking_one_is_not() {
    let mut system = connected();
    system.greets(3, 1);
    system.from_site(3, InventoryEnd {});
    system.after_ms(2_000);
    system.from_site(3, health());
    system.after_ms(1_000).expect_no("closed");
    system.after_ms(1_999).expect_no("closed");
    system.after_ms(1).expect("site 3 -> closed: nothing was heard on the link in time");
    system
        .expect("event: site 3 lost: nothing was heard on the link in time")
        .expect("switch -> site 3 down");
    system.loses_site(3);
    assert!(system.log.is_empty(), "the link is gone already");
}

#[test]
fn a_controller_that_overslept_does_not_blame_the_sites() {
    let mut system = connected();
    system.greets(3, 1);
    system.from_site(3, InventoryEnd {});
    system.after_ms(60_000).expect_no("closed");
    system.from_site(3, health());
    system.after_ms(2_000).expect_no("closed");
}

#[test]
fn a_heartbeat_is_sent_when_nothing_else_was_said() {
    let mut system = connected();
    system.greets(3, 1);
    system.from_site(3, InventoryEnd {});
    system.after_ms(999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&["site 3 -> heartbeat"]);
    system.from_site(3, health());
    system.after_ms(500);
    system.unit(1099).asks_to_register_at(3);
    system.after_ms(999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&["site 3 -> heartbeat"]);
}

#[test]
fn heartbeats_that_were_overslept_are_skipped() {
    let mut system = connected();
    system.greets(3, 1);
    system.after_ms(20_000).expect_sites_hear(&["site 3 -> heartbeat"]);
}

#[test]
fn health_is_shown() {
    let mut system = connected();
    system.greets(3, 1);
    system.from_site(3, health());
    let shown = |system: &System| system.controller.snapshot(system.now).sites.remove(0);
    assert_eq!(shown(&system).air.control_words, 7);
    assert_eq!(shown(&system).loads, [], "a site that is not in service yet");
    system.from_site(3, InventoryEnd {});
    assert_eq!(shown(&system).loads, health().controls);
    system.loses_site(3);
    assert_eq!(shown(&system).loads, [], "nor one that was lost");
}

#[test]
fn a_call_goes_on_without_a_site_that_is_lost() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.loses_site(5);
    system.expect("event: call 1 left by site 5: the connection broke or the peer closed it");
    system.expect("switch -> spurt 1 from site 3 to []").expect("switch -> site 5 down");
    system.expect_no("stopped").expect_no("call 1 released");
}

#[test]
fn the_floor_is_released_when_the_talkers_site_is_lost() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.loses_site(3);
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
    system.expect("site 5 -> call 1, channel 2, no talker").expect_no("call 1 released");
}

#[test]
fn a_call_without_any_site_is_released() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.loses_site(5);
    system.loses_site(3);
    system.expect("event: call 1 released: no site could carry the call on");
}

#[test]
fn units_of_a_lost_site_do_not_count_as_listeners() {
    let mut system = System::with_two_sites(2);
    system.loses_site(5);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> call 1, channel 2, talker 1017 here"]);
    assert_eq!(system.controller.snapshot(system.now).sites[1].radios, 0);
}

#[test]
fn a_changed_site_is_configured_again_with_its_keys() {
    let mut system = connected();
    system.greets(3, 1);
    let first = settings(&system);
    system.provision(Change::Site(site_config(3, 4)));
    assert_eq!(settings(&system).carriers.len(), 5);
    assert_eq!(settings(&system).voice_uplink_key, first.voice_uplink_key);
}

#[test]
fn a_channel_that_is_taken_out_of_service_ends_its_call_there() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    let mut narrowed = site_config(5, 2);
    narrowed.carriers.remove(1);
    system.provision(Change::Site(narrowed));
    system.expect("site 5 -> call 1 released: the carrier is not in service at this site");
    system.expect("switch -> spurt 1 from site 3 to []");
}

#[test]
fn nothing_but_provisioning_counts_before_the_first_term() {
    let mut system = System::before_its_first_term();
    system.provision(Change::Site(site_config(3, 2)));
    system.input(Input::SiteConnected { site: site(3) });
    system.expect("event: dropped: the call's state does not allow the request");
    system.starts(1);
    system.connects(3, 1, &[], &[]);
    system.expect("event: site 3 up");
}

/// Site 3's link stands, and site 5 is in service.
fn one_of_two_in_service() -> System {
    let mut system = System::new();
    system.provision(Change::Site(site_config(3, 2)));
    system.provision(Change::Site(site_config(5, 2)));
    system.connects(5, 1, &[], &[]);
    system.input(Input::SiteConnected { site: site(3) });
    system
}

#[test]
fn a_site_that_has_obeyed_a_newer_term_is_not_served_and_a_higher_term_is_wanted() {
    let mut system = one_of_two_in_service();
    system.greets_having_obeyed(3, 1, 7);
    system.expect_sites_hear(&["site 3 -> closed: the frame is from a controller that was deposed"]);
    system.expect("a term above 7 is wanted for site 3").expect_no("switch");
    // Whatever it said before it learned so counts for nothing.
    system.from_site(3, InventoryEnd {});
    system.expect_sites_hear(&[]).expect("event: dropped: the site has no link to its controller");

    system.starts(8);
    system.connects(3, 1, &[], &[]);
    system.expect("event: site 3 up");
}

#[test]
fn another_controllers_term_of_the_same_number_is_not_ours() {
    let mut system = one_of_two_in_service();
    system.greets_having_obeyed(3, 1, 1);
    system.expect("a term above 1 is wanted for site 3");
    // A site that was spoken to in this term has the number from us.
    let mut system = one_of_two_in_service();
    system.greets(3, 1);
    system.loses_site(3);
    system.input(Input::SiteConnected { site: site(3) });
    system.greets_having_obeyed(3, 1, 1);
    system.expect_sites_hear(&["site 3 -> configured as Site 3"]).expect_no("wanted");
}

#[test]
fn a_site_that_claims_to_have_obeyed_what_no_controller_can_have_said_is_turned_away() {
    for claimed in [1 + 65_536 + 1, u32::MAX] {
        let mut system = one_of_two_in_service();
        system.greets_having_obeyed(3, 1, claimed);
        system.expect_sites_hear(&["site 3 -> closed: the frame is from a controller that was deposed"]);
        system.expect_no("wanted");
    }
    let mut system = one_of_two_in_service();
    system.greets_having_obeyed(3, 1, 1 + 65_536);
    system.expect("a term above 65537 is wanted for site 3");
}

#[test]
fn a_site_is_shown_with_what_it_runs_beside_what_it_is_to_run() {
    let mut system = connected();
    system.greets(3, 1);
    let first = settings(&system).digest();
    system.from_site(3, InventoryEnd {});
    let shown = |system: &System| {
        let shown = system.controller.site_configuration(site(3)).unwrap();
        (shown.settings_held, shown.settings_said)
    };
    assert_eq!(shown(&system), (Some(first), None));
    system.from_site(3, Health { settings: first, ..health() });
    assert_eq!(shown(&system), (Some(first), Some(first)));
    system.provision(Change::Site(site_config(3, 4)));
    let second = settings(&system).digest();
    assert_ne!(second, first, "it was not told of the change yet");
    assert_eq!(shown(&system), (Some(second), Some(first)));
    system.loses_site(3);
    assert_eq!(shown(&system), (None, None));
    assert_eq!(system.controller.site_configuration(site(9)), None);
}

#[test]
fn the_settings_that_a_site_reports_are_shown_beside_those_that_it_was_told_and_no_key_of_either() {
    let mut system = connected();
    let shown = |system: &System| {
        let shown = system.controller.site_configuration(site(3)).unwrap();
        (shown.told, shown.reported)
    };
    let report = |power_dbm, told: &SiteSettings| from_site::Settings {
        settings: Box::new(SiteSettings { power_dbm, ..told.clone() }),
    };
    assert_eq!(shown(&system), (None, None));
    system.greets(3, 1);
    let told = settings(&system);
    assert_ne!(told, told.without_keys(), "it is told its keys");
    system.from_site(3, report(-7, &told));
    assert_eq!(shown(&system), (Some(Box::new(told.without_keys())), None), "the inventory is still coming");
    system.from_site(3, InventoryEnd {});
    let reported = shown(&system).1.unwrap();
    assert_eq!((reported.power_dbm, *reported == reported.without_keys()), (-7, true));
    system.from_site(3, report(-8, &told));
    assert_eq!(shown(&system).1.unwrap().power_dbm, -8, "the last report holds");
    system.loses_site(3);
    assert_eq!(shown(&system), (None, None));
    system.input(Input::SiteConnected { site: site(3) });
    system.from_site(3, report(-9, &told));
    system.expect("event: dropped: a message came before the greeting");
    system.greets(3, 1);
    system.from_site(3, InventoryEnd {});
    assert_eq!(shown(&system).1, None, "what it reported on another link is over");
}
