//! What the operator sees, at both sizes. A changed picture is reviewed like code: `cargo insta review`.

mod invented;

use crossterm::event::KeyCode;
use invented::world::World;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};
use trunklab_console::conn::Report;
use trunklab_console::keys::lookup;
use trunklab_console::model::{Comparison, DeviceView, Stream, UnitRights, UnitSheet};
use trunklab_console::update::{Message, update};
use trunklab_console::view::render;
use trunklab_console::{Model, Theme};
use trunklab_protocol::operator::{
    Admission, AlarmId, AlarmKind, AlarmObject, CallView, ConfigurationVersion, ConsoleName, ControlView,
    Difference, Event, EventKind, MessageStage, MessageView, NetworkAlarm, Order, PendingView, Role, Sender,
    Snapshot, StatisticsPage, StatisticsRow, StatusText, UnitView, VersionView, Versions, WaitView,
};
use trunklab_protocol::{
    CallId, Cause, Condition, Epoch, MessageId, MessageKind, Moment, NodeId, Pair, Parties, Priority,
    RadioOrder, Regroup, Service, Services, SiteId, SlotAddress, Span, StatusNumber, TalkgroupId, UnitId,
};

const BEAT: Span = Span::from_millis(250);

/// A console and the network that it watches.
struct Scene {
    world: World,
    model: Model,
}

impl Scene {
    fn new(theme: Theme) -> Self {
        let mut scene =
            Self { world: World::new(81, 7), model: Model::new(([127, 0, 0, 1], 7443).into(), theme) };
        let snapshot = Box::new(scene.world.snapshot());
        scene.hear(Report::Snapshot { snapshot, stream: Stream::BeginsHere });
        scene.hear(Report::Live);
        scene
    }

    fn busy() -> Self {
        let mut scene = Self::new(Theme::Plain);
        scene.live(60);
        scene
    }

    fn hear(&mut self, report: Report) {
        update(&mut self.model, Message::Report(report));
    }

    fn hear_all(&mut self, events: Vec<Event>) {
        events.into_iter().for_each(|event| self.hear(Report::Event(event)));
    }

    fn live(&mut self, beats: u32) {
        for _ in 0..beats {
            update(&mut self.model, Message::Tick(BEAT));
            let events = self.world.step(BEAT);
            self.hear_all(events);
        }
    }

    fn press(&mut self, keys: &[KeyCode]) {
        for key in keys {
            let action = lookup(&self.model, (*key).into()).expect("the key is bound");
            update(&mut self.model, Message::Act(action));
        }
    }

    fn type_text(&mut self, text: &str) {
        self.press(&text.chars().map(KeyCode::Char).collect::<Vec<_>>());
    }

    fn draw(&self, width: u16, height: u16) -> TestBackend {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| render(frame, &self.model)).unwrap();
        terminal.backend().clone()
    }
}

fn check(name: &str, scene: &Scene) {
    for (width, height) in [(80, 24), (120, 40)] {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), scene.draw(width, height));
    }
}

#[test]
fn overview_busy() {
    check("overview_busy", &Scene::busy());
}

#[test]
fn overview_empty() {
    check("overview_empty", &Scene::new(Theme::Plain));
}

#[test]
fn overview_emergency() {
    let mut scene = Scene::new(Theme::Plain);
    let events = scene.world.emergency();
    scene.hear_all(events);
    scene.live(3);
    check("overview_emergency", &scene);
}

#[test]
fn overview_emergency_waits() {
    let mut scene = Scene::busy();
    // Chance may pick a talkgroup that already talks; then nobody asks, and another try is made.
    for _ in 0..30 {
        let events = scene.world.emergency();
        scene.hear_all(events);
    }
    check("overview_emergency_waits", &scene);
}

