//! Orders about a slot of the site in sight: a test, or an exercise. Each is asked about before it is given.

use std::collections::BTreeSet;

use trunklab_protocol::operator::{Order, SiteView};
use trunklab_protocol::{PlantPart, SiteId, SlotAddress};

use super::note;
use crate::keys::SlotKey;
use crate::model::{Model, Screen, Step};

/// Every slot of a site that operators know of, in order: those of its control channels too.
pub(crate) fn slot_list(site: &SiteView) -> Vec<SlotAddress> {
    let controls = std::iter::once(site.control).chain(site.further_controls.iter().copied());
    let calls = site.slots.iter().map(|slot| slot.at);
    let all: BTreeSet<_> = controls.chain(calls).chain(site.faulty.iter().copied()).collect();
    all.into_iter().collect()
}

/// The slot that keys are about.
pub(crate) fn chosen(model: &Model, site: &SiteView) -> Option<SlotAddress> {
    model.slot.chosen(&slot_list(site))
}

pub(super) fn step(model: &mut Model, step: Step) {
    if let Some(list) = in_sight(model).map(slot_list) {
        model.slot.step(&list, step);
    }
}

/// Asks whether this shall be ordered about the chosen slot.
pub(super) fn ask(model: &mut Model, key: SlotKey) {
    let known = in_sight(model).and_then(|view| Some((view.site, chosen(model, view)?)));
    match known {
        Some((site, slot)) => model.asked = Some(order(key, site, slot).into()),
        None => note(model, "open a site that is configured, and choose its slot with Left and Right"),
    }
}

fn in_sight(model: &Model) -> Option<&SiteView> {
    let Screen::Site(site) = model.screen else { return None };
    model.picture.as_ref()?.sites.iter().find(|view| view.site == site)
}

const fn order(key: SlotKey, site: SiteId, slot: SlotAddress) -> Order {
    let carrier = PlantPart { carrier: slot.carrier, slot: None };
    match key {
        SlotKey::Test => Order::TestSlot { site, slot },
        SlotKey::Break => {
            let part = PlantPart { slot: Some(slot.slot), ..carrier };
            Order::ExerciseFault { site, part, broken: true }
        }
        SlotKey::BreakCarrier => Order::ExerciseFault { site, part: carrier, broken: true },
        SlotKey::Mend => Order::ExerciseFault { site, part: carrier, broken: false },
    }
}
