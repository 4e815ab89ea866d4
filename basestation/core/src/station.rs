//! The state of a base station, and what each input does to it.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use bytes::Bytes;
use trunklab_controller_core as controller;
use trunklab_protocol::air_downlink::{Beacon, SiteService};
use trunklab_protocol::air_uplink::Burst;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::{Cause, ControlPlace, Epoch, Incarnation, Moment, SlotAddress, Span};

use crate::alone::{Alone, Copied, Memory, Reports};
use crate::control::Grants;
use crate::controls::{Control, Controls};
use crate::counts::Counts;
use crate::deadline::{Deadline, Timer};
use crate::failsoft::Failsoft;
use crate::input::Input;
use crate::link::Link;
use crate::output::{Outbox, Output, StationEvent};
use crate::outstanding::Outstanding;
use crate::self_test::SelfTest;
use crate::sessions::Sessions;
use crate::settings::traffic_slots;
use crate::spurts::SpurtSequences;
use crate::standing::Standing;
use crate::timing::Timing;
use crate::traffic::TrafficChannel;
use crate::urgency::{self, WordOrder};
use crate::view::{CallView, SlotView, StationView};

/// A base station, decided without clock or socket.
#[derive(Debug)]
pub struct BaseStation {
    pub(crate) incarnation: Incarnation,
    pub(crate) order: WordOrder,
    pub(crate) voice_address: SocketAddr,
    pub(crate) origin: Moment,
    pub(crate) now: Moment,
    pub(crate) seed: [u8; 32],
    pub(crate) sequences: SpurtSequences,
    pub(crate) link: Link,
    /// What it needs to serve alone.
    pub(crate) copy: Copied,
    /// What it keeps of times in which it did.
    pub(crate) reports: Reports,
    /// How often it did, in earlier runs as well.
    pub(crate) times_alone: u16,
    pub(crate) alone: Option<Box<Alone>>,
    pub(crate) failsoft: Option<Box<Failsoft>>,
    /// Since when self-tests hold every control channel faulty; `None` while one works.
    pub(crate) control_lost_since: Option<Moment>,
    pub(crate) sessions: Sessions,
    pub(crate) outstanding: Outstanding,
    pub(crate) counts: Counts,
    pub(crate) service: SiteService,
    pub(crate) self_test: SelfTest,
    pub(crate) standing: Standing,
    pub(crate) on_air: Option<OnAir>,
}

/// What a configured station has.
#[derive(Debug, Clone)]
pub(crate) struct OnAir {
    pub settings: SiteSettings,
    pub timing: Timing,
    pub controls: Controls,
    pub slots: BTreeMap<SlotAddress, TrafficChannel>,
}

impl BaseStation {
    /// A station that knows nothing but its run's number, fresh octets for what shall not be guessed, where it
    /// receives voice, and the moment from which its slots count.
    pub fn new(incarnation: Incarnation, seed: [u8; 32], voice_address: SocketAddr, origin: Moment) -> Self {
        Self {
            incarnation,
            order: urgency::STANDARD,
            voice_address,
            origin,
            now: origin,
            seed,
            sequences: SpurtSequences::new(seed),
            link: Link::new(origin),
            copy: Copied::default(),
            reports: Reports::default(),
            times_alone: 0,
            alone: None,
            failsoft: None,
            control_lost_since: None,
            sessions: Sessions::default(),
            outstanding: Outstanding::default(),
            counts: Counts::default(),
            service: SiteService::NoService,
            self_test: SelfTest::default(),
            standing: Standing::Stranger,
            on_air: None,
        }
    }

    /// The same with control channels that say their words in another order.
    #[must_use]
    pub fn with_order(self, order: WordOrder) -> Self {
        Self { order, ..self }
    }

