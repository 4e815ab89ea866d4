//! What keys and reports do, as tables.

mod invented;

use crossterm::event::{KeyCode, KeyEvent};
use invented::world::{World, site};
use trunklab_console::conn::{Question, Report};
use trunklab_console::keys::{Action, lookup};
use trunklab_console::model::{Asked, Link, Outcome, Screen, Stream, UnitRights};
use trunklab_console::update::{Command, Message, update};
use trunklab_console::{Model, Theme};
use trunklab_protocol::operator::{
    Admission, AlarmId, AlarmKind, AlarmObject, CallView, ConfigurationVersion, ConsoleName, Event,
    EventKind, MessageStage, MessageView, NetworkAlarm, Order, PendingView, Role, Sender, SiteView, Snapshot,
    StatusText, UnitView, VersionView, Versions,
};
use trunklab_protocol::{
    Addressee, CallId, Cause, Condition, Epoch, MessageId, MessageKind, Moment, NodeId, Pair, Parties,
    PlantPart, Priority, RadioOrder, Service, Services, Span, StatusNumber, TalkgroupId, UnitId,
};

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
            "Left" => KeyCode::Left,
            "Right" => KeyCode::Right,
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
        ("A y", Some(Order::CallAlert { unit })),
        ("X y", Some(Order::CancelAlert { unit })),
        ("O 1 0 1 8 Enter y", Some(Order::Monitor { unit, listener: UnitId::new(1018).unwrap() })),
        ("O 1 0 1 8 Enter n", None),
        ("O Enter y", None),
        ("O 1 Esc y", None),
        // What the unit may is not known yet.
        ("P Enter y", None),
        ("V Enter y", None),
    ];
    for (keys, order) in table {
        let mut model = model();
        let given = press(&mut model, &format!("U / 1 0 1 7 Enter {keys}"));
        assert_eq!(given, order.map(Command::Give), "{keys}");
    }
    assert_eq!(press(&mut model(), "U K y"), None, "nobody is chosen");
    assert_eq!(press(&mut model(), "U / 0 Enter K y"), None, "0 is no unit");
}

/// A console whose network has these statuses.
fn model_with(change: impl FnOnce(&mut Snapshot)) -> Model {
    let mut model = Model::new(([127, 0, 0, 1], 7443).into(), Theme::Plain);
    let mut snapshot = Box::new(World::new(81, 7).snapshot());
    let status = |number, text: &str| StatusText {
        number: StatusNumber::new(number).expect("not zero"),
        text: text.to_owned(),
    };
    snapshot.statuses = vec![status(1, "On scene"), status(2, "Returning"), status(12, "At hospital")];
    change(&mut snapshot);
    update(&mut model, Message::Report(Report::Snapshot { snapshot, stream: Stream::BeginsHere }));
    update(&mut model, Message::Report(Report::Live));
    model
}

#[test]
fn a_status_is_chosen_from_the_list_or_by_its_number_or_a_word_of_it() {
    let unit = Addressee::Unit(UnitId::new(1017).unwrap());
    let tells = |to, number| {
        let number = StatusNumber::new(number).unwrap();
        Some(Command::Give(Order::SendStatus { to, number }))
    };
    for (keys, number) in [
        ("Enter", 1),
        ("Down Enter", 2),
        ("Down Down Down Enter", 12),
        ("2 Enter", 2),
        ("1 2 Enter", 12),
        ("h o s p Enter", 12),
    ] {
        let mut model = model_with(|_| {});
        assert_eq!(press(&mut model, &format!("U / 1 0 1 7 Enter i {keys}")), tells(unit, number), "{keys}");
    }
    let mut model = model_with(|_| {});
    assert_eq!(press(&mut model, "U / 1 0 1 7 Enter i z z Enter"), None, "no status has that");
    let shows = Some(Command::Ask(Question::Unit(UnitId::new(1017).unwrap())));
    assert_eq!(press(&mut model, "Esc i Esc Enter"), shows, "nothing is told");
    let talkgroup = model.picture().unwrap().talkgroups[1].talkgroup;
    assert_eq!(press(&mut model, "t Down i Enter"), tells(talkgroup.into(), 1));
    assert_eq!(press(&mut model_with(|snapshot| snapshot.statuses.clear()), "t i Enter"), None);
}

