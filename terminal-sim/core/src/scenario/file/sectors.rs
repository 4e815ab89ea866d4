//! `sectors = […]`: several sites on one mast, each with an antenna that looks its own way (clause 12.12.6).

use toml::Spanned;
use trunklab_protocol::mast::{SECTORS_MAX, SectorsUnfit, azimuths};
use trunklab_protocol::{Antenna, Azimuth, MastId, SiteId};

use super::Reader;
use crate::scenario::error::ScenarioError;
use crate::scenario::form::{SectorForm, SiteForm};

/// What is its own of one site of a `[[site]]`: of the only one, or of one of its sectors.
pub(super) struct Part<'a> {
    pub(super) id: &'a Spanned<u16>,
    pub(super) mast: Option<MastId>,
    pub(super) antenna: Antenna,
    pub(super) carriers: &'a Spanned<Vec<Spanned<u16>>>,
    pub(super) control: Option<&'a Spanned<String>>,
}

impl Reader<'_> {
    /// The site that a `[[site]]` describes, or its sectors.
    pub(super) fn parts<'a>(&self, form: &'a Spanned<SiteForm>) -> Result<Vec<Part<'a>>, ScenarioError> {
        match &form.get_ref().sectors {
            Some(sectors) => self.sectors(form.get_ref(), sectors),
            None => Ok(vec![self.only_part(form)?]),
        }
    }

    fn only_part<'a>(&self, form: &'a Spanned<SiteForm>) -> Result<Part<'a>, ScenarioError> {
        let SiteForm { id, azimuth_deg, carriers, control, .. } = form.get_ref();
        let (Some(id), Some(carriers)) = (id, carriers) else {
            let found = format!("a site without {}", if id.is_none() { "id" } else { "carriers" });
            let remedy = "or sectors = [{ id = 1, carriers = [1] }, …]";
            return Err(self.source.error(form.span(), found, "id = 1 and carriers = [1]", remedy));
        };
        let antenna = match azimuth_deg {
            Some(azimuth) => Antenna::Sector(self.azimuth(azimuth)?),
            None => Antenna::Omni,
        };
        Ok(Part { id, mast: None, antenna, carriers, control: control.as_ref() })
    }

    fn sectors<'a>(
        &self,
        form: &SiteForm,
        sectors: &'a Spanned<Vec<SectorForm>>,
    ) -> Result<Vec<Part<'a>>, ScenarioError> {
        let own = [
            form.id.as_ref().map(Spanned::span),
            form.azimuth_deg.as_ref().map(Spanned::span),
            form.carriers.as_ref().map(Spanned::span),
            form.control.as_ref().map(Spanned::span),
        ];
        if let Some(span) = own.into_iter().flatten().next() {
            let found = format!("{} beside sectors", self.source.excerpt(span.clone()));
            let expected = "id, azimuth_deg, carriers and control in each sector";
            return Err(self.source.error(span, found, expected, "leave that of the mast out"));
        }
        let said = sectors
            .get_ref()
            .iter()
            .map(|sector| sector.azimuth_deg.as_ref().map(|degrees| self.azimuth(degrees)).transpose());
        let azimuths =
            azimuths(&said.collect::<Result<Vec<_>, _>>()?).map_err(|unfit| self.no_mast(sectors, unfit))?;
        let first = sectors.get_ref().first().and_then(|first| SiteId::new(*first.id.get_ref()));
        let mast = first.map(MastId::of_first);
        let parts = sectors.get_ref().iter().zip(azimuths).map(|(sector, azimuth)| {
            let SectorForm { id, carriers, control, .. } = sector;
            Part { id, mast, antenna: Antenna::Sector(azimuth), carriers, control: control.as_ref() }
        });
        Ok(parts.collect())
    }

    fn no_mast(&self, sectors: &Spanned<Vec<SectorForm>>, unfit: SectorsUnfit) -> ScenarioError {
        let list = sectors.get_ref();
        match unfit {
            SectorsUnfit::Count(count) => {
                let found = format!("{count} sectors");
                self.source.error(sectors.span(), found, format!("1 to {SECTORS_MAX}"), "")
            }
            SectorsUnfit::Alike { first, second, azimuth } => {
                let SectorForm { id, azimuth_deg, .. } = &list[second];
                let span = azimuth_deg.as_ref().unwrap_or(id).span();
                let (one, other) = (list[first].id.get_ref(), id.get_ref());
                let found = format!("sectors {one} and {other} that both look to {azimuth}");
                let remedy = "give one of them another azimuth_deg";
                self.source.error(span, found, "sectors that look different ways", remedy)
            }
        }
    }

    fn azimuth(&self, degrees: &Spanned<u16>) -> Result<Azimuth, ScenarioError> {
        let expected = "an azimuth in whole degrees from 0 to 359, clockwise from north";
        Azimuth::new(*degrees.get_ref()).ok_or_else(|| self.out_of_range(degrees, expected))
    }
}
