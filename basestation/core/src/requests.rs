//! What radios say: words of random access on the control channel, speech and signalling on a traffic slot.
//!
//! `Register` and `Answer` come before a session and prove themselves by their challenge; that one opportunity takes one
//! burst bounds how many of them reach the controller. Every other word must carry its unit's proof.

use bytes::BytesMut;
use trunklab_protocol::air_downlink::{Deregistered, FloorRefused, Refused, RegisterRefused, Working};
use trunklab_protocol::air_uplink::{
    Alarm, Burst, CallRequest, FloorRequest, Handover, Leaving, UnitRequest, UplinkWord,
};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{Cause, Press, SlotAddress, UnitId, from_site};

use crate::access::Outcome;
use crate::messages::is_of_message;
use crate::output::{Outbox, Output};
use crate::outstanding::Asked;
use crate::station::BaseStation;
use crate::traffic::{Heard, TrafficChannel};

impl BaseStation {
    /// An access opportunity of the control channel is over.
    pub(crate) fn close_access(&mut self, at: SlotAddress, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        let Some((_, control)) = air.controls.at_mut(at) else { return };
        let outcome = control.access.close();
        control.load.heard(self.now, &outcome);
        let over = air.timing.open_uplink(Channel::Control, at, self.now).count;
        if control.backlog.heard(over, outcome.taken.is_some(), air.settings.access) {
            control.words.broadcast_now();
        }
        if let Some(burst) = self.taken(outcome, out) {
            self.take_request(burst, out);
        }
    }

    /// A burst of random access that was received.
    fn take_request(&mut self, burst: Burst, out: &mut Outbox) {
        let unit = burst.word.unit();
        if let Err(cause) = self.check(Channel::Control, &burst) {
            if cause == Cause::NoSession {
                self.tell_unregistered(&burst.word, out);
            }
            self.counts.drop_burst(unit, cause, out);
            return;
        }
        match self.request(burst.word, out) {
            Ok(()) => self.counts.bursts += 1,
            Err(cause) => self.counts.drop_burst(unit, cause, out),
        }
    }

    /// An uplink burst of a traffic slot is over.
    pub(crate) fn close_uplink(&mut self, at: SlotAddress, out: &mut Outbox) {
        let Some(slot) = self.on_air.as_mut().and_then(|air| air.slots.get_mut(&at)) else { return };
        let outcome = slot.uplink.close();
        let Some(burst) = self.taken(outcome, out) else { return };
        if self.on_air.as_ref().is_some_and(|air| air.is_open_to(at, &burst.word)) {
            return self.take_request(burst, out);
        }
        let unit = burst.word.unit();
        if let Err(cause) = self.check(Channel::Traffic, &burst) {
            if let (Cause::NoSession, UplinkWord::FloorRequest(request)) = (cause, &burst.word) {
                self.refuse_floor(request, Cause::NotRegistered, out);
            }
            self.counts.drop_burst(unit, cause, out);
            return;
        }
        match self.speak_up(at, burst.word, out) {
            Ok(()) => self.counts.bursts += 1,
            Err(cause) => self.counts.drop_burst(unit, cause, out),
        }
    }

    fn taken(&mut self, outcome: Outcome, out: &mut Outbox) -> Option<Burst> {
        let Outcome { taken, lost } = outcome;
        if lost > 0 {
            self.counts.collide(lost, lost.saturating_add(u16::from(taken.is_some())), out);
        }
        taken
    }

    /// Whether a burst's word belongs on this channel and comes from the unit that it names, in this order (clause
    /// 4.1.2).
    fn check(&self, channel: Channel, burst: &Burst) -> Result<(), Cause> {
        if !belongs(&burst.word, channel) {
            return Err(Cause::WrongSlot);
        }
        let (Some(unit), Some(air)) = (burst.word.unit(), &self.on_air) else {
            return Ok(());
        };
        let site = air.settings.site;
        self.sessions.prove(site, self.incarnation, unit, burst.place, &burst.word, burst.proof)
    }

