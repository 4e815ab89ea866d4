//! The `trunklab` command.
fn main() {}
