//! `[system]`, `[[console]]` and `[[status]]`: limits of the whole system, the operators that may talk, and predefined statuses.

use std::net::SocketAddr;

use serde::Deserialize;
use trunklab_controller_core::call::console::CONSOLES_MAX;
use trunklab_controller_core::config::{ConsoleUnit, QueueRelease, STATUSES_MAX, SystemParameters};
use trunklab_protocol::operator::{ConsoleName, StatusText};
use trunklab_protocol::settings::NAME_LEN_MAX;
use trunklab_protocol::{ClonePolicy, EmergencyPolicy, FullDuplex, NodeId, Priority, UnitId};

use super::subscriber::SubscriberTable;
use super::{Defect, check_numbers};

/// Where the voice switch receives is not here: the controller knows where it was bound.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SystemTable {
    node: Option<NodeId>,
    queue_len_max: Option<u16>,
    queue_wait_ms_max: Option<u32>,
    emergency: Option<EmergencyPolicy>,
    emergency_hang_time_ms: Option<u32>,
    emergencies_max: Option<u16>,
    radio_orders_max: Option<u16>,
    queue_release: Option<QueueRelease>,
    call_back_ms: Option<u32>,
    recent_user_ms: Option<u32>,
    ageing_ms: Option<u32>,
    busy_override_ms: Option<u32>,
    transmission_ms_max: Option<u32>,
    transmission_warning_ms: Option<u32>,
    floor_queue_len_max: Option<u16>,
    floor_wait_ms_max: Option<u32>,
    handover_ms: Option<u32>,
    page_ms_max: Option<u32>,
    ring_ms_max: Option<u32>,
    full_duplex: Option<FullDuplex>,
    duplex_ms_max: Option<u32>,
    individual_priority: Option<Priority>,
    individual_hang_time_ms: Option<u32>,
    challenge_ms_max: Option<u32>,
    clones: Option<ClonePolicy>,
    clone_heard_ms: Option<u32>,
    clone_leap_ms: Option<u32>,
    clone_refused_ms: Option<u32>,
    challenges_max: Option<u16>,
    copied_vectors: Option<u8>,
    visitors_max: Option<u32>,
    site_silence_ms_max: Option<u32>,
    heartbeat_ms: Option<u16>,
    statistics_step_s: Option<u16>,
    statistics_fine_h: Option<u16>,
    statistics_days: Option<u16>,
    messages_max: Option<u16>,
    message_wait_ms: Option<u32>,
    message_tries: Option<u8>,
    call_alert_repeat_ms: Option<u32>,
    call_alert_ms_max: Option<u32>,
    alarm_flaps_max: Option<u8>,
    alarm_window_ms: Option<u32>,
    alarm_quiet_ms: Option<u32>,
}

/// A console whose operator may talk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsoleTable {
    name: ConsoleName,
    unit: UnitId,
}

