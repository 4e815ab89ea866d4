//! Which key does what: one table per screen, and the help screen prints the same tables.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use trunklab_protocol::operator::Right;

use crate::model::{Draft, Focus, Model, Screen, Step};
use crate::update::units;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Move the choice.
    Move(Step),
    /// Open what is chosen.
    Open,
    /// Leave the screen, or clear the filter where one is set.
    Back,
    /// Show the overview.
    ShowOverview,
    /// Show all sites.
    ShowSites,
    /// Show all calls.
    ShowCalls,
    /// Show all talkgroups.
    ShowGroups,
    /// Show the event log.
    ShowEvents,
    /// Show the last hour of each site.
    ShowStatistics,
    /// Show the configuration's versions.
    ShowConfiguration,
    /// Show the keys.
    Help,
    /// Hold the log still, or follow it again.
    Pause,
    /// Type a filter.
    EditFilter,
    /// Add a character to the filter.
    Type(char),
    /// Take the filter's last character away.
    Erase,
    /// Keep the filter and go back to the list.
    KeepFilter,
    /// Drop the filter and go back to the list.
    DropFilter,
    /// Choose another emergency.
    NextEmergency,
    /// Acknowledge the chosen emergency.
    Acknowledge,
    /// Clear the chosen emergency, once that is confirmed.
    Clear,
    /// Mark the chosen talkgroup to be joined, or take the mark away.
    Mark,
    /// Join the marked talkgroups until that is undone, once it is confirmed.
    Patch,
    /// Join the marked talkgroups for one call, once it is confirmed.
    Multiselect,
    /// Part the chosen talkgroup from those that it is joined with, once it is confirmed.
    Part,
    /// Show the units that are under orders.
    ShowUnits,
    /// Order the chosen unit something, once it is confirmed.
    OrderUnit(UnitKey),
    /// Tell a status to what is chosen.
    Tell,
    /// Show the statuses and call alerts.
    ShowMessages,
    /// Show what is wrong with the network's parts.
    ShowAlarms,
    /// The chosen alarm was seen.
    AcknowledgeAlarm,
    /// Choose the slot before or after.
    MoveSlot(Step),
    /// Order something about the chosen slot, once it is confirmed.
    OrderSlot(SlotKey),
    /// Have the chosen version of the configuration come back, once that is confirmed.
    Revert,
    /// The chosen message was seen.
    AcknowledgeMessage,
    /// All of them were.
    AcknowledgeMessages,
    /// Give the chosen right to the unit, or take it.
    Tick,
    /// Go on with what is chosen for the order.
    Choose,
    /// Give no order.
    DropDraft,
    /// Give the order that was asked about.
    Confirm,
    /// Do not give it.
    Deny,
    /// Connect at once instead of waiting.
    Reconnect,
    /// Leave the console.
    Quit,
}

impl Action {
    /// The right that it asks of the operator; `None` where it changes nothing but the screen.
    pub const fn right(self) -> Option<Right> {
        match self {
            Self::Acknowledge
            | Self::Clear
            | Self::Mark
            | Self::Patch
            | Self::Multiselect
            | Self::Part
            | Self::Tell
            | Self::AcknowledgeMessage
            | Self::AcknowledgeMessages
            | Self::AcknowledgeAlarm
            | Self::OrderUnit(UnitKey::Alert | UnitKey::CancelAlert)
            | Self::Confirm => Some(Right::Dispatch),
            Self::OrderUnit(UnitKey::Kill) | Self::Revert => Some(Right::Administer),
            Self::OrderUnit(_) | Self::OrderSlot(_) => Some(Right::Supervise),
            Self::Move(_)
            | Self::MoveSlot(_)
            | Self::Open
            | Self::Back
            | Self::ShowOverview
            | Self::ShowSites
            | Self::ShowCalls
            | Self::ShowGroups
            | Self::ShowEvents
            | Self::ShowStatistics
            | Self::ShowConfiguration
            | Self::ShowUnits
            | Self::ShowMessages
            | Self::ShowAlarms
            | Self::Tick
            | Self::Choose
            | Self::DropDraft
            | Self::Help
            | Self::Pause
            | Self::EditFilter
            | Self::Type(_)
            | Self::Erase
            | Self::KeepFilter
            | Self::DropFilter
            | Self::NextEmergency
            | Self::Deny
            | Self::Reconnect
            | Self::Quit => None,
        }
    }
}

