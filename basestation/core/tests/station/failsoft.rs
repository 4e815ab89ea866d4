//! Failsoft (docs/resilience.md 14.6): when it begins, what is repeated, and how the site comes back.

use trunklab_basestation_core::alone::Remember;
use trunklab_basestation_core::{Input, Output, StationEvent};
use trunklab_controller_core::output::{CallRecord, StoreItem};
use trunklab_protocol::air_downlink::{DownlinkWord, FailsoftChannel, SiteService};
use trunklab_protocol::air_uplink::{CallRequest, FailsoftVoice, RequestKind, TalkEnd};
use trunklab_protocol::from_site::{FromSite, ServedFailsoft};
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::proof::Proof;
use trunklab_protocol::settings::{FailsoftPlace, SiteSettings};
use trunklab_protocol::to_site::{Configure, ReportKept};
use trunklab_protocol::{Cause, Moment, ProfileId, SlotAddress, Span};

use crate::harness::*;

const AFTER: Span = Span::from_secs(2);

pub fn channel() -> SlotAddress {
    at(2, 0)
}

pub fn with_failsoft(profile: ProfileId) -> SiteSettings {
    let place = |number| FailsoftPlace { talkgroup: talkgroup(number), at: channel() };
    SiteSettings { failsoft_after_ms: 2_000, failsoft: vec![place(41), place(42)], ..settings(profile) }
}

pub fn said(number: u32, press_number: u16, burst: u32, last: bool) -> FailsoftVoice {
    let position = burst * 4;
    let frames = if last { run_of(0..0) } else { run_of(position..position + 4) };
    FailsoftVoice {
        unit: unit(number),
        talkgroup: talkgroup(41),
        press: press(press_number),
        position,
        frames,
        last,
    }
}

impl Driven {
    /// In service, with units 1017 and 1018, and with a failsoft channel.
    fn programmed() -> Self {
        let mut station = Self::serving(ProfileId::Iden);
        station.order(Configure { settings: with_failsoft(ProfileId::Iden).into() });
        station.hold(unit(1017));
        station.hold(unit(1018));
        station
    }

    fn cut_off(&mut self) {
        self.heartbeats = false;
        self.input(Input::LinkDown { cause: Cause::LinkLost });
    }

    pub fn in_failsoft() -> Self {
        let mut station = Self::programmed();
        station.cut_off();
        station.run_for(AFTER);
        assert_eq!(station.core.view().service, SiteService::Failsoft);
        station.said.clear();
        station
    }

    fn comes_back(&mut self) {
        self.heartbeats = true;
        self.input(Input::LinkUp);
        self.order(Configure { settings: with_failsoft(ProfileId::Iden).into() });
    }

    /// Talks in failsoft for so many bursts, and says the end.
    pub fn says(&mut self, number: u32, press_number: u16, bursts: u32) {
        for burst in 0..bursts {
            self.send_in(channel(), said(number, press_number, burst, false));
        }
        self.send_in(channel(), said(number, press_number, bursts, true));
    }

    pub fn service(&self) -> SiteService {
        self.core.view().service
    }

    pub fn recorded(&self) -> Vec<CallRecord> {
        let record = |(_, output): &(Moment, Output)| match output {
            Output::Remember(Remember::Report(_, item)) => match &**item {
                StoreItem::CallClosed(record) => Some((**record).clone()),
                _ => None,
            },
            _ => None,
        };
        self.said.iter().filter_map(record).collect()
    }
}

pub fn served(told: &[FromSite]) -> Option<ServedFailsoft> {
    told.iter().find_map(|message| match message {
        FromSite::ServedFailsoft(word) => Some(word.clone()),
        _ => None,
    })
}

#[test]
fn radios_are_told_their_failsoft_channels_while_all_is_well() {
    let mut station = Driven::programmed();
    station.run_for(Span::from_secs(3));
    let words = station.words(at(1, 0));
    for number in [41, 42] {
        let word = FailsoftChannel {
            site: settings(ProfileId::Iden).site,
            talkgroup: talkgroup(number),
            at: channel(),
        };
        assert!(words.contains(&word.into()), "talkgroup {number}");
    }
}

#[test]
fn a_site_without_controller_goes_into_failsoft_in_time_and_says_so() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.order(Configure { settings: with_failsoft(profile.id).into() });
        station.cut_off();
        station.run_for(Span::from_millis(1_999));
        assert_eq!(station.service(), SiteService::NoService, "{}", profile.name);
        station.run_for(Span::from_millis(1));
        assert_eq!(station.service(), SiteService::Failsoft, "{}", profile.name);
        station.said.clear();
        station.run_for(Span::from_secs(21));
        let says = |word: &DownlinkWord| matches!(word, DownlinkWord::System(word) if word.service == SiteService::Failsoft);
        assert!(station.words(at(1, 0)).iter().any(says), "{}", profile.name);
        let tones = station.radiated(channel()).into_iter().filter_map(|(moment, burst)| {
            matches!(burst.word, DownlinkWord::FailsoftOpen(word) if word.tone).then_some(moment)
        });
        let tones: Vec<Moment> = tones.collect();
        assert_eq!(tones.len(), 3, "{}: it begins with one", profile.name);
        for pair in tones.windows(2) {
            let apart = pair[1].since(pair[0]).as_millis();
            assert!((9_500..=10_500).contains(&apart), "{}: {apart} ms", profile.name);
        }
    }
}

