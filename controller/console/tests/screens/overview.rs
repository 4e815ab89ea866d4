//! The first screen: the network at a glance, and help.

use crossterm::event::KeyCode;
use trunklab_console::conn::Report;
use trunklab_console::update::{Message, update};
use trunklab_console::{Model, Theme};
use trunklab_protocol::Span;
use trunklab_protocol::operator::EventKind;

use crate::invented::world::World;
use crate::{Scene, check};

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