    /// The same with what earlier runs have kept. Settings that cannot be used count as none.
    #[must_use]
    pub fn with_memory(self, mut memory: Memory) -> Self {
        memory.end_what_was_open();
        let settings = memory.settings().ok().flatten();
        let standing = settings.map_or(Standing::Stranger, |settings| Standing::Kept(Box::new(settings)));
        let (copy, reports, times_alone) = memory.parts();
        Self { copy, reports, times_alone, standing, ..self }
    }

    /// Takes one input. Whatever is due by `now` happens first, each at its own moment; bursts that are much too late
    /// are left out.
    pub fn handle(&mut self, now: Moment, input: Input, out: &mut Outbox) {
        self.advance(self.now.max(now), out);
        match input {
            Input::Time => {}
            Input::LinkUp => self.link_up(out),
            Input::LinkDown { .. } => self.link_down(out),
            Input::FromController { epoch, message } => match self.link.hear(self.now, epoch) {
                Ok(()) => self.obey(message, out),
                Err(Cause::Deposed) => {
                    self.counts.drop(None, Cause::Deposed, out);
                    self.close_link(Cause::Deposed, out);
                }
                Err(cause) => self.counts.drop(None, cause, out),
            },
            Input::Air(burst) => self.receive(burst, out),
            Input::Voice(packet) => self.receive_voice(&packet, out),
            Input::Kept { number } => self.kept(number, out),
            Input::NotKept { number } => self.not_kept(number, out),
            Input::LoopedBack { tests } => self.looped_back(tests, out),
        }
        self.let_dispatch_hear(out);
        self.remember_that_it_lives(out);
        // What the input made due in this very moment belongs to it.
        self.advance(self.now, out);
    }

    /// The next moment at which time alone causes something.
    pub fn next_deadline(&self) -> Option<Deadline> {
        let link = [
            self.kept_settings_due().map(|at| Deadline { at, why: Timer::KeptSettings }),
            self.link.heartbeat_due().map(|at| Deadline { at, why: Timer::Heartbeat }),
            self.link.silence_due().map(|at| Deadline { at, why: Timer::LinkSilence }),
            self.isolation_due().map(|at| Deadline { at, why: Timer::Isolation }),
            self.failsoft_due().map(|at| Deadline { at, why: Timer::Failsoft }),
            self.alone
                .as_ref()
                .and_then(|alone| alone.deadline())
                .map(|at| Deadline { at, why: Timer::Dispatch }),
            self.self_test.round_due().map(|at| Deadline { at, why: Timer::SelfTest }),
            self.self_test.answer_due().map(|at| Deadline { at, why: Timer::LoopBack }),
        ];
        let air = self.on_air.iter().flat_map(|air| air.deadlines(self.is_served()));
        let failsoft = self
            .failsoft
            .iter()
            .zip(&self.on_air)
            .flat_map(|(failsoft, air)| failsoft.deadlines(&air.timing));
        link.into_iter().flatten().chain(air).chain(failsoft).min()
    }

    /// How the station stands.
    pub fn view(&self) -> StationView {
        StationView {
            name: self.on_air.as_ref().map(|air| air.settings.name.clone()),
            service: self.service,
            newest_epoch: self.link.newest_epoch(),
            radios: self.sessions.len(),
            slots: self.on_air.iter().flat_map(|air| air.slots.values().map(view_slot)).collect(),
            controls: self.loads(),
            counts: self.counts.clone(),
        }
    }

    fn loads(&self) -> Vec<ControlLoad> {
        self.on_air.as_ref().map_or_else(Vec::new, |air| air.controls.loads(self.now))
    }

    /// The newest epoch that it has obeyed: what frames carry.
    pub const fn newest_epoch(&self) -> Epoch {
        self.link.newest_epoch()
    }

    fn advance(&mut self, now: Moment, out: &mut Outbox) {
        self.skip_late(now);
        while let Some(due) = self.next_deadline().filter(|due| due.at <= now) {
            self.now = self.now.max(due.at);
            self.fire(due.why, out);
            self.let_dispatch_hear(out);
        }
        self.now = now;
    }

