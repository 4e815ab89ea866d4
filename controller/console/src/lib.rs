//! The operator console: a terminal screen over the operator API, and nothing else. It knows the protocol's views and
//! events; it must not know the controller, its store or its links. `conn` hears the controller, `input` and `keys`
//! hear the operator, `update` decides (pure), `model` remembers, `warnings` says what is wrong, `view` draws.

mod clock;
pub mod conn;
mod input;
pub mod keys;
pub mod model;
mod run;
mod sentence;
mod terminal;
mod theme;
pub mod update;
pub mod view;
pub mod warnings;

pub use model::{Model, apply};
pub use run::{ConsoleError, ConsoleOptions, Pass, run, run_until};
pub use sentence::of as sentence;
pub use theme::{Color, Theme};
