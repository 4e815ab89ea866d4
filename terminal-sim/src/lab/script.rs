//! What is to happen in a run, and when: scenarios, replayed calls and the demo's traffic all become scripts, and
//! both worlds, virtual and real, perform them.

use trunklab_protocol::operator::Order;
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{Moment, PlantPart, Position, SiteId, UnitId};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::scenario::Alteration;

/// One thing that somebody or something does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A handset's user does something.
    User(UnitId, Input),
    /// The console orders something.
    Order(Order),
    /// The console changes the configuration.
    Reconfigure(Alteration),
    /// The operator at the console speaks from here on.
    OperatorSpeaks(Vec<VoiceFrame>),
    /// It speaks no more, though the button is down.
    OperatorFallsSilent,
    /// A handset is somewhere else.
    Place(UnitId, Position),
    /// A handset's battery is out.
    Vanish(UnitId),
    /// A site's link to its controller is cut.
    CutLink(SiteId),
    /// It can be used again.
    MendLink(SiteId),
    /// A base station is killed.
    KillStation(SiteId),
    /// It is started again.
    StartStation(SiteId),
    /// A part of a base station's plant breaks, or works again.
    Plant {
        /// Where.
        site: SiteId,
        /// Which.
        part: PlantPart,
        /// Whether it is broken from here on.
        broken: bool,
    },
    /// What a site's last heartbeat said of its control channels is written down.
    TellLoad(SiteId),
    /// What the controller has charged is written down.
    TellRecords,
    /// The disk of the controller's store is full, or has room again.
    SetDisk {
        /// Whether it is full from here on.
        full: bool,
    },
    /// The controller is killed.
    KillController,
    /// The controller is shut down in order.
    StopController,
    /// It is started again.
    StartController,
    /// It is started again with a new database.
    StartControllerAnew,
    /// One voice packet of a unit's running or next spurt is lost between its base station and the switch.
    LoseVoicePacket {
        /// Who talks.
        unit: UnitId,
        /// Which packet of the spurt, from 0.
        packet: u16,
    },
    /// Every end-of-talk burst of a unit's running or next spurt is lost on the air.
    LoseTalkEnd(UnitId),
}

/// Deeds in order of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script(Vec<(Moment, Deed)>);

impl Script {
    /// Puts deeds in order; those at the same moment keep the order in which they were written.
    pub fn new(mut deeds: Vec<(Moment, Deed)>) -> Self {
        deeds.sort_by_key(|(at, _)| *at);
        Self(deeds)
    }

    /// What is done before this moment, and nothing after it.
    #[must_use]
    pub fn before(mut self, end: Moment) -> Self {
        self.0.retain(|(at, _)| *at < end);
        self
    }

    /// The deeds in order.
    pub fn deeds(&self) -> &[(Moment, Deed)] {
        &self.0
    }

    /// When the last deed is done; the origin for an empty script.
    pub fn end(&self) -> Moment {
        self.0.last().map_or(Moment::ORIGIN, |(at, _)| *at)
    }
}
