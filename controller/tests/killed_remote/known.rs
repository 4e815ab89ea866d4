//! What must be in the database after a kill, by what was answered and what radios have heard.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use trunklab_controller::store::{AuditQuery, Page, Store};
use trunklab_controller_core::config::{Change, Talkgroup};
use trunklab_controller_core::remote::{PendingOrder, RemoteUnit};
use trunklab_protocol::operator::{Deed, Order};
use trunklab_protocol::remote::Class;
use trunklab_protocol::{Cause, Condition, Priority, RadioOrder, Service, Services, TalkgroupId, UnitId};

use crate::ALL_UNITS;
use crate::field::Radio;
use crate::killable::{Bench, unit};

pub type Shared = Arc<Mutex<Known>>;

/// Whom an order is for, and what it is about.
type About = (UnitId, Class);

/// Why orders of this test are refused.
const REFUSALS: [Cause; 2] = [Cause::OrderUnderWay, Cause::UnitKilled];

/// What a unit may ask for, and how urgently.
type Rights = (Priority, Services);

const USUAL: Rights = (Priority::LOWEST, Services::ALL);

/// What must be in the database.
#[derive(Debug, Default)]
pub struct Known {
    /// Orders as the audit trail has them when they are given, in order.
    pub given: Vec<(Order, Option<Cause>)>,
    /// The one that is not answered yet.
    pub asked: Option<Order>,
    pub answered: u64,
    /// Orders for radios that were taken, in order.
    taken: BTreeMap<About, Vec<RadioOrder>>,
    rights: BTreeMap<UnitId, Rights>,
    pub radios: BTreeMap<UnitId, Radio>,
    /// What was there when the controller's life began.
    pub held: Held,
    /// What happened, so that it is seen whether enough did.
    pub seen: Seen,
}

/// What a life of the controller finds in the database: by that its radios are served until the first order.
#[derive(Debug, Default)]
pub struct Held {
    stunned: BTreeSet<UnitId>,
    pub killed: BTreeSet<UnitId>,
    rights: BTreeMap<UnitId, Rights>,
}

#[derive(Debug, Default)]
pub struct Seen {
    pub confirmed: usize,
    pub replaced: usize,
    pub refused: usize,
    pub waiting_at_a_kill: usize,
    pub unanswered_and_taken: usize,
    pub stunned_and_refused: usize,
    /// Units that were killed, as the database has it in the end.
    pub killed: usize,
    /// Radios that were to be killed when the controller was.
    pub to_be_killed_at_a_kill: usize,
    pub killed_and_refused: usize,
    pub without_right_and_refused: usize,
    /// Calls that were more urgent for the unit's own priority.
    pub urgent: usize,
}

/// The priority of every talkgroup.
pub fn usual_priority() -> Priority {
    Talkgroup::named(TalkgroupId::ALL, "").priority
}

impl Held {
    /// What comes of a unit's request for a call that is to be heard everywhere.
    pub fn outcome(&self, unit: UnitId) -> Result<Priority, Cause> {
        let (priority, services) = self.rights.get(&unit).copied().unwrap_or(USUAL);
        match () {
            () if self.stunned.contains(&unit) => Err(Cause::UnitStunned),
            () if !services.contains(Service::AreaSelection) => Err(Cause::AreaNotAllowed),
            () => Ok(priority.min(usual_priority())),
        }
    }
}

impl Known {
    /// The order about a unit that was taken last.
    pub fn last_taken(&self, unit: UnitId, class: Class) -> Option<RadioOrder> {
        self.taken.get(&(unit, class)).and_then(|orders| orders.last()).copied()
    }

    /// What a unit may, by what was answered.
    pub fn rights_of(&self, unit: UnitId) -> Rights {
        self.rights.get(&unit).copied().unwrap_or(USUAL)
    }

    pub fn answer(&mut self, order: Order, status: u16, body: &str) {
        self.asked = None;
        self.answered += 1;
        self.given.push((order.clone(), None));
        if status != 204 {
            let may_be = |cause: &Cause| self.may_refuse(&order, *cause);
            let said = |cause: &Cause| body.contains(&serde_json::to_string(cause).unwrap());
            let cause = REFUSALS.into_iter().filter(may_be).find(said);
            assert!(status == 409 && cause.is_some(), "{order:?}: {status} {body}");
            self.given.push((order, cause));
            self.seen.refused += 1;
        } else if let Some((unit, of_radio)) = order.for_radio() {
            let taken = self.taken.entry((unit, of_radio.rule().class)).or_default();
            // What waits already is not taken again.
            if taken.last() != Some(&of_radio) {
                taken.push(of_radio);
            }
        } else if let Some((unit, rights)) = self.rights_by(&order) {
            self.rights.insert(unit, rights);
        }
    }

