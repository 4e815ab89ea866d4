//! `[[talkgroup]]`: priority, trunking, floor, who hears its calls, and where.

use std::collections::BTreeSet;

use serde::Deserialize;
use trunklab_controller_core::config::{Reach, SpeechPolicy, Talkgroup};
use trunklab_protocol::to_site::OTHERS_MAX;
use trunklab_protocol::{
    Announcement, AreaChoice, AreaId, FloorPolicy, Priority, SiteId, StartPolicy, TalkgroupId, Trunking,
};

use super::Defect;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TalkgroupTable {
    pub(super) id: TalkgroupId,
    name: String,
    #[serde(default = "default_priority")]
    priority: Priority,
    #[serde(default)]
    trunking: Trunking,
    hang_time_ms: Option<u32>,
    transmission_ms_max: Option<u32>,
    #[serde(default)]
    floor: FloorPolicy,
    #[serde(default)]
    area: AreaWord,
    home_area: Option<AreaId>,
    #[serde(default)]
    start: Start,
    critical_sites: Option<Vec<SiteId>>,
    busy_override_ms: Option<u32>,
    members: Option<Vec<TalkgroupId>>,
    #[serde(default)]
    announcement: Announcement,
    #[serde(default)]
    broadcast: bool,
    #[serde(default)]
    system_wide: bool,
    #[serde(default)]
    record: bool,
    #[serde(default)]
    encrypted: bool,
}

/// Where calls are heard: a word, or the number of a service area.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged, expecting = "where calls are heard is \"wide\", \"local\" or the number of a service area")]
enum AreaWord {
    Word(AreaName),
    Number(AreaId),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AreaName {
    Wide,
    Local,
}

impl Default for AreaWord {
    fn default() -> Self {
        Self::Word(AreaName::Wide)
    }
}

impl From<AreaWord> for AreaChoice {
    fn from(word: AreaWord) -> Self {
        match word {
            AreaWord::Word(AreaName::Wide) => Self::Wide,
            AreaWord::Word(AreaName::Local) => Self::Local,
            AreaWord::Number(area) => Self::Named(area),
        }
    }
}

/// The word for a start policy; its sites stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Start {
    #[default]
    All,
    Critical,
    Fast,
}

const fn default_priority() -> Priority {
    Priority::new(5).expect("5 is a level")
}

impl TalkgroupTable {
    pub(super) fn config(
        self,
        sites: &BTreeSet<SiteId>,
        areas: &BTreeSet<AreaId>,
        known: &BTreeSet<TalkgroupId>,
    ) -> Result<Talkgroup, Defect> {
        let start = self.start(sites)?;
        let (home_area, area) = self.areas(areas)?;
        let Self { id, trunking, hang_time_ms, .. } = self;
        let unfit =
            |what: &str| Err(Defect::Unfit { place: format!("talkgroup {id}"), what: what.to_owned() });
        if trunking == Trunking::Transmission && hang_time_ms.is_some_and(|time| time > 0) {
            return unfit(
                "transmission trunking keeps no channel: leave hang_time_ms out, or choose trunking = \"quasi\"",
            );
        }
        if id == TalkgroupId::ALL {
            return unfit("is the number of all talkgroups together: choose another");
        }
        let reach = match (self.system_wide, self.members) {
            (true, Some(_)) => return unfit("is system-wide already: leave members out"),
            (true, None) => Reach::System,
            (false, None) => Reach::Own,
            (false, Some(members)) if members.is_empty() || members.len() > OTHERS_MAX => {
                return unfit(&format!("names {} members: give 1 to {OTHERS_MAX}", members.len()));
            }
            (false, Some(members)) => match members.iter().find(|member| !known.contains(member)) {
                Some(other) => {
                    return unfit(&format!("member {other} is not in this file: add a [[talkgroup]]"));
                }
                None => Reach::Members(members),
            },
        };
        let speech = match (self.record, self.encrypted) {
            (true, true) => {
                return unfit("is encrypted and cannot be recorded: leave record or encrypted out");
            }
            (true, false) => SpeechPolicy::Recorded,
            (false, true) => SpeechPolicy::Encrypted,
            (false, false) => SpeechPolicy::Passing,
        };
        let closed = self.broadcast || self.system_wide;
        Ok(Talkgroup {
            priority: self.priority,
            trunking,
            hang_time_ms,
            transmission_ms_max: self.transmission_ms_max,
            floor: if closed { FloorPolicy::Closed } else { self.floor },
            reach,
            announcement: self.announcement,
            home_area,
            area,
            start,
            busy_override_ms: self.busy_override_ms,
            speech,
            ..Talkgroup::named(id, self.name)
        })
    }

    fn areas(&self, known: &BTreeSet<AreaId>) -> Result<(Option<AreaId>, AreaChoice), Defect> {
        let unfit = |what: String| Err(Defect::Unfit { place: format!("talkgroup {}", self.id), what });
        let area = AreaChoice::from(self.area);
        let named = match area {
            AreaChoice::Named(area) => Some(area),
            AreaChoice::Wide | AreaChoice::Local => None,
        };
        if let Some(other) = self.home_area.into_iter().chain(named).find(|area| !known.contains(area)) {
            return unfit(format!("area {other} is not in this file: add an [[area]]"));
        }
        if area == AreaChoice::Local && self.home_area.is_none() {
            return unfit("area = \"local\" is the home area: name it in home_area".to_owned());
        }
        Ok((self.home_area, area))
    }

    fn start(&self, known: &BTreeSet<SiteId>) -> Result<StartPolicy, Defect> {
        let unfit = |what: String| Err(Defect::Unfit { place: format!("talkgroup {}", self.id), what });
        let Some(sites) = &self.critical_sites else {
            return match self.start {
                Start::All => Ok(StartPolicy::All),
                Start::Fast => Ok(StartPolicy::Fast),
                Start::Critical => {
                    unfit("start = \"critical\" waits for some sites: name them in critical_sites".to_owned())
                }
            };
        };
        if self.start != Start::Critical {
            return unfit(
                "critical_sites are waited for with start = \"critical\" alone: write that too".to_owned(),
            );
        }
        if let Some(other) = sites.iter().find(|site| !known.contains(site)) {
            return unfit(format!("critical site {other} is not in this file: add a [[site]]"));
        }
        let sites: BTreeSet<_> = sites.iter().copied().collect();
        Ok(StartPolicy::Critical(sites.into_iter().collect()))
    }
}
