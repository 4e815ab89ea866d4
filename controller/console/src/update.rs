//! The console's decisions, pure: a message changes the model and may ask the shell for something.

pub(crate) mod alarms;
pub(crate) mod configuration;
mod drafts;
mod join;
pub(crate) mod messages;
pub(crate) mod slots;
pub(crate) mod units;

use trunklab_protocol::operator::{ConfigurationVersion, EmergencyView, Order, Right, Role};
use trunklab_protocol::{CallId, EmergencyStage, SiteId, Span, TalkgroupId, UnitId};

use crate::conn::{Question, Report};
use crate::keys::{self, Action};
use crate::model::{
    Asked, Entry, Focus, Grade, Grasp, Heard, Link, LogView, Model, Place, Screen, Step, UnitsView, apply,
};
use crate::sentence::parties_name;

/// How often a screen asks again for what no event tells.
const ASK_EVERY: Span = Span::from_secs(10);

/// What reaches the console.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A key asked for something.
    Act(Action),
    /// The connection tells something.
    Report(Report),
    /// Time has passed.
    Tick(Span),
}

/// What the console asks of its shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take a new snapshot soon.
    Refresh,
    /// Give this order to the controller.
    Give(Order),
    /// Have an earlier version of the configuration come back.
    Revert {
        /// The version that stands.
        base: ConfigurationVersion,
        /// The one that is to come back.
        to: ConfigurationVersion,
    },
    /// Connect without waiting.
    Reconnect,
    /// Ask for what a screen shows that no event tells.
    Ask(Question),
    /// Leave.
    Quit,
}

/// Takes one message in.
pub fn update(model: &mut Model, message: Message) -> Option<Command> {
    match message {
        Message::Act(action) => act(model, action),
        Message::Report(report) => {
            let command = hear(model, report);
            model.emergencies.hold(&emergency_list(model));
            command
        }
        Message::Tick(passed) => {
            tick(model, passed);
            model.asked_ago = model.asked_ago + passed;
            if model.asked_ago >= ASK_EVERY { ask(model) } else { None }
        }
    }
}

fn act(model: &mut Model, action: Action) -> Option<Command> {
    model.remark = None;
    if let Some(right) = action.right().filter(|right| !model.may(*right)) {
        note(model, not_for_you(model, action, right));
        return None;
    }
    match action {
        Action::Move(step) if model.draft.is_some() => drafts::step(model, step),
        Action::Move(step) => move_choice(model, step),
        Action::Open if model.screen == Screen::Configuration => return configuration::compare(model),
        Action::Open if model.screen == Screen::Units => return units::show(model),
        Action::Open => open(model),
        Action::Back => back(model),
        Action::ShowOverview => model.screen = Screen::Overview,
        Action::ShowSites => model.screen = Screen::Sites,
        Action::ShowCalls => model.screen = Screen::Calls,
        Action::ShowGroups => model.screen = Screen::Groups,
        Action::ShowUnits => model.screen = Screen::Units,
        Action::ShowMessages => model.screen = Screen::Messages,
        Action::ShowAlarms => model.screen = Screen::Alarms,
        Action::AcknowledgeAlarm => return alarms::acknowledge(model),
        Action::MoveSlot(step) => slots::step(model, step),
        Action::OrderSlot(key) => slots::ask(model, key),
        Action::OrderUnit(key) => return units::ask(model, key),
        Action::Tell => drafts::tell(model),
        Action::Choose => return drafts::choose(model),
        Action::Tick => drafts::tick(model),
        Action::DropDraft => drafts::drop(model),
        Action::AcknowledgeMessage => messages::acknowledge(model),
        Action::AcknowledgeMessages => messages::acknowledge_all(model),
        Action::Revert => return configuration::ask_to_revert(model),
        Action::ShowEvents => model.screen = Screen::Events,
        Action::ShowStatistics => {
            model.screen = Screen::Statistics;
            return ask(model);
        }
        Action::ShowConfiguration => {
            model.screen = Screen::Configuration;
            return ask(model);
        }
        Action::Help => {
            model.help_line = 0;
            model.screen = Screen::Help(Box::new(model.screen.clone()));
        }
        Action::Pause => model.log_view.pause_or_follow(&model.log),
        Action::EditFilter if model.screen == Screen::Units => model.units.focus = Focus::Filter,
        Action::EditFilter => model.log_view.focus = Focus::Filter,
        Action::Type(letter) if model.draft.is_some() => drafts::push(model, letter),
        Action::Type(letter) if model.screen == Screen::Units => {
            if letter.is_ascii_digit() && model.units.typed.len() < UnitsView::DIGITS_MAX {
                model.units.typed.push(letter);
            }
        }
        Action::Type(letter) => {
            if model.log_view.filter.chars().count() < LogView::FILTER_CHARS_MAX {
                model.log_view.filter.push(letter);
            }
        }
        Action::Erase if model.draft.is_some() => drafts::erase(model),
        Action::Erase if model.screen == Screen::Units => {
            model.units.typed.pop();
        }
        Action::Erase => {
            model.log_view.filter.pop();
        }
        Action::KeepFilter if model.screen == Screen::Units => model.units.focus = Focus::List,
        Action::DropFilter if model.screen == Screen::Units => {
            model.units.typed.clear();
            model.units.focus = Focus::List;
        }
        Action::KeepFilter => model.log_view.focus = Focus::List,
        Action::DropFilter => {
            model.log_view.filter.clear();
            model.log_view.focus = Focus::List;
        }
        Action::NextEmergency => model.emergencies.step_round(&emergency_list(model)),
        Action::Acknowledge => return acknowledge(model),
        Action::Clear => ask_to_clear(model),
        Action::Mark => join::mark(model),
        Action::Patch => join::ask_to_join(model, |talkgroups| Order::Patch { talkgroups }),
        Action::Multiselect => join::ask_to_join(model, |talkgroups| Order::Multiselect { talkgroups }),
        Action::Part => join::ask_to_part(model),
        Action::Confirm => {
            return match model.asked.take()? {
                Asked::Order(order) => {
                    join::clear_marks(model, &order);
                    give(model, order)
                }
                revert @ Asked::Revert { base, to } => {
                    model.given.begin(revert);
                    Some(Command::Revert { base, to })
                }
            };
        }
        Action::Deny => {
            model.asked = None;
            model.answering = None;
        }
        Action::Reconnect => return Some(Command::Reconnect),
        Action::Quit => return Some(Command::Quit),
    }
    None
}