    /// Whether an order can have been refused so: its radio's answer to the one before was being written down, or its radio has
    /// obeyed what nothing takes back.
    fn may_refuse(&self, order: &Order, cause: Cause) -> bool {
        let unit = order.for_radio().map(|(unit, _)| unit);
        let radio = unit.and_then(|unit| self.radios.get(&unit));
        cause == Cause::OrderUnderWay || radio.is_some_and(|radio| radio.condition == Condition::Killed)
    }

    /// What an order makes of a unit's rights, where it is about them.
    fn rights_by(&self, order: &Order) -> Option<(UnitId, Rights)> {
        match order {
            Order::SetPriority { unit, priority } => Some((*unit, (*priority, self.rights_of(*unit).1))),
            Order::SetRights { unit, services } => Some((*unit, (self.rights_of(*unit).0, *services))),
            _ => None,
        }
    }

    /// What the database holds after a kill. Of the order that was not answered it says what came of it.
    pub fn check(&mut self, bench: &Bench) {
        let connection = bench.connection();
        let mut store = Store::open_beside(&bench.db()).unwrap();
        let kept = kept_in(&mut store);
        let asked = self.asked.take();
        let (given, over) = audited_in(&mut store);
        self.check_given(given, asked.as_ref());
        let mut left = asked.clone();
        for unit in (1..=ALL_UNITS).map(unit) {
            let usual = RemoteUnit::usual(unit);
            let row = kept.get(&unit).unwrap_or(&usual);
            self.seen.waiting_at_a_kill += row.pending.len();
            for class in [Class::Service, Class::Selector] {
                let over = over.get(&(unit, class)).map_or(&[][..], Vec::as_slice);
                self.check_orders((unit, class), over, row, &mut left);
            }
            self.check_condition(row);
        }
        let those = |condition| {
            let those = kept.values().filter(move |row| row.condition == condition);
            those.map(|row| row.unit).collect()
        };
        let (stunned, killed) = (those(Condition::Stunned), those(Condition::Killed));
        self.check_rights(&connection, asked);
        self.held = Held { stunned, killed, rights: self.rights.clone() };
    }

    /// A unit is what the last order about it says; killed when that is confirmed, and until then stunned.
    fn check_condition(&mut self, row: &RemoteUnit) {
        let waits = row.waiting(Class::Service).is_some();
        let condition = match self.last_taken(row.unit, Class::Service) {
            Some(RadioOrder::Kill {}) if !waits => Condition::Killed,
            Some(RadioOrder::Kill {} | RadioOrder::Stun {}) => Condition::Stunned,
            _ => Condition::Active,
        };
        assert_eq!(row.condition, condition, "unit {}: {row:?}", row.unit);
        let is_to_be_killed = |pending: &PendingOrder| pending.order == RadioOrder::Kill {};
        self.seen.to_be_killed_at_a_kill += usize::from(row.pending.iter().any(is_to_be_killed));
    }

    /// Each answered order has its entry, in order, and so has perhaps the one that was not answered.
    fn check_given(&mut self, audited: Vec<(Order, Option<Cause>)>, asked: Option<&Order>) {
        let (before, more) = audited.split_at_checked(self.given.len()).expect("an answered order is lost");
        assert_eq!(before, self.given, "the audit trail says what was given, once");
        let may_refuse = |order: &Order, cause: Option<Cause>| {
            cause.is_none_or(|cause| REFUSALS.contains(&cause) && self.may_refuse(order, cause))
        };
        let is_asked = match (more, asked) {
            ([], _) => true,
            ([(order, None)], Some(asked)) => order == asked,
            ([(order, None), (again, cause)], Some(asked)) => {
                order == asked && again == asked && may_refuse(asked, *cause)
            }
            _ => false,
        };
        assert!(is_asked, "{more:?} was never given; asked: {asked:?}");
        self.given = audited;
    }

