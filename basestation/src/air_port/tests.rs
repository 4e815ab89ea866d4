//! One test for each rule of the port.

use proptest::prelude::*;
use trunklab_protocol::air_downlink::Idle;
use trunklab_protocol::air_uplink::Register;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::proof::Proof;
use trunklab_protocol::{
    Antenna, BurstPlace, Identity, Position, Press, ProfileId, SiteId, SlotAddress, SlotNumber, UnitId,
};

use super::*;

const EPOCH: Epoch = Epoch::new(3).unwrap();

fn carrier(number: u16) -> CarrierNumber {
    CarrierNumber::new(number).unwrap()
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn place(number: u16) -> BurstPlace {
    let at = SlotAddress { carrier: carrier(number), slot: SlotNumber::new(0).unwrap() };
    BurstPlace { at, channel: Channel::Control, count: 7 }
}

fn beacon() -> Beacon {
    Beacon {
        site: SiteId::new(3).unwrap(),
        position: Position { east_m: 1, north_m: 2 },
        antenna: Antenna::Omni,
        power_dbm: 43,
        profile: ProfileId::Iden,
        control: place(1).at,
        further_controls: Vec::new(),
    }
}

fn uplink_burst() -> Burst {
    let identity = Identity::Unit(UnitId::new(5).unwrap());
    let word = Register { identity, press: Press::new(1).unwrap(), equipment: None }.into();
    Burst { place: place(1), level_dbm: -80, word, proof: Proof::NONE }
}

fn frame(sequence: u32, message: impl Into<AirUplink>) -> BytesMut {
    let message = message.into();
    let mut octets = BytesMut::new();
    encode_with(&mut octets, Family::AirUplink, message.code(), EPOCH, sequence, |payload| {
        message.put_payload(payload);
    });
    octets
}

/// A port with what it has sent.
struct Tested {
    port: AirPort,
    now: Moment,
    sent: Vec<Datagram>,
}

impl Tested {
    fn new() -> Self {
        let mut port = AirPort::new([1; 16]);
        port.configure(beacon());
        Self { port, now: Moment::ORIGIN, sent: Vec::new() }
    }

    fn receive(&mut self, from: SocketAddr, octets: &[u8]) -> Result<Received, Cause> {
        self.port.receive(self.now, EPOCH, from, octets, &mut self.sent)
    }

    fn listen(
        &mut self,
        from: SocketAddr,
        sequence: u32,
        cookie: u64,
        carriers: &[u16],
    ) -> Result<Received, Cause> {
        let carriers = carriers.iter().map(|number| carrier(*number)).collect();
        self.receive(from, &frame(sequence, Listen { cookie, carriers }))
    }

    /// Listens with the cookie that the port gives.
    fn join(&mut self, from: SocketAddr, carriers: &[u16]) {
        self.listen(from, 0, 0, carriers).unwrap();
        let [(_, AirDownlink::Cookie(cookie))] = &self.take()[..] else { panic!("no cookie") };
        self.listen(from, 1, cookie.cookie, carriers).unwrap();
        assert_eq!(self.take(), [(from, beacon().into())]);
    }

    fn take(&mut self) -> Vec<(SocketAddr, AirDownlink)> {
        let read = |(to, octets): (SocketAddr, Bytes)| {
            let frame = Frame::decode_datagram(&octets).unwrap();
            assert_eq!((frame.family, frame.epoch), (Family::AirDownlink, EPOCH));
            (to, AirDownlink::decode(frame.message, &frame.payload).unwrap())
        };
        self.sent.drain(..).map(read).collect()
    }
}

#[test]
fn who_has_no_cookie_gets_one_no_longer_than_the_question_and_nothing_else() {
    let mut port = Tested::new();
    for carriers in [&[][..], &[1], &[1, 2, 3]] {
        let question =
            frame(0, Listen { cookie: 0, carriers: carriers.iter().map(|n| carrier(*n)).collect() });
        port.receive(address(4_000), &question).unwrap();
        assert_eq!(port.sent.len(), 1);
        assert!(port.sent[0].1.len() <= question.len());
        assert!(matches!(port.take()[..], [(_, AirDownlink::Cookie(_))]));
    }
    assert_eq!(port.port.listeners.len(), 0, "no state is kept");
}

#[test]
fn a_wrong_cookie_is_answered_with_the_right_one_and_counted() {
    let mut port = Tested::new();
    assert_eq!(port.listen(address(4_000), 0, 99, &[1]), Err(Cause::BadCookie));
    let [(to, AirDownlink::Cookie(cookie))] = &port.take()[..] else { panic!("no cookie") };
    let (to, cookie) = (*to, cookie.cookie);
    assert_eq!(to, address(4_000));
    assert_eq!(port.listen(address(4_001), 0, cookie, &[1]), Err(Cause::BadCookie), "it is another's");
    assert_eq!(port.port.listeners.len(), 0);
    assert!(port.listen(address(4_000), 0, cookie, &[1]).is_ok());
    assert_eq!(port.port.listeners.len(), 1);
}

#[test]
fn a_burst_goes_to_those_who_hear_its_carrier() {
    let mut port = Tested::new();
    port.join(address(1), &[1]);
    port.join(address(2), &[1, 2]);
    port.join(address(3), &[3]);
    let burst = air_downlink::Burst { place: place(1), word: Idle {}.into() };
    port.port.radiate(EPOCH, burst.clone(), &mut port.sent);
    assert_eq!(port.take(), [(address(1), burst.clone().into()), (address(2), burst.into())]);
}

#[test]
fn a_broken_part_of_the_plant_radiates_nothing_and_hears_nothing() {
    let mut port = Tested::new();
    port.join(address(1), &[1]);
    let part = PlantPart { carrier: carrier(1), slot: None };
    port.port.set_plant(part, true);
    assert_eq!(port.port.loop_back(&[place(1).at, place(2).at]), [(place(1).at, false), (place(2).at, true)]);
    let burst = air_downlink::Burst { place: place(1), word: Idle {}.into() };
    port.port.radiate(EPOCH, burst.clone(), &mut port.sent);
    assert_eq!(port.take(), []);
    assert_eq!(port.receive(address(1), &frame(2, uplink_burst())), Ok(Received { burst: None, lost: 0 }));
    port.port.set_plant(part, false);
    port.port.radiate(EPOCH, burst.clone(), &mut port.sent);
    assert_eq!(port.take(), [(address(1), burst.into())]);
    let heard = port.receive(address(1), &frame(3, uplink_burst())).unwrap();
    assert_eq!(
        heard,
        Received { burst: Some(uplink_burst()), lost: 0 },
        "the one that was not heard was no loss"
    );
}

#[test]
fn frames_to_a_listener_are_counted_for_it_alone() {
    let mut port = Tested::new();
    port.join(address(1), &[1]);
    port.join(address(2), &[1]);
    let burst = air_downlink::Burst { place: place(1), word: Idle {}.into() };
    for expected in 1..5 {
        port.port.radiate(EPOCH, burst.clone(), &mut port.sent);
        for (_, octets) in port.sent.drain(..) {
            assert_eq!(Frame::decode_datagram(&octets).unwrap().sequence, expected);
        }
    }
}

#[test]
fn only_a_listener_transmits() {
    let mut port = Tested::new();
    assert_eq!(port.receive(address(1), &frame(0, uplink_burst())), Err(Cause::BadCookie));
    port.join(address(1), &[1]);
    let received = port.receive(address(1), &frame(2, uplink_burst())).unwrap();
    assert_eq!(received, Received { burst: Some(uplink_burst()), lost: 0 });
    assert_eq!(port.receive(address(2), &frame(0, uplink_burst())), Err(Cause::BadCookie));
}

#[test]
fn frames_lost_on_the_way_are_counted_and_late_ones_are_not() {
    let mut port = Tested::new();
    port.join(address(1), &[1]);
    for (sequence, lost) in [(2, 0), (6, 3), (4, 0), (7, 0), (u32::MAX, 0), (8, 0)] {
        let received = port.receive(address(1), &frame(sequence, uplink_burst())).unwrap();
        assert_eq!(received.lost, lost, "frame {sequence}");
    }
}

#[test]
fn the_last_list_holds_and_an_empty_one_ends_it() {
    let mut port = Tested::new();
    port.join(address(1), &[1]);
    port.join(address(1), &[2]);
    let burst = air_downlink::Burst { place: place(1), word: Idle {}.into() };
    port.port.radiate(EPOCH, burst, &mut port.sent);
    assert_eq!(port.take(), []);
    let cookie = port.port.cookies.bake(port.now, address(1));
    port.listen(address(1), 9, cookie, &[]).unwrap();
    assert_eq!(port.port.listeners.len(), 0);
}

#[test]
fn listeners_are_told_of_the_site_once_a_second_and_forgotten_when_silent() {
    let mut port = Tested::new();
    port.join(address(1), &[1]);
    for second in 1..10 {
        port.now = Moment::ORIGIN + Span::from_secs(second);
        assert_eq!(port.port.tick(port.now, EPOCH, &mut port.sent).len(), 0);
        assert_eq!(port.take(), [(address(1), beacon().into())]);
    }
    port.now = Moment::ORIGIN + LISTENER_SILENCE;
    let forgotten: Vec<_> = port.port.tick(port.now, EPOCH, &mut port.sent).collect();
    assert_eq!(forgotten, [Cause::ListenerExpired]);
    assert_eq!(port.take(), []);
}

#[test]
fn there_is_room_for_so_many_listeners_and_no_more() {
    let mut port = Tested::new();
    for number in 0..LISTENERS_MAX {
        let from = address(u16::try_from(number + 1).unwrap());
        let cookie = port.port.cookies.bake(port.now, from);
        port.listen(from, 0, cookie, &[1]).unwrap();
    }
    let late = address(60_000);
    let cookie = port.port.cookies.bake(port.now, late);
    assert_eq!(port.listen(late, 0, cookie, &[1]), Err(Cause::TooManyListeners));
    assert!(port.listen(address(1), 1, port.port.cookies.bake(port.now, address(1)), &[2]).is_ok());
    assert_eq!(port.port.listeners.len(), LISTENERS_MAX);
}

#[test]
fn every_malformed_datagram_has_its_cause() {
    let mut port = Tested::new();
    let good = frame(0, uplink_burst());
    for len in 0..good.len() {
        assert!(port.receive(address(1), &good[..len]).is_err(), "cut at {len}");
    }
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(port.receive(address(1), &bad).is_err(), "bit {bit}");
    }
    let mut other = BytesMut::new();
    encode_with(&mut other, Family::FromSite, 4, EPOCH, 0, |_| {});
    assert_eq!(port.receive(address(1), &other), Err(Cause::WrongFamily));
    let mut unknown = BytesMut::new();
    encode_with(&mut unknown, Family::AirUplink, 0x7F, EPOCH, 0, |_| {});
    assert_eq!(port.receive(address(1), &unknown), Err(Cause::UnknownMessage));
    assert_eq!(port.receive(address(1), &[0; 20_000]), Err(Cause::FrameTooLong));
    assert_eq!(port.take(), [], "nothing is answered");
}

proptest! {
    /// Payloads that pass the checksum, from strangers and from a listener: no panic, and never an answer to who has
    /// not shown that it hears, but for a cookie.
    #[test]
    fn hostile_payloads_do_no_harm(message in 0_u8..4, payload in prop::collection::vec(any::<u8>(), 0..200), known in any::<bool>()) {
        let mut port = Tested::new();
        port.join(address(1), &[1]);
        let from = address(if known { 1 } else { 2 });
        let mut octets = BytesMut::new();
        encode_with(&mut octets, Family::AirUplink, message, EPOCH, 2, |into| into.extend_from_slice(&payload));
        let received = port.receive(from, &octets);
        prop_assert!(known || received.is_err() || received == Ok(Received::default()));
        prop_assert!(port.port.listeners.len() <= 1);
        for (to, answer) in port.take() {
            prop_assert!(to == from && matches!(answer, AirDownlink::Cookie(_)) || known);
        }
    }
}