/// What a unit is ordered from the list of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKey {
    /// No service any more.
    Stun,
    /// Service again.
    Revive,
    /// Out of use for good.
    Kill,
    /// To say that it is there.
    Check,
    /// To the talkgroup that is chosen in the list of talkgroups.
    Regroup,
    /// There as well, and locked.
    Lock,
    /// Back to its own talkgroup.
    Restore,
    /// Its user shall call.
    Alert,
    /// It need not any more.
    CancelAlert,
    /// Its microphone open to another unit.
    Monitor,
    /// Nobody to listen to it any more.
    EndMonitor,
    /// Another priority.
    Priority,
    /// Other rights.
    Rights,
}

/// What is ordered about a slot of the site in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKey {
    /// It is tested.
    Test,
    /// It breaks, as an exercise.
    Break,
    /// Its carrier breaks, as an exercise.
    BreakCarrier,
    /// Its carrier works again, with all its slots.
    Mend,
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The keys, each of which does it.
    pub keys: &'static [KeyCode],
    /// What they do.
    pub action: Action,
    /// The same as a sentence, for the help screen.
    pub does: &'static str,
    /// The word in the bottom line; empty where the line leaves it out.
    pub hint: &'static str,
}

const fn row(keys: &'static [KeyCode], action: Action, does: &'static str, hint: &'static str) -> Binding {
    Binding { keys, action, does, hint }
}

#[rustfmt::skip]
const MOVES: &[Binding] = &[
    row(&[KeyCode::Up, KeyCode::Char('k')],   Action::Move(Step::Up),       "one line up",     ""),
    row(&[KeyCode::Down, KeyCode::Char('j')], Action::Move(Step::Down),     "one line down",   ""),
    row(&[KeyCode::PageUp],                   Action::Move(Step::PageUp),   "ten lines up",    ""),
    row(&[KeyCode::PageDown],                 Action::Move(Step::PageDown), "ten lines down",  ""),
    row(&[KeyCode::Home, KeyCode::Char('g')], Action::Move(Step::First),    "to the first",    ""),
    row(&[KeyCode::End, KeyCode::Char('G')],  Action::Move(Step::Last),     "to the last",     ""),
];

#[rustfmt::skip]
const SCREENS: &[Binding] = &[
    row(&[KeyCode::Char('o'), KeyCode::Char('1')], Action::ShowOverview, "the overview",             "overview"),
    row(&[KeyCode::Char('s'), KeyCode::Char('2')], Action::ShowSites,    "all sites",                "sites"),
    row(&[KeyCode::Char('c'), KeyCode::Char('3')], Action::ShowCalls,    "all calls",                "calls"),
    row(&[KeyCode::Char('e'), KeyCode::Char('4')], Action::ShowEvents,   "the event log",            "events"),
    row(&[KeyCode::Char('t'), KeyCode::Char('5')], Action::ShowGroups,   "all talkgroups, to join some", ""),
    row(&[KeyCode::Char('U'), KeyCode::Char('6')], Action::ShowUnits,    "units under orders, to order one",   ""),
    row(&[KeyCode::Char('M'), KeyCode::Char('7')], Action::ShowMessages, "statuses and call alerts",            ""),
    row(&[KeyCode::Char('h'), KeyCode::Char('8')], Action::ShowStatistics, "the last hour, in figures",        ""),
    row(&[KeyCode::Char('n'), KeyCode::Char('9')], Action::ShowConfiguration, "the configuration's versions",  ""),
    row(&[KeyCode::Char('w'), KeyCode::Char('0')], Action::ShowAlarms,   "alarms: what is wrong", ""),
    row(&[KeyCode::Tab],                           Action::NextEmergency, "choose the next emergency",          ""),
    row(&[KeyCode::Char('a')],                     Action::Acknowledge,  "acknowledge the chosen emergency",   ""),
    row(&[KeyCode::Char('x')],                     Action::Clear,        "clear the chosen emergency",         ""),
    row(&[KeyCode::Char('r')],                     Action::Reconnect,    "connect at once if the link is lost", ""),
    row(&[KeyCode::Char('?'), KeyCode::F(1)],      Action::Help,         "these keys",               "help"),
    row(&[KeyCode::Char('q')],                     Action::Quit,         "leave the console",        "quit"),
];

const SITE_LIST: &[Binding] = &[row(&[KeyCode::Enter], Action::Open, "open the chosen site", "open")];

#[rustfmt::skip]
const SITES: &[Binding] = &[
    row(&[KeyCode::Enter], Action::Open, "open the chosen site",    "open"),
    row(&[KeyCode::Esc],   Action::Back, "back to the overview",    "back"),
];

