//! What an operator does and looks after: orders, alarms, statistics, configuration.

use crossterm::event::KeyCode;
use trunklab_console::conn::Report;
use trunklab_console::model::{Comparison, DeviceView, Stream, UnitRights};
use trunklab_protocol::operator::{
    AlarmId, AlarmKind, AlarmObject, ConfigurationVersion, ConsoleName, ControlView, Difference,
    NetworkAlarm, Order, Role, StatisticsPage, StatisticsRow, VersionView, Versions, WaitView,
};
use trunklab_protocol::{
    Epoch, Moment, Priority, Service, Services, SiteId, SlotAddress, StatusNumber, UnitId,
};

use crate::{Scene, admitted, check, operated};

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
