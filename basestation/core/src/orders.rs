//! What the controller orders, and what becomes of the site when its controller comes and goes.

use trunklab_protocol::air_downlink::{
    Affiliated, CallBack, Challenge, ControlAt, Deregistered, DownlinkWord, EmergencyStatus, FloorQueued,
    FloorRefused, FloorWithdrawn, Grant, Page, PageOver, Queued, Refused, RegisterRefused, Registered,
    Ringing, TalkWarning,
};
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Assert, ToSite};
use trunklab_protocol::{
    CallId, Cause, Parties, Press, SlotAddress, Span, TalkgroupId, UnitId, from_site, to_site,
};

use crate::alone::Remember;
use crate::link::{hello, inventory};
use crate::output::{Outbox, Output};
use crate::outstanding::Asked;
use crate::sessions::Session;
use crate::settings::{check, moves_control, replans};
use crate::standing::DISMISSALS;
use crate::station::{BaseStation, OnAir};
use crate::traffic::Change;

/// How often something is said on a slot that its radio neither asked for nor answers.
const UNANSWERED_SAYINGS: usize = 2;

impl BaseStation {
    /// The link stands: says who it is and what it holds.
    pub(crate) fn link_up(&mut self, out: &mut Outbox) {
        self.link.up(self.now);
        self.copy.begin();
        self.update_service(out);
        self.tell_controller(hello(self), out);
        if self.alone.is_none() && self.failsoft.is_none() {
            self.report_inventory(out);
        }
    }

    /// Says what the site holds.
    fn report_inventory(&mut self, out: &mut Outbox) {
        for message in inventory(self) {
            self.tell(message, out);
        }
    }

    /// The link is gone: running calls go on, new ones are refused.
    pub(crate) fn link_down(&mut self, out: &mut Outbox) {
        self.link.down(self.now);
        if self.alone.is_some() {
            // It has not been heard of by the dispatch, which goes on.
            return;
        }
        self.outstanding.clear();
        self.reopen_failsoft();
        self.update_service(out);
        if let Some(air) = &mut self.on_air {
            air.slots.values_mut().for_each(|slot| slot.forget_silence_told());
        }
    }

    /// Gives up the link.
    pub(crate) fn close_link(&mut self, cause: Cause, out: &mut Outbox) {
        if self.link.is_up() {
            out.push(Output::CloseLink { cause });
        }
        self.link_down(out);
    }

    /// Carries out one order.
    pub(crate) fn obey(&mut self, message: ToSite, out: &mut Outbox) {
        let before_settings =
            matches!(message, ToSite::Configure(_) | ToSite::Heartbeat(_) | ToSite::Close(_));
        if !before_settings && !self.link.serves() {
            self.counts.drop(None, Cause::NotGreeted, out);
            return;
        }
        if let ToSite::Configure(order) = message {
            self.configure(*order.settings, out);
        } else if let ToSite::Close(order) = message {
            if DISMISSALS.contains(&order.cause) {
                self.dismissed(out);
            }
            self.close_link(order.cause, out);
        } else {
            self.carry_out(message, out);
        }
    }