    fn skip_late(&mut self, now: Moment) {
        self.self_test.skip_late(now);
        let Some(air) = &mut self.on_air else { return };
        for control in air.controls.iter_mut().filter(|control| !control.given) {
            self.counts.control_words_skipped += u64::from(control.words.skip_late(&air.timing, now));
        }
        let silent: Vec<_> = air.slots.keys().copied().filter(|at| !air.radiates(*at)).collect();
        for slot in air.slots.values_mut().filter(|slot| !silent.contains(&slot.at())) {
            self.counts.traffic_bursts_skipped += u64::from(slot.skip_late(&air.timing, now));
        }
        air.returns(now);
        if let Some(failsoft) = &mut self.failsoft {
            self.counts.traffic_bursts_skipped += failsoft.skip_late(&air.timing, now);
        }
    }

    fn fire(&mut self, why: Timer, out: &mut Outbox) {
        match why {
            Timer::KeptSettings => self.take_kept_settings(out),
            Timer::AccessClose(at) => self.close_access(at, out),
            Timer::UplinkClose(at) => self.close_uplink(at, out),
            Timer::FailsoftUplink(at) => self.close_failsoft_uplink(at, out),
            Timer::FailsoftSpurt(at) => self.end_failsoft_spurt(at, out),
            Timer::FailsoftBurstEnds(at) => self.end_failsoft_burst(at, out),
            Timer::FailsoftBurstBegins(at) => self.begin_failsoft_burst(at),
            Timer::FailsoftCut => self.cut_failsoft(out),
            Timer::FailsoftOver => self.end_failsoft(out),
            Timer::TalkerSilence(at) => self.talker_silent(at, out),
            Timer::VoiceMissing(at) => self.miss_voice(at, out),
            Timer::NetworkSilence(at) => self.clear_floor(at),
            Timer::HangTime(at) => self.end_call(at, Cause::HangTimeOver, out),
            Timer::ControlWordEnds(at) => self.end_control_word(at, out),
            Timer::BurstEnds(at) => self.end_traffic_burst(at, out),
            Timer::ControlWordBegins(at) => self.begin_control_word(at),
            Timer::BurstBegins(at) => self.begin_traffic_burst(at),
            Timer::Heartbeat => {
                self.link.beat(self.now);
                let settings = self.on_air.as_ref().map_or(0, |air| air.settings.digest());
                self.tell_controller(self.counts.health(self.loads(), settings), out);
            }
            Timer::LinkSilence => self.close_link(Cause::LinkSilent, out),
            Timer::Isolation => self.begin_alone(out),
            Timer::Failsoft => self.begin_failsoft(out),
            Timer::Dispatch => self.at_dispatch(controller::input::Input::Time, out),
            Timer::SelfTest => self.begin_self_tests(out),
            Timer::LoopBack => self.end_unanswered_tests(out),
        }
    }

    /// A burst at the antenna: kept until its opportunity closes.
    fn receive(&mut self, burst: Burst, out: &mut Outbox) {
        let unit = burst.word.unit();
        let kept = match &mut self.on_air {
            Some(air) => match self.failsoft.as_mut().and_then(|failsoft| failsoft.uplink(burst.place)) {
                Some(uplink) => uplink.receive(&air.timing, self.now, burst),
                None => air.receive(self.now, burst),
            },
            None => Err(Cause::NoSuchCarrier),
        };
        if let Err(cause) = kept {
            self.counts.drop_burst(unit, cause, out);
        }
    }

    fn receive_voice(&mut self, packet: &Bytes, out: &mut Outbox) {
        let heard = match &mut self.on_air {
            Some(air) => air.receive_voice(self.now, packet),
            None => Err(Cause::UnknownSpurt),
        };
        if let Err(cause) = heard {
            self.counts.drop(None, cause, out);
        }
    }

