//! The link: certificates, faults, reconnection, an orderly end.

use std::time::Duration;

use trunklab_basestation::{StartError, Station, StationOptions};
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::to_site::{Close, Heartbeat};
use trunklab_protocol::{Cause, Epoch, Family, frame};

use crate::controller::{Controller, PATIENCE, nowhere, options, served, status};
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
async fn a_controller_of_another_authority_or_name_ends_a_station_that_never_served() {
    let zone = Zone::new();
    for (of, name, says) in [
        (&Zone::new(), "controller", "is of another zone"),
        (&zone, "site-9", "shows a certificate that is no controller's"),
    ] {
        let impostor = Controller::open(of, name).await;
        let mut station = Station::start(options(&zone, vec![impostor.address()])).await.unwrap();
        assert!(impostor.answer().await.is_err(), "{name}");
        let said = refused(&mut station).await;
        assert!(said.contains(says) && said.contains(&impostor.address()), "{said}");
        assert_eq!(station.status().borrow().octets.from_site, 0, "the impostor was told something");
    }
}

#[tokio::test]
async fn a_station_whose_certificate_is_not_good_ends() {
    let zone = Zone::new();
    let stranger = trunklab_basestation::Credentials {
        ca_pem: zone.ca_pem.clone(),
        ..Zone::new().credentials("site-3")
    };
    for (credentials, says) in [(stranger, "is of another zone"), (zone.expired("site-3"), "expired")] {
        let controller = Controller::open(&zone, "controller").await;
        let options = StationOptions { credentials, ..options(&zone, vec![controller.address()]) };
        let mut station = Station::start(options).await.unwrap();
        assert!(controller.answer().await.is_err());
        let said = refused(&mut station).await;
        assert!(said.contains(says) && said.contains("enrol"), "{said}");
    }
}

#[tokio::test]
async fn what_a_controller_refuses_for_good_ends_a_station_before_it_served_and_not_after() {
    for cause in [Cause::UnknownSite, Cause::CertificateDenied] {
        let zone = Zone::new();
        let controller = Controller::open(&zone, "controller").await;
        let mut station = Station::start(options(&zone, vec![controller.address()])).await.unwrap();
        controller.answer().await.unwrap().order(Close { cause }).await;
        let said = refused(&mut station).await;
        assert!(said.contains(&controller.address()), "{said}");

        let station = Station::start(options(&zone, vec![controller.address()])).await.unwrap();
        controller.answer().await.unwrap().greet(nowhere()).await;
        status(&station, |status| status.view.name.clone()).await;
        for _ in 0..2 {
            controller.answer().await.unwrap().order(Close { cause }).await;
        }
        status(&station, |status| status.view.name.is_none().then_some(())).await;
        let mut site = controller.answer().await.unwrap();
        site.greet(nowhere()).await;
        status(&station, |status| (status.view.service == SiteService::Wide).then_some(())).await;
    }
}

#[tokio::test]
async fn a_station_that_an_earlier_run_left_settings_radiates_before_its_controller_and_outlives_an_impostor()
{
    let (zone, other) = (Zone::new(), Zone::new());
    let folder = tempfile::tempdir().unwrap();
    let memory = Some(folder.path().join("memory.jsonl"));
    let controller = Controller::open(&zone, "controller").await;
    // The same certificate in every run.
    let told = StationOptions { memory, ..options(&zone, vec![controller.address()]) };
    let station = Station::start(told.clone()).await.unwrap();
    let mut site = controller.answer().await.unwrap();
    site.greet(nowhere()).await;
    status(&station, |status| status.view.name.clone()).await;
    station.stop().await;

    let impostor = Controller::open(&other, "controller").await;
    let again = StationOptions { controllers: vec![impostor.address()], ..told.clone() };
    let station = Station::start(again).await.unwrap();
    assert_eq!(status(&station, |status| status.view.name.clone()).await, "North");
    for _ in 0..2 {
        assert!(impostor.answer().await.is_err());
    }
    station.stop().await;

    let mut station = Station::start(told.clone()).await.unwrap();
    controller.answer().await.unwrap().order(Close { cause: Cause::UnknownSite }).await;
    refused(&mut station).await;
    let station = Station::start(told).await.unwrap();
    let mut site = controller.answer().await.unwrap();
    assert_eq!(site.greet(nowhere()).await.controls, [], "it has forgotten where it radiated");
    station.stop().await;
}

#[tokio::test]
async fn what_may_heal_is_tried_again() {
    let zone = Zone::new();
    let controller = Controller::open(&zone, "controller").await;
    let station = Station::start(options(&zone, vec![controller.address()])).await.unwrap();
    for cause in [Cause::TooManyLinks, Cause::Shutdown] {
        controller.answer().await.unwrap().order(Close { cause }).await;
    }
    let mut site = controller.answer().await.unwrap();
    site.greet(nowhere()).await;
    status(&station, |status| (status.view.service == SiteService::Wide).then_some(())).await;
}

#[tokio::test]
async fn a_site_that_stays_taken_ends_a_station_that_never_served_and_one_that_was_taken_for_a_while_does_not()
 {
    let zone = Zone::new();
    let controller = Controller::open(&zone, "controller").await;
    let mut station = Station::start(options(&zone, vec![controller.address()])).await.unwrap();
    for cause in [Cause::SiteTaken, Cause::Shutdown].into_iter().chain([Cause::SiteTaken; 9]) {
        controller.answer().await.unwrap().order(Close { cause }).await;
    }
    let waits = tokio::time::timeout(Duration::from_millis(100), station.ended()).await;
    assert!(waits.is_err(), "nine in a row are not for good: {waits:?}");
    controller.answer().await.unwrap().order(Close { cause: Cause::SiteTaken }).await;
    let said = refused(&mut station).await;
    assert!(said.contains("another base station at this site") && said.contains("enrol this one"), "{said}");
}

#[tokio::test]
async fn one_controller_that_refuses_ends_nothing_while_another_may_come() {
    let zone = Zone::new();
    let impostor = Controller::open(&Zone::new(), "controller").await;
    let gone = Controller::open(&zone, "controller").await.address();
    let addresses = vec![impostor.address(), gone];
    let station = Station::start(options(&zone, addresses)).await.unwrap();
    for _ in 0..2 {
        assert!(impostor.answer().await.is_err());
    }
    station.stop().await;

    let other = Controller::open(&Zone::new(), "controller").await;
    let addresses = vec![impostor.address(), other.address()];
    let mut station = Station::start(options(&zone, addresses)).await.unwrap();
    assert!(impostor.answer().await.is_err());
    assert!(other.answer().await.is_err());
    let said = refused(&mut station).await;
    assert!(said.contains(&impostor.address()), "the preferred one is named: {said}");
}

/// The sentence with which a station ends that no controller takes in.
async fn refused(station: &mut Station) -> String {
    let ended = tokio::time::timeout(PATIENCE, station.ended()).await.expect("it goes on trying");
    ended.unwrap_err().to_string()
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
