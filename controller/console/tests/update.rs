//! What keys and reports do, as tables.

mod invented;

use crossterm::event::{KeyCode, KeyEvent};
use invented::world::{World, site};
use trunklab_console::conn::{Question, Report};
use trunklab_console::keys::{Action, lookup};
use trunklab_console::model::{Link, Screen, Stream};
use trunklab_console::update::{Command, Message, update};
use trunklab_console::{Model, Theme};
use trunklab_protocol::operator::{ConsoleName, Event, EventKind, Order};
use trunklab_protocol::{Span, TalkgroupId, UnitId};

fn model() -> Model {
    let mut world = World::new(81, 7);
    let mut model = Model::new(([127, 0, 0, 1], 7443).into(), Theme::Plain);
    let snapshot = Box::new(world.snapshot());
    update(&mut model, Message::Report(Report::Snapshot { snapshot, stream: Stream::BeginsHere }));
    update(&mut model, Message::Report(Report::Live));
    for _ in 0..40 {
        for event in world.step(Span::from_millis(250)) {
            update(&mut model, Message::Report(Report::Event(event)));
        }
    }
    model
}

fn press(model: &mut Model, keys: &str) -> Option<Command> {
    let mut last = None;
    for key in keys.split_whitespace() {
        let code = match key {
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Down" => KeyCode::Down,
            "Up" => KeyCode::Up,
            "Space" => KeyCode::Char(' '),
            letter => KeyCode::Char(letter.chars().next().expect("no word is empty")),
        };
        let action = lookup(model, KeyEvent::from(code));
        last = action.and_then(|action| update(model, Message::Act(action)));
    }
    last
}

#[test]
fn marked_talkgroups_are_joined_once_that_is_confirmed() {
    let mut model = model();
    let numbers: Vec<_> = model.picture().unwrap().talkgroups.iter().map(|view| view.talkgroup).collect();
    assert_eq!(press(&mut model, "t Space p y"), None, "one alone is joined with nothing");
    let joined = |order: fn(Vec<TalkgroupId>) -> Order| Some(Command::Give(order(numbers[..2].to_vec())));
    assert_eq!(press(&mut model, "Down Space p y"), joined(|talkgroups| Order::Patch { talkgroups }));
    assert_eq!(press(&mut model, "p y"), None, "the marks are gone");
    let again = press(&mut model, "Space Up Space m y");
    assert_eq!(again, joined(|talkgroups| Order::Multiselect { talkgroups }));
    assert_eq!(press(&mut model, "Space Down Space Space p n y"), None, "one mark was taken away");
}

#[test]
fn a_patch_is_undone_where_there_is_one() {
    let mut model = model();
    let talkgroups: Vec<_> =
        model.picture().unwrap().talkgroups.iter().map(|view| view.talkgroup).take(2).collect();
    assert_eq!(press(&mut model, "t u y"), None);
    let (talkgroup, by) = (talkgroups[1], ConsoleName::new("dispatch"));
    let sequence = model.picture().unwrap().sequence;
    let kind = EventKind::Patched { talkgroups, lasting: true, by: Some(by) };
    let at = model.picture().unwrap().at;
    // The picture's number may be behind what was heard: any later one will do.
    let event = Event { sequence: sequence + 10_000, at, kind };
    update(&mut model, Message::Report(Report::Event(event)));
    let undone = press(&mut model, "Down u y");
    assert_eq!(undone, Some(Command::Give(Order::UndoPatch { talkgroup })));
}

#[test]
fn a_unit_is_ordered_by_its_number_and_only_after_a_question() {
    let unit = UnitId::new(1017).unwrap();
    let talkgroup = model().picture().unwrap().talkgroups[0].talkgroup;
    let table = [
        ("S y", Some(Order::Stun { unit })),
        ("R y", Some(Order::Revive { unit })),
        ("C y", Some(Order::CheckRadio { unit })),
        ("B y", Some(Order::RestoreGroups { unit })),
        ("T y", Some(Order::Regroup { unit, talkgroup, locked: false })),
        ("L y", Some(Order::Regroup { unit, talkgroup, locked: true })),
        ("K y", Some(Order::Kill { unit })),
        ("K n", None),
        ("K", None),
    ];
    for (keys, order) in table {
        let mut model = model();
        let given = press(&mut model, &format!("U / 1 0 1 7 Enter {keys}"));
        assert_eq!(given, order.map(Command::Give), "{keys}");
    }
    assert_eq!(press(&mut model(), "U K y"), None, "nobody is chosen");
    assert_eq!(press(&mut model(), "U / 0 Enter K y"), None, "0 is no unit");
}

#[test]
fn keys_lead_from_screen_to_screen() {
    let table = [
        ("", Screen::Overview),
        ("s", Screen::Sites),
        ("c", Screen::Calls),
        ("e", Screen::Events),
        ("t", Screen::Groups),
        ("5 Esc", Screen::Overview),
        ("U", Screen::Units),
        ("6 Esc", Screen::Overview),
        ("6 / 7 Enter Esc", Screen::Units),
        ("6 / 7 Enter Esc Esc", Screen::Overview),
        ("4 1", Screen::Overview),
        ("Enter", Screen::Site(site(1))),
        ("j Enter", Screen::Site(site(2))),
        ("s Down Down Down Enter", Screen::Site(site(3))),
        ("s G k Enter", Screen::Site(site(2))),
        ("Enter j", Screen::Site(site(2))),
        ("Enter Esc", Screen::Sites),
        ("Enter Esc Esc", Screen::Overview),
        ("Esc", Screen::Overview),
        ("c Enter", Screen::Events),
        ("c Enter Esc", Screen::Events),
        ("c Enter Esc Esc", Screen::Overview),
        ("e / q s c", Screen::Events),
        ("e / q Enter Esc Esc", Screen::Overview),
        ("e / q Esc c", Screen::Calls),
        ("?", Screen::Help(Box::new(Screen::Overview))),
        ("s ?", Screen::Help(Box::new(Screen::Sites))),
        ("s ? Esc", Screen::Sites),
        ("s ? ?", Screen::Sites),
    ];
    for (keys, screen) in table {
        let mut model = model();
        assert_eq!(press(&mut model, keys), None, "{keys}");
        assert_eq!(model.screen(), &screen, "{keys}");
    }
}

