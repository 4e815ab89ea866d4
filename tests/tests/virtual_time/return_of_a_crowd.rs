//! Radios whose sites had no controller come back at once when it is there (docs/call-processing.md, clause 12.12.2): all of them
//! register, and once each. The benchmark `degradation` lets ten thousand come.

use trunklab_protocol::{ProfileId, Span};

#[allow(dead_code, reason = "the benchmark uses more of it")]
#[path = "../../benches/degradation/network.rs"]
mod network;
#[allow(dead_code, reason = "the benchmark uses more of it")]
#[path = "../../benches/degradation/returning.rs"]
mod returning;

use returning::{Crowd, Returned};

const RADIOS: u32 = 100;

fn come(window_ms: u32) -> Returned {
    let crowd = Crowd {
        profile: ProfileId::Tetra,
        sites: 2,
        radios_per_site: RADIOS / 2,
        window_ms,
        limit: Span::from_secs(600),
    };
    let returned = crowd.returns(|_, _| {});
    println!("{returned:?}");
    returned
}

#[test]
fn a_hundred_radios_whose_controller_was_away_all_register_once() {
    for window_ms in [0, 1, 20_000] {
        let returned = come(window_ms);
        assert_eq!((returned.registered, returned.registered_again), (RADIOS, 0), "window {window_ms} ms");
        assert!(returned.refusals.keys().all(|cause| *cause == "NoAnswer"), "{:?}", returned.refusals);
    }
}

#[test]
fn a_window_that_was_over_when_the_controller_came_begins_anew() {
    let returned = come(20_000);
    let half_ms = returned.half_ms.unwrap();
    assert!((5_000..15_000).contains(&half_ms), "half were in after {half_ms} ms");
}
