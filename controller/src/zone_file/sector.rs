//! `sectors = […]`: several sites on one mast, each with an antenna that looks its own way (clause 12.12.6).

use serde::Deserialize;
use trunklab_protocol::mast::{SECTORS_MAX, SectorsUnfit, azimuths};
use trunklab_protocol::{Antenna, Azimuth, CarrierNumber, MastId, SiteId, SlotAddress};

use super::Defect;
use super::site::{Place, SiteTable};

/// What is a sector's own; everything else it has from its `[[site]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectorTable {
    id: SiteId,
    azimuth_deg: Option<Azimuth>,
    carriers: Vec<CarrierNumber>,
    control: Option<Place>,
}

/// One site of a `[[site]]`: the only one, or one of its sectors.
#[derive(Debug, Clone)]
pub(super) struct Site<'a> {
    pub(super) id: SiteId,
    pub(super) table: &'a SiteTable,
    pub(super) mast: Option<MastId>,
    pub(super) antenna: Antenna,
    pub(super) carriers: &'a [CarrierNumber],
    pub(super) control: SlotAddress,
    /// The other sectors of its mast.
    pub(super) beside: Vec<SiteId>,
}

impl SiteTable {
    /// The site that it describes, or its sectors.
    pub(super) fn sites(&self) -> Result<Vec<Site<'_>>, Defect> {
        match &self.sectors {
            Some(sectors) => self.sector_sites(sectors),
            None => Ok(vec![self.only_site()?]),
        }
    }

    fn only_site(&self) -> Result<Site<'_>, Defect> {
        let Some(id) = self.id else {
            return Err(
                self.unfit("has no id: write id and carriers, or sectors = [{ id = 1, carriers = [1] }, …]")
            );
        };
        let place = || format!("site {id}");
        let Some(carriers) = &self.carriers else {
            let what = "has no carriers: write carriers = [1]".to_owned();
            return Err(Defect::Unfit { place: place(), what });
        };
        let control = first_control(self.control, carriers, place)?;
        let antenna = self.azimuth_deg.map_or(Antenna::Omni, Antenna::Sector);
        Ok(Site { id, table: self, mast: None, antenna, carriers, control, beside: Vec::new() })
    }

    fn sector_sites<'a>(&'a self, sectors: &'a [SectorTable]) -> Result<Vec<Site<'a>>, Defect> {
        let own = [
            ("id", self.id.is_some()),
            ("azimuth_deg", self.azimuth_deg.is_some()),
            ("carriers", self.carriers.is_some()),
            ("control", self.control.is_some()),
        ];
        if let Some((key, _)) = own.iter().find(|(_, written)| *written) {
            return Err(
                self.unfit(&format!("each of its sectors has its own {key}: leave that of the mast out"))
            );
        }
        let said: Vec<_> = sectors.iter().map(|sector| sector.azimuth_deg).collect();
        let azimuths = azimuths(&said).map_err(|unfit| match unfit {
            SectorsUnfit::Count(count) => {
                self.unfit(&format!("has {count} sectors: give 1 to {SECTORS_MAX}"))
            }
            SectorsUnfit::Alike { first, second, azimuth } => self.unfit(&format!(
                "sectors {} and {} both look to {azimuth}: give one of them another azimuth_deg",
                sectors[first].id, sectors[second].id
            )),
        })?;
        let mast = sectors.first().map(|first| MastId::of_first(first.id));
        let sites = sectors.iter().zip(azimuths).map(|(sector, azimuth)| {
            let SectorTable { id, carriers, control, .. } = sector;
            let control = first_control(*control, carriers, || format!("site {id}"))?;
            let beside = sectors.iter().map(|other| other.id).filter(|other| other != id).collect();
            let antenna = Antenna::Sector(azimuth);
            Ok(Site { id: *id, table: self, mast, antenna, carriers, control, beside })
        });
        sites.collect()
    }

    fn unfit(&self, what: &str) -> Defect {
        Defect::Unfit { place: format!("site {}", self.name), what: what.to_owned() }
    }
}

/// The control channel that is named, or the first slot of the first carrier.
fn first_control(
    named: Option<Place>,
    carriers: &[CarrierNumber],
    place: impl Fn() -> String,
) -> Result<SlotAddress, Defect> {
    let Some(first) = carriers.first() else {
        let what = "has an empty list of carriers: write carriers = [1]".to_owned();
        return Err(Defect::Unfit { place: place(), what });
    };
    Ok(named.map_or(SlotAddress::first_of(*first), |Place(control)| control))
}
