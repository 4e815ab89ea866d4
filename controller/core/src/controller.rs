//! The controller's state and its one way in: a table of contents of all that can happen.

use std::collections::BTreeSet;

use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::{ConfigurationVersion, EventKind};
use trunklab_protocol::switch::{ConsoleSilent, FromSwitch, LoopedBack};
use trunklab_protocol::{AreaId, CallId, Cause, Clause, Epoch, Moment, SiteId, Span, TalkgroupId};

use crate::call::alarm::Emergencies;
use crate::call::calls::Calls;
use crate::call::console::Consoles;
use crate::call::floor::SpurtCounter;
use crate::call::patches::Patches;
use crate::call::queue::BusyQueue;
use crate::call::setups::Setups;
use crate::call::table::{CallTable, Event, STANDARD, State};
use crate::config::{ServiceArea, SystemParameters};
use crate::configuration::{Pending, Unfit};
use crate::directory::Directory;
use crate::events::Events;
use crate::fault::{Alarms, OwnHealth, signal_of};
use crate::input::Input;
use crate::isolated::{CopiedVectors, Copies, LostCalls, Reports};
use crate::messages::pending::Messages;
use crate::messages::recent::Recent;
use crate::orders::{Given, WaitingOrders};
use crate::output::{Outbox, Output, StoreItem};
use crate::random::RandomStream;
use crate::registry::clones::ClonedUnits;
use crate::registry::home::HomeRegister;
use crate::registry::sites::{Memory, Site};
use crate::registry::talkgroups::TalkgroupState;
use crate::registry::visitors::Visitors;
use crate::remote::{Remote, RightsOrders};
use crate::timers::{Deadline, TimerKey, Timers};

/// How often fresh octets are asked for.
const ENTROPY_INTERVAL: Span = Span::from_secs(600);

/// A controller: decides, and leaves the doing to its shell.
#[derive(Debug)]
pub struct Controller {
    /// The moment that is being worked on; never runs backwards.
    pub(crate) now: Moment,
    /// The moment at which the caller woke: later than `now` while timers catch up.
    pub(crate) woke: Moment,
    pub(crate) table: &'static CallTable,
    pub(crate) term: Term,
    pub(crate) epoch: Epoch,
    pub(crate) system: SystemParameters,
    pub(crate) home: HomeRegister,
    pub(crate) sites: Directory<SiteId, Site>,
    pub(crate) areas: Directory<AreaId, ServiceArea>,
    pub(crate) talkgroups: Directory<TalkgroupId, TalkgroupState>,
    pub(crate) visitors: Visitors,
    pub(crate) cloned: ClonedUnits,
    pub(crate) calls: Calls,
    pub(crate) setups: Setups,
    pub(crate) queue: BusyQueue,
    pub(crate) emergencies: Emergencies,
    /// Status and call alerts that are under way.
    pub(crate) messages: Messages,
    pub(crate) recent: Recent,
    /// Whether slots are held back for the head of the queue (clause 12.5.6).
    pub(crate) holds_back: bool,
    /// Whether every waiting request is weighed when slots come free, and not only those of which something can come.
    pub(crate) weighs_all: bool,
    pub(crate) patches: Patches,
    pub(crate) waiting_orders: WaitingOrders,
    pub(crate) consoles: Consoles,
    /// What operators ordered radios to do, and what of it lasts.
    pub(crate) remote: Remote,
    pub(crate) rights_orders: RightsOrders,
    /// What is wrong with the network's parts.
    pub(crate) alarms: Alarms,
    pub(crate) own_health: OwnHealth,
    /// What is left of the vectors of a site that serves alone.
    pub(crate) copied_vectors: CopiedVectors,
    /// Calls that ended with their sites' links.
    pub(crate) lost_calls: LostCalls,
    /// What sites have that may serve alone.
    pub(crate) copies: Copies,
    /// What sites that served alone have told, and the store has not kept yet.
    pub(crate) reports: Reports,
    /// Running calls that have listeners at a site but no slot there, longest wait first.
    pub(crate) lacking: Vec<(SiteId, CallId)>,
    /// Sites whose control channel has to go to a candidate, and has found none that it can have.
    pub(crate) displaced_controls: BTreeSet<SiteId>,
    /// Slots were given back, or are no longer held back: somebody may be served.
    pub(crate) slots_freed: bool,
    /// The clause of the row that is being walked.
    pub(crate) citing: Option<Clause>,
    pub(crate) timers: Timers,
    pub(crate) events: Events,
    pub(crate) spurts: SpurtCounter,
    pub(crate) call_count: u32,
    pub(crate) arrivals: u64,
    pub(crate) store_count: u64,
    pub(crate) configuration_version: ConfigurationVersion,
    /// A change of the configuration that the store is asked to keep: one at a time.
    pub(crate) pending_configuration: Option<Box<Pending>>,
    /// Slot time of sites that were taken out.
    pub(crate) time_of_sites_gone: Span,
}