#[test]
fn priority_and_rights_start_from_what_the_register_says() {
    let unit = UnitId::new(1017).unwrap();
    let priority = |level| Priority::new(level).unwrap();
    let rights = UnitRights { unit, priority: priority(7), services: Services::ALL.without(Service::Data) };
    let mut model = model_with(|_| {});
    assert_eq!(press(&mut model, "U / 1 0 1 7 Enter P"), Some(Command::Ask(Question::Rights(unit))));
    update(&mut model, Message::Report(Report::Rights(Ok(rights))));
    let given = press(&mut model, "Up Up Enter y");
    assert_eq!(given, Some(Command::Give(Order::SetPriority { unit, priority: priority(5) })));
    assert_eq!(press(&mut model, "V"), Some(Command::Ask(Question::Rights(unit))));
    // That of another unit, which was asked about before, comes late.
    let other = UnitRights { unit: UnitId::new(1018).unwrap(), services: Services::NONE, ..rights };
    update(&mut model, Message::Report(Report::Rights(Ok(other))));
    update(&mut model, Message::Report(Report::Rights(Ok(rights))));
    // The telephone is taken, data given.
    let services = rights.services.without(Service::Telephone).with(Service::Data);
    let given = press(&mut model, "Space Down Space Enter y");
    assert_eq!(given, Some(Command::Give(Order::SetRights { unit, services })));
    press(&mut model, "P");
    update(&mut model, Message::Report(Report::Rights(Err("there is no such unit".to_owned()))));
    assert_eq!(press(&mut model, "Enter y"), None, "nobody has such a unit");
}

/// What came of each order, the newest first.
fn outcomes(model: &Model) -> Vec<Outcome> {
    model.given().iter().map(|given| given.outcome.clone()).collect()
}

#[test]
fn what_came_of_an_order_is_known_from_its_answer_and_from_events() {
    let unit = UnitId::new(1017).unwrap();
    let mut model = model_with(|_| {});
    let by = ConsoleName::new("anna");
    let me = Admission { name: by.clone(), role: Role::Supervisor };
    update(&mut model, Message::Report(Report::Admitted(me)));
    let answered = |model: &mut Model, order: Order, answer: Result<(), &str>| {
        let (asked, answer) = (Asked::Order(order), answer.map_err(str::to_owned));
        update(model, Message::Report(Report::Answered { asked, answer }));
    };
    let tell = |model: &mut Model, kind| {
        let (sequence, at) = (model.picture().unwrap().sequence + 1, model.picture().unwrap().at);
        update(model, Message::Report(Report::Event(Event { sequence, at, kind })));
    };
    let of_radio = RadioOrder::Stun {};
    press(&mut model, "U / 1 0 1 7 Enter S y");
    assert_eq!(outcomes(&model), [Outcome::UnderWay]);
    answered(&mut model, Order::Stun { unit }, Ok(()));
    assert_eq!(outcomes(&model), [Outcome::Taken]);
    tell(&mut model, EventKind::RadioOrderPending { unit, of_radio, by: by.clone() });
    assert_eq!(outcomes(&model), [Outcome::Waits]);
    tell(&mut model, EventKind::RadioOrderDone { unit, of_radio, by: ConsoleName::new("ben") });
    assert_eq!(outcomes(&model), [Outcome::Waits], "somebody else's");
    tell(&mut model, EventKind::RadioOrderDone { unit, of_radio, by: by.clone() });
    assert_eq!(outcomes(&model), [Outcome::Done]);

    // Here the events overtake the answer.
    press(&mut model, "C y");
    let of_radio = RadioOrder::Check {};
    tell(&mut model, EventKind::RadioOrderPending { unit, of_radio, by: by.clone() });
    answered(&mut model, Order::CheckRadio { unit }, Ok(()));
    assert_eq!(outcomes(&model)[0], Outcome::Waits);
    tell(&mut model, EventKind::RadioOrderFailed { unit, of_radio, by, cause: Cause::OrderExpired });
    assert_eq!(outcomes(&model)[0], Outcome::Refused(Cause::OrderExpired.to_string()));

    press(&mut model, "A y");
    answered(&mut model, Order::CallAlert { unit }, Err("unit is not registered"));
    assert_eq!(outcomes(&model)[0], Outcome::Refused("unit is not registered".to_owned()));
    press(&mut model, "A y");
    answered(&mut model, Order::CallAlert { unit }, Ok(()));
    assert_eq!(outcomes(&model)[0], Outcome::Done, "the controller answers when the radio has it");
    press(&mut model, "X y");
    let why = "the connection broke".to_owned();
    update(&mut model, Message::Report(Report::Lost { why, retry_in: Span::from_secs(1) }));
    assert_eq!(outcomes(&model)[0], Outcome::Unknown);
    for _ in 0..100 {
        press(&mut model, "X y");
    }
    assert_eq!(outcomes(&model).len(), 20, "the last ones");
}

