//! One handset in a terminal: what a radio's display shows, and its keys.
//!
//! ```text
//! ┌ unit 1017 ───────────────────────────┐
//! │  talkgroup 41        site 3  ▂▄▆█ -71 │
//! │  TALKING             channel 12/3     │
//! │  call 9: you talk                     │
//! ├ what happened ───────────────────────┤
//! │   3.210  talk permit in call 9        │
//! └ space talk · e/a emergency · … q quit ┘
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use ratatui::Frame;
use ratatui::crossterm::event::{Event, EventStream, KeyEventKind};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span as Text};
use ratatui::widgets::{Block, Paragraph};
use trunklab_console::Theme;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{Addressee, AreaChoice, CallSetup, EmergencyStage, Moment, TalkgroupId, UnitId};
use trunklab_terminal_core::handset::{EmergencyLight, HandsetView, Phase};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::{HandsetEvent, MessageSource};

use super::Session;
use super::button::{Button, Change};
use super::keys::{Choice, Deed, Mode, Number};
use super::statuses::Statuses;
use crate::lab::radios::Report;

/// Lines of history that are kept.
const HISTORY_MAX: usize = 200;

/// Shows the radio until the user quits. The terminal is restored whatever happens.
pub(super) async fn run(session: &mut Session, unit: UnitId) -> Result<()> {
    let mut terminal = ratatui::init();
    let _restored = Restored;
    watch(session, unit, &mut terminal).await
}

/// Gives the terminal back when it goes, also when the screen is left in the middle.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

async fn watch(session: &mut Session, unit: UnitId, terminal: &mut ratatui::DefaultTerminal) -> Result<()> {
    let mut keys = EventStream::new();
    let mut history: VecDeque<String> = VecDeque::new();
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let mut button = Button::default();
    let mut number = Number::default();
    let mut choice: Option<Choice> = None;
    let theme = Theme::choose(trunklab_console::Color::Auto, std::env::var_os("NO_COLOR").as_deref());
    loop {
        let view = session.radios.views().get(&unit).cloned();
        let shown = Shown {
            theme,
            view: view.as_ref(),
            number: &number,
            choice: choice.as_ref(),
            statuses: &session.statuses,
            history: &history,
        };
        terminal.draw(|frame| render(frame, &shown))?;
        tokio::select! {
            key = keys.next() => {
                let Event::Key(key) = key.context("the terminal is gone")?? else { continue };
                if key.kind == KeyEventKind::Release {
                    continue;
                }
                match Mode::of(view.as_ref(), &number, choice.as_ref()).lookup(key) {
                    None => {}
                    Some(Deed::Quit) => return Ok(()),
                    Some(Deed::Statuses) if session.statuses.list().is_empty() => {
                        let says = "no statuses are programmed: start with --statuses FILE";
                        history.push_front(format!("{:>9}  {says}", session.now()));
                        history.truncate(HISTORY_MAX);
                    }
                    Some(
                        deed @ (Deed::Statuses
                        | Deed::PreviousStatus
                        | Deed::NextStatus
                        | Deed::TellChosen
                        | Deed::TellChosenToConsoles
                        | Deed::DropStatuses),
                    ) => {
                        let selected = view.as_ref().map(|view| view.selected);
                        choose(session, unit, deed, selected, &mut choice, &mut number).await;
                    }
                    Some(deed) => {
                        choice = None;
                        perform(session, unit, deed, view.as_ref(), &mut button, &mut number).await;
                    }
                }
            }
            report = session.reports.recv() => {
                let Some(report) = report else { return Ok(()) };
                session.keep(&report);
                session.speak_if_both_do(&report).await;
                let line = match report {
                    Report::Event(at, reporter, event) if reporter == unit => {
                        Some(sentence(at, &event, &session.statuses))
                    }
                    Report::NotKept(reporter, why) if reporter == unit => {
                        Some(format!("{:>9}  FORGOTTEN when this ends: {why}", session.now()))
                    }
                    Report::Event(..) | Report::NotKept(..) | Report::Heard(_) => None,
                };
                if let Some(line) = line {
                    history.push_front(line);
                    history.truncate(HISTORY_MAX);
                }
            }
            _ = tick.tick() => {
                if button.time(session.now()) == Some(Change::Release) {
                    session.user(unit, Input::ReleasePtt).await;
                }
            }
        }
    }
}