    /// Carries out an order of whoever serves the site: a controller, or its own dispatch.
    pub(crate) fn carry_out(&mut self, message: ToSite, out: &mut Outbox) {
        if self.failsoft.is_some() && is_of_dispatch(&message) {
            // It was on its way when failsoft began.
            return self.counts.drop(None, Cause::SiteInFailsoft, out);
        }
        match message {
            // That it was heard is all that a heartbeat says; the others are for the link.
            ToSite::Heartbeat(_) | ToSite::Configure(_) | ToSite::Close(_) => {}
            ToSite::Challenge(to_site::Challenge { identity, challenge }) => {
                self.answer(Challenge { identity, challenge }, out);
            }
            ToSite::Registered(order) => self.register(order, out),
            ToSite::RegisterRefused(to_site::RegisterRefused { identity, cause }) => {
                self.answer(RegisterRefused { identity, cause }, out);
            }
            ToSite::Affiliated(to_site::Affiliated { unit, press, talkgroup, secondary }) => {
                self.outstanding.answered(unit, press);
                self.sessions.affiliate(unit, talkgroup, secondary);
                self.answer(Affiliated { unit, press, talkgroup, secondary }, out);
            }
            ToSite::Refused(to_site::Refused { unit, press, cause }) => {
                self.outstanding.answered(unit, press);
                self.answer(Refused { unit, press, cause }, out);
            }
            ToSite::Queued(to_site::Queued { unit, press, position }) => {
                self.outstanding.answered(unit, press);
                self.answer(Queued { unit, press, position }, out);
            }
            ToSite::CallBack(to_site::CallBack { unit, press }) => {
                self.outstanding.answered(unit, press);
                self.answer(CallBack { unit, press }, out);
            }
            ToSite::EmergencyStatus(to_site::EmergencyStatus { unit, press, stage }) => {
                self.outstanding.answered(unit, press);
                let word = EmergencyStatus { unit, press, stage };
                self.tell_emergency(word.clone(), out);
                for call in self.calls_near(unit) {
                    self.tell_on_slot(call, unit, word.clone(), UNANSWERED_SAYINGS, out);
                }
            }
            ToSite::Page(to_site::Page { unit, caller, press, setup, ring_ms }) => {
                self.answer(Page { unit, caller, press, setup, ring_ms }, out);
            }
            ToSite::Ringing(to_site::Ringing { unit, press }) => {
                self.outstanding.answered(unit, press);
                self.answer(Ringing { unit, press }, out);
            }
            ToSite::PageOver(to_site::PageOver { unit, caller, press, cause }) => {
                self.answer(PageOver { unit, caller, press, cause }, out);
            }
            ToSite::RadioOrder(word) => {
                self.answer(word.clone(), out);
                for call in self.calls_near(word.unit) {
                    self.tell_on_slot(call, word.unit, word.clone(), UNANSWERED_SAYINGS, out);
                }
            }
            ToSite::NetworkAnswer(word) => self.answer(word, out),
            ToSite::Status(order) => self.order_status(order, out),
            ToSite::CallAlert(order) => self.order_alert(order, out),
            ToSite::AlertOver(order) => self.order_alert_over(order, out),
            ToSite::MessageDelivered(order) => self.order_delivered(order, out),
            ToSite::MessageRefused(order) => self.order_message_refused(order, out),
            ToSite::Deregister(to_site::Deregister { unit, cause }) => {
                self.forget_radio(unit);
                self.answer(Deregistered { unit, cause }, out);
            }
            ToSite::CopyConfiguration(word) => {
                let part = self.copy.take_configuration(&word);
                self.note_copy(part, out);
            }
            ToSite::CopySubscriber(word) => {
                let part = self.copy.take_unit(word).map(Some);
                self.note_copy(part, out);
            }
            ToSite::CopyDropped(word) => {
                let part = Ok(self.copy.drop(word.unit));
                self.note_copy(part, out);
            }
            ToSite::CopyEnd(_) => {
                for part in self.copy.end() {
                    self.note_copy(Ok(Some(part)), out);
                }
            }
            ToSite::TestSlot(order) => self.test_slot(order.at, out),
            ToSite::ExerciseFault(order) => self.exercise_fault(order, out),
            ToSite::ReportKept(word) => self.report_kept(word.number, out),
            ToSite::TellControl(_) => self.tell_calls_of_control(out),
            ToSite::Assert(order) => self.assert_call(order, out),
            ToSite::Release(to_site::Release { call, cause }) => {
                while let Some(at) = self.slot_of(call) {
                    self.end_call(at, cause, out);
                }
            }
            ToSite::FloorRefused(to_site::FloorRefused { call, unit, press, cause }) => {
                self.outstanding.answered(unit, press);
                self.tell_on_slot(call, unit, FloorRefused { call, unit, press, cause }, 1, out);
            }
            ToSite::FloorQueued(to_site::FloorQueued { call, unit, press, position }) => {
                let word = FloorQueued { call, unit, press, position };
                // Who asked for a call does not hear the slot yet, or will not for long hear anything else.
                if self.outstanding.is_asked(unit, Asked::Call, press) {
                    self.answer(word.clone(), out);
                }
                self.outstanding.answered(unit, press);
                self.tell_on_slot(call, unit, word, 1, out);
            }
            ToSite::TalkWarning(to_site::TalkWarning { call, unit, spurt, left_ms }) => {
                let word = TalkWarning { call, unit, spurt, left_ms };
                self.tell_on_slot(call, unit, word.clone(), UNANSWERED_SAYINGS, out);
            }
            ToSite::FloorWithdrawn(to_site::FloorWithdrawn { call, unit, spurt, cause }) => {
                let word = FloorWithdrawn { call, unit, spurt, cause };
                self.tell_on_slot(call, unit, word.clone(), UNANSWERED_SAYINGS, out);
            }
        }
    }

