//! What a handset keeps through all its states.

use std::collections::VecDeque;

use trunklab_protocol::air_uplink::{Burst, RequestKind, UplinkWord};
use trunklab_protocol::proof::{Proof, SessionKey};
use trunklab_protocol::{
    AreaChoice, BurstPlace, Cause, Identity, Imsi, Moment, Press, ScanList, StatusNumber, TalkgroupId, Tmsi,
    UnitId,
};

use super::camp::Camp;
use super::config::HandsetConfig;
use super::dice::Dice;
use super::emergency::Emergency;
use super::failsoft::Channels;
use super::memory::{Memory, Told};
use super::messages::{Alert, Heard};
use super::microphone::Microphone;
use super::remote::Remote;
use crate::output::{HandsetEvent, MessageSource, Outbox, Output};

/// The push-to-talk button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ptt {
    Up,
    Down(RequestKind),
}

/// By which of its names a handset registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// By the one that lasts when it was just switched on, then by its individual id.
    Usual,
    /// By its temporary identity: it comes from another site.
    Temporary,
    /// By the one that lasts, whatever it was told since.
    Lasting,
}

/// Programming, selector, button, microphone, chance.
#[derive(Debug, Clone)]
pub(super) struct Radio {
    pub(super) config: HandsetConfig,
    pub(super) selected: TalkgroupId,
    /// Where the calls that it asks for are to be heard.
    pub(super) area: Option<AreaChoice>,
    /// Whether the secondary talkgroups are to be heard.
    pub(super) scans: bool,
    pub(super) ptt: Ptt,
    pub(super) microphone: Microphone,
    pub(super) dice: Dice,
    /// Set by the first registration: from then on the handset names itself by its individual id.
    pub(super) known: bool,
    /// Its temporary identity, as long as it is switched on.
    pub(super) tmsi: Option<Tmsi>,
    /// The emergency that the user is in.
    pub(super) emergency: Option<Emergency>,
    /// What orders have made of it: switched off, it keeps that.
    pub(super) remote: Remote,
    /// Where it goes in failsoft: switched off, it keeps that.
    pub(super) failsoft: Channels,
    /// What the network has said who it is.
    told: Option<Told>,
    /// Messages that were heard, the last ones.
    pub(super) heard: VecDeque<Heard>,
    /// Who wants to be called back, the latest last.
    pub(super) alerts: Vec<Alert>,
    /// The status that was shown last, and who told it.
    pub(super) shown: Option<(StatusNumber, MessageSource)>,
    /// The number of the user's own last call alert.
    pub(super) last_alert: Option<Press>,
    last_press: Press,
}

impl Radio {
    pub(super) fn new(config: HandsetConfig) -> Self {
        Self {
            selected: config.talkgroup,
            area: None,
            scans: true,
            ptt: Ptt::Up,
            microphone: Microphone::default(),
            dice: Dice::new(config.seed, config.unit),
            known: false,
            tmsi: None,
            emergency: None,
            remote: Remote::default(),
            failsoft: Channels::default(),
            told: None,
            heard: VecDeque::new(),
            alerts: Vec::new(),
            shown: None,
            last_alert: None,
            last_press: Press::new(0).expect("presses count from 0"),
            config,
        }
    }

    pub(super) fn unit(&self) -> UnitId {
        self.config.unit
    }

    /// What it wants to hear beside the selected talkgroup.
    pub(super) fn secondary(&self) -> ScanList {
        self.config.scan.only(|talkgroup| self.scans && talkgroup != self.selected)
    }

    /// Who it is, as far as it knows.
    pub(super) fn known_unit(&self) -> Option<UnitId> {
        (!self.config.is_blank()).then_some(self.config.unit)
    }

    /// How the handset names itself now (docs/protocol.md, clause 3.1.6).
    pub(super) fn identity(&self, naming: Naming) -> Identity {
        match (naming, self.tmsi, self.known) {
            (Naming::Temporary, Some(tmsi), _) => Identity::Tmsi(tmsi),
            (Naming::Lasting, ..) | (Naming::Usual | Naming::Temporary, _, false) => self.config.identity,
            (Naming::Usual, _, true) | (Naming::Temporary, None, true) => Identity::Unit(self.config.unit),
        }
    }

