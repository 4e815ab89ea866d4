//! `[[area]]`: named sets of sites.

use std::collections::BTreeSet;

use serde::Deserialize;
use trunklab_controller_core::config::ServiceArea;
use trunklab_protocol::{AreaId, SiteId};

use super::Defect;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AreaTable {
    pub(super) id: AreaId,
    name: String,
    sites: Vec<SiteId>,
}

impl AreaTable {
    pub(super) fn config(self, known: &BTreeSet<SiteId>) -> Result<ServiceArea, Defect> {
        if let Some(other) = self.sites.iter().find(|site| !known.contains(site)) {
            let what = format!("site {other} is not in this file: add a [[site]]");
            return Err(Defect::Unfit { place: format!("area {}", self.id), what });
        }
        let Self { id: area, name, sites } = self;
        Ok(ServiceArea { area, name, sites })
    }
}
