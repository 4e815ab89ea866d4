//! `[[talkgroup]]`: numbers, priorities, trunking.

use toml::Spanned;
use trunklab_protocol::to_site::OTHERS_MAX;
use trunklab_protocol::{Announcement, FloorPolicy, Priority, StartPolicy, TalkgroupId, Trunking};

use super::{Reader, read_span};
use crate::scenario::error::ScenarioError;
use crate::scenario::filler::FIRST_TALKGROUP;
use crate::scenario::form::TalkgroupForm;
use crate::scenario::provision::TalkgroupProvision;

/// The words for the start policies.
#[derive(Debug, Clone, Copy, Default)]
enum StartKind {
    #[default]
    All,
    Critical,
    Fast,
}

impl StartKind {
    const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Critical => "critical",
            Self::Fast => "fast",
        }
    }
}

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
        let (home_area, area) = self.talkgroup_areas(form)?;
        let start = self.start(form)?;
        let busy_override_ms = self.millis(form.busy_override.as_ref())?;
        let system_wide = form.system_wide.unwrap_or(false);
        let broadcast = form.broadcast.unwrap_or(false) || system_wide;
        if let (true, Some(text)) = (broadcast, &form.floor) {
            let found = "a floor policy for a talkgroup in which only the caller speaks";
            return Err(self.source.error(text.span(), found, "none", "leave `floor` out"));
        }
        let floor = if broadcast { FloorPolicy::Closed } else { floor };
        let announcement =
            self.choice("announcement", form.announcement.as_ref(), Announcement::ALL, Announcement::name)?;
        let members = self.members(form, system_wide)?;
        let name = form.name.clone().unwrap_or_else(|| format!("Talkgroup {talkgroup}"));
        self.provision.talkgroups.push(TalkgroupProvision {
            talkgroup,
            name,
            priority,
            trunking,
            hang_time_ms,
            transmission_ms_max,
            floor,
            home_area,
            area,
            start,
            busy_override_ms,
            members,
            announcement,
            system_wide,
        });
        Ok(())
    }

    /// For which sites calls wait: critical ones are named beside the word.
    fn start(&self, form: &TalkgroupForm) -> Result<StartPolicy, ScenarioError> {
        let kinds = [StartKind::All, StartKind::Critical, StartKind::Fast];
        match (self.choice("start", form.start.as_ref(), &kinds, StartKind::name)?, &form.critical_sites) {
            (StartKind::All, None) => Ok(StartPolicy::All),
            (StartKind::Fast, None) => Ok(StartPolicy::Fast),
            (StartKind::Critical, Some(sites)) => {
                let known = |site: &Spanned<u16>| self.known_site(*site.get_ref(), site.span());
                let mut sites = sites.get_ref().iter().map(known).collect::<Result<Vec<_>, _>>()?;
                sites.sort_unstable();
                sites.dedup();
                Ok(StartPolicy::Critical(sites))
            }
            (StartKind::Critical, None) => {
                let found = "start `critical` without its sites";
                let remedy = "name the sites to wait for: critical_sites = [3]";
                Err(self.source.error(form.id.span(), found, "critical_sites beside it", remedy))
            }
            (StartKind::All | StartKind::Fast, Some(sites)) => {
                let found = "critical_sites of a talkgroup that waits for none in particular";
                let remedy = "write start = \"critical\", or leave the sites out";
                Err(self.source.error(sites.span(), found, "them with start = \"critical\" alone", remedy))
            }
        }
    }

    /// The talkgroups of an announcement group, which stand above it.
    fn members(&self, form: &TalkgroupForm, system_wide: bool) -> Result<Vec<TalkgroupId>, ScenarioError> {
        let Some(members) = &form.members else { return Ok(Vec::new()) };
        let listed = members.get_ref();
        if system_wide || listed.is_empty() || listed.len() > OTHERS_MAX {
            let found = if system_wide {
                "members of a system-wide talkgroup".to_owned()
            } else {
                format!("{} members", listed.len())
            };
            let expected = format!("1 to {OTHERS_MAX} members, or system_wide = true");
            return Err(self.source.error(members.span(), found, expected, ""));
        }
        listed.iter().map(|number| self.known_talkgroup(*number.get_ref(), number.span())).collect()
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