    /// A radio thinks that it is registered here and is not: it shall register again.
    fn tell_unregistered(&mut self, word: &UplinkWord, out: &mut Outbox) {
        match word {
            UplinkWord::Affiliate(word) => self.refuse(word.unit, word.press, Cause::NotRegistered, out),
            UplinkWord::CallRequest(word) => self.refuse(word.unit, word.press, Cause::NotRegistered, out),
            UplinkWord::UnitRequest(word) => self.refuse(word.unit, word.press, Cause::NotRegistered, out),
            UplinkWord::PageAnswer(word) => self.refuse(word.unit, word.press, Cause::NotRegistered, out),
            UplinkWord::HangUp(word) => {
                self.answer(Deregistered { unit: word.unit, cause: Cause::NotRegistered }, out);
            }
            UplinkWord::CallCancel(word) => {
                self.answer(Deregistered { unit: word.unit, cause: Cause::NotRegistered }, out);
            }
            UplinkWord::PttReleased(word) => {
                self.answer(Deregistered { unit: word.unit, cause: Cause::NotRegistered }, out);
            }
            UplinkWord::FloorRequest(word) => self.refuse_floor(word, Cause::NotRegistered, out),
            UplinkWord::Alarm(word) => self.refuse(word.unit, word.press, Cause::NotRegistered, out),
            UplinkWord::Handover(word) => self.refuse(word.unit, word.press, Cause::NotRegistered, out),
            UplinkWord::OrderAnswer(word) => self.refuse(word.unit, word.press, Cause::NotRegistered, out),
            UplinkWord::NetworkChallenge(word) => {
                self.refuse(word.unit, word.press, Cause::NotRegistered, out);
            }
            UplinkWord::Status(_)
            | UplinkWord::CallAlert(_)
            | UplinkWord::AlertCancel(_)
            | UplinkWord::MessageAnswer(_) => {
                if let Some(unit) = word.unit() {
                    self.answer(Deregistered { unit, cause: Cause::NotRegistered }, out);
                }
            }
            // One is being switched off, the others do not belong on the control channel or have no session.
            UplinkWord::Detach(_)
            | UplinkWord::Register(_)
            | UplinkWord::Answer(_)
            | UplinkWord::TalkEnd(_)
            | UplinkWord::Leaving(_)
            | UplinkWord::FailsoftVoice(_)
            | UplinkWord::Voice(_) => {}
        }
    }

