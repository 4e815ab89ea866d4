//! What goes out on the air: the word of each control beat, the burst of each traffic slot, speech for listeners.

use bytes::Bytes;
use trunklab_protocol::air_downlink::{DownlinkWord, EmergencyStatus, System};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::voice::VoicePacket;
use trunklab_protocol::{Cause, Moment, SlotAddress};

use crate::output::{Outbox, Output};
use crate::speech::present;
use crate::station::{BaseStation, OnAir};

impl BaseStation {
    /// A word of the control channel begins, or it gives way to the call on its slot.
    pub(crate) fn begin_control_word(&mut self, at: SlotAddress) {
        let Some(air) = &mut self.on_air else { return };
        if air.gives_way(at, self.now) {
            return;
        }
        let channels = u8::try_from(air.controls.len()).expect("a site has at most 255 carriers");
        let Some((number, control)) = air.controls.at_mut(at) else { return };
        let opportunity = air.timing.open_uplink(Channel::Control, at, self.now);
        control.load.count_opportunities(self.now, opportunity.count);
        control.backlog.nobody_came(opportunity.count);
        let system = System {
            site: air.settings.site,
            incarnation: self.incarnation,
            service: self.service,
            profile: air.settings.profile,
            access: air.settings.access,
            backoff_now: control.backlog.backoff(air.settings.access),
            reselection: air.settings.reselection,
            place: air.settings.control_place,
            signalling: air.settings.signalling,
            registration_window_ms: air.settings.registration_window_ms,
            channels,
            channel: u8::try_from(number).expect("below the number of carriers"),
        };
        control.words.begin(&air.timing, &air.settings, &system, self.now, &mut control.load);
        if control.words.says_system() {
            control.backlog.told(system.backoff_now);
        }
    }

    /// It ends.
    pub(crate) fn end_control_word(&mut self, at: SlotAddress, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        let Some(burst) = air.controls.at_mut(at).and_then(|(_, control)| control.words.end()) else {
            return;
        };
        self.counts.late_entry = air.controls.late_entry_counts();
        self.counts.control_words += 1;
        self.counts.control_words_busy += u64::from(says_something(&burst.word));
        self.remind_scanners(&burst.word, out);
        out.push(Output::Air(burst));
    }

    /// A burst of a traffic slot begins.
    pub(crate) fn begin_traffic_burst(&mut self, at: SlotAddress) {
        let Some(air) = &mut self.on_air else { return };
        if let Some(slot) = air.slots.get_mut(&at) {
            let (settings, profile, now) = (&air.settings, air.timing.profile(), self.now);
            let control = air.controls.iter_mut().find(|control| profile.is_controls(control.at, at));
            let aside = || control.and_then(|control| control.words.aside(now, settings, &mut control.load));
            slot.begin_burst(&air.timing, self.now, aside);
        }
    }

    /// It ends.
    pub(crate) fn end_traffic_burst(&mut self, at: SlotAddress, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        let Some(burst) = air.slots.get_mut(&at).and_then(|slot| slot.end_burst()) else { return };
        let is_free = air.slots.get(&at).is_some_and(|slot| !slot.is_in_use());
        if let (true, Some(failsoft)) = (is_free, &mut self.failsoft) {
            failsoft.slot_is_free(&air.timing, at, self.now);
        }
        air.returns(self.now);
        self.counts.traffic_bursts += 1;
        if let DownlinkWord::Voice(voice) = &burst.word {
            let heard = present(&voice.frames);
            self.counts.frames_downlink += heard;
            self.counts.frames_missing += voice.frames.len() as u64 - heard;
        }
        out.push(Output::Air(burst));
    }

    /// Tells a radio on the control channel how far its emergency is.
    pub(crate) fn tell_emergency(&mut self, status: EmergencyStatus, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        if let Err(cause) = air.controls.emergency(status, self.now) {
            self.counts.drop(None, cause, out);
        }
    }

    /// An answer on the control channel.
    pub(crate) fn answer(&mut self, word: impl Into<DownlinkWord>, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        if let Err(cause) = air.controls.answer(&word.into(), self.now) {
            self.counts.drop(None, cause, out);
        }
    }
}

impl OnAir {
    /// A packet from the voice switch: kept for the slot that carries its spurt.
    pub(crate) fn receive_voice(&mut self, now: Moment, packet: &Bytes) -> Result<(), Cause> {
        let packet = VoicePacket::decode(&self.settings.voice_downlink_key, packet)?;
        for slot in self.slots.values_mut() {
            if slot.hear_packet(now, &packet)? {
                return Ok(());
            }
        }
        Err(Cause::UnknownSpurt)
    }

    /// Speech of one party of a full duplex call, which the other may hear at this very site.
    pub(crate) fn cross(&mut self, from: SlotAddress, now: Moment, packet: &VoicePacket) {
        let others = self.slots.values_mut().filter(|slot| slot.at() != from && slot.near().is_some());
        for slot in others {
            if slot.hear_packet(now, packet).is_ok_and(|is_its| is_its) {
                return;
            }
        }
    }
}

/// Whether a control word is for somebody: more than broadcast, neighbours and idle.
pub const fn says_something(word: &DownlinkWord) -> bool {
    !matches!(
        word,
        DownlinkWord::System(_)
            | DownlinkWord::Neighbour(_)
            | DownlinkWord::FailsoftChannel(_)
            | DownlinkWord::Idle(_)
    )
}
