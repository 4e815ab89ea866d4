use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use trunklab_controller_core::config::{Change, SiteConfig, SystemParameters};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::{CallRequest, Health, InventoryEnd, Register};
use trunklab_protocol::operator::{AlarmKind, AlarmObject};
use trunklab_protocol::to_site::Heartbeat;
use trunklab_protocol::{CarrierNumber, Epoch, Family, Identity, Press, ProfileId, TalkgroupId};

use super::*;
use crate::testing::{Lab, ScriptedSite, hello, hello_of, site, tls_over, unit};
use crate::zone::{DenyList, Fingerprint, Zone};

/// The other link still gets an answer to what it says.
async fn is_undisturbed(other: &mut ScriptedSite) {
    other
        .says(
            &Health {
                control_words: 0,
                control_words_busy: 0,
                bursts: 1,
                collisions: 0,
                late: 0,
                dropped: 0,
                controls: Vec::new(),
                settings: 0,
            }
            .into(),
        )
        .await;
    assert_eq!(other.hears().await, Some(Heartbeat {}.into()));
}

#[tokio::test]
async fn a_site_is_heard_and_answered_in_the_controllers_epoch() {
    let lab = Lab::start().await;
    let site = lab.site(3).await;
    assert_eq!(site.epoch.number(), 1);
    lab.controller.stop().await.unwrap();
}

#[tokio::test]
async fn only_certificates_of_the_zone_reach_the_core() {
    let directory = tempfile::tempdir().unwrap();
    let denied_file = directory.path().join("denied.txt");
    let lab = Lab::start_with(|options| options.deny = DenyList::in_file(denied_file.clone())).await;
    let mut standing = lab.site(3).await;
    let refused =
        |cause| move |counters: &crate::counters::Counters| counters.links_refused.read().contains(&cause);

    let stranger = Zone::ephemeral().unwrap().site(site(3)).unwrap();
    let expired = lab.zone.authority().expired_site(site(3)).unwrap();
    let poser = lab.zone.controller().clone();
    let mut count = 0;
    for credentials in [Some(&stranger), Some(&expired), Some(&poser), None] {
        let connected =
            ScriptedSite::connect(lab.controller.addresses().listen, lab.zone.ca_pem(), credentials).await;
        // With TLS 1.3 a client learns of the refusal when it reads.
        if let Ok(mut connected) = connected {
            connected.says(&hello()).await;
            assert_eq!(connected.hears().await, None);
        }
        count += 1;
        lab.until(refused((Cause::NotAuthenticated, count))).await;
    }

    let stolen = lab.zone.site(site(3)).unwrap();
    let fingerprint = Fingerprint::of(&stolen.certificate("a test's certificate").unwrap());
    std::fs::write(&denied_file, format!("{fingerprint}\n")).unwrap();
    let mut thief = lab.connect(&stolen).await.unwrap();
    thief.says(&hello()).await;
    assert_eq!(thief.is_closed().await, Some(Cause::CertificateDenied));
    lab.until(refused((Cause::CertificateDenied, 1))).await;

    is_undisturbed(&mut standing).await;
    assert_eq!(lab.controller.counters().links_opened.read(), 1);
}

#[tokio::test]
async fn a_second_proper_connection_replaces_the_first() {
    let lab = Lab::start().await;
    let mut first = lab.site(3).await;
    let mut other = lab.site(4).await;
    let mut second = lab.site(3).await;
    assert_eq!(first.is_closed().await, Some(Cause::LinkReplaced));
    is_undisturbed(&mut second).await;
    is_undisturbed(&mut other).await;
    lab.until(|counters| counters.links_closed.read() == [(Cause::LinkReplaced, 1)]).await;
}

#[tokio::test]
async fn another_base_station_with_the_certificate_of_a_site_is_turned_away_as_long_as_the_first_one_is_there()
 {
    let lab = Lab::start().await;
    let mut first = lab.site(3).await;
    let certificate = lab.zone.site(site(3)).unwrap();
    // One that says nothing, and one that says anything but who it is.
    let silent = lab.connect(&certificate).await.unwrap();
    // Two that are let in at once may be so in either order, and the later one takes the place of the other.
    lab.until(|counters| counters.links_opened.read() == 2).await;
    let mut rude = lab.connect(&certificate).await.unwrap();
    rude.says(&InventoryEnd {}.into()).await;
    assert_eq!(rude.is_closed().await, Some(Cause::NotGreeted));
    is_undisturbed(&mut first).await;
    for count in 1..=2 {
        let mut second = lab.connect(&certificate).await.unwrap();
        second.says(&hello_of(2, 0)).await;
        assert_eq!(second.is_closed().await, Some(Cause::SiteTaken));
        lab.until(|counters| counters.links_closed.read().contains(&(Cause::SiteTaken, count))).await;
        is_undisturbed(&mut first).await;
    }
    drop((first, silent));
    lab.until(|counters| counters.links_open.read() == 0).await;
    let mut second = lab.connect(&certificate).await.unwrap();
    second.says(&hello_of(2, 0)).await;
    assert_eq!(second.hears().await, Some(Heartbeat {}.into()));
    lab.controller.stop().await.unwrap();
}

