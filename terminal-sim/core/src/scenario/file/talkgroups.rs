//! `[[talkgroup]]`: numbers, priorities, hang times.

use trunklab_protocol::{Priority, TalkgroupId};

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
        let hang_time_ms = match &form.hang_time {
            None => None,
            Some(time) => Some(read_span(self.source, time)?.as_millis().min(u64::from(u32::MAX)) as u32),
        };
        let name = form.name.clone().unwrap_or_else(|| format!("Talkgroup {talkgroup}"));
        self.provision.talkgroups.push(TalkgroupProvision { talkgroup, name, priority, hang_time_ms });
        Ok(())
    }
}
