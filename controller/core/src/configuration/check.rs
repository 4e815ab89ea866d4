//! Whether the parts of a configuration fit together. Each refusal names its place and the remedy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use trunklab_protocol::propagation::Radiator;
use trunklab_protocol::reuse::{PlannedSite, clashes};
use trunklab_protocol::settings::{
    CARRIERS_MAX, FAILSOFT_MAX, NAME_LEN_MAX, NEIGHBOURS_MAX, SELF_TEST_MS_MIN,
};
use trunklab_protocol::switch::SITES_MAX;
use trunklab_protocol::to_site::{COPIED_VECTORS_MAX, OTHERS_MAX};
use trunklab_protocol::{
    AreaChoice, AreaId, ControlLayout, ControlPlace, Signalling, SiteId, StartPolicy, TalkgroupId, Trunking,
};

use super::{Configuration, Unfit};
use crate::call::console::CONSOLES_MAX;
use crate::config::{Reach, ServiceArea, SiteConfig, SystemParameters, Talkgroup};
use crate::isolated::{self, NODE_BASE};
use crate::registry::control_place::CONTROL_MOVES_MS_MIN;
use crate::registry::link::HEARTBEAT_MS_MIN;
use crate::registry::provisioning::AREAS_MAX;
use crate::statistics::{DAYS_MAX, FINE_H_MAX, STEP_S_MAX, STEP_S_MIN};

type Checked = Result<(), Unfit>;

/// The numbers that exist.
struct Known {
    sites: BTreeMap<SiteId, SiteConfig>,
    areas: BTreeSet<AreaId>,
    talkgroups: BTreeSet<TalkgroupId>,
}

impl Configuration {
    /// Whether its parts fit together. Sites that disturb each other in `standing` already were accepted then.
    ///
    /// # Errors
    /// At the first defect.
    pub fn check(&self, standing: &Self) -> Result<(), Unfit> {
        once("site", self.sites.iter().map(|site| site.site))?;
        once("area", self.areas.iter().map(|area| area.area))?;
        once("talkgroup", self.talkgroups.iter().map(|talkgroup| talkgroup.id))?;
        at_most("sites", self.sites.len(), SITES_MAX)?;
        at_most("areas", self.areas.len(), AREAS_MAX)?;
        let known = Known {
            sites: self.sites.iter().map(|site| (site.site, site.clone())).collect(),
            areas: self.areas.iter().map(|area| area.area).collect(),
            talkgroups: self.talkgroups.iter().map(|talkgroup| talkgroup.id).collect(),
        };
        check_system(&self.system)?;
        self.sites.iter().try_for_each(|site| check_site(site, &known))?;
        self.areas.iter().try_for_each(|area| check_area(area, &known))?;
        self.talkgroups.iter().try_for_each(|talkgroup| check_talkgroup(talkgroup, &known))?;
        self.check_reuse(standing)
    }

    /// Sites with one carrier that disturb each other and did not so before (clause 12.12.7).
    fn check_reuse(&self, standing: &Self) -> Checked {
        let before: Vec<_> = standing.sites.iter().map(planned).collect();
        let pair = |one: SiteId, other: SiteId| (one.min(other), one.max(other));
        let accepted: BTreeSet<_> =
            clashes(&before).map(|clash| pair(clash.served, clash.interferer)).collect();
        let after: Vec<_> = self.sites.iter().map(planned).collect();
        let new = clashes(&after).find(|clash| !accepted.contains(&pair(clash.served, clash.interferer)));
        new.map_or(Ok(()), |clash| {
            let what = format!("{clash}; give one of the two another carrier, position or antenna");
            Err(Unfit::at(format_args!("site {}", clash.served), what))
        })
    }
}

fn planned(site: &SiteConfig) -> PlannedSite<'_> {
    let SiteConfig { position, antenna, power_dbm, .. } = *site;
    let radiator = Radiator { position, antenna, power_dbm };
    PlannedSite { site: site.site, profile: site.profile, radiator, carriers: &site.carriers }
}

