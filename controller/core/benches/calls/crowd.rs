//! A network of which every slot is taken, and in which many wait.

use std::collections::VecDeque;
use std::net::SocketAddr;

use trunklab_controller_core::Controller;
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, SystemParameters, Talkgroup};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Outbox, Output};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{
    CallRequest, FromSite, HeldRadio, Hello, InventoryEnd, InventoryRadios, TalkEnd,
};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    CarrierNumber, Epoch, Incarnation, Moment, Press, ProfileId, ScanList, SiteId, Span, TalkgroupId, Tmsi,
    UnitId,
};

use crate::CALLS;

/// Slots for calls at each site: those of one carrier but the control channel.
const SLOTS: u32 = 5;

/// Units that all want to talk, each in a talkgroup of its own.
pub struct Crowd {
    controller: Controller,
    now: Moment,
    out: Outbox,
    sites: u16,
    press: u16,
    /// Who talks, the longest first.
    talkers: VecDeque<(SiteId, TalkEnd)>,
}

impl Crowd {
    /// So many wait when all slots are taken.
    pub fn new(sites: u16, waiting: u32) -> Self {
        let controller = Controller::new();
        let (now, out, talkers) = (Moment::ORIGIN, Vec::new(), VecDeque::new());
        let mut crowd = Self { controller, now, out, sites, press: 1, talkers };
        let units = waiting + u32::from(sites) * SLOTS;
        crowd.input(Input::Started { epoch: Epoch::new(1).unwrap(), entropy: [1; 32] });
        crowd.input(Input::Provision(Change::System(SystemParameters {
            queue_len_max: u16::MAX,
            queue_wait_ms_max: u32::MAX,
            ..SystemParameters::default()
        })));
        (1..=units).for_each(|number| crowd.provisions(number));
        (1..=sites).for_each(|number| crowd.comes(number, units));
        (1..=units).for_each(|number| crowd.presses(number));
        crowd
    }

    /// Calls end one after the other, each slot goes to the first that waits there, and who has talked waits again.
    pub fn turns(&mut self) {
        self.press += 1;
        for _ in 0..CALLS {
            self.now += Span::from_micros(1);
            let (site, end) = self.talkers.pop_front().expect("somebody talks");
            let number = end.unit.number();
            self.says(site, end);
            self.presses(number);
        }
    }

    fn provisions(&mut self, number: u32) {
        let talkgroup = talkgroup_of(number);
        let talkgroup =
            Talkgroup { hang_time_ms: Some(0), ..Talkgroup::named(talkgroup, format!("Talkgroup {number}")) };
        let subscriber = Subscriber {
            talkgroups: vec![talkgroup.id],
            ..Subscriber::new(UnitId::new(number).unwrap(), UnitKey::new([7; 16]))
        };
        self.input(Input::Provision(Change::Talkgroup(talkgroup)));
        self.input(Input::Provision(Change::Subscriber(subscriber)));
    }

    fn comes(&mut self, number: u16, units: u32) {
        let site = SiteId::new(number).unwrap();
        let config = SiteConfig::new(site, ProfileId::Iden, CarrierNumber::new(1).unwrap());
        self.input(Input::Provision(Change::Site(config)));
        self.input(Input::SiteConnected { site });
        let (incarnation, newest_epoch) = (Incarnation::new(1).unwrap(), Epoch::new(0).unwrap());
        let voice_address = SocketAddr::from(([127, 0, 0, 1], number));
        self.says(site, Hello { incarnation, newest_epoch, voice_address, controls: Vec::new() });
        let here = (1..=units).filter(|number| self.site_of(*number) == site);
        let radios = here.map(|number| HeldRadio {
            unit: UnitId::new(number).unwrap(),
            tmsi: Tmsi::new(number).unwrap(),
            talkgroup: Some(talkgroup_of(number)),
            secondary: ScanList::default(),
            held_ms: 0,
        });
        let radios = radios.collect();
        self.says(site, InventoryRadios { radios });
        self.says(site, InventoryEnd {});
    }

    fn presses(&mut self, number: u32) {
        let (unit, press) = (UnitId::new(number).unwrap(), Press::new(self.press).unwrap());
        let message = CallRequest {
            unit,
            press,
            talkgroup: talkgroup_of(number),
            kind: RequestKind::Normal,
            area: None,
        };
        self.says(self.site_of(number), message);
    }

    fn site_of(&self, unit: u32) -> SiteId {
        SiteId::new((unit % u32::from(self.sites)) as u16 + 1).unwrap()
    }

    fn says(&mut self, site: SiteId, message: impl Into<FromSite>) {
        self.input(Input::FromSite { site, message: message.into() });
    }

    fn input(&mut self, input: Input) {
        self.out.clear();
        self.controller.handle(self.now, input, &mut self.out);
        for output in &self.out {
            if let Output::ToSite { site, message: ToSite::Assert(assert), .. } = output {
                let talker = assert.talker.expect("nobody hangs");
                let end = TalkEnd { unit: talker.unit, call: assert.call, spurt: talker.spurt };
                self.talkers.push_back((*site, end));
            }
        }
    }
}

fn talkgroup_of(unit: u32) -> TalkgroupId {
    TalkgroupId::new(unit as u16).unwrap()
}
