//! Operators: what they ask of the loop, and what they are told.

use tokio::sync::{mpsc, oneshot};
use tracing::warn;
use trunklab_controller_core::config::Change;
use trunklab_controller_core::configuration::{Configuration, SiteConfiguration, Unfit};
use trunklab_controller_core::input::Input;
use trunklab_protocol::operator::{
    Authority, ConfigurationVersion, ConsoleName, Event, EventKind, Order, Snapshot, TalkWord, UnitState,
};
use trunklab_protocol::{Cause, SiteId, UnitId};

use super::{Broken, RunLoop};
use crate::clock::Clock;
use crate::counters::Counters;
use crate::dispatch::Dispatch;
use crate::log::Log;

/// What operators ask the loop.
#[derive(Debug)]
pub enum Query {
    /// All that a console shows.
    Snapshot(oneshot::Sender<Snapshot>),
    /// A console connects to talk: `None` where another connection of it does so already.
    Talk {
        /// Which console.
        by: ConsoleName,
        /// Where it hears how its talk stands.
        answer: oneshot::Sender<Option<mpsc::Receiver<TalkWord>>>,
    },
    /// Something that the store keeps already is to hold from here on.
    Provision {
        /// What.
        change: Change,
        /// Told when it does; dropped where the core breaks on it.
        answer: oneshot::Sender<()>,
    },
    /// How the network is configured.
    Configuration(oneshot::Sender<(ConfigurationVersion, Configuration)>),
    /// How a site is configured.
    Site {
        /// Which.
        site: SiteId,
        /// How; `None` where there is none.
        answer: oneshot::Sender<Option<SiteConfiguration>>,
    },
    /// What is known of a unit.
    Unit {
        /// Which.
        unit: UnitId,
        /// What; `None` where it is no subscriber.
        answer: oneshot::Sender<Option<UnitState>>,
    },
    /// Whether a change of the configuration would be taken.
    Weigh(Wish, oneshot::Sender<Result<(), Box<Unfit>>>),
    /// The configuration is to be changed.
    Configure(Wish, oneshot::Sender<Configured>),
    /// Something is to be done.
    Order {
        /// Who orders.
        by: Authority,
        /// What.
        order: Order,
        /// What came of it; dropped where the core breaks on it.
        answer: oneshot::Sender<Result<(), Cause>>,
    },
}

/// How the configuration shall be.
#[derive(Debug)]
pub struct Wish {
    /// Who wants it.
    pub by: Authority,
    /// The version from which the change starts.
    pub base: ConfigurationVersion,
    /// What it shall be.
    pub configuration: Box<Configuration>,
}

/// What came of a change of the configuration.
pub type Configured = Result<ConfigurationVersion, Box<Unfit>>;

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    pub(super) fn answer(&mut self, query: Query) -> Result<(), Broken> {
        match query {
            Query::Snapshot(answer) => {
                if answer.send(self.core.snapshot(self.clock.now())).is_err() {
                    warn!("an operator went away before its snapshot was ready");
                }
                Ok(())
            }
            Query::Talk { by, answer } => {
                if answer.send(self.talks.open(by)).is_err() {
                    warn!("an operator went away before it could talk");
                }
                Ok(())
            }
            Query::Provision { change, answer } => {
                self.take(Input::Provision(change), None)?;
                if answer.send(()).is_err() {
                    warn!("an operator went away before what it changed held");
                }
                Ok(())
            }
            Query::Configuration(answer) => {
                if let Some(core) = self.core.controller() {
                    // Who asked may have gone.
                    drop(answer.send(core.configuration()));
                }
                Ok(())
            }
            Query::Site { site, answer } => {
                let shown = self.core.controller().and_then(|core| core.site_configuration(site));
                drop(answer.send(shown));
                Ok(())
            }
            Query::Unit { unit, answer } => {
                let known = self.core.controller().and_then(|core| core.unit_state(unit));
                drop(answer.send(known));
                Ok(())
            }
            Query::Weigh(Wish { by, base, configuration }, answer) => {
                if let Some(core) = self.core.controller() {
                    drop(answer.send(core.weigh_configuration(&by, base, *configuration).map(|_| ())));
                }
                Ok(())
            }
            Query::Configure(Wish { by, base, configuration }, answer) => {
                self.orders += 1;
                self.configures.insert(self.orders, answer);
                self.take(Input::Configure { id: self.orders, by, base, configuration }, None)
            }
            Query::Order { by, order, answer } => {
                self.orders += 1;
                self.ordered.insert(self.orders, answer);
                self.take(Input::Order { id: self.orders, by, order }, None)
            }
        }
    }

    pub(super) fn answer_order(&mut self, id: u64, outcome: Result<(), Cause>) {
        let answer = self.ordered.remove(&id);
        if answer.is_some_and(|answer| answer.send(outcome).is_err()) {
            warn!("an operator went away before its order was answered");
        }
    }

    pub(super) fn answer_configure(&mut self, id: u64, outcome: Configured) {
        let answer = self.configures.remove(&id);
        if answer.is_some_and(|answer| answer.send(outcome).is_err()) {
            warn!("an operator went away before its change of the configuration was answered");
        }
    }

    pub(super) fn publish(&mut self, event: Event) {
        self.count(&event);
        count_event(&self.outlets.counters, &event.kind);
        self.outlets.feed.publish(event);
    }
}