#[test]
fn it_does_not_where_it_may_not() {
    let place = FailsoftPlace { talkgroup: talkgroup(41), at: channel() };
    let number = |number| trunklab_protocol::SiteId::new(number).unwrap();
    for settings in [
        SiteSettings { failsoft_after_ms: 0, ..with_failsoft(ProfileId::Iden) },
        SiteSettings { failsoft: Vec::new(), ..with_failsoft(ProfileId::Iden) },
        SiteSettings { site: number(32_768), failsoft: vec![place], ..with_failsoft(ProfileId::Iden) },
    ] {
        let mut station = Driven::serving(ProfileId::Iden);
        station.order(Configure { settings: settings.into() });
        station.cut_off();
        station.run_for(Span::from_secs(30));
        assert_eq!(station.service(), SiteService::NoService);
    }
}

#[test]
fn a_failsoft_channel_on_a_control_channel_or_nowhere_is_refused() {
    for bad in [at(1, 0), at(9, 0), at(2, 5)] {
        let mut station = Driven::serving(ProfileId::Dmr3);
        let failsoft = vec![FailsoftPlace { talkgroup: talkgroup(41), at: bad }];
        let settings = SiteSettings { failsoft, ..with_failsoft(ProfileId::Dmr3) };
        station.order(Configure { settings: settings.into() });
        let closed = Output::CloseLink { cause: Cause::FieldOutOfRange };
        assert!(station.said.iter().any(|(_, output)| *output == closed), "{bad}");
    }
}

#[test]
fn nobody_grants_anything() {
    let mut station = Driven::in_failsoft();
    let (unit, press, talkgroup) = (unit(1017), press(7), talkgroup(41));
    station.access(CallRequest { unit, press, talkgroup, kind: RequestKind::Normal, area: None });
    let refused = |word: &DownlinkWord| matches!(word, DownlinkWord::Refused(word) if word.cause == Cause::SiteInFailsoft);
    assert!(station.words(at(1, 0)).iter().any(refused));
}

#[test]
fn what_one_says_is_repeated_and_recorded_once() {
    let mut station = Driven::in_failsoft();
    station.says(1017, 1, 5);
    station.run_for(Span::from_millis(300));
    let voices = station.words(channel()).into_iter().filter_map(|word| match word {
        DownlinkWord::FailsoftVoice(word) => Some(word),
        _ => None,
    });
    let positions: Vec<(u32, usize)> = voices.map(|word| (word.position, word.frames.len())).collect();
    assert_eq!(positions, [(0, 4), (4, 4), (8, 4), (12, 4), (16, 4), (20, 0)]);
    let [record] = &station.recorded()[..] else { panic!("one record") };
    assert_eq!(record.caller, Some(unit(1017)));
    assert_eq!(record.released.map(|(_, cause)| cause), Some(Cause::SaidInFailsoft));
    assert_eq!(record.spurts.len(), 1);

    station.comes_back();
    assert!(station.told().iter().all(|message| !matches!(message, FromSite::InventoryEnd(_))), "not yet");
    station.run_for(Span::from_secs(1));
    let told = station.told();
    let end = told.iter().position(|message| matches!(message, FromSite::InventoryEnd(_))).unwrap();
    let ServedFailsoft { failsoft_ms, spurts, unproved, collisions, reports, .. } =
        served(&told[end..]).unwrap();
    assert!(failsoft_ms > 1_000);
    assert_eq!((spurts, unproved, collisions, reports), (1, 0, 0, 1));
    let made = told.iter().filter(|message| matches!(message, FromSite::Report(_))).count();
    assert_eq!(made, 1);
    assert_eq!(station.service(), SiteService::Wide);

    // What is not confirmed is said again, and what is, no more.
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.comes_back();
    assert!(served(&station.told()).is_some());
    station.order(ReportKept { number: 1 });
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.comes_back();
    let told = station.told();
    assert!(served(&told).is_none() && !told.iter().any(|message| matches!(message, FromSite::Report(_))));
}

