//! Alarms of the network's parts (docs/resilience.md 14.3).

use trunklab_controller_core::config::Change;
use trunklab_controller_core::fault::{ALARMS_MAX, AlarmRecord, Source, Stamp};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_protocol::from_site::SlotStates;
use trunklab_protocol::operator::{
    AlarmId, AlarmKind, AlarmObject, Authority, ConsoleName, NetworkAlarm, Order,
};
use trunklab_protocol::{Cause, Epoch, Moment, PlantPart, SiteId, SlotHealth, SlotState};

use crate::support::{System, channel, site};

impl System {
    fn alarms(&self) -> Vec<NetworkAlarm> {
        self.controller.snapshot(self.now).alarms
    }

    /// The link of site 3 breaks, and is there again.
    fn breaks_and_mends(&mut self) {
        self.loses_site(3);
        let mut said = self.log.clone();
        self.connects(3, 1, &[], &[]);
        said.append(&mut self.log);
        self.log = said;
    }

    /// What the store is asked to keep of alarms, by what it is asked with.
    fn kept_alarms(&self) -> Vec<(u64, AlarmRecord)> {
        let kept = |output: &Output| match output {
            Output::Store { id, item: StoreItem::NetworkAlarm(record) } => Some((*id, (**record).clone())),
            _ => None,
        };
        self.outputs.iter().filter_map(kept).collect()
    }

    fn acknowledges(&mut self, counter: u32) {
        let alarm = AlarmId { epoch: Epoch::new(1).unwrap(), counter };
        self.console_without_store(Order::AcknowledgeAlarm { alarm });
    }

    fn finds(&mut self, at: u16, health: SlotHealth) {
        self.from_site(3, SlotStates { slots: vec![SlotState { at: channel(at), health }] });
    }
}

fn record(counter: u32, object: AlarmObject) -> AlarmRecord {
    AlarmRecord {
        id: AlarmId { epoch: Epoch::new(1).unwrap(), counter },
        source: Source { kind: AlarmKind::SlotFaulty, object },
        raised: Stamp { epoch: Epoch::new(1).unwrap(), at: Moment::ORIGIN },
        cleared: None,
        count: 1,
        flapping: false,
        acknowledged: None,
    }
}

#[test]
fn a_lost_site_is_one_alarm_until_it_is_back() {
    let mut system = System::with_two_sites(2);
    system.loses_site(3);
    system.expect("event: alarm 1.1 SiteLost of site 3: Raised").expect("store -> alarm 1.1");
    let [alarm] = &system.alarms()[..] else { panic!("{:?}", system.alarms()) };
    assert_eq!((alarm.object, alarm.since), (AlarmObject::Site(site(3)), Some(system.now)));
    system.connects(3, 1, &[], &[]);
    system.expect("event: alarm 1.1 SiteLost of site 3: Cleared");
    assert_eq!(system.alarms(), []);
}

#[test]
fn a_link_that_the_controller_closes_is_no_alarm() {
    let mut system = System::with_two_sites(2);
    system.input(Input::ClosingDown);
    system.expect_no("alarm");
}

#[test]
fn a_site_that_is_taken_out_takes_its_alarms_with_it() {
    let mut system = System::with_two_sites(2);
    system.finds(2, SlotHealth::Faulty);
    system.loses_site(3);
    system.provision(Change::SiteRemoved(site(3)));
    system.expect("event: alarm 1.2 SiteLost of site 3: Cleared");
    system.expect("event: alarm 1.1 SlotFaulty of site 3 slot 2/0: Cleared");
    assert_eq!(system.alarms(), []);
}

#[test]
fn a_slot_has_its_alarm_until_it_is_sound_or_out_of_the_plan() {
    let mut system = System::with_two_sites(3);
    system.finds(2, SlotHealth::Faulty);
    system.expect("event: alarm 1.1 SlotFaulty of site 3 slot 2/0: Raised");
    system.finds(3, SlotHealth::Faulty);
    system.finds(2, SlotHealth::Sound);
    system.expect("event: alarm 1.1 SlotFaulty of site 3 slot 2/0: Cleared");
    system.configures(|of| of.sites[0].carriers.retain(|carrier| *carrier != channel(3).carrier));
    system.expect("event: alarm 1.2 SlotFaulty of site 3 slot 3/0: Cleared");
}

