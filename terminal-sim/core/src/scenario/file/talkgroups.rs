//! `[[talkgroup]]`: numbers, priorities, trunking.

use toml::Spanned;
use trunklab_protocol::{FloorPolicy, Priority, TalkgroupId, Trunking};

use super::{Reader, read_span};
use crate::scenario::error::ScenarioError;
use crate::scenario::filler::FIRST_TALKGROUP;
use crate::scenario::form::TalkgroupForm;
use crate::scenario::provision::TalkgroupProvision;

impl Reader<'_> {
    pub(super) fn talkgroup(&mut self, form: &TalkgroupForm) -> Result<(), ScenarioError> {
        let talkgroup = TalkgroupId::new(*form.id.get_ref())
            .filter(|talkgroup| talkgroup.number() < FIRST_TALKGROUP)
            .ok_or_else(|| {
                self.out_of_range(&form.id, &format!("a talkgroup number from 1 to {}", FIRST_TALKGROUP - 1))
            })?;
        if self.provision.talkgroups.iter().any(|other| other.talkgroup == talkgroup) {
            return Err(self.twice(form.id.span(), "talkgroup"));
        }
        let priority = match &form.priority {
            None => Priority::new(5).expect("a level from 1 to 10"),
            Some(level) => Priority::new(*level.get_ref())
                .ok_or_else(|| self.out_of_range(level, "a priority from 1 (highest) to 10"))?,
        };
        let trunking = self.trunking(form)?;
        let hang_time_ms = self.millis(form.hang_time.as_ref())?;
        let transmission_ms_max = self.millis(form.transmission_limit.as_ref())?;
        let policies = [FloorPolicy::Refuse, FloorPolicy::Queue];
        let floor = self.choice("floor", form.floor.as_ref(), &policies, FloorPolicy::name)?;
        let name = form.name.clone().unwrap_or_else(|| format!("Talkgroup {talkgroup}"));
        self.provision.talkgroups.push(TalkgroupProvision {
            talkgroup,
            name,
            priority,
            trunking,
            hang_time_ms,
            transmission_ms_max,
            floor,
        });
        Ok(())
    }

    /// The mode; one that keeps no channel has no hang time beside it.
    fn trunking(&self, form: &TalkgroupForm) -> Result<Trunking, ScenarioError> {
        let mode = self.choice("trunking", form.trunking.as_ref(), Trunking::ALL, Trunking::name)?;
        if let (Trunking::Transmission, Some(time)) = (mode, &form.hang_time) {
            let found = "a hang time with transmission trunking, which keeps no channel";
            let remedy = "leave hang_time out, or write trunking = \"quasi\"";
            return Err(self.source.error(time.span(), found, "no hang time", remedy));
        }
        Ok(mode)
    }

    pub(super) fn millis(&self, time: Option<&Spanned<String>>) -> Result<Option<u32>, ScenarioError> {
        let millis = |time| read_span(self.source, time).map(|span| span.as_millis());
        Ok(time.map(millis).transpose()?.map(|millis| u32::try_from(millis).unwrap_or(u32::MAX)))
    }
}
