//! Frames, proofs and voice tags, encoded and decoded: what every burst, order and packet costs on one core.

use bytes::BytesMut;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::air_uplink::{AirUplink, Burst, CallRequest, RequestKind, UplinkWord, Voice};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::network::{BurstPlace, Incarnation, NodeId, Press, SpurtId};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::proof::{Proof, SessionKey, VoiceKey};
use trunklab_protocol::to_site::{Assert, ToSite};
use trunklab_protocol::voice::{FrameRun, VoicePacket};
use trunklab_protocol::{
    CallId, CarrierNumber, Epoch, Family, FloorPolicy, Frame, Priority, SiteId, SlotAddress, SlotNumber,
    TalkgroupId, UnitId,
};

fn main() {
    divan::main();
}

const EXAMPLE: &str = "the example is in range";

fn call() -> CallId {
    CallId { node: NodeId::new(1).expect(EXAMPLE), epoch: Epoch::new(12).expect(EXAMPLE), counter: 90_210 }
}

fn slot() -> SlotAddress {
    SlotAddress { carrier: CarrierNumber::new(117).expect(EXAMPLE), slot: SlotNumber::new(3).expect(EXAMPLE) }
}

fn place() -> BurstPlace {
    BurstPlace { at: slot(), channel: Channel::Traffic, count: 1_234_567 }
}

fn unit() -> UnitId {
    UnitId::new(1_017).expect(EXAMPLE)
}

fn spurt() -> SpurtId {
    SpurtId::new(77).expect(EXAMPLE)
}

/// Five vocoder frames, as every second burst of `iden` carries.
fn voice() -> AirUplink {
    let frames = FrameRun::new([Some([0x5A; 8]); 5]).expect(EXAMPLE);
    let word = UplinkWord::Voice(Voice { unit: unit(), call: call(), spurt: spurt(), position: 450, frames });
    AirUplink::Burst(Burst { place: place(), level_dbm: -87, word, proof: Proof::new(0x0123_4567_89AB_CDEF) })
}

fn call_request() -> FromSite {
    FromSite::CallRequest(trunklab_protocol::from_site::CallRequest {
        unit: unit(),
        press: Press::new(9).expect(EXAMPLE),
        talkgroup: TalkgroupId::new(41).expect(EXAMPLE),
        kind: RequestKind::Normal,
        area: None,
    })
}

fn assert() -> ToSite {
    ToSite::Assert(Assert {
        call: call(),
        parties: TalkgroupId::new(41).expect(EXAMPLE).into(),
        at: slot(),
        talker: Some(Talker { unit: unit(), spurt: spurt(), press: Press::new(9).expect(EXAMPLE) }),
        talker_is_here: false,
        emergency: false,
        priority: Priority::new(5).expect(EXAMPLE),
        floor: FloorPolicy::Refuse,
        others: Vec::new(),
        area: None,
        duplex: None,
    })
}

macro_rules! frame_benches {
    ($($module:ident: $family:ident, $example:ident;)*) => {$(
        mod $module {
            use super::*;

            fn put(into: &mut BytesMut, message: &$family, sequence: u32) {
                let epoch = Epoch::new(12).expect(EXAMPLE);
                encode_with(into, Family::$family, message.code(), epoch, sequence, |payload| message.put_payload(payload));
            }

            #[divan::bench]
            fn encode(bencher: Bencher) {
                let message = $example();
                let mut octets = BytesMut::with_capacity(1024);
                put(&mut octets, &message, 0);
                bencher.counter(BytesCount::new(octets.len())).bench_local(|| {
                    octets.clear();
                    put(&mut octets, black_box(&message), 7);
                    octets.len()
                });
            }

            #[divan::bench]
            fn decode(bencher: Bencher) {
                let mut octets = BytesMut::new();
                put(&mut octets, &$example(), 7);
                bencher.counter(BytesCount::new(octets.len())).bench_local(|| {
                    let frame = Frame::decode_datagram(black_box(&octets)).expect("the frame is good");
                    $family::decode(frame.message, &frame.payload).expect("the message is good")
                });
            }
        }
    )*};
}

frame_benches! {
    burst_with_voice: AirUplink, voice;
    call_request_from_site: FromSite, call_request;
    assert_to_site: ToSite, assert;
}

/// A thousand frames that came in one read, taken off the stream one by one.
#[divan::bench]
fn stream_of_1000_asserts(bencher: Bencher) {
    let mut octets = BytesMut::new();
    let message = assert();
    for sequence in 0..1_000 {
        let epoch = Epoch::new(12).expect(EXAMPLE);
        encode_with(&mut octets, Family::ToSite, message.code(), epoch, sequence, |into| {
            message.put_payload(into)
        });
    }
    let stream = octets.freeze();
    bencher
        .counter(divan::counter::ItemsCount::new(1_000_u32))
        .with_inputs(|| BytesMut::from(&stream[..]))
        .bench_local_values(|mut stream| {
            let mut read = 0;
            while let Some(frame) = Frame::decode(&mut stream).expect("the frames are good") {
                ToSite::decode(frame.message, &frame.payload).expect("the message is good");
                read += 1;
            }
            read
        });
}

mod proof {
    use super::*;

    fn prove(bencher: Bencher, word: UplinkWord) {
        let key = SessionKey::new([0x4B; 16]);
        let (site, run) = (SiteId::new(3).expect(EXAMPLE), Incarnation::new(9).expect(EXAMPLE));
        bencher.bench_local(|| key.prove(site, run, place(), black_box(&word)));
    }

    #[divan::bench]
    fn of_a_voice_burst(bencher: Bencher) {
        let AirUplink::Burst(burst) = voice() else { unreachable!("the example is a burst") };
        prove(bencher, burst.word);
    }

    #[divan::bench]
    fn of_a_call_request(bencher: Bencher) {
        let word = CallRequest {
            unit: unit(),
            press: Press::new(9).expect(EXAMPLE),
            talkgroup: TalkgroupId::new(41).expect(EXAMPLE),
            kind: RequestKind::Normal,
            area: None,
        };
        prove(bencher, word.into());
    }
}

mod voice_packet {
    use super::*;

    fn packet() -> (VoiceKey, VoicePacket) {
        let frames = std::iter::repeat_n([0x5A; 8], 5).collect();
        (
            VoiceKey::new([0x4B; 16]),
            VoicePacket { spurt: spurt(), sequence: 100, position: 450, marker: false, frames },
        )
    }

    #[divan::bench]
    fn encode(bencher: Bencher) {
        let (key, packet) = packet();
        let mut octets = BytesMut::with_capacity(256);
        bencher.bench_local(|| {
            octets.clear();
            black_box(&packet).encode(&key, &mut octets);
            octets.len()
        });
    }

    #[divan::bench]
    fn decode(bencher: Bencher) {
        let (key, packet) = packet();
        let mut octets = BytesMut::new();
        packet.encode(&key, &mut octets);
        bencher.bench_local(|| VoicePacket::decode(&key, black_box(&octets)).expect("the packet is good"));
    }

    /// What a switch pays for each further site.
    #[divan::bench]
    fn tag(bencher: Bencher) {
        let (key, packet) = packet();
        let mut octets = BytesMut::new();
        packet.encode(&key, &mut octets);
        let covered = octets.len() - trunklab_protocol::voice::TAG_LEN;
        bencher.bench_local(|| key.tag(black_box(&octets[..covered])));
    }
}
