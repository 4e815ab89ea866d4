//! A queue that keeps its length.

use trunklab_controller_core::call::caller::Caller;
use trunklab_controller_core::call::queue::{BusyQueue, Button, Patience, Recency, Request};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{Moment, Press, Priority, SiteId, TalkgroupId, UnitId};

/// A queue that keeps its length: who leaves enters again, at another priority.
pub struct Line {
    pub queue: BusyQueue,
    pub outside: UnitId,
    arrivals: u64,
}

impl Line {
    pub fn new(len: u32) -> Self {
        let mut line =
            Self { queue: BusyQueue::default(), outside: UnitId::new(len + 1).unwrap(), arrivals: 0 };
        for number in 1..=len {
            line.outside = UnitId::new(number).unwrap();
            line.enters();
        }
        line.outside = UnitId::new(len + 1).unwrap();
        line
    }

    pub fn enters(&mut self) {
        self.arrivals += 1;
        let priority = Priority::new((self.arrivals * 7 % 10) as u8 + 1).unwrap();
        divan::black_box(self.queue.enter(Request {
            unit: self.outside,
            press: Press::new(1).unwrap(),
            parties: TalkgroupId::new(1).unwrap().into(),
            kind: RequestKind::Normal,
            area: None,
            priority,
            standing: priority,
            recency: Recency::Other,
            caller: Caller::Field(SiteId::new(1).unwrap()),
            button: Button::Down,
            patience: Patience::Lasting,
            requested: Moment::ORIGIN,
            arrival: self.arrivals,
        }));
    }

    /// A request enters, the first one is served.
    pub fn passes_on(&mut self) {
        self.enters();
        let first = self.queue.first_after(None).expect("somebody waits").unit;
        self.leaves(first);
    }

    pub fn leaves(&mut self, unit: UnitId) {
        self.outside = divan::black_box(self.queue.leave(unit)).expect("who leaves waits").unit;
    }
}