    /// A word that was taken on the control channel.
    fn request(&mut self, word: UplinkWord, out: &mut Outbox) -> Result<(), Cause> {
        let serves = self.service.decides();
        let denial = self.service.denial();
        match word {
            UplinkWord::Register(word) if serves => {
                let (identity, press, equipment) = (word.identity, word.press, word.equipment);
                self.tell(from_site::Register { identity, press, equipment }, out);
            }
            UplinkWord::Register(word) => {
                self.answer(RegisterRefused { identity: word.identity, cause: denial }, out);
            }
            UplinkWord::Answer(word) if serves => {
                let (identity, response, talkgroup) = (word.identity, word.response, word.talkgroup);
                let secondary = word.secondary;
                self.tell(from_site::Answer { identity, response, talkgroup, secondary }, out);
            }
            UplinkWord::Answer(word) => {
                self.answer(RegisterRefused { identity: word.identity, cause: denial }, out);
            }
            UplinkWord::Affiliate(word) if serves => {
                let (unit, press, talkgroup) = (word.unit, word.press, word.talkgroup);
                let secondary = word.secondary;
                self.answer(Working { unit, press }, out);
                if self.outstanding.ask(unit, Asked::Affiliation, press) {
                    self.tell(from_site::Affiliate { unit, press, talkgroup, secondary }, out);
                }
            }
            UplinkWord::Affiliate(word) => self.refuse(word.unit, word.press, denial, out),
            UplinkWord::CallRequest(CallRequest { unit, press, talkgroup, kind, area }) => {
                let request = from_site::CallRequest { unit, press, talkgroup, kind, area };
                self.call_wanted(unit, press, request, out);
            }
            UplinkWord::Handover(Handover { unit, press, call, spurt }) => {
                self.call_wanted(unit, press, from_site::Handover { unit, press, call, spurt }, out);
            }
            UplinkWord::UnitRequest(UnitRequest { unit, press, called, setup }) => {
                self.call_wanted(unit, press, from_site::UnitRequest { unit, press, called, setup }, out);
            }
            UplinkWord::PageAnswer(word) if serves => {
                let (unit, press, caller) = (word.unit, word.press, word.caller);
                self.answer(Working { unit, press }, out);
                let (page, reply) = (word.page, word.reply);
                self.tell(from_site::PageAnswer { unit, caller, page, reply }, out);
            }
            UplinkWord::PageAnswer(word) => self.refuse(word.unit, word.press, denial, out),
            UplinkWord::HangUp(word) if serves => {
                let (unit, press, call) = (word.unit, word.press, word.call);
                self.answer(Working { unit, press }, out);
                self.tell(from_site::HangUp { unit, call }, out);
            }
            UplinkWord::HangUp(word) => self.refuse(word.unit, word.press, denial, out),
            UplinkWord::OrderAnswer(word) if serves => {
                let (unit, press) = (word.unit, word.press);
                self.answer(Working { unit, press }, out);
                // In a call it does not hear the control channel.
                for call in self.calls_near(unit) {
                    self.tell_on_slot(call, unit, Working { unit, press }, 1, out);
                }
                let (number, refusal) = (word.number, word.refusal);
                self.tell(from_site::OrderAnswer { unit, number, refusal }, out);
            }
            UplinkWord::OrderAnswer(word) => self.refuse(word.unit, word.press, denial, out),
            UplinkWord::NetworkChallenge(word) if serves => {
                let (unit, press) = (word.unit, word.press);
                self.answer(Working { unit, press }, out);
                let (order, challenge) = (word.order, word.challenge);
                self.tell(from_site::NetworkChallenge { unit, order, challenge }, out);
            }
            UplinkWord::NetworkChallenge(word) => {
                self.refuse(word.unit, word.press, denial, out);
            }
            UplinkWord::CallCancel(word) if serves => {
                let (unit, press) = (word.unit, word.press);
                self.answer(Working { unit, press }, out);
                self.tell(from_site::CallCancel { unit, press }, out);
            }
            UplinkWord::CallCancel(word) => self.refuse(word.unit, word.press, denial, out),
            UplinkWord::PttReleased(word) if serves => {
                let (unit, press) = (word.unit, word.press);
                self.answer(Working { unit, press }, out);
                self.tell(from_site::PttReleased { unit, press }, out);
            }
            UplinkWord::PttReleased(word) => self.refuse(word.unit, word.press, denial, out),
            UplinkWord::Detach(word) => {
                // Without a link the controller learns of it from the next inventory.
                self.forget_radio(word.unit);
                self.tell(from_site::Detach { unit: word.unit }, out);
            }
            UplinkWord::FloorRequest(word) => self.floor_wanted(word, out),
            UplinkWord::Alarm(word) => self.alarm(&word, out),
            UplinkWord::Status(_)
            | UplinkWord::CallAlert(_)
            | UplinkWord::AlertCancel(_)
            | UplinkWord::MessageAnswer(_) => self.message(word, out),
            UplinkWord::TalkEnd(_)
            | UplinkWord::Leaving(_)
            | UplinkWord::FailsoftVoice(_)
            | UplinkWord::Voice(_) => {
                return Err(Cause::WrongSlot);
            }
        }
        Ok(())
    }

