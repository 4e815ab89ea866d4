//! Failsoft (docs/resilience.md 14.6): nobody decides, or nobody can be asked, and the site repeats on its failsoft channels what radios say.

mod record;
mod repeater;

use std::collections::{BTreeMap, BTreeSet};

use trunklab_controller_core::isolated::epoch_of;
use trunklab_protocol::air_downlink::{DownlinkWord, SiteService};
use trunklab_protocol::air_uplink::{Burst, UplinkWord};
use trunklab_protocol::from_site::{FromSite, InFailsoft, ServedFailsoft};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{BurstPlace, Cause, Epoch, Moment, SiteId, SlotAddress, SlotHealth, SlotState, Span};

use self::record::Counted;
use self::repeater::{Repeater, Spurt};
use crate::access::{Outcome, Uplink};
use crate::alone::Remember;
use crate::deadline::{Deadline, Timer};
use crate::output::{Outbox, Output};
use crate::settings::is_controls;
use crate::speech::present;
use crate::standing::Standing;
use crate::station::{BaseStation, OnAir};
use crate::timing::Timing;

/// How long who talks when the controller is back may go on.
const LET_TALK: Span = Span::from_secs(5);

/// A time in failsoft.
#[derive(Debug)]
pub struct Failsoft {
    epoch: Epoch,
    since: Moment,
    repeaters: BTreeMap<SlotAddress, Repeater>,
    counted: Counted,
    end: End,
}

/// Whether it is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// No controller has configured the site since.
    Open,
    /// One has: who talks may go on until then.
    LetTalk { until: Moment },
    /// Nobody talks any more: the end is being said.
    Said,
}

impl Failsoft {
    /// The uplink of a failsoft channel, if one radiates there.
    pub fn uplink(&mut self, place: BurstPlace) -> Option<&mut Uplink> {
        let repeater = self.repeaters.get_mut(&place.at).filter(|_| place.channel == Channel::Traffic)?;
        repeater.is_on().then_some(&mut repeater.uplink)
    }

    /// A slot carries no call any more: its failsoft channel begins.
    pub fn slot_is_free(&mut self, timing: &Timing, at: SlotAddress, now: Moment) {
        if let Some(repeater) = self.repeaters.get_mut(&at).filter(|repeater| !repeater.is_on()) {
            repeater.slot_is_free(timing, now);
        }
    }

    /// Leaves out bursts that are too late at `now`; how many those were.
    pub fn skip_late(&mut self, timing: &Timing, now: Moment) -> u64 {
        self.repeaters.values_mut().map(|repeater| u64::from(repeater.skip_late(timing, now))).sum()
    }

    /// When time alone causes something on its channels.
    pub fn deadlines(&self, timing: &Timing) -> impl Iterator<Item = Deadline> + use<> {
        let end = match self.end {
            End::Open => None,
            End::LetTalk { until } => Some(Deadline { at: until, why: Timer::FailsoftCut }),
            // At once, whenever that is looked at.
            End::Said if self.repeaters.values().all(Repeater::is_gone) => {
                Some(Deadline { at: self.since, why: Timer::FailsoftOver })
            }
            End::Said => None,
        };
        let of_channels: Vec<_> =
            self.repeaters.iter().flat_map(|(at, repeater)| deadlines_of(repeater, *at, timing)).collect();
        of_channels.into_iter().chain(end)
    }

    /// What the control channel says of it. When the channels say that it is over, nobody is to come back to them.
    pub const fn service(&self) -> SiteService {
        match self.end {
            End::Open | End::LetTalk { .. } => SiteService::Failsoft,
            End::Said => SiteService::NoService,
        }
    }

    /// Whether anybody talks.
    fn is_talked_on(&self) -> bool {
        self.repeaters.values().any(|repeater| repeater.spurt_ends().is_some())
    }
}

impl OnAir {
    fn repeater(&self, at: SlotAddress, now: Moment) -> Repeater {
        let in_use = self.slots.get(&at).is_some_and(|slot| slot.is_in_use());
        Repeater::new(&self.timing, at, now, in_use)
    }
}