    fn configure(&mut self, settings: SiteSettings, out: &mut Outbox) {
        if let Err(cause) = check(&settings) {
            self.counts.drop(None, cause, out);
            self.close_link(cause, out);
            return;
        }
        self.link.configure(self.now, settings.heartbeat_ms);
        self.keep_settings(&settings, out);
        if self.alone.is_some() {
            self.hand_back(out);
            self.report_inventory(out);
        }
        let was_in_failsoft = self.failsoft.is_some();
        let same = self.on_air.as_ref().is_some_and(|air| air.settings == settings);
        if !same {
            self.reconfigure(settings, out);
        }
        match (&self.failsoft, self.control_lost_since) {
            (None, _) if was_in_failsoft => {}
            (None, _) => self.serve(out),
            (Some(_), Some(_)) => {
                self.tell_settings(out);
                self.stay_in_failsoft(out);
            }
            (Some(_), None) => self.close_failsoft(out),
        }
    }

    /// Failsoft is over, and somebody has the site: it says what it holds, and is in service.
    pub(crate) fn come_into_service(&mut self, out: &mut Outbox) {
        // What was copied on this connection before is copied anew.
        self.copy.begin();
        self.report_inventory(out);
        match self.alone {
            None => self.serve(out),
            Some(_) => self.update_service(out),
        }
    }

    /// The controller's orders hold from here on: radios, and the controller, are told so.
    fn serve(&mut self, out: &mut Outbox) {
        self.update_service(out);
        self.tell_settings(out);
        self.begin_reports(out);
    }

    /// The controller is told all settings.
    pub(crate) fn tell_settings(&mut self, out: &mut Outbox) {
        if let Some(air) = &self.on_air {
            let settings = Box::new(air.settings.without_keys());
            self.tell_dispatch(from_site::Settings { settings }, out);
        }
    }

    /// What came of a part of the copy.
    fn note_copy(&mut self, part: Result<Option<Remember>, Cause>, out: &mut Outbox) {
        match part {
            Ok(None) => {}
            Ok(Some(part)) => out.push(Output::Remember(part)),
            Err(cause) => self.counts.drop(None, cause, out),
        }
    }

    pub(crate) fn reconfigure(&mut self, settings: SiteSettings, out: &mut Outbox) {
        if self.on_air.as_ref().is_some_and(|air| air.settings.site != settings.site) {
            // Every session is proved with the site's number.
            self.sessions.clear();
            self.outstanding.clear();
        }
        let moves = self
            .on_air
            .as_ref()
            .is_some_and(|air| replans(&air.settings, &settings) && !moves_control(&air.settings, &settings));
        match &mut self.on_air {
            Some(air) if !replans(&air.settings, &settings) => air.settings = settings,
            Some(air) if moves_control(&air.settings, &settings) => {
                air.move_control(settings, self.now);
            }
            Some(_) | None => self.replan(settings, out),
        }
        if let Some(air) = &self.on_air {
            self.self_test.configure(&air.settings, self.now);
            let settings = Box::new(air.settings.clone());
            out.push(Output::Configured { settings, beacon: air.beacon() });
        }
        self.note_control_health();
        if self.failsoft.is_some() && (moves || self.is_failsoft_displaced()) {
            self.break_failsoft_off(out);
        }
    }

