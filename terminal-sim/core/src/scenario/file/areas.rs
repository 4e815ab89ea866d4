//! `[[area]]`: service areas, and the talkgroups' choice among them.

use toml::Spanned;
use trunklab_protocol::{AreaChoice, AreaId};

use super::Reader;
use crate::scenario::error::ScenarioError;
use crate::scenario::form::{AreaForm, AreaWord, TalkgroupForm};
use crate::scenario::provision::AreaProvision;

impl Reader<'_> {
    pub(super) fn area(&mut self, form: &AreaForm) -> Result<(), ScenarioError> {
        let area = AreaId::new(*form.id.get_ref())
            .ok_or_else(|| self.out_of_range(&form.id, "an area number from 1 to 65533"))?;
        if self.provision.areas.iter().any(|other| other.area == area) {
            return Err(self.twice(form.id.span(), "area"));
        }
        let known = |site: &Spanned<u16>| self.known_site(*site.get_ref(), site.span());
        let sites = form.sites.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        let name = form.name.clone().unwrap_or_else(|| format!("Area {area}"));
        self.provision.areas.push(AreaProvision { area, name, sites });
        Ok(())
    }

    /// The home area, and where calls are heard whose caller chooses nothing.
    pub(super) fn talkgroup_areas(
        &self,
        form: &TalkgroupForm,
    ) -> Result<(Option<AreaId>, AreaChoice), ScenarioError> {
        let known = |area: &Spanned<u16>| self.known_area(*area.get_ref(), area.span());
        let home = form.home_area.as_ref().map(known).transpose()?;
        let Some(word) = &form.area else { return Ok((home, AreaChoice::Wide)) };
        let area = match word.get_ref() {
            AreaWord::Number(number) => AreaChoice::Named(self.known_area(*number, word.span())?),
            AreaWord::Word(text) if text == "wide" => AreaChoice::Wide,
            AreaWord::Word(text) if text == "local" && home.is_some() => AreaChoice::Local,
            AreaWord::Word(text) if text == "local" => {
                let remedy = "name its home_area too";
                return Err(self.source.error(word.span(), "area `local`", "a home_area beside it", remedy));
            }
            AreaWord::Word(text) => {
                let expected = "`wide`, `local` or the number of an area";
                return Err(self.source.error(word.span(), format!("area `{text}`"), expected, ""));
            }
        };
        Ok((home, area))
    }
}