#[tokio::test]
async fn operators_have_one_alarm_of_base_stations_that_were_turned_away() {
    let lab = Lab::start_whole_with(|options| {
        let site = SiteConfig::new(site(3), ProfileId::Iden, CarrierNumber::new(12).unwrap());
        options.provision = vec![Change::Site(site)];
    })
    .await;
    let certificate = lab.zone.site(site(3)).unwrap();
    let mut first = lab.connect(&certificate).await.unwrap();
    first.says(&hello()).await;
    let Some(ToSite::Configure(_)) = first.hears().await else { panic!("not configured") };
    for count in 1..=3 {
        let mut second = lab.connect(&certificate).await.unwrap();
        second.says(&hello_of(2, 0)).await;
        assert_eq!(second.is_closed().await, Some(Cause::SiteTaken));
        let alarms = lab.controller.snapshot().await.unwrap().alarms;
        let [alarm] = &alarms[..] else { panic!("{alarms:?}") };
        let of = (alarm.kind, alarm.object, alarm.count);
        assert_eq!(of, (AlarmKind::SiteTaken, AlarmObject::Site(site(3)), count));
    }
    lab.controller.stop().await.unwrap();
}

/// A connection from another address of this machine, as far as it comes.
async fn from_elsewhere(lab: &Lab) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
    socket.connect(lab.controller.addresses().listen).await.unwrap()
}

#[tokio::test]
async fn who_tries_to_connect_as_a_site_from_elsewhere_does_not_disturb_its_link() {
    let lab = Lab::start_whole_with(|options| {
        let carrier = CarrierNumber::new(12).unwrap();
        let system = SystemParameters { site_silence_ms_max: 600_000, ..SystemParameters::default() };
        let site = SiteConfig::new(site(3), ProfileId::Iden, carrier);
        options.provision = vec![Change::System(system), Change::Site(site)];
    })
    .await;
    let mut standing = lab.connect(&lab.zone.site(site(3)).unwrap()).await.unwrap();
    standing.says(&hello()).await;
    let Some(ToSite::Configure(_)) = standing.hears().await else { panic!("not configured") };
    standing.says(&InventoryEnd {}.into()).await;

    let foreign = Zone::ephemeral().unwrap().site(site(3)).unwrap();
    let mut greeting = BytesMut::new();
    let epoch = Epoch::new(0).unwrap();
    encode_with(&mut greeting, Family::FromSite, hello().code(), epoch, 0, |into| hello().put_payload(into));
    for _ in 0..5 {
        // Says nothing; says nonsense; begins with TLS and goes on with nonsense; is let in by nobody.
        drop(from_elsewhere(&lab).await);
        from_elsewhere(&lab).await.write_all(&[0xEE; 64]).await.unwrap();
        from_elsewhere(&lab).await.write_all(&[22, 3, 1, 0, 200, 1, 0, 0]).await.unwrap();
        for credentials in [Some(&foreign), None] {
            let connected = tls_over(from_elsewhere(&lab).await, lab.zone.ca_pem(), credentials).await;
            if let Ok(mut stream) = connected {
                stream.write_all(&greeting).await.ok();
                assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
            }
        }
    }

    let named =
        Register { identity: Identity::Unit(unit(1017)), press: Press::new(1).unwrap(), equipment: None };
    standing.says(&named.into()).await;
    let answered = loop {
        let said = standing.hears().await.expect("the link stands");
        if !matches!(said, ToSite::Heartbeat(_)) {
            break said;
        }
    };
    let ToSite::RegisterRefused(refused) = answered else { panic!("{answered:?}") };
    assert_eq!(refused.cause, Cause::UnknownIdentity);
    let counters = lab.controller.counters();
    assert_eq!((counters.links_opened.read(), counters.links_closed.read()), (1, vec![]));
    let snapshot = lab.controller.snapshot().await.unwrap();
    assert!(snapshot.sites[0].in_service);
}