#[test]
fn overview_alarms() {
    let mut scene = Scene::new(Theme::Plain);
    for unit in [1_018, 1_017, 1_019] {
        let events = scene.world.alarm(unit);
        scene.hear_all(events);
        scene.live(8);
    }
    scene.press(&[KeyCode::Tab]);
    check("overview_alarms", &scene);
}

#[test]
fn units() {
    let mut scene = Scene::busy();
    let by = || ConsoleName::new("desk");
    let (unit, talkgroup) = (UnitId::new(1_017).unwrap(), TalkgroupId::new(41).unwrap());
    let regroup = Regroup { talkgroup, locked: true };
    let pending = vec![PendingView { of_radio: RadioOrder::Stun {}, by: by() }];
    let mut snapshot = scene.world.snapshot();
    let other = UnitId::new(1_018).unwrap();
    let killed = Condition::Killed;
    snapshot.units = vec![
        UnitView { unit, condition: Condition::Stunned, regrouped: Some(regroup), pending },
        UnitView { unit: other, condition: killed, regrouped: None, pending: Vec::new() },
    ];
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    scene.press(&[KeyCode::Char('U'), KeyCode::Char('/')]);
    scene.type_text("101");
    check("units_by_number", &scene);
    scene.press(&[KeyCode::Esc, KeyCode::Down, KeyCode::Char('K')]);
    check("units_kill", &scene);
}

#[test]
fn overview_site_lost() {
    let mut scene = Scene::busy();
    let events = scene.world.lose(3);
    scene.hear_all(events);
    update(&mut scene.model, Message::Tick(Span::from_secs(12)));
    check("overview_site_lost", &scene);
}

#[test]
fn a_site_in_failsoft_under_its_link_is_shown_so() {
    let mut scene = Scene::busy();
    let mut events = scene.world.lose(3);
    for event in &mut events {
        if let EventKind::SiteLost { site, .. } = event.kind {
            event.kind = EventKind::SiteInFailsoft { site };
        }
    }
    scene.hear_all(events);
    update(&mut scene.model, Message::Tick(Span::from_secs(12)));
    check("overview_site_failsoft", &scene);
    scene.type_text("s");
    check("sites_failsoft", &scene);
}

#[test]
fn overview_link_lost() {
    let mut scene = Scene::busy();
    let why = "the controller closed the connection".to_owned();
    scene.hear(Report::Lost { why, retry_in: Span::from_secs(4) });
    check("overview_link_lost", &scene);
}

#[test]
fn before_the_first_snapshot() {
    let mut model = Model::new(([127, 0, 0, 1], 7443).into(), Theme::Plain);
    let why = "no controller answers at 127.0.0.1:7443: Connection refused".to_owned();
    update(&mut model, Message::Report(Report::Lost { why, retry_in: Span::from_millis(500) }));
    check("before_the_first_snapshot", &Scene { world: World::new(1, 1), model });
}

#[test]
fn help() {
    let mut scene = Scene::busy();
    scene.type_text("?");
    check("help", &scene);
}

#[test]
fn events_follow() {
    let mut scene = Scene::busy();
    scene.type_text("e");
    check("events_follow", &scene);
}

#[test]
fn events_paused() {
    let mut scene = Scene::busy();
    scene.type_text("e");
    scene.press(&[KeyCode::PageUp, KeyCode::Up]);
    scene.live(20);
    check("events_paused", &scene);
}

#[test]
fn events_filtered() {
    let mut scene = Scene::busy();
    scene.type_text("e/fire");
    check("events_filtered", &scene);
}

#[test]
fn sites() {
    let mut scene = Scene::busy();
    scene.type_text("sj");
    check("sites", &scene);
}

#[test]
fn one_site() {
    let mut scene = Scene::busy();
    scene.press(&[KeyCode::Enter]);
    check("one_site", &scene);
}