    /// Whether somebody decides about this site's calls: a controller, or its own dispatch.
    pub(crate) fn is_served(&self) -> bool {
        self.failsoft.is_none() && self.has_dispatch()
    }

    /// Whether a controller has the site, or its own dispatch, be it that nobody can ask it for anything.
    pub(crate) fn has_dispatch(&self) -> bool {
        self.alone.is_some() || self.link.serves()
    }

    /// Says something to whoever serves the site, if anybody does. What comes of it in failsoft that one learns of by the inventory.
    pub(crate) fn tell(&mut self, message: impl Into<FromSite>, out: &mut Outbox) {
        if self.failsoft.is_none() {
            self.tell_dispatch(message, out);
        }
    }

    /// Says something to whoever has the site, in failsoft as well.
    pub(crate) fn tell_dispatch(&mut self, message: impl Into<FromSite>, out: &mut Outbox) {
        match &mut self.alone {
            Some(alone) => alone.tell(message.into()),
            None => self.tell_controller(message, out),
        }
    }

    /// Says something to the controller, if the link stands.
    pub(crate) fn tell_controller(&self, message: impl Into<FromSite>, out: &mut Outbox) {
        if self.link.is_up() {
            out.push(Output::ToController { epoch: self.link.newest_epoch(), message: message.into() });
        }
    }

    /// Brings the announced service in line with the link.
    pub(crate) fn update_service(&mut self, out: &mut Outbox) {
        let service = match &self.failsoft {
            Some(failsoft) => failsoft.service(),
            None if self.alone.is_some() => SiteService::Isolated,
            None if self.link.serves() => SiteService::Wide,
            None => SiteService::NoService,
        };
        if service == self.service {
            return;
        }
        self.service = service;
        out.push(Output::Event(StationEvent::Service(service)));
        if let Some(air) = &mut self.on_air {
            air.controls.iter_mut().for_each(|control| control.words.broadcast_now());
        }
    }
}

impl OnAir {
    /// A plant in which nothing is going on.
    pub fn new(settings: SiteSettings, origin: Moment, now: Moment, order: WordOrder) -> Self {
        let timing = Timing::new(settings.profile.profile(), origin);
        Self {
            timing,
            controls: Controls::new(&timing, &settings, now, order),
            slots: traffic_slots(&settings).map(|at| (at, TrafficChannel::new(at))).collect(),
            settings,
        }
    }

    /// The control channel goes on elsewhere, with all that it has to say; calls go on in slots that it does not take.
    pub fn move_control(&mut self, settings: SiteSettings, now: Moment) {
        for (control, at) in self.controls.iter_mut().zip(settings.controls()) {
            if control.at != at {
                control.move_to(&self.timing, at, now);
            }
        }
        let mut before = std::mem::take(&mut self.slots);
        let slot = |at: SlotAddress| (at, before.remove(&at).unwrap_or_else(|| TrafficChannel::new(at)));
        self.slots = traffic_slots(&settings).map(slot).collect();
        self.settings = settings;
    }

    /// What radios are told of the call in a slot, which in full duplex may have a second one.
    pub fn grants(&self, at: SlotAddress) -> Option<Grants> {
        let call = self.slots.get(&at)?.call();
        let of_call = self.slots.values().filter(|slot| slot.call() == call);
        Some(of_call.flat_map(|slot| slot.grants()).collect())
    }

    /// What receivers need to know of the site.
    pub fn beacon(&self) -> Beacon {
        Beacon {
            site: self.settings.site,
            position: self.settings.position,
            antenna: self.settings.antenna,
            power_dbm: self.settings.power_dbm,
            profile: self.settings.profile,
            control: self.settings.control,
            further_controls: self.settings.further_controls.clone(),
        }
    }

    /// A talkgroup's hang time as the site reckons it without a controller.
    pub fn hang_time(&self) -> Span {
        Span::from_millis(u64::from(self.timing.profile().hang_time_ms))
    }