    /// Its own network has said who it is: it keeps that, whatever becomes of its battery.
    pub(super) fn subscribe(&mut self, unit: UnitId, imsi: Option<Imsi>) {
        self.told = Some(Told { unit, imsi });
        self.config.unit = unit;
        self.config.identity = imsi.map_or(Identity::Unit(unit), Identity::Imsi);
    }

    /// What it keeps whatever becomes of its battery.
    pub(super) fn memory(&self) -> Memory {
        let Remote { condition, regrouped, .. } = self.remote;
        Memory { told: self.told, condition, regrouped, failsoft: self.failsoft.kept() }
    }

    /// It is as it was when it kept this.
    pub(super) fn remember(&mut self, memory: Memory) {
        let Memory { told, condition, regrouped, failsoft } = memory;
        self.failsoft = Channels::of(failsoft);
        match told {
            // Programmed since then, it is whom it is programmed to be.
            Some(Told { unit, imsi }) if self.config.is_blank() => self.subscribe(unit, imsi),
            told => self.told = told,
        }
        self.remote = Remote { condition, regrouped, monitor: None };
        if let Some(set) = regrouped {
            self.selected = set.order.talkgroup;
        }
    }

    /// The number of a new request.
    pub(super) fn next_press(&mut self) -> Press {
        self.last_press = Press::new(self.last_press.number().wrapping_add(1)).expect("every u16 is a press");
        self.last_press
    }

    /// The button goes down.
    pub(super) fn press(&mut self, kind: RequestKind) {
        self.ptt = Ptt::Down(kind);
        self.forget_speech();
    }

    /// It comes up.
    pub(super) fn release(&mut self) {
        self.ptt = Ptt::Up;
        self.forget_speech();
    }

    /// What was said without a permit is for nobody. In full duplex the microphone is open whatever the button does.
    fn forget_speech(&mut self) {
        if !self.microphone.is_open() {
            self.microphone.clear();
        }
    }

    pub(super) fn is_down(&self) -> bool {
        self.ptt != Ptt::Up
    }
}

/// Says a word, with its proof where there is a session.
pub(super) fn transmit(
    camp: &Camp,
    session: Option<&SessionKey>,
    place: BurstPlace,
    word: UplinkWord,
    out: &mut Outbox,
) {
    let proof = session.map_or(Proof::NONE, |key| key.prove(camp.site, camp.incarnation, place, &word));
    out.push(Output::Transmit { site: camp.site, burst: Burst { place, level_dbm: 0, word, proof } });
}

/// One call of `handle`: the moment, the radio, and where outputs go.
pub(super) struct Turn<'a> {
    pub(super) now: Moment,
    pub(super) radio: &'a mut Radio,
    pub(super) out: &'a mut Outbox,
}

impl Turn<'_> {
    /// The user notices something: nothing of a call to which the microphone was opened from afar, and all else.
    pub(super) fn tell(&mut self, event: HandsetEvent) {
        if self.radio.remote.monitor.is_none() || !is_of_call(&event) {
            self.out.push(Output::Event(event));
        }
    }

    pub(super) fn refuse(&mut self, cause: Cause) {
        self.tell(HandsetEvent::Refused { cause });
    }

    pub(super) fn tell_service(&mut self, camp: &Camp) {
        self.tell(HandsetEvent::Service { site: camp.site, service: camp.service });
    }
}

/// Whether it is about a call, or a request for one.
const fn is_of_call(event: &HandsetEvent) -> bool {
    matches!(
        event,
        HandsetEvent::Queued { .. }
            | HandsetEvent::CalledBack
            | HandsetEvent::CalledRings { .. }
            | HandsetEvent::FloorQueued { .. }
            | HandsetEvent::Refused { .. }
            | HandsetEvent::TalkPermit { .. }
            | HandsetEvent::TalkWarning { .. }
            | HandsetEvent::FloorLost { .. }
            | HandsetEvent::TalkEnded { .. }
            | HandsetEvent::Joined { .. }
            | HandsetEvent::Hears { .. }
            | HandsetEvent::Left { .. }
    )
}