/// What a site that stays in failsoft says to one that comes to have it: which slots are faulty, and that nobody can ask for anything.
pub fn still_in_failsoft(station: &BaseStation) -> Vec<FromSite> {
    let faulty = station.self_test.faulty().into_iter().map(FromSite::from);
    faulty.chain([InFailsoft {}.into()]).collect()
}

fn deadlines_of(
    repeater: &Repeater,
    at: SlotAddress,
    timing: &Timing,
) -> impl Iterator<Item = Deadline> + use<> {
    [
        (repeater.uplink.due(timing), Timer::FailsoftUplink(at)),
        (repeater.spurt_ends(), Timer::FailsoftSpurt(at)),
        (repeater.burst_ends(), Timer::FailsoftBurstEnds(at)),
        (repeater.burst_begins(timing), Timer::FailsoftBurstBegins(at)),
    ]
    .into_iter()
    .filter_map(|(at, why)| Some(Deadline { at: at?, why }))
}

impl BaseStation {
    /// When the site goes into failsoft, if nothing comes of its link or its control channel until then.
    pub(crate) fn failsoft_due(&self) -> Option<Moment> {
        let since = self.unserved_since().into_iter().chain(self.control_lost_since).min()?;
        let settings = &self.on_air.as_ref()?.settings;
        let can = self.failsoft.is_none()
            && self.standing != Standing::Dismissed
            && settings.failsoft_after_ms > 0
            && !settings.failsoft.is_empty()
            && self.times_alone < u16::MAX
            && epoch_of(settings.site, self.times_alone).is_some();
        can.then(|| since + Span::from_millis(u64::from(settings.failsoft_after_ms)))
    }

    /// Since when nobody serves the site. One that can serve alone does that.
    fn unserved_since(&self) -> Option<Moment> {
        let is_spared = self.alone.is_some() || self.isolation_due().is_some();
        self.link.unserved_since().filter(|_| !is_spared)
    }

    /// Dispatch has been impossible for long enough: the failsoft channels are repeaters from here on.
    pub(crate) fn begin_failsoft(&mut self, out: &mut Outbox) {
        let Some(air) = &self.on_air else { return };
        self.times_alone += 1;
        let Some(epoch) = epoch_of(air.settings.site, self.times_alone) else { return };
        out.push(Output::Remember(Remember::BeginsAlone(self.times_alone)));
        let places: BTreeSet<_> = air.settings.failsoft.iter().map(|place| place.at).collect();
        let sound = places.into_iter().filter(|at| self.self_test.is_sound(*at));
        self.failsoft = Some(Box::new(Failsoft {
            epoch,
            since: self.now,
            repeaters: sound.map(|at| (at, air.repeater(at, self.now))).collect(),
            counted: Counted::default(),
            end: End::Open,
        }));
        self.outstanding.clear();
        if self.has_dispatch() {
            self.tell_dispatch(InFailsoft {}, out);
        }
        self.update_service(out);
    }

    /// Dispatch is possible again: nobody begins any more, who talks may come to an end, all are told.
    pub(crate) fn close_failsoft(&mut self, out: &mut Outbox) {
        let Some(failsoft) = &mut self.failsoft else { return };
        if failsoft.end == End::Open {
            failsoft.repeaters.values_mut().for_each(Repeater::close);
            failsoft.end = End::LetTalk { until: self.now + LET_TALK };
        }
        if failsoft.end != End::Said && !failsoft.is_talked_on() {
            self.say_failsoft_over(out);
        }
    }

    /// The channels are elsewhere, or are none any more: radios miss them.
    pub(crate) fn break_failsoft_off(&mut self, out: &mut Outbox) {
        self.cut_failsoft(out);
        self.end_failsoft(out);
    }

    /// The control channel is lost, whoever has the site: failsoft goes on.
    pub(crate) fn stay_in_failsoft(&mut self, out: &mut Outbox) {
        self.reopen_failsoft();
        self.update_service(out);
        if self.has_dispatch() {
            for message in still_in_failsoft(self) {
                self.tell_dispatch(message, out);
            }
        }
    }