fn told(counter: u32, from: u32, to: Option<Addressee>) -> MessageView {
    MessageView {
        message: MessageId { epoch: Epoch::new(7).expect("not zero"), counter },
        kind: MessageKind::Status(StatusNumber::new(1).expect("not zero")),
        from: Sender::Unit(UnitId::new(from).expect("not zero")),
        to,
        requested: Moment::ORIGIN + Span::from_secs(700),
        stage: MessageStage::Delivered,
    }
}

#[test]
fn what_the_consoles_are_told_is_acknowledged_or_answered() {
    let (first, second) = (UnitId::new(1001).unwrap(), UnitId::new(1002).unwrap());
    let mut model = model_with(|snapshot| {
        snapshot.messages = vec![told(1, 1001, None), told(2, 1002, None), told(3, 1003, Some(first.into()))];
    });
    let unseen = |model: &Model| {
        let warnings = trunklab_console::warnings::warnings(model);
        warnings.iter().map(|warning| warning.text(model.picture())).collect::<String>()
    };
    assert_eq!(unseen(&model), "TOLD by unit 1002: status 1 (On scene), and 1 more [M shows it]");
    // The newest stands first; it is for a unit, and needs no acknowledgement.
    assert_eq!(press(&mut model, "M Space"), None);
    assert!(unseen(&model).contains("and 1 more"));
    press(&mut model, "Down Space");
    assert_eq!(unseen(&model), "TOLD by unit 1001: status 1 (On scene) [M shows it]");
    let number = StatusNumber::new(2).unwrap();
    let answered = press(&mut model, "Down i Down Enter");
    assert_eq!(answered, Some(Command::Give(Order::SendStatus { to: first.into(), number })));
    assert_eq!(unseen(&model), "", "who answers has seen it");
    assert_eq!(press(&mut model, "Up A y"), Some(Command::Give(Order::CallAlert { unit: second })));

    let mut model = model_with(|snapshot| snapshot.messages = vec![told(1, 1001, None), told(2, 1002, None)]);
    press(&mut model, "M A n i Esc");
    assert!(unseen(&model).contains("and 1 more"), "nothing was answered");
    press(&mut model, "Z");
    assert_eq!(unseen(&model), "");
}

