//! The keys of a handset in a terminal, as tables that the last line of the screen prints, and the number that is dialled.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use trunklab_protocol::{CallSetup, StatusNumber, UnitId};
use trunklab_terminal_core::handset::{HandsetView, Phase};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Talk,
    Emergency,
    Alarm,
    Answer,
    HangUp,
    /// One more digit of a unit's number.
    Digit(char),
    /// Takes the last one away.
    Erase,
    /// Forgets the number.
    DropNumber,
    /// Calls the unit whose number it is.
    Ring(CallSetup),
    /// Alerts it.
    Alert,
    /// Tells the status whose number it is to the talkgroup; `STATUS*UNIT` tells it to a unit.
    Status,
    /// Tells it to the consoles.
    StatusToConsoles,
    /// Offers the statuses that there are.
    Statuses,
    /// The status before.
    PreviousStatus,
    /// The one after.
    NextStatus,
    /// Tells the chosen one.
    TellChosen,
    /// Tells it to the consoles.
    TellChosenToConsoles,
    /// Tells none.
    DropStatuses,
    NextTalkgroup,
    LastTalkgroup,
    Area,
    Power,
    Quit,
}

/// What the keys are for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The handset is off.
    Off,
    /// It is on.
    On,
    /// A number is being dialled.
    Dialling,
    /// A status is being chosen.
    Choosing,
}

/// A key, what it does, and the word in the last line; empty where that leaves it out.
type Row = (KeyCode, Deed, &'static str);

#[rustfmt::skip]
const ON: &[Row] = &[
    (KeyCode::Char(' '), Deed::Talk,          "space talk"),
    (KeyCode::Char('e'), Deed::Emergency,     "e/a emergency"),
    (KeyCode::Char('a'), Deed::Alarm,         ""),
    (KeyCode::Char('y'), Deed::Answer,        "y/n call"),
    (KeyCode::Char('n'), Deed::HangUp,        ""),
    (KeyCode::Char('0'), Deed::Digit('0'),    "0-9 dial"),
    (KeyCode::Char('1'), Deed::Digit('1'),    ""),
    (KeyCode::Char('2'), Deed::Digit('2'),    ""),
    (KeyCode::Char('3'), Deed::Digit('3'),    ""),
    (KeyCode::Char('4'), Deed::Digit('4'),    ""),
    (KeyCode::Char('5'), Deed::Digit('5'),    ""),
    (KeyCode::Char('6'), Deed::Digit('6'),    ""),
    (KeyCode::Char('7'), Deed::Digit('7'),    ""),
    (KeyCode::Char('8'), Deed::Digit('8'),    ""),
    (KeyCode::Char('9'), Deed::Digit('9'),    ""),
    (KeyCode::Char('*'), Deed::Digit('*'),    ""),
    (KeyCode::Up,        Deed::NextTalkgroup, "↑↓ tg"),
    (KeyCode::Down,      Deed::LastTalkgroup, ""),
    (KeyCode::Char('m'), Deed::Statuses,      "m status"),
    (KeyCode::Char('s'), Deed::Area,          ""),
    (KeyCode::Char('o'), Deed::Power,         ""),
    (KeyCode::Char('q'), Deed::Quit,          "q quit"),
    (KeyCode::Esc,       Deed::Quit,          ""),
];

#[rustfmt::skip]
const OFF: &[Row] = &[
    (KeyCode::Char('o'), Deed::Power, "o on"),
    (KeyCode::Char('q'), Deed::Quit,  "q quit"),
    (KeyCode::Esc,       Deed::Quit,  ""),
];

#[rustfmt::skip]
const DIALLING: &[Row] = &[
    (KeyCode::Char('r'),  Deed::Ring(CallSetup::Ringing),   "r ring"),
    (KeyCode::Char('d'),  Deed::Ring(CallSetup::Duplex),    "d both talk"),
    (KeyCode::Char('c'),  Deed::Ring(CallSetup::Immediate), "c call"),
    (KeyCode::Char('l'),  Deed::Alert,                      "l alert"),
    (KeyCode::Char('t'),  Deed::Status,                     "t/k/m status"),
    (KeyCode::Char('k'),  Deed::StatusToConsoles,           ""),
    (KeyCode::Backspace,  Deed::Erase,                      "← erase"),
    (KeyCode::Esc,        Deed::DropNumber,                 "Esc drop"),
];

#[rustfmt::skip]
const CHOOSING: &[Row] = &[
    (KeyCode::Up,         Deed::PreviousStatus,        "↑↓ choose"),
    (KeyCode::Down,       Deed::NextStatus,            ""),
    (KeyCode::Enter,      Deed::TellChosen,            "Enter tell"),
    (KeyCode::Char('k'),  Deed::TellChosenToConsoles,  "k tell the consoles"),
    (KeyCode::Esc,        Deed::DropStatuses,          "Esc drop"),
];

impl Mode {
    /// Of a handset at which this number is being dialled.
    pub(super) fn of(view: Option<&HandsetView>, number: &Number, choice: Option<&Choice>) -> Self {
        match view {
            Some(HandsetView { phase: Phase::Off, .. }) => Self::Off,
            _ if choice.is_some() => Self::Choosing,
            _ if number.is_empty() => Self::On,
            _ => Self::Dialling,
        }
    }

    /// Its tables, in the order in which they are read. Who dials may be in need as well: everything else still holds.
    fn tables(self) -> &'static [&'static [Row]] {
        match self {
            Self::Off => &[OFF],
            Self::On => &[ON],
            Self::Dialling => &[DIALLING, ON],
            Self::Choosing => &[CHOOSING, ON],
        }
    }

    /// What a key does.
    pub(super) fn lookup(self, key: KeyEvent) -> Option<Deed> {
        // A terminal in raw mode makes no signal of ^C; nor is ^E the key of an emergency.
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return (key.code == KeyCode::Char('c')).then_some(Deed::Quit);
        }
        let mut rows = self.tables().iter().flat_map(|table| table.iter());
        rows.find(|(code, ..)| *code == key.code).map(|(_, deed, _)| *deed)
    }

    /// The last line of the screen.
    pub(super) fn help(self) -> String {
        let words = self.tables()[0].iter().map(|(_, _, text)| *text).filter(|text| !text.is_empty());
        words.collect::<Vec<_>>().join(" · ")
    }
}