    /// Whether a failsoft channel is on a slot that is a control channel's by now.
    pub(crate) fn is_failsoft_displaced(&self) -> bool {
        let (Some(air), Some(failsoft)) = (&self.on_air, &self.failsoft) else { return false };
        failsoft.repeaters.keys().any(|at| is_controls(&air.settings, *at))
    }

    /// Self-tests have another word on these slots: a failsoft channel begins or ends with that, and so may failsoft.
    pub(crate) fn heed_health_in_failsoft(&mut self, changed: &[SlotState], out: &mut Outbox) {
        for SlotState { at, health } in changed {
            match health {
                SlotHealth::Sound => self.begin_failsoft_channel(*at),
                SlotHealth::Faulty => self.end_failsoft_channel(*at, out),
            }
        }
        self.review_failsoft(out);
    }

    /// Failsoft ends where somebody has the site and can be asked for something, and goes on where that is so no more.
    pub(crate) fn review_failsoft(&mut self, out: &mut Outbox) {
        let Some(failsoft) = &self.failsoft else { return };
        let ends = failsoft.end != End::Open;
        match self.control_lost_since {
            None if self.has_dispatch() => self.close_failsoft(out),
            Some(_) if ends => self.stay_in_failsoft(out),
            Some(_) | None => {}
        }
    }

    fn begin_failsoft_channel(&mut self, at: SlotAddress) {
        let (Some(air), Some(failsoft)) = (&self.on_air, &mut self.failsoft) else { return };
        if air.settings.failsoft.iter().any(|place| place.at == at) && failsoft.end == End::Open {
            failsoft.repeaters.entry(at).or_insert_with(|| air.repeater(at, self.now));
        }
    }

    fn end_failsoft_channel(&mut self, at: SlotAddress, out: &mut Outbox) {
        let repeater = self.failsoft.as_mut().and_then(|failsoft| failsoft.repeaters.remove(&at));
        if let Some(spurt) = repeater.and_then(|mut repeater| repeater.cut()) {
            self.spurt_is_over(at, &spurt, Cause::SlotFaulty, out);
        }
    }

    /// Nobody talks any more: every channel says the end, and the control channel that there is no service yet.
    fn say_failsoft_over(&mut self, out: &mut Outbox) {
        let Some(failsoft) = &mut self.failsoft else { return };
        failsoft.end = End::Said;
        failsoft.repeaters.values_mut().for_each(Repeater::say_over);
        self.update_service(out);
    }

    /// The link is gone again before failsoft has ended: it goes on.
    pub(crate) fn reopen_failsoft(&mut self) {
        if let Some(failsoft) = &mut self.failsoft {
            failsoft.end = End::Open;
            failsoft.repeaters.values_mut().for_each(Repeater::reopen);
        }
    }

    /// Who still talks has had time enough.
    pub(crate) fn cut_failsoft(&mut self, out: &mut Outbox) {
        let Some(failsoft) = &mut self.failsoft else { return };
        let cut: Vec<_> =
            failsoft.repeaters.iter_mut().filter_map(|(at, repeater)| Some((*at, repeater.cut()?))).collect();
        for (at, spurt) in cut {
            self.record_spurt(at, &spurt, Cause::FailsoftOver, out);
        }
        self.say_failsoft_over(out);
    }

    /// Failsoft is over: what there is to say of it is said when the site is in service.
    pub(crate) fn end_failsoft(&mut self, out: &mut Outbox) {
        if self.leave_failsoft() {
            self.come_into_service(out);
        }
    }

    /// The time in failsoft is over, and what there is to say of it is kept; false where there was none.
    pub(crate) fn leave_failsoft(&mut self) -> bool {
        let Some(failsoft) = self.failsoft.take() else { return false };
        let failsoft_ms = u32::try_from(self.now.since(failsoft.since).as_millis()).unwrap_or(u32::MAX);
        let Counted { spurts, unproved, collisions, .. } = failsoft.counted;
        self.reports.served_failsoft(ServedFailsoft {
            epoch: failsoft.epoch,
            failsoft_ms,
            spurts,
            unproved,
            collisions,
            reports: 0,
        });
        true
    }