/// A controller's term of office.
#[derive(Debug)]
pub(crate) enum Term {
    /// Not begun: things may be provisioned, nothing else.
    NotBegun,
    /// Under way, with its random stream.
    Running(Box<RandomStream>),
    /// Over: sites were told.
    Closed,
}

impl Default for Controller {
    fn default() -> Self {
        Self::new()
    }
}

impl Controller {
    /// A controller that knows nothing yet and waits for [`Input::Started`].
    pub fn new() -> Self {
        Self::with_table(&STANDARD)
    }

    /// A controller that goes by another table of call states: to see whether a changed rule is noticed.
    pub fn with_table(table: &'static CallTable) -> Self {
        Self {
            table,
            now: Moment::ORIGIN,
            woke: Moment::ORIGIN,
            term: Term::NotBegun,
            epoch: Epoch::new(0).expect("0 is an epoch"),
            system: SystemParameters::default(),
            home: HomeRegister::default(),
            sites: Directory::default(),
            areas: Directory::default(),
            talkgroups: Directory::default(),
            visitors: Visitors::default(),
            cloned: ClonedUnits::default(),
            calls: Calls::default(),
            setups: Setups::default(),
            queue: BusyQueue::default(),
            emergencies: Emergencies::default(),
            messages: Messages::default(),
            recent: Recent::default(),
            holds_back: true,
            weighs_all: false,
            patches: Patches::default(),
            waiting_orders: WaitingOrders::default(),
            consoles: Consoles::default(),
            remote: Remote::default(),
            rights_orders: RightsOrders::default(),
            alarms: Alarms::default(),
            own_health: OwnHealth::default(),
            copied_vectors: CopiedVectors::default(),
            lost_calls: LostCalls::default(),
            copies: Copies::default(),
            reports: Reports::default(),
            lacking: Vec::new(),
            displaced_controls: BTreeSet::new(),
            slots_freed: false,
            citing: None,
            timers: Timers::default(),
            events: Events::default(),
            spurts: SpurtCounter::default(),
            call_count: 0,
            arrivals: 0,
            store_count: 0,
            configuration_version: ConfigurationVersion::default(),
            pending_configuration: None,
            time_of_sites_gone: Span::ZERO,
        }
    }

    /// A controller that holds no slot back for the head of the queue: to see that calls for many sites then starve.
    pub fn without_hold_back() -> Self {
        Self { holds_back: false, ..Self::new() }
    }

    /// A controller that weighs every waiting request whenever slots come free: to see that nothing else comes of it.
    pub fn that_weighs_all() -> Self {
        Self { weighs_all: true, ..Self::new() }
    }

    /// Takes one input; everything that it causes is appended to the outbox, in order.
    ///
    /// Timers that are due fire first, each at its own due moment, however late the caller woke. A moment before the
    /// last one counts as the last one.
    pub fn handle(&mut self, now: Moment, input: Input, out: &mut Outbox) {
        self.woke = self.woke.max(now);
        while let Some((due, key)) = self.timers.take_due(self.woke) {
            self.now = self.now.max(due);
            self.timer_due(key, out);
            self.settle_slots(out);
        }
        self.now = self.woke;
        match self.term {
            Term::Running(_) => self.take(input, out),
            Term::NotBegun => self.take_outside_term(input, Cause::WrongState, out),
            Term::Closed => self.take_outside_term(input, Cause::Shutdown, out),
        }
        self.settle_slots(out);
        self.settle_copies(out);
    }

    /// When to come back at the latest, and why.
    pub fn next_deadline(&self) -> Option<Deadline> {
        self.timers.next()
    }

    /// How often something was refused or dropped in this term, by cause.
    pub fn refusals(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        self.events.refusals()
    }

