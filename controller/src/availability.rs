//! Mean time to failure and to repair, and availability, from the alarms of sites that serve nobody and from the times in which there was no
//! controller (docs/resilience.md 14.4). The terms are those of IEC 60050-192.

use std::collections::{BTreeMap, BTreeSet};

use trunklab_protocol::SiteId;
use trunklab_protocol::operator::{AlarmEntry, AlarmKind, AvailabilityPage, AvailabilityRow};

use crate::store::{KNOWN_ALIVE_MS, Served};

/// A controller that is silent for longer was not there.
const SILENCE_MAX_US: u64 = 2 * KNOWN_ALIVE_MS * 1_000;

/// What is looked at where nothing is said: the last thirty days.
const USUAL_S: u64 = 30 * 86_400;

/// A stretch of time, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// From here on.
    pub from_s: u64,
    /// Up to here.
    pub to_s: u64,
}

/// A time in which a site, or the controller, was down, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outage {
    from_us: u64,
    /// `None`: it goes on.
    to_us: Option<u64>,
}

/// What the outages of one site, or of several, come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    time_us: u64,
    down_us: u64,
    failures: u32,
    repairs: u32,
    /// How long the outages were that ended, each from its beginning.
    repair_us: u64,
}

impl Range {
    /// A range with what is usual where nothing is said; nothing is known of the time after now.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(from: Option<u64>, to: Option<u64>, now_s: u64) -> Result<Self, &'static str> {
        let to_s = to.unwrap_or(now_s).min(now_s);
        let from_s = from.unwrap_or_else(|| to_s.saturating_sub(USUAL_S));
        if from_s > to_s {
            return Err("`from` is after `to`, or lies in the future: exchange them");
        }
        Ok(Self { from_s, to_s })
    }

    /// Its ends in microseconds since 1970: alarms that stood between them are looked at.
    pub const fn bounds_us(self) -> (u64, u64) {
        (self.from_s.saturating_mul(1_000_000), self.to_s.saturating_mul(1_000_000))
    }
}

/// Each site's availability, that of all together, and the controller's. Sites that are not configured any more count as long as an
/// alarm of theirs stood within the range. `served` are the controllers' times in order of their beginnings.
pub fn availability(
    range: Range,
    sites: &[SiteId],
    alarms: &[AlarmEntry],
    served: &[Served],
) -> AvailabilityPage {
    let mut outages: BTreeMap<SiteId, Vec<Outage>> = BTreeMap::new();
    for alarm in alarms.iter().filter(|alarm| AlarmKind::OF_SITES_DOWN.contains(&alarm.kind)) {
        if let Some(site) = alarm.object.site() {
            let outage = Outage { from_us: alarm.raised_us, to_us: alarm.cleared_us };
            outages.entry(site).or_default().push(outage);
        }
    }
    let all: BTreeSet<SiteId> = sites.iter().chain(outages.keys()).copied().collect();
    let looked_at = looked_at(range, served);
    let gaps = gaps(looked_at.1, served);
    let of_site = |site: &SiteId| {
        let own = outages.get(site).map_or(&[][..], Vec::as_slice);
        sums(looked_at, &[own, &gaps].concat())
    };
    let each: Vec<_> = all.iter().map(|site| (*site, of_site(site))).collect();
    let system = each.iter().fold(Sums::default(), |sum, (_, sums)| sum.plus(*sums));
    let rows = std::iter::once((None, system)).chain(each.into_iter().map(|(site, sums)| (Some(site), sums)));
    let rows = rows.map(|(site, sums)| sums.row(site)).collect();
    let controller = sums(looked_at, &gaps).row(None);
    AvailabilityPage { from_s: range.from_s, to_s: range.to_s, rows, controller }
}

/// The range's part of which something is known: none of it is before a controller was started for the first time.
fn looked_at(range: Range, served: &[Served]) -> (u64, u64) {
    let (from_us, to_us) = range.bounds_us();
    let first_us = served.first().map_or(0, |first| first.from_us);
    (from_us.max(first_us).min(to_us), to_us)
}