/// The order goes to the controller, and is remembered until it is known what came of it.
fn give(model: &mut Model, order: Order) -> Option<Command> {
    model.given.begin(order.clone().into());
    model.seen.extend(model.answering.take());
    Some(Command::Give(order))
}

/// Why a key does nothing, and who would be let.
fn not_for_you(model: &Model, action: Action, right: Right) -> String {
    let does = keys::does(action);
    let role = model.operator.as_ref().map_or(String::new(), |operator| operator.role.to_string());
    let least =
        Role::ALL.into_iter().find(|role| role.may(right)).map_or(String::new(), |role| role.to_string());
    format!("not for a {role}: {does}; log in as a {least} for it")
}

/// Asks for what the screen in sight shows, where it shows more than events tell.
fn ask(model: &mut Model) -> Option<Command> {
    model.asked_ago = Span::ZERO;
    match model.screen {
        Screen::Statistics => Some(Command::Ask(Question::Statistics)),
        Screen::Configuration => Some(configuration::ask(model)),
        Screen::Unit(unit) => Some(Command::Ask(Question::Unit(unit))),
        Screen::Overview
        | Screen::Sites
        | Screen::Site(_)
        | Screen::Calls
        | Screen::Groups
        | Screen::Units
        | Screen::Messages
        | Screen::Alarms
        | Screen::Events
        | Screen::Help(_) => None,
    }
}

fn acknowledge(model: &mut Model) -> Option<Command> {
    let Some((unit, stage)) = chosen_emergency(model).map(|view| (view.unit, view.stage)) else {
        note(model, "there is no emergency to acknowledge");
        return None;
    };
    if stage != EmergencyStage::Raised {
        note(model, format!("the emergency of unit {unit} is acknowledged; Tab chooses another"));
        return None;
    }
    give(model, Order::AcknowledgeEmergency { unit })
}

fn ask_to_clear(model: &mut Model) {
    match chosen_emergency(model).map(|view| view.unit) {
        Some(unit) => model.asked = Some(Order::ClearEmergency { unit }.into()),
        None => note(model, "there is no emergency to clear"),
    }
}

/// The emergency that `a` and `x` are about: it stays chosen whatever others begin meanwhile.
pub(crate) fn chosen_emergency(model: &Model) -> Option<&EmergencyView> {
    let unit = model.emergencies.chosen(&emergency_list(model))?;
    let mut known = model.picture.iter().flat_map(|picture| &picture.emergencies);
    known.find(|view| view.unit == unit)
}

/// The console's own word in the log.
fn note(model: &mut Model, text: impl Into<String>) {
    let text = text.into();
    model.remark = Some(text.clone());
    model.log.push(Entry::new(model.now, Grade::Notice, text));
}

fn move_choice(model: &mut Model, step: Step) {
    let sites = site_list(model);
    let calls = call_list(model);
    let groups = group_list(model);
    let units = units::unit_list(model);
    let messages = messages::message_list(model);
    let alarms = alarms::alarm_list(model);
    let versions = configuration::version_list(model);
    match &mut model.screen {
        Screen::Overview | Screen::Sites => model.sites.step(&sites, step),
        Screen::Site(shown) => {
            model.sites.step(&sites, step);
            if let Some(chosen) = model.sites.chosen(&sites) {
                *shown = chosen;
            }
        }
        Screen::Calls => model.calls.step(&calls, step),
        Screen::Groups => model.groups.step(&groups, step),
        Screen::Units => model.units.cursor.step(&units, step),
        Screen::Messages => model.messages.step(&messages, step),
        Screen::Alarms => model.alarms.step(&alarms, step),
        Screen::Configuration => model.configuration.versions.step(&versions, step),
        Screen::Events => model.log_view.step(&model.log, step),
        Screen::Help(from) => {
            let lines = keys::tables(from).iter().map(|table| table.len()).sum();
            model.help_line = step.from(model.help_line, lines);
        }
        Screen::Unit(_) | Screen::Statistics => {}
    }
}

