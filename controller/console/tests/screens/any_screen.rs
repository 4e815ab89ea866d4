//! What holds on every screen: colour, size, keys that cannot be used now, who is listened to.

use crossterm::event::KeyCode;
use ratatui::style::Color;
use trunklab_console::Theme;
use trunklab_console::conn::Report;
use trunklab_console::model::Stream;

use crate::{Scene, line, monitor};

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
