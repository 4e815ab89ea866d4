//! A station driven from deadline to deadline, and a controller and radios that say what a test wants.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use trunklab_basestation_core::{BaseStation, Input, Output, StationEvent};
use trunklab_protocol::air_downlink::{self, AccessRules, DownlinkWord, Reselection, Talker};
use trunklab_protocol::air_uplink::{self, UplinkWord, Voice};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::proof::{Proof, SessionKey, VoiceKey};
use trunklab_protocol::settings::{Neighbour, SiteSettings};
use trunklab_protocol::to_site::{Assert, Configure, Heartbeat, Registered, ToSite};
use trunklab_protocol::voice::{FrameRun, VoiceFrame, VoicePacket};
use trunklab_protocol::{
    Antenna, BurstPlace, CallId, CarrierNumber, Cause, ControlPlace, Epoch, FloorPolicy, Identity,
    Incarnation, Moment, NodeId, Position, Press, Priority, Profile, ProfileId, Signalling, SiteId,
    SlotAddress, SlotNumber, Span, SpurtId, TalkgroupId, Tmsi, UnitId,
};

pub const UPLINK_KEY: VoiceKey = VoiceKey::new([1; 16]);
pub const DOWNLINK_KEY: VoiceKey = VoiceKey::new([2; 16]);
pub const EPOCH: Epoch = Epoch::new(5).unwrap();
pub const INCARNATION: Incarnation = Incarnation::new(77).unwrap();

pub fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

pub fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

pub fn press(number: u16) -> Press {
    Press::new(number).unwrap()
}

pub fn spurt(number: u32) -> SpurtId {
    SpurtId::new(number).unwrap()
}

pub fn call(counter: u32) -> CallId {
    CallId { node: NodeId::new(1).unwrap(), epoch: EPOCH, counter }
}

pub fn at(carrier: u16, slot: u8) -> SlotAddress {
    SlotAddress { carrier: CarrierNumber::new(carrier).unwrap(), slot: SlotNumber::new(slot).unwrap() }
}

pub fn key_of(unit: UnitId) -> SessionKey {
    SessionKey::new(std::array::from_fn(|index| index as u8 ^ unit.number() as u8))
}

pub fn frame(position: u32) -> VoiceFrame {
    u64::from(position).to_be_bytes()
}

pub fn run_of(positions: std::ops::Range<u32>) -> FrameRun {
    FrameRun::new(positions.map(|position| Some(frame(position)))).unwrap()
}

pub fn talker(unit_number: u32, spurt_number: u32) -> Talker {
    Talker { unit: unit(unit_number), spurt: spurt(spurt_number), press: press(1) }
}

/// A call with this talker, if any, here or elsewhere.
pub fn assertion(counter: u32, slot: SlotAddress, talker: Option<Talker>, here: bool) -> Assert {
    Assert {
        call: call(counter),
        parties: talkgroup(41).into(),
        at: slot,
        talker,
        talker_is_here: here,
        emergency: false,
        priority: Priority::new(5).unwrap(),
        floor: FloorPolicy::Refuse,
        others: Vec::new(),
        area: None,
        duplex: None,
    }
}

pub fn settings(profile: ProfileId) -> SiteSettings {
    SiteSettings {
        site: SiteId::new(3).unwrap(),
        name: "North".into(),
        profile,
        position: Position { east_m: 100, north_m: 200 },
        mast: None,
        antenna: Antenna::Omni,
        power_dbm: 43,
        carriers: [1, 2, 3].map(|number| CarrierNumber::new(number).unwrap()).to_vec(),
        control: at(1, 0),
        further_controls: Vec::new(),
        control_place: ControlPlace::Fixed,
        signalling: Signalling::Common,
        neighbours: vec![Neighbour {
            site: SiteId::new(4).unwrap(),
            carrier: CarrierNumber::new(9).unwrap(),
        }],
        access: AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 6 },
        reselection: Reselection::default(),
        registration_window_ms: 0,
        broadcast_interval_ms: 1_000,
        talker_silence_ms: 1_000,
        late_entry_interval_ms: 2_000,
        failsoft_after_ms: 0,
        failsoft: Vec::new(),
        self_test_ms: 0,
        bad_tests: 3,
        good_tests: 3,
        heartbeat_ms: 1_000,
        switch_address: SocketAddr::from(([127, 0, 0, 1], 5004)),
        voice_uplink_key: UPLINK_KEY,
        voice_downlink_key: DOWNLINK_KEY,
    }
}

