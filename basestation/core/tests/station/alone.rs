//! A site that serves alone (docs/resilience.md 14.1): when it begins, whom it serves, and how it gives back what it carries.

use trunklab_basestation_core::alone::{Memory, Remember};
use trunklab_basestation_core::{BaseStation, Input, Output, StationEvent};
use trunklab_controller_core::config::{SiteConfig, SystemParameters, Talkgroup};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::isolated::{UnitCopy, node_of};
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::air_downlink::{DownlinkWord, SiteService};
use trunklab_protocol::air_uplink::{Answer, CallRequest, Register, RequestKind, Status};
use trunklab_protocol::from_site::{FromSite, HeldCall, ServedAlone};
use trunklab_protocol::operator::StatusText;
use trunklab_protocol::part::cut;
use trunklab_protocol::proof::{Challenge, Response, SessionKey};
use trunklab_protocol::to_site::{
    Assert, Configure, CopiedVector, CopyConfiguration, CopyDropped, CopyEnd, CopySubscriber, ReportKept,
    ToSite,
};
use trunklab_protocol::{
    Cause, Condition, Demand, Identity, Moment, Priority, ProfileId, Services, SiteId, Span, StatusNumber,
};

use crate::harness::*;

const AFTER: Span = Span::from_secs(5);

pub fn configuration(isolated_after_ms: u32) -> Configuration {
    let settings = settings(ProfileId::Iden);
    let site = SiteConfig {
        name: settings.name,
        carriers: settings.carriers,
        control: settings.control,
        isolated_after_ms,
        ..SiteConfig::new(settings.site, ProfileId::Iden, settings.control.carrier)
    };
    let on_scene = StatusText { number: StatusNumber::new(3).unwrap(), text: "On scene".to_owned() };
    Configuration {
        system: SystemParameters { statuses: vec![on_scene], ..SystemParameters::default() },
        sites: vec![site],
        areas: Vec::new(),
        talkgroups: vec![Talkgroup::named(talkgroup(41), "Pilots")],
    }
}

fn vector(number: u8) -> CopiedVector {
    CopiedVector {
        challenge: Challenge::new([number; 16]),
        expected: Response::new([number; 8]),
        session: SessionKey::new([number; 16]),
    }
}

fn copy_of(number: u32, vectors: u8) -> CopySubscriber {
    let copy = UnitCopy {
        unit: unit(number),
        imei: None,
        imsi: None,
        msisdn: None,
        fleet_member: None,
        talkgroups: vec![talkgroup(41)],
        priority: Priority::LOWEST,
        services: Services::ALL,
        floor_demand: Demand::Low,
        emergency_talkgroup: None,
        duplex: false,
        condition: Condition::Active,
        regrouped: None,
        equipment: None,
    };
    let text = serde_json::to_string(&copy).unwrap();
    CopySubscriber { unit: unit(number), text, vectors: (1..=vectors).map(vector).collect() }
}

impl Driven {
    pub fn copy_configuration(&mut self, isolated_after_ms: u32) {
        let text = serde_json::to_string(&configuration(isolated_after_ms)).unwrap();
        for (part, parts, text) in cut(&text) {
            self.order(CopyConfiguration { revision: 1, part, parts, text });
        }
    }

    /// In service, with units 1017 and 1018 of talkgroup 41, and a copy of both.
    pub fn with_copy() -> Self {
        let mut station = Self::serving(ProfileId::Iden);
        for number in [1017, 1018] {
            station.hold(unit(number));
            station.order(trunklab_protocol::to_site::Affiliated {
                unit: unit(number),
                press: press(1),
                talkgroup: talkgroup(41),
                secondary: trunklab_protocol::ScanList::default(),
            });
        }
        station.copy_configuration(5_000);
        station.order(copy_of(1017, 4));
        station.order(copy_of(1018, 4));
        station.order(CopyEnd {});
        station
    }

