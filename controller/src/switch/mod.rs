//! The voice switch: copies voice packets from the site that a talker is at to the sites that listen.
//!
//! The control plane obeys the controller and writes the routes; the forwarding loop reads them and decides nothing.

pub mod counts;
pub mod live;
mod loop_back;
pub mod plane;

pub use counts::Counts;
pub use live::{BindError, Settings, SwitchHandle, TEST_PERIOD, start, start_recorded};
pub use plane::Plane;
