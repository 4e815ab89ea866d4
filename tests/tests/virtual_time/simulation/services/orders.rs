//! Promises: an order is answered once and soon, and stands in the audit trail; one for a radio that was taken waits until it is
//! confirmed, replaced or expired, once, whatever becomes of the controller meanwhile.

use std::collections::BTreeMap;

use trunklab_controller_core::output::StoreItem;
use trunklab_controller_core::remote::RemoteUnit;
use trunklab_protocol::operator::{EventKind, Order, UnitView};
use trunklab_protocol::remote::{Class, Waits};
use trunklab_protocol::{
    Cause, Condition, Moment, Priority, RadioOrder, Regroup, Service, Services, Span, UnitId,
};

use crate::simulation::messages::ON_THE_WAY;

/// An order passes the store twice, and a refusal of it once more; links take no part.
const STORE_PASSES: u64 = 4;
/// A check or a monitor that is just being answered when its minute is over has a second one.
const LONGEST_WAIT: Span = Span::from_secs(121);

/// How a unit stands, as operators are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Told {
    condition: Condition,
    regrouped: Option<Regroup>,
    pending: BTreeMap<Class, RadioOrder>,
}

impl Told {
    fn shown(view: &UnitView) -> Self {
        let by_class = |order: RadioOrder| (order.rule().class, order);
        let pending = view.pending.iter().map(|pending| by_class(pending.of_radio)).collect();
        Self { condition: view.condition, regrouped: view.regrouped, pending }
    }

    fn kept(row: &RemoteUnit) -> Self {
        let by_class = |order: RadioOrder| (order.rule().class, order);
        let pending = row.pending.iter().map(|pending| by_class(pending.order)).collect();
        Self { condition: row.condition, regrouped: row.regrouped, pending }
    }

    /// Whether what an order asks for is so, or on its way.
    fn stands(&self, order: RadioOrder) -> bool {
        if let Some(waiting) = self.pending.get(&order.rule().class) {
            return *waiting == order;
        }
        match order {
            RadioOrder::Stun {} => self.condition == Condition::Stunned,
            RadioOrder::Regroup(regroup) => self.regrouped == Some(regroup),
            RadioOrder::Revive {}
            | RadioOrder::Kill {}
            | RadioOrder::Check {}
            | RadioOrder::Monitor(_)
            | RadioOrder::Restore {} => false,
        }
    }
}

/// What became of an order of the radio's, in the audit trail.
type Over = (UnitId, RadioOrder, Result<(), Cause>);

/// All orders.
pub struct Orders {
    /// How long the store takes.
    wait: Span,
    asked: BTreeMap<u64, (Order, Moment)>,
    /// Entries of the audit trail for which the console has no answer yet.
    entries: Vec<(Order, Result<(), Cause>)>,
    /// And of orders that are over, of which operators were not told yet.
    overs: Vec<Over>,
    /// Taken, and not answered yet.
    taken: Vec<(UnitId, RadioOrder)>,
    told: BTreeMap<UnitId, Told>,
    since: BTreeMap<(UnitId, Class), Moment>,
    /// As the store was last asked to keep it.
    rows: BTreeMap<UnitId, Told>,
    /// Priority and rights by order: `None` where a change was under way when the controller went.
    rights: BTreeMap<UnitId, Option<(Priority, Services)>>,
    rights_under_way: BTreeMap<UnitId, (Priority, Services)>,
    /// Nothing is changed any more: what is ordered stands.
    frozen: bool,
    unsure: bool,
}

impl Orders {
    pub const fn new(wait: Span) -> Self {
        Self {
            wait,
            asked: BTreeMap::new(),
            entries: Vec::new(),
            overs: Vec::new(),
            taken: Vec::new(),
            told: BTreeMap::new(),
            since: BTreeMap::new(),
            rows: BTreeMap::new(),
            rights: BTreeMap::new(),
            rights_under_way: BTreeMap::new(),
            frozen: false,
            unsure: false,
        }
    }

    /// The console orders something of a controller that runs.
    pub fn asked(&mut self, id: u64, order: Order, now: Moment) {
        self.asked.insert(id, (order, now));
    }

    /// It has ended: nobody is left without an answer.
    pub fn has_closed(&self) {
        assert!(self.asked.is_empty(), "never answered at the end of a term: {:?}", self.asked);
    }

    pub fn keep(&mut self, item: &StoreItem) {
        if let StoreItem::Audit(audited) = item {
            self.entries.push((audited.order.clone(), audited.outcome));
        } else if let StoreItem::Remote(change) = item {
            self.rows.insert(change.row.unit, Told::kept(&change.row));
            self.overs.extend(change.over.iter().map(|over| (over.unit, over.order, over.outcome)));
        } else if let StoreItem::Rights { unit, priority, services } = item {
            self.rights_under_way.insert(*unit, (*priority, *services));
        }
    }

