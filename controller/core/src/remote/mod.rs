//! Remote control: what operators order radios to do, and what of it lasts (docs/services.md 13.3).
//!
//! An order is taken, written down, said to its radio until that has confirmed it, and then is over. What it changes about the unit
//! is written down in the same row of the store, so that no restart finds one without the other. While a row is being written
//! nothing else changes it.

mod air;
mod monitor_end;
mod orders;
mod rights;
mod rows;
mod set_back;

pub(crate) use rights::RightsOrders;
pub(crate) use rows::Remote;
pub use rows::{PendingOrder, RadioAudited, RemoteChange, RemoteUnit};
