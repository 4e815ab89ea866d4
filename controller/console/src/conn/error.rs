//! What can go wrong between console and controller, and what to do about it.

use std::net::SocketAddr;

/// Why the controller cannot be heard.
#[derive(Debug, thiserror::Error)]
pub enum ConnError {
    /// The authority's certificate cannot be used.
    #[error(
        "the authority's certificate cannot be used: {0}; give the PEM file that the controller's zone made"
    )]
    BadAuthority(String),
    /// The token has characters that no header carries.
    #[error("the token has characters that cannot be sent: give the file exactly as the controller wrote it")]
    BadToken,
    /// Nobody listens there, or the network does not lead there.
    #[error("no controller answers at {address}: {why}")]
    Unreachable {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        why: String,
    },
    /// The controller did not prove that it is one.
    #[error("what answers at {address} does not prove to be this zone's controller: {why}")]
    NotOurController {
        /// Where.
        address: SocketAddr,
        /// What is wrong with its certificate.
        why: String,
    },
    /// The token is not accepted.
    #[error("the controller does not accept the token: give the one that it wrote at its start")]
    TokenRefused,
    /// The login is not accepted.
    #[error("the controller lets nobody in: {0}")]
    LoginRefused(String),
    /// The session has ended: elsewhere, or after hours without a connection.
    #[error("the session is over: leave the console and log in again")]
    SessionOver,
    /// The controller answers something else than was asked.
    #[error("the controller answers {status} to {what}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// What was asked.
        what: &'static str,
    },
    /// What arrived cannot be read.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// What arrived.
        what: &'static str,
        /// Where it fails.
        why: String,
    },
    /// What arrives is over the limit.
    #[error("the snapshot is longer than {0} octets")]
    TooLong(usize),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The controller closed the connection.
    #[error("the controller closed the connection{0}")]
    Closed(String),
    /// Nothing came in time.
    #[error("nothing was heard from the controller for {0} s")]
    Silent(u64),
    /// The controller no longer has the events that follow.
    #[error("the controller no longer has the events that follow: a new snapshot is taken")]
    Resync,
}

impl ConnError {
    /// Whether trying again with the same options is in vain, as far as anyone can tell before the first success.
    pub fn is_final(&self) -> bool {
        match self {
            Self::BadAuthority(_)
            | Self::BadToken
            | Self::NotOurController { .. }
            | Self::TokenRefused
            | Self::LoginRefused(_)
            | Self::SessionOver => true,
            Self::Unreachable { .. }
            | Self::Status { .. }
            | Self::Unreadable { .. }
            | Self::TooLong(_)
            | Self::Broken(_)
            | Self::Closed(_)
            | Self::Silent(_)
            | Self::Resync => false,
        }
    }
}
