//! Exercise faults and tests of slots by order (docs/resilience.md 14.2).

use trunklab_protocol::PlantPart;
use trunklab_protocol::from_site::{FromSite, SlotTested};
use trunklab_protocol::to_site::{ExerciseFault, TestSlot};

use crate::controller::{at, carrier, nowhere, served};

#[tokio::test]
async fn a_slot_that_an_operator_breaks_is_not_heard_until_it_is_mended() {
    let (_station, mut site) = served(nowhere()).await;
    let part = PlantPart { carrier: carrier(1), slot: Some(at(1, 1).slot) };
    for (slot, broken, heard) in
        [(at(1, 1), false, true), (at(1, 1), true, false), (at(2, 1), true, true), (at(1, 1), false, true)]
    {
        site.order(ExerciseFault { part, broken }).await;
        site.order(TestSlot { at: slot }).await;
        let told = site
            .until(|message| if let FromSite::SlotTested(word) = message { Some(word) } else { None })
            .await;
        assert_eq!(told, SlotTested { at: slot, heard });
    }
}
