//! The controller as a process, killed with SIGKILL while radio orders are under way, over and over on one database: no order that
//! was answered is lost, none is done that was not written down, none stands twice in the audit trail, and whoever is stunned stays so.
//!
//! A scripted site has the radios, which obey what they hear and answer most of it; an operator stuns, revives, regroups, restores
//! and changes priorities, one order after another. So at a kill one order at most is unanswered: of that alone the database
//! decides whether it was taken.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on shall stop, and shows what it saw"
)]

mod killable;
#[allow(dead_code, reason = "the benchmarks and other tests use more of it")]
mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use killable::{Bench, Line, Moments, provisioned, serving, talkgroup, unit};
use rusqlite::Connection;
use site::{KEY, Site};
use tokio::sync::oneshot;
use trunklab_controller::store::{AuditQuery, Page, Store, StorePlace};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::remote::RemoteUnit;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{Answer, CallRequest, OrderAnswer, TalkEnd};
use trunklab_protocol::operator::{Deed, Order};
use trunklab_protocol::remote::Class;
use trunklab_protocol::to_site::{RadioOrder as OrderWord, ToSite};
use trunklab_protocol::{
    Cause, Condition, OrderNumber, Press, Priority, RadioOrder, Regroup, ScanList, UnitId,
};

/// Units, each in a talkgroup of its own.
const UNITS: u16 = 12;

/// Talkgroups to which they are set from afar.
const ELSEWHERE: [u16; 2] = [91, 92];

/// The number of the one request that each radio makes in each of the controller's lives.
const PROBE: u16 = 100;

type Shared = Arc<Mutex<Known>>;

/// Whom an order is for, and what it is about.
type About = (UnitId, Class);

/// What must be in the database.
#[derive(Debug, Default)]
struct Known {
    /// Orders as the audit trail has them when they are given, in order.
    given: Vec<(Order, Option<Cause>)>,
    /// The one that is not answered yet.
    asked: Option<Order>,
    answered: u64,
    /// Orders for radios that were taken, in order.
    taken: BTreeMap<About, Vec<RadioOrder>>,
    priorities: BTreeMap<UnitId, Priority>,
    radios: BTreeMap<UnitId, Radio>,
    /// Who was stunned when the controller's life began.
    stunned: BTreeSet<UnitId>,
    /// What happened, so that it is seen whether enough did.
    seen: Seen,
}

#[derive(Debug, Default)]
struct Seen {
    confirmed: usize,
    replaced: usize,
    refused: usize,
    waiting_at_a_kill: usize,
    unanswered_and_taken: usize,
    stunned_and_refused: usize,
}

/// What a radio has heard, and is by that.
#[derive(Debug, Default)]
struct Radio {
    heard: Vec<(OrderNumber, RadioOrder)>,
    condition: Condition,
    regrouped: Option<Regroup>,
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
            RadioOrder::Regroup(regroup) => self.regrouped = Some(regroup),
            RadioOrder::Restore {} => self.regrouped = None,
            RadioOrder::Kill {} | RadioOrder::Check {} | RadioOrder::Monitor(_) => {
                panic!("nobody ordered {order}")
            }
        }
    }
}

/// The site with its radios.
struct Field {
    site: Site,
    known: Shared,
    /// One answer in so many is never said, so that orders wait; 0: each is.
    silence: u32,
    life: u32,
}

impl Field {
    /// What comes next, orders excepted: radios obey them. `None` when the controller is gone.
    async fn hears(&mut self) -> Option<ToSite> {
        loop {
            self.site.try_send().await.ok()?;
            let message = self.site.hears().await?;
            let ToSite::RadioOrder(OrderWord { unit, number, order }) = message else { return Some(message) };
            self.known.lock().unwrap().radios.entry(unit).or_default().obey(number, order);
            let is_silent =
                self.silence > 0 && number.number().wrapping_add(self.life).is_multiple_of(self.silence);
            if !is_silent {
                self.site.put(&OrderAnswer { unit, number, refusal: None }.into());
            }
        }
    }

    async fn registers(&mut self, number: u16) -> Option<()> {
        self.site.put(&site::register(unit(number)));
        loop {
            match self.hears().await? {
                ToSite::Challenge(challenge) => {
                    let response = KEY.answer(&challenge.challenge, None);
                    let (identity, talkgroup) = (challenge.identity, Some(talkgroup(number)));
                    let secondary = ScanList::default();
                    self.site.put(&Answer { identity, response, talkgroup, secondary }.into());
                }
                ToSite::Registered(_) => return Some(()),
                _ => {}
            }
        }
    }

