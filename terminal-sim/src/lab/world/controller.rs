//! The controller in the world: started, killed, given its inputs, its outputs carried.

use trunklab_controller_core::config::{Change, Subscriber};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::fault::AlarmRecord;
use trunklab_controller_core::output::StoreItem;
use trunklab_controller_core::switch::{Limits, Switch};
use trunklab_controller_core::{self as controller, Controller};
use trunklab_protocol::operator::{Authority, ConsoleName, Order};
use trunklab_protocol::to_site::{Assert, ToSite};
use trunklab_protocol::{Cause, Epoch, Span};
use trunklab_terminal_core::scenario::Alteration;

use super::agenda::{Arrival, Node};
use super::ledger::Ledger;
use super::{StoreHabit, World};
use crate::lab::CONSOLE;
use crate::lab::alteration::altered;
use crate::lab::observed::Sight;

impl World {
    /// The controller is started in a new epoch and provisioned from the plan.
    pub fn start_controller(&mut self) {
        self.epoch += 1;
        self.terms += 1;
        self.in_store.clear();
        self.late.clear();
        self.controller = Some(Controller::with_table(self.rules.calls));
        self.ledger.begin_term();
        let epoch = Epoch::new(self.epoch).expect("every number is an epoch");
        let entropy = self.entropy.octets();
        self.at_controller(controller::input::Input::Started { epoch, entropy });
        let patches = self.patches.values().cloned().map(Change::Patch);
        let mut changes: Vec<_> = self.plan.changes().collect();
        if let Some((version, configuration)) = &self.configured {
            let planned = Configuration::default().with(&changes);
            changes.extend(planned.changes_to(configuration));
            changes.push(Change::Version(*version));
        }
        let remote = self.remote.values().cloned().map(Change::Remote);
        let alarms = self.alarms.values().cloned().map(|record| Change::Alarm(Box::new(record)));
        let planned = changes.into_iter().map(|change| self.as_ordered(change));
        for change in planned.chain(patches).chain(remote).chain(alarms).collect::<Vec<_>>() {
            self.at_controller(controller::input::Input::Provision(change));
        }
    }

    /// The same with a new database: its terms of office count from the beginning.
    pub fn start_controller_anew(&mut self) {
        self.epoch = 0;
        self.patches.clear();
        self.ledger = Ledger::default();
        self.configured = None;
        self.remote.clear();
        self.rights.clear();
        self.alarms.clear();
        self.start_controller();
    }

    /// The controller is killed; every link breaks.
    pub fn kill_controller(&mut self) {
        self.end_controller(Cause::LinkSilent);
    }

    fn end_controller(&mut self, cause: Cause) {
        self.controller = None;
        self.forget_deadline(Node::Controller);
        self.switch = Switch::new(Limits::default());
        self.operator_is_cut_off();
        for site in self.stations.keys().copied().collect::<Vec<_>>() {
            self.drop_link(site, cause);
        }
    }

    /// The controller closes down in order: calls are released and links closed before it is gone.
    pub fn stop_controller(&mut self) {
        self.at_controller(controller::input::Input::ClosingDown);
        if self.habit != StoreHabit::Prompt {
            self.store_is_emptied();
        }
        self.kill_controller();
    }

    /// The store keeps what it has before the process ends, and says so.
    fn store_is_emptied(&mut self) {
        let term = self.terms;
        let is_its = |arrival: &Arrival| matches!(arrival, Arrival::Stored { term: of, .. } if *of == term);
        while let Some(key) = self.queue.iter().find(|(_, arrival)| is_its(arrival)).map(|(key, _)| *key) {
            let arrival = self.queue.remove(&key).expect("it was found");
            self.deliver(arrival);
        }
    }

    /// The console orders something; what comes of it is among the events.
    pub fn order(&mut self, order: Order) {
        let by = Authority::own_process(ConsoleName::new(CONSOLE));
        self.orders += 1;
        self.at_controller(controller::input::Input::Order { id: self.orders, by, order });
    }

    /// The console changes the configuration; what comes of it is among the events.
    pub fn reconfigure(&mut self, alteration: Alteration) {
        let Some((base, configuration)) = self.controller.as_ref().map(Controller::configuration) else {
            return;
        };
        let configuration = Box::new(altered(configuration, alteration));
        let by = Authority::own_process(ConsoleName::new(CONSOLE));
        self.at_controller(controller::input::Input::Configure { id: 0, by, base, configuration });
    }

    pub(super) fn at_controller(&mut self, input: controller::input::Input) {
        let Some(core) = &mut self.controller else { return };
        let seen = match &input {
            controller::input::Input::FromSite { site, message } => {
                Some(Sight::FromSite(*site, message.clone()))
            }
            controller::input::Input::Started { .. }
            | controller::input::Input::Time
            | controller::input::Input::Provision(_)
            | controller::input::Input::Entropy(_)
            | controller::input::Input::SiteConnected { .. }
            | controller::input::Input::SiteDisconnected { .. }
            | controller::input::Input::SiteTaken { .. }
            | controller::input::Input::FromSwitch(_)
            | controller::input::Input::Waited { .. }
            | controller::input::Input::Order { .. }
            | controller::input::Input::Configure { .. }
            | controller::input::Input::Stored { .. }
            | controller::input::Input::StoreFailed { .. }
            | controller::input::Input::Copied(_)
            | controller::input::Input::HandedBack
            | controller::input::Input::ClosingDown => None,
        };
        let mut out = controller::output::Outbox::new();
        core.handle(self.now, input, &mut out);
        if self.watched {
            core.assert_invariants();
        }
        if let Some(sight) = seen {
            self.see(sight);
        }
        for output in out {
            self.carry_from_controller(output);
        }
        self.ledger.goes_on(self.now);
        self.note_deadline(Node::Controller);
        if let Some(newest) = self.outranked.take() {
            self.end_controller(Cause::Deposed);
            self.epoch = self.epoch.max(newest.number());
            self.start_controller();
        }
    }

