//! `co_channel`: what becomes of a plan in which sites with one carrier disturb each other (clause 12.12.7).

use std::collections::BTreeSet;

use serde::Deserialize;
use trunklab_controller_core::config::SiteConfig;
use trunklab_protocol::SiteId;
use trunklab_protocol::propagation::Radiator;
use trunklab_protocol::reuse::{Clash, PlannedSite, clashes};

use super::Defect;

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CoChannel {
    /// The plan is not taken.
    #[default]
    Refuse,
    /// It is taken, and says so.
    Warn,
}

impl CoChannel {
    /// The pairs that disturb each other when a file's sites have joined those that stand, or taken their places. Pairs of
    /// sites that the file does not name and that did so before were accepted then.
    pub(super) fn judge(self, named: &[SiteConfig], standing: &[SiteConfig]) -> Result<Vec<Clash>, Defect> {
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let is_named = |site: SiteId| named.iter().any(|other| other.site == site);
        let before: Vec<_> = standing.iter().map(planned).collect();
        let accepted: BTreeSet<_> = clashes(&before).map(|clash| pair(&clash)).collect();
        let stays = |site: &&PlannedSite<'_>| !is_named(site.site);
        let after: Vec<_> = named.iter().map(planned).chain(before.iter().filter(stays).copied()).collect();
        let mut clashes = clashes(&after).filter(|clash| {
            is_named(clash.served) || is_named(clash.interferer) || !accepted.contains(&pair(clash))
        });
        match self {
            Self::Warn => Ok(clashes.collect()),
            Self::Refuse => match clashes.next() {
                Some(clash) => Err(refused(&clash, is_named)),
                None => Ok(Vec::new()),
            },
        }
    }
}

/// The two sites, whichever suffers more.
pub(super) fn pair(clash: &Clash) -> (SiteId, SiteId) {
    (clash.served.min(clash.interferer), clash.served.max(clash.interferer))
}

fn planned(site: &SiteConfig) -> PlannedSite<'_> {
    let SiteConfig { position, antenna, power_dbm, .. } = *site;
    let radiator = Radiator { position, antenna, power_dbm };
    PlannedSite { site: site.site, profile: site.profile, radiator, carriers: &site.carriers }
}

fn refused(clash: &Clash, is_named: impl Fn(SiteId) -> bool) -> Defect {
    let standing: Vec<_> =
        [clash.served, clash.interferer].into_iter().filter(|site| !is_named(*site)).collect();
    let whence = match &standing[..] {
        [] => String::new(),
        [one] => format!("; site {one} is in the database already"),
        _ => "; both are in the database already".to_owned(),
    };
    let what = format!(
        "{clash}{whence}; give one of the two another carrier, position or azimuth_deg, or accept it with co_channel = \
         \"warn\" at the top"
    );
    Defect::Unfit { place: format!("site {}", clash.served), what }
}