    /// Each radio asks for a call: whoever was stunned gets none, and nobody else is told so.
    async fn probes(&mut self) -> Option<()> {
        let press = Press::new(PROBE).unwrap();
        for number in 1..=UNITS {
            let (unit, talkgroup, kind, area) = (unit(number), talkgroup(number), RequestKind::Normal, None);
            self.site.put(&CallRequest { unit, press, talkgroup, kind, area }.into());
        }
        let mut waiting: BTreeSet<UnitId> = (1..=UNITS).map(unit).collect();
        while !waiting.is_empty() {
            let (unit, cause) = match self.hears().await? {
                ToSite::Refused(refused) if refused.press == press => (refused.unit, Some(refused.cause)),
                ToSite::Assert(call) => {
                    let Some(talker) = call.talker else { continue };
                    self.site
                        .put(&TalkEnd { unit: talker.unit, call: call.call, spurt: talker.spurt }.into());
                    (talker.unit, None)
                }
                _ => continue,
            };
            let mut known = self.known.lock().unwrap();
            let is_refused = cause == Some(Cause::UnitStunned);
            assert_eq!(is_refused, known.stunned.contains(&unit), "unit {unit}: {cause:?}");
            known.seen.stunned_and_refused += usize::from(is_refused);
            waiting.remove(&unit);
        }
        Some(())
    }

    /// One life of the controller.
    async fn lives(mut self, probed: oneshot::Sender<()>) {
        for number in 1..=UNITS {
            let Some(()) = self.registers(number).await else { return };
        }
        let Some(()) = self.probes().await else { return };
        probed.send(()).ok();
        while self.hears().await.is_some() {}
    }
}

/// The next order, six for a unit before the next unit's: so a later one often finds the one before waiting. Of its service and
/// its selector it is always another than the last one, and after each round the unit is stunned, or active, as it was not before.
fn next_order(known: &Known, turn: u64) -> Order {
    let unit = unit(u16::try_from(turn / 6 % u64::from(UNITS)).unwrap() + 1);
    let last = |class| known.taken.get(&(unit, class)).and_then(|orders| orders.last()).copied();
    match turn % 6 {
        0 | 2 | 4 if last(Class::Service) == Some(RadioOrder::Stun {}) => Order::Revive { unit },
        0 | 2 | 4 => Order::Stun { unit },
        1 | 3 => match last(Class::Selector) {
            Some(RadioOrder::Regroup(regroup)) if regroup.locked => Order::RestoreGroups { unit },
            Some(RadioOrder::Regroup(_)) => {
                Order::Regroup { unit, talkgroup: talkgroup(ELSEWHERE[1]), locked: true }
            }
            _ => Order::Regroup { unit, talkgroup: talkgroup(ELSEWHERE[0]), locked: false },
        },
        _ => {
            let level = u8::try_from(turn % 10).unwrap() + 1;
            Order::SetPriority { unit, priority: Priority::new(level).unwrap() }
        }
    }
}

/// Orders, one after another, until nobody answers.
async fn operate(
    address: SocketAddr,
    ca_pem: String,
    token: String,
    known: Shared,
    probed: oneshot::Receiver<()>,
) {
    let Some(mut line) = Line::open(address, &ca_pem, token).await else { return };
    if !line.is_admitted().await || probed.await.is_err() {
        return;
    }
    loop {
        let order = {
            let mut known = known.lock().unwrap();
            let order = next_order(&known, known.given.len() as u64);
            known.asked = Some(order.clone());
            order
        };
        let body = serde_json::to_string(&order).unwrap();
        let Some((status, body)) = line.ask("POST /v1/orders", &body).await else { return };
        known.lock().unwrap().answer(order, status, &body);
    }
}

impl Known {
    fn answer(&mut self, order: Order, status: u16, body: &str) {
        self.asked = None;
        self.answered += 1;
        self.given.push((order.clone(), None));
        if status != 204 {
            // Its radio's answer to the one before was being written down.
            assert!(status == 409 && body.contains("order_under_way"), "{order:?}: {status} {body}");
            self.given.push((order, Some(Cause::OrderUnderWay)));
            self.seen.refused += 1;
        } else if let Some((unit, of_radio)) = order.for_radio() {
            self.taken.entry((unit, of_radio.rule().class)).or_default().push(of_radio);
        } else if let Order::SetPriority { unit, priority } = order {
            self.priorities.insert(unit, priority);
        }
    }

    /// What the database holds after a kill. Of the order that was not answered it says what came of it.
    fn check(&mut self, bench: &Bench) {
        let connection = bench.connection();
        let mut store = Store::open_beside(&bench.db()).unwrap();
        let kept = kept_in(&mut store);
        let asked = self.asked.take();
        let (given, over) = audited_in(&mut store);
        self.check_given(given, asked.as_ref());
        let mut left = asked.clone();
        for unit in (1..=UNITS).map(unit) {
            let usual = RemoteUnit::usual(unit);
            let row = kept.get(&unit).unwrap_or(&usual);
            self.seen.waiting_at_a_kill += row.pending.len();
            for class in [Class::Service, Class::Selector] {
                let over = over.get(&(unit, class)).map_or(&[][..], Vec::as_slice);
                self.check_orders((unit, class), over, row, &mut left);
            }
            let service = self.taken.get(&(unit, Class::Service)).and_then(|orders| orders.last());
            let is_stunned = service == Some(&RadioOrder::Stun {});
            assert_eq!(row.condition == Condition::Stunned, is_stunned, "unit {unit}: {row:?}");
        }
        self.stunned =
            kept.values().filter(|row| row.condition == Condition::Stunned).map(|row| row.unit).collect();
        self.check_priorities(&connection, asked);
    }

