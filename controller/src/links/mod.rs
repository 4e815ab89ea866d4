//! Site links: TLS 1.3, both ends certified, one link for each site.
//!
//! A connection becomes a link when its handshake is done and its certificate carries a site's name; until then it
//! reaches nothing but the limits of the listener. The run loop decides which link is a site's: the newest proper one.

mod codec;
mod counted;
mod link;
mod listener;

pub use counted::Counted;
pub use listener::{LinkLimits, Listener};

use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, Epoch, SiteId};

/// Names one connection for as long as the controller runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(u64);

/// What links tell the run loop.
#[derive(Debug)]
pub struct FromLink {
    /// Which connection.
    pub link: LinkId,
    /// The name in its certificate.
    pub site: SiteId,
    /// What.
    pub news: LinkNews,
}

/// What happened on a link.
#[derive(Debug)]
pub enum LinkNews {
    /// It stands.
    Up(LinkHandle),
    /// The site said something.
    Said {
        /// What.
        message: FromSite,
        /// When its frame was complete: the start of what a request waits.
        read: Instant,
    },
    /// It is gone.
    Down(Cause),
}

/// The run loop's end of a link.
#[derive(Debug)]
pub struct LinkHandle {
    /// Where messages for the site go; its bound is the link's.
    pub outgoing: mpsc::Sender<ToLink>,
    /// Ends the link at once.
    pub cut: oneshot::Sender<Cause>,
}

/// One message for a site.
#[derive(Debug)]
pub struct ToLink {
    /// In whose name.
    pub epoch: Epoch,
    /// What.
    pub message: ToSite,
    /// Set on a grant: when the request's frame was read.
    pub asked: Option<Instant>,
}

#[cfg(test)]
mod tests;