fn once<T: Ord + Copy + Display>(kind: &str, numbers: impl Iterator<Item = T>) -> Checked {
    let mut seen = BTreeSet::new();
    for number in numbers {
        if !seen.insert(number) {
            return Err(Unfit::at(format_args!("{kind} {number}"), "is there twice: remove one of the two"));
        }
    }
    Ok(())
}

fn at_most(what: &str, count: usize, most: usize) -> Checked {
    if count <= most { Ok(()) } else { Err(Unfit::at(what, format!("are {count}: {most} is the limit"))) }
}

fn name(place: &impl Display, name: &str) -> Checked {
    if name.len() <= NAME_LEN_MAX {
        return Ok(());
    }
    Err(Unfit::at(place, format!("has a name of {} octets: {NAME_LEN_MAX} is the limit", name.len())))
}

fn check_system(system: &SystemParameters) -> Checked {
    let unfit = |what: String| Err(Unfit::at("system", what));
    let SystemParameters { heartbeat_ms, site_silence_ms_max, .. } = *system;
    if heartbeat_ms < HEARTBEAT_MS_MIN {
        return unfit(format!("heartbeat_ms {heartbeat_ms} is too often: write {HEARTBEAT_MS_MIN} or more"));
    }
    if site_silence_ms_max <= u32::from(heartbeat_ms) {
        return unfit(format!(
            "site_silence_ms_max {site_silence_ms_max} loses every site between two signs of life: write more than \
             heartbeat_ms, which is {heartbeat_ms}"
        ));
    }
    once("console", system.consoles.iter().map(|console| console.unit))?;
    let mut names = BTreeSet::new();
    for console in &system.consoles {
        if !names.insert(&console.name) {
            let what = "is there twice: remove one of the two";
            return Err(Unfit::at(format_args!("console {}", console.name), what));
        }
    }
    at_most("consoles", system.consoles.len(), CONSOLES_MAX)?;
    check_copied_vectors(system)?;
    check_statistics(system)
}

/// Whether sites can have copies by these parameters (docs/resilience.md 14.1).
///
/// # Errors
/// Which one lets them not.
pub fn check_copied_vectors(system: &SystemParameters) -> Result<(), Unfit> {
    let unfit = |what: String| Err(Unfit::at("system", what));
    let SystemParameters { node, copied_vectors, .. } = *system;
    if !isolated::is_controllers(node) {
        return unfit(format!(
            "node {node} belongs to a site that serves alone: write one below {NODE_BASE}"
        ));
    }
    if usize::from(copied_vectors) > COPIED_VECTORS_MAX {
        return unfit(format!(
            "copied_vectors {copied_vectors} are too many: write {COPIED_VECTORS_MAX} or less"
        ));
    }
    Ok(())
}

/// Whether a site has a node of its own where it may serve alone.
///
/// # Errors
/// Where it has none.
pub fn check_isolation(site: &SiteConfig) -> Result<(), Unfit> {
    if site.isolated_after_ms == 0 || isolated::node_of(site.site).is_some() {
        return Ok(());
    }
    let what = format!(
        "isolated_after_ms {} cannot be: a site that serves alone has a number below {NODE_BASE}; give it one, or take \
         isolated_after_ms out",
        site.isolated_after_ms
    );
    Err(Unfit::at(format_args!("site {}", site.site), what))
}

