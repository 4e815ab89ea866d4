//! The scripted site with its radios, which obey what they hear and answer most of it.

use std::collections::BTreeSet;

use tokio::sync::oneshot;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{Answer, CallRequest, NetworkChallenge, OrderAnswer, TalkEnd};
use trunklab_protocol::proof::{Challenge, ProvedOrder};
use trunklab_protocol::to_site::{
    Deregister, NetworkAnswer, RadioOrder as OrderWord, RegisterRefused, ToSite,
};
use trunklab_protocol::{
    AreaChoice, Cause, Condition, OrderNumber, Press, Priority, RadioOrder, Regroup, ScanList, UnitId,
};

use crate::ALL_UNITS;
use crate::killable::{talkgroup, unit};
use crate::known::{Shared, usual_priority};
use crate::site::{self, KEY, Site};

/// The number of the one request that each radio makes in each of the controller's lives.
const PROBE: u16 = 100;

/// What a radio has heard, and is by that.
#[derive(Debug, Default)]
pub struct Radio {
    pub heard: Vec<(OrderNumber, RadioOrder)>,
    pub condition: Condition,
    pub regrouped: Option<Regroup>,
    /// How the network is to prove itself, and for which order.
    proving: Option<(OrderNumber, Challenge)>,
}

impl Radio {
    fn obey(&mut self, number: OrderNumber, order: RadioOrder) {
        if self.heard.iter().any(|(known, _)| *known == number) {
            return;
        }
        self.heard.push((number, order));
        match order {
            RadioOrder::Stun {} => self.condition = Condition::Stunned,
            RadioOrder::Revive {} => self.condition = Condition::Active,
            RadioOrder::Kill {} => self.condition = Condition::Killed,
            RadioOrder::Regroup(regroup) => self.regrouped = Some(regroup),
            RadioOrder::Restore {} => self.regrouped = None,
            RadioOrder::Check {} | RadioOrder::Monitor(_) => panic!("nobody ordered {order}"),
        }
    }
}

/// The site with its radios.
pub struct Field {
    pub site: Site,
    pub known: Shared,
    /// One order in so many is not answered, so that it waits; 0: each is answered.
    pub silence: u32,
    pub life: u32,
    /// Who was put out of use: a radio that knows it goes off.
    pub off: BTreeSet<UnitId>,
}

impl Field {
    /// What comes next, orders excepted: radios obey them. `None` when the controller is gone.
    async fn hears(&mut self) -> Option<ToSite> {
        loop {
            self.site.try_send().await.ok()?;
            match self.site.hears().await? {
                ToSite::RadioOrder(word) => self.is_ordered(word),
                ToSite::NetworkAnswer(word) => self.is_shown_the_network(word),
                ToSite::Deregister(word) => self.goes_off(word),
                message => return Some(message),
            }
        }
    }

    fn is_silent(&self, number: OrderNumber) -> bool {
        self.silence > 0 && number.number().wrapping_add(self.life).is_multiple_of(self.silence)
    }

    fn is_ordered(&mut self, OrderWord { unit, number, order }: OrderWord) {
        let mut known = self.known.lock().unwrap();
        let radio = known.radios.entry(unit).or_default();
        if order == (RadioOrder::Kill {}) && radio.condition != Condition::Killed {
            let mut octets = [0xC4; 16];
            octets[..4].copy_from_slice(&number.number().to_be_bytes());
            octets[4..8].copy_from_slice(&self.life.to_be_bytes());
            let challenge = Challenge::new(octets);
            radio.proving = Some((number, challenge));
            // Some have not heard the order, and others obey and do not say so.
            if !(self.is_silent(number) && number.number().is_multiple_of(2)) {
                self.site.put(&NetworkChallenge { unit, order: ProvedOrder::Kill, challenge }.into());
            }
            return;
        }
        radio.obey(number, order);
        drop(known);
        self.answers(unit, number);
    }

    /// A radio that is to be killed obeys nobody but the network.
    fn is_shown_the_network(&mut self, NetworkAnswer { unit, order, answer }: NetworkAnswer) {
        let mut known = self.known.lock().unwrap();
        let radio = known.radios.entry(unit).or_default();
        let (number, challenge) = radio.proving.take().expect("the network answers a challenge, once");
        assert!(KEY.vouch(&challenge, unit, order).matches(&answer), "unit {unit} is not shown the network");
        radio.obey(number, RadioOrder::Kill {});
        drop(known);
        self.answers(unit, number);
    }

