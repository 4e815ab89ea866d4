//! What things look like, as one table. Meaning never hangs on colour alone: each role that matters has its mark.

use std::ffi::OsStr;

use ratatui::style::{Color as Paint, Modifier, Style};
use trunklab_protocol::Parties;

use crate::model::Grade;

/// Whether the console may use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// Yes, unless the environment says `NO_COLOR`.
    #[default]
    Auto,
    /// No.
    Never,
}

/// A set of looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's sixteen colours.
    Colour,
    /// Bold, dim and reverse alone.
    Plain,
}

/// What something is, for the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Text.
    Plain,
    /// Text of less weight: free slots, hints, column heads.
    Faint,
    /// A key that is not for the operator's role.
    Forbidden,
    /// A panel's title.
    Title,
    /// The chosen line.
    Chosen,
    /// A control channel.
    Control,
    /// A call that hangs.
    Hanging,
    /// Good news: the link is live.
    Good,
    /// Someone waits or was refused.
    Notice,
    /// Something is broken.
    Warning,
    /// An emergency.
    Emergency,
}

impl Theme {
    /// The theme for this choice and this value of `NO_COLOR` (any text but none forbids colour).
    pub fn choose(color: Color, no_color: Option<&OsStr>) -> Self {
        let forbidden = no_color.is_some_and(|value| !value.is_empty());
        match color {
            Color::Auto if !forbidden => Self::Colour,
            Color::Auto | Color::Never => Self::Plain,
        }
    }

    #[rustfmt::skip]
    pub(crate) fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let (colour, without) = match role {
            Role::Plain     => (plain,                                         plain),
            Role::Faint     => (plain.add_modifier(Modifier::DIM),             plain.add_modifier(Modifier::DIM)),
            Role::Forbidden => (plain.fg(Paint::DarkGray).add_modifier(Modifier::CROSSED_OUT), plain.add_modifier(Modifier::DIM.union(Modifier::CROSSED_OUT))),
            Role::Title     => (plain.fg(Paint::Cyan).add_modifier(Modifier::BOLD), plain.add_modifier(Modifier::BOLD)),
            Role::Chosen    => (plain.add_modifier(Modifier::REVERSED),        plain.add_modifier(Modifier::REVERSED)),
            Role::Control   => (plain.fg(Paint::Blue),                         plain),
            Role::Hanging   => (plain.fg(Paint::Yellow),                       plain),
            Role::Good      => (plain.fg(Paint::Green),                        plain),
            Role::Notice    => (plain.fg(Paint::Yellow),                       plain),
            Role::Warning   => (plain.fg(Paint::Red).add_modifier(Modifier::BOLD), plain.add_modifier(Modifier::BOLD)),
            Role::Emergency => (plain.fg(Paint::White).bg(Paint::Red).add_modifier(Modifier::BOLD),
                                plain.add_modifier(Modifier::BOLD.union(Modifier::REVERSED))),
        };
        match self {
            Self::Colour => colour,
            Self::Plain => without,
        }
    }

    /// The colour that a talkgroup, or a pair of units, keeps wherever it is shown.
    pub(crate) fn parties(self, parties: Parties) -> Style {
        const PAINTS: [Paint; 6] = [
            Paint::Green,
            Paint::Magenta,
            Paint::Cyan,
            Paint::LightGreen,
            Paint::LightMagenta,
            Paint::LightBlue,
        ];
        let number = match parties {
            Parties::Group(talkgroup) => usize::from(talkgroup.number()),
            Parties::Pair(pair) => pair.caller.number() as usize,
        };
        match self {
            Self::Colour => Style::new().fg(PAINTS[number % PAINTS.len()]),
            Self::Plain => Style::new(),
        }
    }

    pub(crate) fn grade(self, grade: Grade) -> Style {
        self.style(match grade {
            Grade::Normal => Role::Plain,
            Grade::Notice => Role::Notice,
            Grade::Warning => Role::Warning,
            Grade::Emergency => Role::Emergency,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_and_the_flag_are_both_obeyed() {
        assert_eq!(Theme::choose(Color::Auto, None), Theme::Colour);
        assert_eq!(Theme::choose(Color::Auto, Some(OsStr::new(""))), Theme::Colour);
        assert_eq!(Theme::choose(Color::Auto, Some(OsStr::new("1"))), Theme::Plain);
        assert_eq!(Theme::choose(Color::Never, None), Theme::Plain);
    }
}