#[test]
fn one_sector() {
    let mut scene = Scene::busy();
    scene.world.raise_masts([1, 1, 1]);
    let snapshot = Box::new(scene.world.snapshot());
    scene.hear(Report::Snapshot { snapshot, stream: Stream::BeginsHere });
    let list = scene.draw(80, 24).to_string();
    for line in ["  1 0° Water", "  2 120° Water", "  3 240° Water"] {
        assert!(list.contains(line), "{list}");
    }
    scene.press(&[KeyCode::Enter]);
    let facts = scene.draw(80, 24).to_string();
    assert!(facts.contains("Site 1 Water Tower sector to 0°, on a mast with sites 2, 3 "), "{facts}");

    scene.world.raise_masts([1, 1, 3]);
    let snapshot = Box::new(scene.world.snapshot());
    scene.hear(Report::Snapshot { snapshot, stream: Stream::BeginsHere });
    let facts = scene.draw(80, 24).to_string();
    assert!(facts.contains("sector to 0°, on a mast with site 2 "), "two masts of one name: {facts}");
}

#[test]
fn calls() {
    let mut scene = Scene::busy();
    scene.type_text("cj");
    check("calls", &scene);
}

#[test]
fn talkgroups() {
    let mut scene = Scene::busy();
    scene.type_text("t j jj ");
    check("talkgroups", &scene);
}

#[test]
fn without_colour_no_cell_has_one() {
    let mut scene = Scene::busy();
    let events = scene.world.emergency().into_iter().chain(scene.world.lose(3)).collect();
    scene.hear_all(events);
    for screen in ["o", "s", "c", "t", "e", "?"] {
        scene.type_text(screen);
        let backend = scene.draw(80, 24);
        for cell in backend.buffer().content() {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "on screen {screen}");
        }
    }
}

#[test]
fn what_a_key_cannot_do_is_said_at_the_bottom_until_the_next_key() {
    let mut scene = Scene::busy();
    let bottom = |scene: &mut Scene| scene.draw(80, 24).to_string().lines().last().unwrap().to_owned();
    scene.type_text("ti");
    assert!(bottom(&mut scene).contains("the network has no statuses"), "{}", bottom(&mut scene));
    scene.type_text("o");
    assert!(!bottom(&mut scene).contains("the network has no statuses"));
}

#[test]
fn every_size_can_be_drawn() {
    let mut scene = Scene::busy();
    for screen in ["o", "s", "c", "e", "?"] {
        scene.type_text(screen);
        for width in [1, 2, 7, 20, 39, 80, 119, 120, 300] {
            for height in [1, 2, 3, 4, 9, 24, 100] {
                scene.draw(width, height);
            }
        }
    }
}

fn admitted(role: Role) -> Report {
    Report::Admitted(Admission { name: ConsoleName::new("anna"), role })
}

/// The talkgroups, as an operator of this role sees them.
fn groups_of(role: Role) -> Scene {
    let mut scene = Scene::busy();
    scene.hear(admitted(role));
    scene.press(&[KeyCode::Char('t')]);
    scene
}

fn line(screen: &TestBackend, row: u16) -> String {
    let buffer = screen.buffer();
    (0..buffer.area.width).map(|column| buffer[(column, row)].symbol().to_owned()).collect()
}

#[test]
fn the_header_says_who_the_operator_is_and_as_what() {
    for (width, height) in [(80, 24), (120, 40)] {
        let screen = groups_of(Role::Supervisor).draw(width, height);
        assert!(line(&screen, 0).contains("anna (supervisor)"), "{}", line(&screen, 0));
    }
}

#[test]
fn keys_that_are_not_for_the_role_are_struck_out() {
    for (role, is_struck) in [(Role::Viewer, true), (Role::Dispatcher, false)] {
        let screen = groups_of(role).draw(80, 24);
        let column = u16::try_from(line(&screen, 23).find(" p ").unwrap() + 1).unwrap();
        let key = &screen.buffer()[(column, 23)];
        assert_eq!(key.modifier.contains(Modifier::CROSSED_OUT), is_struck, "{role}: {key:?}");
    }
}

