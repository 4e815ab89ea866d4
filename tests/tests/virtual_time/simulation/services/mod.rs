//! What is promised of services, judged from outside: by what operators are told, what is written down, and what radios show.

pub mod calm;
pub mod happenings;
mod killed;
mod orders;
mod registers;
mod rights;
mod served;
mod shown;

use std::collections::BTreeMap;

use trunklab::lab::observed::{Observed, Sight};
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::operator::UnitView;
use trunklab_protocol::{Moment, Span, UnitId};

use killed::Killed;
use orders::Orders;
use registers::Registers;
use rights::Rights;
use shown::Shown;

/// Goes through what was seen and kept in its order: one room for each promise.
pub struct Services {
    /// The last event's number; it counts from 1 in each term.
    last: u64,
    pub orders: Orders,
    pub shown: Shown,
    pub registers: Registers,
    pub rights: Rights,
    pub killed: Killed,
}

impl Services {
    /// `radios`: by what each radio is called in the run, whose individual id it has. `wait`: how long the store takes.
    pub fn new(radios: BTreeMap<UnitId, UnitId>, wait: Span) -> Self {
        Self {
            last: 0,
            orders: Orders::new(wait),
            killed: Killed::new(&radios),
            shown: Shown::new(radios),
            registers: Registers::default(),
            rights: Rights::default(),
        }
    }

    /// The controller writes something down.
    pub fn keep(&mut self, item: &StoreItem) {
        self.orders.keep(item);
        self.registers.keep(item);
    }

    /// Something is seen. Each room panics where its promise is broken.
    pub fn see(&mut self, observed: &Observed) {
        match &observed.what {
            Sight::Controller(event) => {
                if event.sequence <= self.last {
                    self.registers.begin_term();
                }
                self.last = event.sequence;
                self.orders.see(observed.at, &event.kind);
                served::nobody_stunned(&event.kind, |unit| self.orders.is_out_of_service(unit));
                self.killed.told(&event.kind, |unit| self.orders.is_killed(unit));
                self.rights.see(&event.kind);
                self.shown.sent(observed.at, &event.kind);
                self.registers.see(&event.kind);
            }
            Sight::Ordered(id, outcome) => self.orders.answered(*id, *outcome),
            Sight::Handset(radio, event) => {
                self.shown.see(*radio, event);
                self.killed.see(*radio, event);
            }
            Sight::FromSite(_, message) => {
                self.rights.asked(message, |unit, service| self.orders.lacks(unit, service));
            }
            Sight::ToSite(_, _, message) => self.rights.told(message),
            Sight::ToConsole(..) | Sight::Record(_) | Sight::Attempt(_) | Sight::Station(..) => {}
        }
    }

    /// The controller has begun a new term by itself: what is seen now may be of either.
    pub fn is_unsure(&mut self) {
        self.orders.is_unsure();
        self.rights.begin_term();
    }

    /// Time has passed, and all that was seen until now was told.
    pub fn at(&mut self, now: Moment, units: Option<&[UnitView]>) {
        self.rights.nothing_is_open();
        if let Some(units) = units {
            self.orders.at(now, units);
        }
        self.shown.nobody_waits_for_ever(now);
    }

    /// Another controller has begun, and shows this.
    pub fn begin_term(&mut self, now: Moment, units: &[UnitView], is_anew: bool) {
        self.last = 0;
        self.orders.begin_term(now, units, is_anew);
        self.rights.begin_term();
        self.registers.begin_term();
    }
}