    /// Radios in calls do not hear the control channel: they are told where it is now.
    fn tell_calls_of_control(&mut self, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        let word = ControlAt { site: air.settings.site, control: air.settings.control };
        let calls = air.slots.values_mut().filter_map(|slot| Some((slot.call()?, slot)));
        let told = calls.map(|(call, slot)| slot.tell_one(call, word.clone().into(), UNANSWERED_SAYINGS));
        let full: Vec<Cause> = told.filter_map(Result::err).collect();
        for cause in full {
            self.counts.drop(None, cause, out);
        }
    }

    /// Bursts are radiated elsewhere from now on. Calls in slots that stay go on.
    fn replan(&mut self, settings: SiteSettings, out: &mut Outbox) {
        let before = self.on_air.replace(OnAir::new(settings, self.origin, self.now, self.order));
        let (Some(before), Some(after)) = (before, &mut self.on_air) else { return };
        let same_beat = before.settings.profile == after.settings.profile;
        for (at, slot) in before.slots {
            let Some(call) = slot.call() else { continue };
            if same_beat && after.slots.contains_key(&at) {
                let due = self.now + late_entry_interval(&after.settings);
                if let Err(cause) = after.controls.grant(&slot.grants(), due, self.now) {
                    self.counts.drop(None, cause, out);
                }
                after.slots.insert(at, slot);
            } else if let Err(cause) = after.controls.release(call, Cause::CallLost, self.now) {
                self.counts.drop(None, cause, out);
            }
        }
    }

    /// A radio is here no longer.
    pub(crate) fn forget_radio(&mut self, unit: UnitId) {
        self.sessions.drop(unit);
        self.outstanding.forget(unit);
    }

    fn register(&mut self, order: to_site::Registered, out: &mut Outbox) {
        let to_site::Registered { identity, unit, tmsi, talkgroup, secondary, session_key, subscription } =
            order;
        let session = Session { tmsi, talkgroup, secondary, key: session_key, since: self.now };
        self.outstanding.forget(unit);
        match self.sessions.hold(unit, session) {
            Ok(()) => {
                self.answer(Registered { identity, unit, tmsi, talkgroup, secondary, subscription }, out);
            }
            Err(cause) => {
                self.counts.drop(Some(unit), cause, out);
                self.answer(RegisterRefused { identity, cause }, out);
                self.tell(from_site::Detach { unit }, out);
            }
        }
    }

    fn assert_call(&mut self, order: Assert, out: &mut Outbox) {
        let (call, at) = (order.call, order.at);
        let in_service = self.on_air.as_ref().is_some_and(|air| air.slots.contains_key(&at));
        if !in_service {
            self.counts.drop(None, Cause::WrongSlot, out);
            return;
        }
        let far = order.duplex.map(|sides| sides.far.unit);
        for elsewhere in self.slots_beside(call, far).into_iter().filter(|elsewhere| *elsewhere != at) {
            self.leave_slot(elsewhere);
        }
        let other = self.on_air.as_ref().and_then(|air| air.slots[&at].call()).filter(|other| *other != call);
        if let Some(other) = other {
            self.announce_release(other, Cause::SlotReassigned, out);
        }
        let talker = order.talker;
        if let Some(talker) = talker {
            self.outstanding.answered(talker.unit, talker.press);
        }
        let spurt = order.duplex.map(|sides| sides.near.spurt).or(talker.map(|talker| talker.spurt));
        let sequence = spurt.map_or(0, |spurt| self.sequences.first(spurt));
        let Some(air) = &mut self.on_air else { return };
        let Some(slot) = air.slots.get_mut(&at) else { return };
        match slot.assert(&air.timing, self.now, order, sequence) {
            Change::Nothing => {}
            Change::Announce => self.announce(at, out),
            Change::Correct => self.correct_late_entry(at),
            Change::TalkIsOver => {
                if let Some(talker) = talker {
                    self.tell(from_site::TalkEnd { unit: talker.unit, call, spurt: talker.spurt }, out);
                }
            }
        }
    }