/// Whether each failsoft channel of a site is a slot of calls alone, and each talkgroup has one at most (docs/resilience.md 14.6.1).
///
/// # Errors
/// The first that is not, and what to change.
pub fn check_failsoft(site: &SiteConfig, exists: impl Fn(TalkgroupId) -> bool) -> Result<(), Unfit> {
    let place = format!("site {}", site.site);
    let unfit = |what: String| Err(Unfit::at(&place, what));
    if site.failsoft_after_ms > 0 && isolated::node_of(site.site).is_none() {
        return unfit(format!(
            "failsoft_after_ms {} cannot be: what is said in failsoft has a number of the site's own, which has one below \
             {NODE_BASE}; give it one, or take failsoft_after_ms out",
            site.failsoft_after_ms
        ));
    }
    if site.failsoft_after_ms > 0 && site.failsoft.is_empty() {
        return unfit(format!(
            "failsoft_after_ms {} leads nowhere: name failsoft channels, or take it out",
            site.failsoft_after_ms
        ));
    }
    if !site.failsoft.is_empty() && site.control_place == ControlPlace::Searched {
        return unfit(
            "has failsoft channels and a control channel that moves onto any slot: let it stay, or take failsoft out".to_owned(),
        );
    }
    at_most(
        &format!("{place}: talkgroups with a failsoft channel"),
        site.failsoft_places().len(),
        FAILSOFT_MAX,
    )?;
    let controls = site.first_controls();
    let mut slots = BTreeSet::new();
    let mut talkgroups = BTreeSet::new();
    for channel in &site.failsoft {
        let at = channel.at;
        if !site.carriers.contains(&at.carrier) || at.slot.number() >= site.profile.profile().slots {
            return unfit(format!("failsoft channel {at} is not at this site: name one of its slots"));
        }
        if site.is_controls(&controls, at) {
            return unfit(format!("failsoft channel {at} is the control channel's slot: name one of calls"));
        }
        if !slots.insert(at) {
            return unfit(format!(
                "failsoft channel {at} is there twice: name all talkgroups that share it in one of the two"
            ));
        }
        if channel.talkgroups.is_empty() {
            return unfit(format!(
                "failsoft channel {at} is for nobody: name its talkgroups, or take it out"
            ));
        }
        for talkgroup in &channel.talkgroups {
            if !exists(*talkgroup) {
                return unfit(format!(
                    "failsoft channel {at} is for talkgroup {talkgroup}, which is not there: add it, or take it out here"
                ));
            }
            if !talkgroups.insert(*talkgroup) {
                return unfit(format!(
                    "talkgroup {talkgroup} has two failsoft channels: take it out of one of them"
                ));
            }
        }
    }
    Ok(())
}

/// Whether a site's slots can be tested so.
///
/// # Errors
/// Which figure cannot be.
pub fn check_self_test(site: &SiteConfig) -> Result<(), Unfit> {
    let SiteConfig { self_test_ms, bad_tests, good_tests, .. } = *site;
    let what = match () {
        () if self_test_ms != 0 && self_test_ms < SELF_TEST_MS_MIN => {
            format!(
                "self_test_ms {self_test_ms} is too often: write {SELF_TEST_MS_MIN} or more, or 0 for never"
            )
        }
        () if bad_tests == 0 => "bad_tests 0 make nothing faulty: write 1 or more".to_owned(),
        () if good_tests == 0 => "good_tests 0 make nothing sound: write 1 or more".to_owned(),
        () => return Ok(()),
    };
    Err(Unfit::at(format_args!("site {}", site.site), what))
}

/// Whether a site's control channel can go to its candidates (docs/resilience.md 14.5.1).
///
/// # Errors
/// The first to which it cannot, and what to change.
pub fn check_candidates(site: &SiteConfig) -> Result<(), Unfit> {
    let unfit = |what: String| Err(Unfit::at(format_args!("site {}", site.site), what));
    let profile = site.profile.profile();
    if site.control_candidates.is_empty() {
        return Ok(());
    }
    if site.self_test_ms == 0 {
        return unfit(
            "has control_candidates, and nothing that finds a fault: write self_test_ms as well".to_owned(),
        );
    }
    let is_usual = (site.control_place, site.signalling, site.control_layout)
        == (ControlPlace::Fixed, Signalling::Common, ControlLayout::Central);
    if !is_usual {
        return unfit(
            "has control_candidates and a control channel that moves, is shared or is one of several: take one of the two out"
                .to_owned(),
        );
    }
    let mut places = BTreeSet::from([site.control]);
    for at in &site.control_candidates {
        let slots = if profile.control_takes_carrier { 1 } else { profile.slots };
        if !site.carriers.contains(&at.carrier) || at.slot.number() >= slots {
            return unfit(format!(
                "control candidate {at} is not at this site: name one of its carriers and a slot below {slots}"
            ));
        }
        if !places.insert(*at) {
            return unfit(format!(
                "control candidate {at} is there twice, or is the control channel: take it out"
            ));
        }
        if site.failsoft.iter().any(|channel| site.is_controls(&[*at], channel.at)) {
            return unfit(format!(
                "control candidate {at} is a failsoft channel: name another slot for one of the two"
            ));
        }
    }
    Ok(())
}