async fn perform(
    session: &mut Session,
    unit: UnitId,
    deed: Deed,
    view: Option<&HandsetView>,
    button: &mut Button,
    dialled: &mut Number,
) {
    let Some(view) = view else { return };
    let neighbour = |step: i32| {
        let number = i32::from(view.selected.number()) + step;
        u16::try_from(number).ok().and_then(TalkgroupId::new)
    };
    match deed {
        Deed::Talk => match button.key(session.now()) {
            Some(Change::Press) => session.press(unit, RequestKind::Normal).await,
            Some(Change::Release) => session.user(unit, Input::ReleasePtt).await,
            None => {}
        },
        Deed::Emergency => {
            // The next tap of the space bar releases it, as after any other press.
            *button = Button::Tapped(session.now());
            if view.ptt {
                // The talk goes on, with the speech that it has.
                return session.user(unit, Input::PressPtt { kind: RequestKind::Emergency }).await;
            }
            session.press(unit, RequestKind::Emergency).await;
        }
        Deed::Alarm => session.user(unit, Input::Alarm).await,
        Deed::Answer => session.user(unit, Input::Answer).await,
        Deed::HangUp => session.user(unit, Input::HangUp).await,
        Deed::Digit(digit) => dialled.push(digit),
        Deed::Erase => dialled.erase(),
        Deed::DropNumber => dialled.clear(),
        Deed::Ring(setup) => {
            let Some(called) = dialled.unit() else { return };
            dialled.clear();
            if setup == CallSetup::Immediate {
                // Its button is down: the next tap of the space bar releases it.
                *button = Button::Tapped(session.now());
            }
            session.dial(unit, called, setup).await;
        }
        Deed::Alert => {
            let Some(called) = dialled.unit() else { return };
            dialled.clear();
            session.user(unit, Input::CallAlert { called }).await;
        }
        Deed::Status | Deed::StatusToConsoles => {
            let Some((number, called)) = dialled.status() else { return };
            dialled.clear();
            let to = called.map_or(view.selected.into(), Addressee::Unit);
            let to = (deed == Deed::Status).then_some(to);
            session.user(unit, Input::Status { number, to }).await;
        }
        Deed::NextTalkgroup | Deed::LastTalkgroup => {
            let step = if deed == Deed::NextTalkgroup { 1 } else { -1 };
            if let Some(talkgroup) = neighbour(step) {
                session.user(unit, Input::Select(talkgroup)).await;
            }
        }
        Deed::Area => {
            let next = match view.area {
                None => Some(AreaChoice::Local),
                Some(AreaChoice::Local) => Some(AreaChoice::Wide),
                Some(AreaChoice::Wide | AreaChoice::Named(_)) => None,
            };
            session.user(unit, Input::SelectArea(next)).await;
        }
        Deed::Power if view.phase == Phase::Off => session.user(unit, Input::PowerOn).await,
        Deed::Power => {
            *button = Button::Up;
            session.user(unit, Input::PowerOff).await;
        }
        Deed::Statuses
        | Deed::PreviousStatus
        | Deed::NextStatus
        | Deed::TellChosen
        | Deed::TellChosenToConsoles
        | Deed::DropStatuses
        | Deed::Quit => {}
    }
}

