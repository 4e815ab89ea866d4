//! Calls from request to release: the state table, who asks, who waits, who talks, and where.

pub mod ageing;
pub mod alarm;
pub mod area;
pub mod audience;
pub mod call_back;
pub mod calls;
pub mod console;
pub mod coverage;
pub mod decision;
pub mod duplex;
pub mod emergency;
pub mod floor;
pub mod floor_queue;
pub mod floor_wait;
pub mod grant;
pub mod handover;
pub mod individual;
pub mod patches;
mod places;
pub mod queue;
pub mod request;
pub mod serving;
pub mod setups;
pub mod start;
pub mod step;
pub mod table;
pub mod watch;
