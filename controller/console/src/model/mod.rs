//! What the console knows and where its operator stands. `update` alone changes it, `view` alone reads it.

mod configuration;
mod cursor;
mod draft;
mod fold;
mod given;
mod link;
mod log;
mod messages;
mod picture;
mod screen;
mod unit;

pub use configuration::{Comparison, ConfigurationView, DeviceView};
pub use cursor::{Cursor, Step};
pub use draft::{Draft, StatusDraft, UnitRights};
pub use fold::{Grasp, fold};
pub use given::{Asked, Given, GivenList, Outcome};
pub use link::Link;
pub use log::{Entry, EventLog, Focus, Grade, LogView, Place};
pub use picture::{Heard, Loss, Stream, UnknownEvent, apply};
pub use screen::Screen;
pub use unit::{Sheet, Subscription, UnitSheet};

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use trunklab_protocol::operator::{
    Admission, AlarmId, Event, MessageStage, MessageView, Right, Severity, Snapshot, StatisticsPage, Versions,
};
use trunklab_protocol::{CallId, MessageId, Moment, SiteId, SlotAddress, Span, TalkgroupId, UnitId};

use crate::theme::Theme;

/// Which unit is to be ordered something: one of the list, or one whose number is typed.
#[derive(Debug, Clone, Default)]
pub struct UnitsView {
    pub(crate) cursor: Cursor<UnitId>,
    pub(crate) typed: String,
    pub(crate) focus: Focus,
}

impl UnitsView {
    /// Digits of the greatest number of a unit.
    pub(crate) const DIGITS_MAX: usize = 8;

    /// The unit that keys are about.
    pub(crate) fn chosen(&self, list: &[UnitId]) -> Option<UnitId> {
        if self.typed.is_empty() {
            return self.cursor.chosen(list);
        }
        self.typed.parse().ok().and_then(UnitId::new)
    }
}

/// Everything that the screen is drawn from.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) address: SocketAddr,
    pub(crate) theme: Theme,
    pub(crate) link: Link,
    /// Who the operator is, and as what; `None` until the controller has said so.
    pub(crate) operator: Option<Admission>,
    pub(crate) screen: Screen,
    /// The network as the last snapshot and the events since then tell it; `None` before the first snapshot.
    pub(crate) picture: Option<Snapshot>,
    /// The last event heard: snapshots may be ahead of it, for they travel apart from the events.
    pub(crate) heard: u64,
    /// The last events without a gap, to be folded over a snapshot that is older than they are.
    pub(crate) recent: VecDeque<Event>,
    /// When and why each lost site was lost, as far as the console saw it.
    pub(crate) losses: BTreeMap<SiteId, Loss>,
    /// The controller's time, carried on by ticks between its reports.
    pub(crate) now: Moment,
    pub(crate) log: EventLog,
    pub(crate) log_view: LogView,
    pub(crate) sites: Cursor<SiteId>,
    pub(crate) calls: Cursor<CallId>,
    pub(crate) groups: Cursor<TalkgroupId>,
    pub(crate) units: UnitsView,
    /// How the unit in sight is set up.
    pub(crate) sheet: Sheet,
    /// The unit whose emergency is chosen.
    pub(crate) emergencies: Cursor<UnitId>,
    /// Talkgroups that the operator has marked to be joined.
    pub(crate) marked: BTreeSet<TalkgroupId>,
    /// The last hour's figures, as they were asked for last.
    pub(crate) statistics: Option<StatisticsPage>,
    /// The configuration's versions, as they were asked for last.
    pub(crate) versions: Option<Versions>,
    /// How the operator looks at it.
    pub(crate) configuration: ConfigurationView,
    /// The first line of the help screen that is in sight.
    pub(crate) help_line: usize,
    /// How long ago the screen in sight asked for what it shows.
    pub(crate) asked_ago: Span,
    /// An order that is being put together.
    pub(crate) draft: Option<Draft>,
    /// What is done once the operator confirms it.
    pub(crate) asked: Option<Asked>,
    /// What the console has to say to the operator's last key, until the next one.
    pub(crate) remark: Option<String>,
    /// What was asked of the controller, and what came of it.
    pub(crate) given: GivenList,
    /// The message that the keys are about, the newest first.
    pub(crate) messages: Cursor<Reverse<MessageId>>,
    /// The slot that the keys are about, of the site in sight.
    pub(crate) slot: Cursor<SlotAddress>,
    /// The alarm that the keys are about, the gravest first, of equals the newest.
    pub(crate) alarms: Cursor<(Reverse<Severity>, Reverse<AlarmId>)>,
    /// Messages for the consoles that this operator has acknowledged.
    pub(crate) seen: BTreeSet<MessageId>,
    /// The message that the order which is being put together answers.
    pub(crate) answering: Option<MessageId>,
}

impl Model {
    /// A console that has heard nothing yet from the controller at `address`.
    pub fn new(address: SocketAddr, theme: Theme) -> Self {
        Self {
            address,
            theme,
            link: Link::Connecting { attempt: 1 },
            operator: None,
            screen: Screen::Overview,
            picture: None,
            heard: 0,
            recent: VecDeque::new(),
            losses: BTreeMap::new(),
            now: Moment::ORIGIN,
            log: EventLog::default(),
            log_view: LogView::default(),
            sites: Cursor::default(),
            calls: Cursor::default(),
            groups: Cursor::default(),
            units: UnitsView::default(),
            sheet: Sheet::default(),
            emergencies: Cursor::default(),
            marked: BTreeSet::new(),
            statistics: None,
            versions: None,
            configuration: ConfigurationView::default(),
            help_line: 0,
            asked_ago: Span::ZERO,
            draft: None,
            asked: None,
            remark: None,
            given: GivenList::default(),
            messages: Cursor::default(),
            slot: Cursor::default(),
            alarms: Cursor::default(),
            seen: BTreeSet::new(),
            answering: None,
        }
    }

    /// Whether the operator has a right. Before the controller has said who it is nothing is forbidden: it judges each order.
    pub(crate) fn may(&self, right: Right) -> bool {
        self.operator.as_ref().is_none_or(|operator| operator.role.may(right))
    }

    /// Messages for the consoles that this operator has not acknowledged, the newest last.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = &MessageView> {
        let messages = self.picture.iter().flat_map(|picture| &picture.messages);
        messages.filter(|view| {
            let arrived = !matches!(view.stage, MessageStage::Refused(_));
            view.to.is_none() && arrived && !self.seen.contains(&view.message)
        })
    }

    /// What was asked of the controller, and what came of it.
    pub fn given(&self) -> &GivenList {
        &self.given
    }

    /// The network as far as it is known; `None` before the first snapshot.
    pub fn picture(&self) -> Option<&Snapshot> {
        self.picture.as_ref()
    }

    /// Where the operator stands.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// The state of the connection to the controller.
    pub fn link(&self) -> &Link {
        &self.link
    }
}