    /// Tells radios on the control channel of the call in a slot.
    pub(crate) fn announce(&mut self, at: SlotAddress, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        let Some(grants) = air.grants(at) else { return };
        let due = self.now + late_entry_interval(&air.settings);
        if let Err(cause) = air.controls.grant(&grants, due, self.now) {
            self.counts.drop(None, cause, out);
        }
        self.tell_scanners(at, out);
    }

    /// Latecomers hear how the call in a slot stands now.
    pub(crate) fn correct_late_entry(&mut self, at: SlotAddress) {
        let Some(air) = &mut self.on_air else { return };
        if let Some(grants) = air.grants(at) {
            air.controls.correct(&grants);
        }
    }

    /// The call in a slot is over at this site.
    pub(crate) fn end_call(&mut self, at: SlotAddress, cause: Cause, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        let Some(slot) = air.slots.get_mut(&at) else { return };
        let Some(call) = slot.call() else { return };
        slot.release(&air.timing, cause);
        self.announce_release(call, cause, out);
    }

    /// The call goes on in another slot: who is here goes to hear the control channel.
    fn leave_slot(&mut self, at: SlotAddress) {
        let Some(air) = &mut self.on_air else { return };
        if let Some(slot) = air.slots.get_mut(&at) {
            slot.leave();
        }
    }

    fn announce_release(&mut self, call: CallId, cause: Cause, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        air.slots.values_mut().for_each(|slot| slot.forget_other(call));
        if let Err(cause) = air.controls.release(call, cause, self.now) {
            self.counts.drop(None, cause, out);
        }
    }

    /// A talker here has not been heard for the silence limit.
    pub(crate) fn talker_silent(&mut self, at: SlotAddress, out: &mut Outbox) {
        let served = self.is_served();
        let Some(air) = &mut self.on_air else { return };
        let Some(slot) = air.slots.get_mut(&at) else { return };
        let Some((call, spurt, _)) = slot.talker_here_heard() else { return };
        if served {
            slot.note_silence_told();
            self.tell(from_site::TalkerSilent { call, spurt }, out);
        } else {
            self.clear_floor(at);
        }
    }

    /// Nothing arrives of a talker elsewhere. The call is its controller's, and goes on: somebody has to see to the way.
    pub(crate) fn miss_voice(&mut self, at: SlotAddress, out: &mut Outbox) {
        let Some(slot) = self.on_air.as_mut().and_then(|air| air.slots.get_mut(&at)) else { return };
        let Some((call, _)) = slot.talker_elsewhere_missed() else { return };
        slot.note_silence_told();
        self.counts.miss_voice(call, out);
    }

    /// Without a controller: nobody has the floor of the call in a slot.
    pub(crate) fn clear_floor(&mut self, at: SlotAddress) {
        let Some(air) = &mut self.on_air else { return };
        if let Some(slot) = air.slots.get_mut(&at) {
            slot.clear_floor(&air.timing, self.now);
        }
        self.correct_late_entry(at);
    }

    /// One unit is told something of its call, so many times, on the call's slot.
    pub(crate) fn tell_on_slot(
        &mut self,
        call: CallId,
        unit: UnitId,
        word: impl Into<DownlinkWord>,
        sayings: usize,
        out: &mut Outbox,
    ) {
        let slot = self.slot_near(call, Some(unit)).or_else(|| self.slot_of(call));
        let queued = match (slot, &mut self.on_air) {
            (Some(at), Some(air)) => air
                .slots
                .get_mut(&at)
                .map_or(Err(Cause::UnknownCall), |slot| slot.tell_one(call, word.into(), sayings)),
            (None, _) | (_, None) => Err(Cause::UnknownCall),
        };
        if let Err(cause) = queued {
            self.counts.drop(Some(unit), cause, out);
        }
    }