    fn take(&mut self, input: Input, out: &mut Outbox) {
        match input {
            Input::Provision(change) => self.provision(change, out),
            Input::Started { epoch, entropy } => self.begin_term(epoch, entropy, out),
            Input::Copied(unit) => self.provision_copied(*unit, out),
            Input::HandedBack => self.hand_back(out),
            Input::Time => {}
            Input::Entropy(entropy) => self.random().refresh(entropy),
            Input::SiteConnected { site } => self.site_connected(site, out),
            Input::SiteDisconnected { site, cause } => self.lose_site(site, cause, out),
            Input::FromSite { site, message } => self.take_from_site(site, message, out),
            Input::SiteTaken { site } => self.site_taken(site, out),
            // Nothing is decided by the load while there is one switch.
            Input::FromSwitch(FromSwitch::Load(_)) => {}
            Input::FromSwitch(FromSwitch::ConsoleSilent(ConsoleSilent { spurt })) => {
                self.console_silent(spurt, out);
            }
            Input::FromSwitch(FromSwitch::LoopedBack(LoopedBack { heard })) => self.switch_tested(heard, out),
            Input::Waited { longest_ms } => {
                self.inputs_waited(Span::from_millis(u64::from(longest_ms)), out);
            }
            // No answer waits for the record of a call: it was opened before the call spoke.
            Input::Stored { id } => {
                self.item_stored(id, true, out);
                self.store_works(true, out);
            }
            Input::StoreFailed { id } => {
                self.report(EventKind::Dropped { site: None, cause: Cause::DurableStoreFailed }, out);
                self.item_stored(id, false, out);
                self.store_works(false, out);
            }
            Input::Order { id, by, order } => self.ordered(Given { id, by, order }, out),
            Input::Configure { id, by, base, configuration } => {
                self.configure(id, by, base, *configuration, out);
            }
            Input::ClosingDown => {
                self.end_term(Cause::Shutdown, out);
                self.term = Term::Closed;
            }
        }
    }

    /// The store has answered: whoever waited for that goes on.
    fn item_stored(&mut self, id: u64, kept: bool, out: &mut Outbox) {
        self.order_stored(id, kept, out);
        self.patch_stored(id, kept, out);
        self.remote_stored(id, kept, out);
        self.rights_stored(id, kept, out);
        self.configuration_stored(id, kept, out);
        self.message_stored(id, kept, out);
        self.report_stored(id, kept, out);
        self.alarm_stored(id, kept, out);
    }

    fn take_from_site(&mut self, site: SiteId, message: FromSite, out: &mut Outbox) {
        if let Err(cause) = self.admit(site, &message) {
            return self.drop_message(site, cause, out);
        }
        self.note_heard(site, &message);
        let speaker = self.remote_speaker(&message);
        if !self.refuses_stunned(site, &message, out) {
            self.take_admitted(site, message, out);
        }
        if let Some(unit) = speaker {
            self.heard_of(unit, out);
        }
    }

    fn take_admitted(&mut self, site: SiteId, message: FromSite, out: &mut Outbox) {
        match message {
            FromSite::Hello(hello) => self.site_greeted(site, hello, out),
            FromSite::InventoryRadios(part) => self.radios_reported(site, part, out),
            FromSite::InventoryCalls(part) => self.calls_reported(site, part, out),
            FromSite::InventoryEnd(_) => self.inventory_ended(site, out),
            FromSite::Health(health) => self.site_healthy(site, health),
            FromSite::Settings(report) => self.settings_reported(site, &report),
            FromSite::Register(message) => self.register_requested(site, message, out),
            FromSite::Answer(message) => self.challenge_answered(site, message, out),
            FromSite::Affiliate(message) => self.affiliation_requested(site, message, out),
            FromSite::Detach(message) => self.detached(site, message, out),
            FromSite::CallRequest(message) => self.call_requested(site, message, out),
            FromSite::CallCancel(message) => self.call_cancelled(site, message, out),
            FromSite::UnitRequest(message) => self.unit_requested(site, message, out),
            FromSite::PageAnswer(message) => self.page_answered(site, message, out),
            FromSite::HangUp(message) => self.hung_up(site, message, out),
            FromSite::PttReleased(message) => self.ptt_released(site, message, out),
            FromSite::Alarm(message) => self.alarm_raised(site, message, out),
            FromSite::FloorRequest(message) => self.floor_requested(site, message, out),
            FromSite::TalkEnd(message) => self.talk_ended(site, message, out),
            FromSite::TalkerLeaving(message) => self.talker_leaving(site, message, out),
            FromSite::Handover(message) => self.handover_requested(site, message, out),
            FromSite::TalkerSilent(message) => self.talker_silent(site, message, out),
            FromSite::OrderAnswer(message) => self.order_answered(site, message, out),
            FromSite::NetworkChallenge(message) => self.network_challenged(site, message, out),
            FromSite::Status(message) => self.status_told(site, message, out),
            FromSite::CallAlert(message) => self.alert_wanted(site, message, out),
            FromSite::AlertCancel(message) => self.alert_cancelled(site, message, out),
            FromSite::MessageAnswer(message) => self.message_answered(site, message, out),
            FromSite::ServedAlone(message) => self.served_alone(site, message, out),
            FromSite::ServedFailsoft(message) => self.served_failsoft(site, &message, out),
            FromSite::InFailsoft(_) => self.site_in_failsoft(site, out),
            FromSite::Report(message) => self.report_told(site, message, out),
            FromSite::SlotStates(message) => self.slots_told(site, message, out),
            FromSite::SlotTested(message) => self.slot_tested(site, message, out),
        }
    }