fn open(model: &mut Model) {
    match model.screen {
        Screen::Overview | Screen::Sites => {
            if let Some(site) = model.sites.chosen(&site_list(model)) {
                model.screen = Screen::Site(site);
            }
        }
        Screen::Calls => {
            let Some(call) = model.calls.chosen(&call_list(model)) else { return };
            let Some(picture) = &model.picture else { return };
            let Some(view) = picture.calls.iter().find(|view| view.call == call) else { return };
            model.log_view = LogView {
                filter: parties_name(view.parties, picture),
                place: Place::Tail,
                focus: Focus::List,
            };
            model.screen = Screen::Events;
        }
        Screen::Site(_)
        | Screen::Groups
        | Screen::Units
        | Screen::Unit(_)
        | Screen::Messages
        | Screen::Alarms
        | Screen::Events
        | Screen::Statistics
        | Screen::Configuration
        | Screen::Help(_) => {}
    }
}

fn back(model: &mut Model) {
    if model.screen == Screen::Events && !model.log_view.filter.is_empty() {
        model.log_view.filter.clear();
        return;
    }
    if model.screen == Screen::Units && !model.units.typed.is_empty() {
        model.units.typed.clear();
        return;
    }
    if let Some(before) = model.screen.back() {
        model.screen = before;
    }
}

fn hear(model: &mut Model, report: Report) -> Option<Command> {
    match report {
        Report::Connecting { attempt } => {
            model.link = Link::Connecting { attempt };
            None
        }
        Report::Admitted(admission) => {
            model.operator = Some(admission);
            None
        }
        Report::Live => {
            model.link = Link::Live;
            None
        }
        Report::Lost { why, retry_in } => {
            model.link = Link::Lost { why, retry_in };
            model.given.lose();
            None
        }
        Report::Snapshot { snapshot, stream } => {
            (!model.take_snapshot(*snapshot, stream)).then_some(Command::Refresh)
        }
        Report::Answered { asked, answer } => {
            model.given.answer(&asked, answer.clone());
            if let Err(why) = answer {
                let text = format!("the order was not taken: {why}");
                model.log.push(Entry::new(model.now, Grade::Warning, text));
            }
            // What differs from the version that stands, and how the unit in sight is set up, may be something else now.
            let is_stale = matches!(asked, Asked::Revert { .. }) || matches!(model.screen, Screen::Unit(_));
            if is_stale { ask(model) } else { None }
        }
        Report::Rights(Ok(rights)) => {
            if let Some(draft) = &mut model.draft {
                draft.learn(&rights);
            }
            None
        }
        Report::Rights(Err(why)) => {
            model.draft = None;
            note(model, format!("what the unit may is not known: {why}"));
            None
        }
        Report::Unit(unit, answer) => {
            units::take_sheet(model, unit, answer);
            None
        }
        Report::Compared(answer) => {
            configuration::take_comparison(model, answer);
            None
        }
        Report::Devices(devices) => {
            configuration::take_devices(model, devices);
            None
        }
        Report::Statistics(page) => {
            model.statistics = Some(*page);
            None
        }
        Report::Versions(versions) => {
            model.versions = Some(*versions);
            None
        }
        Report::Event(event) => refresh_after(apply(model, event)),
        Report::UnknownEvent(event) => refresh_after(model.apply_unknown(event)),
    }
}

fn refresh_after(heard: Heard) -> Option<Command> {
    match heard {
        Heard::Next(Grasp::Partial) | Heard::AfterGap => Some(Command::Refresh),
        Heard::Next(Grasp::Whole) | Heard::Old => None,
    }
}

fn tick(model: &mut Model, passed: Span) {
    match &mut model.link {
        // The picture stands still while nothing arrives; a running clock would say otherwise.
        Link::Connecting { .. } => {}
        Link::Live => model.now += passed,
        Link::Lost { retry_in, .. } => {
            *retry_in = Span::from_micros(retry_in.as_micros().saturating_sub(passed.as_micros()));
        }
    }
}

pub(crate) fn emergency_list(model: &Model) -> Vec<UnitId> {
    model.picture.iter().flat_map(|picture| &picture.emergencies).map(|view| view.unit).collect()
}

pub(crate) fn site_list(model: &Model) -> Vec<SiteId> {
    model.picture.iter().flat_map(|picture| &picture.sites).map(|view| view.site).collect()
}

pub(crate) fn group_list(model: &Model) -> Vec<TalkgroupId> {
    model.picture.iter().flat_map(|picture| &picture.talkgroups).map(|view| view.talkgroup).collect()
}

pub(crate) fn call_list(model: &Model) -> Vec<CallId> {
    model.picture.iter().flat_map(|picture| &picture.calls).map(|view| view.call).collect()
}