/// Whether the statistics' times can be kept.
///
/// # Errors
/// Which one cannot.
pub fn check_statistics(system: &SystemParameters) -> Result<(), Unfit> {
    let unfit = |what: String| Err(Unfit::at("system", what));
    let SystemParameters { statistics_step_s: step, statistics_fine_h: fine, statistics_days: days, .. } =
        *system;
    if !(STEP_S_MIN..=STEP_S_MAX).contains(&step) || !STEP_S_MAX.is_multiple_of(step) {
        return unfit(format!(
            "statistics_step_s {step} does not divide an hour: write a divisor of {STEP_S_MAX} from {STEP_S_MIN} on"
        ));
    }
    if !(1..=FINE_H_MAX).contains(&fine) {
        return unfit(format!("statistics_fine_h {fine} is out of range: write 1 to {FINE_H_MAX}"));
    }
    if !(1..=DAYS_MAX).contains(&days) {
        return unfit(format!("statistics_days {days} is out of range: write 1 to {DAYS_MAX}"));
    }
    Ok(())
}

fn check_site(site: &SiteConfig, known: &Known) -> Checked {
    let place = format!("site {}", site.site);
    let unfit = |what: String| Err(Unfit::at(&place, what));
    let profile = site.profile.profile();
    name(&place, &site.name)?;
    if site.carriers.is_empty() || site.carriers.len() > CARRIERS_MAX {
        return unfit(format!("has {} carriers: give 1 to {CARRIERS_MAX}", site.carriers.len()));
    }
    once(&format!("{place}: carrier"), site.carriers.iter().copied())?;
    if let Some(carrier) = site.carriers.iter().find(|carrier| carrier.number() > profile.carrier_max) {
        let most = profile.carrier_max;
        return unfit(format!("carrier {carrier} is beyond the {most} carriers of {}", profile.name));
    }
    let control = site.control;
    if !site.carriers.contains(&control.carrier) || control.slot.number() >= profile.slots {
        let slots = profile.slots;
        return unfit(format!(
            "control {control} is not at this site: name one of its carriers and a slot below {slots}"
        ));
    }
    if site.control_moves_ms < CONTROL_MOVES_MS_MIN {
        return unfit(format!(
            "control_moves_ms {} leaves radios no time to find the control channel: write {CONTROL_MOVES_MS_MIN} or \
             more",
            site.control_moves_ms
        ));
    }
    check_isolation(site)?;
    check_failsoft(site, |talkgroup| known.talkgroups.contains(&talkgroup))?;
    check_self_test(site)?;
    check_candidates(site)?;
    if site.neighbours.len() > NEIGHBOURS_MAX {
        return unfit(format!("has {} neighbours: {NEIGHBOURS_MAX} is the limit", site.neighbours.len()));
    }
    once(&format!("{place}: neighbour"), site.neighbours.iter().map(|neighbour| neighbour.site))?;
    for neighbour in &site.neighbours {
        let Some(other) = known.sites.get(&neighbour.site).filter(|other| other.site != site.site) else {
            return unfit(format!("neighbour {} is not another site: take it out", neighbour.site));
        };
        if other.control.carrier != neighbour.carrier {
            return unfit(format!(
                "neighbour {} has its control channel on carrier {}, not {}: write that",
                other.site, other.control.carrier, neighbour.carrier
            ));
        }
    }
    Ok(())
}

fn check_area(area: &ServiceArea, known: &Known) -> Checked {
    let place = format!("area {}", area.area);
    name(&place, &area.name)?;
    match area.sites.iter().find(|site| !known.sites.contains_key(site)) {
        Some(other) => {
            Err(Unfit::at(place, format!("there is no site {other}: add it, or take it out here")))
        }
        None => Ok(()),
    }
}

