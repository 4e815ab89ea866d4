//! Everything that the core can ask of its shell.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::{
    Authority, ConfigurationVersion, ConsoleName, Event, Order, Sender, TalkWord,
};
use trunklab_protocol::switch::ToSwitch;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    Addressee, AreaId, CallId, Cause, Clause, ClonePolicy, Epoch, Imei, MessageId, MessageKind, Moment,
    Parties, Priority, Services, SiteId, SlotAddress, SpurtId, TalkgroupId, UnitId,
};

use crate::configuration::{Configured, Unfit};
use crate::fault::AlarmRecord;
use crate::remote::RemoteChange;

/// All that one call of `handle` caused, in order. The caller owns and drains it.
pub type Outbox = Vec<Output>;

/// One thing for the shell to carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// Send to a site's link; dropped with a counter where there is none.
    ToSite {
        /// Which site.
        site: SiteId,
        /// The rule that it follows.
        clause: Clause,
        /// What.
        message: ToSite,
    },
    /// Send to the voice switch.
    ToSwitch(ToSwitch),
    /// Record what comes of a spurt's voice; said before the switch is told of it, and perhaps again.
    Record(RecordedSpurt),
    /// Keep durably, then answer with [`crate::input::Input::Stored`] of the same id.
    Store {
        /// Names the request; counts from 1 within an epoch.
        id: u64,
        /// What to keep.
        item: StoreItem,
    },
    /// Something happened that an operator may want to see.
    Event(Event),
    /// Answers [`crate::input::Input::Order`]: carried out, or why not.
    Ordered {
        /// Which order.
        id: u64,
        /// What came of it.
        outcome: Result<(), Cause>,
    },
    /// Answers [`crate::input::Input::Configure`]: the new version, or why not and where.
    Configured {
        /// Which change.
        id: u64,
        /// What came of it.
        outcome: Result<ConfigurationVersion, Box<Unfit>>,
    },
    /// Tells a console that wants to talk how that stands; dropped where nobody listens there.
    ToConsole {
        /// Which console.
        console: ConsoleName,
        /// The rule that it follows.
        clause: Clause,
        /// What.
        word: TalkWord,
    },
    /// Fresh octets are needed soon; answer with [`crate::input::Input::Entropy`].
    WantEntropy,
    /// A site has obeyed another controller's term: this one is over. Raise the stored epoch above that one, then begin
    /// a new term as at a start; nothing more may be said in this one.
    WantNewTerm {
        /// Which site.
        site: SiteId,
        /// The newest epoch that it has obeyed.
        above: Epoch,
    },
}

/// A spurt whose voice is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSpurt {
    /// In which call.
    pub call: CallId,
    /// The call's own talkgroup.
    pub talkgroup: TalkgroupId,
    /// Which spurt.
    pub spurt: SpurtId,
    /// Who talks.
    pub unit: UnitId,
}

/// What must outlive a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreItem {
    /// A call was granted: its record opens here, so that a crash leaves it open rather than missing.
    CallOpened(Box<CallRecord>),
    /// The call is over: the record replaces the open one.
    CallClosed(Box<CallRecord>),
    /// An operator has joined these talkgroups, in order, until that is undone.
    Patched(Vec<TalkgroupId>),
    /// An operator has undone the patch of these talkgroups.
    Unpatched(Vec<TalkgroupId>),
    /// An operator has changed the configuration.
    Configured(Box<Configured>),
    /// An operator has ordered something.
    Audit(Box<Audited>),
    /// How a status or a call alert stands: it replaces what was kept of it before.
    Message(Box<MessageRecord>),
    /// An identity was active twice.
    Cloned(Box<Cloned>),
    /// What lasts about a unit's remote control is now this.
    Remote(Box<RemoteChange>),
    /// A subscriber has these rights now, by order.
    Rights {
        /// Who.
        unit: UnitId,
        /// The least priority of its requests.
        priority: Priority,
        /// The services that it may ask for.
        services: Services,
    },
    /// What a site kept while it served alone: once, however often it is told.
    Reported(Box<Reported>),
    /// How an alarm stands: it replaces what was kept of it before.
    NetworkAlarm(Box<AlarmRecord>),
}

/// A record of the time in which a site served alone (docs/resilience.md 14.1.6). Its moments are of the site's clock; when they were
/// follows from the two clocks when it was told, for they may lie before the controller's time began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// In which term of office it was told.
    pub epoch: Epoch,
    /// When, in that term's time.
    pub at: Moment,
    /// When, in the site's time.
    pub site_now: Moment,
    /// What: of one of the site's own epochs.
    pub item: ReportedItem,
}

/// What a site may report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReportedItem {
    /// A call that is over.
    Call(Box<CallRecord>),
    /// A message that is over.
    Message(Box<MessageRecord>),
}

impl ReportedItem {
    /// In which of the site's epochs it was written.
    pub fn epoch(&self) -> Epoch {
        match self {
            Self::Call(record) => record.epoch,
            Self::Message(record) => record.message.epoch,
        }
    }
}

/// An alarm about a cloned identity (docs/services.md 13.2.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cloned {
    /// In which term of office.
    pub epoch: Epoch,
    /// When.
    pub at: Moment,
    /// Whose identity.
    pub unit: UnitId,
    /// Where the later radio is.
    pub site: SiteId,
    /// Where the earlier one was registered.
    pub held_at: SiteId,
    /// What the later one named.
    pub equipment: Option<Imei>,
    /// Who is served.
    pub policy: ClonePolicy,
}

