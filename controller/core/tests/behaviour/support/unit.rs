//! A unit that says what a test tells it to.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{self, FromSite};
use trunklab_protocol::proof::{Challenge, ProvedOrder, Response};
use trunklab_protocol::{
    AreaChoice, CallId, CallSetup, Cause, Demand, Identity, Imei, PageReply, Press, ScanList, UnitId,
};

use super::{System, imei, key, press, site, talkgroup, unit};

/// A unit of a [`System`].
pub struct Unit<'a> {
    pub(super) system: &'a mut System,
    pub(super) unit: UnitId,
}

impl Unit<'_> {
    /// Registers, answers the challenge, and affiliates.
    pub fn registers_at(&mut self, number: u16, affiliation: Option<u16>) {
        self.asks_to_register_at(number);
        self.answers_rightly(affiliation);
        self.system.expect(&format!("site {number} -> unit {} registered", self.unit));
    }

    pub fn asks_to_register_at(&mut self, number: u16) {
        let equipment = imei(self.unit);
        // Who comes from another site was not switched off and on.
        let moves = self.system.at.get(&self.unit).is_some_and(|at| *at != site(number));
        let identity = if moves { Identity::Unit(self.unit) } else { Identity::Imei(equipment) };
        self.asks_to_register_as(number, identity, Some(equipment));
    }

    /// Asks by any of its names, and with any equipment.
    pub fn asks_to_register_as(&mut self, number: u16, identity: Identity, equipment: Option<Imei>) {
        let press = self.next_press();
        self.system.at.insert(self.unit, site(number));
        self.system.named.insert(self.unit, (identity, equipment));
        self.system.from_site(number, from_site::Register { identity, press, equipment });
    }

    pub fn answers_rightly(&mut self, affiliation: Option<u16>) {
        let (identity, equipment) = self.name();
        let challenge = self.system.challenges[&identity];
        self.answers(key(self.unit).answer(&challenge, equipment), affiliation);
    }

    /// How it named itself last.
    fn name(&self) -> (Identity, Option<Imei>) {
        let usual = imei(self.unit);
        self.system.named.get(&self.unit).copied().unwrap_or((Identity::Imei(usual), Some(usual)))
    }

    pub fn answers(&mut self, response: Response, affiliation: Option<u16>) {
        let (identity, _) = self.name();
        let talkgroup = affiliation.map(talkgroup);
        let secondary = ScanList::default();
        self.says(from_site::Answer { identity, response, talkgroup, secondary });
    }

    pub fn affiliates_to(&mut self, number: u16) {
        let press = self.next_press();
        let secondary = ScanList::default();
        self.says(from_site::Affiliate { unit: self.unit, press, talkgroup: talkgroup(number), secondary });
    }

    /// Affiliates, and wants to hear others as well.
    pub fn affiliates_and_scans(&mut self, number: u16, others: &[u16]) {
        let press = self.next_press();
        let secondary = ScanList::new(others.iter().map(|other| talkgroup(*other))).unwrap();
        self.says(from_site::Affiliate { unit: self.unit, press, talkgroup: talkgroup(number), secondary });
    }

    pub fn is_switched_off(&mut self) {
        self.says(from_site::Detach { unit: self.unit });
    }

    /// Its calls are to be heard there from now on.
    pub fn selects_area(&mut self, choice: AreaChoice) -> &mut Self {
        self.system.areas.insert(self.unit, choice);
        self
    }

    /// Calls another unit, with its button down.
    pub fn calls(&mut self, number: u32) {
        self.next_press();
        self.repeats_its_call(number, CallSetup::Immediate);
    }

    /// Calls another unit, which is to ring.
    pub fn rings(&mut self, number: u32) {
        self.next_press();
        self.repeats_its_call(number, CallSetup::Ringing);
    }

    /// Calls another unit, which is to ring, to talk with it at once.
    pub fn rings_to_talk_at_once(&mut self, number: u32) {
        self.next_press();
        self.repeats_its_call(number, CallSetup::Duplex);
    }

    pub fn repeats_its_call(&mut self, number: u32, setup: CallSetup) {
        let press = self.last_press();
        self.says(from_site::UnitRequest { unit: self.unit, press, called: unit(number), setup });
    }

    /// Answers the last page of a caller.
    pub fn says_to_page_of(&mut self, caller: u32, reply: PageReply) {
        let page = self.system.presses.get(&unit(caller)).copied().map_or(press(0), press);
        self.says(from_site::PageAnswer { unit: self.unit, caller: unit(caller), page, reply });
    }

    /// Opens its microphone to a call with another, by order.
    pub fn opens_its_microphone_to(&mut self, number: u32) {
        self.next_press();
        self.repeats_its_call(number, CallSetup::Monitor);
    }

    /// Says that it has obeyed the order that it was told of last, and the store keeps that.
    pub fn obeys(&mut self) {
        self.answers_its_order(None);
        self.system.remote_stored();
    }

    /// Says what became of the order that it was told of last.
    pub fn answers_its_order(&mut self, refusal: Option<Cause>) {
        let number = self.system.orders[&self.unit];
        self.says(from_site::OrderAnswer { unit: self.unit, number, refusal });
    }

    pub fn challenges_the_network(&mut self, challenge: Challenge) {
        self.says(from_site::NetworkChallenge { unit: self.unit, order: ProvedOrder::Kill, challenge });
    }

    pub fn hangs_up(&mut self, call: CallId) {
        self.says(from_site::HangUp { unit: self.unit, call });
    }

    pub fn presses_ptt(&mut self, number: u16) {
        self.next_press();
        self.repeats_its_request(number);
    }

    pub fn repeats_its_request(&mut self, number: u16) {
        self.requests(number, RequestKind::Normal);
    }

    pub fn presses_emergency(&mut self, number: u16) {
        self.next_press();
        self.requests(number, RequestKind::Emergency);
    }

    pub fn raises_the_alarm(&mut self) {
        self.next_press();
        self.repeats_its_alarm();
    }

    pub fn repeats_its_alarm(&mut self) {
        let press = self.last_press();
        self.says(from_site::Alarm { unit: self.unit, press, known: false });
    }

    pub fn cancels(&mut self) {
        let press = self.last_press();
        self.says(from_site::CallCancel { unit: self.unit, press });
    }

    /// The button comes up before the answer.
    pub fn releases_before_its_turn(&mut self) {
        let press = self.last_press();
        self.says(from_site::PttReleased { unit: self.unit, press });
    }

    /// Asks for the floor of a call.
    pub fn presses_ptt_in(&mut self, call: CallId) {
        self.next_press();
        self.repeats_its_press_in(call);
    }

    pub fn repeats_its_press_in(&mut self, call: CallId) {
        let press = self.last_press();
        self.says(from_site::FloorRequest { unit: self.unit, press, call, demand: Demand::Low });
    }

    /// Asks for the floor of a call more, or less, urgently.
    pub fn demands_the_floor_of(&mut self, call: CallId, demand: Demand) {
        self.next_press();
        let press = self.last_press();
        self.says(from_site::FloorRequest { unit: self.unit, press, call, demand });
    }

    /// Ends the spurt that it was granted last.
    pub fn releases_ptt(&mut self) {
        let (call, spurt) = self.system.floors[&self.unit];
        self.says(from_site::TalkEnd { unit: self.unit, call, spurt });
    }

    /// Its site no longer hears it.
    pub fn falls_silent(&mut self) {
        let (call, spurt) = self.system.floors[&self.unit];
        self.says(from_site::TalkerSilent { call, spurt });
    }

    /// It is to go to another site and wants to keep the floor.
    pub fn leaves_for(&mut self, number: u16) {
        let (call, spurt) = self.system.floors[&self.unit];
        self.says(from_site::TalkerLeaving { unit: self.unit, call, spurt, to: site(number) });
    }

    /// Where it is registered now, it asks to go on with its talk.
    pub fn goes_on_talking(&mut self) {
        self.next_press();
        self.asks_again_to_go_on();
    }

    pub fn asks_again_to_go_on(&mut self) {
        let (call, spurt) = self.system.floors[&self.unit];
        let press = self.last_press();
        self.says(from_site::Handover { unit: self.unit, press, call, spurt });
    }

    /// A site speaks for it, whether or not it is there.
    pub fn speaks_through(&mut self, number: u16) -> &mut Self {
        self.system.at.insert(self.unit, site(number));
        self
    }

    pub fn last_press(&self) -> Press {
        press(self.system.presses.get(&self.unit).copied().unwrap_or(0))
    }

    fn requests(&mut self, number: u16, kind: RequestKind) {
        let press = self.last_press();
        let area = self.system.areas.get(&self.unit).copied();
        self.says(from_site::CallRequest {
            unit: self.unit,
            press,
            talkgroup: talkgroup(number),
            kind,
            area,
        });
    }

    fn next_press(&mut self) -> Press {
        *self.system.presses.entry(self.unit).or_insert(0) += 1;
        self.last_press()
    }

    fn says(&mut self, message: impl Into<FromSite>) {
        let number = self.system.at[&self.unit].number();
        self.system.from_site(number, message);
    }
}
