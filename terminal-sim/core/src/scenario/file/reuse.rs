//! Frequency reuse: sites that share a carrier must not disturb each other (clause 12.12.7).

use std::ops::Range;

use trunklab_protocol::propagation::Radiator;
use trunklab_protocol::reuse::{Clash, PlannedSite, clashes};
use trunklab_protocol::{CarrierNumber, SiteId};

use super::Reader;
use crate::scenario::error::ScenarioError;
use crate::scenario::provision::SiteProvision;

impl Reader<'_> {
    /// Refuses a plan in which two sites disturb each other.
    pub(super) fn reuse(&self) -> Result<(), ScenarioError> {
        let sites: Vec<_> = self.provision.sites.iter().map(planned).collect();
        clashes(&sites).next().map_or(Ok(()), |clash| Err(self.clash(&clash)))
    }

    /// Said where the later of the two names the carrier.
    fn clash(&self, clash: &Clash) -> ScenarioError {
        let Clash { served, interferer, carrier, at, ratio_db, needed_db } = *clash;
        let places = [served, interferer].map(|site| self.carrier_of(site, carrier));
        let span = places.into_iter().max_by_key(|span| span.start).expect("two places");
        let found = format!(
            "carrier {carrier} at sites {served} and {interferer}: at {},{} the first is heard {ratio_db} dB above the other",
            at.east_m, at.north_m
        );
        let remedy = "give one of them another carrier, another position or another azimuth_deg";
        self.source.error(span, found, format!("{needed_db} dB"), remedy)
    }

    fn carrier_of(&self, site: SiteId, carrier: CarrierNumber) -> Range<usize> {
        let place = self.carriers.iter().find(|(of, number, _)| (*of, *number) == (site, carrier));
        place.map(|(_, _, span)| span.clone()).expect("every carrier of a site was written somewhere")
    }
}

fn planned(site: &SiteProvision) -> PlannedSite<'_> {
    let SiteProvision { position, antenna, power_dbm, .. } = *site;
    let radiator = Radiator { position, antenna, power_dbm };
    PlannedSite { site: site.site, profile: site.profile, radiator, carriers: &site.carriers }
}
