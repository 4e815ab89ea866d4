//! The network that is attacked: a controller, two base stations, two radios at each, calls that must go on.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use trunklab::lab::radios::{Command, RadioSetup, Radios, Report};
use trunklab_basestation::credentials::Credentials as StationCredentials;
use trunklab_basestation::{Station, StationOptions};
use trunklab_controller::observer::Observed;
use trunklab_controller::operator::new_operator_token;
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::zone::Zone;
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, SystemParameters, Talkgroup};
use trunklab_protocol::air_downlink::{AccessRules, SiteService};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{CarrierNumber, Cause, Identity, Position, ProfileId, SiteId, TalkgroupId, UnitId};
use trunklab_terminal_core::handset::HandsetConfig;
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;

use crate::{PATIENCE, loopback};

pub fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

pub fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

pub fn carrier(number: u16) -> CarrierNumber {
    CarrierNumber::new(number).unwrap()
}

/// How often a radio asks for a call.
const ASKED_MAX: u32 = 10;

/// Reports that are kept for a failure's message.
const PASSED_MAX: usize = 40;

/// Units at site 1 in talkgroup 41, at site 2 in talkgroup 42; each may select both.
const RADIOS: [(u32, u16, i32); 4] =
    [(1001, 41, 300), (1002, 41, 400), (2001, 42, 90_300), (2002, 42, 90_400)];

fn key(number: u32) -> UnitKey {
    UnitKey::new([u8::try_from(number % 251).unwrap(); 16])
}

fn changes() -> Vec<Change> {
    let sites = [1, 2, 3, 4, 5, 6].map(|number: u16| {
        Change::Site(SiteConfig {
            position: Position { east_m: (i32::from(number) - 1) * 90_000, north_m: 0 },
            power_dbm: 50,
            carriers: vec![carrier(number * 10), carrier(number * 10 + 1)],
            access: AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 5 },
            talker_silence_ms: 2_000,
            late_entry_interval_ms: 1_000,
            ..SiteConfig::new(site(number), ProfileId::Iden, carrier(number * 10))
        })
    });
    let both = [41, 42].map(|number| TalkgroupId::new(number).unwrap());
    let talkgroups = both.map(|id| {
        Change::Talkgroup(Talkgroup {
            hang_time_ms: Some(300),
            ..Talkgroup::named(id, format!("Talkgroup {id}"))
        })
    });
    let subscribers = RADIOS.map(|(number, ..)| {
        Change::Subscriber(Subscriber {
            talkgroups: both.to_vec(),
            ..Subscriber::new(unit(number), key(number))
        })
    });
    [Change::System(SystemParameters::default())]
        .into_iter()
        .chain(sites)
        .chain(talkgroups)
        .chain(subscribers)
        .collect()
}

/// Where somebody sits before the network starts.
#[derive(Default)]
pub struct Wires {
    /// Between the sites and the switch.
    pub to_switch: Option<SocketAddr>,
    /// Between the switch and site 2.
    pub to_station: Option<SocketAddr>,
    /// Beside the controller's core.
    pub observer: Option<mpsc::Sender<Observed>>,
}

pub struct Network {
    pub zone: Zone,
    pub controller: RunningController,
    pub stations: Vec<Station>,
    radios: Radios,
    reports: mpsc::Receiver<Report>,
    /// How often a radio had to ask for a call again.
    pub asked_again: u32,
}

impl Network {
    pub async fn start(wires: Wires) -> Self {
        let zone = Zone::ephemeral().unwrap();
        let token = new_operator_token().unwrap();
        let mut options = ControllerOptions::ephemeral(&zone, changes());
        options.operator_tokens = vec![token];
        options.voice_advertised = wires.to_switch;
        options.observer = wires.observer;
        let controller = RunningController::start(options).await.unwrap();
        let mut stations = Vec::new();
        for number in [1, 2] {
            let issued = zone.site(site(number)).unwrap();
            let credentials = StationCredentials {
                certificate_pem: issued.certificate_pem,
                key_pem: issued.key_pem,
                ca_pem: issued.ca_pem,
            };
            let options = StationOptions {
                controllers: vec![controller.addresses().listen.to_string()],
                credentials,
                air: loopback(),
                voice: loopback(),
                voice_public: wires.to_station.filter(|_| number == 2),
                memory: None,
            };
            let station = Station::start(options).await.unwrap();
            let mut status = station.status();
            let wide = status
                .wait_for(|status| status.view.name.is_some() && status.view.service == SiteService::Wide);
            timeout(PATIENCE, wide).await.expect("the site comes into service").unwrap();
            stations.push(station);
        }
        let (report, reports) = mpsc::channel(65_536);
        let setups = RADIOS.map(|(number, talkgroup, east_m)| RadioSetup {
            unit: unit(number),
            config: HandsetConfig::new(
                unit(number),
                Identity::Unit(unit(number)),
                key(number),
                TalkgroupId::new(talkgroup).unwrap(),
                1,
            ),
            position: Position { east_m, north_m: 0 },
        });
        let ports: Vec<SocketAddr> = stations.iter().map(|station| station.air_address).collect();
        let radios = Radios::start(&ports, setups.to_vec(), Instant::now(), report).await.unwrap();
        let mut network = Self { zone, controller, stations, radios, reports, asked_again: 0 };
        for (number, ..) in RADIOS {
            network.user(number, Input::PowerOn).await;
            network.until_event(number, |event| matches!(event, HandsetEvent::Registered { .. })).await;
        }
        network
    }