#[test]
fn a_key_that_is_not_for_the_role_says_so_and_does_nothing() {
    let mut scene = groups_of(Role::Viewer);
    let action = lookup(&scene.model, KeyCode::Char(' ').into()).unwrap();
    assert_eq!(update(&mut scene.model, Message::Act(action)), None);
    scene.press(&[KeyCode::Char('p'), KeyCode::Char('a'), KeyCode::Char('e')]);
    let screen = scene.draw(120, 40);
    let all: String = (0..40).map(|row| line(&screen, row)).collect();
    for said in [
        "not for a viewer: mark the talkgroup, or take the mark away; log in as a dispatcher for it",
        "not for a viewer: patch: join the marked talkgroups; log in as a dispatcher for it",
        "not for a viewer: acknowledge the chosen emergency; log in as a dispatcher for it",
    ] {
        assert!(all.contains(said), "{all}");
    }
}

#[test]
fn who_may_not_break_anything_is_told_who_may() {
    let mut scene = groups_of(Role::Dispatcher);
    scene.type_text("s");
    scene.press(&[KeyCode::Enter]);
    scene.type_text("TBFWe");
    let screen = scene.draw(120, 40);
    let all: String = (0..40).map(|row| line(&screen, row)).collect();
    for does in [
        "test the chosen slot by loop-back",
        "exercise: break the chosen slot",
        "exercise: break its whole carrier",
        "its carrier works again, with all its slots",
    ] {
        let said = format!("not for a dispatcher: {does}; log in as a supervisor for it");
        assert!(all.contains(&said), "{all}");
    }
}

/// An hour in which site 1 fills up, and who asks there waits ever longer.
fn an_hour() -> StatisticsPage {
    let to_s = 1_764_439_200;
    let row = |minute: u64, site: Option<u16>, share: f64| StatisticsRow {
        from_s: to_s - 3_600 + minute * 60,
        length_s: 60,
        site: site.and_then(SiteId::new),
        slots: 10.0,
        erlangs: share * 10.0,
        occupancy: Some(share),
        calls: 3,
        queued: minute as u32 / 20,
        refused: std::collections::BTreeMap::new(),
        wait: WaitView {
            count: minute as u32 / 20,
            mean_ms: (minute >= 20).then_some(minute * 400),
            p95_ms: None,
            max_ms: None,
        },
        control: ControlView::default(),
    };
    let rows = (0..60).flat_map(|minute| {
        let share = minute as f64 / 60.0;
        [row(minute, None, share / 2.0), row(minute, Some(1), share), row(minute, Some(2), 0.05)]
    });
    StatisticsPage { from_s: to_s - 3_600, to_s, step_s: 60, rows: rows.collect() }
}

#[test]
fn statistics_of_the_last_hour() {
    let mut scene = Scene::busy();
    scene.press(&[KeyCode::Char('h')]);
    check("statistics_on_their_way", &scene);
    scene.hear(Report::Statistics(Box::new(an_hour())));
    check("statistics", &scene);
}