/// The station under test with all that it has said.
pub struct Driven {
    pub core: BaseStation,
    pub profile: &'static Profile,
    pub now: Moment,
    pub said: Vec<(Moment, Output)>,
    pub heartbeats: bool,
}

impl Driven {
    /// Neither link nor settings.
    pub fn bare(profile: ProfileId) -> Self {
        let voice_address = SocketAddr::from(([127, 0, 0, 1], 4000));
        Self {
            core: BaseStation::new(INCARNATION, [9; 32], voice_address, Moment::ORIGIN),
            profile: profile.profile(),
            now: Moment::ORIGIN,
            said: Vec::new(),
            heartbeats: true,
        }
    }

    /// In service.
    pub fn serving(profile: ProfileId) -> Self {
        let mut station = Self::bare(profile);
        station.input(Input::LinkUp);
        station.order(Configure { settings: settings(profile).into() });
        station.said.clear();
        station
    }

    pub fn input(&mut self, input: Input) {
        let mut out = Vec::new();
        self.core.handle(self.now, input, &mut out);
        self.said.extend(out.into_iter().map(|output| (self.now, output)));
    }

    pub fn order(&mut self, message: impl Into<ToSite>) {
        self.input(Input::FromController { epoch: EPOCH, message: message.into() });
    }

    /// Goes from deadline to deadline; the controller shows that it lives.
    pub fn run_until(&mut self, until: Moment) {
        loop {
            let due = self.core.next_deadline().map(|deadline| deadline.at).filter(|due| *due <= until);
            let Some(due) = due else { break };
            assert!(due >= self.now, "a deadline lies in the past");
            self.now = due;
            self.input(Input::Time);
            if self.heartbeats {
                self.order(Heartbeat {});
            }
        }
        self.now = until;
        self.input(Input::Time);
    }

    pub fn run_for(&mut self, span: Span) {
        self.run_until(self.now + span);
    }

    /// Holds a radio.
    pub fn hold(&mut self, unit: UnitId) {
        self.order(Registered {
            identity: Identity::Unit(unit),
            unit,
            tmsi: Tmsi::new(unit.number()).unwrap(),
            talkgroup: None,
            secondary: trunklab_protocol::ScanList::default(),
            session_key: key_of(unit),
            subscription: None,
        });
    }

    /// The next uplink burst of a slot that has not begun.
    pub fn next_uplink(&self, channel: Channel, slot: SlotAddress) -> BurstPlace {
        let count = (0..)
            .find(|count| self.profile.uplink_start(Moment::ORIGIN, channel, slot.slot, *count) >= self.now)
            .unwrap();
        BurstPlace { at: slot, channel, count }
    }

    /// Goes on to the moment at which a slot's next downlink burst begins; the one before it has ended by then.
    pub fn run_to_next_downlink(&mut self, channel: Channel, slot: SlotAddress) {
        let begins = |count| self.profile.downlink_start(Moment::ORIGIN, channel, slot.slot, count);
        let next = (0..).map(begins).find(|begins| *begins > self.now).unwrap();
        self.run_until(next);
    }

    pub fn begins(&self, channel: Channel, place: BurstPlace) -> Moment {
        self.profile.uplink_start(Moment::ORIGIN, channel, place.at.slot, place.count)
    }

    /// The burst of a unit, proved where it must be.
    pub fn burst(&self, place: BurstPlace, level_dbm: i8, word: impl Into<UplinkWord>) -> air_uplink::Burst {
        let word = word.into();
        let proof = word.unit().map_or(Proof::NONE, |unit| {
            key_of(unit).prove(settings(self.profile.id).site, INCARNATION, place, &word)
        });
        air_uplink::Burst { place, level_dbm, word, proof }
    }

    /// Sends a word in the next access opportunity and waits for its end.
    pub fn access(&mut self, word: impl Into<UplinkWord>) {
        let place = self.next_uplink(Channel::Control, at(1, 0));
        self.run_until(self.begins(Channel::Control, place));
        let burst = self.burst(place, -80, word);
        self.input(Input::Air(burst));
        self.run_for(Span::from_millis(120));
    }