    pub fn alone() -> Self {
        let mut station = Self::with_copy();
        station.heartbeats = false;
        station.input(Input::LinkDown { cause: Cause::LinkLost });
        station.run_for(AFTER);
        assert_eq!(station.core.view().service, SiteService::Isolated);
        station
    }

    pub fn wants_call(&mut self, number: u32, press_number: u16) {
        let (unit, press, talkgroup) = (unit(number), press(press_number), talkgroup(41));
        self.access(CallRequest { unit, press, talkgroup, kind: RequestKind::Normal, area: None });
    }

    /// What the dispatch has ordered since the last time, and forgets it.
    pub fn decided(&mut self) -> Vec<ToSite> {
        let decided = |output: &Output| match output {
            Output::Event(StationEvent::Decided(_, message)) => Some(message.clone()),
            _ => None,
        };
        let found = self.said.iter().filter_map(|(_, output)| decided(output)).collect();
        self.said.retain(|(_, output)| decided(output).is_none());
        found
    }

    pub fn remembered(&self) -> Vec<Remember> {
        let remembered = |output: &Output| match output {
            Output::Remember(what) => Some(what.clone()),
            _ => None,
        };
        self.said.iter().filter_map(|(_, output)| remembered(output)).collect()
    }

    /// The disk keeps all that it was given.
    fn keeps_reports(&mut self) {
        for what in self.remembered() {
            if let Remember::Report(number, _) = what {
                self.input(Input::Kept { number });
            }
        }
    }

    /// A challenge on the control channel since the last look.
    fn challenge(&mut self) -> Option<Challenge> {
        self.busy_words().into_iter().find_map(|word| match word {
            DownlinkWord::Challenge(word) => Some(word.challenge),
            _ => None,
        })
    }

    pub fn registers(&mut self, number: u32, press_number: u16) -> Option<Challenge> {
        self.busy_words();
        let identity = Identity::Unit(unit(number));
        self.access(Register { identity, press: press(press_number), equipment: None });
        self.run_for(Span::from_millis(200));
        self.challenge()
    }
}

fn assertion_of(messages: &[ToSite]) -> Option<&Assert> {
    messages.iter().find_map(|message| match message {
        ToSite::Assert(word) => Some(word),
        _ => None,
    })
}

#[test]
fn it_serves_alone_when_its_link_has_been_gone_for_long_enough_and_not_before() {
    let mut station = Driven::with_copy();
    station.heartbeats = false;
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.run_for(Span::from_millis(4_999));
    assert_eq!(station.core.view().service, SiteService::NoService);
    station.run_for(Span::from_millis(1));
    assert_eq!(station.core.view().service, SiteService::Isolated);
    station.run_for(Span::from_secs(2));
    let announced = station.words(at(1, 0)).into_iter().rev().find_map(|word| match word {
        DownlinkWord::System(system) => Some(system.service),
        _ => None,
    });
    assert_eq!(announced, Some(SiteService::Isolated));
    assert!(station.remembered().contains(&Remember::BeginsAlone(1)), "the number is kept");
}

#[test]
fn a_link_that_comes_and_goes_without_a_controller_does_not_put_it_off() {
    let mut station = Driven::with_copy();
    station.heartbeats = false;
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.run_for(Span::from_secs(3));
    station.input(Input::LinkUp);
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.run_for(Span::from_secs(2));
    assert_eq!(station.core.view().service, SiteService::Isolated);
}

#[test]
fn it_never_serves_alone_where_it_shall_not_or_knows_nothing() {
    let mut without = Driven::serving(ProfileId::Iden);
    let mut never = Driven::with_copy();
    never.copy_configuration(0);
    for mut station in [without, never] {
        station.heartbeats = false;
        station.input(Input::LinkDown { cause: Cause::LinkLost });
        station.run_for(Span::from_secs(3_600));
        assert_eq!(station.core.view().service, SiteService::NoService);
    }
    without = Driven::serving(ProfileId::Iden);
    without.order(CopyConfiguration { revision: 1, part: 1, parts: 1, text: "{}".to_owned() });
    assert_eq!(without.dropped(), [Cause::CopyUnfit]);
}