#[test]
fn keys_that_ask_the_shell() {
    for (keys, command) in [
        ("q", Some(Command::Quit)),
        ("? q", Some(Command::Quit)),
        ("r", Some(Command::Reconnect)),
        ("e / q", None),
        ("x", None),
    ] {
        assert_eq!(press(&mut model(), keys), command, "{keys}");
    }
}

#[test]
fn the_link_shows_what_the_connection_tells_and_counts_down() {
    let mut model = model();
    let retry_in = Span::from_secs(4);
    let lost = Report::Lost { why: "the connection broke".to_owned(), retry_in };
    update(&mut model, Message::Report(lost));
    update(&mut model, Message::Tick(Span::from_secs(1)));
    let why = "the connection broke".to_owned();
    assert_eq!(model.link(), &Link::Lost { why, retry_in: Span::from_secs(3) });
    update(&mut model, Message::Report(Report::Connecting { attempt: 2 }));
    assert_eq!(model.link(), &Link::Connecting { attempt: 2 });
    update(&mut model, Message::Report(Report::Live));
    assert_eq!(model.link(), &Link::Live);
}

#[test]
fn a_gap_in_the_events_asks_for_a_snapshot() {
    let mut world = World::new(81, 7);
    let mut model = Model::new(([127, 0, 0, 1], 7443).into(), Theme::Plain);
    let snapshot = Box::new(world.snapshot());
    update(&mut model, Message::Report(Report::Snapshot { snapshot, stream: Stream::BeginsHere }));
    let events: Vec<_> = (0..40).flat_map(|_| world.step(Span::from_millis(250))).collect();
    assert_eq!(update(&mut model, Message::Report(Report::Event(events[0].clone()))), None);
    let after_gap = Message::Report(Report::Event(events[4].clone()));
    assert_eq!(update(&mut model, after_gap), Some(Command::Refresh));
}

fn emergency(model: &mut Model, sequence_after: u64, unit: u32, event: &str) {
    let sequence = model.picture().expect("a snapshot came").sequence + sequence_after;
    let more = match event {
        "emergency_began" => r#","site":3,"talkgroup":41,"kind":"alarm""#,
        _ => r#","by":"shift 2""#,
    };
    let at = model.picture().expect("a snapshot came").at.as_micros() + 1_000_000 * sequence_after;
    let text = format!(r#"{{"sequence":{sequence},"at":{at},"event":"{event}","unit":{unit}{more}}}"#);
    let event = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
    update(model, Message::Report(Report::Event(event)));
}

#[test]
fn the_chosen_emergency_is_acknowledged_at_once_and_cleared_after_a_yes() {
    let unit = |number| UnitId::new(number).unwrap();
    let mut model = model();
    assert_eq!(press(&mut model, "a"), None, "there is none");
    assert_eq!(press(&mut model, "x"), None);
    emergency(&mut model, 1, 1018, "emergency_began");
    // Others begin while the operator reaches for the key: it means what it meant.
    emergency(&mut model, 1, 1017, "emergency_began");
    emergency(&mut model, 1, 1019, "emergency_began");
    let acknowledge = |number| Some(Command::Give(Order::AcknowledgeEmergency { unit: unit(number) }));
    assert_eq!(press(&mut model, "a"), acknowledge(1018));
    emergency(&mut model, 1, 1018, "emergency_acknowledged");
    assert_eq!(press(&mut model, "a"), None, "it is acknowledged, and no other is meant");
    choose_next(&mut model);
    assert_eq!(press(&mut model, "a"), acknowledge(1019));
    choose_next(&mut model);
    assert_eq!(press(&mut model, "x"), None, "it asks first");
    assert_eq!(press(&mut model, "q"), None, "and hears nothing but the answer");
    assert_eq!(press(&mut model, "n y"), None);
    let clear = Some(Command::Give(Order::ClearEmergency { unit: unit(1017) }));
    assert_eq!(press(&mut model, "x y"), clear);
    emergency(&mut model, 1, 1017, "emergency_cleared");
    let left: Vec<_> = model.picture().unwrap().emergencies.iter().map(|view| view.unit).collect();
    assert_eq!(left, [unit(1018), unit(1019)]);
}

fn choose_next(model: &mut Model) {
    assert_eq!(update(model, Message::Act(Action::NextEmergency)), None);
}

#[test]
fn a_screen_that_shows_more_than_events_tell_asks_at_once_and_then_every_ten_seconds() {
    let mut model = model();
    for (key, question) in [("h", Question::Statistics), ("n", Question::Versions)] {
        let asks = Some(Command::Ask(question));
        assert_eq!(press(&mut model, key), asks);
        let tick = |millis| Message::Tick(Span::from_millis(millis));
        assert_eq!(update(&mut model, tick(9_999)), None);
        assert_eq!(update(&mut model, tick(1)), asks);
        assert_eq!(update(&mut model, tick(1)), None);
    }
    press(&mut model, "o");
    assert_eq!(update(&mut model, Message::Tick(Span::from_secs(60))), None, "the overview asks for nothing");
}