    /// What `wanted` makes of the first report of which it makes something.
    pub async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Report) -> Option<T>) -> T {
        let mut passed = VecDeque::new();
        let seen = async {
            while let Some(report) = self.reports.recv().await {
                if let Some(found) = wanted(&report) {
                    return found;
                }
                passed.push_back(report);
                if passed.len() > PASSED_MAX {
                    passed.pop_front();
                }
            }
            panic!("the radios are gone");
        };
        match timeout(PATIENCE, seen).await {
            Ok(found) => found,
            Err(_) => panic!("{what}: in vain; what came instead: {passed:#?}"),
        }
    }

    pub async fn user(&self, number: u32, input: Input) {
        self.radios.command(Command::User(unit(number), input)).await;
    }

    /// A call that is granted, heard and over. Whoever gets no answer asks again, as a person would: bursts are judged
    /// by the clock, and a machine that is busy elsewhere makes them late.
    pub async fn call(&mut self, talker: u32, listener: u32) {
        for _ in 0..ASKED_MAX {
            if self.calls(talker, listener).await {
                return;
            }
            self.asked_again += 1;
        }
        panic!("unit {talker} asked {ASKED_MAX} times for a call");
    }

    async fn calls(&mut self, talker: u32, listener: u32) -> bool {
        self.user(talker, Input::PressPtt { kind: RequestKind::Normal }).await;
        self.user(talker, Input::Speech(vec![[7; 8]; 50])).await;
        let heard = self
            .until(&format!("unit {talker} calls unit {listener}"), |report| match report {
                Report::Heard(heard) => (heard.unit == unit(listener)).then_some(true),
                Report::Event(_, who, event) => {
                    let gives_up =
                        matches!(event, HandsetEvent::Refused { .. } | HandsetEvent::TalkEnded { .. });
                    (*who == unit(talker) && gives_up).then_some(false)
                }
                Report::NotKept(..) => None,
            })
            .await;
        self.user(talker, Input::ReleasePtt).await;
        if heard {
            let left = |event: &HandsetEvent| matches!(event, HandsetEvent::Left { .. });
            self.until_event(listener, left).await;
        }
        heard
    }

    pub async fn until_event(&mut self, number: u32, wanted: impl Fn(&HandsetEvent) -> bool) {
        self.until(&format!("unit {number} waits"), |report| match report {
            Report::Event(_, who, event) => (*who == unit(number) && wanted(event)).then_some(()),
            Report::Heard(_) | Report::NotKept(..) => None,
        })
        .await;
    }

    /// Calls at the other site until all attacks are over. How many.
    pub async fn call_during(&mut self, attacks: Vec<JoinHandle<()>>) -> u32 {
        let mut calls = 0;
        for attack in attacks {
            while calls == 0 || !attack.is_finished() {
                self.call(2001, 2002).await;
                calls += 1;
            }
            attack.await.expect("an attack found what it should not");
        }
        calls
    }

    /// What strangers must not change: who is registered where, and which calls stand.
    pub async fn state(&self) -> String {
        let snapshot = self.controller.snapshot().await.unwrap();
        let sites: Vec<_> =
            snapshot.sites.iter().map(|view| (view.site, view.in_service, view.radios)).collect();
        format!("{sites:?} {:?} {:?}", snapshot.calls, snapshot.queue)
    }

    pub fn dropped_at(&self, station: usize) -> BTreeMap<Cause, u64> {
        self.stations[station].status().borrow().dropped.clone()
    }

    /// Ends it in order.
    pub async fn stop(self) {
        for station in self.stations {
            station.stop().await;
        }
        self.controller.stop().await.unwrap();
    }
}