impl SystemTable {
    pub(super) fn parameters(self) -> SystemParameters {
        let usual = SystemParameters::default();
        SystemParameters {
            node: self.node.unwrap_or(usual.node),
            switch_address: SocketAddr::from(([127, 0, 0, 1], 0)),
            queue_len_max: self.queue_len_max.unwrap_or(usual.queue_len_max),
            queue_wait_ms_max: self.queue_wait_ms_max.unwrap_or(usual.queue_wait_ms_max),
            emergency: self.emergency.unwrap_or(usual.emergency),
            emergency_hang_time_ms: self.emergency_hang_time_ms.or(usual.emergency_hang_time_ms),
            emergencies_max: self.emergencies_max.unwrap_or(usual.emergencies_max),
            radio_orders_max: self.radio_orders_max.unwrap_or(usual.radio_orders_max),
            queue_release: self.queue_release.unwrap_or(usual.queue_release),
            call_back_ms: self.call_back_ms.unwrap_or(usual.call_back_ms),
            recent_user_ms: self.recent_user_ms.unwrap_or(usual.recent_user_ms),
            ageing_ms: self.ageing_ms.unwrap_or(usual.ageing_ms),
            busy_override_ms: self.busy_override_ms.unwrap_or(usual.busy_override_ms),
            transmission_ms_max: self.transmission_ms_max.unwrap_or(usual.transmission_ms_max),
            transmission_warning_ms: self.transmission_warning_ms.unwrap_or(usual.transmission_warning_ms),
            floor_queue_len_max: self.floor_queue_len_max.unwrap_or(usual.floor_queue_len_max),
            floor_wait_ms_max: self.floor_wait_ms_max.unwrap_or(usual.floor_wait_ms_max),
            handover_ms: self.handover_ms.unwrap_or(usual.handover_ms),
            page_ms_max: self.page_ms_max.unwrap_or(usual.page_ms_max),
            ring_ms_max: self.ring_ms_max.unwrap_or(usual.ring_ms_max),
            full_duplex: self.full_duplex.unwrap_or(usual.full_duplex),
            duplex_ms_max: self.duplex_ms_max.unwrap_or(usual.duplex_ms_max),
            individual_priority: self.individual_priority.unwrap_or(usual.individual_priority),
            individual_hang_time_ms: self.individual_hang_time_ms.or(usual.individual_hang_time_ms),
            challenge_ms_max: self.challenge_ms_max.unwrap_or(usual.challenge_ms_max),
            clones: self.clones.unwrap_or(usual.clones),
            clone_heard_ms: self.clone_heard_ms.unwrap_or(usual.clone_heard_ms),
            clone_leap_ms: self.clone_leap_ms.unwrap_or(usual.clone_leap_ms),
            clone_refused_ms: self.clone_refused_ms.unwrap_or(usual.clone_refused_ms),
            challenges_max: self.challenges_max.unwrap_or(usual.challenges_max),
            copied_vectors: self.copied_vectors.unwrap_or(usual.copied_vectors),
            visitors_max: self.visitors_max.unwrap_or(usual.visitors_max),
            site_silence_ms_max: self.site_silence_ms_max.unwrap_or(usual.site_silence_ms_max),
            heartbeat_ms: self.heartbeat_ms.unwrap_or(usual.heartbeat_ms),
            statistics_step_s: self.statistics_step_s.unwrap_or(usual.statistics_step_s),
            statistics_fine_h: self.statistics_fine_h.unwrap_or(usual.statistics_fine_h),
            statistics_days: self.statistics_days.unwrap_or(usual.statistics_days),
            consoles: usual.consoles,
            statuses: usual.statuses,
            messages_max: self.messages_max.unwrap_or(usual.messages_max),
            message_wait_ms: self.message_wait_ms.unwrap_or(usual.message_wait_ms),
            message_tries: self.message_tries.unwrap_or(usual.message_tries),
            call_alert_repeat_ms: self.call_alert_repeat_ms.unwrap_or(usual.call_alert_repeat_ms),
            call_alert_ms_max: self.call_alert_ms_max.unwrap_or(usual.call_alert_ms_max),
            alarm_flaps_max: self.alarm_flaps_max.unwrap_or(usual.alarm_flaps_max),
            alarm_window_ms: self.alarm_window_ms.unwrap_or(usual.alarm_window_ms),
            alarm_quiet_ms: self.alarm_quiet_ms.unwrap_or(usual.alarm_quiet_ms),
        }
    }
}

pub(super) fn consoles(
    tables: Vec<ConsoleTable>,
    subscribers: &[SubscriberTable],
) -> Result<Vec<ConsoleUnit>, Defect> {
    check_numbers("console", tables.iter().map(|console| console.name.clone()))?;
    check_numbers("console unit", tables.iter().map(|console| console.unit))?;
    let unfit = |console: &ConsoleTable, what: String| {
        Err(Defect::Unfit { place: format!("console {}", console.name), what })
    };
    for console in &tables {
        if subscribers.iter().any(|subscriber| subscriber.unit == console.unit) {
            return unfit(
                console,
                format!("unit {} is a subscriber: give the console a number of its own", console.unit),
            );
        }
    }
    if let Some(console) = tables.get(CONSOLES_MAX) {
        return unfit(console, format!("is one too many: {CONSOLES_MAX} consoles may talk"));
    }
    Ok(tables.into_iter().map(|ConsoleTable { name, unit }| ConsoleUnit { name, unit }).collect())
}

/// The statuses in order of their numbers.
pub(super) fn statuses(mut tables: Vec<StatusText>) -> Result<Vec<StatusText>, Defect> {
    check_numbers("status", tables.iter().map(|status| status.number))?;
    tables.sort_by_key(|status| status.number);
    let unfit = |status: &StatusText, what: String| {
        Err(Defect::Unfit { place: format!("status {}", status.number), what })
    };
    if let Some(status) = tables.iter().find(|status| status.text.len() > NAME_LEN_MAX) {
        return unfit(status, format!("its text is longer than {NAME_LEN_MAX} octets: shorten it"));
    }
    match tables.get(STATUSES_MAX) {
        Some(status) => unfit(status, format!("is one too many: there may be {STATUSES_MAX}")),
        None => Ok(tables),
    }
}
