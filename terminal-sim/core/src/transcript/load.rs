//! The load of a control channel as lines that people read.

use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::{Clause, Span};

/// What there is to say, each with the clause behind it.
pub(super) fn sentences(load: &ControlLoad) -> [(Clause, String); 5] {
    let at = load.at;
    let secs = |millis: u32| Span::from_millis(millis.into()).as_secs_f64();
    [
        (
            Clause::MeasuredLoad,
            format!("control channel {at}: busy words {} of {}", load.words_busy, load.words),
        ),
        (
            Clause::MeasuredLoad,
            format!(
                "control channel {at}: bursts {} in {} opportunities, lost to others {}, captured {}",
                load.bursts, load.opportunities, load.collided, load.captured
            ),
        ),
        (
            Clause::WordUrgency,
            format!(
                "control channel {at}: words waiting {}, longest wait {:.3} s",
                load.waiting,
                secs(load.wait_ms_max)
            ),
        ),
        (Clause::RepeatedGrants, format!("control channel {at}: grants said again {}", load.grants_again)),
        (
            Clause::LateEntryYields,
            format!(
                "control channel {at}: late-entry words put off {}, longest delay {:.3} s",
                load.late_entry_put_off,
                secs(load.late_entry_delay_ms_max)
            ),
        ),
    ]
}