    pub fn answered(&mut self, id: u64, outcome: Result<(), Cause>) {
        if self.unsure {
            self.asked.remove(&id);
            return;
        }
        let asked = self.asked.remove(&id);
        let (order, _) = asked.unwrap_or_else(|| panic!("order {id} is answered twice: {outcome:?}"));
        let at_once = matches!(order, Order::Talk { .. } | Order::EndTalk {});
        if !at_once {
            self.is_written_down(&order, Ok(()));
        }
        if at_once || outcome.is_err() {
            self.is_written_down(&order, outcome);
        }
        let whose = if let Order::EndMonitor { unit } = order {
            Some(unit)
        } else {
            order.for_radio().map(|(unit, _)| unit)
        };
        let is_killed = whose.is_some_and(|unit| self.is_killed(unit));
        assert!(!is_killed || outcome.is_err(), "nothing is ordered of who was killed: {order:?}");
        assert!(is_killed || outcome != Err(Cause::UnitKilled), "nobody was killed: {order:?}");
        if let (Some((unit, of_radio)), Ok(())) = (order.for_radio(), outcome) {
            if let Some(place) = self.taken.iter().position(|taken| *taken == (unit, of_radio)) {
                self.taken.remove(place);
            } else {
                let told = self.told.get(&unit).cloned().unwrap_or_default();
                assert!(told.stands(of_radio), "unit {unit}: {of_radio} is answered and not taken: {told:?}");
            }
        }
        let told = |unit| self.rights.get(&unit).copied().flatten();
        if let (Order::SetPriority { unit, priority }, Ok(())) = (&order, outcome) {
            let told = told(*unit);
            assert!(told.is_none_or(|told| told.0 == *priority), "unit {unit}: priority {told:?}");
        } else if let (Order::SetRights { unit, services }, Ok(())) = (&order, outcome) {
            let told = told(*unit);
            assert!(told.is_none_or(|told| told.1 == *services), "unit {unit}: rights {told:?}");
        }
    }

    fn is_written_down(&mut self, order: &Order, outcome: Result<(), Cause>) {
        let place = self.entries.iter().position(|entry| entry.0 == *order && entry.1 == outcome);
        let place = place.unwrap_or_else(|| panic!("{order:?} is not in the audit trail with {outcome:?}"));
        _ = self.entries.remove(place);
    }

    pub fn see(&mut self, at: Moment, event: &EventKind) {
        if let EventKind::RightsChanged { unit, priority, services, .. } = event {
            assert!(!self.frozen, "unit {unit} had other rights than it was ordered to have");
            self.rights_under_way.remove(unit);
            self.rights.insert(*unit, Some((*priority, *services)));
        }
        if self.unsure {
            return;
        }
        if let EventKind::RadioOrderPending { unit, of_radio, .. } = event {
            let is_asked = |asked: &(Order, Moment)| asked.0.for_radio() == Some((*unit, *of_radio));
            assert!(self.asked.values().any(is_asked), "unit {unit}: nobody has ordered {of_radio}");
            let rule = of_radio.rule();
            let told = self.told.entry(*unit).or_default();
            let before = told.pending.insert(rule.class, *of_radio);
            assert_eq!(before, None, "unit {unit}: {of_radio} waits, and this does");
            told.condition = rule.when_given.unwrap_or(told.condition);
            self.since.insert((*unit, rule.class), at);
            self.taken.push((*unit, *of_radio));
        } else if let EventKind::RadioOrderDone { unit, of_radio, .. } = event {
            self.over((*unit, *of_radio, Ok(())));
        } else if let EventKind::RadioOrderFailed { unit, of_radio, cause, .. } = event {
            self.over((*unit, *of_radio, Err(*cause)));
        }
    }

    fn over(&mut self, over: Over) {
        let place = self.overs.iter().position(|kept| *kept == over);
        let (unit, of_radio, outcome) = over;
        let place = place.unwrap_or_else(|| panic!("unit {unit}: {of_radio} is over, and not written down"));
        _ = self.overs.remove(place);
        let rule = of_radio.rule();
        let told = self.told.entry(unit).or_default();
        let waited = told.pending.remove(&rule.class);
        assert_eq!(
            waited,
            Some(of_radio),
            "unit {unit}: {of_radio} is over with {outcome:?} and did not wait"
        );
        match outcome {
            Ok(()) => {
                told.condition = rule.when_confirmed.unwrap_or(told.condition);
                match of_radio {
                    RadioOrder::Regroup(regroup) => told.regrouped = Some(regroup),
                    RadioOrder::Restore {} => told.regrouped = None,
                    RadioOrder::Stun {}
                    | RadioOrder::Revive {}
                    | RadioOrder::Kill {}
                    | RadioOrder::Check {}
                    | RadioOrder::Monitor(_) => {}
                }
            }
            Err(Cause::OrderReplaced) => {}
            // A kill was obeyed whose place this order had just taken.
            Err(Cause::UnitKilled) => told.condition = Condition::Killed,
            Err(Cause::OrderExpired) => {
                assert_eq!(rule.waits, Waits::Minute, "unit {unit}: {of_radio} does not expire");
            }
            Err(Cause::MonitorEnded) => {
                assert_eq!(rule.class, Class::Microphone, "unit {unit}: {of_radio} is no monitor");
            }
            Err(cause) => panic!("unit {unit}: {of_radio} has failed with {cause:?}"),
        }
    }