#[test]
fn what_comes_too_often_stays_raised_until_it_is_quiet() {
    let mut system = System::with_two_sites(2);
    system.with(|system| (system.alarm_flaps_max, system.alarm_quiet_ms) = (2, 20_000));
    system.breaks_and_mends();
    system.breaks_and_mends();
    system.breaks_and_mends();
    system.expect("event: alarm 1.3 SiteLost of site 3: Flaps").expect_no("Cleared");
    system.after_ms(10_000);
    system.breaks_and_mends();
    system.expect_no("alarm");
    assert_eq!((system.alarms()[0].count, system.alarms()[0].flapping), (2, true));
    system.after_ms(19_999).expect_no("alarm");
    system.after_ms(1).expect("event: alarm 1.3 SiteLost of site 3: Cleared");
}

#[test]
fn what_is_still_there_when_it_is_quiet_goes_on_as_any_other() {
    let mut system = System::with_two_sites(2);
    system.with(|system| (system.alarm_flaps_max, system.alarm_quiet_ms) = (1, 20_000));
    system.breaks_and_mends();
    system.loses_site(3);
    system.expect("event: alarm 1.2 SiteLost of site 3: Flaps");
    system.after_ms(20_000).expect("event: alarm 1.2 SiteLost of site 3: Settled");
    assert!(!system.alarms()[0].flapping);
    system.connects(3, 1, &[], &[]);
    system.expect("event: alarm 1.2 SiteLost of site 3: Cleared");
}

#[test]
fn who_saw_an_alarm_first_stands_there_once_that_is_kept() {
    let mut system = System::with_two_sites(2);
    system.loses_site(3);
    system.acknowledges(1);
    system.expect("event: alarm 1.1 SiteLost of site 3: Acknowledged").expect_no("order carried out");
    let [(id, kept)] = &system.kept_alarms()[..] else { panic!("{:?}", system.kept_alarms()) };
    assert_eq!(kept.acknowledged.as_ref().unwrap().1, ConsoleName::new("desk"));
    system.input(Input::Stored { id: *id });
    system.expect("order carried out");
    system.acknowledges(1);
    system.expect("order carried out").expect_no("alarm");
    assert_eq!(system.alarms()[0].acknowledged_by, Some(ConsoleName::new("desk")));
}

#[test]
fn an_acknowledgement_that_is_not_kept_is_refused() {
    let mut system = System::with_two_sites(2);
    system.loses_site(3);
    system.acknowledges(1);
    let id = system.kept_alarms()[0].0;
    system.input(Input::StoreFailed { id });
    system.expect("order not carried out: the store could not keep what had to last");
}

#[test]
fn an_alarm_that_is_not_raised_cannot_be_acknowledged() {
    let mut system = System::with_two_sites(2);
    system.acknowledges(1);
    system.expect("order not carried out: no such alarm is raised");
}

#[test]
fn a_store_that_fails_is_an_alarm_until_it_keeps_something() {
    let mut system = System::with_two_sites(2);
    system.input(Input::StoreFailed { id: 900 });
    system.expect("event: alarm 1.1 StoreFailing of system: Raised");
    assert_eq!(system.kept_alarms(), [], "that would fail as well");
    system.input(Input::StoreFailed { id: 901 });
    system.expect_no("alarm");
    assert_eq!(system.alarms()[0].count, 2);
    system.input(Input::Stored { id: 902 });
    system.expect("event: alarm 1.1 StoreFailing of system: Cleared");
    assert_eq!(system.kept_alarms()[0].1.count, 2);
}

#[test]
fn what_has_happened_ends_when_it_was_seen() {
    let mut system = System::with_two_sites(2);
    let epoch = Epoch::new(0x8003_0001).unwrap();
    let told = trunklab_protocol::from_site::ServedAlone { epoch, alone_ms: 1, reports: 0 };
    system.provision(Change::Alarm(Box::new(AlarmRecord {
        source: Source { kind: AlarmKind::ServedAlone, object: AlarmObject::Site(site(3)) },
        ..record(1, AlarmObject::System)
    })));
    system.from_site(3, told);
    system.acknowledges(1);
    system.expect("event: alarm 1.1 ServedAlone of site 3: Cleared");
    let kept = system.kept_alarms();
    assert!(kept.last().unwrap().1.cleared.is_some() && kept.last().unwrap().1.acknowledged.is_some());
    system.input(Input::Stored { id: kept.last().unwrap().0 });
    system.expect("order carried out");
}