    fn timer_due(&mut self, key: TimerKey, out: &mut Outbox) {
        match key {
            TimerKey::Page(unit) => self.advance_set_up_of(unit, Event::PageExpired, None, out),
            TimerKey::Ring(unit) => self.advance_set_up_of(unit, Event::RingExpired, None, out),
            TimerKey::QueueWait(unit) => self.end_waiting(unit, Event::WaitExpired, None, out),
            TimerKey::Passed(unit) => self.passed_enough(unit),
            TimerKey::Ageing(unit) => self.age(unit),
            TimerKey::BusyOverride(unit) => self.override_busy(unit),
            TimerKey::TransmissionWarning(call) => self.advance_call(call, Event::TransmissionEnding, out),
            TimerKey::CallBack(call) => self.advance_call(call, Event::CallBackExpired, out),
            TimerKey::Transmission(call) => self.advance_call(call, Event::TransmissionExpired, out),
            TimerKey::FloorWait(unit) => self.end_floor_wait(unit, Event::FloorWaitExpired, None, out),
            TimerKey::Handover(call) => self.handover_expired(call, out),
            TimerKey::DuplexWarning(call) => self.advance_call(call, Event::DuplexEnding, out),
            TimerKey::Duplex(call) => self.advance_call(call, Event::DuplexExpired, out),
            TimerKey::Hang(call) => self.advance_call(call, Event::HangExpired, out),
            TimerKey::RadioOrder(unit) => self.say_order(unit, out),
            TimerKey::OrderExpiry(unit, class) => self.order_expired(unit, class, out),
            TimerKey::Message(counter) => self.message_due(counter, out),
            TimerKey::Challenge(site, identity) => self.challenge_expired(site, identity, out),
            TimerKey::CloneRefused(unit) => self.forgive_clone(unit),
            TimerKey::Silence(site) => self.silence_due(site, out),
            TimerKey::Heartbeat(site) => self.heartbeat_due(site, out),
            TimerKey::ControlMove(site) => self.move_control(site, out),
            TimerKey::ControlNoticed(site) => self.settle_controls(site),
            TimerKey::CopyStep(site) => self.copy_next_units(site, out),
            TimerKey::AlarmQuiet(source) => self.alarm_is_quiet(source, out),
            TimerKey::SwitchTest => self.switch_test_missed(out),
            TimerKey::Entropy => {
                out.push(Output::WantEntropy);
                self.timers.set(TimerKey::Entropy, self.woke + ENTROPY_INTERVAL);
            }
        }
    }

    /// Slots that came free go to control channels that lost theirs, and to those who wait; then callers whose place has changed are told.
    fn settle_slots(&mut self, out: &mut Outbox) {
        while std::mem::take(&mut self.slots_freed) && !(self.queue.is_empty() && self.lacking.is_empty()) {
            self.place_displaced_controls(out);
            self.serve_waiting(out);
        }
        self.tell_positions(out);
    }

