//! `failsoft` of a `[[site]]`: where talkgroups go when nobody decides.

use toml::Spanned;
use trunklab_protocol::{CarrierNumber, SlotAddress, TalkgroupId};

use super::Reader;
use crate::scenario::error::ScenarioError;
use crate::scenario::form::{FailsoftForm, SiteForm};

/// Failsoft channels, each with the talkgroups that share it.
type Channels = Vec<(SlotAddress, Vec<TalkgroupId>)>;

impl Reader<'_> {
    /// Slots of calls alone, each once, and each talkgroup on one of them.
    pub(super) fn failsoft(
        &self,
        forms: &[FailsoftForm],
        carriers: &[CarrierNumber],
        control: SlotAddress,
    ) -> Result<Channels, ScenarioError> {
        let mut channels = Channels::new();
        for form in forms {
            let at = self.control(Some(&form.at), carriers)?;
            if self.profile.profile().is_controls(control, at) {
                let found = format!("failsoft channel `{}`", form.at.get_ref());
                let remedy = "name a slot that is not the control channel's";
                return Err(self.source.error(form.at.span(), found, "a slot of calls", remedy));
            }
            if channels.iter().any(|(other, _)| *other == at) {
                return Err(self.twice(form.at.span(), "failsoft channel"));
            }
            let mut talkgroups = Vec::new();
            for number in &form.talkgroups {
                let talkgroup = TalkgroupId::new(*number.get_ref())
                    .ok_or_else(|| self.out_of_range(number, "a talkgroup from 1 to 65534"))?;
                let others = channels.iter().flat_map(|(_, others)| others).chain(&talkgroups);
                if others.into_iter().any(|other| *other == talkgroup) {
                    return Err(self.twice(number.span(), "failsoft channel of the talkgroup"));
                }
                talkgroups.push(talkgroup);
            }
            channels.push((at, talkgroups));
        }
        Ok(channels)
    }

    /// Whether the talkgroups of failsoft channels exist; they are read after the sites.
    pub(super) fn failsoft_talkgroups(&self, sites: &[Spanned<SiteForm>]) -> Result<(), ScenarioError> {
        let channels = sites.iter().flat_map(|site| site.get_ref().failsoft.iter().flatten());
        let mut named = channels.flat_map(|channel| &channel.talkgroups);
        named.try_for_each(|number| self.known_talkgroup(*number.get_ref(), number.span()).map(drop))
    }
}