#[rustfmt::skip]
const SITE: &[Binding] = &[
    row(&[KeyCode::Up, KeyCode::Char('k')],   Action::Move(Step::Up),   "the site before",   ""),
    row(&[KeyCode::Down, KeyCode::Char('j')], Action::Move(Step::Down), "the site after",    ""),
    row(&[KeyCode::Left],      Action::MoveSlot(Step::Up),               "the slot before",   ""),
    row(&[KeyCode::Right],     Action::MoveSlot(Step::Down),             "the slot after",    ""),
    row(&[KeyCode::Char('T')], Action::OrderSlot(SlotKey::Test),         "test the chosen slot by loop-back",    "test"),
    row(&[KeyCode::Char('B')], Action::OrderSlot(SlotKey::Break),        "exercise: break the chosen slot",      ""),
    row(&[KeyCode::Char('F')], Action::OrderSlot(SlotKey::BreakCarrier), "exercise: break its whole carrier",    ""),
    row(&[KeyCode::Char('W')], Action::OrderSlot(SlotKey::Mend),         "its carrier works again, with all its slots", ""),
    row(&[KeyCode::Esc],   Action::Back, "back to the sites",       "back"),
];

#[rustfmt::skip]
const CALLS: &[Binding] = &[
    row(&[KeyCode::Enter], Action::Open, "the log of the chosen call's talkgroup", "its log"),
    row(&[KeyCode::Esc],   Action::Back, "back to the overview",                   "back"),
];

#[rustfmt::skip]
const GROUPS: &[Binding] = &[
    row(&[KeyCode::Char(' ')], Action::Mark,        "mark the talkgroup, or take the mark away",     "mark"),
    row(&[KeyCode::Char('p')], Action::Patch,       "patch: join the marked talkgroups",             "patch"),
    row(&[KeyCode::Char('m')], Action::Multiselect, "multiselect: join the marked ones for one call", "once"),
    row(&[KeyCode::Char('u')], Action::Part,        "undo the patch of the chosen talkgroup",        "undo"),
    row(&[KeyCode::Char('i')], Action::Tell,        "inform: tell the talkgroup a status",           "inform"),
    row(&[KeyCode::Esc],       Action::Back,        "back to the overview",                          ""),
];

#[rustfmt::skip]
const UNITS: &[Binding] = &[
    row(&[KeyCode::Char('/')], Action::EditFilter,                  "type the number of a unit",               "number"),
    row(&[KeyCode::Enter],     Action::Open,                        "show how it is set up",                   "show"),
];

#[rustfmt::skip]
const UNIT_ORDERS: &[Binding] = &[
    row(&[KeyCode::Char('S')], Action::OrderUnit(UnitKey::Stun),    "stun: it gets no service",                "stun"),
    row(&[KeyCode::Char('R')], Action::OrderUnit(UnitKey::Revive),  "revive: it gets service again",           "revive"),
    row(&[KeyCode::Char('K')], Action::OrderUnit(UnitKey::Kill),    "kill: out of use for good",               "kill"),
    row(&[KeyCode::Char('C')], Action::OrderUnit(UnitKey::Check),   "check whether its radio is there",        "check"),
    row(&[KeyCode::Char('T')], Action::OrderUnit(UnitKey::Regroup), "set it to the chosen talkgroup",          ""),
    row(&[KeyCode::Char('L')], Action::OrderUnit(UnitKey::Lock),    "set it there and lock its selector",      ""),
    row(&[KeyCode::Char('B')], Action::OrderUnit(UnitKey::Restore), "set it back to its own talkgroup",        ""),
    row(&[KeyCode::Char('i')], Action::Tell,                        "inform: tell it a status",                "inform"),
    row(&[KeyCode::Char('A')], Action::OrderUnit(UnitKey::Alert),   "alert: its user shall call",              "alert"),
    row(&[KeyCode::Char('X')], Action::OrderUnit(UnitKey::CancelAlert), "call that alert back",                ""),
    row(&[KeyCode::Char('O')], Action::OrderUnit(UnitKey::Monitor), "let a unit listen to it, or end it",      ""),
    row(&[KeyCode::Char('P')], Action::OrderUnit(UnitKey::Priority), "its priority",                           ""),
    row(&[KeyCode::Char('V')], Action::OrderUnit(UnitKey::Rights),  "its rights to services",                  ""),
];

