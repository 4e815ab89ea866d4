//! Whatever comes in, in whatever order, at whatever time: no panic, no endless loop, no flood.

use proptest::prelude::*;
use trunklab_protocol::air_downlink::{
    AccessRules, Affiliated, Burst, CallBack, Challenge, ControlAt, Deregistered, DownlinkWord,
    FailsoftChannel, FailsoftOpen, FailsoftOver, FailsoftVoice, FloorIdle, FloorQueued, FloorRefused,
    FloorTaken, FloorWithdrawn, Grant, Idle, Neighbour, Page, PageOver, Party, Queued, Refused,
    RegisterRefused, Registered, Release, Reselection, Ringing, Sides, SiteService, System, TalkWarning,
    Talker, Voice, Working,
};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::proof::Challenge as ChallengeOctets;
use trunklab_protocol::voice::FrameRun;
use trunklab_protocol::{
    BurstPlace, CallSetup, Cause, ControlPlace, FloorPolicy, Identity, Incarnation, Pair, Parties, Press,
    ProfileId, ScanList, Signalling, SlotAddress, Span, Tmsi,
};

use super::bench::{Bench, ORIGIN, call, imsi, site, slot, spurt, talkgroup, unit};
use crate::input::Input;
use crate::output::Outbox;

fn address() -> impl Strategy<Value = SlotAddress> {
    prop_oneof![4 => Just(slot(12, 0)), 4 => Just(slot(14, 0)), 1 => (1_u16..20, 0_u8..6).prop_map(|(c, s)| slot(c, s))]
}

fn press() -> impl Strategy<Value = Press> {
    prop_oneof![9 => 0_u16..12, 1 => any::<u16>()].prop_map(|number| Press::new(number).unwrap())
}

fn who() -> impl Strategy<Value = trunklab_protocol::UnitId> {
    prop_oneof![2 => Just(unit(1017)), 1 => Just(unit(1018))]
}

fn identity() -> impl Strategy<Value = Identity> {
    prop_oneof![Just(imsi()), Just(Identity::Unit(unit(1017)))]
}

fn cause() -> impl Strategy<Value = Cause> {
    proptest::sample::select(Cause::ALL)
}

fn talker() -> impl Strategy<Value = Talker> {
    (who(), 1_u32..6, press()).prop_map(|(unit, number, press)| Talker { unit, spurt: spurt(number), press })
}

fn system() -> impl Strategy<Value = DownlinkWord> {
    let service = proptest::sample::select(SiteService::ALL);
    let profile = prop_oneof![9 => Just(ProfileId::Iden), 1 => proptest::sample::select(ProfileId::ALL)];
    let reselection =
        (any::<i8>(), any::<u8>(), 0_u16..4_000).prop_map(|(below_dbm, hysteresis_db, better_ms)| {
            Reselection { below_dbm, hysteresis_db, better_ms }
        });
    let control = (proptest::sample::select(ControlPlace::ALL), proptest::sample::select(Signalling::ALL));
    let drawn = (0_u32..2, service, profile, any::<[u8; 4]>(), reselection, control);
    drawn.prop_map(|(run, service, profile, rules, reselection, (place, signalling))| {
        let [backoff, tries, tries_emergency, wait] = rules;
        System {
            site: site(3),
            incarnation: Incarnation::new(run).unwrap(),
            service,
            profile,
            access: AccessRules { backoff, tries, tries_emergency, wait: wait % 8 },
            backoff_now: u16::from_le_bytes([tries, backoff]),
            reselection,
            place,
            signalling,
            registration_window_ms: run * 2_000,
            channels: 1 + u8::from(wait > 250),
            channel: 0,
        }
        .into()
    })
}

fn parties() -> impl Strategy<Value = Parties> {
    prop_oneof![
        3 => (41_u16..43).prop_map(|number| talkgroup(number).into()),
        1 => (who(), who()).prop_map(|(caller, called)| Parties::Pair(Pair { caller, called })),
    ]
}