#[test]
fn an_alarm_is_acknowledged_once_the_gravest_first() {
    let alarm = |counter, kind: AlarmKind, acknowledged_by| NetworkAlarm {
        id: AlarmId { epoch: Epoch::new(7).unwrap(), counter },
        kind,
        severity: kind.severity(),
        object: AlarmObject::System,
        since: None,
        count: 1,
        flapping: false,
        acknowledged_by,
    };
    let mut model = model_with(|snapshot| {
        let by = Some(ConsoleName::new("desk"));
        let (minor, critical) = (AlarmKind::SlotFaulty, AlarmKind::StoreFailing);
        snapshot.alarms = vec![alarm(1, minor, None), alarm(2, critical, by), alarm(3, critical, None)];
    });
    let acknowledged = |counter| {
        let alarm = AlarmId { epoch: Epoch::new(7).unwrap(), counter };
        Some(Command::Give(Order::AcknowledgeAlarm { alarm }))
    };
    assert_eq!(press(&mut model, "w Space"), acknowledged(3));
    assert_eq!(press(&mut model, "Down Space"), None, "somebody has seen it");
    assert_eq!(press(&mut model, "Down Space"), acknowledged(1));
    let mut model = model_with(|_| {});
    assert_eq!(press(&mut model, "w Space"), None, "nothing is wrong");
}

#[test]
fn a_slot_is_tested_and_broken_once_that_is_confirmed() {
    let mut model = model();
    assert_eq!(press(&mut model, "s T y"), None, "no site is in sight");
    press(&mut model, "Enter");
    let site = model.picture().unwrap().sites[0].site;
    assert_eq!(model.screen(), &Screen::Site(site));
    let view = model.picture().unwrap().sites[0].clone();
    let (first, second) = (view.control, view.slots[0].at);
    assert!(first < second, "the control channel is the first slot of all");
    let test = |slot| Some(Command::Give(Order::TestSlot { site, slot }));
    assert_eq!(press(&mut model, "T n"), None);
    assert_eq!(press(&mut model, "T y"), test(first));
    assert_eq!(press(&mut model, "Right T y"), test(second));
    assert_eq!(press(&mut model, "Left Left T y"), test(first));
    let exercise = |slot, broken| {
        let part = PlantPart { carrier: first.carrier, slot };
        Some(Command::Give(Order::ExerciseFault { site, part, broken }))
    };
    assert_eq!(press(&mut model, "B y"), exercise(Some(first.slot), true));
    assert_eq!(press(&mut model, "F y"), exercise(None, true));
    assert_eq!(press(&mut model, "W y"), exercise(None, false), "with all its slots");
}

fn versions(numbers: &[u64]) -> Report {
    let view = |number: &u64| VersionView {
        version: ConfigurationVersion::new(*number),
        at_us: 1_764_439_200_000_000,
        who: ConsoleName::new("desk"),
        role: Some(Role::Administrator),
        from: None,
        differences: Vec::new(),
        differences_count: 0,
    };
    Report::Versions(Box::new(Versions { versions: numbers.iter().map(view).collect() }))
}

#[test]
fn an_earlier_version_is_compared_and_comes_back_after_a_yes() {
    let mut model = model_with(|_| {});
    press(&mut model, "n");
    assert_eq!(press(&mut model, "R y"), None, "no version is known");
    update(&mut model, Message::Report(versions(&[5, 4, 3])));
    assert_eq!(press(&mut model, "R y"), None, "the first stands");
    let (base, to) = (ConfigurationVersion::new(5), ConfigurationVersion::new(3));
    let compares = Some(Command::Ask(Question::Compare(to)));
    assert_eq!(press(&mut model, "Down Down Enter"), compares);
    assert_eq!(press(&mut model, "R"), compares, "what would change is shown before");
    assert_eq!(press(&mut model, "n"), None);
    assert_eq!(press(&mut model, "R y"), Some(Command::Revert { base, to }));
    let asked = Asked::Revert { base, to };
    let asks = update(&mut model, Message::Report(Report::Answered { asked, answer: Ok(()) }));
    assert!(matches!(asks, Some(Command::Ask(Question::Configuration { .. }))), "{asks:?}");
    assert_eq!(outcomes(&model), [Outcome::Done]);
    // The choice stays where it was when a newer version comes.
    update(&mut model, Message::Report(versions(&[6, 5, 4, 3])));
    let base = ConfigurationVersion::new(6);
    assert_eq!(press(&mut model, "R y"), Some(Command::Revert { base, to }));
}

