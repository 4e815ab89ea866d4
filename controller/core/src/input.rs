//! Everything that can reach the core.

use serde::{Deserialize, Serialize};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::{Authority, ConfigurationVersion, Order};
use trunklab_protocol::switch::FromSwitch;
use trunklab_protocol::{Cause, Epoch, SiteId};

use crate::config::Change;
use crate::configuration::Configuration;
use crate::isolated::CopiedUnit;

/// One input. The log keeps these, in order, with the moment at which each was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// First of all: a new term of office begins. Calls and presence come back with the sites' inventories.
    Started {
        /// The stored epoch, grown by one.
        epoch: Epoch,
        /// Fresh octets for challenges and keys; never from a seed that a snapshot shows.
        entropy: [u8; 32],
    },
    /// Time alone has passed: a deadline is due.
    Time,
    /// Something is provisioned or changed.
    Provision(Change),
    /// What a site that serves alone knows of a unit (docs/resilience.md 14.1.4): no key. Only a base station's own dispatch takes it.
    Copied(Box<CopiedUnit>),
    /// Fresh octets, after [`crate::output::Output::WantEntropy`].
    Entropy([u8; 32]),
    /// A site's link stands: its certificate was checked.
    SiteConnected {
        /// Which site: the name in the certificate.
        site: SiteId,
    },
    /// A site's link is gone.
    SiteDisconnected {
        /// Which site.
        site: SiteId,
        /// Why.
        cause: Cause,
    },
    /// A site said something.
    FromSite {
        /// Which site.
        site: SiteId,
        /// What.
        message: FromSite,
    },
    /// A console orders something; answered with [`crate::output::Output::Ordered`] of the same id.
    Order {
        /// Names the order for its answer.
        id: u64,
        /// Who orders.
        by: Authority,
        /// What.
        order: Order,
    },
    /// An operator changes the configuration; answered with [`crate::output::Output::Configured`] of the same id.
    Configure {
        /// Names the change for its answer.
        id: u64,
        /// Who changes it.
        by: Authority,
        /// The version from which the change starts.
        base: ConfigurationVersion,
        /// What it shall be.
        configuration: Box<Configuration>,
    },
    /// A base station was turned away: another one serves the site whose certificate it shows (docs/protocol.md 6.1.1).
    SiteTaken {
        /// Which site.
        site: SiteId,
    },
    /// The voice switch said something.
    FromSwitch(FromSwitch),
    /// Another second is over in which the shell measured how long inputs waited for the core (docs/resilience.md 14.2.5).
    Waited {
        /// The longest of them, in milliseconds.
        longest_ms: u32,
    },
    /// What [`crate::output::Output::Store`] asked for is durable.
    Stored {
        /// Which request.
        id: u64,
    },
    /// It could not be made durable.
    StoreFailed {
        /// Which request.
        id: u64,
    },
    /// A site that served alone has its controller again: records end, what runs goes on, nobody is told anything (docs/resilience.md
    /// 14.1.5).
    HandedBack,
    /// The controller is shutting down: calls are released, links closed with a cause.
    ClosingDown,
}
