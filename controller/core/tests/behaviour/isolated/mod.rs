//! The controller's side of a site that may serve alone (docs/resilience.md 14.1): what it is given, and what it brings back.

mod brought_back;
mod copy;
mod report;

use trunklab_controller_core::config::Change;
use trunklab_controller_core::isolated::epoch_of;
use trunklab_protocol::Epoch;

use crate::support::{System, site, site_config};

/// The first time in which site 3 served alone.
fn time_alone() -> Epoch {
    epoch_of(site(3), 1).unwrap()
}

/// Two sites, of which site 3 may serve alone; unit 1017 is there, unit 1018 at site 5.
fn with_one_that_may() -> System {
    let mut system = System::new();
    system.has_site_that_may_serve_alone(3);
    system.has_site(5, 2);
    system.has_talkgroup(41);
    system.has_units_at(3, &[1017], 41);
    system.has_units_at(5, &[1018], 41);
    system
}

impl System {
    fn has_site_that_may_serve_alone(&mut self, number: u16) {
        let mut config = site_config(number, 2);
        config.isolated_after_ms = 10_000;
        self.provision(Change::Site(config));
        self.connects(number, 1, &[], &[]);
    }
}