#[test]
fn sites_are_asked_about_in_turns() {
    let mut model = model_with(|snapshot| {
        let one = snapshot.sites[0].clone();
        let named = |number| SiteView { site: site(number), ..one.clone() };
        snapshot.sites = (1..=40).map(named).collect();
    });
    let mut asked = || match press(&mut model, "n") {
        Some(Command::Ask(Question::Configuration { sites })) => {
            (sites[0].number(), sites.last().unwrap().number())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!([asked(), asked(), asked()], [(1, 32), (33, 40), (1, 32)]);
}

/// Unit 1018 listens to unit 1017, and unit 1019 has not confirmed yet that it is to be listened to.
fn monitored(snapshot: &mut Snapshot) {
    let unit = |number| UnitId::new(number).expect("in range");
    snapshot.calls.push(CallView {
        call: CallId { node: NodeId::new(1).expect("in range"), epoch: snapshot.epoch, counter: 9 },
        parties: Parties::Pair(Pair { caller: unit(1017), called: unit(1018) }),
        talker: Some(unit(1017)),
        priority: Priority::LOWEST,
        emergency: false,
        duplex: false,
        area: None,
        since: snapshot.at,
        sites: Vec::new(),
        waiting: Vec::new(),
        monitored_by: Some(ConsoleName::new("anna")),
    });
    let of_radio = RadioOrder::Monitor(unit(1018));
    snapshot.units = vec![UnitView {
        unit: unit(1019),
        condition: Condition::Active,
        regrouped: None,
        pending: vec![PendingView { of_radio, by: ConsoleName::new("anna") }],
    }];
}

#[test]
fn who_is_listened_to_is_in_the_list_of_units_and_the_same_key_ends_it() {
    let end = |number| Command::Give(Order::EndMonitor { unit: UnitId::new(number).expect("in range") });
    for (keys, command) in [
        ("U O y", Some(end(1017))),
        ("U O n", None),
        ("U O", None),
        ("U Down O y", Some(end(1019))),
        ("U / 1 0 1 9 Enter O y", Some(end(1019))),
        // The listener is not listened to: this is whom it shall hear.
        ("U / 1 0 1 8 Enter O y", None),
    ] {
        assert_eq!(press(&mut model_with(monitored), keys), command, "{keys}");
    }
}

#[test]
fn a_unit_is_shown_as_it_is_set_up_until_the_operator_goes_back() {
    let unit = |number| UnitId::new(number).expect("in range");
    let asks = |number| Some(Command::Ask(Question::Unit(unit(number))));
    let mut model = model();
    assert_eq!(press(&mut model, "U Enter"), None, "nobody is chosen");
    assert_eq!(press(&mut model, "/ 1 0 1 7 Enter Enter"), asks(1017));
    assert_eq!(model.screen(), &Screen::Unit(unit(1017)));
    assert_eq!(press(&mut model, "S y"), Some(Command::Give(Order::Stun { unit: unit(1017) })));
    let answered = Report::Answered { asked: Order::Stun { unit: unit(1017) }.into(), answer: Ok(()) };
    assert_eq!(update(&mut model, Message::Report(answered)), asks(1017), "it may be set up otherwise now");
    assert_eq!(update(&mut model, Message::Tick(Span::from_secs(10))), asks(1017));
    assert_eq!(press(&mut model, "Esc"), None);
    assert_eq!(model.screen(), &Screen::Units);
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
        ("M", Screen::Messages),
        ("7 Esc", Screen::Overview),
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
    let sites = [1, 2, 3].map(site).to_vec();
    for (key, question) in [("h", Question::Statistics), ("n", Question::Configuration { sites })] {
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
