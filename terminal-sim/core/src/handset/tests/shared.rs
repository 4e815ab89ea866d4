//! A call on the control channel's slot (clause 12.12.11).

use trunklab_protocol::air_downlink::{DownlinkWord, FloorIdle, FloorQueued, FloorTaken, Grant, Talker};
use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::{BurstPlace, FloorPolicy, Moment, Press, ProfileId, Signalling, Span};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::HandsetEvent;

fn associated(profile: ProfileId) -> Bench {
    let mut bench = Bench::new(profile);
    bench.system.signalling = Signalling::Associated;
    bench.switched_on()
}

fn talker(number: u32, press: Press) -> Talker {
    Talker { unit: unit(number), spurt: spurt(5), press }
}

/// For so long the control channel's slot says this of a call, and the control channel is silent.
fn slot_says(bench: &mut Bench, span: Span, word: &DownlinkWord) {
    bench.radiates = false;
    let until = bench.now + span;
    while bench.now < until {
        let traffic = |count| {
            bench.profile.downlink_start(ORIGIN, Channel::Traffic, bench.control.slot, count)
                + bench.profile.burst_length(Channel::Traffic)
        };
        let elapsed = Span::from_micros(bench.now.since(ORIGIN).as_micros());
        let mut count = bench.profile.traffic.first_from(elapsed).saturating_sub(1);
        while traffic(count) <= bench.now {
            count += 1;
        }
        let wait = traffic(count).since(bench.now);
        bench.run(wait);
        let place = BurstPlace { at: bench.control, channel: Channel::Traffic, count };
        bench.radiate(place, word.clone());
    }
    bench.radiates = true;
}

fn requests(bench: &Bench) -> Vec<(Moment, BurstPlace)> {
    let is_request = |word: &UplinkWord| matches!(word, UplinkWord::CallRequest(_) | UplinkWord::Alarm(_));
    bench
        .uplink
        .iter()
        .filter(|(_, burst)| is_request(&burst.word))
        .map(|(at, burst)| (*at, burst.place))
        .collect()
}

fn taken_by_strangers() -> DownlinkWord {
    FloorTaken { call: call(9), parties: talkgroup(99).into(), talker: talker(1030, Press::new(1).unwrap()) }
        .into()
}

#[test]
fn a_call_of_strangers_is_a_signal_and_shuts_the_way() {
    for profile in PROFILES {
        let mut bench = associated(profile.id);
        slot_says(&mut bench, Span::from_secs(1), &taken_by_strangers());
        bench.press();
        slot_says(&mut bench, Span::from_secs(8), &taken_by_strangers());
        assert_eq!((requests(&bench).len(), bench.phase()), (0, Phase::Requesting), "{}", profile.name);
        bench.run(Span::from_secs(2));
        let first = requests(&bench)[0].1;
        assert_eq!((first.at, first.channel), (bench.control, Channel::Control), "{}", profile.name);
    }
}

#[test]
fn while_nobody_talks_the_slot_takes_what_the_control_channel_would() {
    for profile in PROFILES {
        let mut bench = associated(profile.id);
        slot_says(&mut bench, Span::from_millis(500), &taken_by_strangers());
        bench.input(Input::Alarm);
        slot_says(&mut bench, Span::from_millis(500), &taken_by_strangers());
        assert_eq!(requests(&bench), [], "{}", profile.name);
        let idle = FloorIdle { call: call(9), parties: talkgroup(99).into() }.into();
        slot_says(&mut bench, Span::from_millis(700), &idle);
        let first = requests(&bench)[0].1;
        assert_eq!((first.at, first.channel), (bench.control, Channel::Traffic), "{}", profile.name);
    }
}

#[test]
fn a_listener_joins_its_own_call_by_the_slots_words() {
    let mut bench = associated(ProfileId::Iden);
    let ours = FloorTaken {
        call: call(9),
        parties: talkgroup(41).into(),
        talker: talker(1018, Press::new(1).unwrap()),
    };
    slot_says(&mut bench, Span::from_millis(300), &ours.into());
    let joined = HandsetEvent::Joined { call: call(9), parties: talkgroup(41).into(), late_entry: true };
    assert_eq!((bench.phase(), &bench.events[..1]), (Phase::Listening, &[joined][..]));
}

#[test]
fn the_talker_waits_until_the_slot_is_the_calls() {
    for profile in PROFILES {
        let mut bench = associated(profile.id);
        bench.press();
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
        let UplinkWord::CallRequest(asked) = bench.uplink[0].1.word.clone() else {
            panic!("{:?}", bench.uplink)
        };
        let granted = talker(1017, asked.press);
        bench.says(Grant {
            call: call(9),
            parties: talkgroup(41).into(),
            at: bench.control,
            talker: Some(granted),
            emergency: false,
            late_entry: false,
            floor: FloorPolicy::Queue,
            duplex: None,
        });
        bench.run(Span::from_millis(250));
        assert_eq!(bench.phase(), Phase::Requesting, "{}", profile.name);
        let taken = FloorTaken { call: call(9), parties: talkgroup(41).into(), talker: granted };
        slot_says(&mut bench, Span::from_millis(400), &taken.into());
        assert_eq!(bench.phase(), Phase::Talking, "{}", profile.name);
    }
}

/// The radio is in a call on another slot, so that it does not hear whether the control channel speaks.
#[test]
fn a_demand_that_nobody_heard_on_the_control_channel_is_said_on_the_calls_slot() {
    for profile in PROFILES {
        let mut bench = associated(profile.id);
        bench.floor = FloorPolicy::Queue;
        let mut bench = bench.listening();
        bench.press();
        bench.run(Span::from_secs(20));
        let press = bench.last_press();
        assert_eq!((bench.phase(), bench.refusals()), (Phase::AwaitingFloor, Vec::new()), "{}", profile.name);
        bench.forget();
        bench.shows(bench.floor_idle());
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
        let (_, burst) = bench.uplink[0].clone();
        assert_eq!((burst.place.at, burst.place.channel), (bench.traffic(), Channel::Traffic));
        let same = matches!(burst.word, UplinkWord::FloorRequest(word) if word.press.number() == press);
        assert!(same, "{}", profile.name);
    }
}

#[test]
fn a_demand_that_has_a_place_is_not_said_again() {
    let mut bench = associated(ProfileId::Iden);
    bench.floor = FloorPolicy::Queue;
    let mut bench = bench.listening();
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let press = Press::new(bench.last_press()).unwrap();
    let talk = bench.shows.clone();
    bench.shows(FloorQueued { call: call(9), unit: unit(1017), press, position: 1 });
    bench.run(bench.profile.traffic.start(2));
    bench.shows = talk;
    bench.run(Span::from_secs(5));
    bench.forget();
    bench.shows(bench.floor_idle());
    bench.run(Span::from_secs(1));
    assert!(bench.uplink.is_empty(), "{:?}", bench.uplink);
}