const UNITS_BACK: &[Binding] = &[row(&[KeyCode::Esc], Action::Back, "drop the number, then back", "back")];

const UNIT_BACK: &[Binding] = &[row(&[KeyCode::Esc], Action::Back, "back to the units", "back")];

/// Of a unit that is listened to, or is to be: before the others.
#[rustfmt::skip]
const MONITORED: &[Binding] = &[
    row(&[KeyCode::Char('O')], Action::OrderUnit(UnitKey::EndMonitor), "end the listening to it",             "end listening"),
];

#[rustfmt::skip]
const NUMBER: &[Binding] = &[
    row(&[KeyCode::Enter],     Action::KeepFilter, "keep the number",                  "keep"),
    row(&[KeyCode::Backspace], Action::Erase,      "take the last digit away",         "erase"),
    row(&[KeyCode::Esc],       Action::DropFilter, "choose from the list again",       "drop"),
];

#[rustfmt::skip]
const MESSAGES: &[Binding] = &[
    row(&[KeyCode::Char(' ')], Action::AcknowledgeMessage,           "acknowledge the chosen message",      "seen"),
    row(&[KeyCode::Char('Z')], Action::AcknowledgeMessages,          "acknowledge all of them",             "all seen"),
    row(&[KeyCode::Char('i')], Action::Tell,                         "answer its sender with a status",     "answer"),
    row(&[KeyCode::Char('A')], Action::OrderUnit(UnitKey::Alert),    "alert its sender, who shall call",    "alert"),
    row(&[KeyCode::Esc],       Action::Back,                         "back to the overview",                "back"),
];

#[rustfmt::skip]
const ALARMS: &[Binding] = &[
    row(&[KeyCode::Char(' ')], Action::AcknowledgeAlarm, "acknowledge the chosen alarm", "seen"),
    row(&[KeyCode::Esc],       Action::Back,             "back to the overview",         "back"),
];

#[rustfmt::skip]
const DRAFT_MOVES: &[Binding] = &[
    row(&[KeyCode::Up],       Action::Move(Step::Up),       "one line up",     ""),
    row(&[KeyCode::Down],     Action::Move(Step::Down),     "one line down",   ""),
    row(&[KeyCode::PageUp],   Action::Move(Step::PageUp),   "ten lines up",    ""),
    row(&[KeyCode::PageDown], Action::Move(Step::PageDown), "ten lines down",  ""),
    row(&[KeyCode::Home],     Action::Move(Step::First),    "to the first",    ""),
    row(&[KeyCode::End],      Action::Move(Step::Last),     "to the last",     ""),
];

#[rustfmt::skip]
const STATUS_DRAFT: &[Binding] = &[
    row(&[KeyCode::Enter],     Action::Choose,    "tell the chosen status",       "tell"),
    row(&[KeyCode::Backspace], Action::Erase,     "take the last character away", "erase"),
    row(&[KeyCode::Esc],       Action::DropDraft, "tell nothing",                 "drop"),
];

#[rustfmt::skip]
const LISTENER_DRAFT: &[Binding] = &[
    row(&[KeyCode::Enter],     Action::Choose,    "go on with this listener",     "listen"),
    row(&[KeyCode::Backspace], Action::Erase,     "take the last digit away",     "erase"),
    row(&[KeyCode::Esc],       Action::DropDraft, "let nobody listen",            "drop"),
];

#[rustfmt::skip]
const PRIORITY_DRAFT: &[Binding] = &[
    row(&[KeyCode::Enter],     Action::Choose,    "go on with this priority",     "give"),
    row(&[KeyCode::Esc],       Action::DropDraft, "leave it as it is",            "drop"),
];

#[rustfmt::skip]
const RIGHTS_DRAFT: &[Binding] = &[
    row(&[KeyCode::Char(' ')], Action::Tick,      "give the right, or take it",   "give or take"),
    row(&[KeyCode::Enter],     Action::Choose,    "go on with these rights",      "done"),
    row(&[KeyCode::Esc],       Action::DropDraft, "leave them as they are",       "drop"),
];

#[rustfmt::skip]
const EVENTS: &[Binding] = &[
    row(&[KeyCode::Char('/')],                     Action::EditFilter, "show only entries with a text",        "filter"),
    row(&[KeyCode::Char('p'), KeyCode::Char(' ')], Action::Pause,      "hold the log still, or follow again",  "pause"),
    row(&[KeyCode::Esc],                           Action::Back,       "drop the filter, then back",           "back"),
];