/// Who ordered what, and what came of it (docs/services.md 13.7.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// In which term of office.
    pub epoch: Epoch,
    /// When it was answered.
    pub at: Moment,
    /// Who, as what, from where.
    pub by: Authority,
    /// What.
    pub order: Order,
    /// Carried out, or why not.
    pub outcome: Result<(), Cause>,
}

/// The record of one call: what it used and why it ended (clause: docs/protocol.md 11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Which call.
    pub call: CallId,
    /// In which term of office the record was written.
    pub epoch: Epoch,
    /// Whom it was for.
    pub parties: Parties,
    /// Who asked for it; `None` where only an inventory told of the call.
    pub caller: Option<UnitId>,
    /// Normal or emergency.
    pub kind: RequestKind,
    /// The service area in which it was heard in the end; `None`: everywhere.
    #[serde(default)]
    pub area: Option<AreaId>,
    /// Its priority.
    pub priority: Priority,
    /// When it was asked for.
    pub requested: Moment,
    /// When it was granted; the difference is the wait in the queue.
    pub granted: Moment,
    /// When it ended and why; `None` while it is open.
    pub released: Option<(Moment, Cause)>,
    /// Slots held: site, slot, from, until (`None` while held).
    pub slots: SmallVec<[HeldSlot; 2]>,
    /// Talk spurts in order.
    pub spurts: SmallVec<[Spurt; 2]>,
    /// By whose order its caller was listened to (docs/services.md 13.3.7); `None` where people called.
    #[serde(default)]
    pub monitored_by: Option<ConsoleName>,
}

/// A slot that a call held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldSlot {
    /// At which site.
    pub site: SiteId,
    /// Where.
    pub at: SlotAddress,
    /// Since when.
    pub from: Moment,
    /// Until when; `None` while held.
    pub until: Option<Moment>,
}

/// One talk spurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spurt {
    /// Who talked.
    pub unit: UnitId,
    /// Since when.
    pub from: Moment,
    /// Until when and why it ended; `None` while talking.
    pub until: Option<(Moment, Cause)>,
}

/// The record of one status or call alert (docs/services.md 13.4.10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecord {
    /// Which, counted from 1 within a term of office.
    pub message: MessageId,
    /// A status and its number, or a call alert.
    pub kind: MessageKind,
    /// Who told it.
    pub from: Sender,
    /// Whom it was for; `None`: the consoles.
    pub to: Option<Addressee>,
    /// Where its sender was; `None` for an operator.
    pub from_site: Option<SiteId>,
    /// Where it was said, in order of the sites, each once.
    pub sites: SmallVec<[SiteId; 2]>,
    /// When it was asked for.
    pub requested: Moment,
    /// When it was delivered, or refused and why; `None` while it is on its way.
    pub outcome: Option<(Moment, Result<(), Cause>)>,
    /// When and why a call alert ended that was delivered; `None` for a status, and while it alerts.
    pub ended: Option<(Moment, Cause)>,
}

impl StoreItem {
    /// Whether it may wait for room on a full disk: no operator and no radio waits for it. The core learns that it is not kept yet, and
    /// when it is.
    pub const fn may_wait_for_room(&self) -> bool {
        match self {
            Self::CallOpened(_) | Self::CallClosed(_) | Self::Reported(_) => true,
            Self::Patched(_)
            | Self::Unpatched(_)
            | Self::Configured(_)
            | Self::Audit(_)
            | Self::Message(_)
            | Self::Cloned(_)
            | Self::Remote(_)
            | Self::Rights { .. }
            | Self::NetworkAlarm(_) => false,
        }
    }
}

impl CallRecord {
    /// Every moment that it tells of.
    pub fn moments(&self) -> impl Iterator<Item = Moment> + '_ {
        let slots = self.slots.iter().flat_map(|slot| [Some(slot.from), slot.until]);
        let spurts = self.spurts.iter().flat_map(|spurt| [Some(spurt.from), spurt.until.map(|(at, _)| at)]);
        let released = self.released.map(|(at, _)| at);
        let own = [Some(self.requested), Some(self.granted), released];
        own.into_iter().chain(slots).chain(spurts).flatten()
    }
}

impl MessageRecord {
    /// Every moment that it tells of.
    pub fn moments(&self) -> impl Iterator<Item = Moment> + use<> {
        let outcome = self.outcome.map(|(at, _)| at);
        [Some(self.requested), outcome, self.ended.map(|(at, _)| at)].into_iter().flatten()
    }

    /// Ends it where nobody could: it was not delivered, or its alert is over, at the last moment that it tells of.
    pub fn cut(&mut self, cause: Cause) {
        match self.outcome {
            None => self.outcome = Some((self.requested, Err(cause))),
            Some((delivered, _)) => self.ended = Some((delivered, cause)),
        }
    }

    /// Whether nothing more comes of it.
    pub fn is_over(&self) -> bool {
        match self.outcome {
            None => false,
            Some((_, Err(_))) => true,
            Some((_, Ok(()))) => self.ended.is_some() || self.kind != MessageKind::CallAlert,
        }
    }
}