    /// A word that was taken on a traffic slot.
    fn speak_up(&mut self, at: SlotAddress, word: UplinkWord, out: &mut Outbox) -> Result<(), Cause> {
        if let UplinkWord::Alarm(word) = word {
            self.alarm(&word, out);
            return Ok(());
        }
        if is_of_message(&word) {
            self.message(word, out);
            return Ok(());
        }
        let now = self.now;
        let Some(air) = &mut self.on_air else { return Err(Cause::NoSuchCarrier) };
        let call = match &word {
            UplinkWord::Voice(word) => word.call,
            UplinkWord::TalkEnd(word) => word.call,
            UplinkWord::FloorRequest(word) => word.call,
            UplinkWord::Leaving(word) => word.call,
            UplinkWord::Register(_)
            | UplinkWord::Answer(_)
            | UplinkWord::Affiliate(_)
            | UplinkWord::Detach(_)
            | UplinkWord::CallRequest(_)
            | UplinkWord::UnitRequest(_)
            | UplinkWord::PageAnswer(_)
            | UplinkWord::HangUp(_)
            | UplinkWord::CallCancel(_)
            | UplinkWord::PttReleased(_)
            | UplinkWord::Alarm(_)
            | UplinkWord::OrderAnswer(_)
            | UplinkWord::NetworkChallenge(_)
            | UplinkWord::Status(_)
            | UplinkWord::CallAlert(_)
            | UplinkWord::AlertCancel(_)
            | UplinkWord::MessageAnswer(_)
            | UplinkWord::FailsoftVoice(_)
            | UplinkWord::Handover(_) => return Err(Cause::WrongSlot),
        };
        let elsewhere = |slot: &TrafficChannel| slot.at() != at && slot.call() == Some(call);
        let is_here = air.slots.get(&at).is_some_and(|slot| slot.call() == Some(call));
        if !is_here && air.slots.values().any(elsewhere) {
            return Err(Cause::WrongSlot);
        }
        let timing = air.timing;
        let radiates = air.radiates(at);
        let slot = air.slots.get_mut(&at).ok_or(Cause::WrongSlot)?;
        let heard = match &word {
            UplinkWord::Voice(word) => slot.hear_voice(&timing, now, word),
            UplinkWord::TalkEnd(word) => slot.hear_talk_end(&timing, now, word),
            UplinkWord::FloorRequest(word) => slot.hear_floor_request(word),
            UplinkWord::Leaving(word) => slot.hear_leaving(word),
            UplinkWord::Register(_)
            | UplinkWord::Answer(_)
            | UplinkWord::Affiliate(_)
            | UplinkWord::Detach(_)
            | UplinkWord::CallRequest(_)
            | UplinkWord::UnitRequest(_)
            | UplinkWord::PageAnswer(_)
            | UplinkWord::HangUp(_)
            | UplinkWord::CallCancel(_)
            | UplinkWord::PttReleased(_)
            | UplinkWord::Alarm(_)
            | UplinkWord::OrderAnswer(_)
            | UplinkWord::NetworkChallenge(_)
            | UplinkWord::Status(_)
            | UplinkWord::CallAlert(_)
            | UplinkWord::AlertCancel(_)
            | UplinkWord::MessageAnswer(_)
            | UplinkWord::FailsoftVoice(_)
            | UplinkWord::Handover(_) => Err(Cause::WrongSlot),
        };
        if heard == Err(Cause::UnknownCall) && radiates {
            // It missed the release: it would go on talking to nobody.
            slot.deny(&timing, now, call);
        }
        self.pass_on(at, heard?, word, out);
        Ok(())
    }