    fn answers(&mut self, unit: UnitId, number: OrderNumber) {
        if !self.is_silent(number) {
            self.site.put(&OrderAnswer { unit, number, refusal: None }.into());
        }
    }

    /// Nobody is deregistered but whoever was killed.
    fn goes_off(&mut self, Deregister { unit, cause }: Deregister) {
        let known = self.known.lock().unwrap();
        let obeyed = known.radios.get(&unit).is_some_and(|radio| radio.condition == Condition::Killed);
        assert!(cause == Cause::UnitKilled && obeyed, "unit {unit} is deregistered with {cause:?}");
        self.off.insert(unit);
    }

    /// Whoever was killed when the controller's life began is not let in, and everybody else is.
    async fn registers(&mut self, number: u16) -> Option<()> {
        let unit = unit(number);
        let is_killed = self.known.lock().unwrap().held.killed.contains(&unit);
        self.site.put(&site::register(unit));
        loop {
            match self.hears().await? {
                ToSite::Challenge(challenge) => {
                    assert!(!is_killed, "unit {unit} was killed, and is asked who it is");
                    let response = KEY.answer(&challenge.challenge, None);
                    let (identity, talkgroup) = (challenge.identity, Some(talkgroup(number)));
                    let secondary = ScanList::default();
                    self.site.put(&Answer { identity, response, talkgroup, secondary }.into());
                }
                ToSite::Registered(_) => return Some(()),
                ToSite::RegisterRefused(RegisterRefused { cause, .. }) => {
                    assert!(is_killed && cause == Cause::UnitKilled, "unit {unit} is refused: {cause:?}");
                    self.off.insert(unit);
                    self.known.lock().unwrap().seen.killed_and_refused += 1;
                    return Some(());
                }
                _ => {}
            }
        }
    }

    /// Each radio asks for a call that is heard everywhere: it gets what was written down of it, and no more.
    async fn probes(&mut self) -> Option<()> {
        let press = Press::new(PROBE).unwrap();
        let mut waiting: BTreeSet<UnitId> = (1..=ALL_UNITS).map(unit).collect();
        for number in 1..=ALL_UNITS {
            let (unit, talkgroup, kind) = (unit(number), talkgroup(number), RequestKind::Normal);
            if !self.off.contains(&unit) {
                let area = Some(AreaChoice::Wide);
                self.site.put(&CallRequest { unit, press, talkgroup, kind, area }.into());
            }
        }
        loop {
            waiting.retain(|unit| !self.off.contains(unit));
            if waiting.is_empty() {
                return Some(());
            }
            let (unit, outcome) = match self.hears().await? {
                ToSite::Refused(refused) if refused.press == press => (refused.unit, Err(refused.cause)),
                ToSite::Assert(call) => {
                    let Some(talker) = call.talker else { continue };
                    self.site
                        .put(&TalkEnd { unit: talker.unit, call: call.call, spurt: talker.spurt }.into());
                    (talker.unit, Ok(call.priority))
                }
                _ => continue,
            };
            if waiting.remove(&unit) && !self.off.contains(&unit) {
                self.is_served(unit, outcome);
            }
        }
    }

    fn is_served(&self, unit: UnitId, outcome: Result<Priority, Cause>) {
        let mut known = self.known.lock().unwrap();
        // Where its selector is locked elsewhere, it is in no talkgroup.
        if outcome != Err(Cause::NotAffiliated) {
            assert_eq!(outcome, known.held.outcome(unit), "unit {unit}: {:?}", known.held);
        }
        known.seen.stunned_and_refused += usize::from(outcome == Err(Cause::UnitStunned));
        known.seen.without_right_and_refused += usize::from(outcome == Err(Cause::AreaNotAllowed));
        known.seen.urgent += usize::from(outcome.is_ok_and(|priority| priority != usual_priority()));
    }

    /// One life of the controller.
    pub async fn lives(mut self, probed: oneshot::Sender<()>) {
        for number in 1..=ALL_UNITS {
            let Some(()) = self.registers(number).await else { return };
        }
        let Some(()) = self.probes().await else { return };
        probed.send(()).ok();
        while self.hears().await.is_some() {}
    }
}
