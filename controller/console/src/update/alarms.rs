//! Alarms of the network's parts: which one keys are about, and that it was seen.

use std::cmp::Reverse;

use trunklab_protocol::operator::{AlarmId, NetworkAlarm, Order, Severity};

use super::{Command, give, note};
use crate::model::Model;

/// The alarms, the gravest first, of equals the newest.
pub(crate) fn alarm_list(model: &Model) -> Vec<(Reverse<Severity>, Reverse<AlarmId>)> {
    let alarms = model.picture.iter().flat_map(|picture| &picture.alarms);
    let mut list: Vec<_> = alarms.map(|alarm| (Reverse(alarm.severity), Reverse(alarm.id))).collect();
    list.sort_unstable();
    list
}

/// The alarm that keys are about.
fn chosen(model: &Model) -> Option<&NetworkAlarm> {
    let (_, Reverse(id)) = model.alarms.chosen(&alarm_list(model))?;
    model.picture.iter().flat_map(|picture| &picture.alarms).find(|alarm| alarm.id == id)
}

/// The chosen one was seen.
pub(super) fn acknowledge(model: &mut Model) -> Option<Command> {
    let Some((id, by)) = chosen(model).map(|alarm| (alarm.id, alarm.acknowledged_by.clone())) else {
        note(model, "there is no alarm to acknowledge");
        return None;
    };
    if let Some(by) = by {
        note(model, format!("{by} has acknowledged alarm {id}"));
        return None;
    }
    give(model, Order::AcknowledgeAlarm { alarm: id })
}