fn check_talkgroup(talkgroup: &Talkgroup, known: &Known) -> Checked {
    let place = format!("talkgroup {}", talkgroup.id);
    let unfit = |what: String| Err(Unfit::at(&place, what));
    if talkgroup.id == TalkgroupId::ALL {
        return unfit("is the number of all talkgroups together: choose another".to_owned());
    }
    name(&place, &talkgroup.name)?;
    if talkgroup.trunking == Trunking::Transmission && talkgroup.hang_time_ms.is_some_and(|time| time > 0) {
        return unfit("transmission trunking keeps no channel: leave hang_time_ms out".to_owned());
    }
    let named = match talkgroup.area {
        AreaChoice::Named(area) => Some(area),
        AreaChoice::Local if talkgroup.home_area.is_none() => {
            return unfit("its local area is its home area: name it in home_area".to_owned());
        }
        AreaChoice::Local | AreaChoice::Wide => None,
    };
    let mut areas = talkgroup.home_area.into_iter().chain(named);
    if let Some(area) = areas.find(|area| !known.areas.contains(area)) {
        return unfit(format!("there is no area {area}: add it, or take it out here"));
    }
    if let StartPolicy::Critical(sites) = &talkgroup.start
        && let Some(site) = sites.iter().find(|site| !known.sites.contains_key(site))
    {
        return unfit(format!("there is no critical site {site}: add it, or take it out here"));
    }
    if let Reach::Members(members) = &talkgroup.reach {
        if members.is_empty() || members.len() > OTHERS_MAX {
            return unfit(format!("names {} members: give 1 to {OTHERS_MAX}", members.len()));
        }
        if let Some(member) = members.iter().find(|member| !known.talkgroups.contains(member)) {
            return unfit(format!("there is no member {member}: add it, or take it out here"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::operator::ConsoleName;
    use trunklab_protocol::settings::Neighbour;
    use trunklab_protocol::{CarrierNumber, Cause, ProfileId, SlotAddress, SlotNumber, UnitId};

    use super::*;
    use crate::config::{ConsoleUnit, FailsoftChannel};

    fn carrier(number: u16) -> CarrierNumber {
        CarrierNumber::new(number).unwrap()
    }

    fn site_id(number: u16) -> SiteId {
        SiteId::new(number).unwrap()
    }

    fn sound() -> Configuration {
        let site = |number, on| {
            let mut site = SiteConfig::new(site_id(number), ProfileId::Iden, carrier(on));
            site.position.east_m = i32::from(number) * 30_000;
            site
        };
        let area = AreaId::new(2).unwrap();
        Configuration {
            sites: vec![site(3, 12), site(4, 14)],
            areas: vec![ServiceArea { area, name: "Bay".into(), sites: vec![site_id(3)] }],
            talkgroups: vec![Talkgroup {
                home_area: Some(area),
                ..Talkgroup::named(TalkgroupId::new(41).unwrap(), "Pilots")
            }],
            ..Configuration::default()
        }
    }

    type Harm = fn(&mut Configuration);

    /// What is done to a sound configuration, where it is found, and what is said.
    #[rustfmt::skip]
    const HARMS: &[(Harm, &str, &str)] = &[
        (|of| of.sites.push(of.sites[0].clone()), "site 3", "is there twice"),
        (|of| of.areas.push(of.areas[0].clone()), "area 2", "is there twice"),
        (|of| of.talkgroups.push(of.talkgroups[0].clone()), "talkgroup 41", "is there twice"),
        (|of| of.sites[0].name = "x".repeat(256), "site 3", "256 octets"),
        (|of| of.areas[0].name = "x".repeat(256), "area 2", "256 octets"),
        (|of| of.talkgroups[0].name = "x".repeat(256), "talkgroup 41", "256 octets"),
        (|of| of.sites[0].carriers.clear(), "site 3", "give 1 to 255"),
        (|of| of.sites[0].carriers.push(carrier(12)), "site 3: carrier 12", "is there twice"),
        (|of| of.sites[0].control.carrier = carrier(99), "site 3", "control 99/0 is not at this site"),
        (|of| of.sites[0].control_moves_ms = 10, "site 3", "write 5000 or more"),
        (|of| of.sites[0].neighbours = vec![Neighbour { site: site_id(9), carrier: carrier(14) }], "site 3", "neighbour 9 is not another site"),
        (|of| of.sites[0].neighbours = vec![Neighbour { site: site_id(3), carrier: carrier(12) }], "site 3", "neighbour 3 is not another site"),
        (|of| of.sites[0].neighbours = vec![Neighbour { site: site_id(4), carrier: carrier(12) }], "site 3", "carrier 14, not 12"),
        (|of| of.sites[1].carriers = vec![carrier(14), carrier(4_000)], "site 4", "beyond"),
        (|of| { of.sites[1].carriers = vec![carrier(12)]; of.sites[1].control.carrier = carrier(12); of.sites[1].position = of.sites[0].position; }, "site 3", "another carrier"),
        (|of| of.areas[0].sites.push(site_id(9)), "area 2", "no site 9"),
        (|of| of.talkgroups[0].home_area = AreaId::new(9), "talkgroup 41", "no area 9"),
        (|of| of.talkgroups[0].area = AreaChoice::Named(AreaId::new(9).unwrap()), "talkgroup 41", "no area 9"),
        (|of| { of.talkgroups[0].home_area = None; of.talkgroups[0].area = AreaChoice::Local; }, "talkgroup 41", "name it in home_area"),
        (|of| { of.talkgroups[0].trunking = Trunking::Transmission; of.talkgroups[0].hang_time_ms = Some(5); }, "talkgroup 41", "keeps no channel"),
        (|of| of.talkgroups[0].start = StartPolicy::Critical(vec![site_id(9)]), "talkgroup 41", "no critical site 9"),
        (|of| of.talkgroups[0].reach = Reach::Members(vec![]), "talkgroup 41", "names 0 members"),
        (|of| of.talkgroups[0].reach = Reach::Members(vec![TalkgroupId::new(9).unwrap()]), "talkgroup 41", "no member 9"),
        (|of| of.talkgroups[0].id = TalkgroupId::ALL, "talkgroup", "all talkgroups together"),
        (|of| of.system.heartbeat_ms = 1, "system", "write 50 or more"),
        (|of| of.system.site_silence_ms_max = 900, "system", "more than heartbeat_ms"),
        (|of| of.system.statistics_step_s = 7, "system", "divides"),
        (|of| of.system.statistics_fine_h = 0, "system", "statistics_fine_h"),
        (|of| of.system.statistics_days = 0, "system", "statistics_days"),
        (|of| of.system.node = trunklab_protocol::NodeId::new(32_768).unwrap(), "system", "write one below 32768"),
        (|of| of.system.copied_vectors = 9, "system", "write 8 or less"),
        (|of| { of.sites[1].site = site_id(32_768); of.sites[1].isolated_after_ms = 1; }, "site 32768", "take isolated_after_ms out"),
        (|of| { of.sites[1].site = site_id(32_768); of.sites[1].failsoft_after_ms = 1; }, "site 32768", "take failsoft_after_ms out"),
        (|of| of.sites[0].control_candidates = vec![slot(12, 1)], "site 3", "write self_test_ms as well"),
        (|of| { with_candidates(of, &[(12, 1)]); of.sites[0].control_place = ControlPlace::Searched; }, "site 3", "take one of the two out"),
        (|of| { with_candidates(of, &[(12, 1)]); of.sites[0].signalling = Signalling::Associated; }, "site 3", "take one of the two out"),
        (|of| { with_candidates(of, &[(12, 1)]); of.sites[0].control_layout = ControlLayout::Distributed; }, "site 3", "take one of the two out"),
        (|of| with_candidates(of, &[(99, 0)]), "site 3", "candidate 99/0 is not at this site"),
        (|of| with_candidates(of, &[(12, 0)]), "site 3", "12/0 is there twice, or is the control channel"),
        (|of| with_candidates(of, &[(12, 1), (12, 1)]), "site 3", "12/1 is there twice"),
        (|of| { with_candidates(of, &[(12, 1)]); of.sites[0].failsoft = vec![failsoft(12, 1, &[41])]; }, "site 3", "12/1 is a failsoft channel"),
        (|of| of.sites[0].failsoft_after_ms = 1, "site 3", "leads nowhere: name failsoft channels"),
        (|of| of.sites[0].failsoft = vec![failsoft(12, 1, &[41])].into_iter().chain([failsoft(12, 1, &[41])]).collect(), "site 3", "12/1 is there twice"),
        (|of| of.sites[0].failsoft = vec![failsoft(12, 0, &[41])], "site 3", "12/0 is the control channel's slot"),
        (|of| of.sites[0].failsoft = vec![failsoft(14, 1, &[41])], "site 3", "14/1 is not at this site"),
        (|of| of.sites[0].failsoft = vec![failsoft(99, 0, &[41])], "site 3", "99/0 is not at this site"),
        (|of| of.sites[0].failsoft = vec![failsoft(12, 1, &[])], "site 3", "12/1 is for nobody"),
        (|of| of.sites[0].failsoft = vec![failsoft(12, 1, &[42])], "site 3", "talkgroup 42, which is not there"),
        (|of| of.sites[0].failsoft = vec![failsoft(12, 1, &[41]), failsoft(12, 2, &[41])], "site 3", "talkgroup 41 has two failsoft channels"),
        (|of| { of.sites[0].failsoft = vec![failsoft(12, 1, &[41])]; of.sites[0].control_place = ControlPlace::Searched; }, "site 3", "let it stay, or take failsoft out"),
        (|of| of.sites[0].self_test_ms = 999, "site", "write 1000 or more"),
        (|of| of.sites[0].bad_tests = 0, "site", "bad_tests 0"),
        (|of| of.sites[0].good_tests = 0, "site", "good_tests 0"),
        (|of| of.system.consoles = vec![console("a", 900), console("b", 900)], "console 900", "is there twice"),
        (|of| of.system.consoles = vec![console("a", 900), console("a", 901)], "console a", "is there twice"),
    ];

    fn slot(carrier: u16, slot: u8) -> SlotAddress {
        let slot = SlotNumber::new(slot).unwrap();
        SlotAddress { carrier: CarrierNumber::new(carrier).unwrap(), slot }
    }

    fn with_candidates(of: &mut Configuration, candidates: &[(u16, u8)]) {
        of.sites[0].self_test_ms = 1_000;
        of.sites[0].control_candidates =
            candidates.iter().map(|(carrier, number)| slot(*carrier, *number)).collect();
    }

    fn failsoft(carrier: u16, number: u8, talkgroups: &[u16]) -> FailsoftChannel {
        FailsoftChannel {
            at: slot(carrier, number),
            talkgroups: talkgroups.iter().map(|number| TalkgroupId::new(*number).unwrap()).collect(),
        }
    }

    fn console(name: &str, unit: u32) -> ConsoleUnit {
        ConsoleUnit { name: ConsoleName::new(name), unit: UnitId::new(unit).unwrap() }
    }

    #[test]
    fn each_defect_is_found_at_its_place() {
        assert_eq!(sound().check(&Configuration::default()), Ok(()));
        for (harm, place, what) in HARMS {
            let mut harmed = sound();
            harm(&mut harmed);
            let found = harmed.check(&sound()).expect_err(place);
            assert_eq!(found.cause, Cause::ConfigurationUnfit);
            assert!(found.place.starts_with(place), "{found} at {place}");
            assert!(found.what.contains(what.trim_end_matches('s')), "{found}: {what}");
        }
    }

    #[test]
    fn a_clash_that_was_accepted_stays_accepted() {
        let mut clashing = sound();
        clashing.sites[1].carriers = vec![carrier(12)];
        clashing.sites[1].control.carrier = carrier(12);
        clashing.sites[1].position = clashing.sites[0].position;
        assert!(clashing.check(&sound()).is_err());
        assert_eq!(clashing.check(&clashing), Ok(()));
    }
}
