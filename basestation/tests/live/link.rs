//! The link: certificates, faults, reconnection, an orderly end.

use trunklab_basestation::{StartError, Station};
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::to_site::Heartbeat;
use trunklab_protocol::{Cause, Epoch, Family, frame};

use crate::controller::{Controller, nowhere, options, served, status};
use crate::zone::Zone;

#[tokio::test]
async fn a_station_greets_is_configured_and_serves() {
    let (station, _site) = served(nowhere()).await;
    let octets = status(&station, |status| {
        (status.view.service == SiteService::Wide && status.controller.is_some()).then_some(status.octets)
    })
    .await;
    assert!(octets.from_site > 0 && octets.to_site > 0, "{octets:?}");
}

#[tokio::test]
async fn a_controller_of_another_authority_or_name_is_refused() {
    let zone = Zone::new();
    for (of, name) in [(&Zone::new(), "controller"), (&zone, "site-9")] {
        let impostor = Controller::open(of, name).await;
        let station = Station::start(options(&zone, vec![impostor.address()])).await.unwrap();
        // It comes again and again, and never says a word.
        for _ in 0..2 {
            assert!(impostor.answer().await.is_err(), "{name}");
        }
        status(&station, |status| (status.octets.from_site == 0).then_some(())).await;
        station.stop().await;
    }
}

#[tokio::test]
async fn a_station_that_the_zone_did_not_certify_is_refused() {
    let zone = Zone::new();
    let controller = Controller::open(&zone, "controller").await;
    let mut options = options(&zone, vec![controller.address()]);
    options.credentials = trunklab_basestation::Credentials {
        ca_pem: zone.ca_pem.clone(),
        ..Zone::new().credentials("site-3")
    };
    let station = Station::start(options).await.unwrap();
    assert!(controller.answer().await.is_err());
    station.stop().await;
}

#[tokio::test]
async fn a_lost_link_comes_back_by_itself_and_the_site_says_that_it_is_the_same() {
    let zone = Zone::new();
    let controller = Controller::open(&zone, "controller").await;
    let station = Station::start(options(&zone, vec![controller.address()])).await.unwrap();
    let mut runs = Vec::new();
    for _ in 0..3 {
        let mut site = controller.answer().await.unwrap();
        runs.push(site.greet(nowhere()).await.incarnation);
        status(&station, |status| (status.view.service == SiteService::Wide).then_some(())).await;
        drop(site);
        status(&station, |status| (status.view.service == SiteService::NoService).then_some(())).await;
    }
    assert!(runs.windows(2).all(|pair| pair[0] == pair[1]), "{runs:?}");
}

#[tokio::test]
async fn the_next_controller_is_tried_when_one_is_gone() {
    let zone = Zone::new();
    let gone = Controller::open(&zone, "controller").await.address();
    let standby = Controller::open(&zone, "controller").await;
    let station = Station::start(options(&zone, vec![gone, standby.address()])).await.unwrap();
    let mut site = standby.answer().await.unwrap();
    site.greet(nowhere()).await;
    let controller = status(&station, |status| status.controller.clone()).await;
    assert_eq!(controller, standby.address());
}

#[tokio::test]
async fn a_faulty_frame_ends_the_connection_with_its_cause_and_a_new_one_works() {
    let zone = Zone::new();
    let controller = Controller::open(&zone, "controller").await;
    let station = Station::start(options(&zone, vec![controller.address()])).await.unwrap();
    let mut bad = bytes::BytesMut::new();
    frame::encode_with(&mut bad, Family::ToSite, 2, Epoch::new(4).unwrap(), 1, |_| {});
    bad[10] ^= 1;
    for (octets, cause) in [(&bad[..], Cause::BadChecksum), (&[0xFF; 64][..], Cause::FrameTooLong)] {
        let mut site = controller.answer().await.unwrap();
        site.greet(nowhere()).await;
        site.send(octets).await;
        while site.next().await.is_some() {}
        let count = status(&station, |status| status.dropped.get(&cause).copied()).await;
        assert_eq!(count, 1, "{cause:?}");
    }
    let mut site = controller.answer().await.unwrap();
    site.greet(nowhere()).await;
    site.given += 1;
    site.order(Heartbeat {}).await;
    while site.next().await.is_some() {}
    status(&station, |status| status.dropped.get(&Cause::SequenceGap).copied()).await;
}

#[tokio::test]
async fn a_station_that_stops_says_good_bye() {
    let (station, mut site) = served(nowhere()).await;
    station.stop().await;
    while site.next().await.is_some() {}
}

#[tokio::test]
async fn a_station_that_cannot_start_says_what_to_change() {
    let zone = Zone::new();
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut occupied = options(&zone, vec!["127.0.0.1:1".into()]);
    occupied.air = taken.local_addr().unwrap();
    let error = Station::start(occupied).await.unwrap_err().to_string();
    assert!(error.contains("--air") && error.contains(&taken.local_addr().unwrap().to_string()), "{error}");

    let mut everywhere = options(&zone, vec!["127.0.0.1:1".into()]);
    everywhere.voice = "0.0.0.0:0".parse().unwrap();
    let error = Station::start(everywhere).await.unwrap_err();
    assert!(matches!(error, StartError::NoVoiceAddress(_)), "{error}");

    let error = Station::start(options(&zone, Vec::new())).await.unwrap_err().to_string();
    assert!(error.contains("--controller"), "{error}");

    let mut unfit = options(&zone, vec!["127.0.0.1:1".into()]);
    unfit.credentials.key_pem = zone.credentials("site-3").key_pem;
    let error = Station::start(unfit).await.unwrap_err().to_string();
    assert!(error.contains("do not fit together"), "{error}");
}