/// What the keys of the list of statuses do.
async fn choose(
    session: &Session,
    unit: UnitId,
    deed: Deed,
    selected: Option<TalkgroupId>,
    choice: &mut Option<Choice>,
    dialled: &mut Number,
) {
    let Some(chosen) = choice.take() else {
        *choice = Some(Choice { line: 0, unit: dialled.unit() });
        return dialled.clear();
    };
    let count = session.statuses.list().len();
    let called = chosen.unit.map(Addressee::Unit).or(selected.map(Into::into));
    let to = if deed == Deed::TellChosenToConsoles {
        None
    } else if deed == Deed::TellChosen && called.is_some() {
        called
    } else {
        let by = if deed == Deed::PreviousStatus { -1 } else { 1 };
        *choice = (deed != Deed::DropStatuses).then(|| chosen.stepped(by, count));
        return;
    };
    let Some((number, _)) = session.statuses.list().get(chosen.line) else { return };
    session.user(unit, Input::Status { number: *number, to }).await;
}

fn sentence(at: Moment, event: &HandsetEvent, statuses: &Statuses) -> String {
    let text = match event {
        HandsetEvent::OutOfRange => "out of range".to_owned(),
        HandsetEvent::Camped { site } => format!("found site {site}"),
        HandsetEvent::Searches { site } => format!("searching for the control channel of site {site}"),
        HandsetEvent::FindsControl { control, .. } => format!("found the control channel at {control}"),
        HandsetEvent::LeavesFor { site } => format!("going to site {site}, which is stronger"),
        HandsetEvent::Service { site, service } => format!("site {site}: {service:?}"),
        HandsetEvent::Registered { site, talkgroup: Some(talkgroup) } => {
            format!("registered at site {site}, talkgroup {talkgroup}")
        }
        HandsetEvent::Registered { site, talkgroup: None } => {
            format!("registered at site {site}, in no talkgroup")
        }
        HandsetEvent::Subscribed { unit, .. } => format!("the network says: you are unit {unit}"),
        HandsetEvent::RegisterRefused { cause } => format!("registration refused: {cause}"),
        HandsetEvent::Affiliated { talkgroup } => format!("affiliated to talkgroup {talkgroup}"),
        HandsetEvent::Queued { position } => format!("queued, place {position}"),
        HandsetEvent::CalledBack => "your turn: press to talk".to_owned(),
        HandsetEvent::Emergency { stage: EmergencyStage::Raised } => {
            "EMERGENCY: the network knows".to_owned()
        }
        HandsetEvent::Emergency { stage: EmergencyStage::Acknowledged } => {
            "EMERGENCY: an operator has seen it".to_owned()
        }
        HandsetEvent::Emergency { stage: EmergencyStage::Cleared } => "emergency over".to_owned(),
        HandsetEvent::Rings { caller } => format!("unit {caller} calls: y answers, n declines"),
        HandsetEvent::RingOver { caller, cause } => format!("unit {caller} calls no more: {cause}"),
        HandsetEvent::CalledRings { called } => format!("unit {called} rings"),
        HandsetEvent::Refused { cause } => format!("refused: {cause}"),
        HandsetEvent::TalkPermit { call } => format!("talk permit in call {call}"),
        HandsetEvent::FloorQueued { call, position } => {
            format!("waiting for the floor of call {call}, place {position}")
        }
        HandsetEvent::TalkWarning { call, left_ms } => {
            format!("TIME NEARLY OVER in call {call}: {} s", f64::from(*left_ms) / 1e3)
        }
        HandsetEvent::FloorLost { call, cause } => format!("floor of call {call} lost: {cause}"),
        HandsetEvent::TalkEnded { call } => format!("talk ended in call {call}"),
        HandsetEvent::Joined { call, parties, late_entry: true } => {
            format!("entered call {call} of {parties} late")
        }
        HandsetEvent::Joined { call, parties, late_entry: false } => {
            format!("joined call {call} of {parties}")
        }
        HandsetEvent::Hears { call, talker } => format!("hears unit {talker} in call {call}"),
        HandsetEvent::ShowsStatus { number, from, to: Addressee::Unit(_) } => {
            format!("STATUS {} from {from}", statuses.name(*number))
        }
        HandsetEvent::ShowsStatus { number, from, to } => {
            format!("STATUS {} from {from} to {to}", statuses.name(*number))
        }
        HandsetEvent::Alerted { from: MessageSource::Operator } => {
            "CALL ALERT from the console: space calls your talkgroup, n dismisses".to_owned()
        }
        HandsetEvent::Alerted { from } => format!("CALL ALERT from {from}: space calls back, n dismisses"),
        HandsetEvent::AlertOver { from, cause } => format!("call alert from {from} is over: {cause}"),
        HandsetEvent::MessageDelivered => "delivered".to_owned(),
        HandsetEvent::MessageRefused { cause } => format!("not delivered: {cause}"),
        HandsetEvent::Left { call, cause } => format!("left call {call}: {cause}"),
        HandsetEvent::Failsoft { site, talkgroup, at } => {
            format!("FAILSOFT at site {site}: talkgroup {talkgroup} is on {at}, nobody grants calls")
        }
        HandsetEvent::FailsoftTone => "FAILSOFT (beep)".to_owned(),
        HandsetEvent::FailsoftPermit => "FAILSOFT: talk".to_owned(),
        HandsetEvent::FailsoftTalkEnded => "talk ended in failsoft".to_owned(),
        HandsetEvent::FailsoftHears { talker, talkgroup } => {
            format!("hears unit {talker} in failsoft, talkgroup {talkgroup}")
        }
        HandsetEvent::FailsoftOver { site } => format!("failsoft of site {site} is over"),
        HandsetEvent::Stunned => "STUNNED: no service until an operator revives it".to_owned(),
        HandsetEvent::Revived => "revived".to_owned(),
        HandsetEvent::Killed => "OUT OF USE FOR GOOD".to_owned(),
        HandsetEvent::Regrouped { talkgroup, locked: true } => {
            format!("an operator set talkgroup {talkgroup} and locked the selector")
        }
        HandsetEvent::Regrouped { talkgroup, locked: false } => {
            format!("an operator set talkgroup {talkgroup}")
        }
        HandsetEvent::Restored { talkgroup } => format!("back in talkgroup {talkgroup}"),
    };
    format!("{at:>9}  {text}")
}