/// The number of a unit or a status as far as it is dialled; `3*1018` is status 3 for unit 1018.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Number(String);

impl Number {
    /// Digits of the longest number of a status, a star, and those of the longest number of a unit.
    const DIGITS_MAX: usize = 5 + 1 + 8;

    /// Whether nothing is dialled.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One more digit; more than a number has are not taken.
    pub(super) fn push(&mut self, digit: char) {
        if self.0.len() < Self::DIGITS_MAX {
            self.0.push(digit);
        }
    }

    /// Takes the last digit away.
    pub(super) fn erase(&mut self) {
        self.0.pop();
    }

    /// Forgets it.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// As the display shows it.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The status, and whom it is for if that was dialled as well.
    pub(super) fn status(&self) -> Option<(StatusNumber, Option<UnitId>)> {
        let (status, unit) = match self.0.split_once('*') {
            Some((status, unit)) => (status, Some(unit.parse().ok().and_then(UnitId::new)?)),
            None => (self.0.as_str(), None),
        };
        Some((status.parse().ok().and_then(StatusNumber::new)?, unit))
    }

    /// The unit, if it is one's number.
    pub(super) fn unit(&self) -> Option<UnitId> {
        self.0.parse().ok().and_then(UnitId::new)
    }
}

/// The status that is being chosen, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    /// Its line in the list.
    pub(super) line: usize,
    /// The unit; `None`: the selected talkgroup.
    pub(super) unit: Option<UnitId>,
}

impl Choice {
    /// The line that a key leads to, in a list of so many.
    pub(super) fn stepped(self, by: isize, count: usize) -> Self {
        let line = self.line.saturating_add_signed(by).min(count.saturating_sub(1));
        Self { line, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [Mode; 4] = [Mode::Off, Mode::On, Mode::Dialling, Mode::Choosing];

    #[test]
    fn the_last_line_fits_a_screen_of_eighty_columns() {
        for mode in MODES {
            // Two for the frame, two for the air beside the text.
            assert!(mode.help().chars().count() <= 80 - 4, "{mode:?}: {}", mode.help());
        }
    }

    #[test]
    fn every_mode_can_be_quit_and_no_key_stands_twice_in_a_table() {
        for mode in MODES {
            assert_eq!(mode.lookup(KeyCode::Char('q').into()), Some(Deed::Quit), "{mode:?}");
            for table in mode.tables() {
                for (index, (key, ..)) in table.iter().enumerate() {
                    assert!(table[..index].iter().all(|(other, ..)| other != key), "{mode:?}: {key:?}");
                }
            }
        }
    }

    #[test]
    fn a_number_is_dialled_and_rung() {
        let mut number = Number::default();
        assert_eq!(Mode::On.lookup(KeyCode::Char('d').into()), None, "nothing is dialled");
        "10189".chars().for_each(|digit| number.push(digit));
        number.erase();
        assert_eq!(number.unit(), UnitId::new(1018));
        let ring = Mode::Dialling.lookup(KeyCode::Char('d').into());
        assert_eq!(ring, Some(Deed::Ring(CallSetup::Duplex)));
        let emergency = Mode::Dialling.lookup(KeyCode::Char('e').into());
        assert_eq!(emergency, Some(Deed::Emergency), "also while a number is dialled");
        assert_eq!(Mode::Dialling.lookup(KeyCode::Esc.into()), Some(Deed::DropNumber));
    }

    #[test]
    fn a_choice_stays_within_the_list_and_who_chooses_may_be_in_need() {
        let choice = Choice { line: 0, unit: None };
        assert_eq!(choice.stepped(-1, 3).line, 0);
        assert_eq!(choice.stepped(1, 3).stepped(1, 3).stepped(1, 3).line, 2);
        assert_eq!(Mode::Choosing.lookup(KeyCode::Char('e').into()), Some(Deed::Emergency));
        assert_eq!(Mode::Choosing.lookup(KeyCode::Esc.into()), Some(Deed::DropStatuses));
        assert_eq!(Mode::of(None, &Number::default(), Some(&choice)), Mode::Choosing);
    }

    #[test]
    fn a_status_is_dialled_with_or_without_its_unit() {
        let dialled = |text: &str| {
            let mut number = Number::default();
            text.chars().for_each(|digit| number.push(digit));
            number.status().map(|(status, unit)| (status.number(), unit.map(UnitId::number)))
        };
        assert_eq!(dialled("3"), Some((3, None)));
        assert_eq!(dialled("3*1018"), Some((3, Some(1018))));
        for wrong in ["0", "65536", "*1018", "3*", "3*0", "3*1*8"] {
            assert_eq!(dialled(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_units_number_rings_nobody() {
        let mut number = Number::default();
        "999999999999999".chars().for_each(|digit| number.push(digit));
        assert_eq!((number.text(), number.unit()), ("99999999999999", None));
        number.clear();
        assert_eq!((number.is_empty(), number.unit()), (true, None));
    }
}
