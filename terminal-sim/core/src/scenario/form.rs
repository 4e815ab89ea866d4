//! A scenario's file as it is written, before anything is checked. Every value keeps its place in the text.

use serde::Deserialize;
use toml::Spanned;
use trunklab_protocol::{ClonePolicy, EmergencyPolicy, FullDuplex};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileForm {
    pub(super) title: String,
    #[serde(default)]
    pub(super) about: String,
    pub(super) profile: Option<Spanned<String>>,
    #[serde(default = "one")]
    pub(super) seed: u64,
    pub(super) duration: Spanned<String>,
    #[serde(default)]
    pub(super) network: NetworkForm,
    #[serde(default, rename = "site")]
    pub(super) sites: Vec<Spanned<SiteForm>>,
    #[serde(default, rename = "area")]
    pub(super) areas: Vec<AreaForm>,
    #[serde(default, rename = "talkgroup")]
    pub(super) talkgroups: Vec<TalkgroupForm>,
    #[serde(default, rename = "unit")]
    pub(super) units: Vec<UnitForm>,
    #[serde(default, rename = "step")]
    pub(super) steps: Vec<StepForm>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkForm {
    pub(super) queue_length: Option<Spanned<u16>>,
    pub(super) longest_wait: Option<Spanned<String>>,
    pub(super) emergency: Option<EmergencyPolicy>,
    pub(super) emergency_hang_time: Option<Spanned<String>>,
    pub(super) queue_release: Option<QueueReleaseForm>,
    pub(super) call_back: Option<Spanned<String>>,
    pub(super) recent_user: Option<Spanned<String>>,
    pub(super) clones: Option<ClonePolicy>,
    pub(super) ageing: Option<Spanned<String>>,
    pub(super) busy_override: Option<Spanned<String>>,
    pub(super) longest_transmission: Option<Spanned<String>>,
    pub(super) floor_queue_length: Option<Spanned<u16>>,
    pub(super) longest_floor_wait: Option<Spanned<String>>,
    pub(super) handover: Option<Spanned<String>>,
    pub(super) longest_page: Option<Spanned<String>>,
    pub(super) longest_ring: Option<Spanned<String>>,
    pub(super) full_duplex: Option<FullDuplex>,
    pub(super) longest_duplex: Option<Spanned<String>>,
    pub(super) individual_priority: Option<Spanned<u8>>,
    pub(super) individual_hang_time: Option<Spanned<String>>,
    pub(super) console_unit: Option<Spanned<u32>>,
    pub(super) statuses: Option<Spanned<u16>>,
    pub(super) call_alert_repeat: Option<Spanned<String>>,
    pub(super) longest_call_alert: Option<Spanned<String>>,
    pub(super) alarm_flaps: Option<Spanned<u8>>,
    pub(super) alarm_window: Option<Spanned<String>>,
    pub(super) alarm_quiet: Option<Spanned<String>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum QueueReleaseForm {
    CallBack,
    Cancel,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteForm {
    pub(super) id: Option<Spanned<u16>>,
    pub(super) name: Option<String>,
    pub(super) azimuth_deg: Option<Spanned<u16>>,
    pub(super) carriers: Option<Spanned<Vec<Spanned<u16>>>>,
    pub(super) control: Option<Spanned<String>>,
    pub(super) sectors: Option<Spanned<Vec<SectorForm>>>,
    pub(super) control_channel: Option<Spanned<String>>,
    pub(super) control_moves: Option<Spanned<String>>,
    pub(super) signalling: Option<Spanned<String>>,
    pub(super) control_layout: Option<Spanned<String>>,
    pub(super) position: Option<[i32; 2]>,
    pub(super) power_dbm: Option<i8>,
    pub(super) slot_choice: Option<Spanned<String>>,
    pub(super) access: Option<AccessForm>,
    pub(super) reselection: Option<ReselectionForm>,
    /// Over what time radios spread their registrations.
    pub(super) registration_window: Option<Spanned<String>>,
    pub(super) broadcast_interval: Option<Spanned<String>>,
    pub(super) talker_silence: Option<Spanned<String>>,
    pub(super) late_entry_interval: Option<Spanned<String>>,
    /// How long it waits for a controller before it serves alone.
    pub(super) isolated_after: Option<Spanned<String>>,
    /// How long it waits for a controller before it goes into failsoft.
    pub(super) failsoft_after: Option<Spanned<String>>,
    pub(super) failsoft: Option<Vec<FailsoftForm>>,
    /// Where the control channel goes when its slot is faulty.
    pub(super) control_candidates: Option<Vec<Spanned<String>>>,
    /// How often it tests its slots.
    pub(super) self_test: Option<Spanned<String>>,
    /// So many bad tests in a row make a slot faulty.
    pub(super) bad_tests: Option<Spanned<u8>>,
    /// So many good tests in a row make it sound again.
    pub(super) good_tests: Option<Spanned<u8>>,
}

/// A failsoft channel of a site.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailsoftForm {
    pub(super) at: Spanned<String>,
    pub(super) talkgroups: Vec<Spanned<u16>>,
}

/// What is a sector's own; everything else it has from its `[[site]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectorForm {
    pub(super) id: Spanned<u16>,
    pub(super) azimuth_deg: Option<Spanned<u16>>,
    pub(super) carriers: Spanned<Vec<Spanned<u16>>>,
    pub(super) control: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessForm {
    pub(super) backoff: Option<Spanned<u8>>,
    pub(super) tries: Option<Spanned<u8>>,
    pub(super) tries_emergency: Option<Spanned<u8>>,
    pub(super) wait: Option<Spanned<u8>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReselectionForm {
    pub(super) below_dbm: Option<i8>,
    pub(super) hysteresis_db: Option<u8>,
    pub(super) better_for: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AreaForm {
    pub(super) id: Spanned<u16>,
    pub(super) name: Option<String>,
    pub(super) sites: Vec<Spanned<u16>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum AreaWord {
    Number(u16),
    Word(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TalkgroupForm {
    pub(super) id: Spanned<u16>,
    pub(super) name: Option<String>,
    pub(super) priority: Option<Spanned<u8>>,
    pub(super) trunking: Option<Spanned<String>>,
    pub(super) hang_time: Option<Spanned<String>>,
    pub(super) transmission_limit: Option<Spanned<String>>,
    pub(super) floor: Option<Spanned<String>>,
    pub(super) home_area: Option<Spanned<u16>>,
    pub(super) area: Option<Spanned<AreaWord>>,
    pub(super) start: Option<Spanned<String>>,
    pub(super) critical_sites: Option<Spanned<Vec<Spanned<u16>>>>,
    pub(super) busy_override: Option<Spanned<String>>,
    /// The talkgroups of an announcement group.
    pub(super) members: Option<Spanned<Vec<Spanned<u16>>>>,
    pub(super) announcement: Option<Spanned<String>>,
    pub(super) broadcast: Option<bool>,
    pub(super) system_wide: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum UnitsForm {
    One(u32),
    Several(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitForm {
    pub(super) id: Spanned<UnitsForm>,
    pub(super) talkgroup: Option<Spanned<u16>>,
    pub(super) talkgroups: Option<Vec<Spanned<u16>>>,
    /// What it hears beside the selected talkgroup.
    pub(super) scan: Option<Spanned<Vec<Spanned<u16>>>>,
    pub(super) site: Option<Spanned<u16>>,
    pub(super) position: Option<[i32; 2]>,
    /// Whether it is switched on when the scenario begins.
    pub(super) on: Option<bool>,
    /// Whether the home register knows it.
    pub(super) registered: Option<bool>,
    /// The only sites where it may register.
    pub(super) allowed_sites: Option<Vec<Spanned<u16>>>,
    /// The least priority of its requests.
    pub(super) priority: Option<Spanned<u8>>,
    /// What it has the right to.
    pub(super) services: Option<Vec<Spanned<String>>>,
    /// How urgently it asks for a floor, and may.
    pub(super) floor_demand: Option<Spanned<String>>,
    /// Where it asks for an emergency call.
    pub(super) emergency_talkgroup: Option<Spanned<u16>>,
    /// Whether it takes individual calls.
    pub(super) individual_calls: Option<bool>,
    /// Whether it can talk and hear at once.
    pub(super) duplex: Option<bool>,
    /// Whether it knows no more of itself than its equipment and its key.
    pub(super) blank: Option<bool>,
    /// Its own identity as a piece of equipment.
    pub(super) imei: Option<Spanned<u64>>,
    /// The equipment that the home register knows to belong to it.
    pub(super) registered_imei: Option<Spanned<u64>>,
    /// The unit whose identity and key it has, which the home register knows once.
    pub(super) clone_of: Option<Spanned<u32>>,
    /// Whether its key differs from the one that the home register holds.
    pub(super) wrong_key: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepForm {
    pub(super) at: Option<Spanned<String>>,
    #[serde(rename = "do")]
    pub(super) action: Option<Spanned<String>>,
    pub(super) expect: Option<Spanned<String>>,
    pub(super) never: Option<Spanned<String>>,
    pub(super) within: Option<Spanned<String>>,
}

const fn one() -> u64 {
    1
}