/// However often it comes again: one alarm, until it was seen.
#[test]
fn a_second_base_station_at_a_site_is_an_alarm_until_it_was_seen() {
    let mut system = System::with_two_sites(2);
    let taken = Input::SiteTaken { site: site(3) };
    system.input(taken.clone());
    system.expect("event: alarm 1.1 SiteTaken of site 3: Raised").expect("store -> alarm 1.1");
    for _ in 0..2_000 {
        system.input(taken.clone());
        system.expect_no("alarm");
    }
    let [alarm] = &system.alarms()[..] else { panic!("{:?}", system.alarms()) };
    assert_eq!((alarm.object, alarm.count), (AlarmObject::Site(site(3)), 2_001));
    system.loses_site(3);
    system.connects(3, 1, &[], &[]);
    system.expect_no("SiteTaken");
    system.acknowledges(1);
    system.expect("event: alarm 1.1 SiteTaken of site 3: Cleared");
    system.input(taken);
    system.expect("event: alarm 1.3 SiteTaken of site 3: Raised");
}

#[test]
fn a_base_station_that_is_turned_away_raises_nothing_where_its_site_is_not_known_or_no_more() {
    let mut system = System::with_two_sites(2);
    let taken = |number| Input::SiteTaken { site: site(number) };
    system.input(taken(9));
    system.expect_no("alarm");
    system.input(taken(3));
    system.provision(Change::SiteRemoved(site(3)));
    system.expect("event: alarm 1.1 SiteTaken of site 3: Cleared");
    system.input(Input::ClosingDown);
    system.input(taken(4));
    system.expect_no("alarm");
}

/// An alarm of an earlier term is cleared by what the site says now.
#[test]
fn an_alarm_outlives_its_controller() {
    let mut system = System::with_two_sites(2);
    system.starts(2);
    for at in [2, 3] {
        let object = AlarmObject::Slot { site: site(3), at: channel(at) };
        system.provision(Change::Alarm(Box::new(record(u32::from(at), object))));
    }
    assert_eq!(system.alarms().iter().map(|alarm| alarm.since).collect::<Vec<_>>(), [None, None]);
    system.input(Input::SiteConnected { site: site(3) });
    system.greets(3, 1);
    system.finds(3, SlotHealth::Faulty);
    system.from_site(3, trunklab_protocol::from_site::InventoryEnd {});
    system.expect("event: alarm 1.2 SlotFaulty of site 3 slot 2/0: Cleared").expect_no("alarm 1.3");
    assert_eq!(system.alarms()[0].count, 2, "the other one is still there");
}

#[test]
fn there_is_an_end_of_alarms() {
    let mut system = System::with_two_sites(2);
    for number in 10..10 + u16::try_from(ALARMS_MAX).unwrap() {
        let object = AlarmObject::Site(SiteId::new(number).unwrap());
        system.provision(Change::Alarm(Box::new(record(u32::from(number), object))));
    }
    system.loses_site(3);
    system.expect("event: dropped: as many alarms are raised as may").expect_no("Raised");
    assert_eq!(system.alarms().len(), ALARMS_MAX);
    system.provision(Change::Alarm(Box::new(record(9_999, AlarmObject::Site(site(9_999))))));
    system.expect("event: dropped: as many alarms are raised as may");
}

#[test]
fn orders_about_the_plant_reach_the_site_or_are_refused() {
    let mut system = System::with_two_sites(2);
    let part = |at: u16| PlantPart { carrier: channel(at).carrier, slot: None };
    system.console(Order::TestSlot { site: site(3), slot: channel(2) });
    system.expect("site 3 -> test slot 2/0").expect("order carried out");
    system.console(Order::ExerciseFault { site: site(3), part: part(2), broken: true });
    system.expect("site 3 -> carrier 2 broken: true").expect("order carried out");
    system.console(Order::TestSlot { site: site(3), slot: channel(77) });
    system.expect("order not carried out: the carrier is not in service at this site");
    system.console(Order::ExerciseFault { site: site(99), part: part(2), broken: true });
    system.expect("order not carried out: the site in the certificate is not configured");
    system.loses_site(3);
    system.console(Order::ExerciseFault { site: site(3), part: part(2), broken: true });
    system.expect("order not carried out: the site has no link to its controller");
}

#[test]
fn a_dispatcher_breaks_nothing() {
    let mut system = System::with_two_sites(2);
    let by = Authority {
        role: trunklab_protocol::operator::Role::Dispatcher,
        ..Authority::own_process(ConsoleName::new("desk"))
    };
    let part = PlantPart { carrier: channel(2).carrier, slot: None };
    let order = Order::ExerciseFault { site: site(3), part, broken: true };
    system.input(Input::Order { id: 7, by, order });
    let refused = format!("order not carried out: {}", Cause::NotAllowed);
    system.expect(&refused).expect_no("site 3 ->");
}