fn word() -> impl Strategy<Value = DownlinkWord> {
    let group = (41_u16..43).prop_map(talkgroup);
    let number = (1_u32..4).prop_map(call);
    let challenge = any::<[u8; 16]>().prop_map(ChallengeOctets::new);
    prop_oneof![
        1 => Just(Idle {}.into()),
        2 => (3_u16..9, 12_u16..14).prop_map(|(number, carrier)| {
            Neighbour { site: site(number), carrier: slot(carrier, 0).carrier }.into()
        }),
        4 => system(),
        2 => (identity(), challenge).prop_map(|(identity, challenge)| Challenge { identity, challenge }.into()),
        4 => (identity(), proptest::option::of(group.clone())).prop_map(|(identity, talkgroup)| {
            let (unit, tmsi) = (unit(1017), Tmsi::new(1).unwrap());
            Registered { identity, unit, tmsi, talkgroup, secondary: ScanList::default(), subscription: None }.into()
        }),
        2 => (3_u16..5, group.clone(), address())
            .prop_map(|(number, talkgroup, at)| FailsoftChannel { site: site(number), talkgroup, at }.into()),
        1 => (3_u16..5, address())
            .prop_map(|(number, control)| ControlAt { site: site(number), control }.into()),
        2 => any::<bool>().prop_map(|tone| FailsoftOpen { site: site(3), tone }.into()),
        2 => (who(), press(), group.clone(), any::<u32>(), any::<bool>(), any::<bool>()).prop_map(
            |(talker, press, talkgroup, position, last, tone)| {
                let frames = FrameRun::new([Some([7; 8]), None]).unwrap();
                FailsoftVoice { site: site(3), talkgroup, talker, press, position, frames, last, tone }.into()
            }
        ),
        1 => (3_u16..5).prop_map(|number| FailsoftOver { site: site(number) }.into()),
        1 => (identity(), cause()).prop_map(|(identity, cause)| RegisterRefused { identity, cause }.into()),
        1 => (who(), press(), group.clone())
            .prop_map(|(unit, press, talkgroup)| {
                let secondary = ScanList::new([super::bench::talkgroup(43)]).unwrap();
                Affiliated { unit, press, talkgroup, secondary }.into()
            }),
        1 => (who(), press(), cause()).prop_map(|(unit, press, cause)| Refused { unit, press, cause }.into()),
        1 => (who(), press(), any::<u16>())
            .prop_map(|(unit, press, position)| Queued { unit, press, position }.into()),
        1 => (who(), press()).prop_map(|(unit, press)| CallBack { unit, press }.into()),
        1 => (who(), press()).prop_map(|(unit, press)| Working { unit, press }.into()),
        1 => (who(), cause()).prop_map(|(unit, cause)| Deregistered { unit, cause }.into()),
        2 => (who(), who(), press(), proptest::sample::select(CallSetup::ALL), 0_u32..3_000).prop_map(
            |(unit, caller, press, setup, ring_ms)| Page { unit, caller, press, setup, ring_ms }.into()
        ),
        1 => (who(), press()).prop_map(|(unit, press)| Ringing { unit, press }.into()),
        1 => (who(), who(), press(), cause())
            .prop_map(|(unit, caller, press, cause)| PageOver { unit, caller, press, cause }.into()),
        6 => (number.clone(), parties(), address(), proptest::option::of(talker()), any::<bool>()).prop_map(
            |(call, parties, at, talker, late_entry)| {
                // Late or not, odd calls let demands wait.
                let floor = if call.counter % 2 == 1 { FloorPolicy::Queue } else { FloorPolicy::Refuse };
                // And every third one is full duplex.
                let duplex = talker.filter(|_| call.counter % 3 == 0).map(|Talker { unit, spurt, .. }| Sides {
                    near: Party { unit, spurt },
                    far: Party { unit: if unit.number() == 1017 { self::unit(1018) } else { self::unit(1017) }, spurt },
                });
                let talker = talker.filter(|_| duplex.is_none());
                Grant { call, parties, at, talker, emergency: false, late_entry, floor, duplex }.into()
            }
        ),
        1 => (number.clone(), cause()).prop_map(|(call, cause)| Release { call, cause }.into()),
        4 => (number.clone(), who(), 1_u32..6, any::<u32>(), 0_usize..=16).prop_map(
            |(call, talker, number, position, frames)| {
                let frames = FrameRun::new(vec![None; frames]).unwrap();
                Voice { call, talker, spurt: spurt(number), position, frames }.into()
            }
        ),
        4 => (number.clone(), parties(), talker())
            .prop_map(|(call, parties, talker)| FloorTaken { call, parties, talker }.into()),
        4 => (number.clone(), parties()).prop_map(|(call, parties)| FloorIdle { call, parties }.into()),
        1 => (number.clone(), who(), press(), cause())
            .prop_map(|(call, unit, press, cause)| FloorRefused { call, unit, press, cause }.into()),
        2 => (number.clone(), who(), press(), any::<u16>())
            .prop_map(|(call, unit, press, position)| FloorQueued { call, unit, press, position }.into()),
        1 => (number.clone(), who(), 1_u32..6, any::<u32>()).prop_map(|(call, unit, number, left_ms)| {
            TalkWarning { call, unit, spurt: spurt(number), left_ms }.into()
        }),
        2 => (number, who(), 1_u32..6, cause()).prop_map(|(call, unit, number, cause)| {
            FloorWithdrawn { call, unit, spurt: spurt(number), cause }.into()
        }),
    ]
}