    fn silence(&self) -> Span {
        Span::from_millis(u64::from(self.settings.talker_silence_ms))
    }

    /// How long a talker here may be silent (docs/call-processing.md 12.3.3): the grant may find it searching.
    fn silence_here(&self, slot: &TrafficChannel) -> Span {
        let may_search = self.settings.control_place == ControlPlace::Searched;
        let silence = self.silence();
        if may_search && slot.talker_here_is_awaited() { silence + silence } else { silence }
    }

    /// How long a talker elsewhere may be silent until the way is taken to be cut: its own site would have told of it long before,
    /// also of one that had to search (docs/resilience.md 14.2.5).
    fn silence_elsewhere(&self) -> Span {
        self.silence() + self.silence() + self.silence()
    }

    fn deadlines(&self, served: bool) -> impl Iterator<Item = Deadline> + '_ {
        self.controls
            .iter()
            .flat_map(move |control| self.control_deadlines(control))
            .chain(self.slots.values().flat_map(move |slot| self.slot_deadlines(slot, served)))
    }

    fn control_deadlines(&self, control: &Control) -> impl Iterator<Item = Deadline> + use<> {
        let begins = (!control.given).then(|| control.words.begins(&self.timing));
        [
            (control.access.due(&self.timing), Timer::AccessClose(control.at)),
            (control.words.ends(), Timer::ControlWordEnds(control.at)),
            (begins, Timer::ControlWordBegins(control.at)),
        ]
        .into_iter()
        .filter_map(|(at, why)| Some(Deadline { at: at?, why }))
    }

    fn slot_deadlines(&self, slot: &TrafficChannel, served: bool) -> impl Iterator<Item = Deadline> + use<> {
        let at = slot.at();
        // A controller that serves the site settles silence elsewhere and hang time.
        let unserved = |moment: Option<Moment>| moment.filter(|_| !served);
        // A talker waits until the slot is the call's, and is not missed meanwhile.
        let talker = slot.talker_here_heard().filter(|_| self.radiates(at));
        let missed = slot.talker_elsewhere_missed().filter(|_| served);
        [
            (slot.uplink.due(&self.timing), Timer::UplinkClose(at)),
            (talker.map(|(_, _, heard)| heard + self.silence_here(slot)), Timer::TalkerSilence(at)),
            (missed.map(|(_, heard)| heard + self.silence_elsewhere()), Timer::VoiceMissing(at)),
            (
                unserved(slot.talker_elsewhere_heard()).map(|heard| heard + self.silence()),
                Timer::NetworkSilence(at),
            ),
            (unserved(slot.idle_since()).map(|since| since + self.hang_time()), Timer::HangTime(at)),
            (slot.burst_ends(), Timer::BurstEnds(at)),
            (slot.burst_begins(&self.timing).filter(|_| self.radiates(at)), Timer::BurstBegins(at)),
        ]
        .into_iter()
        .filter_map(|(at, why)| Some(Deadline { at: at?, why }))
    }

    fn receive(&mut self, now: Moment, burst: Burst) -> Result<(), Cause> {
        let at = burst.place.at;
        if !self.settings.carriers.contains(&at.carrier) {
            return Err(Cause::NoSuchCarrier);
        }
        let uplink = match burst.place.channel {
            Channel::Control => self
                .controls
                .at_mut(at)
                .filter(|(_, control)| !control.given)
                .map(|(_, control)| &mut control.access),
            Channel::Traffic => self.slots.get_mut(&at).map(|slot| &mut slot.uplink),
        };
        uplink.ok_or(Cause::WrongSlot)?.receive(&self.timing, now, burst)
    }
}

fn view_slot(slot: &TrafficChannel) -> SlotView {
    let call = slot.grant().map(|grant| CallView {
        call: grant.call,
        parties: grant.parties,
        talker: grant.talker.map(|talker| talker.unit),
        emergency: grant.emergency,
    });
    SlotView { at: slot.at(), call }
}
