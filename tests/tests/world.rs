//! The virtual world joins the real cores: what a press does from the button to the loudspeaker.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use trunklab::lab::observed::Sight;
use trunklab::lab::plan::{Plan, RadioPlan};
use trunklab::lab::weather::Weather;
use trunklab::lab::world::World;
use trunklab_controller_core::config::{SiteConfig, Subscriber, SystemParameters, Talkgroup};
use trunklab_protocol::air_downlink::AccessRules;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    CarrierNumber, Identity, Moment, Position, Priority, ProfileId, SiteId, SlotAddress, SlotNumber, Span,
    TalkgroupId, UnitId,
};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;

fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

fn key(number: u32) -> UnitKey {
    UnitKey::new([u8::try_from(number % 251).unwrap(); 16])
}

fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

fn plan(profile: ProfileId) -> Plan {
    let carrier = |number| CarrierNumber::new(number).unwrap();
    let site = |number: u16, east_m| SiteConfig {
        site: SiteId::new(number).unwrap(),
        name: format!("Site {number}"),
        profile,
        position: Position { east_m, north_m: 0 },
        power_dbm: 50,
        carriers: vec![carrier(number * 10), carrier(number * 10 + 1)],
        control: SlotAddress { carrier: carrier(number * 10), slot: SlotNumber::new(0).unwrap() },
        neighbours: Vec::new(),
        access: AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 5 },
        broadcast_interval_ms: 1_000,
        talker_silence_ms: 2_000,
        late_entry_interval_ms: 1_000,
    };
    let units: Vec<u32> = (1001..=1006).collect();
    Plan {
        system: SystemParameters::default(),
        sites: vec![site(1, 0), site(2, 20_000)],
        talkgroups: vec![Talkgroup {
            id: talkgroup(41),
            name: "Dispatch".to_owned(),
            priority: Priority::new(5).unwrap(),
            hang_time_ms: None,
        }],
        subscribers: units
            .iter()
            .map(|number| Subscriber {
                unit: unit(*number),
                imei: None,
                imsi: None,
                msisdn: None,
                fleet_member: None,
                key: key(*number),
                talkgroups: vec![talkgroup(41)],
                sites: None,
            })
            .collect(),
        radios: units
            .iter()
            .map(|number| RadioPlan {
                unit: unit(*number),
                identity: Identity::Unit(unit(*number)),
                key: key(*number),
                talkgroup: talkgroup(41),
                position: Position { east_m: if number % 2 == 0 { 500 } else { 20_500 }, north_m: 0 },
            })
            .collect(),
    }
}

fn seconds(seconds: u64) -> Moment {
    Moment::ORIGIN + Span::from_secs(seconds)
}

#[test]
fn a_talker_is_heard_at_both_sites_with_every_profile() {
    for profile in ProfileId::ALL {
        let mut world = World::new(plan(*profile), Weather::CALM, 7);
        for radio in world_units() {
            world.user(radio, Input::PowerOn);
        }
        world.run_until(seconds(20));
        world.user(unit(1001), Input::PressPtt { kind: RequestKind::Normal });
        world.user(unit(1001), Input::Speech(vec![[7; 8]; 150]));
        world.run_until(seconds(23));
        world.user(unit(1001), Input::ReleasePtt);
        world.run_until(seconds(40));
        let seen = world.take_observed();
        let events: Vec<String> = seen
            .iter()
            .filter_map(|observed| match &observed.what {
                Sight::Handset(unit, event) => Some(format!("{:>8} {unit} {event:?}", observed.at)),
                Sight::FromSite(..) | Sight::ToSite(..) | Sight::Controller(_) | Sight::Station(..) => None,
            })
            .collect();
        let permits = seen
            .iter()
            .filter(|observed| matches!(observed.what, Sight::Handset(_, HandsetEvent::TalkPermit { .. })))
            .count();
        assert_eq!(permits, 1, "{profile}: {events:#?}");
        let heard = world.take_heard();
        for listener in world_units().filter(|listener| *listener != unit(1001)) {
            let frames: usize = heard
                .iter()
                .filter(|heard| heard.unit == listener)
                .map(|heard| heard.frames.frames().iter().filter(|frame| **frame == Some([7; 8])).count())
                .sum();
            assert!(frames > 100, "{profile}: unit {listener} heard {frames} frames\n{events:#?}");
        }
    }
}

fn world_units() -> impl Iterator<Item = UnitId> {
    (1001..=1006).map(unit)
}