    /// A new term begins: what is provisioned stays, patches come back from the store, everything else with the sites'
    /// inventories.
    fn begin_term(&mut self, epoch: Epoch, entropy: [u8; 32], out: &mut Outbox) {
        self.end_term(Cause::ControllerRestarted, out);
        self.visitors.clear();
        self.cloned.clear();
        self.calls.clear();
        self.emergencies.clear();
        self.messages.clear();
        self.recent.clear();
        self.patches.clear();
        self.pending_configuration = None;
        self.remote.clear();
        self.rights_orders.clear();
        self.alarms = Alarms::default();
        self.own_health = OwnHealth::default();
        self.copies.clear();
        self.lost_calls.clear();
        self.reports.clear();
        self.forget_waiting_orders();
        self.timers.clear();
        for site in self.sites.keys().collect::<Vec<_>>() {
            let row = self.sites.get_mut(site).expect("a key of the directory has a row");
            row.units.clear();
            row.memory = Memory::Stranger;
        }
        for talkgroup in self.talkgroups.keys().collect::<Vec<_>>() {
            self.talkgroups.get_mut(talkgroup).expect("a key of the directory has a row").clear();
        }
        self.epoch = epoch;
        self.term = Term::Running(Box::new(RandomStream::new(entropy)));
        self.events = Events::default();
        self.spurts = SpurtCounter::of_term(epoch);
        (self.call_count, self.arrivals, self.store_count) = (0, 0, 0);
        self.timers.set(TimerKey::Entropy, self.now + ENTROPY_INTERVAL);
    }

    /// Everything that runs or waits ends with a cause, and every link is closed.
    pub(crate) fn end_term(&mut self, cause: Cause, out: &mut Outbox) {
        self.end_messages(out);
        for setup in self.setups.iter().copied().collect::<Vec<_>>() {
            self.advance_set_up(setup, Event::ClosingDown, Some(cause), out);
        }
        while let Some(request) = self.queue.first_after(None) {
            self.advance_request(request, State::Queued, Event::ClosingDown, Some(cause), out);
        }
        for call in self.calls.ids() {
            self.advance_call_for(call, Event::ClosingDown, None, Some(cause), out);
        }
        self.end_waiting_orders(cause, out);
        self.close_links(cause, out);
        self.lacking.clear();
        self.displaced_controls.clear();
        self.timers.cancel(TimerKey::SwitchTest);
        self.timers.cancel(TimerKey::Entropy);
    }

    /// Reports an event.
    #[inline]
    pub(crate) fn report(&mut self, kind: EventKind, out: &mut Outbox) {
        let signal = signal_of(&kind);
        self.events.report(self.now, kind, out);
        if let Some(signal) = signal {
            self.take_signal(signal, out);
        }
    }

    /// A site's message changes nothing, and this is why.
    pub(crate) fn drop_message(&mut self, site: SiteId, cause: Cause, out: &mut Outbox) {
        self.report(EventKind::Dropped { site: Some(site), cause }, out);
    }

    /// Asks for something to be kept; the answer names this request.
    pub(crate) fn store(&mut self, item: StoreItem, out: &mut Outbox) -> u64 {
        self.store_count += 1;
        out.push(Output::Store { id: self.store_count, item });
        self.store_count
    }

    /// Whether the store's answers are heard: while the controller closes down they still are.
    pub(crate) fn hears_the_store(&self) -> bool {
        !matches!(self.term, Term::NotBegun)
    }

    /// The random stream of the term.
    pub(crate) fn random(&mut self) -> &mut RandomStream {
        match &mut self.term {
            Term::Running(random) => random,
            Term::NotBegun | Term::Closed => unreachable!("nothing is drawn outside a term"),
        }
    }

    /// What is provisioned holds in every term, and a new one may begin; everything else is dropped.
    fn take_outside_term(&mut self, input: Input, cause: Cause, out: &mut Outbox) {
        match input {
            Input::Provision(change) => self.provision(change, out),
            Input::Started { epoch, entropy } => self.begin_term(epoch, entropy, out),
            Input::Order { id, by, order } => self.answer_order(&Given { id, by, order }, Err(cause), out),
            Input::Configure { id, by, .. } => {
                self.refuse_configuration(id, &by, Box::new(Unfit::because(cause)), out);
            }
            Input::FromSite { site, .. } | Input::SiteConnected { site } => {
                self.drop_message(site, cause, out)
            }
            // What waits for the store outside a term are refusals alone.
            Input::Stored { id } => self.order_stored(id, true, out),
            Input::StoreFailed { id } => self.order_stored(id, false, out),
            Input::SiteDisconnected { .. }
            | Input::SiteTaken { .. }
            | Input::Copied(_)
            | Input::Time
            | Input::Entropy(_)
            | Input::FromSwitch(_)
            | Input::Waited { .. }
            | Input::HandedBack
            | Input::ClosingDown => {}
        }
    }
}
