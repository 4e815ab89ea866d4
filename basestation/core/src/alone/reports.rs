//! What is kept of the time in which the site served alone, until a controller has it (clause 14.1.6).

use std::collections::BTreeMap;

use trunklab_controller_core as controller;
use trunklab_controller_core::charging::steps_of;
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::from_site::{FromSite, Report, ServedAlone, ServedFailsoft};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::part::{TEXT_LEN_MAX, cut};
use trunklab_protocol::{CallId, Epoch, MessageId, Moment, Span};

use super::memory::Remember;
use crate::output::{Outbox, Output};
use crate::station::BaseStation;

/// Reports that a site keeps: of a week with a call every ten seconds.
pub const REPORTS_MAX: usize = 65_536;

/// Reports on their way at once: the rest waits for the answers.
const UNDER_WAY_MAX: usize = 16;

/// How often a site alone keeps that its calls go on: so much of a call is not charged at most when the station is killed.
const ALIVE: Span = Span::from_secs(1);

/// Whose record a report is: a later state takes the place of the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    /// A controller's call may have one of each time alone.
    Call(CallId, Epoch),
    Message(MessageId),
}

/// All reports that no controller has confirmed.
#[derive(Debug, Default)]
pub struct Reports {
    last: u32,
    kept: BTreeMap<u32, StoreItem>,
    numbers: BTreeMap<Of, u32>,
    /// The last one that was said on this connection.
    said: u32,
    /// How many were said on it and are not confirmed.
    under_way: usize,
    served: Option<(Epoch, u32)>,
    /// A time in failsoft of which no controller is known to know.
    in_failsoft: Option<ServedFailsoft>,
    /// When it was last kept that calls go on.
    alive: Moment,
    /// What the dispatch waits for, by the number of the report that is being kept.
    awaited: BTreeMap<u32, u64>,
}

impl Reports {
    /// Those that a shell has kept through a restart.
    pub fn of(kept: impl IntoIterator<Item = (u32, StoreItem)>) -> Self {
        let mut reports = Self::default();
        for (number, item) in kept {
            reports.last = reports.last.max(number);
            reports.put(number, item);
        }
        reports
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// A time alone is over.
    pub fn served_alone(&mut self, epoch: Epoch, alone_ms: u32) {
        self.served = Some((epoch, alone_ms));
    }

    /// A time in failsoft is over.
    pub fn served_failsoft(&mut self, served: ServedFailsoft) {
        self.in_failsoft = Some(served);
    }

    /// Keeps an item for which nobody waits, as long as there is room.
    pub fn add(&mut self, item: StoreItem, out: &mut Outbox) {
        if self.len() < REPORTS_MAX {
            let number = self.number_of(&item);
            self.put(number, item.clone());
            out.push(Output::Remember(Remember::Report(number, Box::new(item))));
        }
    }

    fn put(&mut self, number: u32, item: StoreItem) {
        if let Some(of) = of(&item) {
            self.numbers.insert(of, number);
        }
        self.kept.insert(number, item);
    }

    /// The number under which an item is kept: a new one, or that of what it takes the place of.
    fn number_of(&mut self, item: &StoreItem) -> u32 {
        let known = of(item).and_then(|of| self.numbers.get(&of)).copied();
        known.unwrap_or_else(|| {
            self.last += 1;
            self.last
        })
    }

    fn forget(&mut self, number: u32) -> bool {
        let Some(item) = self.kept.remove(&number) else { return false };
        if let Some(of) = of(&item) {
            self.numbers.remove(&of);
        }
        true
    }

    /// A new connection: everything is to be said again.
    pub fn begin(&mut self) {
        (self.said, self.under_way) = (0, 0);
    }
}

/// Whose record an item is; `None` for what is nobody's.
fn of(item: &StoreItem) -> Option<Of> {
    match item {
        StoreItem::CallOpened(record) | StoreItem::CallClosed(record) => {
            Some(Of::Call(record.call, record.epoch))
        }
        StoreItem::Message(record) => Some(Of::Message(record.message)),
        StoreItem::Patched(_)
        | StoreItem::Unpatched(_)
        | StoreItem::Configured(_)
        | StoreItem::Audit(_)
        | StoreItem::Cloned(_)
        | StoreItem::Remote(_)
        | StoreItem::Reported(_)
        | StoreItem::NetworkAlarm(_)
        | StoreItem::Rights { .. } => None,
    }
}

/// Whether a controller wants to hear of it: what is over.
fn is_over(item: &StoreItem) -> bool {
    match item {
        StoreItem::CallClosed(_) => true,
        StoreItem::Message(record) => record.is_over(),
        StoreItem::CallOpened(_)
        | StoreItem::Patched(_)
        | StoreItem::Unpatched(_)
        | StoreItem::Configured(_)
        | StoreItem::Audit(_)
        | StoreItem::Cloned(_)
        | StoreItem::Remote(_)
        | StoreItem::Reported(_)
        | StoreItem::NetworkAlarm(_)
        | StoreItem::Rights { .. } => false,
    }
}

impl BaseStation {
    /// The dispatch wants something kept.
    pub(crate) fn keep(&mut self, id: u64, item: StoreItem, out: &mut Outbox) {
        if matches!(item, StoreItem::NetworkAlarm(_)) {
            // Its controller finds out by itself what is wrong here, and no operator is here to be told.
            return self.at_dispatch(controller::input::Input::Stored { id }, out);
        }
        let is_full = self.reports.len() >= REPORTS_MAX;
        let (Some(_), false) = (of(&item), is_full) else {
            return self.at_dispatch(controller::input::Input::StoreFailed { id }, out);
        };
        let number = self.reports.number_of(&item);
        self.reports.put(number, item.clone());
        self.reports.awaited.insert(number, id);
        out.push(Output::Remember(Remember::Report(number, Box::new(item))));
    }

