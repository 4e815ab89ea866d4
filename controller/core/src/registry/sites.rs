//! One site as the controller sees it: its configuration, its slots, its link, who is there.

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet};

use trunklab_protocol::from_site::{HeldCall, HeldRadio};
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::operator::AirCounters;
use trunklab_protocol::part::Parts;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    Clause, Identity, Imei, Incarnation, Moment, Press, SlotAddress, SlotHealth, SlotState, UnitId,
};

use super::vector::Vector;
use crate::channels::SlotPool;
use crate::citing::clause_of;
use crate::config::{SiteConfig, SystemParameters};
use crate::output::{Outbox, Output};

/// A site.
#[derive(Debug)]
pub struct Site {
    /// As provisioned.
    pub config: SiteConfig,
    /// Who holds which slot.
    pub slots: SlotPool,
    /// Its link, while it stands.
    pub link: Option<Link>,
    /// Units in the visitor register at this site: present, or absent until the site returns.
    pub units: BTreeSet<UnitId>,
    /// Challenges not yet answered.
    pub challenges: BTreeMap<Identity, PendingChallenge>,
    /// Counters from its last heartbeat.
    pub air: AirCounters,
    /// The load of its control channels, from there as well.
    pub loads: Vec<ControlLoad>,
    /// The digest of the settings that it runs, from there as well.
    pub settings_said: u32,
    /// The settings themselves, as it reported them last on this link.
    pub settings_reported: Option<Box<SiteSettings>>,
    /// What it may still tell of calls that were set up before this controller began.
    pub memory: Memory,
    /// Whether operators were told that it has no sound control channel.
    pub control_is_lost: bool,
}

/// Whether a site's word counts for calls of an earlier term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Memory {
    /// Nothing was said to it in this term: what it has obeyed was said by others.
    Stranger,
    /// It was spoken to and has not reported in this term: its calls go on.
    Fresh,
    /// It has reported: from here the controller knows better.
    Told,
}

/// A link that stands.
#[derive(Debug)]
pub struct Link {
    /// When the site was last heard.
    pub heard: Moment,
    /// When the site was last told something.
    pub said: Moment,
    /// How far it has come.
    pub stage: Stage,
    /// What the site is just telling of the time in which it served alone.
    pub report: Parts,
}

impl Link {
    /// One that stands since now; the greeting is awaited.
    pub fn new(now: Moment) -> Self {
        Self { heard: now, said: now, stage: Stage::Ungreeted, report: Parts::default() }
    }
}

/// How far a link has come.
#[derive(Debug)]
pub enum Stage {
    /// Connected; the greeting is awaited.
    Ungreeted,
    /// Greeted; the inventory comes in.
    Reporting(Greeting, Inventory),
    /// In service.
    InService(Greeting),
    /// In failsoft though the link stands: it takes no part in calls until the inventory that follows is in.
    Failsoft(Greeting, Inventory),
}

/// What the greeting settled for this connection.
#[derive(Debug, Clone, Copy)]
pub struct Greeting {
    /// Which run of the base station.
    pub incarnation: Incarnation,
    /// Where it receives voice.
    pub voice_address: SocketAddr,
    /// What it tags its voice with.
    pub uplink_key: VoiceKey,
    /// What voice to it is tagged with.
    pub downlink_key: VoiceKey,
}

/// What a site reports before it is in service; taken as a whole at its end.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Radios that it holds.
    pub radios: BTreeMap<UnitId, HeldRadio>,
    /// Calls that it carries.
    pub calls: Vec<HeldCall>,
    /// Slots that it has found faulty.
    pub faulty: BTreeSet<SlotAddress>,
}

impl Inventory {
    /// The site tells of slots: of each the last word counts.
    pub fn note_health(&mut self, slots: &[SlotState]) {
        for SlotState { at, health } in slots {
            match health {
                SlotHealth::Faulty => self.faulty.insert(*at),
                SlotHealth::Sound => self.faulty.remove(at),
            };
        }
    }

    /// How much it tells of.
    pub fn count(&self) -> usize {
        self.radios.len() + self.calls.len() + self.faulty.len()
    }
}

/// A challenge that waits for its answer.
#[derive(Debug, Clone, Copy)]
pub struct PendingChallenge {
    /// Whose answer is awaited.
    pub unit: UnitId,
    /// The number of the request.
    pub press: Press,
    /// The equipment that it has named.
    pub equipment: Option<Imei>,
    /// What is to be answered, and how.
    pub vector: Vector,
}

impl Site {
    /// A site that was never heard of before.
    pub fn new(config: SiteConfig) -> Self {
        Self {
            slots: SlotPool::new(&config),
            config,
            link: None,
            units: BTreeSet::new(),
            challenges: BTreeMap::new(),
            air: AirCounters::default(),
            loads: Vec::new(),
            settings_said: 0,
            settings_reported: None,
            memory: Memory::Stranger,
            control_is_lost: false,
        }
    }

    /// Sends to it, where its link stands, by the clause that is cited or else by the message's own.
    pub fn tell(
        &mut self,
        message: impl Into<ToSite>,
        citing: Option<Clause>,
        now: Moment,
        out: &mut Outbox,
    ) {
        if let Some(link) = &mut self.link {
            let message = message.into();
            let clause = citing.unwrap_or_else(|| clause_of(&message));
            link.said = now;
            if self.memory == Memory::Stranger {
                self.memory = Memory::Fresh;
            }
            out.push(Output::ToSite { site: self.config.site, clause, message });
        }
    }

    /// Whether its link stands and its inventory is in.
    pub fn in_service(&self) -> bool {
        self.link.as_ref().is_some_and(|link| matches!(link.stage, Stage::InService(_)))
    }

    /// What the greeting settled, once the site has greeted.
    pub fn greeting(&self) -> Option<&Greeting> {
        match &self.link.as_ref()?.stage {
            Stage::Ungreeted => None,
            Stage::Reporting(greeting, _) | Stage::InService(greeting) | Stage::Failsoft(greeting, _) => {
                Some(greeting)
            }
        }
    }

    /// Whether it is in failsoft though its link stands.
    pub fn in_failsoft(&self) -> bool {
        self.link.as_ref().is_some_and(|link| matches!(link.stage, Stage::Failsoft(..)))
    }

    /// All that the base station needs to work.
    pub fn settings(&self, system: &SystemParameters, greeting: &Greeting) -> SiteSettings {
        let config = &self.config;
        SiteSettings {
            site: config.site,
            name: config.name.clone(),
            profile: config.profile,
            position: config.position,
            mast: config.mast,
            antenna: config.antenna,
            power_dbm: config.power_dbm,
            carriers: config.carriers.clone(),
            control: self.slots.controls()[0],
            further_controls: self.slots.controls()[1..].to_vec(),
            control_place: config.searched(),
            signalling: config.signalling,
            neighbours: config.neighbours.clone(),
            access: config.access,
            reselection: config.reselection,
            registration_window_ms: config.registration_window_ms,
            broadcast_interval_ms: config.broadcast_interval_ms,
            talker_silence_ms: config.talker_silence_ms,
            late_entry_interval_ms: config.late_entry_interval_ms,
            failsoft_after_ms: config.failsoft_after_ms,
            failsoft: config.failsoft_places(),
            self_test_ms: config.self_test_ms,
            bad_tests: config.bad_tests,
            good_tests: config.good_tests,
            heartbeat_ms: system.heartbeat_ms,
            switch_address: system.switch_address,
            voice_uplink_key: greeting.uplink_key,
            voice_downlink_key: greeting.downlink_key,
        }
    }
}
