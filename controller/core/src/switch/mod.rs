//! The voice switch's decisions: which spurt goes from which site to which others, and which packets may pass.
//!
//! The controller orders (`ToSwitch`), the [`RouteTable`] keeps what was ordered, and every packet must show four
//! things before it is copied: a shape, a spurt that has a route, the tag of the site that the route comes from,
//! and a sequence number that has not passed before. Each that is missing is one named [`Cause`](trunklab_protocol::Cause). The address that
//! a packet came from proves nothing and is asked for nothing here.
//!
//! The simulator drives a whole [`Switch`]; the live shell shares the table and the admission with it and brings
//! its own concurrent map.

mod admission;
mod silence;
mod table;
#[cfg(test)]
mod testing;
mod whole;

pub use self::admission::{ReplayWindow, admit, prove};
pub use self::silence::{SILENCE_LOOK, Silence};
pub use self::table::{Change, Changes, Destinations, Limits, Port, Route, RouteTable, Source};
pub use self::whole::Switch;