#[test]
fn what_is_not_proved_is_repeated_and_counted_and_not_recorded() {
    let mut station = Driven::in_failsoft();
    for (burst, last) in [(0, false), (1, true)] {
        let place = station.next_uplink(Channel::Traffic, channel());
        station.run_until(station.begins(Channel::Traffic, place));
        let mut forged = station.burst(place, -80, said(1018, 1, burst, last));
        forged.proof = Proof::NONE;
        station.input(Input::Air(forged));
        station.run_for(Span::from_millis(30));
    }
    station.run_for(Span::from_millis(200));
    assert!(station.words(channel()).iter().any(|word| matches!(word, DownlinkWord::FailsoftVoice(_))));
    assert_eq!(station.recorded(), []);
    station.comes_back();
    station.run_for(Span::from_secs(1));
    let ServedFailsoft { spurts, unproved, reports, .. } = served(&station.told()).unwrap();
    assert_eq!((spurts, unproved, reports), (1, 1, 0));
}

#[test]
fn two_at_once_collide_and_a_third_word_has_no_place_there() {
    let mut station = Driven::in_failsoft();
    let place = station.next_uplink(Channel::Traffic, channel());
    station.run_until(station.begins(Channel::Traffic, place));
    for number in [1017, 1018] {
        let burst = station.burst(place, -80, said(number, 1, 0, false));
        station.input(Input::Air(burst));
    }
    station.run_for(Span::from_millis(100));
    let met = Output::Event(StationEvent::Collision { bursts: 2 });
    assert!(station.said.iter().any(|(_, output)| *output == met));
    station.send_in(channel(), TalkEnd { unit: unit(1017), call: call(1), spurt: spurt(1) });
    assert_eq!(station.core.view().counts.dropped.get(&Cause::WrongSlot), Some(&1));
    station.comes_back();
    station.run_for(Span::from_secs(1));
    assert_eq!(served(&station.told()).unwrap().collisions, 2);
}

#[test]
fn a_running_call_ends_before_its_slot_is_a_failsoft_channel() {
    let mut station = Driven::programmed();
    let talker = talker(1017, 1);
    station.order(assertion(1, channel(), Some(talker), true));
    station.talk(channel(), 1, talker, 3);
    station.cut_off();
    station.talk(channel(), 1, talker, 30);
    assert_eq!(station.service(), SiteService::Failsoft);
    let is_failsoft = |word: &DownlinkWord| matches!(word, DownlinkWord::FailsoftOpen(_));
    assert!(!station.words(channel()).iter().any(is_failsoft), "the talker talks to the end");
    station.send_in(channel(), TalkEnd { unit: unit(1017), call: call(1), spurt: talker.spurt });
    station.run_for(Span::from_secs(30));
    let words = station.words(channel());
    let release = words.iter().rposition(|word| matches!(word, DownlinkWord::Release(_))).unwrap();
    let begins = words.iter().position(is_failsoft).unwrap();
    assert!(release < begins);
}

#[test]
fn who_talks_when_the_controller_is_back_may_go_on_for_a_while() {
    let mut station = Driven::in_failsoft();
    station.send_in(channel(), said(1017, 1, 0, false));
    station.comes_back();
    for burst in 1..20 {
        station.send_in(channel(), said(1017, 1, burst, false));
    }
    assert_eq!(station.service(), SiteService::Failsoft);
    assert!(!station.told().iter().any(|message| matches!(message, FromSite::InventoryEnd(_))));
    // Settings that are said again give no more time.
    station.order(Configure { settings: with_failsoft(ProfileId::Iden).into() });
    for burst in 20..60 {
        station.send_in(channel(), said(1017, 1, burst, false));
    }
    assert_eq!(station.service(), SiteService::Wide, "not for ever");
    let words = station.words(channel());
    assert_eq!(words.iter().filter(|word| matches!(word, DownlinkWord::FailsoftOver(_))).count(), 3);
    let [record] = &station.recorded()[..] else { panic!("one record") };
    assert_eq!(record.spurts[0].until.map(|(_, cause)| cause), Some(Cause::FailsoftOver));
}

#[test]
fn a_link_that_goes_again_meanwhile_leaves_failsoft_as_it_is() {
    let mut station = Driven::in_failsoft();
    station.send_in(channel(), said(1017, 1, 0, false));
    station.comes_back();
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.run_for(Span::from_secs(10));
    assert_eq!(station.service(), SiteService::Failsoft);
    station.said.clear();
    station.says(1018, 1, 3);
    assert!(station.words(channel()).iter().any(|word| matches!(word, DownlinkWord::FailsoftVoice(_))));
}

#[test]
fn settings_that_move_carriers_end_failsoft_at_once() {
    let mut station = Driven::in_failsoft();
    station.send_in(channel(), said(1017, 1, 0, false));
    station.input(Input::LinkUp);
    let carriers = settings(ProfileId::Iden).carriers[..2].to_vec();
    let moved = SiteSettings { carriers, ..with_failsoft(ProfileId::Iden) };
    station.order(Configure { settings: moved.into() });
    assert_eq!(station.service(), SiteService::Wide);
    assert_eq!(station.recorded().len(), 1);
    assert!(station.told().iter().any(|message| matches!(message, FromSite::InventoryEnd(_))));
}