#[test]
fn versions_of_the_configuration() {
    let mut scene = Scene::busy();
    let difference =
        |place: &str, field: Option<&str>, before: Option<&str>, after: Option<&str>| Difference {
            place: place.to_owned(),
            field: field.map(str::to_owned),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
    let version = |number, who, role, differences: Vec<Difference>| VersionView {
        version: ConfigurationVersion::new(number),
        at_us: 1_764_439_200_000_000 + number * 61_000_000,
        who: ConsoleName::new(who),
        role,
        from: None,
        differences_count: differences.len() as u64,
        differences,
    };
    let carriers = difference("site 3", Some("carriers"), Some("[12,14,16]"), Some("[12,14]"));
    let many: Vec<_> =
        (1..=9).map(|number| difference(&format!("talkgroup {number}"), None, None, Some("{}"))).collect();
    let hang = difference("talkgroup 41", Some("hang_time_ms"), Some("null"), Some("700"));
    let removed = difference("talkgroup 42", None, Some("{}"), None);
    let long = difference("site 3", Some("neighbours"), Some("[]"), Some(&"[1,2,3],".repeat(30)));
    let versions = vec![
        version(4, "desk", Some(Role::Administrator), vec![hang, removed]),
        version(3, "night shift", Some(Role::Administrator), vec![carriers, long]),
        version(2, "controller provision", None, many),
    ];
    scene.press(&[KeyCode::Char('n')]);
    scene.hear(Report::Versions(Box::new(Versions { versions })));
    check("configuration", &scene);
    scene.press(&[KeyCode::Down, KeyCode::Down]);
    check("configuration_much_changed", &scene);

    scene.hear(admitted(Role::Administrator));
    let device = |number: u16, settings_said| {
        let at = SlotAddress {
            carrier: trunklab_protocol::CarrierNumber::new(number * 10).unwrap(),
            slot: trunklab_protocol::SlotNumber::new(0).unwrap(),
        };
        DeviceView {
            site: SiteId::new(number).unwrap(),
            controls_held: vec![at],
            controls_said: vec![at],
            settings_held: Some(0x5a01_77f3),
            settings_said: Some(settings_said),
            differs: settings_said != 0x5a01_77f3,
        }
    };
    scene.hear(Report::Devices(vec![device(1, 0x5a01_77f3), device(2, 0x0bad_cafe)]));
    let (of, with) = (ConfigurationVersion::new(3), ConfigurationVersion::new(4));
    let hang = difference("talkgroup 41", Some("hang_time_ms"), Some("700"), Some("null"));
    let back = difference("talkgroup 42", None, None, Some("{}"));
    scene.press(&[KeyCode::Up, KeyCode::Char('R')]);
    scene.hear(Report::Compared(Ok(Comparison { of, with, differences: vec![hang, back] })));
    check("configuration_brought_back", &scene);
}

/// The list of units with one order of each outcome behind it, and the statuses of a fire brigade.
fn operated() -> Scene {
    let mut scene = Scene::busy();
    scene.hear(admitted(Role::Supervisor));
    let mut snapshot = scene.world.snapshot();
    let texts =
        ["On scene", "Returning", "At the station", "Out of service", "Needs more units", "At hospital"];
    snapshot.statuses = (1..)
        .zip(texts)
        .map(|(number, text)| StatusText {
            number: StatusNumber::new(number).expect("not zero"),
            text: text.to_owned(),
        })
        .collect();
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    scene.press(&[KeyCode::Char('U'), KeyCode::Char('/')]);
    scene.type_text("1017");
    scene.press(&[KeyCode::Enter]);
    scene
}

#[test]
fn orders_and_what_came_of_them() {
    let mut scene = operated();
    let unit = UnitId::new(1_017).unwrap();
    scene.type_text("Sy");
    scene.type_text("Ay");
    let why = "called unit is not registered".to_owned();
    scene.hear(Report::Answered { asked: Order::CallAlert { unit }.into(), answer: Err(why) });
    scene.type_text("i");
    check("units_status", &scene);
    scene.press(&[KeyCode::Enter]);
    let number = StatusNumber::new(1).unwrap();
    let asked = Order::SendStatus { to: unit.into(), number }.into();
    scene.hear(Report::Answered { asked, answer: Ok(()) });
    check("units_given", &scene);
    scene.type_text("O");
    scene.type_text("1018");
    scene.press(&[KeyCode::Enter]);
    check("units_monitor", &scene);
    scene.type_text("nV");
    let services = Services::ALL.without(Service::Telephone);
    let rights = UnitRights { unit, priority: Priority::new(7).unwrap(), services };
    scene.hear(Report::Rights(Ok(rights)));
    check("units_rights", &scene);
    scene.press(&[KeyCode::Esc, KeyCode::Char('P')]);
    scene.hear(Report::Rights(Ok(rights)));
    check("units_priority", &scene);
}

fn alarm(counter: u32, kind: AlarmKind, object: AlarmObject) -> NetworkAlarm {
    NetworkAlarm {
        id: AlarmId { epoch: Epoch::new(5).expect("5 is an epoch"), counter },
        kind,
        severity: kind.severity(),
        object,
        since: Some(Moment::from_micros(u64::from(counter) * 60_000_000)),
        count: counter,
        flapping: false,
        acknowledged_by: None,
    }
}

#[test]
fn alarms() {
    let mut scene = Scene::busy();
    let site = SiteId::new(3).unwrap();
    let at = SlotAddress::first_of(trunklab_protocol::CarrierNumber::new(12).unwrap());
    let unit = AlarmObject::Unit(UnitId::new(1_017).unwrap());
    let mut snapshot = scene.world.snapshot();
    snapshot.alarms = vec![
        alarm(1, AlarmKind::SlotFaulty, AlarmObject::Slot { site, at }),
        NetworkAlarm {
            acknowledged_by: Some(ConsoleName::new("desk")),
            flapping: true,
            ..alarm(2, AlarmKind::SiteLost, AlarmObject::Site(site))
        },
        NetworkAlarm { since: None, ..alarm(3, AlarmKind::StoreFailing, AlarmObject::System) },
        alarm(4, AlarmKind::IdentityCloned, unit),
        alarm(5, AlarmKind::ServedAlone, AlarmObject::Site(site)),
        alarm(6, AlarmKind::SwitchFaulty, AlarmObject::Switch),
        alarm(7, AlarmKind::ControllerOverloaded, AlarmObject::System),
        alarm(8, AlarmKind::SiteTaken, AlarmObject::Site(site)),
    ];
    snapshot.sites.iter_mut().filter(|view| view.site == site).for_each(|view| view.faulty = vec![at]);
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    scene.press(&[KeyCode::Char('w'), KeyCode::Down, KeyCode::Down]);
    check("alarms", &scene);
}

#[test]
fn messages() {
    let mut scene = operated();
    let mut snapshot = scene.world.snapshot();
    snapshot.statuses.push(StatusText { number: StatusNumber::new(1).unwrap(), text: "On scene".to_owned() });
    let unit = |number| UnitId::new(number).unwrap();
    let status = MessageKind::Status(StatusNumber::new(1).unwrap());
    let view = |counter, kind, from: u32, to, stage| MessageView {
        message: MessageId { epoch: Epoch::new(7).unwrap(), counter },
        kind,
        from: Sender::Unit(unit(from)),
        to,
        requested: snapshot.at,
        stage,
    };
    let messages = vec![
        view(1, status, 1_017, None, MessageStage::Delivered),
        view(
            2,
            MessageKind::CallAlert,
            1_018,
            Some(unit(1_017).into()),
            MessageStage::Over(Cause::AlertAnswered),
        ),
        view(3, status, 1_019, None, MessageStage::Delivered),
        view(4, status, 1_020, Some(unit(9_999).into()), MessageStage::Refused(Cause::CalledUnknown)),
    ];
    snapshot.messages = messages;
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    scene.press(&[KeyCode::Char('M'), KeyCode::Down, KeyCode::Char(' ')]);
    check("messages", &scene);
}

/// A call in which unit 1018 listens to unit 1017.
fn monitor(snapshot: &Snapshot) -> CallView {
    let (caller, called) = (UnitId::new(1_017).expect("not zero"), UnitId::new(1_018).expect("not zero"));
    CallView {
        call: CallId { node: NodeId::new(1).expect("not zero"), epoch: snapshot.epoch, counter: 9 },
        parties: Parties::Pair(Pair { caller, called }),
        talker: Some(caller),
        priority: Priority::LOWEST,
        emergency: false,
        duplex: false,
        area: None,
        since: snapshot.at,
        sites: Vec::new(),
        waiting: Vec::new(),
        monitored_by: Some(ConsoleName::new("anna")),
    }
}

#[test]
fn who_is_monitored_is_seen_on_every_screen() {
    let mut scene = Scene::new(Theme::Plain);
    let mut snapshot = scene.world.snapshot();
    snapshot.calls.push(monitor(&snapshot));
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::BeginsHere });
    for screen in ["o", "s", "U", "M", "e", "?"] {
        scene.type_text(screen);
        let says = line(&scene.draw(80, 24), 2);
        assert!(
            says.starts_with(" -  MONITORED unit 1017: unit 1018 listens by order of anna, for 0:00"),
            "{says}"
        );
    }
}

