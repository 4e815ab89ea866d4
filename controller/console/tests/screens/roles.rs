//! Who the operator is, and what that allows.

use crossterm::event::KeyCode;
use ratatui::style::Modifier;
use trunklab_console::keys::lookup;
use trunklab_console::update::{Message, update};
use trunklab_protocol::operator::Role;

use crate::{Scene, admitted, line};

/// The talkgroups, as an operator of this role sees them.
fn groups_of(role: Role) -> Scene {
    let mut scene = Scene::busy();
    scene.hear(admitted(role));
    scene.press(&[KeyCode::Char('t')]);
    scene
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