    fn carry_from_controller(&mut self, output: controller::output::Output) {
        match output {
            controller::output::Output::ToSite { site, clause, message } => {
                if let ToSite::Assert(Assert { talker: Some(talker), .. }) = &message {
                    self.talkers.insert(talker.spurt, talker.unit);
                }
                self.see(Sight::ToSite(site, clause, message.clone()));
                self.traffic.to_sites += 1;
                self.send_to_site(site, message);
            }
            // Nobody records in virtual time.
            controller::output::Output::Record(_) => {}
            controller::output::Output::ToSwitch(order) => self.order_switch(order),
            controller::output::Output::ToConsole { clause, word, .. } => {
                self.tell_operator(&word);
                self.see(Sight::ToConsole(clause, word));
            }
            controller::output::Output::Store { id, item } => self.entrust(id, item),
            controller::output::Output::Ordered { id, outcome } => self.see(Sight::Ordered(id, outcome)),
            controller::output::Output::Event(event) => {
                self.ledger.hear(&event);
                self.see(Sight::Controller(event));
            }
            controller::output::Output::Configured { .. } => {}
            controller::output::Output::WantNewTerm { above, .. } => {
                self.outranked = self.outranked.max(Some(above));
            }
            controller::output::Output::WantEntropy => {
                let octets = self.entropy.octets();
                self.schedule(self.now, Arrival::AtController(controller::input::Input::Entropy(octets)));
            }
        }
    }

    /// A subscriber has the rights that an operator gave it last.
    fn as_ordered(&self, change: Change) -> Change {
        let mut change = change;
        if let Change::Subscriber(Subscriber { unit, priority, services, .. }) = &mut change
            && let Some(given) = self.rights.get(unit)
        {
            (*priority, *services) = *given;
        }
        change
    }

    /// The disk of the controller's store is full, or has room again for what waits.
    pub fn set_disk(&mut self, full: bool) {
        self.disk_is_full = full;
        if full {
            return;
        }
        for (id, item) in std::mem::take(&mut self.late) {
            self.take_in(id, item);
        }
    }

    /// The controller's store is to keep something.
    fn entrust(&mut self, id: u64, item: StoreItem) {
        if self.disk_is_full {
            if item.may_wait_for_room() {
                self.records.push((self.observed.len(), item.clone()));
                self.late.push((id, item));
            }
            let at = self.now + Span::from_millis(1);
            return self.schedule(at, Arrival::Stored { term: self.terms, id, kept: false });
        }
        self.records.push((self.observed.len(), item.clone()));
        self.take_in(id, item);
    }

    /// It has room for it.
    fn take_in(&mut self, id: u64, item: StoreItem) {
        let wait = match (self.habit, &item) {
            // An order waits for its entry no longer than a console notices: transcripts tell what comes of it alone.
            (StoreHabit::Prompt, StoreItem::Audit(_)) => Span::ZERO,
            (StoreHabit::Prompt, _) => Span::from_millis(1),
            (StoreHabit::Slow(wait) | StoreHabit::Silent(wait), _) => wait,
        };
        if let StoreHabit::Slow(_) = self.habit {
            self.in_store.insert(id, item);
        } else {
            self.keep(&item);
        }
        let at = self.now + wait;
        self.schedule(at, Arrival::Stored { term: self.terms, id, kept: true });
    }

    /// The controller's store keeps something.
    fn keep(&mut self, item: &StoreItem) {
        self.ledger.keep(item);
        match item {
            StoreItem::CallOpened(_)
            | StoreItem::CallClosed(_)
            | StoreItem::Audit(_)
            | StoreItem::Cloned(_)
            | StoreItem::Message(_)
            | StoreItem::Reported(_) => {}
            StoreItem::NetworkAlarm(record) if record.cleared.is_some() => {
                self.alarms.remove(&record.id);
            }
            StoreItem::NetworkAlarm(record) => {
                self.alarms.insert(record.id, AlarmRecord::clone(record));
            }
            StoreItem::Configured(configured) => {
                self.configured = Some((configured.version, configured.configuration.clone()));
            }
            StoreItem::Patched(talkgroups) => {
                self.patches.extend(talkgroups.first().map(|first| (*first, talkgroups.clone())));
            }
            StoreItem::Unpatched(talkgroups) => {
                self.patches.retain(|_, patch| patch != talkgroups);
            }
            StoreItem::Remote(change) => {
                self.remote.insert(change.row.unit, change.row.clone());
                self.remote.retain(|_, row| !row.is_usual());
            }
            StoreItem::Rights { unit, priority, services } => {
                self.rights.insert(*unit, (*priority, *services));
            }
        }
    }

    /// What was charged since the last time is seen.
    pub(super) fn tell_records(&mut self) {
        let (records, attempts) = self.ledger.tell();
        for entry in records {
            self.see(Sight::Record(Box::new(entry)));
        }
        for entry in attempts {
            self.see(Sight::Attempt(entry));
        }
    }

    /// The store's answer, for the term in which it was asked.
    pub(super) fn stored(&mut self, term: u32, id: u64, kept: bool) {
        if term == self.terms && !kept {
            self.at_controller(controller::input::Input::StoreFailed { id });
        } else if term == self.terms {
            if let Some(item) = self.in_store.remove(&id) {
                self.keep(&item);
            }
            self.at_controller(controller::input::Input::Stored { id });
        }
    }
}