fn burst() -> impl Strategy<Value = Input> {
    let lie = prop_oneof![19 => Just(None), 1 => any::<u32>().prop_map(Some)];
    let stray = prop_oneof![19 => Just(false), 1 => Just(true)];
    (address(), stray, lie, word(), -112_i8..=-40).prop_map(|(at, stray, lie, word, level_dbm)| {
        // The right count is filled in when the burst's time has come.
        let place = BurstPlace {
            at,
            channel: if (at == slot(12, 0)) == stray { Channel::Traffic } else { Channel::Control },
            count: lie.unwrap_or(0),
        };
        Input::Burst { site: site(3), level_dbm, burst: Burst { place, word } }
    })
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        30 => burst(),
        4 => Just(Input::PressPtt { kind: RequestKind::Normal }),
        1 => Just(Input::PressPtt { kind: RequestKind::Emergency }),
        3 => Just(Input::ReleasePtt),
        2 => (who(), proptest::sample::select(CallSetup::ALL))
            .prop_map(|(called, setup)| Input::Call { called, setup }),
        1 => Just(Input::Answer),
        1 => Just(Input::HangUp),
        2 => (41_u16..43).prop_map(|number| Input::Select(talkgroup(number))),
        2 => Just(Input::PowerOn),
        1 => Just(Input::PowerOff),
        1 => Just(Input::Silence { site: site(3) }),
        2 => (prop_oneof![Just(site(5)), Just(site(3))], any::<i8>())
            .prop_map(|(site, level_dbm)| Input::Level { site, level_dbm }),
        1 => (0_usize..5_000).prop_map(|frames| Input::Speech(vec![[1; 8]; frames])),
        2 => Just(Input::Time),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_heard_can_break_a_handset(
        start in 0..5,
        steps in prop::collection::vec((input(), 0_u64..400_000), 1..300),
    ) {
        let registered = || Bench::registered(ProfileId::Iden);
        let bench = match start {
            0 => Bench::new(ProfileId::Iden),
            1 => registered(),
            2 => registered().talking(),
            3 => registered().hanging(),
            _ => registered().listening(),
        };
        let (mut handset, mut now) = (bench.handset, bench.now);
        let mut out = Outbox::new();
        handset.handle(now, Input::PowerOn, &mut out);
        for (mut input, micros) in steps {
            now += Span::from_micros(micros);
            if let Input::Burst { burst, .. } = &mut input
                && burst.place.count == 0
            {
                burst.place.count = u32::try_from(now.since(ORIGIN).as_micros() / 90_000).unwrap();
            }
            out.clear();
            handset.handle(now, input, &mut out);
            prop_assert!(out.len() < 64, "{} outputs of one input", out.len());
            if let Some(deadline) = handset.next_deadline() {
                prop_assert!(deadline.at > now, "{} spins", deadline.why);
            }
        }
    }

    #[test]
    fn a_long_sleep_is_survived(sleep_s in 1_u64..400_000_000) {
        let mut bench = Bench::registered(ProfileId::Tetra).talking();
        bench.now += Span::from_secs(sleep_s);
        bench.input(Input::Time);
        prop_assert!(bench.outputs.len() < 64);
    }
}