    /// The dispatch tells of a call: its record follows, so that it is true when the station is killed.
    pub(crate) fn charge(&mut self, at: Moment, event: &EventKind, out: &mut Outbox) {
        let Some(epoch) = self.alone.as_ref().map(|alone| alone.epoch()) else { return };
        for (call, step) in steps_of(event) {
            let Some(number) = self.reports.numbers.get(&Of::Call(call, epoch)).copied() else { continue };
            if let Some(StoreItem::CallOpened(record)) = self.reports.kept.get_mut(&number)
                && !record.is_full()
            {
                record.follow(at, &step);
                let item = StoreItem::CallOpened(record.clone());
                out.push(Output::Remember(Remember::Report(number, Box::new(item))));
            }
        }
    }

    /// While calls go on at a site alone, what it keeps says so now and then.
    pub(crate) fn remember_that_it_lives(&mut self, out: &mut Outbox) {
        let carries = self.alone.as_ref().is_some_and(|alone| alone.dispatch().carries_calls());
        if carries && self.now.since(self.reports.alive) >= ALIVE {
            self.reports.alive = self.now;
            out.push(Output::Remember(Remember::Lives(self.now)));
        }
    }

    /// The shell has kept a report.
    pub(crate) fn kept(&mut self, number: u32, out: &mut Outbox) {
        if let Some(id) = self.reports.awaited.remove(&number) {
            self.at_dispatch(controller::input::Input::Stored { id }, out);
        }
    }

    /// The shell cannot keep a report yet. A message is not told, for it was to last; a call goes on, and its record is kept later.
    pub(crate) fn not_kept(&mut self, number: u32, out: &mut Outbox) {
        let is_message = matches!(self.reports.kept.get(&number), Some(StoreItem::Message(_)));
        let awaited = &mut self.reports.awaited;
        let id = if is_message { awaited.remove(&number) } else { awaited.get(&number).copied() };
        if let Some(id) = id {
            self.at_dispatch(controller::input::Input::StoreFailed { id }, out);
        }
    }

    /// The site is in service: it tells what there was meanwhile.
    pub(crate) fn begin_reports(&mut self, out: &mut Outbox) {
        self.reports.begin();
        if let Some((epoch, alone_ms)) = self.reports.served {
            let reports = u32::try_from(self.reports.len()).unwrap_or(u32::MAX);
            self.tell(ServedAlone { epoch, alone_ms, reports }, out);
        }
        if let Some(served) = self.reports.in_failsoft.clone() {
            let reports = u32::try_from(self.reports.len()).unwrap_or(u32::MAX);
            self.tell(ServedFailsoft { reports, ..served }, out);
        }
        self.say_reports(out);
    }

    /// A controller has a report.
    pub(crate) fn report_kept(&mut self, number: u32, out: &mut Outbox) {
        if self.reports.forget(number) {
            self.reports.under_way = self.reports.under_way.saturating_sub(1);
            out.push(Output::Remember(Remember::Reported(number)));
        }
        // That it served alone was heard before the report.
        (self.reports.served, self.reports.in_failsoft) = (None, None);
        self.say_reports(out);
    }

    fn say_reports(&mut self, out: &mut Outbox) {
        while self.reports.under_way < UNDER_WAY_MAX {
            let after = self.reports.said + 1;
            let next = self.reports.kept.range(after..).find(|(_, item)| is_over(item));
            let Some((number, text)) = next.map(|(number, item)| {
                (*number, serde_json::to_string(item).expect("an item of the store is JSON"))
            }) else {
                return;
            };
            self.reports.said = number;
            if text.len() > TEXT_LEN_MAX {
                continue;
            }
            self.reports.under_way += 1;
            let now_us = self.now.since(Moment::ORIGIN).as_micros();
            for (part, parts, text) in cut(&text) {
                self.tell(FromSite::from(Report { number, now_us, part, parts, text }), out);
            }
        }
    }
}
