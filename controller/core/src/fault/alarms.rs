//! Alarms (docs/resilience.md 14.3): raised and cleared by what events say, one for each source at a time, kept by the store.

use std::collections::BTreeMap;

use trunklab_protocol::operator::{
    AlarmChange, AlarmEnd, AlarmId, AlarmKind, AlarmObject, EventKind, NetworkAlarm,
};
use trunklab_protocol::{Cause, SiteId, Span};

use super::damping::{Damping, Limits, Verdict};
use super::record::{AlarmRecord, Stamp};
use super::signals::{Signal, Source};
use crate::controller::Controller;
use crate::orders::{Done, Given};
use crate::output::{Outbox, StoreItem};
use crate::timers::TimerKey;

/// Sources of which something is known: of one more nothing is raised while every one is.
pub const ALARMS_MAX: usize = 1_000;

/// The sources that are wrong, or were of late.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Alarms {
    rows: BTreeMap<Source, Row>,
    /// Alarms that were raised in this term.
    count: u32,
    /// Who waits for the store to keep that an alarm was seen, by the request to it.
    acknowledging: BTreeMap<u64, Given>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Row {
    /// The alarm, while it is raised.
    alarm: Option<AlarmRecord>,
    damping: Damping,
}

impl Alarms {
    /// Those that are raised, in order of their sources.
    pub fn raised(&self) -> impl Iterator<Item = &AlarmRecord> {
        self.rows.values().filter_map(|row| row.alarm.as_ref())
    }

    /// Who waits in vain: the term ends.
    pub(crate) fn take_given(&mut self) -> Vec<Given> {
        std::mem::take(&mut self.acknowledging).into_values().collect()
    }

    /// Makes room for one more source, where there is any.
    fn make_room(&mut self, source: Source) -> bool {
        if self.rows.len() < ALARMS_MAX || self.rows.contains_key(&source) {
            return true;
        }
        let over = self.rows.iter().filter(|(_, row)| row.alarm.is_none());
        let oldest = over.min_by_key(|(_, row)| row.damping.last()).map(|(source, _)| *source);
        oldest.and_then(|oldest| self.rows.remove(&oldest)).is_some()
    }
}

impl Controller {
    /// Alarms that are raised, in order of what is wrong and of what they are about.
    pub fn network_alarms(&self) -> Vec<NetworkAlarm> {
        self.alarms.raised().map(|alarm| alarm.view(self.epoch)).collect()
    }

    /// An event says that a source is wrong from here on, or is not.
    pub(crate) fn take_signal(&mut self, (source, is_wrong): Signal, out: &mut Outbox) {
        if !is_wrong {
            return self.end_signal(source, out);
        }
        if !self.alarms.make_room(source) {
            return self
                .report(EventKind::Dropped { site: source.object.site(), cause: Cause::TooManyAlarms }, out);
        }
        let (stamp, limits) = (self.stamp(), self.damping_limits());
        let row = self.alarms.rows.entry(source).or_default();
        match row.damping.raise(self.now, limits) {
            verdict @ (Verdict::Raised | Verdict::RaisedFlapping) => {
                self.alarms.count += 1;
                let id = AlarmId { epoch: self.epoch, counter: self.alarms.count };
                let flapping = verdict == Verdict::RaisedFlapping;
                let (cleared, acknowledged) = (None, None);
                let record =
                    AlarmRecord { id, source, raised: stamp, cleared, count: 1, flapping, acknowledged };
                row.alarm = Some(record.clone());
                let change = if flapping { AlarmChange::Flaps } else { AlarmChange::Raised };
                self.tell_alarm(change, record, out);
            }
            Verdict::Again => {
                if let Some(alarm) = &mut row.alarm {
                    alarm.count = alarm.count.saturating_add(1);
                }
            }
            Verdict::Same | Verdict::Held | Verdict::Settled | Verdict::Cleared => {}
        }
        self.await_quiet(source);
    }

    /// A source is well again.
    fn end_signal(&mut self, source: Source, out: &mut Outbox) {
        let Some(row) = self.alarms.rows.get_mut(&source) else { return };
        match row.damping.clear() {
            Verdict::Cleared => self.clear_alarm(source, out),
            Verdict::Held => self.await_quiet(source),
            Verdict::Same | Verdict::Raised | Verdict::RaisedFlapping | Verdict::Again | Verdict::Settled => {
            }
        }
    }

    /// Timer: a source that came and went has been quiet for long enough.
    pub(crate) fn alarm_is_quiet(&mut self, source: Source, out: &mut Outbox) {
        let Some(row) = self.alarms.rows.get_mut(&source) else { return };
        match row.damping.quiet() {
            Verdict::Cleared => self.clear_alarm(source, out),
            Verdict::Settled => {
                if let Some(alarm) = &mut row.alarm {
                    alarm.flapping = false;
                    let record = alarm.clone();
                    self.tell_alarm(AlarmChange::Settled, record, out);
                }
            }
            Verdict::Same | Verdict::Raised | Verdict::RaisedFlapping | Verdict::Again | Verdict::Held => {}
        }
    }

    /// The quiet time of a source that comes and goes begins anew.
    fn await_quiet(&mut self, source: Source) {
        if self.alarms.rows.get(&source).is_some_and(|row| row.damping.is_flapping()) {
            let quiet = Span::from_millis(u64::from(self.system.alarm_quiet_ms));
            self.timers.set(TimerKey::AlarmQuiet(source), self.now + quiet);
        }
    }