/// Unit 1017 as the controller describes it.
fn sheet() -> UnitSheet {
    let number = |number: u64| serde_json::json!(number);
    let sheet = serde_json::json!({
        "subscription": {
            "unit": 1_017, "imei": number(350_000_000_000_017), "imsi": number(999_990_000_001_017), "fleet": 3, "member": 17,
            "talkgroups": [41, 42], "sites": [1, 2], "home_site": 1, "priority": 7, "services": ["individual", "emergency"],
            "floor_demand": "high", "emergency_talkgroup": 42, "duplex": true,
        },
        "state": {
            "orders": {
                "unit": 1_017, "condition": "active", "regrouped": { "talkgroup": 42, "locked": true },
                "pending": [{ "of_radio": { "check": {} }, "by": "anna" }],
            },
            "visit": {
                "site": 2, "reachable": true, "since": 300_000_000, "heard": 740_000_000,
                "named": { "imsi": number(999_990_000_001_017) }, "equipment": number(350_000_000_000_017),
                "talkgroup": 42, "scans": [41],
            },
            "call": null,
        },
    });
    serde_json::from_value(sheet).expect("the controller writes it so")
}

#[test]
fn one_unit_as_it_is_set_up() {
    let mut scene = operated();
    scene.press(&[KeyCode::Enter]);
    check("unit_on_its_way", &scene);
    let unit = UnitId::new(1_017).unwrap();
    scene.hear(Report::Unit(UnitId::new(1_018).unwrap(), Err("another's".to_owned())));
    scene.hear(Report::Unit(unit, Ok(Box::new(sheet()))));
    check("unit", &scene);
    let mut bare = sheet();
    bare.state.visit = None;
    bare.state.orders = UnitView { regrouped: None, pending: Vec::new(), ..bare.state.orders };
    bare.subscription = serde_json::from_value(serde_json::json!({ "unit": 1_017 })).unwrap();
    scene.hear(Report::Unit(unit, Ok(Box::new(bare))));
    check("unit_bare", &scene);
    scene.hear(Report::Unit(unit, Err("there is no such unit".to_owned())));
    check("unit_refused", &scene);
}

#[test]
fn who_is_listened_to_stands_in_the_list_of_units() {
    let mut scene = operated();
    let mut snapshot = scene.world.snapshot();
    snapshot.calls.push(monitor(&snapshot));
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    check("units_monitored", &scene);
    scene.type_text("O");
    check("units_monitor_ends", &scene);
}

#[test]
fn a_low_screen_shows_all_keys_line_by_line() {
    let mut scene = Scene::busy();
    scene.type_text("U?");
    let mut seen = scene.draw(80, 24).to_string();
    assert!(!seen.contains("leave the console"), "{seen}");
    for _ in 0..40 {
        scene.press(&[KeyCode::Down]);
        seen += &scene.draw(80, 24).to_string();
    }
    for row in trunklab_console::keys::tables(&trunklab_console::model::Screen::Units).concat() {
        assert!(seen.contains(row.does), "{}", row.does);
    }
}