    /// Where a unit has the floor that it asked for with this press.
    pub(crate) fn granted(&self, unit: UnitId, press: Press) -> Option<SlotAddress> {
        let talks =
            |grant: Grant| grant.talker.is_some_and(|talker| talker.unit == unit && talker.press == press);
        self.on_air
            .as_ref()?
            .slots
            .values()
            .find(|slot| slot.grant().is_some_and(talks))
            .map(|slot| slot.at())
    }

    /// The calls that a unit may be hearing here: those of its talkgroups.
    pub(crate) fn calls_near(&self, unit: UnitId) -> Vec<CallId> {
        let hears = |parties| match parties {
            Parties::Group(TalkgroupId::ALL) => true,
            Parties::Group(group) => self.sessions.hears(unit, group),
            Parties::Pair(pair) => pair.includes(unit),
        };
        let slots = self.on_air.iter().flat_map(|air| air.slots.values());
        let heard = slots.filter(|slot| slot.grants().iter().any(|grant| hears(grant.parties)));
        heard.filter_map(|slot| slot.call()).collect()
    }

    /// A call's slot here; in full duplex that of one party.
    fn slot_near(&self, call: CallId, near: Option<UnitId>) -> Option<SlotAddress> {
        let mut slots = self.on_air.as_ref()?.slots.values();
        slots.find(|slot| slot.call() == Some(call) && slot.near() == near).map(|slot| slot.at())
    }

    /// A call's slots here but for the one of the other party, where both talk at once.
    fn slots_beside(&self, call: CallId, far: Option<UnitId>) -> Vec<SlotAddress> {
        let slots = self.on_air.iter().flat_map(|air| air.slots.values());
        let beside = slots.filter(|slot| slot.call() == Some(call) && (far.is_none() || slot.near() != far));
        beside.map(|slot| slot.at()).collect()
    }

    fn slot_of(&self, call: CallId) -> Option<SlotAddress> {
        let air = self.on_air.as_ref()?;
        air.slots.values().find(|slot| slot.call() == Some(call)).map(|slot| slot.at())
    }
}

/// Whether an order is about radios and calls, which in failsoft nobody orders anything about.
const fn is_of_dispatch(message: &ToSite) -> bool {
    match message {
        ToSite::Configure(_)
        | ToSite::Heartbeat(_)
        | ToSite::Close(_)
        | ToSite::TestSlot(_)
        | ToSite::ExerciseFault(_)
        | ToSite::TellControl(_)
        | ToSite::ReportKept(_)
        | ToSite::CopyConfiguration(_)
        | ToSite::CopySubscriber(_)
        | ToSite::CopyDropped(_)
        | ToSite::CopyEnd(_) => false,
        ToSite::Challenge(_)
        | ToSite::Registered(_)
        | ToSite::RegisterRefused(_)
        | ToSite::Deregister(_)
        | ToSite::Affiliated(_)
        | ToSite::Refused(_)
        | ToSite::Queued(_)
        | ToSite::CallBack(_)
        | ToSite::EmergencyStatus(_)
        | ToSite::Page(_)
        | ToSite::Ringing(_)
        | ToSite::PageOver(_)
        | ToSite::RadioOrder(_)
        | ToSite::NetworkAnswer(_)
        | ToSite::Status(_)
        | ToSite::MessageDelivered(_)
        | ToSite::MessageRefused(_)
        | ToSite::CallAlert(_)
        | ToSite::AlertOver(_)
        | ToSite::Assert(_)
        | ToSite::Release(_)
        | ToSite::FloorRefused(_)
        | ToSite::FloorQueued(_)
        | ToSite::TalkWarning(_)
        | ToSite::FloorWithdrawn(_) => true,
    }
}

fn late_entry_interval(settings: &SiteSettings) -> Span {
    Span::from_millis(u64::from(settings.late_entry_interval_ms))
}