    /// Whether operators were told that a unit gets no service.
    pub fn is_out_of_service(&self, unit: UnitId) -> bool {
        !self.unsure && self.told.get(&unit).is_some_and(|told| told.condition != Condition::Active)
    }

    /// Whether operators were told that a unit is out of use for good.
    pub fn is_killed(&self, unit: UnitId) -> bool {
        !self.unsure && self.told.get(&unit).is_some_and(|told| told.condition == Condition::Killed)
    }

    /// Whether a unit is known to have no such right.
    pub fn lacks(&self, unit: UnitId, service: Service) -> bool {
        let known = self.rights.get(&unit).copied().flatten();
        !self.unsure && known.is_some_and(|(_, services)| !services.contains(service))
    }

    /// The rights that units are known not to have, of those for which a radio can ask.
    pub fn lacking(&self) -> Vec<(UnitId, Service)> {
        const ASKED_FOR: [Service; 3] = [Service::AreaSelection, Service::Emergency, Service::Individual];
        let all = self.rights.keys().flat_map(|unit| ASKED_FOR.map(|service| (*unit, service)));
        all.filter(|(unit, service)| self.lacks(*unit, *service)).collect()
    }

    /// A new term has begun without our noticing.
    pub fn is_unsure(&mut self) {
        self.unsure = true;
        self.end_term();
    }

    fn end_term(&mut self) {
        self.asked.clear();
        self.entries.clear();
        self.overs.clear();
        self.taken.clear();
        for unit in std::mem::take(&mut self.rights_under_way).into_keys() {
            self.rights.insert(unit, None);
        }
    }

    /// A new term has begun, and shows this: as operators were told, or as the store was asked to keep it last.
    pub fn begin_term(&mut self, now: Moment, units: &[UnitView], is_anew: bool) {
        self.end_term();
        if is_anew {
            self.told.clear();
            self.rows.clear();
            self.rights.clear();
        }
        let shown = shown(units);
        let known = self.told.keys().chain(self.rows.keys()).chain(shown.keys()).copied();
        for unit in known.collect::<std::collections::BTreeSet<_>>() {
            let now = shown.get(&unit).cloned().unwrap_or_default();
            let told = self.told.get(&unit).cloned().unwrap_or_default();
            let kept = self.rows.get(&unit).cloned().unwrap_or_default();
            assert!(
                now == told || now == kept,
                "unit {unit} was {told:?} or {kept:?}, and is {now:?} after a restart"
            );
        }
        self.resume(now, shown);
    }

    fn resume(&mut self, now: Moment, shown: BTreeMap<UnitId, Told>) {
        self.unsure = false;
        let waiting = |(unit, told): (&UnitId, &Told)| {
            told.pending.keys().map(|class| ((*unit, *class), now)).collect::<Vec<_>>()
        };
        self.since = shown.iter().flat_map(waiting).collect();
        self.rows = shown.clone();
        self.told = shown;
    }

    pub fn at(&mut self, now: Moment, units: &[UnitView]) {
        if self.unsure {
            self.resume(now, shown(units));
        }
        for (order, since) in self.asked.values() {
            // A message is answered with its delivery (13.4.3).
            let is_message = matches!(order, Order::SendStatus { .. } | Order::CallAlert { .. });
            let on_the_way = if is_message { ON_THE_WAY } else { Span::ZERO };
            let longest = Span::from_micros(STORE_PASSES * self.wait.as_micros()) + on_the_way;
            assert!(now <= *since + longest, "{order:?} has no answer since {since}");
        }
        let mut told = self.told.clone();
        told.retain(|_, told| *told != Told::default());
        assert_eq!(told, shown(units), "what operators were told, and what they are shown");
        for (unit, told) in &told {
            for order in told.pending.values().filter(|order| order.rule().waits == Waits::Minute) {
                let since = self.since[&(*unit, order.rule().class)];
                assert!(now <= since + LONGEST_WAIT, "unit {unit}: {order} waits since {since}");
            }
        }
    }

    /// What units were last ordered to be and not known to be: from here on nothing changes that.
    pub fn rights_as_ordered(&mut self) -> Vec<(UnitId, Priority, Services)> {
        self.frozen = true;
        let known = |(unit, rights): (&UnitId, &Option<(Priority, Services)>)| {
            rights.map(|(priority, services)| (*unit, priority, services))
        };
        self.rights.iter().filter_map(known).collect()
    }

    pub const fn may_change(&mut self) {
        self.frozen = false;
    }
}

fn shown(units: &[UnitView]) -> BTreeMap<UnitId, Told> {
    units.iter().map(|view| (view.unit, Told::shown(view))).collect()
}
