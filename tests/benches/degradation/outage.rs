//! One site whose link, or control channel, is lost and comes back: how long until it serves without that, and until all is as before.

use serde::Serialize;
use trunklab::lab::observed::{Observed, Sight};
use trunklab::lab::script::Deed;
use trunklab::lab::weather::Weather;
use trunklab::lab::world::World;
use trunklab_basestation_core::StationEvent;
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{Moment, PlantPart, ProfileId, SiteId, Span, UnitId};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;

use super::network::{self, Network, Without};

/// How long a site waits for its controller.
pub const AFTER_MS: u32 = 3_000;

/// How often the link is lost, each time at another phase of the broadcast's interval and of the controller's heartbeats.
const TIMES: u64 = 20;

/// Longer than any step takes.
const STEP_MAX: Span = Span::from_secs(30);

const RADIOS: u32 = 10;
const SEED: u64 = 14;

/// Between two runs of one step: the shortest, the median and the longest time that it took, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Took {
    pub least_ms: u64,
    pub median_ms: u64,
    pub most_ms: u64,
}

/// How long each step took of a loss, of the link or of the control channel, and of its end.
#[derive(Debug, Clone, Serialize)]
pub struct Outage {
    pub profile: &'static str,
    /// What the site does then.
    pub without: &'static str,
    /// From the loss to the site's other service.
    pub serves: Took,
    /// From the loss until every radio knows of it: in failsoft, until each hears its channel.
    pub all_know: Took,
    /// From there on: from a press to its talk permit.
    pub permit: Took,
    /// From its end to the controller's service.
    pub back: Took,
    /// From its end until every radio knows of it: after failsoft, until each has left its channel.
    pub all_back: Took,
    /// From there on: from a press to its talk permit.
    pub permit_back: Took,
}

/// What is waited for.
#[derive(Clone, Copy)]
enum Sign {
    /// The site offers this service.
    Serves(SiteService),
    /// A radio has heard that it does.
    Knows(SiteService),
    /// A radio is on its failsoft channel.
    InFailsoft,
    /// A radio has left it.
    LeftFailsoft,
    /// A radio may talk.
    Permit,
}

impl Sign {
    fn is(self, what: &Sight) -> bool {
        match (self, what) {
            (Self::Serves(service), Sight::Station(_, StationEvent::Service(now)))
            | (Self::Knows(service), Sight::Handset(_, HandsetEvent::Service { service: now, .. })) => {
                service == *now
            }
            (Self::InFailsoft, Sight::Handset(_, HandsetEvent::Failsoft { .. }))
            | (Self::LeftFailsoft, Sight::Handset(_, HandsetEvent::FailsoftOver { .. }))
            | (
                Self::Permit,
                Sight::Handset(_, HandsetEvent::TalkPermit { .. } | HandsetEvent::FailsoftPermit),
            ) => true,
            (Self::Serves(_) | Self::Knows(_) | Self::InFailsoft | Self::LeftFailsoft | Self::Permit, _) => {
                false
            }
        }
    }
}

struct Run {
    world: World,
    site: SiteId,
    talker: UnitId,
    seen: Vec<Observed>,
}

impl Run {
    /// Goes on until this was seen so often since `from`, and says how long after that.
    fn waits(&mut self, from: Moment, sign: Sign, times: u32) -> u64 {
        while self.world.now().since(from) < STEP_MAX {
            let seen = self.seen.iter().filter(|seen| seen.at >= from && sign.is(&seen.what));
            if let Some(last) = seen.take(times as usize).nth(times as usize - 1) {
                return last.at.since(from).as_millis();
            }
            self.goes_on(Span::from_millis(10));
        }
        panic!("it was not seen within {STEP_MAX:?}");
    }

    fn goes_on(&mut self, span: Span) {
        self.world.run_until(self.world.now() + span);
        self.seen.append(&mut self.world.take_observed());
        self.world.take_heard();
    }

    fn loses(&mut self, without: Without) {
        self.world.perform(match without {
            Without::Nothing | Without::Isolated { .. } | Without::Failsoft { .. } => {
                Deed::CutLink(self.site)
            }
            Without::Control { .. } => self.control_carrier(true),
        });
    }