#[rustfmt::skip]
const CONFIGURATION: &[Binding] = &[
    row(&[KeyCode::Enter],     Action::Open,   "compare it with the one that stands",  "compare"),
    row(&[KeyCode::Char('R')], Action::Revert, "have the chosen version come back",       "bring back"),
    row(&[KeyCode::Esc],       Action::Back,   "back to the overview",                    "back"),
];

const FIGURES: &[Binding] = &[row(&[KeyCode::Esc], Action::Back, "back to the overview", "back")];

#[rustfmt::skip]
const FILTER: &[Binding] = &[
    row(&[KeyCode::Enter],     Action::KeepFilter, "keep the filter",                  "keep"),
    row(&[KeyCode::Backspace], Action::Erase,      "take the last character away",     "erase"),
    row(&[KeyCode::Esc],       Action::DropFilter, "show everything again",            "drop"),
];

#[rustfmt::skip]
const CONFIRM: &[Binding] = &[
    row(&[KeyCode::Char('y')],                Action::Confirm, "give the order",        "yes"),
    row(&[KeyCode::Esc, KeyCode::Char('n')],  Action::Deny,    "do not give it",        "no"),
];

#[rustfmt::skip]
const HELP: &[Binding] = &[
    row(&[KeyCode::Esc, KeyCode::Char('?'), KeyCode::Enter], Action::Back, "back to where you were", "back"),
    row(&[KeyCode::Char('q')],                               Action::Quit, "leave the console",      "quit"),
];

/// The tables of a screen, the screen's own first; they are read in this order.
pub fn tables(screen: &Screen) -> &'static [&'static [Binding]] {
    match screen {
        Screen::Overview => &[SITE_LIST, MOVES, SCREENS],
        Screen::Sites => &[SITES, MOVES, SCREENS],
        Screen::Site(_) => &[SITE, SCREENS],
        Screen::Calls => &[CALLS, MOVES, SCREENS],
        Screen::Groups => &[GROUPS, MOVES, SCREENS],
        Screen::Units => &[UNITS, UNIT_ORDERS, UNITS_BACK, MOVES, SCREENS],
        Screen::Unit(_) => &[UNIT_ORDERS, UNIT_BACK, SCREENS],
        Screen::Messages => &[MESSAGES, MOVES, SCREENS],
        Screen::Alarms => &[ALARMS, MOVES, SCREENS],
        Screen::Events => &[EVENTS, MOVES, SCREENS],
        Screen::Configuration => &[CONFIGURATION, MOVES, SCREENS],
        Screen::Statistics => &[FIGURES, SCREENS],
        Screen::Help(_) => &[HELP, MOVES],
    }
}

/// The tables that hold now: while a filter is typed, or an order waits for its yes, its own alone.
pub fn tables_in_force(model: &Model) -> &'static [&'static [Binding]] {
    if model.asked.is_some() {
        return &[CONFIRM];
    }
    match &model.draft {
        Some(Draft::Status(_)) => return &[STATUS_DRAFT, DRAFT_MOVES],
        Some(Draft::Listener { .. }) => return &[LISTENER_DRAFT],
        Some(Draft::Priority { .. }) => return &[PRIORITY_DRAFT, DRAFT_MOVES],
        Some(Draft::Rights { .. }) => return &[RIGHTS_DRAFT, DRAFT_MOVES],
        None => {}
    }
    match (&model.screen, model.log_view.focus, model.units.focus) {
        (Screen::Events, Focus::Filter, _) => &[FILTER],
        (Screen::Units, _, Focus::Filter) => &[NUMBER],
        (Screen::Units, ..) if units::is_monitored(model) => {
            &[MONITORED, UNITS, UNIT_ORDERS, UNITS_BACK, MOVES, SCREENS]
        }
        (Screen::Unit(_), ..) if units::is_monitored(model) => &[MONITORED, UNIT_ORDERS, UNIT_BACK, SCREENS],
        (screen, ..) => tables(screen),
    }
}

/// What a key asks for now; `None` where it means nothing.
pub fn lookup(model: &Model, key: KeyEvent) -> Option<Action> {
    // In raw mode the terminal no longer turns ^C into a signal, and someone in trouble will press it.
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Action::Quit);
    }
    let bound = tables_in_force(model)
        .iter()
        .flat_map(|table| table.iter())
        .find(|binding| binding.keys.contains(&key.code))
        .map(|binding| binding.action);
    if model.asked.is_some() {
        return bound;
    }
    if let Some(draft) = &model.draft {
        let typed = match (draft, key.code) {
            (Draft::Status(_) | Draft::Listener { .. }, KeyCode::Char(letter)) => Some(Action::Type(letter)),
            _ => None,
        };
        return bound.or(typed);
    }
    let typed = match (&model.screen, model.log_view.focus, model.units.focus, key.code) {
        (Screen::Events, Focus::Filter, _, KeyCode::Char(letter))
        | (Screen::Units, _, Focus::Filter, KeyCode::Char(letter)) => Some(Action::Type(letter)),
        _ => None,
    };
    bound.or(typed)
}

