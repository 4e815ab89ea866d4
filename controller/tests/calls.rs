//! A whole controller with its real core: a radio registers, asks, is granted; a restart begins a new term.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

#[allow(dead_code, reason = "the benchmarks use more of it")]
mod site;

use site::{Site, site_id, talkgroup_id, zone_of};
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::store::StorePlace;
use trunklab_controller::zone::Zone;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::CallRequest;
use trunklab_protocol::to_site::{Close, ToSite};
use trunklab_protocol::{Cause, Press, UnitId};

fn unit() -> UnitId {
    UnitId::new(1).unwrap()
}

#[tokio::test]
async fn a_radio_registers_asks_and_is_granted_over_tls() {
    let zone = Zone::ephemeral().unwrap();
    let options = ControllerOptions::ephemeral(&zone, zone_of(1));
    let controller = RunningController::start(options).await.unwrap();
    let (mut site, settings) = Site::in_service(controller.addresses().listen, &zone).await;
    assert_eq!(settings.site, site_id());
    assert_eq!(settings.switch_address, controller.addresses().voice);

    assert_eq!(site.registers(unit()).await.unit, unit());
    let request = CallRequest {
        unit: unit(),
        press: Press::new(2).unwrap(),
        talkgroup: talkgroup_id(),
        kind: RequestKind::Emergency,
        area: None,
    };
    site.put(&request.into());
    site.send().await;
    let answered = site.hears().await.unwrap();
    let ToSite::Assert(granted) = answered else { panic!("{answered:?}") };
    assert_eq!(granted.talker.unwrap().unit, unit());

    let snapshot = controller.snapshot().await.unwrap();
    assert_eq!((snapshot.totals.granted, snapshot.totals.registered), (1, 1));
    assert!(snapshot.sites[0].in_service);
    let counters = controller.counters();
    assert_eq!(counters.calls_granted.read(), 1);
    while counters.grant_latency.read().count == 0 || counters.stored.read() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(counters.switch_octets.sent.read() > 0, "the switch was told");
    controller.stop().await.unwrap();
    let mut last = None;
    while let Some(message) = site.hears().await {
        last = Some(message);
    }
    assert_eq!(last, Some(Close { cause: Cause::Shutdown }.into()));
}

#[tokio::test]
async fn a_controller_that_starts_again_serves_the_same_zone_in_a_new_term() {
    let directory = tempfile::tempdir().unwrap();
    let zone = Zone::ephemeral().unwrap();
    for (term, provision) in [(1, zone_of(1)), (2, Vec::new())] {
        let mut options = ControllerOptions::ephemeral(&zone, provision);
        options.store = StorePlace::File(directory.path().join("zone.db"));
        let controller = RunningController::start(options).await.unwrap();
        let (mut site, _) = Site::in_service(controller.addresses().listen, &zone).await;
        site.registers(unit()).await;
        assert_eq!(controller.snapshot().await.unwrap().epoch.number(), term);
        controller.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_site_that_nobody_configured_is_told_so() {
    let zone = Zone::ephemeral().unwrap();
    let options = ControllerOptions::ephemeral(&zone, Vec::new());
    let controller = RunningController::start(options).await.unwrap();
    let counters = controller.counters();
    let config =
        trunklab_controller::zone::client_config(zone.ca_pem(), Some(&zone.site(site_id()).unwrap()))
            .unwrap();
    let stream = tokio::net::TcpStream::connect(controller.addresses().listen).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("controller").unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let _stream = connector.connect(name, stream).await.unwrap();
    while counters.links_closed.read().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(counters.links_closed.read(), [(Cause::UnknownSite, 1)]);
}
