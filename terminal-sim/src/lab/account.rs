//! Everything that is written down about a run: the transcript, the sums, the judge's verdicts.

use std::collections::BTreeMap;

use trunklab_basestation_core::StationEvent;
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::{Moment, SiteId};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::scenario::{Judge, Observation, Scenario, Verdict};
use trunklab_terminal_core::transcript::{Entry, Line, Transcript};

use crate::lab::observed::{Observed, Sight};
use crate::lab::script::Deed;
use crate::lab::summary::{Spoken, Summary, Tally};
use crate::lab::world::Heard;

/// Writes a run down as it goes on.
#[derive(Debug)]
pub struct Account<'a> {
    transcript: Transcript,
    shown: usize,
    tally: Tally,
    judge: Option<Judge<'a>>,
    /// What each site's last heartbeat said of its control channels.
    loads: BTreeMap<SiteId, Vec<ControlLoad>>,
}

impl Account<'static> {
    /// For a run that nobody judges.
    pub fn unjudged() -> Self {
        Self {
            transcript: Transcript::new(),
            shown: 0,
            tally: Tally::default(),
            judge: None,
            loads: BTreeMap::new(),
        }
    }
}

impl<'a> Account<'a> {
    /// For a scenario's run.
    pub fn judged(scenario: &'a Scenario) -> Self {
        Self { judge: Some(Judge::new(scenario)), ..Account::unjudged() }
    }

    /// A deed was done.
    pub fn did(&mut self, deed: &Deed, at: Moment) {
        if let Deed::User(unit, Input::PressPtt { .. }) = deed {
            self.tally.press(*unit, at);
        }
        if let Deed::TellLoad(site) = deed {
            for load in self.loads.get(site).into_iter().flatten() {
                self.transcript.push_load(at, *site, load);
            }
        }
        if let Some(entry) = misfortune(deed) {
            self.transcript.push(at, entry);
        }
    }

    /// Something was seen.
    pub fn see(&mut self, observed: &Observed) {
        self.tally.see(observed);
        if let Sight::FromSite(site, FromSite::Health(health)) = &observed.what {
            self.loads.insert(*site, health.controls.clone());
        }
        let entry = match &observed.what {
            Sight::FromSite(site, message) => Some(Entry::FromSite { site: *site, message }),
            Sight::ToSite(site, clause, message) => {
                Some(Entry::ToSite { site: *site, clause: *clause, message })
            }
            Sight::ToConsole(clause, word) => Some(Entry::ToConsole { clause: *clause, word }),
            Sight::Handset(unit, event) => Some(Entry::Unit { unit: *unit, event }),
            Sight::Controller(event) => Some(Entry::Reported { event: &event.kind }),
            Sight::Record(entry) => Some(Entry::Record(entry)),
            Sight::Attempt(entry) => Some(Entry::Attempt(entry)),
            Sight::Station(site, StationEvent::Heard(message)) => {
                Some(Entry::HeardAlone { site: *site, message })
            }
            Sight::Station(site, StationEvent::Decided(clause, message)) => {
                Some(Entry::DecidedAlone { site: *site, clause: *clause, message })
            }
            Sight::Station(site, StationEvent::Reported(event)) => {
                Some(Entry::ReportedAlone { site: *site, event })
            }
            Sight::Station(site, StationEvent::Service(SiteService::Isolated)) => {
                Some(Entry::ServesAlone { site: *site })
            }
            Sight::Station(site, StationEvent::Service(SiteService::Failsoft)) => {
                Some(Entry::GoesIntoFailsoft { site: *site })
            }
            // A station's own log is not on the air, and the console hears of its order by what comes of it.
            Sight::Station(..) | Sight::Ordered(..) => None,
        };
        if let Some(entry) = entry {
            self.transcript.push(observed.at, entry);
        }
        let Some(judge) = &mut self.judge else { return };
        match &observed.what {
            Sight::Handset(unit, event) => judge.observe(observed.at, Observation::Handset(*unit, event)),
            Sight::Controller(event) => judge.observe(observed.at, Observation::Controller(&event.kind)),
            Sight::ToConsole(_, word) => judge.observe(observed.at, Observation::Console(word)),
            Sight::FromSite(..)
            | Sight::ToSite(..)
            | Sight::Record(_)
            | Sight::Attempt(_)
            | Sight::Ordered(..)
            | Sight::Station(..) => {}
        }
    }

    /// A loudspeaker played something.
    pub fn hear(&mut self, heard: &Heard) {
        self.tally.hear(heard);
    }

    /// Lines that were written since the last call.
    pub fn new_lines(&mut self) -> &[Line] {
        let from = std::mem::replace(&mut self.shown, self.transcript.lines().len());
        &self.transcript.lines()[from..]
    }

    /// The whole transcript.
    pub const fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The verdicts on a scenario's expectations, in the order of the file.
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.judge.as_ref().map(Judge::verdicts).unwrap_or_default()
    }

    /// The sums, with what talkers said.
    pub fn summary(&self, spoken: Spoken) -> Summary {
        self.tally.summary(spoken)
    }
}

/// What befalls the network and its radios; what users do shows in what the network says.
const fn misfortune(deed: &Deed) -> Option<Entry<'static>> {
    Some(match *deed {
        Deed::CutLink(site) => Entry::Site { site, text: "link cut" },
        Deed::MendLink(site) => Entry::Site { site, text: "link restored" },
        Deed::KillStation(site) => Entry::Site { site, text: "killed" },
        Deed::StartStation(site) => Entry::Site { site, text: "started" },
        Deed::Plant { site, broken: true, .. } => Entry::Site { site, text: "a part of the plant breaks" },
        Deed::Plant { site, broken: false, .. } => {
            Entry::Site { site, text: "a part of the plant is mended" }
        }
        Deed::SetDisk { full: true } => Entry::Controller { text: "disk full" },
        Deed::SetDisk { full: false } => Entry::Controller { text: "disk has room" },
        Deed::KillController => Entry::Controller { text: "killed" },
        Deed::StopController => Entry::Controller { text: "shut down" },
        Deed::StartController => Entry::Controller { text: "started" },
        Deed::StartControllerAnew => Entry::Controller { text: "started with a new database" },
        Deed::Vanish(unit) => Entry::Handset { unit, text: "vanishes" },
        Deed::LoseTalkEnd(unit) => Entry::Handset { unit, text: "will not be heard when it ends its talk" },
        Deed::LoseVoicePacket { unit, .. } => {
            Entry::Handset { unit, text: "will lose a voice packet on its way to the switch" }
        }
        Deed::User(..)
        | Deed::Place(..)
        | Deed::Order(_)
        | Deed::Reconfigure(_)
        | Deed::OperatorSpeaks(_)
        | Deed::OperatorFallsSilent
        | Deed::TellLoad(_)
        | Deed::TellRecords => return None,
    })
}
