//! What the terminal tells, cut down to what matters here.

use crossterm::event::{Event, KeyEvent, KeyEventKind};

/// Something from the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key was pressed, or repeats while it is held.
    Key(KeyEvent),
    /// The screen has to be drawn anew.
    Redraw,
}

/// `None` for what the console does not use.
pub(crate) fn of(event: &Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        Event::Key(key) => Some(Input::Key(*key)),
        Event::Resize(..) | Event::FocusGained => Some(Input::Redraw),
        Event::FocusLost | Event::Mouse(_) | Event::Paste(_) => None,
    }
}
