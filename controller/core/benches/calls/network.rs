//! A controller under load.

use std::net::SocketAddr;

use trunklab_controller_core::Controller;
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, Talkgroup};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Outbox, Output};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{
    Answer, CallRequest, FromSite, HeldRadio, Hello, InventoryEnd, InventoryRadios, Register, TalkEnd,
};
use trunklab_protocol::proof::{Challenge, UnitKey};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    CallId, CarrierNumber, Epoch, Identity, Incarnation, Moment, Press, ProfileId, ScanList, SiteId, Span,
    SpurtId, TalkgroupId, Tmsi, UnitId,
};

use crate::CALLS;

const TALKGROUPS: u16 = 1_000;
/// Units that press: one of each talkgroup.
const CALLERS: u32 = TALKGROUPS as u32;
/// From one caller's number to the next one's: a prime, so that everybody has a turn.
const STRIDE: u64 = 611_953;

/// A controller under load, and the outbox that it fills.
pub struct Network {
    controller: Controller,
    now: Moment,
    out: Outbox,
    sites: u16,
    /// From how many units those that press are drawn.
    callers: u32,
    /// Calls so far.
    count: u32,
}

impl Network {
    /// Units spread over sites so that each talkgroup has members at as many sites as asked for.
    pub fn new(sites: u16, sites_involved: u16, units: u32) -> Self {
        let mut network = Self {
            controller: Controller::new(),
            now: Moment::ORIGIN,
            out: Vec::new(),
            sites,
            callers: CALLERS,
            count: 0,
        };
        network.input(Input::Started { epoch: Epoch::new(1).unwrap(), entropy: [1; 32] });
        for number in 1..=sites {
            network.input(Input::Provision(Change::Site(site_config(number))));
        }
        for number in 1..=TALKGROUPS {
            network.input(Input::Provision(Change::Talkgroup(Talkgroup {
                hang_time_ms: Some(0),
                ..Talkgroup::named(TalkgroupId::new(number).unwrap(), format!("Talkgroup {number}"))
            })));
        }
        let mut radios = vec![Vec::new(); usize::from(sites)];
        for number in 1..=units {
            let (unit, talkgroup) = (UnitId::new(number).unwrap(), talkgroup_of(number));
            network.input(Input::Provision(Change::Subscriber(Subscriber {
                talkgroups: vec![talkgroup],
                ..Subscriber::new(unit, UnitKey::new([7; 16]))
            })));
            let site = network.site_of(number, sites_involved);
            let tmsi = Tmsi::new(number).unwrap();
            radios[usize::from(site.number()) - 1].push(HeldRadio {
                unit,
                tmsi,
                talkgroup: Some(talkgroup),
                secondary: ScanList::default(),
                held_ms: 0,
            });
        }
        for (number, radios) in (1..=sites).zip(radios) {
            let site = SiteId::new(number).unwrap();
            network.input(Input::SiteConnected { site });
            let (incarnation, newest_epoch) = (Incarnation::new(1).unwrap(), Epoch::new(0).unwrap());
            let voice_address = SocketAddr::from(([127, 0, 0, 1], number));
            network.site_says(site, Hello { incarnation, newest_epoch, voice_address, controls: Vec::new() });
            network.site_says(site, InventoryRadios { radios });
            network.site_says(site, InventoryEnd {});
        }
        network
    }

    /// The same, whose calls come from all of its units in turn: hardly two in a row find anything in a cache.
    pub fn with_all_calling(sites: u16, units: u32) -> Self {
        Self { callers: units, ..Self::new(sites, 1, units) }
    }

    /// Calls, one after the other: a unit presses, is granted, and stops. Time runs as if they came in live.
    #[inline(never)]
    pub fn calls(&mut self) {
        for _ in 0..CALLS {
            let number = u64::from(self.count) * STRIDE % u64::from(self.callers);
            let number = number as u32 + 1;
            let press = Press::new((self.count / self.callers) as u16).unwrap();
            self.count += 1;
            self.now += Span::from_micros(1);
            let (unit, talkgroup) = (UnitId::new(number).unwrap(), talkgroup_of(number));
            let site = self.site_of(number, 1);
            self.site_says(
                site,
                CallRequest { unit, press, talkgroup, kind: RequestKind::Normal, area: None },
            );
            let (call, spurt) = self.granted();
            self.site_says(site, TalkEnd { unit, call, spurt });
        }
    }

    pub fn registers(&mut self, count: u32) {
        let unit = UnitId::new(count + 1).unwrap();
        let (identity, press) = (Identity::Unit(unit), Press::new(1).unwrap());
        let site = self.site_of(unit.number(), 1);
        self.site_says(site, Register { identity, press, equipment: None });
        let challenge = self.challenge();
        let response = UnitKey::new([7; 16]).answer(&challenge, None);
        self.site_says(
            site,
            Answer {
                identity,
                response,
                talkgroup: Some(talkgroup_of(unit.number())),
                secondary: ScanList::default(),
            },
        );
    }

    fn granted(&self) -> (CallId, SpurtId) {
        let assert = self.out.iter().find_map(|output| match output {
            Output::ToSite { message: ToSite::Assert(assert), .. } => Some(assert),
            _ => None,
        });
        let assert = assert.expect("the call is granted");
        (assert.call, assert.talker.expect("somebody talks").spurt)
    }

    fn challenge(&self) -> Challenge {
        match &self.out[0] {
            Output::ToSite { message: ToSite::Challenge(message), .. } => message.challenge,
            output => panic!("a challenge was expected: {output:?}"),
        }
    }

    /// The first thousand units, one of each talkgroup, are spread over all sites; further members of a talkgroup are
    /// at the same site and its neighbours.
    fn site_of(&self, unit: u32, sites_involved: u16) -> SiteId {
        let (member, talkgroup) = ((unit - 1) / u32::from(TALKGROUPS), (unit - 1) % u32::from(TALKGROUPS));
        let number = (talkgroup + member % u32::from(sites_involved)) % u32::from(self.sites);
        SiteId::new(number as u16 + 1).unwrap()
    }

    fn site_says(&mut self, site: SiteId, message: impl Into<FromSite>) {
        self.input(Input::FromSite { site, message: message.into() });
    }

    fn input(&mut self, input: Input) {
        self.out.clear();
        self.controller.handle(self.now, input, &mut self.out);
        divan::black_box(&self.out);
    }
}

fn talkgroup_of(unit: u32) -> TalkgroupId {
    TalkgroupId::new(((unit - 1) % u32::from(TALKGROUPS)) as u16 + 1).unwrap()
}

fn site_config(number: u16) -> SiteConfig {
    let carrier = |number| CarrierNumber::new(number).unwrap();
    SiteConfig {
        carriers: (1..=5).map(carrier).collect(),
        ..SiteConfig::new(SiteId::new(number).unwrap(), ProfileId::Iden, carrier(1))
    }
}
