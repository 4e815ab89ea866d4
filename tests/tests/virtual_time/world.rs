//! The virtual world joins the real cores: what a press does from the button to the loudspeaker.

use crate::two_sites::{plan, unit};
use trunklab::lab::observed::Sight;
use trunklab::lab::weather::Weather;
use trunklab::lab::world::World;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{Moment, ProfileId, Span, UnitId};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;

/// Units, and at which site.
const UNITS: [(u32, u16); 6] = [(1001, 2), (1002, 1), (1003, 2), (1004, 1), (1005, 2), (1006, 1)];

fn seconds(seconds: u64) -> Moment {
    Moment::ORIGIN + Span::from_secs(seconds)
}

#[test]
fn a_talker_is_heard_at_both_sites_with_every_profile() {
    for profile in ProfileId::ALL {
        let mut world = World::new(plan(*profile, &UNITS), Weather::CALM, 7);
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
                Sight::FromSite(..)
                | Sight::ToSite(..)
                | Sight::ToConsole(..)
                | Sight::Controller(_)
                | Sight::Record(_)
                | Sight::Attempt(_)
                | Sight::Ordered(..)
                | Sight::Station(..) => None,
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
    UNITS.iter().map(|(number, _)| unit(*number))
}