#[test]
fn its_radios_call_each_other_under_a_node_of_its_own() {
    let mut station = Driven::alone();
    station.decided();
    station.wants_call(1017, 7);
    let decided = station.decided();
    let granted = assertion_of(&decided).expect("a call is granted");
    assert_eq!(Some(granted.call.node), node_of(SiteId::new(3).unwrap()));
    assert_eq!((granted.talker.unwrap().unit, granted.talker_is_here), (unit(1017), true));
    assert!(station.busy_words().iter().any(|word| matches!(word, DownlinkWord::Grant(_))));
    assert_eq!(station.told(), [], "there is nobody else to tell");
    assert!(station.packets().is_empty(), "and no switch");
}

#[test]
fn a_call_of_before_goes_on_and_what_runs_alone_goes_on_under_the_controller() {
    let mut station = Driven::with_copy();
    station.heartbeats = false;
    let slot = station.traffic_slot();
    station.order(assertion(9, slot, Some(talker(1017, 11)), true));
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.talk(slot, 9, talker(1017, 11), 64);
    assert_eq!(station.core.view().service, SiteService::Isolated);
    let view = |station: &Driven| {
        station.core.view().slots.into_iter().find(|view| view.at == slot).and_then(|view| view.call)
    };
    assert_eq!(view(&station).map(|call| (call.call, call.talker)), Some((call(9), Some(unit(1017)))));

    station.said.clear();
    station.input(Input::LinkUp);
    assert!(matches!(station.told()[..], [FromSite::Hello(_)]), "the rest comes with the configuration");
    assert_eq!(station.core.view().service, SiteService::Isolated);
    station.order(Configure { settings: settings(ProfileId::Iden).into() });
    assert_eq!(station.core.view().service, SiteService::Wide);
    let told = station.told();
    let calls: Vec<HeldCall> = told
        .iter()
        .filter_map(|message| match message {
            FromSite::InventoryCalls(part) => Some(part.calls.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].call, calls[0].talker_is_here), (call(9), true));
    let ServedAlone { alone_ms, .. } = served(&told);
    assert!((500..60_000).contains(&alone_ms), "{alone_ms}");
    assert_eq!(view(&station).map(|call| call.call), Some(call(9)), "nobody was interrupted");
    let ended = station.remembered().into_iter().rev().find_map(|what| match what {
        Remember::Report(_, item) => match *item {
            StoreItem::CallClosed(record) => record.released.map(|(_, cause)| cause),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(ended, Some(Cause::HandedBack), "the record of the time alone is over");
}

fn served(told: &[FromSite]) -> ServedAlone {
    let found = told.iter().find_map(|message| match message {
        FromSite::ServedAlone(word) => Some(word.clone()),
        _ => None,
    });
    found.expect("the site says that it served alone")
}

fn reports(told: &[FromSite]) -> Vec<(u32, StoreItem)> {
    let mut found = Vec::new();
    let mut text = String::new();
    for message in told {
        let FromSite::Report(part) = message else { continue };
        text.push_str(&part.text);
        if part.part == part.parts {
            found.push((part.number, serde_json::from_str(&std::mem::take(&mut text)).unwrap()));
        }
    }
    found
}

#[test]
fn what_it_kept_is_reported_until_a_controller_has_it() {
    let mut station = Driven::alone();
    station.wants_call(1017, 7);
    station.keeps_reports();
    station.run_for(Span::from_secs(60));
    for round in 0..2 {
        station.said.clear();
        station.input(Input::LinkUp);
        station.order(Configure { settings: settings(ProfileId::Iden).into() });
        let told = station.told();
        assert_eq!(served(&told).reports, 1, "round {round}");
        let reports = reports(&told);
        let [(1, StoreItem::CallClosed(record))] = &reports[..] else { panic!("{reports:?}") };
        assert_eq!(Some(record.call.node), node_of(SiteId::new(3).unwrap()));
        assert_eq!(record.released.unwrap().1, Cause::HangTimeOver);
        if round == 0 {
            station.input(Input::LinkDown { cause: Cause::LinkLost });
        }
    }
    station.order(ReportKept { number: 1 });
    assert!(station.remembered().contains(&Remember::Reported(1)));
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.input(Input::LinkUp);
    station.order(Configure { settings: settings(ProfileId::Iden).into() });
    assert_eq!(reports(&station.told()), []);
}

#[test]
fn a_call_that_was_open_when_the_station_was_killed_is_closed_and_reported() {
    let mut station = Driven::alone();
    station.wants_call(1017, 7);
    station.keeps_reports();
    station.run_for(Span::from_millis(2_500));
    let mut memory = Memory::default();
    station.remembered().into_iter().for_each(|what| memory.note(what));
    memory.end_what_was_open();
    let now = station.now;
    let latest = memory.latest();
    assert!(latest <= now && now.since(latest) <= Span::from_secs(1), "{latest} of {now}");
    let mut restarted = Driven::bare(ProfileId::Iden);
    restarted.core =
        BaseStation::new(INCARNATION, [8; 32], ([127, 0, 0, 1], 4000).into(), now).with_memory(memory);
    restarted.now = now;
    restarted.input(Input::LinkUp);
    restarted.order(Configure { settings: settings(ProfileId::Iden).into() });
    let reports = reports(&restarted.told());
    let [(_, StoreItem::CallClosed(record))] = &reports[..] else { panic!("{reports:?}") };
    let (released, cause) = record.released.unwrap();
    assert_eq!(cause, Cause::StationRestarted);
    assert!(now.since(released) <= Span::from_secs(1), "{released} of {now}");
    // What had happened to it is told: nobody heard its talker.
    let talked: Vec<_> = record.spurts.iter().map(|spurt| (spurt.unit, spurt.until.unwrap().1)).collect();
    assert_eq!(talked, [(unit(1017), Cause::TalkerLost)]);
}

#[test]
fn a_message_that_the_disk_does_not_keep_is_refused_and_a_call_goes_on_and_is_reported() {
    let mut station = Driven::alone();
    station.wants_call(1017, 7);
    station.run_for(Span::from_millis(500));
    let is_late = |station: &mut Driven| {
        let numbers: Vec<_> = station
            .remembered()
            .into_iter()
            .filter_map(|what| if let Remember::Report(number, _) = what { Some(number) } else { None })
            .collect();
        station.said.clear();
        assert!(!numbers.is_empty());
        numbers.iter().for_each(|number| station.input(Input::NotKept { number: *number }));
        numbers
    };
    let mut late = is_late(&mut station);
    assert_eq!(station.decided(), [], "nobody waits for the record of a call");
    station.run_for(Span::from_secs(60));
    station.access(Status {
        unit: unit(1017),
        press: press(9),
        to: Some(talkgroup(41).into()),
        number: StatusNumber::new(3).unwrap(),
    });
    station.run_for(Span::from_secs(3));
    late.extend(is_late(&mut station));
    let refused: Vec<_> = station
        .decided()
        .into_iter()
        .filter_map(|message| match message {
            ToSite::MessageRefused(word) => Some(word.cause),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [Cause::DurableStoreFailed]);
    // There is room.
    late.into_iter().for_each(|number| station.input(Input::Kept { number }));
    station.keeps_reports();
    station.said.clear();
    station.input(Input::LinkUp);
    station.order(Configure { settings: settings(ProfileId::Iden).into() });
    let reports = reports(&station.told());
    let [(_, StoreItem::CallClosed(_)), (_, StoreItem::Message(message))] = &reports[..] else {
        panic!("{reports:?}")
    };
    assert_eq!(message.outcome.unwrap().1, Err(Cause::DurableStoreFailed));
}

#[test]
fn a_unit_of_the_copy_registers_with_each_vector_once() {
    let mut station = Driven::alone();
    let mut challenges = Vec::new();
    for press_number in [21, 23] {
        let challenge = station.registers(1018, press_number).expect("it is challenged");
        challenges.push(challenge);
        let octet = challenge.octets()[0];
        station.access(Answer {
            identity: Identity::Unit(unit(1018)),
            response: Response::new([octet; 8]),
            talkgroup: Some(talkgroup(41)),
            secondary: trunklab_protocol::ScanList::default(),
        });
        station.run_for(Span::from_millis(300));
        let words = station.busy_words();
        assert!(words.iter().any(|word| matches!(word, DownlinkWord::Registered(_))), "{words:?}");
    }
    assert_ne!(challenges[0], challenges[1]);
    assert_eq!(station.registers(1018, 25), None, "the others are for after a restart");
    let refused = station.decided().into_iter().find_map(|message| match message {
        ToSite::RegisterRefused(word) => Some(word.cause),
        _ => None,
    });
    assert_eq!(refused, Some(Cause::NoVectorLeft));
}

#[test]
fn a_wrong_answer_and_a_stranger_are_refused_and_change_nothing() {
    let mut station = Driven::alone();
    let before = station.core.view().radios;
    assert!(station.registers(1018, 21).is_some());
    station.access(Answer {
        identity: Identity::Unit(unit(1018)),
        response: Response::new([0xFF; 8]),
        talkgroup: None,
        secondary: trunklab_protocol::ScanList::default(),
    });
    assert_eq!(station.registers(4_711, 1), None);
    let causes: Vec<_> = station
        .decided()
        .into_iter()
        .filter_map(|message| match message {
            ToSite::RegisterRefused(word) => Some(word.cause),
            _ => None,
        })
        .collect();
    assert_eq!(causes, [Cause::AuthenticationFailed, Cause::NotCopied]);
    assert_eq!(station.core.view().radios, before);
}

#[test]
fn a_restarted_station_serves_from_what_it_has_kept_and_uses_no_vector_twice() {
    let mut station = Driven::alone();
    let first = station.registers(1018, 21).expect("it is challenged");
    let mut memory = Memory::default();
    // The copy was taken in before the harness forgot what it had said.
    for what in Driven::with_copy().remembered().into_iter().chain(station.remembered()) {
        memory.note(what);
    }
    let mut again = Memory::default();
    memory.whole().into_iter().for_each(|what| again.note(what));
    assert_eq!(again, memory, "it is kept whole however often it is written anew");
    let mut restarted = Driven::bare(ProfileId::Iden);
    restarted.core = BaseStation::new(INCARNATION, [8; 32], ([127, 0, 0, 1], 4000).into(), Moment::ORIGIN)
        .with_memory(memory);
    restarted.heartbeats = false;
    restarted.run_for(AFTER);
    assert_eq!(restarted.core.view().service, SiteService::Isolated);
    assert_eq!(restarted.core.view().name.as_deref(), Some("North"));
    assert!(restarted.remembered().contains(&Remember::BeginsAlone(2)), "the number does not come again");
    let second = restarted.registers(1018, 1).expect("it is challenged");
    assert_ne!(second, first);
}

#[test]
fn what_is_not_said_anew_on_a_connection_is_no_longer_true_when_the_copy_is_whole() {
    let mut station = Driven::with_copy();
    station.said.clear();
    station.order(CopyDropped { unit: unit(1017) });
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.input(Input::LinkUp);
    station.order(Configure { settings: settings(ProfileId::Iden).into() });
    station.order(copy_of(1017, 1));
    station.order(CopyEnd {});
    let dropped: Vec<_> =
        station.remembered().into_iter().filter(|what| matches!(what, Remember::Dropped(_))).collect();
    assert_eq!(dropped, [Remember::Dropped(unit(1017)), Remember::Dropped(unit(1018))]);
    let mut liar = copy_of(1017, 1);
    liar.unit = unit(1018);
    station.order(liar);
    assert_eq!(station.dropped(), [Cause::CopyUnfit]);
}
