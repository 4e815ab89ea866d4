//! A record that is over as operators read it: on the wall's clock, a call's with its sums (docs/services.md 13.4.10, 13.5.1).

use trunklab_protocol::Moment;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::{MessageEntry, RecordEntry, SlotEntry, SpurtEntry, TalkerEntry};

use crate::output::{CallRecord, MessageRecord};

impl CallRecord {
    /// The entry that stands in this place, of a term whose origin was at that time, in microseconds since 1970; `None`
    /// while the record is open.
    pub fn entry(&self, id: u64, origin_us: u64) -> Option<RecordEntry> {
        let (released, cause) = self.released?;
        let wall = |moment: Moment| origin_us.saturating_add(moment.as_micros());
        // Whatever a closed record does not say ended with the call.
        let slots: Vec<_> = self
            .slots
            .iter()
            .map(|held| SlotEntry {
                site: held.site,
                slot: held.at,
                from_us: wall(held.from),
                until_us: wall(held.until.unwrap_or(released)),
            })
            .collect();
        let spurts: Vec<_> = self
            .spurts
            .iter()
            .map(|spurt| {
                let (until, cause) = spurt.until.unwrap_or((released, cause));
                SpurtEntry { unit: spurt.unit, from_us: wall(spurt.from), until_us: wall(until), cause }
            })
            .collect();
        let pair = self.parties.pair();
        let channel_us: u64 = slots.iter().map(|slot| slot.until_us.saturating_sub(slot.from_us)).sum();
        let airtime_us: u64 = spurts.iter().map(length_us).sum();
        Some(RecordEntry {
            id,
            call: self.call,
            epoch: self.epoch,
            talkgroup: self.parties.talkgroup(),
            caller: self.caller.or(pair.map(|pair| pair.caller)),
            called: pair.map(|pair| pair.called),
            emergency: self.kind == RequestKind::Emergency,
            priority: self.priority,
            area: self.area,
            requested_us: wall(self.requested),
            granted_us: wall(self.granted),
            released_us: wall(released),
            cause,
            waited_ms: self.granted.since(self.requested).as_millis(),
            airtime_ms: airtime_us / 1_000,
            channel_ms: channel_us / 1_000,
            talkers: talkers(&spurts),
            slots,
            spurts,
            monitored_by: self.monitored_by.clone(),
        })
    }
}

impl MessageRecord {
    /// The entry that stands in this place, as for calls; `None` while more may come of the message.
    pub fn entry(&self, id: u64, origin_us: u64) -> Option<MessageEntry> {
        let wall = |moment: Moment| origin_us.saturating_add(moment.as_micros());
        let (over, (at, outcome)) = (self.over_at()?, self.outcome?);
        Some(MessageEntry {
            id,
            message: self.message,
            kind: self.kind,
            from: self.from.clone(),
            to: self.to,
            from_site: self.from_site,
            sites: self.sites.to_vec(),
            requested_us: wall(self.requested),
            delivered_us: outcome.ok().map(|()| wall(at)),
            ended_us: wall(over),
            cause: self.ended.map(|(_, cause)| cause).or(outcome.err()),
        })
    }

    /// When nothing more came of it; `None` while more may.
    pub fn over_at(&self) -> Option<Moment> {
        let (at, _) = self.outcome.filter(|_| self.is_over())?;
        Some(self.ended.map_or(at, |(ended, _)| ended))
    }
}

fn length_us(spurt: &SpurtEntry) -> u64 {
    spurt.until_us.saturating_sub(spurt.from_us)
}

fn talkers(spurts: &[SpurtEntry]) -> Vec<TalkerEntry> {
    // A record has a thousand spurts at most.
    let mut talkers: Vec<(TalkerEntry, u64)> = Vec::new();
    for spurt in spurts {
        let at = talkers.iter().position(|(talker, _)| talker.unit == spurt.unit).unwrap_or_else(|| {
            talkers.push((TalkerEntry { unit: spurt.unit, spurts: 0, airtime_ms: 0 }, 0));
            talkers.len() - 1
        });
        let (talker, airtime_us) = &mut talkers[at];
        talker.spurts += 1;
        *airtime_us += length_us(spurt);
        talker.airtime_ms = *airtime_us / 1_000;
    }
    talkers.into_iter().map(|(talker, _)| talker).collect()
}
