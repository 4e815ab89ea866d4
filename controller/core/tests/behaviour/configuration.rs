//! Configuration that is changed while calls run (docs/services.md 13.6).

use trunklab_controller_core::config::{Change, ServiceArea};
use trunklab_controller_core::configuration::{Configuration, Configured};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_protocol::operator::{Authority, ConfigurationVersion, ConsoleName, Order, Role};
use trunklab_protocol::{AreaChoice, Cause, Moment};

use crate::support::{System, area, channel, site, talkgroup, unit};

fn hang_time(configuration: &mut Configuration, hang_time_ms: u32) {
    configuration.talkgroups[0].hang_time_ms = Some(hang_time_ms);
}

fn version(number: u64) -> ConfigurationVersion {
    ConfigurationVersion::new(number)
}

fn kept(system: &System) -> Option<Configured> {
    system.outputs.iter().find_map(|output| match output {
        Output::Store { item: StoreItem::Configured(configured), .. } => Some((**configured).clone()),
        _ => None,
    })
}

#[test]
fn a_change_is_kept_first_and_holds_and_is_answered_then() {
    let mut system = System::with_two_sites(2);
    system.configures_without_store(|of| hang_time(of, 700));
    let asked = kept(&system).unwrap();
    assert_eq!((asked.version, asked.at), (version(1), Moment::ORIGIN));
    system.expect_no("holds");
    let (before, old) = system.controller.configuration();
    assert_eq!((before, old.talkgroups[0].hang_time_ms), (version(0), Some(3_000)));
    let id = system.outputs.iter().find_map(|output| match output {
        Output::Store { id, .. } => Some(*id),
        _ => None,
    });
    system.input(Input::Stored { id: id.unwrap() });
    system.expect("configuration 1 holds").expect("event: configuration 1 by desk");
    assert_eq!(system.controller.configuration(), (version(1), asked.configuration));
}

#[test]
fn what_the_store_cannot_keep_changes_nothing() {
    let mut system = System::with_two_sites(2);
    system.configures_without_store(|of| hang_time(of, 700));
    let id = system.outputs.iter().find_map(|output| match output {
        Output::Store { id, .. } => Some(*id),
        _ => None,
    });
    system.input(Input::StoreFailed { id: id.unwrap() });
    system.expect("configuration refused: the store could not keep what had to last");
    assert_eq!(system.controller.configuration().1.talkgroups[0].hang_time_ms, Some(3_000));
    system.configures(|of| hang_time(of, 700));
    system.expect("configuration 1 holds");
}

#[test]
fn of_two_changes_from_one_version_the_second_is_refused() {
    let mut system = System::with_two_sites(2);
    let (base, wanted) = system.controller.configuration();
    system.configures_without_store(|of| hang_time(of, 700));
    system.configures_without_store(|of| hang_time(of, 900));
    system.expect("event: order of desk refused: the configuration was changed meanwhile");
    system.input(Input::Stored { id: 1 });
    system.expect("configuration 1 holds");
    let by = Authority::own_process(ConsoleName::new("desk"));
    system.input(Input::Configure { id: 9, by, base, configuration: Box::new(wanted) });
    let refused = system.outputs.iter().find_map(|output| match output {
        Output::Configured { id: 9, outcome: Err(unfit) } => Some(unfit.cause),
        _ => None,
    });
    assert_eq!(refused, Some(Cause::ConfigurationChanged));
}