    /// What was taken is over or waits, each order once; nothing else is.
    fn check_orders(
        &mut self,
        about: About,
        over: &[(RadioOrder, Option<Cause>)],
        row: &RemoteUnit,
        asked: &mut Option<Order>,
    ) {
        let waiting = row.waiting(about.1).map(|pending| (pending.number, pending.order));
        let history: Vec<_> =
            over.iter().map(|(order, _)| *order).chain(waiting.map(|(_, order)| order)).collect();
        let taken = self.taken.entry(about).or_default();
        if history != *taken {
            let (unit, order) =
                asked.take().and_then(|order| order.for_radio()).expect("an order came or went by itself");
            assert_eq!((unit, order.rule().class), about);
            taken.push(order);
            assert_eq!(history, *taken, "{about:?}: what became of the orders that were taken, {row:?}");
            self.seen.unanswered_and_taken += 1;
        }
        let heard = self.radios.get(&about.0).map_or(&[][..], |radio| &radio.heard);
        let class = about.1;
        let heard = || heard.iter().map(|(_, order)| *order).filter(move |order| order.rule().class == class);
        assert!(is_among(heard(), &history), "{about:?}: a radio obeyed what nobody wrote down");
        let confirmed: Vec<_> =
            over.iter().filter(|(_, cause)| cause.is_none()).map(|(order, _)| *order).collect();
        let all_heard: Vec<_> = heard().collect();
        assert!(
            is_among(confirmed.iter().copied(), &all_heard),
            "{about:?}: a radio never heard what it confirmed"
        );
        for (place, (order, cause)) in over.iter().enumerate() {
            let is_replaced = *cause == Some(Cause::OrderReplaced) && place + 1 < history.len();
            assert!(cause.is_none() || is_replaced, "{about:?}: {order} is over with {cause:?}");
        }
        if about.1 == Class::Selector {
            let stands = confirmed.last().and_then(|order| match order {
                RadioOrder::Regroup(regroup) => Some(*regroup),
                _ => None,
            });
            assert_eq!(row.regrouped, stands, "unit {}", about.0);
        }
    }

    fn check_rights(&mut self, connection: &Connection, asked: Option<Order>) {
        let mut rows = connection.prepare("SELECT unit, priority, services FROM subscribers").unwrap();
        let rows =
            rows.query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u8>(1)?, row.get::<_, u8>(2)?)));
        for (number, level, bits) in rows.unwrap().map(Result::unwrap) {
            let unit = UnitId::new(number).unwrap();
            let stands = (Priority::new(level).unwrap(), Services::new(bits).unwrap());
            let by_asked = asked.as_ref().and_then(|order| self.rights_by(order));
            let answered = self.rights_of(unit);
            let is_asked = by_asked == Some((unit, stands));
            assert!(stands == answered || is_asked, "unit {unit}: {stands:?} and not {answered:?}");
            self.rights.insert(unit, stands);
        }
    }
}

/// Whether these come in that order among those.
fn is_among(these: impl Iterator<Item = RadioOrder>, those: &[RadioOrder]) -> bool {
    let mut rest = those.iter();
    let mut these = these;
    these.all(|order| rest.any(|other| *other == order))
}

/// What lasts of remote control.
pub fn kept_in(store: &mut Store) -> BTreeMap<UnitId, RemoteUnit> {
    let rows = store.changes().unwrap().into_iter();
    rows.filter_map(|change| if let Change::Remote(row) = change { Some((row.unit, row)) } else { None })
        .collect()
}

type Given = Vec<(Order, Option<Cause>)>;
type Over = BTreeMap<About, Vec<(RadioOrder, Option<Cause>)>>;

/// What the audit trail says of orders: given, and over.
pub fn audited_in(store: &mut Store) -> (Given, Over) {
    let (mut given, mut over) = (Given::new(), Over::new());
    let mut query = AuditQuery { page: Page::default(), by: None };
    loop {
        let found = store.audit(&query).unwrap();
        for entry in found.entries {
            match entry.deed {
                Deed::Order { given: order } => given.push((order, entry.cause)),
                Deed::RadioOrder { unit, of_radio } => {
                    over.entry((unit, of_radio.rule().class)).or_default().push((of_radio, entry.cause));
                }
                _ => {}
            }
        }
        let Some(next) = found.next else { return (given, over) };
        query.page.after = next;
    }
}
