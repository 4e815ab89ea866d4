//! A base station that says what the test tells it to, on the air of any profile.

use std::collections::VecDeque;

use trunklab_protocol::air_downlink::{
    AccessRules, Burst, Challenge, DownlinkWord, FloorIdle, FloorTaken, Grant, Registered, Reselection,
    SiteService, System, Talker, Voice,
};
use trunklab_protocol::air_uplink::{self, RequestKind, UplinkWord};
use trunklab_protocol::profile::{Channel, Profile};
use trunklab_protocol::proof::{Challenge as ChallengeOctets, SessionKey, UnitKey};
use trunklab_protocol::voice::FrameRun;
use trunklab_protocol::{
    BurstPlace, CallId, CarrierNumber, Cause, ControlPlace, Epoch, FloorPolicy, Identity, Imsi, Incarnation,
    Moment, NodeId, Press, ProfileId, Signalling, SiteId, SlotAddress, SlotNumber, Span, SpurtId,
    TalkgroupId, Tmsi, UnitId,
};

use crate::handset::{Handset, HandsetConfig, Phase};
use crate::input::Input;
use crate::output::{HandsetEvent, Outbox, Output};

pub const KEY: UnitKey = UnitKey::new(*b"a handset's key.");
pub const CHALLENGE: ChallengeOctets = ChallengeOctets::new(*b"a fresh question");
pub const ORIGIN: Moment = Moment::from_micros(123_456);

pub fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

/// The temporary identity that the bench gives.
pub const TMSI: Tmsi = Tmsi::new(7_001).unwrap();

pub fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

pub fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

pub fn spurt(number: u32) -> SpurtId {
    SpurtId::new(number).unwrap()
}

pub fn call(counter: u32) -> CallId {
    CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(1).unwrap(), counter }
}

pub fn slot(carrier: u16, slot: u8) -> SlotAddress {
    SlotAddress { carrier: CarrierNumber::new(carrier).unwrap(), slot: SlotNumber::new(slot).unwrap() }
}

pub fn imsi() -> Identity {
    Identity::Imsi(Imsi::new(262_420_000_001_017).unwrap())
}

/// Unit 1017 of talkgroup 41, a site 3 with its control channel at 12/0 and traffic on 14/0.
pub struct Bench {
    pub handset: Handset,
    pub profile: &'static Profile,
    pub now: Moment,
    pub system: System,
    pub control_words: VecDeque<DownlinkWord>,
    /// What the traffic slot shows; `None` while it is not radiated.
    pub shows: Option<DownlinkWord>,
    pub radiates: bool,
    /// Answers `Register` and `Answer` as a network would.
    pub registers: bool,
    /// Whether whoever registers is affiliated as well.
    pub affiliates: bool,
    pub uplink: Vec<(Moment, air_uplink::Burst)>,
    pub events: Vec<HandsetEvent>,
    pub outputs: Vec<(Moment, Output)>,
    pub level_dbm: i8,
    /// What a measurement of site 5 finds.
    pub neighbour_dbm: Option<i8>,
    /// How late bursts arrive.
    pub lateness: Span,
    /// The policy of the talkgroup's calls.
    pub floor: FloorPolicy,
    /// Where the control channel is.
    pub control: SlotAddress,
    control_count: u32,
    traffic_count: u32,
}

impl Bench {
    pub fn new(profile: ProfileId) -> Self {
        Self::programmed(profile, |_| {})
    }

    pub fn programmed(profile: ProfileId, change: impl FnOnce(&mut HandsetConfig)) -> Self {
        let mut config = HandsetConfig::new(unit(1017), imsi(), KEY, talkgroup(41), 7);
        change(&mut config);
        Self {
            handset: Handset::new(config),
            profile: profile.profile(),
            now: ORIGIN,
            system: System {
                site: site(3),
                incarnation: Incarnation::new(77).unwrap(),
                service: SiteService::Wide,
                profile,
                access: AccessRules { backoff: 4, tries: 3, tries_emergency: 6, wait: 6 },
                backoff_now: 4,
                reselection: Reselection::default(),
                place: ControlPlace::Fixed,
                signalling: Signalling::Common,
                registration_window_ms: 0,
                channels: 1,
                channel: 0,
            },
            control_words: VecDeque::new(),
            shows: None,
            radiates: true,
            registers: true,
            affiliates: true,
            uplink: Vec::new(),
            events: Vec::new(),
            outputs: Vec::new(),
            level_dbm: -80,
            neighbour_dbm: None,
            lateness: Span::ZERO,
            floor: FloorPolicy::Refuse,
            control: slot(12, 0),
            control_count: 0,
            traffic_count: 0,
        }
    }

