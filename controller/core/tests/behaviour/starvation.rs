//! Nobody starves: calls for one site that never end to come do not keep a call for many sites waiting for ever
//! (clause 12.5.6).

use std::collections::BTreeMap;

use proptest::prelude::*;
use trunklab_controller_core::Controller;
use trunklab_controller_core::output::Output;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{Moment, Span, UnitId};

use crate::support::{System, unit};

/// The talkgroup that is heard everywhere, and the unit that calls it.
const WIDE: (u16, u32) = (1, 1_000);

/// How long local traffic runs before the wide call is asked for.
const BEFORE: Span = Span::from_secs(20);

/// Local traffic without end.
#[derive(Debug, Clone)]
struct Traffic {
    sites: u16,
    channels: u16,
    /// Units at each site that want to talk whenever they do not: more than there are channels.
    locals: u16,
    /// Lengths of talks, in milliseconds, one after the other.
    talks: Vec<u64>,
}

fn traffic() -> impl Strategy<Value = Traffic> {
    (2_u16..=4, 1_u16..=3, 2_u16..=3, proptest::collection::vec(300_u64..5_000, 7..30)).prop_map(
        |(sites, channels, more, talks)| Traffic { sites, channels, locals: channels + more, talks },
    )
}

impl Traffic {
    /// Recent users go first for ten seconds. From there on the wide call waits for those that came before it, and then
    /// for one channel at each site. Nobody talks for longer than five seconds.
    fn longest_wait(&self) -> Span {
        let ahead = u64::from(self.locals.div_ceil(self.channels));
        Span::from_secs(10 + 5 * (ahead + 1))
    }

    /// How long the wide call waits, unless it does so for longer than `patience`.
    fn wait_of_the_wide_call(&self, controller: Controller, patience: Span) -> Option<Span> {
        let mut system = System::with_controller(controller);
        // Positions alone are told otherwise; who waits is never refused here.
        system.with(|system| system.queue_wait_ms_max = 3_600_000);
        system.has_talkgroup_with(WIDE.0, 5, Some(0));
        for site in 1..=self.sites {
            system.has_site(site, self.channels);
            system.has_units_at(site, &[WIDE.1 + u32::from(site) - 1], WIDE.0);
            for local in 1..=self.locals {
                system.has_talkgroup_with(100 * site + local, 5, Some(0));
                system.has_units_at(site, &[u32::from(100 * site + local)], 100 * site + local);
            }
        }
        let locals = (1..=self.sites).flat_map(|site| (1..=self.locals).map(move |local| 100 * site + local));
        let mut air = Air { talks: self.talks.iter().copied().cycle(), talking: BTreeMap::new(), order: 0 };
        for local in locals {
            system.unit(u32::from(local)).presses_ptt(local);
            air.watch(&system);
        }
        let asked = system.now + BEFORE;
        let mut waits = false;
        while let Some(((at, _), who)) = air.talking.pop_first() {
            if !waits && at >= asked {
                system.after_ms(asked.since(system.now).as_millis());
                system.unit(WIDE.1).presses_ptt(WIDE.0);
                waits = true;
                if air.watch(&system) {
                    return Some(Span::ZERO);
                }
            }
            system.after_ms(at.since(system.now).as_millis());
            system.unit(who.number()).releases_ptt();
            let granted = air.watch(&system);
            system.unit(who.number()).presses_ptt(u16::try_from(who.number()).unwrap());
            if granted || air.watch(&system) {
                return Some(system.now.since(asked));
            }
            if system.now > asked + patience {
                return None;
            }
        }
        unreachable!("local traffic never ends")
    }
}

/// Who talks, and until when.
struct Air<T> {
    talks: T,
    /// By the end of the talk, and the order of the grants.
    talking: BTreeMap<(Moment, u64), UnitId>,
    order: u64,
}

impl<T: Iterator<Item = u64>> Air<T> {
    /// Notes who was granted by the last thing that happened; `true` where it was the wide call.
    fn watch(&mut self, system: &System) -> bool {
        let mut wide = false;
        for output in &system.outputs {
            let Output::Event(event) = output else { continue };
            let EventKind::CallGranted { talker, .. } = event.kind else { continue };
            wide |= talker == unit(WIDE.1);
            self.order += 1;
            let until = system.now + Span::from_millis(self.talks.next().unwrap());
            self.talking.insert((until, self.order), talker);
        }
        wide
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_wide_call_is_not_starved_by_local_ones(traffic in traffic()) {
        let patience = traffic.longest_wait();
        let wait = traffic.wait_of_the_wide_call(Controller::new(), patience);
        prop_assert!(wait.is_some(), "no grant within {} s", patience.as_secs_f64());
    }

    /// The rule is what does it: without it the same traffic starves the wide call.
    #[test]
    fn without_hold_back_it_would_be(traffic in traffic()) {
        let patience = traffic.longest_wait();
        let wait = traffic.wait_of_the_wide_call(Controller::without_hold_back(), patience);
        prop_assert!(wait.is_none(), "granted after {} s", wait.unwrap_or_default().as_secs_f64());
    }
}
