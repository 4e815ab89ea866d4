//! `co_channel`: what becomes of a plan in which sites with one carrier disturb each other (clause 12.12.7).

use serde::Deserialize;
use trunklab_controller_core::config::SiteConfig;
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
    pub(super) fn judge(self, sites: &[SiteConfig]) -> Result<Vec<Clash>, Defect> {
        let planned: Vec<_> = sites.iter().map(planned).collect();
        let mut clashes = clashes(&planned);
        match self {
            Self::Warn => Ok(clashes.collect()),
            Self::Refuse => clashes.next().map_or(Ok(Vec::new()), |clash| Err(refused(&clash))),
        }
    }
}

fn planned(site: &SiteConfig) -> PlannedSite<'_> {
    let SiteConfig { position, antenna, power_dbm, .. } = *site;
    let radiator = Radiator { position, antenna, power_dbm };
    PlannedSite { site: site.site, profile: site.profile, radiator, carriers: &site.carriers }
}

fn refused(clash: &Clash) -> Defect {
    let what = format!(
        "{clash}; give one of the two another carrier, position or azimuth_deg, or accept it with co_channel = \"warn\" at \
         the top"
    );
    Defect::Unfit { place: format!("site {}", clash.served), what }
}