/// What an action does, as the help screen says it.
pub fn does(action: Action) -> &'static str {
    let screens = [
        Screen::Overview,
        Screen::Groups,
        Screen::Units,
        Screen::Messages,
        Screen::Alarms,
        Screen::Events,
        Screen::Calls,
        Screen::Configuration,
    ];
    let of_slots = [SITE];
    let tables = screens.iter().flat_map(|screen| tables(screen)).chain(&[MONITORED]).chain(&of_slots);
    tables
        .flat_map(|table| table.iter())
        .find(|row| row.action == action)
        .map_or("give the order", |row| row.does)
}

/// The keys of a row as people write them: `Up k`.
pub fn label(binding: &Binding) -> String {
    binding.keys.iter().map(|key| name(*key)).collect::<Vec<_>>().join(" ")
}

/// One key as people write it.
pub fn name(key: KeyCode) -> String {
    if key == KeyCode::Char(' ') { "Space".to_owned() } else { key.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Theme;
    use trunklab_protocol::SiteId;

    fn screens() -> Vec<Screen> {
        let site = SiteId::new(1).unwrap();
        let mut screens = vec![
            Screen::Overview,
            Screen::Sites,
            Screen::Site(site),
            Screen::Calls,
            Screen::Groups,
            Screen::Units,
            Screen::Unit(trunklab_protocol::UnitId::new(1).unwrap()),
            Screen::Messages,
            Screen::Alarms,
            Screen::Events,
            Screen::Statistics,
            Screen::Configuration,
        ];
        screens.push(Screen::Help(Box::new(Screen::Sites)));
        screens
    }

    #[test]
    fn no_key_stands_twice_on_one_screen() {
        for screen in screens() {
            let mut keys: Vec<KeyCode> = Vec::new();
            for binding in tables(&screen).iter().flat_map(|table| table.iter()) {
                for key in binding.keys {
                    assert!(!keys.contains(key), "{key:?} stands twice on {screen:?}");
                    keys.push(*key);
                }
            }
        }
    }

    #[test]
    fn every_screen_can_be_left_and_quit() {
        for screen in screens() {
            let actions: Vec<_> =
                tables(&screen).iter().flat_map(|table| table.iter()).map(|row| row.action).collect();
            assert!(actions.contains(&Action::Quit), "{screen:?}");
            assert!(screen == Screen::Overview || actions.contains(&Action::Back), "{screen:?}");
        }
    }

    #[test]
    fn while_a_filter_is_typed_letters_are_letters() {
        let mut model = Model::new(([127, 0, 0, 1], 7443).into(), Theme::Plain);
        model.screen = Screen::Events;
        assert_eq!(lookup(&model, KeyCode::Char('q').into()), Some(Action::Quit));
        model.log_view.focus = Focus::Filter;
        assert_eq!(lookup(&model, KeyCode::Char('q').into()), Some(Action::Type('q')));
        assert_eq!(lookup(&model, KeyCode::Esc.into()), Some(Action::DropFilter));
    }

    #[test]
    fn an_order_that_waits_for_its_yes_hears_nothing_else() {
        let mut model = Model::new(([127, 0, 0, 1], 7443).into(), Theme::Plain);
        let unit = trunklab_protocol::UnitId::new(1017).unwrap();
        model.asked = Some(trunklab_protocol::operator::Order::ClearEmergency { unit }.into());
        assert_eq!(lookup(&model, KeyCode::Char('y').into()), Some(Action::Confirm));
        assert_eq!(lookup(&model, KeyCode::Char('n').into()), Some(Action::Deny));
        assert_eq!(lookup(&model, KeyCode::Char('q').into()), None);
    }

    #[test]
    fn control_c_quits_everywhere() {
        let mut model = Model::new(([127, 0, 0, 1], 7443).into(), Theme::Plain);
        model.screen = Screen::Events;
        model.log_view.focus = Focus::Filter;
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(lookup(&model, key), Some(Action::Quit));
    }
}