/// The times in which no controller served: between two terms, and after the last one up to now, where it is not just silent.
fn gaps(now_us: u64, served: &[Served]) -> Vec<Outage> {
    let mut gaps = Vec::new();
    let Some(first) = served.first() else { return gaps };
    let mut until_us = first.to_us;
    for Served { from_us, to_us } in &served[1..] {
        if *from_us > until_us {
            gaps.push(Outage { from_us: until_us, to_us: Some(*from_us) });
        }
        until_us = until_us.max(*to_us);
    }
    if now_us.saturating_sub(until_us) > SILENCE_MAX_US {
        gaps.push(Outage { from_us: until_us, to_us: None });
    }
    gaps
}

/// Outages that overlap are one: a site may be lost for two reasons, and an alarm's clearing may not have been kept.
fn joined(outages: &[Outage]) -> Vec<Outage> {
    let mut outages: Vec<_> = outages.to_vec();
    outages.sort_unstable_by_key(|outage| outage.from_us);
    let mut joined: Vec<Outage> = Vec::new();
    for outage in outages {
        match joined.last_mut() {
            Some(last) if last.to_us.is_none_or(|to_us| outage.from_us <= to_us) => {
                last.to_us = last.to_us.zip(outage.to_us).map(|(one, other)| one.max(other));
            }
            Some(_) | None => joined.push(outage),
        }
    }
    joined
}

fn sums((from_us, to_us): (u64, u64), outages: &[Outage]) -> Sums {
    let within = |us: u64| us.clamp(from_us, to_us);
    let mut sums = Sums { time_us: to_us - from_us, ..Sums::default() };
    for Outage { from_us: begun, to_us: ended } in joined(outages) {
        sums.down_us += within(ended.unwrap_or(to_us)) - within(begun);
        sums.failures += u32::from((from_us..to_us).contains(&begun));
        if let Some(ended) = ended.filter(|ended| (from_us..=to_us).contains(ended)) {
            sums.repairs += 1;
            sums.repair_us = sums.repair_us.saturating_add(ended.saturating_sub(begun));
        }
    }
    sums
}

impl Sums {
    const fn plus(self, other: Self) -> Self {
        Self {
            time_us: self.time_us.saturating_add(other.time_us),
            down_us: self.down_us.saturating_add(other.down_us),
            failures: self.failures.saturating_add(other.failures),
            repairs: self.repairs.saturating_add(other.repairs),
            repair_us: self.repair_us.saturating_add(other.repair_us),
        }
    }