/// What the screen is drawn from.
struct Shown<'a> {
    theme: Theme,
    view: Option<&'a HandsetView>,
    number: &'a Number,
    choice: Option<&'a Choice>,
    statuses: &'a Statuses,
    history: &'a VecDeque<String>,
}

fn render(frame: &mut Frame<'_>, shown: &Shown<'_>) {
    let [display, past] = Layout::vertical([Constraint::Length(6), Constraint::Min(3)]).areas(frame.area());
    let title = shown.view.map_or_else(|| " handset ".to_owned(), |view| format!(" unit {} ", view.unit));
    let lines = shown.view.map(|view| face(view, shown)).unwrap_or_default();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), display);

    let help = Mode::of(shown.view, shown.number, shown.choice).help();
    let block = Block::bordered().title_bottom(format!(" {help} "));
    let (title, lines) = match shown.choice {
        Some(choice) => offered(choice, shown, usize::from(past.height.saturating_sub(2))),
        None => {
            let lines = shown.history.iter().map(|line| Line::raw(line.as_str())).collect();
            (" what happened ".to_owned(), lines)
        }
    };
    frame.render_widget(Paragraph::new(lines).block(block.title(title)), past);
}

/// The statuses that may be told, as many as fit, with the chosen one among them.
fn offered<'a>(choice: &Choice, shown: &Shown<'a>, rows: usize) -> (String, Vec<Line<'a>>) {
    let whom = match (choice.unit, shown.view) {
        (Some(unit), _) => format!("unit {unit}"),
        (None, Some(view)) => format!("talkgroup {}", view.selected),
        (None, None) => "nobody".to_owned(),
    };
    let list = shown.statuses.list();
    let first = (choice.line + 1).saturating_sub(rows.max(1));
    let lines = list.iter().enumerate().skip(first).take(rows).map(|(line, (number, text))| {
        let chosen = line == choice.line;
        let style = if chosen { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        let mark = if chosen { ">" } else { " " };
        Line::styled(format!("{mark} {number:>5}  {text} "), style)
    });
    (format!(" status for {whom} "), lines.collect())
}

fn face(view: &HandsetView, shown: &Shown<'_>) -> Vec<Line<'static>> {
    let (theme, number) = (shown.theme, shown.number);
    let state = match view.phase {
        Phase::Talking | Phase::Conversing | Phase::FailsoftTalking => Style::new().fg(Color::Red),
        Phase::Listening | Phase::FailsoftListening => Style::new().fg(Color::Green),
        Phase::SeekingFailsoft | Phase::Failsoft => Style::new().fg(Color::Magenta),
        Phase::Queued | Phase::Requesting | Phase::AwaitingFloor | Phase::Ringing => {
            Style::new().fg(Color::Yellow)
        }
        Phase::Off
        | Phase::Hunting
        | Phase::OutOfRange
        | Phase::Registering
        | Phase::Denied
        | Phase::Idle
        | Phase::Ending
        | Phase::Hanging
        | Phase::Moving
        | Phase::Detaching => Style::new(),
    };
    let state = match theme {
        Theme::Colour => state,
        Theme::Plain => Style::new(),
    };
    let state = state.add_modifier(Modifier::BOLD);
    let site = view.site.map_or_else(|| "no site".to_owned(), |site| format!("site {site}"));
    let level = view.level_dbm.map_or_else(String::new, |level| format!("{} {level} dBm", bars(level)));
    let channel = view.channel.map_or_else(String::new, |at| format!("channel {at}"));
    let emergency = match view.emergency {
        None => "",
        Some(EmergencyLight::Unanswered) => "  EMERGENCY, unanswered",
        Some(EmergencyLight::Received) => "  EMERGENCY, received",
        Some(EmergencyLight::Acknowledged) => "  EMERGENCY, acknowledged",
    };
    let affiliated = if view.affiliated == Some(view.selected) { "" } else { " (not affiliated)" };
    let area = view.area.map_or_else(String::new, |area| format!(", {area}"));
    let queue = match view.queue_position.or(view.floor_position) {
        Some(place) => format!(", place {place}"),
        None if view.called_back => ": PRESS TO TALK".to_owned(),
        None if let Some(caller) = view.rung_by => format!(": UNIT {caller}"),
        None if let Some(from) = view.alerted_by => format!(": CALL {}", from.to_string().to_uppercase()),
        None => String::new(),
    };
    let call = view.call.map_or_else(String::new, |call| {
        let talker = match call.talker {
            Some(talker) if talker == view.unit => "you talk".to_owned(),
            Some(talker) => format!("unit {talker} talks"),
            None => "nobody talks".to_owned(),
        };
        format!("call {} of {}: {talker}", call.call, call.parties)
    });
    let call = match view.status {
        Some((status, from)) if call.is_empty() => {
            format!("status {} from {from}", shown.statuses.name(status))
        }
        Some(_) | None => call,
    };
    let call = if number.is_empty() { call } else { format!("dial unit {}_", number.text()) };
    vec![
        Line::raw(format!(" talkgroup {}{affiliated}{area}{emergency}", view.selected)),
        Line::raw(format!(" {site}  {level}")),
        Line::from(vec![
            Text::raw(" "),
            Text::styled(format!("{}{queue}", view.phase.text().to_uppercase()), state),
            Text::raw(format!("  {channel}")),
        ]),
        Line::raw(format!(" {call}")),
    ]
}

fn bars(level_dbm: i8) -> &'static str {
    match level_dbm {
        ..-105 => "▂   ",
        -105..-95 => "▂▄  ",
        -95..-80 => "▂▄▆ ",
        -80.. => "▂▄▆█",
    }
}