    fn regains(&mut self, without: Without) {
        self.world.perform(match without {
            Without::Nothing | Without::Isolated { .. } | Without::Failsoft { .. } => {
                Deed::MendLink(self.site)
            }
            Without::Control { .. } => self.control_carrier(false),
        });
    }

    fn control_carrier(&self, broken: bool) -> Deed {
        Deed::Plant {
            site: self.site,
            part: PlantPart { carrier: network::control_carrier(), slot: None },
            broken,
        }
    }

    /// From a press to its talk permit; all is over when it returns.
    fn talks(&mut self) -> u64 {
        self.seen.clear();
        let from = self.world.now();
        self.world.perform(Deed::User(self.talker, Input::PressPtt { kind: RequestKind::Normal }));
        let took = self.waits(from, Sign::Permit, 1);
        self.goes_on(Span::from_secs(1));
        self.world.perform(Deed::User(self.talker, Input::ReleasePtt));
        self.goes_on(Span::from_secs(12));
        took
    }
}

/// Measures it.
pub fn of(profile: ProfileId, without: Without) -> Outage {
    let network = Network { profile, sites: 1, radios_per_site: RADIOS, window_ms: 0, without };
    let (site, talker) = network.radios().next().unwrap();
    let world = World::new(network.plan(), Weather::CALM, SEED);
    let mut run = Run { world, site, talker, seen: Vec::new() };
    for (_, unit) in network.radios() {
        run.goes_on(Span::from_secs(1));
        run.world.perform(Deed::User(unit, Input::PowerOn));
    }
    run.goes_on(STEP_MAX);
    let steps: Vec<[u64; 6]> = (0..TIMES).map(|time| once(&mut run, without, time)).collect();
    let [serves, all_know, permit, back, all_back, permit_back] =
        std::array::from_fn(|step| Took::of(steps.iter().map(|times| times[step])));
    let (profile, without) = (profile.profile().name, service_of(without).1);
    Outage { profile, without, serves, all_know, permit, back, all_back, permit_back }
}

/// The times of each step, in their order.
fn once(run: &mut Run, without: Without, time: u64) -> [u64; 6] {
    let (service, _) = service_of(without);
    let (reached, left) = match without {
        Without::Nothing | Without::Isolated { .. } => (Sign::Knows(service), Sign::Knows(SiteService::Wide)),
        Without::Failsoft { .. } | Without::Control { .. } => (Sign::InFailsoft, Sign::LeftFailsoft),
    };
    // No period of the network divides it.
    run.goes_on(Span::from_micros(time * 53_417));
    run.seen.clear();
    let cut = run.world.now();
    run.loses(without);
    let serves = run.waits(cut, Sign::Serves(service), 1);
    let all_know = run.waits(cut, reached, RADIOS);
    let permit = run.talks();
    run.seen.clear();
    let mended = run.world.now();
    run.regains(without);
    let back = run.waits(mended, Sign::Serves(SiteService::Wide), 1);
    let all_back = run.waits(mended, left, RADIOS);
    // A selection that was made without the network is told within three seconds.
    run.goes_on(Span::from_secs(5));
    [serves, all_know, permit, back, all_back, run.talks()]
}

fn service_of(without: Without) -> (SiteService, &'static str) {
    match without {
        Without::Nothing => (SiteService::NoService, "no service"),
        Without::Isolated { .. } => (SiteService::Isolated, "isolated"),
        Without::Failsoft { .. } => (SiteService::Failsoft, "failsoft"),
        Without::Control { .. } => (SiteService::Failsoft, "control channel lost"),
    }
}

impl Took {
    fn of(times: impl Iterator<Item = u64>) -> Self {
        let mut times: Vec<u64> = times.collect();
        times.sort_unstable();
        let [Some(least_ms), Some(most_ms)] = [times.first(), times.last()].map(Option::<&u64>::copied)
        else {
            return Self { least_ms: 0, median_ms: 0, most_ms: 0 };
        };
        Self { least_ms, median_ms: times[times.len() / 2], most_ms }
    }
}
