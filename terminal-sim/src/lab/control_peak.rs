//! The worst ten seconds of a control channel in a run, each figure for itself.

use std::fmt;

use serde::Serialize;
use trunklab_protocol::SiteId;
use trunklab_protocol::load::ControlLoad;

/// Control channels that a summary for people names.
const NAMED_MAX: usize = 3;

/// The greatest of each figure that a site told of one of its control channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ControlPeak {
    /// Whose.
    pub site: SiteId,
    /// Which of the site's, from 0; it may have moved.
    pub number: usize,
    /// Words of a hundred that said something to somebody.
    pub busy_percent_max: u32,
    /// Words that waited at once.
    pub waiting_max: u16,
    /// How long one waited to be said, in milliseconds.
    pub wait_ms_max: u32,
    /// By how much a late-entry word was put off, in milliseconds.
    pub late_entry_delay_ms_max: u32,
    /// Bursts that came in ten seconds.
    pub bursts_max: u32,
    /// Bursts that were lost to one another in ten seconds.
    pub collided_max: u32,
    /// Opportunities of ten seconds in which one burst was received in spite of others.
    pub captured_max: u16,
}

impl ControlPeak {
    /// A control channel of which nothing is known yet.
    pub const fn new(site: SiteId, number: usize) -> Self {
        Self {
            site,
            number,
            busy_percent_max: 0,
            waiting_max: 0,
            wait_ms_max: 0,
            late_entry_delay_ms_max: 0,
            bursts_max: 0,
            collided_max: 0,
            captured_max: 0,
        }
    }

    /// The site tells of it.
    pub fn see(&mut self, load: &ControlLoad) {
        self.busy_percent_max = self.busy_percent_max.max(load.busy_percent().unwrap_or(0));
        self.waiting_max = self.waiting_max.max(load.waiting);
        self.wait_ms_max = self.wait_ms_max.max(load.wait_ms_max);
        self.late_entry_delay_ms_max = self.late_entry_delay_ms_max.max(load.late_entry_delay_ms_max);
        self.bursts_max = self.bursts_max.max(load.bursts);
        self.collided_max = self.collided_max.max(load.collided);
        self.captured_max = self.captured_max.max(load.captured);
    }
}

/// Those with most to say, the busiest first.
pub fn busiest(peaks: &[ControlPeak]) -> Vec<ControlPeak> {
    let mut peaks = peaks.to_vec();
    peaks.sort_by_key(|peak| std::cmp::Reverse(peak.busy_percent_max));
    peaks.truncate(NAMED_MAX);
    peaks
}

impl fmt::Display for ControlPeak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "site {}, number {}: at most in 10 s {} % busy, {} bursts, {} lost to others; longest wait {:.1} s",
            self.site,
            self.number,
            self.busy_percent_max,
            self.bursts_max,
            self.collided_max,
            f64::from(self.wait_ms_max) / 1e3
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_the_busiest_first_and_no_more_than_three() {
        let site = |number| SiteId::new(number).unwrap();
        let peaks: Vec<_> = [(1, 10), (2, 90), (3, 50), (4, 70)]
            .map(|(number, busy_percent_max)| ControlPeak {
                busy_percent_max,
                ..ControlPeak::new(site(number), 0)
            })
            .to_vec();
        let named: Vec<_> = busiest(&peaks).iter().map(|peak| peak.site.number()).collect();
        assert_eq!(named, [2, 4, 3]);
    }
}