fn count_event(counters: &Counters, kind: &EventKind) {
    match kind {
        EventKind::CallGranted { .. } | EventKind::CallCalledBack { .. } => counters.calls_granted.one(),
        EventKind::CallQueued { .. } => counters.calls_queued.one(),
        EventKind::CallRefused { cause, .. } | EventKind::CallCancelled { cause, .. } => {
            counters.calls_refused.one(*cause);
        }
        EventKind::CallReleased { cause, .. } => counters.calls_released.one(*cause),
        EventKind::Registered { .. } => counters.registrations.one(),
        EventKind::RegisterRefused { cause, .. } => counters.registrations_refused.one(*cause),
        EventKind::Dropped { cause, .. } => counters.messages_dropped.one(*cause),
        EventKind::MessageRefused { cause, .. } => counters.status_and_alerts_refused.one(*cause),
        EventKind::MessageDelivered { .. } => counters.status_and_alerts_delivered.one(),
        EventKind::SiteUp { .. }
        | EventKind::SiteLost { .. }
        | EventKind::SiteServedAlone { .. }
        | EventKind::SiteServedFailsoft { .. }
        | EventKind::SiteInFailsoft { .. }
        | EventKind::ControlMoved { .. }
        | EventKind::SlotHealth { .. }
        | EventKind::SlotTested { .. }
        | EventKind::NetworkAlarm { .. }
        | EventKind::Deregistered { .. }
        | EventKind::Moved { .. }
        | EventKind::Cloned { .. }
        | EventKind::Affiliated { .. }
        | EventKind::UnitPaged { .. }
        | EventKind::UnitRings { .. }
        | EventKind::CallAnswered { .. }
        | EventKind::SiteJoined { .. }
        | EventKind::SiteLeft { .. }
        | EventKind::EmergencyRaised { .. }
        | EventKind::EmergencyOver { .. }
        | EventKind::CallArea { .. }
        | EventKind::EmergencyBegan { .. }
        | EventKind::CallReaches { .. }
        | EventKind::Patched { .. }
        | EventKind::Unpatched { .. }
        | EventKind::Configured { .. }
        | EventKind::EmergencyAcknowledged { .. }
        | EventKind::EmergencyCleared { .. }
        | EventKind::OrderRefused { .. }
        | EventKind::RadioOrderPending { .. }
        | EventKind::RadioOrderDone { .. }
        | EventKind::RadioOrderFailed { .. }
        | EventKind::Monitored { .. }
        | EventKind::RightsChanged { .. }
        | EventKind::FloorTaken { .. }
        | EventKind::FloorReleased { .. }
        | EventKind::FloorQueued { .. }
        | EventKind::FloorRefused { .. }
        | EventKind::MessageSent { .. }
        | EventKind::AlertOver { .. } => {}
    }
}
