//! Who wants the floor of a call that another unit has: claims, their order, and the queue in which they wait.

use std::cmp::Reverse;

use trunklab_protocol::{Demand, Press, SiteId, UnitId};

/// Where a claim to the floor comes from: the earlier goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// An operator's console.
    Console,
    /// A unit in the field.
    Field,
}

/// The weight of somebody's wish to speak: the least is the most urgent. Equal ones go by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    source: Source,
    demand: Reverse<Demand>,
}

impl Claim {
    /// A unit's.
    pub const fn of_field(demand: Demand) -> Self {
        Self { source: Source::Field, demand: Reverse(demand) }
    }

    /// An operator's.
    pub const fn of_console(demand: Demand) -> Self {
        Self { source: Source::Console, demand: Reverse(demand) }
    }

    /// How urgent it is.
    pub const fn demand(self) -> Demand {
        self.demand.0
    }

    /// Whether it is an operator's.
    pub fn is_console(self) -> bool {
        self.source == Source::Console
    }

    /// Whether no call is closed to it: an operator's, or one in an emergency.
    pub fn is_paramount(self) -> bool {
        self.source == Source::Console || self.demand.0 == Demand::Emergency
    }

    /// Whether it goes before another.
    pub fn outranks(self, other: Self) -> bool {
        self < other
    }

    /// Whether it takes the floor from a talker who claimed it so.
    pub fn interrupts(self, talker: Self) -> bool {
        let insists = match (self.source, self.demand.0) {
            (Source::Console, _) | (Source::Field, Demand::Preemptive | Demand::Emergency) => true,
            (Source::Field, Demand::Low | Demand::High) => false,
        };
        insists && self.outranks(talker)
    }
}

/// Who asks for a floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FloorAsk {
    /// Who.
    pub unit: UnitId,
    /// Its request's number.
    pub press: Press,
    /// From which site; `None` for an operator at a console.
    pub site: Option<SiteId>,
    /// How urgently.
    pub claim: Claim,
}

impl FloorAsk {
    /// As a unit asks when nothing is said of urgency.
    pub fn usual(unit: UnitId, press: Press, site: impl Into<Option<SiteId>>) -> Self {
        Self { unit, press, site: site.into(), claim: Claim::of_field(Demand::Low) }
    }
}

/// An ask that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// Who asks.
    pub ask: FloorAsk,
    /// The place that its unit was told last.
    pub told: u16,
}

/// The asks that wait for one floor, first the one that gets it next. It is short: its length is provisioned.
#[derive(Debug, Clone, Default, Hash)]
pub struct FloorQueue {
    waiting: Vec<Waiting>,
}

impl FloorQueue {
    /// Adds an ask behind all that it does not outrank, and gives its place, from 1.
    pub fn enter(&mut self, ask: FloorAsk) -> u16 {
        let index = self.waiting.partition_point(|other| !ask.claim.outranks(other.ask.claim));
        let told = place(index);
        self.waiting.insert(index, Waiting { ask, told });
        told
    }

    /// Takes a unit's ask out.
    pub fn leave(&mut self, unit: UnitId) -> Option<FloorAsk> {
        let index = self.waiting.iter().position(|waiting| waiting.ask.unit == unit)?;
        Some(self.waiting.remove(index).ask)
    }

    /// Who gets the floor next.
    pub fn first(&self) -> Option<FloorAsk> {
        self.waiting.first().map(|waiting| waiting.ask)
    }

    /// A unit's ask.
    pub fn of(&self, unit: UnitId) -> Option<&Waiting> {
        self.waiting.iter().find(|waiting| waiting.ask.unit == unit)
    }

    /// A unit pressed again with the same claim: it keeps its place under the new number.
    pub fn renumber(&mut self, unit: UnitId, press: Press) {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.ask.unit == unit) {
            waiting.ask.press = press;
        }
    }

    /// Asks whose unit was told another place, with the true one, which counts as told from here.
    pub fn moved(&mut self) -> Vec<(FloorAsk, u16)> {
        let mut moved = Vec::new();
        for (index, waiting) in self.waiting.iter_mut().enumerate() {
            if waiting.told != place(index) {
                waiting.told = place(index);
                moved.push((waiting.ask, waiting.told));
            }
        }
        moved
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> + '_ {
        self.waiting.iter()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

fn place(index: usize) -> u16 {
    u16::try_from(index + 1).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(unit: u32, claim: Claim) -> FloorAsk {
        FloorAsk {
            unit: UnitId::new(unit).unwrap(),
            press: Press::new(1).unwrap(),
            site: SiteId::new(1),
            claim,
        }
    }

    fn units(queue: &FloorQueue) -> Vec<u32> {
        queue.iter().map(|waiting| waiting.ask.unit.number()).collect()
    }

    #[test]
    fn console_goes_before_field_demand_before_arrival() {
        let mut queue = FloorQueue::default();
        assert_eq!(queue.enter(ask(1, Claim::of_field(Demand::Low))), 1);
        assert_eq!(queue.enter(ask(2, Claim::of_field(Demand::Low))), 2);
        assert_eq!(queue.enter(ask(3, Claim::of_field(Demand::High))), 1);
        assert_eq!(queue.enter(ask(4, Claim::of_field(Demand::Emergency))), 1);
        assert_eq!(queue.enter(ask(5, Claim::of_field(Demand::Preemptive))), 2);
        assert_eq!(queue.enter(ask(6, Claim::of_console(Demand::Low))), 1);
        assert_eq!(queue.enter(ask(7, Claim::of_console(Demand::High))), 1);
        assert_eq!(units(&queue), [7, 6, 4, 5, 3, 1, 2]);
    }

    #[test]
    fn who_moves_is_told_once() {
        let mut queue = FloorQueue::default();
        for unit in 1..=3 {
            queue.enter(ask(unit, Claim::of_field(Demand::Low)));
        }
        assert!(queue.moved().is_empty());
        queue.leave(UnitId::new(1).unwrap());
        let moved: Vec<_> = queue.moved().iter().map(|(ask, place)| (ask.unit.number(), *place)).collect();
        assert_eq!(moved, [(2, 1), (3, 2)]);
        assert!(queue.moved().is_empty());
    }

    #[test]
    fn only_a_higher_claim_that_insists_interrupts() {
        use Demand::{Emergency, High, Low, Preemptive};
        let field = Claim::of_field;
        let interrupting = [
            (Preemptive, Low),
            (Preemptive, High),
            (Emergency, Low),
            (Emergency, High),
            (Emergency, Preemptive),
        ];
        for demand in Demand::ALL {
            for talker in Demand::ALL {
                let wanted = interrupting.contains(&(*demand, *talker));
                assert_eq!(field(*demand).interrupts(field(*talker)), wanted, "{demand:?} {talker:?}");
                assert!(Claim::of_console(*demand).interrupts(field(*talker)));
                assert!(!field(*demand).interrupts(Claim::of_console(*talker)));
            }
        }
    }
}