    fn pass_on(&mut self, at: SlotAddress, heard: Heard, word: UplinkWord, out: &mut Outbox) {
        match (heard, word) {
            (Heard::Speech(packets), _) => {
                let is_alone = self.alone.is_some();
                let Some(air) = &mut self.on_air else { return };
                for packet in packets {
                    air.cross(at, self.now, &packet);
                    self.counts.frames_uplink += packet.frames.len() as u64;
                    if is_alone {
                        continue;
                    }
                    let mut octets = BytesMut::new();
                    packet.encode(&air.settings.voice_uplink_key, &mut octets);
                    out.push(Output::Voice(octets.freeze()));
                }
            }
            (Heard::TalkEnded, UplinkWord::TalkEnd(end)) => {
                self.correct_late_entry(at);
                self.tell(from_site::TalkEnd { unit: end.unit, call: end.call, spurt: end.spurt }, out);
            }
            (Heard::FloorWanted, UplinkWord::FloorRequest(request)) => self.floor_wanted(request, out),
            (Heard::TalkerLeaving, UplinkWord::Leaving(Leaving { unit, call, spurt, to })) => {
                self.tell(from_site::TalkerLeaving { unit, call, spurt, to }, out);
            }
            (Heard::Again | Heard::TalkEnded | Heard::FloorWanted | Heard::TalkerLeaving, _) => {}
        }
    }

    /// Somebody asks for a call, or to go on with one.
    fn call_wanted(&mut self, unit: UnitId, press: Press, message: impl Into<FromSite>, out: &mut Outbox) {
        if let Some(at) = self.granted(unit, press) {
            // It missed the grant.
            return self.announce(at, out);
        }
        if !self.service.decides() {
            return self.refuse(unit, press, self.service.denial(), out);
        }
        self.answer(Working { unit, press }, out);
        if self.outstanding.ask(unit, Asked::Call, press) {
            self.tell(message, out);
        }
    }

    /// Somebody asks for a floor, on the call's slot or, while another talks there, on the control channel.
    fn floor_wanted(&mut self, request: FloorRequest, out: &mut Outbox) {
        if !self.service.decides() {
            return self.refuse_floor(&request, self.service.denial(), out);
        }
        let FloorRequest { unit, press, call, demand } = request;
        if self.outstanding.ask(unit, Asked::Floor, press) {
            self.tell(from_site::FloorRequest { unit, press, call, demand }, out);
        }
    }

    /// A radio is in an emergency: the controller hears of it however often it is said, and answers each time.
    fn alarm(&mut self, word: &Alarm, out: &mut Outbox) {
        let Alarm { unit, press, known } = *word;
        if self.service.decides() {
            self.tell(from_site::Alarm { unit, press, known }, out);
        } else {
            self.refuse(unit, press, self.service.denial(), out);
        }
    }

    fn refuse(&mut self, unit: UnitId, press: Press, cause: Cause, out: &mut Outbox) {
        self.answer(Refused { unit, press, cause }, out);
    }

    fn refuse_floor(&mut self, request: &FloorRequest, cause: Cause, out: &mut Outbox) {
        let FloorRequest { unit, press, call, .. } = *request;
        self.tell_on_slot(call, unit, FloorRefused { call, unit, press, cause }, 1, out);
    }
}

/// Whether a word is said on a channel.
pub(crate) const fn belongs(word: &UplinkWord, channel: Channel) -> bool {
    match word {
        UplinkWord::Register(_)
        | UplinkWord::Answer(_)
        | UplinkWord::Affiliate(_)
        | UplinkWord::Detach(_)
        | UplinkWord::CallRequest(_)
        | UplinkWord::UnitRequest(_)
        | UplinkWord::PageAnswer(_)
        | UplinkWord::HangUp(_)
        | UplinkWord::CallCancel(_)
        | UplinkWord::PttReleased(_)
        | UplinkWord::Handover(_)
        | UplinkWord::OrderAnswer(_)
        | UplinkWord::NetworkChallenge(_) => matches!(channel, Channel::Control),
        UplinkWord::TalkEnd(_)
        | UplinkWord::Leaving(_)
        | UplinkWord::FailsoftVoice(_)
        | UplinkWord::Voice(_) => {
            matches!(channel, Channel::Traffic)
        }
        UplinkWord::FloorRequest(_)
        | UplinkWord::Alarm(_)
        | UplinkWord::Status(_)
        | UplinkWord::CallAlert(_)
        | UplinkWord::AlertCancel(_)
        | UplinkWord::MessageAnswer(_) => true,
    }
}