    /// On, registered, idle.
    pub fn registered(profile: ProfileId) -> Self {
        Self::new(profile).switched_on()
    }

    pub fn switched_on(mut self) -> Self {
        self.input(Input::PowerOn);
        self.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(30));
        assert_eq!(self.phase(), Phase::Idle, "{}", self.profile.name);
        self.forget();
        self
    }

    pub fn forget(&mut self) {
        self.uplink.clear();
        self.events.clear();
        self.outputs.clear();
    }

    pub fn phase(&self) -> Phase {
        self.handset.state().phase
    }

    pub fn traffic(&self) -> SlotAddress {
        slot(14, 0)
    }

    pub fn input(&mut self, input: Input) {
        let mut out = Outbox::new();
        self.handset.handle(self.now, input, &mut out);
        for output in out {
            self.outputs.push((self.now, output.clone()));
            match output {
                Output::Transmit { burst, .. } => self.uplinked(burst),
                Output::Event(event) => self.events.push(event),
                Output::Measure { site, .. } => {
                    if let Some(level_dbm) = self.neighbour_dbm {
                        self.input(Input::Level { site, level_dbm });
                    }
                }
                Output::Hunt
                | Output::Tune { .. }
                | Output::Mute
                | Output::HeardInFailsoft { .. }
                | Output::Heard { .. }
                | Output::Clipped { .. } => {}
            }
        }
    }

    pub fn press(&mut self) {
        self.input(Input::PressPtt { kind: RequestKind::Normal });
    }

    pub fn says(&mut self, word: impl Into<DownlinkWord>) {
        self.control_words.push_back(word.into());
    }

    pub fn shows(&mut self, word: impl Into<DownlinkWord>) {
        self.shows = Some(word.into());
    }

    pub fn run(&mut self, span: Span) {
        self.run_until(|_| false, span);
    }

    /// Time passes until the condition holds, `span` at most.
    pub fn run_until(&mut self, done: impl Fn(&Self) -> bool, span: Span) {
        let end = self.now + span;
        while !done(self) {
            let control = self.end_of(Channel::Control, self.control_count);
            let traffic = self.end_of(Channel::Traffic, self.traffic_count);
            let own = self.handset.next_deadline().map_or(end + span, |deadline| deadline.at);
            let next = control.min(traffic).min(own);
            if next > end {
                self.now = end;
                return;
            }
            self.now = self.now.max(next);
            if next == control {
                self.control_burst();
            } else if next == traffic {
                self.traffic_burst();
            } else {
                self.input(Input::Time);
            }
        }
    }

    /// Words said so far, without their places.
    pub fn words(&self) -> Vec<UplinkWord> {
        self.uplink.iter().map(|(_, burst)| burst.word.clone()).collect()
    }

    pub fn session(&self) -> SessionKey {
        KEY.session(&CHALLENGE)
    }

    pub fn talker(&self, who: u32, number: u32, press: u16) -> Talker {
        Talker { unit: unit(who), spurt: spurt(number), press: Press::new(press).unwrap() }
    }

    pub fn grant(&self, talker: Option<Talker>) -> Grant {
        Grant {
            call: call(9),
            parties: talkgroup(41).into(),
            at: self.traffic(),
            talker,
            emergency: false,
            late_entry: false,
            floor: self.floor,
            duplex: None,
        }
    }

    pub fn floor_taken(&self, talker: Talker) -> FloorTaken {
        FloorTaken { call: call(9), parties: talkgroup(41).into(), talker }
    }

    pub fn floor_idle(&self) -> FloorIdle {
        FloorIdle { call: call(9), parties: talkgroup(41).into() }
    }

    pub fn voice(&self, who: u32, number: u32, position: u32) -> Voice {
        let frames = FrameRun::new([Some([position as u8; 8]), None]).unwrap();
        Voice { call: call(9), talker: unit(who), spurt: spurt(number), position, frames }
    }

    /// The press number of the last request on the air.
    pub fn last_press(&self) -> u16 {
        self.words()
            .iter()
            .rev()
            .find_map(|word| match word {
                UplinkWord::CallRequest(word) => Some(word.press.number()),
                UplinkWord::FloorRequest(word) => Some(word.press.number()),
                UplinkWord::Handover(word) => Some(word.press.number()),
                UplinkWord::Affiliate(word) => Some(word.press.number()),
                UplinkWord::Register(_)
                | UplinkWord::Answer(_)
                | UplinkWord::Detach(_)
                | UplinkWord::UnitRequest(_)
                | UplinkWord::PageAnswer(_)
                | UplinkWord::HangUp(_)
                | UplinkWord::CallCancel(_)
                | UplinkWord::PttReleased(_)
                | UplinkWord::Alarm(_)
                | UplinkWord::Status(_)
                | UplinkWord::CallAlert(_)
                | UplinkWord::AlertCancel(_)
                | UplinkWord::MessageAnswer(_)
                | UplinkWord::TalkEnd(_)
                | UplinkWord::Leaving(_)
                | UplinkWord::OrderAnswer(_)
                | UplinkWord::NetworkChallenge(_)
                | UplinkWord::FailsoftVoice(_)
                | UplinkWord::Voice(_) => None,
            })
            .expect("a request was sent")
    }

    /// Presses, waits for the request, grants it, and lets the talk begin.
    pub fn talking(mut self) -> Self {
        self.press();
        self.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
        let talker = self.talker(1017, 5, self.last_press());
        self.says(self.grant(Some(talker)));
        self.shows(self.floor_taken(talker));
        self.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(2));
        assert_eq!(self.phase(), Phase::Talking, "{}", self.profile.name);
        self.forget();
        self
    }

    /// Idle, then a listener to unit 1018.
    pub fn listening(mut self) -> Self {
        self.says(self.grant(Some(self.talker(1018, 6, 1))));
        self.shows(self.voice(1018, 6, 0));
        self.run_until(|bench| bench.phase() == Phase::Listening, Span::from_secs(2));
        assert_eq!(self.phase(), Phase::Listening);
        self.forget();
        self
    }

    /// In hang time.
    pub fn hanging(mut self) -> Self {
        self = self.listening();
        self.shows(self.floor_idle());
        self.run_until(|bench| bench.phase() == Phase::Hanging, Span::from_secs(2));
        assert_eq!(self.phase(), Phase::Hanging);
        self.forget();
        self
    }

    pub fn refusals(&self) -> Vec<Cause> {
        self.events
            .iter()
            .filter_map(|event| if let HandsetEvent::Refused { cause } = event { Some(*cause) } else { None })
            .collect()
    }

    fn end_of(&self, channel: Channel, count: u32) -> Moment {
        let slot = match channel {
            Channel::Control => self.control.slot,
            Channel::Traffic => self.traffic().slot,
        };
        self.profile.downlink_start(ORIGIN, channel, slot, count)
            + self.profile.burst_length(channel)
            + self.lateness
    }

    fn control_burst(&mut self) {
        let place = BurstPlace { at: self.control, channel: Channel::Control, count: self.control_count };
        self.control_count += 1;
        if self.radiates {
            let word = self.control_words.pop_front().unwrap_or_else(|| self.system.clone().into());
            self.radiate(place, word);
        }
    }

    fn traffic_burst(&mut self) {
        let place = BurstPlace { at: self.traffic(), channel: Channel::Traffic, count: self.traffic_count };
        self.traffic_count += 1;
        if let Some(word) = self.shows.clone()
            && self.radiates
        {
            self.radiate(place, word);
        }
    }

    pub fn radiate(&mut self, place: BurstPlace, word: DownlinkWord) {
        let burst = Burst { place, word };
        self.input(Input::Burst { site: self.system.site, level_dbm: self.level_dbm, burst });
    }

    fn uplinked(&mut self, burst: air_uplink::Burst) {
        if self.registers {
            match &burst.word {
                UplinkWord::Register(word) => {
                    self.says(Challenge { identity: word.identity, challenge: CHALLENGE });
                }
                UplinkWord::Answer(word) => self.says(Registered {
                    identity: word.identity,
                    unit: unit(1017),
                    tmsi: TMSI,
                    talkgroup: word.talkgroup.filter(|_| self.affiliates),
                    secondary: word.secondary,
                    subscription: None,
                }),
                UplinkWord::Affiliate(_)
                | UplinkWord::Detach(_)
                | UplinkWord::CallRequest(_)
                | UplinkWord::UnitRequest(_)
                | UplinkWord::PageAnswer(_)
                | UplinkWord::HangUp(_)
                | UplinkWord::CallCancel(_)
                | UplinkWord::PttReleased(_)
                | UplinkWord::Alarm(_)
                | UplinkWord::Status(_)
                | UplinkWord::CallAlert(_)
                | UplinkWord::AlertCancel(_)
                | UplinkWord::MessageAnswer(_)
                | UplinkWord::FloorRequest(_)
                | UplinkWord::Handover(_)
                | UplinkWord::TalkEnd(_)
                | UplinkWord::Leaving(_)
                | UplinkWord::OrderAnswer(_)
                | UplinkWord::NetworkChallenge(_)
                | UplinkWord::FailsoftVoice(_)
                | UplinkWord::Voice(_) => {}
            }
        }
        self.uplink.push((self.now, burst));
    }
}
