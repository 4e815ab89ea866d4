//! What a name or number must be, and the sentence where it is not.

use std::ops::Range;

use toml::Spanned;
use trunklab_protocol::{AreaId, SiteId, TalkgroupId, UnitId};

use super::Reader;
use crate::scenario::error::ScenarioError;
use crate::scenario::filler::FIRST_UNIT;
use crate::scenario::nearest::did_you_mean;

impl Reader<'_> {
    pub(super) fn known_unit(&self, unit: UnitId, span: Range<usize>) -> Result<UnitId, ScenarioError> {
        let known = || self.provision.units.iter().map(|known| known.unit.number());
        if known().any(|number| number == unit.number()) {
            return Ok(unit);
        }
        Err(self.unknown("unit", unit.number(), known(), span))
    }

    pub(super) fn known_site(&self, number: u16, span: Range<usize>) -> Result<SiteId, ScenarioError> {
        let known = || self.provision.sites.iter().map(|known| known.site);
        if let Some(site) = known().find(|site| site.number() == number) {
            return Ok(site);
        }
        Err(self.unknown("site", u32::from(number), known().map(|site| u32::from(site.number())), span))
    }

    pub(super) fn known_talkgroup(
        &self,
        number: u16,
        span: Range<usize>,
    ) -> Result<TalkgroupId, ScenarioError> {
        let known = || self.provision.talkgroups.iter().map(|known| known.talkgroup);
        if let Some(talkgroup) = known().find(|talkgroup| talkgroup.number() == number) {
            return Ok(talkgroup);
        }
        let numbers = known().map(|talkgroup| u32::from(talkgroup.number()));
        Err(self.unknown("talkgroup", u32::from(number), numbers, span))
    }

    pub(super) fn known_area(&self, number: u16, span: Range<usize>) -> Result<AreaId, ScenarioError> {
        let known = || self.provision.areas.iter().map(|known| known.area);
        if let Some(area) = known().find(|area| area.number() == number) {
            return Ok(area);
        }
        Err(self.unknown("area", u32::from(number), known().map(|area| u32::from(area.number())), span))
    }

    fn unknown(
        &self,
        kind: &str,
        number: u32,
        known: impl Iterator<Item = u32>,
        span: Range<usize>,
    ) -> ScenarioError {
        let known: Vec<_> =
            known.filter(|known| *known < FIRST_UNIT).map(|known| known.to_string()).collect();
        let found = format!("{kind} {number}");
        let mut remedy = did_you_mean(&number.to_string(), known.iter().map(String::as_str));
        if remedy.is_empty() {
            remedy = format!("declare it under [[{kind}]] above the steps");
        }
        self.source.error(span, found, format!("a {kind} of this scenario"), remedy)
    }

    pub(super) fn out_of_range<T: std::fmt::Display>(
        &self,
        value: &Spanned<T>,
        expected: &str,
    ) -> ScenarioError {
        self.source.error(value.span(), format!("`{}`", value.get_ref()), expected, "")
    }

    pub(super) fn twice(&self, span: Range<usize>, kind: &str) -> ScenarioError {
        let found = format!("{kind} {} a second time", self.source.excerpt(span.clone()));
        self.source.error(
            span,
            found,
            format!("each {kind} once"),
            "give it another number, or take one away",
        )
    }
}
