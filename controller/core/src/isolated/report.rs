//! What a site tells of the time in which it served alone (clause 14.1.6): records that it kept, each until it is durable here.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use trunklab_protocol::from_site::{Report, ServedAlone, ServedFailsoft};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::ReportKept;
use trunklab_protocol::{Cause, Epoch, Moment, SiteId};

use super::is_epoch_of;
use crate::charging::RECORD_ENTRIES_MAX;
use crate::controller::Controller;
use crate::output::{CallRecord, MessageRecord, Outbox, Reported, ReportedItem, StoreItem};

/// The latest moment of a site's clock that is believed: thousands of years, and far from where reckoning with it ends.
const SITE_NOW_MAX: Moment = Moment::from_micros(u64::MAX / 4);

/// Reports on their way to the store, and the times alone that operators were told of.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    /// By the request to the store, which answers each: whose it is and its number there.
    waiting: BTreeMap<u64, (SiteId, u32)>,
    /// The last time alone of each site that was told of, and how long it was in milliseconds.
    told: BTreeMap<SiteId, (Epoch, u32)>,
    /// The last time in failsoft, likewise.
    in_failsoft: BTreeMap<SiteId, (Epoch, u32)>,
}

impl Reports {
    /// Forgets all of them: what was not answered is said again.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// For how long a site served alone the last time, in milliseconds.
    pub(crate) fn alone_ms(&self, site: SiteId) -> Option<u32> {
        self.told.get(&site).map(|(_, alone_ms)| *alone_ms)
    }

    /// For how long it was in failsoft, likewise.
    pub(crate) fn failsoft_ms(&self, site: SiteId) -> Option<u32> {
        self.in_failsoft.get(&site).map(|(_, failsoft_ms)| *failsoft_ms)
    }

    /// A site's link is lost: it says them again on the next one.
    pub(crate) fn lose(&mut self, site: SiteId) {
        self.waiting.retain(|_, (of, _)| *of != site);
    }

    /// For the digest.
    pub(crate) fn hash(&self, hasher: &mut impl Hasher) {
        (&self.waiting, &self.told, &self.in_failsoft).hash(hasher);
    }
}

impl Controller {
    /// A site has served alone. It says so on each connection until its reports are kept; operators are told once.
    pub(crate) fn served_alone(&mut self, site: SiteId, message: ServedAlone, out: &mut Outbox) {
        let ServedAlone { epoch, alone_ms, reports } = message;
        if !is_epoch_of(site, epoch) {
            return self.drop_message(site, Cause::ReportUnfit, out);
        }
        let before = self.reports.told.insert(site, (epoch, alone_ms));
        if before.is_none_or(|(told, _)| told != epoch) {
            self.report(EventKind::SiteServedAlone { site, epoch, alone_ms, reports }, out);
        }
    }

    /// A site was in failsoft. It says so on each connection until its reports are kept; operators are told once (clause 14.6.6).
    pub(crate) fn served_failsoft(&mut self, site: SiteId, message: &ServedFailsoft, out: &mut Outbox) {
        let ServedFailsoft { epoch, failsoft_ms, spurts, unproved, collisions, .. } = *message;
        if !is_epoch_of(site, epoch) {
            return self.drop_message(site, Cause::ReportUnfit, out);
        }
        let before = self.reports.in_failsoft.insert(site, (epoch, failsoft_ms));
        if before.is_none_or(|(told, _)| told != epoch) {
            let event =
                EventKind::SiteServedFailsoft { site, epoch, failsoft_ms, spurts, unproved, collisions };
            self.report(event, out);
        }
    }

    /// A part of a report. A whole one goes to the store; one that can never be kept is answered like one that is, lest it be said for
    /// ever.
    pub(crate) fn report_told(&mut self, site: SiteId, message: Report, out: &mut Outbox) {
        let Report { number, now_us, part, parts, text } = message;
        let link = self.sites.get_mut(site).and_then(|row| row.link.as_mut());
        let link = link.expect("a site that speaks has a link");
        let whole = match link.report.take(number, part, parts, &text) {
            Ok(None) => return,
            Ok(Some(whole)) => whole,
            Err(cause) => return self.drop_message(site, cause, out),
        };
        match read(site, &whole, Moment::from_micros(now_us)) {
            Ok(item) => {
                let site_now = Moment::from_micros(now_us);
                let reported = Reported { epoch: self.epoch, at: self.now, site_now, item };
                let store = self.store(StoreItem::Reported(Box::new(reported)), out);
                self.reports.waiting.insert(store, (site, number));
            }
            Err(cause) => {
                self.drop_message(site, cause, out);
                self.tell(site, ReportKept { number }, out);
            }
        }
    }

    /// The store has kept something: where it was a report, its site need not keep it any more. One that it could not keep may be kept
    /// later; a site that hears nothing says it again on its next connection.
    pub(crate) fn report_stored(&mut self, store: u64, kept: bool, out: &mut Outbox) {
        if !kept {
            return;
        }
        let Some((site, number)) = self.reports.waiting.remove(&store) else { return };
        if self.sites.get(site).is_some_and(|row| row.in_service()) {
            self.tell(site, ReportKept { number }, out);
        }
    }
}

/// The record that a text is, if the site may report it: what is over, of a time alone of its own, at itself, and of the past.
fn read(site: SiteId, text: &str, site_now: Moment) -> Result<ReportedItem, Cause> {
    let is_past = |moment: Moment| moment <= site_now;
    let (item, fits) = match serde_json::from_str(text) {
        Ok(StoreItem::CallClosed(record)) => {
            let fits = is_call_of(site, &record) && record.moments().all(is_past);
            (ReportedItem::Call(record), fits)
        }
        Ok(StoreItem::Message(record)) => {
            let fits = is_message_of(site, &record) && record.moments().all(is_past);
            (ReportedItem::Message(record), fits)
        }
        Ok(
            StoreItem::CallOpened(_)
            | StoreItem::Patched(_)
            | StoreItem::Unpatched(_)
            | StoreItem::Configured(_)
            | StoreItem::Audit(_)
            | StoreItem::Cloned(_)
            | StoreItem::Remote(_)
            | StoreItem::Rights { .. }
            | StoreItem::NetworkAlarm(_)
            | StoreItem::Reported(_),
        )
        | Err(_) => return Err(Cause::ReportUnfit),
    };
    if fits && site_now <= SITE_NOW_MAX { Ok(item) } else { Err(Cause::ReportUnfit) }
}

/// The call itself may be a controller's, which the site took over when it was left alone: the record is one of its own time.
fn is_call_of(site: SiteId, record: &CallRecord) -> bool {
    let fits = record.slots.len() <= RECORD_ENTRIES_MAX && record.spurts.len() <= RECORD_ENTRIES_MAX;
    fits && record.released.is_some()
        && is_epoch_of(site, record.epoch)
        && record.slots.iter().all(|slot| slot.site == site)
}

fn is_message_of(site: SiteId, record: &MessageRecord) -> bool {
    record.is_over()
        && is_epoch_of(site, record.message.epoch)
        && record.from_site.into_iter().chain(record.sites.iter().copied()).all(|at| at == site)
}
