//! The base station's shell: it gives the core a clock, a link to a controller, an air port for handsets in other
//! processes, and a socket for speech.
//!
//! One task owns the core; the others carry octets to it and from it through bounded channels. This crate decides
//! nothing about radios or calls.

mod air_port;
mod clock;
mod codec;
mod cookie;
mod link;
pub mod memory;
mod ports;
mod refusal;
mod run;
mod status;
mod tls;

pub mod counters;
pub mod credentials;
pub mod enrol;

pub use credentials::{Credentials, CredentialsError};
pub use enrol::{EnrolError, enrol};
pub use refusal::{Refusal, Refused};
pub use run::{StartError, Station, StationOptions};
pub use status::{InterfaceOctets, StationStatus};
