//! Joining talkgroups from the list of them: marks, and the orders that the operator is asked to confirm.

use trunklab_protocol::TalkgroupId;
use trunklab_protocol::operator::Order;
use trunklab_protocol::to_site::OTHERS_MAX;

use super::{group_list, note};
use crate::model::Model;

/// As many talkgroups can be joined.
const MARKS_MAX: usize = OTHERS_MAX + 1;

/// Marks the chosen talkgroup, or takes its mark away.
pub(super) fn mark(model: &mut Model) {
    let Some(chosen) = model.groups.chosen(&group_list(model)) else { return };
    if model.marked.remove(&chosen) {
        return;
    }
    if model.marked.len() < MARKS_MAX {
        model.marked.insert(chosen);
    } else {
        note(model, format!("{MARKS_MAX} talkgroups can be joined, no more"));
    }
}

/// Asks whether the marked talkgroups shall be joined by this order.
pub(super) fn ask_to_join(model: &mut Model, order: fn(Vec<TalkgroupId>) -> Order) {
    let known = group_list(model);
    let marked: Vec<_> = model.marked.iter().copied().filter(|talkgroup| known.contains(talkgroup)).collect();
    if marked.len() < 2 {
        return note(model, "mark the talkgroups to be joined with Space, two at least");
    }
    model.asked = Some(order(marked).into());
}

/// Asks whether the patch of the chosen talkgroup shall be undone.
pub(super) fn ask_to_part(model: &mut Model) {
    let Some(talkgroup) = model.groups.chosen(&group_list(model)) else { return };
    let mut patches = model.picture.iter().flat_map(|picture| &picture.patches);
    if patches.any(|patch| patch.talkgroups.contains(&talkgroup)) {
        model.asked = Some(Order::UndoPatch { talkgroup }.into());
    } else {
        note(model, format!("talkgroup {talkgroup} is joined with no other"));
    }
}

/// An order is given: the marks that it was made from have done their work.
pub(super) fn clear_marks(model: &mut Model, order: &Order) {
    if matches!(order, Order::Patch { .. } | Order::Multiselect { .. }) {
        model.marked.clear();
    }
}