    fn clear_alarm(&mut self, source: Source, out: &mut Outbox) {
        let cleared = Some(self.stamp());
        self.timers.cancel(TimerKey::AlarmQuiet(source));
        let alarm = self.alarms.rows.get_mut(&source).and_then(|row| row.alarm.take());
        if let Some(alarm) = alarm {
            self.tell_alarm(AlarmChange::Cleared, AlarmRecord { cleared, ..alarm }, out);
        }
    }

    /// Operators are told, and the store is asked to keep it: of itself it keeps how it failed when it works again.
    fn tell_alarm(&mut self, change: AlarmChange, record: AlarmRecord, out: &mut Outbox) {
        let alarm = record.view(self.epoch);
        let begins = matches!(change, AlarmChange::Raised | AlarmChange::Flaps);
        if !(begins && record.source.kind == AlarmKind::StoreFailing) {
            self.store(StoreItem::NetworkAlarm(Box::new(record)), out);
        }
        self.report(EventKind::NetworkAlarm { change, alarm }, out);
    }

    /// An operator has seen an alarm. Once more is no matter: who saw it first stands there.
    pub(crate) fn acknowledge_alarm(
        &mut self,
        id: AlarmId,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        let stamp = self.stamp();
        let rows = &mut self.alarms.rows;
        let found = rows.iter_mut().find(|(_, row)| row.alarm.as_ref().is_some_and(|alarm| alarm.id == id));
        let (source, row) = found.ok_or(Cause::UnknownAlarm)?;
        let (source, alarm) = (*source, row.alarm.as_mut().ok_or(Cause::UnknownAlarm)?);
        if alarm.acknowledged.is_some() {
            return Ok(Done::Now);
        }
        alarm.acknowledged = Some((stamp, given.by.console.clone()));
        let record = alarm.clone();
        self.tell_alarm(AlarmChange::Acknowledged, record, out);
        if source.kind.end() == AlarmEnd::ByAcknowledgement {
            self.end_signal(source, out);
        }
        // The last thing that the store was asked for is that it was seen, or is over with that.
        self.alarms.acknowledging.insert(self.store_count, given.clone());
        Ok(Done::WhenStored)
    }

    /// The store has kept something, or failed to: where it was that an alarm was seen, who said so is told.
    pub(crate) fn alarm_stored(&mut self, id: u64, kept: bool, out: &mut Outbox) {
        if let Some(given) = self.alarms.acknowledging.remove(&id) {
            let outcome = if kept { Ok(()) } else { Err(Cause::DurableStoreFailed) };
            self.answer_order(&given, outcome, out);
        }
    }

    /// The store keeps what has to last, or does not.
    pub(crate) fn store_works(&mut self, works: bool, out: &mut Outbox) {
        let source = Source::new(AlarmKind::StoreFailing, AlarmObject::System);
        // It works nearly always: then nothing is looked for.
        if !works || self.alarms.rows.contains_key(&source) {
            self.take_signal((source, !works), out);
        }
    }

    /// An alarm of an earlier term is still raised.
    pub(crate) fn provision_alarm(&mut self, record: AlarmRecord) -> Result<(), Cause> {
        if !self.alarms.make_room(record.source) {
            return Err(Cause::TooManyAlarms);
        }
        let row = Row {
            alarm: Some(AlarmRecord { flapping: false, ..record.clone() }),
            damping: Damping::raised_before(),
        };
        self.own_health.recall(record.source);
        self.alarms.rows.insert(record.source, row);
        Ok(())
    }

    /// A site has said which of its slots are faulty, or its plan has changed: alarms about others are over.
    pub(crate) fn settle_slot_alarms(&mut self, site: SiteId, out: &mut Outbox) {
        let is_over = |source: &Source| match source.object {
            AlarmObject::Slot { site: of, at } => of == site && self.is_sound(site, at),
            AlarmObject::System | AlarmObject::Site(_) | AlarmObject::Unit(_) | AlarmObject::Switch => false,
        };
        for source in self.raised_sources(is_over) {
            self.end_signal(source, out);
        }
    }

    /// A site is no more, and neither is what was wrong there.
    pub(crate) fn forget_alarms_of(&mut self, site: SiteId, out: &mut Outbox) {
        for source in self.raised_sources(|source| source.object.site() == Some(site)) {
            self.clear_alarm(source, out);
        }
        let of_it = self.alarms.rows.keys().copied().filter(|source| source.object.site() == Some(site));
        for source in of_it.collect::<Vec<_>>() {
            self.timers.cancel(TimerKey::AlarmQuiet(source));
            self.alarms.rows.remove(&source);
        }
    }

    fn raised_sources(&self, is_wanted: impl Fn(&Source) -> bool) -> Vec<Source> {
        self.alarms.raised().map(|alarm| alarm.source).filter(is_wanted).collect()
    }

    fn damping_limits(&self) -> Limits {
        let window = Span::from_millis(u64::from(self.system.alarm_window_ms));
        Limits { most: self.system.alarm_flaps_max, window }
    }

    const fn stamp(&self) -> Stamp {
        Stamp { epoch: self.epoch, at: self.now }
    }

    /// An alarm that is raised has not been cleared, and waits for quiet where it comes and goes.
    pub(crate) fn assert_alarms(&self) {
        assert!(self.alarms.rows.len() <= ALARMS_MAX, "more alarms than may be");
        for (source, row) in &self.alarms.rows {
            if let Some(alarm) = &row.alarm {
                assert_eq!((alarm.source, alarm.cleared), (*source, None), "alarm {}", alarm.id);
            }
            assert_eq!(row.alarm.is_some(), row.damping.is_raised(), "{source:?}");
            let waits = self.timers.runs(TimerKey::AlarmQuiet(*source));
            assert_eq!(row.damping.is_flapping(), waits, "{source:?}: timer");
        }
    }
}