    /// An uplink burst of a failsoft channel is over. Nobody is asked who may talk; who proves nothing is repeated as well, for the
    /// site holds no keys of radios that were switched on since.
    pub(crate) fn close_failsoft_uplink(&mut self, at: SlotAddress, out: &mut Outbox) {
        let Some(failsoft) = &mut self.failsoft else { return };
        let Some(repeater) = failsoft.repeaters.get_mut(&at) else { return };
        let Outcome { taken, lost } = repeater.uplink.close();
        failsoft.counted.collisions = failsoft.counted.collisions.saturating_add(u32::from(lost));
        if lost > 0 {
            self.counts.collide(lost, lost.saturating_add(u16::from(taken.is_some())), out);
        }
        let Some(burst) = taken else { return };
        let unit = burst.word.unit();
        match self.repeat(at, burst, out) {
            Ok(()) => self.counts.bursts += 1,
            Err(cause) => self.counts.drop_burst(unit, cause, out),
        }
    }

    fn repeat(&mut self, at: SlotAddress, burst: Burst, out: &mut Outbox) -> Result<(), Cause> {
        let UplinkWord::FailsoftVoice(word) = burst.word.clone() else { return Err(Cause::WrongSlot) };
        let (Some(air), Some(failsoft)) = (&self.on_air, &mut self.failsoft) else {
            return Err(Cause::WrongSlot);
        };
        let site = air.settings.site;
        let proof =
            self.sessions.prove(site, self.incarnation, word.unit, burst.place, &burst.word, burst.proof);
        let frames = present(&word.frames);
        let repeater = failsoft.repeaters.get_mut(&at).ok_or(Cause::WrongSlot)?;
        let ended = repeater.hear(&air.timing, self.now, word, proof.is_ok())?;
        self.counts.frames_uplink += frames;
        if let Some(spurt) = ended {
            self.spurt_is_over(at, &spurt, Cause::SaidInFailsoft, out);
        }
        Ok(())
    }

    /// A talker on a failsoft channel is missed, or has talked for as long as it may.
    pub(crate) fn end_failsoft_spurt(&mut self, at: SlotAddress, out: &mut Outbox) {
        let repeater = self.failsoft.as_mut().and_then(|failsoft| failsoft.repeaters.get_mut(&at));
        if let Some((spurt, cause)) = repeater.and_then(|repeater| repeater.end_spurt(self.now)) {
            self.spurt_is_over(at, &spurt, cause, out);
        }
    }

    fn spurt_is_over(&mut self, at: SlotAddress, spurt: &Spurt, cause: Cause, out: &mut Outbox) {
        self.record_spurt(at, spurt, cause, out);
        if let Some(failsoft) = &mut self.failsoft
            && matches!(failsoft.end, End::LetTalk { .. })
            && !failsoft.is_talked_on()
        {
            self.say_failsoft_over(out);
        }
    }

    /// A downlink burst of a failsoft channel begins.
    pub(crate) fn begin_failsoft_burst(&mut self, at: SlotAddress) {
        let (Some(air), Some(failsoft)) = (&self.on_air, &mut self.failsoft) else { return };
        if let Some(repeater) = failsoft.repeaters.get_mut(&at) {
            repeater.begin_burst(&air.timing, air.settings.site, self.now);
        }
    }

    /// It ends.
    pub(crate) fn end_failsoft_burst(&mut self, at: SlotAddress, out: &mut Outbox) {
        let repeater = self.failsoft.as_mut().and_then(|failsoft| failsoft.repeaters.get_mut(&at));
        let Some(burst) = repeater.and_then(Repeater::end_burst) else { return };
        self.counts.traffic_bursts += 1;
        if let DownlinkWord::FailsoftVoice(voice) = &burst.word {
            self.counts.frames_downlink += present(&voice.frames);
        }
        out.push(Output::Air(burst));
    }

    /// The site that the station is, while it is in failsoft.
    fn failsoft_site(&self) -> Option<SiteId> {
        self.on_air.as_ref().map(|air| air.settings.site)
    }
}