    /// Sends a word in the next uplink burst of a traffic slot.
    pub fn send_in(&mut self, slot: SlotAddress, word: impl Into<UplinkWord>) {
        let place = self.next_uplink(Channel::Traffic, slot);
        self.run_until(self.begins(Channel::Traffic, place));
        let burst = self.burst(place, -80, word);
        self.input(Input::Air(burst));
        let ends = self.begins(Channel::Traffic, place) + self.profile.burst_length(Channel::Traffic);
        self.run_until(ends + Span::from_millis(5));
    }

    /// Speaks some bursts into a slot, by the profile's pattern.
    pub fn talk(&mut self, slot: SlotAddress, counter: u32, talker: Talker, bursts: u32) {
        let mut position = 0;
        for burst in 0..bursts {
            let frames = u32::from(self.profile.voice_frames(burst));
            self.send_in(
                slot,
                Voice {
                    unit: talker.unit,
                    call: call(counter),
                    spurt: talker.spurt,
                    position,
                    frames: run_of(position..position + frames),
                },
            );
            position += frames;
        }
    }

    /// A packet from the voice switch.
    pub fn packet(&mut self, spurt_number: u32, positions: std::ops::Range<u32>) {
        let packet = VoicePacket {
            spurt: spurt(spurt_number),
            sequence: positions.start as u16,
            marker: positions.start == 0,
            position: positions.start,
            frames: positions.map(frame).collect(),
        };
        let mut octets = BytesMut::new();
        packet.encode(&DOWNLINK_KEY, &mut octets);
        self.input(Input::Voice(octets.freeze()));
    }

    /// What was radiated in a slot, in order, and forgets it all.
    pub fn radiated(&mut self, slot: SlotAddress) -> Vec<(Moment, air_downlink::Burst)> {
        let bursts = self
            .said
            .iter()
            .filter_map(|(moment, output)| match output {
                Output::Air(burst) if burst.place.at == slot => Some((*moment, burst.clone())),
                _ => None,
            })
            .collect();
        self.said.retain(|(_, output)| !matches!(output, Output::Air(burst) if burst.place.at == slot));
        bursts
    }

    pub fn words(&mut self, slot: SlotAddress) -> Vec<DownlinkWord> {
        self.radiated(slot).into_iter().map(|(_, burst)| burst.word).collect()
    }

    /// Words on the control channel that say something to somebody.
    pub fn busy_words(&mut self) -> Vec<DownlinkWord> {
        let mut words = self.words(at(1, 0));
        words.retain(|word| {
            !matches!(word, DownlinkWord::Idle(_) | DownlinkWord::System(_) | DownlinkWord::Neighbour(_))
        });
        words
    }

    /// What the controller was told but for heartbeats and settings, and forgets it.
    pub fn told(&mut self) -> Vec<FromSite> {
        let told = self
            .said
            .iter()
            .filter_map(|(_, output)| match output {
                Output::ToController { message: FromSite::Health(_) | FromSite::Settings(_), .. } => None,
                Output::ToController { message, .. } => Some(message.clone()),
                _ => None,
            })
            .collect();
        self.said.retain(|(_, output)| !matches!(output, Output::ToController { .. }));
        told
    }

    /// What the controller was told last of the first control channel's load.
    pub fn load(&self) -> ControlLoad {
        let health = |output: &Output| match output {
            Output::ToController { message: FromSite::Health(health), .. } => {
                health.controls.first().copied()
            }
            _ => None,
        };
        self.said.iter().rev().find_map(|(_, output)| health(output)).expect("a heartbeat was said")
    }

    /// Packets for the voice switch, and forgets them.
    pub fn packets(&mut self) -> Vec<VoicePacket> {
        let voice = |output: &Output| match output {
            Output::Voice(octets) => Some(octets.clone()),
            _ => None,
        };
        let packets: Vec<Bytes> = self.said.iter().filter_map(|(_, output)| voice(output)).collect();
        self.said.retain(|(_, output)| voice(output).is_none());
        packets.iter().map(|octets| VoicePacket::decode(&UPLINK_KEY, octets).unwrap()).collect()
    }

    /// Causes for which something was dropped, and forgets them.
    pub fn dropped(&mut self) -> Vec<Cause> {
        let cause = |output: &Output| match output {
            Output::Event(StationEvent::Dropped { cause, .. }) => Some(*cause),
            _ => None,
        };
        let causes = self.said.iter().filter_map(|(_, output)| cause(output)).collect();
        self.said.retain(|(_, output)| cause(output).is_none());
        causes
    }

    /// The first slot that calls can use.
    pub fn traffic_slot(&self) -> SlotAddress {
        at(2, self.profile.slots - 1)
    }
}