#[tokio::test]
async fn whatever_an_authenticated_site_sends_ends_in_a_named_cause() {
    fn framed(family: Family, message: u8, sequence: u32, payload: &[u8]) -> BytesMut {
        let mut octets = BytesMut::new();
        encode_with(&mut octets, family, message, Epoch::new(0).unwrap(), sequence, |into| {
            into.put_slice(payload)
        });
        octets
    }
    let lab = Lab::start().await;
    let mut other = lab.site(4).await;
    let end = FromSite::from(InventoryEnd {}).code();
    let mut damaged = framed(Family::FromSite, end, 0, &[]);
    damaged[5] ^= 0x10;
    let mut old = framed(Family::FromSite, end, 0, &[]);
    old[2] = 9;
    let covered = old.len() - 4;
    let checksum = crc32c::crc32c(&old[..covered]);
    old.truncate(covered);
    old.put_u32(checksum);
    let replayed = [framed(Family::FromSite, end, 0, &[]), framed(Family::FromSite, end, 0, &[])].concat();
    let hostile = [
        (BytesMut::from(&[0xFF; 64][..]), Cause::FrameTooLong),
        (BytesMut::from(&[0, 3, 1, 3, 4][..]), Cause::FrameTooShort),
        (damaged, Cause::BadChecksum),
        (old, Cause::WrongVersion),
        (framed(Family::ToSite, 0x02, 0, &[]), Cause::WrongFamily),
        (framed(Family::FromSite, end, 5, &[]), Cause::SequenceGap),
        (BytesMut::from(&replayed[..]), Cause::SequenceGap),
        (framed(Family::FromSite, end, 0, &[1]), Cause::TrailingOctets),
        (framed(Family::FromSite, 0x10, 0, &[9, 9]), Cause::FieldOutOfRange),
        (framed(Family::FromSite, 0x20, 0, &[0, 0, 1]), Cause::FieldTruncated),
    ];
    let credentials = lab.zone.site(site(3)).unwrap();
    for (octets, cause) in hostile {
        let mut link = lab.connect(&credentials).await.unwrap();
        link.sends(&octets).await;
        assert_eq!(link.is_closed().await, Some(cause));
        is_undisturbed(&mut other).await;
    }
    // A number from a later version is skipped, and the link goes on.
    let mut link = lab.connect(&credentials).await.unwrap();
    link.sends(&framed(Family::FromSite, 0xEE, 0, &[1, 2, 3])).await;
    link.frame(&hello());
    link.says(&hello()).await;
    assert_eq!(link.hears().await, Some(Heartbeat {}.into()));
    assert!(lab.controller.counters().messages_dropped.read().contains(&(Cause::UnknownMessage, 1)));
}

#[tokio::test]
async fn a_frame_that_the_end_cuts_short_is_lost_with_its_link() {
    let lab = Lab::start().await;
    let mut link = lab.site(3).await;
    let octets = link.frame(&hello());
    link.sends(&octets[..7]).await;
    drop(link);
    lab.until(|counters| counters.links_closed.read() == [(Cause::LinkLost, 1)]).await;
    lab.site(3).await;
}

#[tokio::test]
async fn a_link_that_cannot_keep_up_is_closed() {
    let lab = Lab::start_with(|options| options.link_limits.outgoing_max = 8).await;
    let mut other = lab.site(4).await;
    let mut slow = lab.site(3).await;
    let many = Health {
        control_words: 0,
        control_words_busy: 0,
        bursts: 50,
        collisions: 0,
        late: 0,
        dropped: 0,
        controls: Vec::new(),
        settings: 0,
    };
    slow.says(&many.into()).await;
    assert_eq!(slow.is_closed().await, Some(Cause::LinkCongested));
    is_undisturbed(&mut other).await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_given_up() {
    let lab = Lab::start_with(|options| {
        options.link_limits.handshake_max = std::time::Duration::from_millis(50);
    })
    .await;
    let silent = TcpStream::connect(lab.controller.addresses().listen).await.unwrap();
    lab.until(|counters| counters.links_refused.read() == [(Cause::HandshakeTimeout, 1)]).await;
    drop(silent);
}

#[tokio::test]
async fn links_have_limits_for_all_and_for_each_address() {
    let too_many =
        |counters: &crate::counters::Counters| counters.links_refused.read() == [(Cause::TooManyLinks, 1)];
    let lab = Lab::start_with(|options| options.link_limits.links_max = 2).await;
    let (mut first, _second) = (lab.site(1).await, lab.site(2).await);
    let mut third = lab.connect(&lab.zone.site(site(3)).unwrap()).await.unwrap();
    assert_eq!(third.is_closed().await, Some(Cause::TooManyLinks));
    lab.until(too_many).await;
    is_undisturbed(&mut first).await;

    let lab = Lab::start_with(|options| options.link_limits.links_per_address_max = 1).await;
    let mut first = lab.site(1).await;
    let second = lab.connect(&lab.zone.site(site(2)).unwrap()).await;
    assert!(second.is_err());
    lab.until(too_many).await;
    is_undisturbed(&mut first).await;
}

#[tokio::test]
async fn a_grant_is_timed_from_its_request() {
    let lab = Lab::start().await;
    let mut link = lab.site(3).await;
    let request = CallRequest {
        unit: unit(1017),
        press: Press::new(1).unwrap(),
        talkgroup: TalkgroupId::new(41).unwrap(),
        kind: trunklab_protocol::air_uplink::RequestKind::Normal,
        area: None,
    };
    link.says(&request.into()).await;
    assert!(matches!(link.hears().await, Some(ToSite::Assert(_))));
    lab.until(|counters| counters.grant_latency.read().count == 1).await;
    let counters = lab.controller.counters();
    assert!(counters.grant_latency.read().p99_us > 0);
    assert!(counters.site_octets.taken.read() > 0 && counters.site_octets.sent.read() > 0);
}