    /// Each answered order has its entry, in order, and so has perhaps the one that was not answered.
    fn check_given(&mut self, audited: Vec<(Order, Option<Cause>)>, asked: Option<&Order>) {
        let (before, more) = audited.split_at_checked(self.given.len()).expect("an answered order is lost");
        assert_eq!(before, self.given, "the audit trail says what was given, once");
        let may_be: Vec<_> = asked
            .into_iter()
            .flat_map(|order| [(order.clone(), None), (order.clone(), Some(Cause::OrderUnderWay))])
            .collect();
        assert!(may_be.starts_with(more), "{more:?} was never given; asked: {asked:?}");
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

    fn check_priorities(&mut self, connection: &Connection, asked: Option<Order>) {
        let mut rows = connection.prepare("SELECT unit, priority FROM subscribers").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u8>(1)?))).unwrap();
        for (number, level) in rows.map(Result::unwrap) {
            let (unit, stands) = (UnitId::new(number).unwrap(), Priority::new(level).unwrap());
            let answered = self.priorities.insert(unit, stands).unwrap_or(Priority::LOWEST);
            let is_asked = asked == Some(Order::SetPriority { unit, priority: stands });
            assert!(stands == answered || is_asked, "unit {unit}: {stands:?} and not {answered:?}");
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
fn kept_in(store: &mut Store) -> BTreeMap<UnitId, RemoteUnit> {
    let rows = store.changes().unwrap().into_iter();
    rows.filter_map(|change| if let Change::Remote(row) = change { Some((row.unit, row)) } else { None })
        .collect()
}

type Given = Vec<(Order, Option<Cause>)>;
type Over = BTreeMap<About, Vec<(RadioOrder, Option<Cause>)>>;

/// What the audit trail says of orders: given, and over.
fn audited_in(store: &mut Store) -> (Given, Over) {
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

/// One life of the controller until it is killed.
async fn live(bench: &Bench, known: &Shared, (silence, life): (u32, u32), until: impl AsyncFnOnce()) {
    let (mut running, sites, operators) = serving(bench.directory.path());
    let (site, _) = Site::in_service(sites, &bench.zone).await;
    let (probed, is_probed) = oneshot::channel();
    let field = Field { site, known: Arc::clone(known), silence, life };
    let radios = tokio::spawn(field.lives(probed));
    let orders = (silence > 0).then(|| {
        let ca_pem = bench.zone.ca_pem().to_owned();
        tokio::spawn(operate(operators, ca_pem, bench.token.clone(), Arc::clone(known), is_probed))
    });
    until().await;
    running.kill();
    radios.await.unwrap();
    if let Some(orders) = orders {
        orders.await.unwrap();
    }
    let mut known = known.lock().unwrap();
    known.check(bench);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn radio_orders_outlive_every_kill_and_none_is_done_twice_or_unwritten() {
    let (bench, known) = (Bench::new(&provisioned(UNITS, ELSEWHERE)), Shared::default());
    let mut moments = Moments::new();
    let begun = Instant::now();
    for life in 0..moments.kills {
        let until = async || moments.next(|| known.lock().unwrap().answered).await;
        live(&bench, &known, (4, u32::try_from(life).unwrap()), until).await;
    }
    // At last every radio answers, and each is what the register says.
    let nothing_waits = async || {
        let patience = Instant::now() + Duration::from_secs(20);
        let mut store = Store::open_beside(&bench.db()).unwrap();
        while kept_in(&mut store).values().any(|row| !row.pending.is_empty()) {
            assert!(Instant::now() < patience, "an order waits for ever");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    live(&bench, &known, (0, 0), nothing_waits).await;
    let mut store = Store::open(&StorePlace::File(bench.db())).unwrap();
    let (kept, (_, over)) = (kept_in(&mut store), audited_in(&mut store));
    let mut known = known.lock().unwrap();
    for (unit, radio) in &known.radios {
        let usual = RemoteUnit::usual(*unit);
        let row = kept.get(unit).unwrap_or(&usual);
        assert_eq!((radio.condition, radio.regrouped), (row.condition, row.regrouped), "unit {unit}");
    }
    let outcomes = || over.values().flatten().map(|(_, cause)| cause);
    known.seen.confirmed = outcomes().filter(|cause| cause.is_none()).count();
    known.seen.replaced = outcomes().filter(|cause| cause.is_some()).count();
    let (Moments { kills, seed, .. }, Known { answered, seen, .. }) = (moments, &*known);
    let seconds = begun.elapsed().as_secs_f64();
    println!("{kills} kills in {seconds:.1} s (seed {seed}): {answered} orders answered; {seen:?}");
    // A test under which nothing happens would see nothing.
    assert!(*answered > kills && seen.confirmed as u64 > kills, "too little work");
    assert!(
        seen.waiting_at_a_kill > 0 && seen.replaced > 0 && seen.stunned_and_refused > 0,
        "too little variety"
    );
}