    fn row(self, site: Option<SiteId>) -> AvailabilityRow {
        let up_us = self.time_us - self.down_us;
        AvailabilityRow {
            site,
            time_ms: self.time_us / 1_000,
            down_ms: self.down_us / 1_000,
            failures: self.failures,
            availability: (self.time_us > 0).then(|| up_us as f64 / self.time_us as f64),
            mttf_ms: (up_us / 1_000).checked_div(self.failures.into()),
            mttr_ms: (self.repair_us / 1_000).checked_div(self.repairs.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use trunklab_protocol::operator::AlarmObject;

    use super::*;

    const HOUR: Range = Range { from_s: 10_000, to_s: 13_600 };

    fn site(number: u16) -> SiteId {
        SiteId::new(number).unwrap()
    }

    /// A site was lost from one second on, until another.
    fn lost(number: u16, from_s: u64, to_s: Option<u64>) -> AlarmEntry {
        AlarmEntry {
            id: 1,
            alarm: "1.1".to_owned(),
            kind: AlarmKind::SiteLost,
            severity: AlarmKind::SiteLost.severity(),
            object: AlarmObject::Site(site(number)),
            raised_us: from_s * 1_000_000,
            cleared_us: to_s.map(|to_s| to_s * 1_000_000),
            count: 1,
            flapping: false,
            acknowledged_by: None,
            acknowledged_us: None,
        }
    }

    fn rows(sites: &[u16], alarms: &[AlarmEntry]) -> Vec<AvailabilityRow> {
        let sites: Vec<_> = sites.iter().map(|number| site(*number)).collect();
        availability(HOUR, &sites, alarms, &[]).rows
    }

    /// Failures, downtime, MTTF and MTTR, all in seconds.
    fn figures(row: &AvailabilityRow) -> (u32, u64, Option<u64>, Option<u64>) {
        let seconds = |ms: u64| ms / 1_000;
        (row.failures, seconds(row.down_ms), row.mttf_ms.map(seconds), row.mttr_ms.map(seconds))
    }

    #[test]
    fn a_site_that_never_failed_was_there_all_the_time() {
        let rows = rows(&[3], &[]);
        assert_eq!(figures(&rows[1]), (0, 0, None, None));
        assert_eq!((rows[1].availability, rows[0].availability), (Some(1.0), Some(1.0)));
    }

    /// By hand: 3600 s with outages of 60 s and 300 s. In service for 3240 s: MTTF 1620 s, MTTR 180 s, availability 0.9; and
    /// 1620 / (1620 + 180) is 0.9 as well.
    #[test]
    fn two_outages_within_the_time() {
        let rows = rows(&[3], &[lost(3, 11_000, Some(11_060)), lost(3, 12_000, Some(12_300))]);
        assert_eq!(figures(&rows[1]), (2, 360, Some(1_620), Some(180)));
        assert_eq!(rows[1].availability, Some(0.9));
        let (mttf, mttr) = (rows[1].mttf_ms.unwrap() as f64, rows[1].mttr_ms.unwrap() as f64);
        assert!((mttf / (mttf + mttr) - 0.9).abs() < 1e-9);
    }

    /// By hand: one began 500 s before the time and ended 100 s into it, one began 50 s before its end and goes on. Down for
    /// 150 s; one failure began within the time, one repair of 600 s ended within it.
    #[test]
    fn outages_that_reach_over_the_ends() {
        let rows = rows(&[3], &[lost(3, 9_500, Some(10_100)), lost(3, 13_550, None)]);
        assert_eq!(figures(&rows[1]), (1, 150, Some(3_450), Some(600)));
    }

    /// By hand: one of 60 s is mended, one that began 50 s before the end goes on. In service for 3490 s: MTTF 1745 s of two
    /// failures, MTTR 60 s of the one repair.
    #[test]
    fn what_is_not_mended_is_no_repair() {
        let rows = rows(&[3], &[lost(3, 11_000, Some(11_060)), lost(3, 13_550, None)]);
        assert_eq!(figures(&rows[1]), (2, 110, Some(1_745), Some(60)));
    }

    #[test]
    fn what_ended_before_the_time_or_begins_after_it_is_nothing() {
        let rows = rows(&[3], &[lost(3, 9_000, Some(9_999)), lost(3, 13_600, None), lost(3, 20_000, None)]);
        assert_eq!(figures(&rows[1]), (0, 0, None, None));
    }

    /// By hand: of 7200 s of two sites 720 s are lost in two failures.
    #[test]
    fn the_system_is_its_sites_together() {
        let rows = rows(&[3, 5], &[lost(3, 11_000, Some(11_600)), lost(5, 11_000, Some(11_120))]);
        assert_eq!(figures(&rows[0]), (2, 720, Some(3_240), Some(360)));
        assert_eq!((rows[0].time_ms, rows[0].availability), (7_200_000, Some(0.9)));
        assert_eq!(rows.iter().map(|row| row.site).collect::<Vec<_>>(), [None, Some(site(3)), Some(site(5))]);
    }

    #[test]
    fn a_site_that_is_configured_no_more_counts_while_it_was_lost() {
        assert_eq!(rows(&[3], &[lost(9, 11_000, Some(11_060))]).len(), 3);
    }

    #[test]
    fn other_alarms_are_no_outages() {
        let other = AlarmEntry { kind: AlarmKind::ServedAlone, ..lost(3, 11_000, None) };
        assert_eq!(figures(&rows(&[3], &[other])[1]), (0, 0, None, None));
    }

    #[test]
    fn outages_that_overlap_count_once() {
        let rows = rows(&[3], &[lost(3, 11_000, Some(12_000)), lost(3, 11_500, Some(11_600))]);
        assert_eq!(figures(&rows[1]), (1, 1_000, Some(2_600), Some(1_000)));
    }

    /// By hand: its control channel is lost for 600 s, and from the middle of that on its link, which is there again 100 s later than
    /// the control channel: one failure of 700 s. Another one goes on.
    #[test]
    fn a_site_without_control_channel_is_down() {
        let control = |from_s, to_s| AlarmEntry { kind: AlarmKind::ControlLost, ..lost(3, from_s, to_s) };
        let rows = rows(
            &[3],
            &[control(11_000, Some(11_600)), lost(3, 11_300, Some(11_700)), control(13_500, None)],
        );
        assert_eq!(figures(&rows[1]), (2, 800, Some(1_400), Some(700)));
    }

    fn served(from_s: u64, to_s: u64) -> Served {
        Served { from_us: from_s * 1_000_000, to_us: to_s * 1_000_000 }
    }

    /// By hand: two gaps of 100 s and 50 s between three terms. Site 3 is lost for 90 s, 60 s of them within the first gap: down for
    /// 130 s and 50 s; site 5 for 150 s. The controller serves for 3450 s: MTTF 1725 s, MTTR 75 s.
    #[test]
    fn without_controller_every_site_is_down() {
        let terms = [served(9_000, 11_000), served(11_100, 12_000), served(12_050, 13_599)];
        let page = availability(HOUR, &[site(3), site(5)], &[lost(3, 11_040, Some(11_130))], &terms);
        assert_eq!(figures(&page.controller), (2, 150, Some(1_725), Some(75)));
        assert_eq!(figures(&page.rows[1]), (2, 180, Some(1_710), Some(90)));
        assert_eq!(figures(&page.rows[2]), (2, 150, Some(1_725), Some(75)));
        assert_eq!(figures(&page.rows[0]), (4, 330, Some(1_717), Some(82)));
    }

    /// By hand: started for the first time 600 s before the end, and gone 100 s before it.
    #[test]
    fn nothing_is_known_before_the_first_controller_and_one_that_is_gone_is_down() {
        let page = availability(HOUR, &[site(3)], &[], &[served(13_000, 13_500)]);
        assert_eq!(
            (page.controller.time_ms, figures(&page.controller)),
            (600_000, (1, 100, Some(500), None))
        );
        assert_eq!((page.rows[1].time_ms, figures(&page.rows[1])), (600_000, (1, 100, Some(500), None)));
        let silent = availability(HOUR, &[site(3)], &[], &[served(13_000, 13_581)]);
        assert_eq!(figures(&silent.controller), (0, 0, None, None));
        let later = availability(HOUR, &[site(3)], &[], &[served(20_000, 20_001)]);
        assert_eq!((later.controller.time_ms, later.rows[1].availability), (0, None));
    }

    /// A clock that was set back makes terms overlap.
    #[test]
    fn terms_that_overlap_have_no_gap() {
        let terms = [served(9_000, 13_000), served(11_000, 11_500), served(12_900, 13_600)];
        assert_eq!(figures(&availability(HOUR, &[site(3)], &[], &terms).controller), (0, 0, None, None));
    }

    #[test]
    fn no_time_has_no_availability() {
        let page = availability(Range { from_s: 5, to_s: 5 }, &[site(3)], &[], &[]);
        assert_eq!(page.rows[1].availability, None);
    }

    #[test]
    fn what_is_usual_is_the_last_thirty_days_and_nothing_of_the_future() {
        let now_s = 10_000_000;
        assert_eq!(Range::new(None, None, now_s), Ok(Range { from_s: 7_408_000, to_s: now_s }));
        assert_eq!(Range::new(Some(5), Some(now_s * 2), now_s), Ok(Range { from_s: 5, to_s: now_s }));
        assert!(Range::new(Some(6), Some(5), now_s).is_err());
        assert!(Range::new(Some(now_s + 1), None, now_s).is_err());
    }

    proptest! {
        /// Whatever the outages, no more is down than there is time, and each share is one.
        #[test]
        fn figures_stay_within_their_bounds(
            outages in prop::collection::vec((9_000_u64..15_000, prop::option::of(0_u64..4_000), 1_u16..4), 0..12)
        ) {
            let alarms: Vec<_> = outages
                .into_iter()
                .map(|(from, length, number)| lost(number, from, length.map(|length| from + length)))
                .collect();
            for row in rows(&[1, 2], &alarms) {
                prop_assert!(row.down_ms <= row.time_ms);
                let share = row.availability.unwrap();
                prop_assert!((0.0..=1.0).contains(&share));
                prop_assert_eq!(row.mttf_ms.is_some(), row.failures > 0);
            }
        }
    }
}
