//! Registrations that are none, over a link of their own: nobody is let in by them, and nobody is put out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

#[allow(dead_code, reason = "other tests use more of it")]
mod site;

use site::{KEY, Site, answer, zone_of};
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::zone::Zone;
use trunklab_controller_core::config::{Change, SiteConfig};
use trunklab_protocol::from_site::{Affiliate, Answer};
use trunklab_protocol::proof::Response;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{CarrierNumber, Cause, Identity, Press, ProfileId, ScanList, SiteId, UnitId};

fn unit() -> UnitId {
    UnitId::new(1).unwrap()
}

fn says(response: Response) -> Answer {
    Answer { identity: Identity::Unit(unit()), response, talkgroup: None, secondary: ScanList::default() }
}

/// Why the site is told that a registration is none.
async fn refused(site: &mut Site, word: Answer) -> Cause {
    site.put(&word.into());
    site.send().await;
    let Some(ToSite::RegisterRefused(refused)) = site.hears().await else { panic!("no refusal") };
    refused.cause
}

#[tokio::test]
async fn recorded_forged_and_foreign_answers_from_another_address_register_nobody_and_disturb_nobody() {
    let zone = Zone::ephemeral().unwrap();
    let mut changes = zone_of(2);
    let other = SiteId::new(2).unwrap();
    changes.push(Change::Site(SiteConfig::new(other, ProfileId::Iden, CarrierNumber::new(2).unwrap())));
    let controller = RunningController::start(ControllerOptions::ephemeral(&zone, changes)).await.unwrap();
    let listen = controller.addresses().listen;
    let (mut honest, _) = Site::in_service(listen, &zone).await;
    let (mut hostile, _) = Site::in_service_as(other, listen, &zone).await;

    // What was said on the honest link is recorded.
    let challenge = honest.challenged(unit()).await;
    honest.put(&answer(&challenge));
    honest.send().await;
    let Some(ToSite::Registered(welcome)) = honest.hears().await else { panic!("not registered") };
    let recorded = KEY.answer(&challenge.challenge, None);

    let foreign = hostile.challenged(UnitId::new(2).unwrap()).await;
    for _ in 0..200 {
        // Out of order: before any challenge; then recorded, for a challenge of this link; then again, when that is spent.
        assert_eq!(refused(&mut hostile, says(recorded)).await, Cause::NoChallenge);
        let own = hostile.challenged(unit()).await;
        assert_ne!(own.challenge.octets(), challenge.challenge.octets());
        assert_eq!(refused(&mut hostile, says(recorded)).await, Cause::AuthenticationFailed);
        assert_eq!(refused(&mut hostile, says(recorded)).await, Cause::NoChallenge);
        // Right, but for the challenge of another unit, and made up.
        hostile.challenged(unit()).await;
        let of_another = KEY.answer(&foreign.challenge, None);
        assert_eq!(refused(&mut hostile, says(of_another)).await, Cause::AuthenticationFailed);
        hostile.challenged(unit()).await;
        assert_eq!(refused(&mut hostile, says(Response::new([7; 8]))).await, Cause::AuthenticationFailed);
    }

    // The honest link heard nothing of it, and its unit is where it was.
    let press = Press::new(9).unwrap();
    let (talkgroup, secondary) = (site::talkgroup_id(), ScanList::default());
    honest.put(&Affiliate { unit: unit(), press, talkgroup, secondary }.into());
    honest.send().await;
    let Some(ToSite::Affiliated(affiliated)) = honest.hears().await else { panic!("the unit was disturbed") };
    assert_eq!((affiliated.unit, affiliated.press), (unit(), press));
    honest.put(&answer(&challenge));
    honest.send().await;
    let Some(ToSite::Registered(again)) = honest.hears().await else { panic!("the registration is gone") };
    assert_eq!(again.tmsi, welcome.tmsi);
    controller.stop().await.unwrap();
}
