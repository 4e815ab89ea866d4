//! Everything that a base station's core can ask of its shell.

use bytes::Bytes;
use trunklab_protocol::air_downlink::{Beacon, Burst};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{CallId, Cause, Clause, Epoch, PlantPart, SlotAddress, UnitId};

use crate::alone::Remember;

/// All that one call of `handle` caused, in order. The caller owns and drains it.
pub type Outbox = Vec<Output>;

/// One thing for the shell to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send to the controller, with the newest epoch obeyed in the frame.
    ToController {
        /// The newest epoch obeyed.
        epoch: Epoch,
        /// What.
        message: FromSite,
    },
    /// Close the link to the controller.
    CloseLink {
        /// Why.
        cause: Cause,
    },
    /// Radiate: everybody who listens to the burst's carrier receives it now, whole.
    Air(Burst),
    /// Send to the voice switch, already tagged.
    Voice(Bytes),
    /// The site was configured: the air port serves these carriers and tells listeners this beacon.
    Configured {
        /// The settings now in force.
        settings: Box<SiteSettings>,
        /// What receivers need to know of the site.
        beacon: Beacon,
    },
    /// Keep this through a restart, in order, where nobody else can read it.
    Remember(Remember),
    /// Loop a burst back on each of these slots, beside what it carries, and say with [`crate::Input::LoopedBack`] whether it
    /// was heard; what is not answered in time was not.
    LoopBack {
        /// Which.
        slots: Vec<SlotAddress>,
    },
    /// As an exercise, a part of the plant breaks or works again (see [`crate::plant`]).
    Plant {
        /// Which.
        part: PlantPart,
        /// Whether it is broken from here on.
        broken: bool,
    },
    /// Something for the station's own log.
    Event(StationEvent),
}

/// What a station's operator may want to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StationEvent {
    /// A burst, packet or order was dropped; counted by cause.
    Dropped {
        /// Whose it claimed to be, where it named somebody.
        unit: Option<UnitId>,
        /// Why.
        cause: Cause,
    },
    /// Several bursts met in one access opportunity.
    Collision {
        /// How many.
        bursts: u16,
    },
    /// No speech of a talker elsewhere arrives from the voice switch; said once of each such silence.
    VoiceMissing {
        /// In which call.
        call: CallId,
    },
    /// The service that the site offers has changed.
    Service(trunklab_protocol::air_downlink::SiteService),
    /// While it serves alone: what its dispatch was told.
    Heard(FromSite),
    /// What its dispatch ordered, by this clause.
    Decided(Clause, ToSite),
    /// What its dispatch reported.
    Reported(EventKind),
}