#[test]
fn only_an_administrator_changes_it() {
    for role in Role::ALL {
        let mut system = System::with_two_sites(2);
        let (base, wanted) = system.controller.configuration();
        let by = Authority { console: ConsoleName::new("desk"), role, from: None };
        let weighed = system.controller.weigh_configuration(&by, base, wanted.clone());
        system.input(Input::Configure { id: 9, by, base, configuration: Box::new(wanted) });
        assert_eq!(kept(&system).is_some(), role == Role::Administrator, "{role}");
        assert_eq!(weighed.map_err(|unfit| unfit.cause).is_ok(), role == Role::Administrator);
        if role != Role::Administrator {
            system.expect("configuration refused: the operator's role does not allow it");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_whole_with_its_place() {
    let mut system = System::with_two_sites(2);
    system.configures(|of| {
        hang_time(of, 700);
        of.areas.push(ServiceArea { area: area(2), name: "Bay".into(), sites: vec![site(9)] });
    });
    system.expect("configuration refused: area 2: there is no site 9: add it, or take it out here");
    assert_eq!(system.controller.configuration().1.talkgroups[0].hang_time_ms, Some(3_000));
}

#[test]
fn a_console_has_no_subscribers_number() {
    let mut system = System::with_two_sites(2);
    let console =
        trunklab_controller_core::config::ConsoleUnit { name: ConsoleName::new("desk"), unit: unit(1017) };
    system.configures(|of| of.system.consoles.push(console));
    let what = "console desk: unit 1017 is a subscriber: give the console a number of its own";
    system.expect(&format!("configuration refused: {what}"));
}

#[test]
fn timers_that_run_keep_their_time_and_the_next_ones_have_the_new() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.configures(|of| hang_time(of, 700));
    system.after_ms(2_999).expect_no("released");
    system.after_ms(1).expect("event: call 1 released: nobody spoke before hang time ran out");
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.after_ms(699).expect_no("released");
    system.after_ms(1).expect("event: call 2 released: nobody spoke before hang time ran out");
}

#[test]
fn the_place_of_the_switch_stays() {
    let mut system = System::new();
    system.with(|system| system.switch_address = ([192, 0, 2, 9], 4_711).into());
    system.has_site(3, 2);
    system.configures(|of| of.system.ring_ms_max = 9_000);
    let told = system.outputs.iter().any(|output| format!("{output:?}").contains("192.0.2.9:4711"));
    assert!(told, "{:?}", system.outputs);
}

#[test]
fn a_call_whose_slot_is_taken_out_moves_to_another_where_other_sites_carry_it() {
    let mut system = System::with_two_sites(2);
    system.unit(1018).presses_ptt(41);
    system.configures(|of| of.sites[0].carriers.retain(|carrier| *carrier != channel(2).carrier));
    system
        .expect("site 3 -> call 1 released: the carrier is not in service at this site")
        .expect("event: call 1 left by site 3: the carrier is not in service at this site")
        .expect("site 3 -> call 1, channel 3, talker 1018");
}

#[test]
fn a_talker_whose_slot_is_taken_out_loses_the_floor() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.configures(|of| of.sites[0].carriers.retain(|carrier| *carrier != channel(2).carrier));
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
    system.expect("site 3 -> call 1, channel 3, no talker");
}

#[test]
fn a_call_whose_only_slot_is_taken_out_ends() {
    for at_once in [false, true] {
        let mut system = System::new();
        system.has_site(3, 2);
        system.has_talkgroup(41);
        system.has_units_at(3, &[1017, 1018], 41);
        if at_once {
            system.unit(1017).calls(1018);
            system.unit(1018).says_to_page_of(1017, trunklab_protocol::PageReply::Available);
        } else {
            system.unit(1017).presses_ptt(41);
        }
        system.configures(|of| of.sites[0].carriers.retain(|carrier| *carrier != channel(2).carrier));
        system.expect("event: call 1 released: the carrier is not in service at this site");
    }
}

#[test]
fn a_talkgroup_that_is_taken_out_ends_its_call_and_its_members_register_anew() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1027], 42);
    system.unit(1017).presses_ptt(41);
    system.configures(|of| of.talkgroups.retain(|row| row.id != talkgroup(41)));
    system
        .expect("site 3 -> call 1 released: the talkgroup was taken out of the configuration")
        .expect("site 5 -> unit 1018 deregistered: the talkgroup was taken out of the configuration")
        .expect_no("1027");
    system.unit(1017).asks_to_register_at(3);
    system.unit(1017).answers_rightly(None);
    system.unit(1017).presses_ptt(41);
    system.expect("event: unit 1017 refused: talkgroup is not known");
}

#[test]
fn who_waits_for_a_talkgroup_that_is_taken_out_is_told() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1027], 42);
    system.unit(1017).presses_ptt(41);
    system.unit(1027).presses_ptt(42);
    system.expect("event: unit 1027 queued, position 1");
    system.configures(|of| of.talkgroups.retain(|row| row.id != talkgroup(42)));
    system.expect("event: unit 1027 refused: the talkgroup was taken out of the configuration");
    system.expect_no("call 1");
}

#[test]
fn a_talkgroup_that_is_patched_is_not_taken_out() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(42);
    system.console(Order::Patch { talkgroups: vec![talkgroup(41), talkgroup(42)] });
    system.configures(|of| of.talkgroups.retain(|row| row.id != talkgroup(42)));
    system.expect("configuration refused: talkgroup 42: is in a patch: undo that first");
    system.console(Order::UndoPatch { talkgroup: talkgroup(42) });
    system.configures_without_store(|of| of.talkgroups.retain(|row| row.id != talkgroup(42)));
    system.console_without_store(Order::Patch { talkgroups: vec![talkgroup(41), talkgroup(42)] });
    system.expect("order not carried out: the call's state does not allow the request");
}

#[test]
fn an_area_that_is_taken_out_ends_calls_that_are_heard_in_it_alone() {
    let mut system = System::with_two_sites(2);
    system.has_area(2, &[3]);
    system.unit(1017).selects_area(AreaChoice::Named(area(2)));
    system.unit(1017).presses_ptt(41);
    system.configures(|of| of.areas.clear());
    system.expect("event: call 1 released: the service area was taken out of the configuration");
    system.unit(1017).presses_ptt(41);
    system.expect("event: unit 1017 refused: the service area is not known");
}

#[test]
fn a_site_that_is_taken_out_is_closed_and_calls_go_on_elsewhere() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.configures(|of| of.sites.retain(|of| of.site != site(5)));
    system
        .expect("site 5 -> closed: the site was taken out of the configuration")
        .expect("event: call 1 left by site 5: the site was taken out of the configuration")
        .expect("event: unit 1018 left site 5: the site was taken out of the configuration");
    system.input(Input::SiteConnected { site: site(5) });
    system.expect("event: dropped: the site in the certificate is not configured");
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
    let used = system.controller.channel_time_used();
    let slots = system.records.iter().flat_map(|record| &record.slots);
    let recorded: u64 = slots.map(|slot| slot.until.unwrap().since(slot.from).as_micros()).sum();
    assert_eq!(used.as_micros(), recorded);
}

#[test]
fn a_change_after_the_end_is_refused() {
    let mut system = System::with_two_sites(2);
    system.input(Input::ClosingDown);
    system.configures(|of| hang_time(of, 700));
    system.expect("configuration refused: the controller is shutting down");
}

#[test]
fn the_version_comes_back_with_what_is_provisioned() {
    let mut system = System::with_two_sites(2);
    system.provision(Change::Version(version(7)));
    system.configures(|of| hang_time(of, 700));
    system.expect("configuration 8 holds");
}
