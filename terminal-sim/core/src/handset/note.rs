//! Words that go beside all that a handset does else: on the control channel, or by a talker in the place of a burst of speech. They wait
//! for one another.

use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{Cause, Moment, Press};

use super::access::{Access, Persistence, Step};
use super::call::Activity;
use super::radio::{Turn, transmit};
use super::service::Service;
use super::timers::WORKING;
use crate::deadline::{Deadline, Why};
use crate::output::HandsetEvent;

/// Words that may wait for one another; beyond it a word is not said.
const NOTES_MAX: usize = 8;

/// A word on its way.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) press: Press,
    pub(super) word: UplinkWord,
    pub(super) purpose: Purpose,
    way: Option<Way>,
}

/// What a word is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It tells the user's message: the user learns what becomes of it.
    Message,
    /// It takes the user's message back.
    Cancel,
    /// It says something to a message of another.
    Answer,
}

#[derive(Debug, Clone)]
enum Way {
    /// On the control channel.
    Control(Access),
    /// On the slot on which the handset talks, in the place of speech.
    Talk { tries: u8, next: Moment },
}

impl Note {
    pub(super) fn new(press: Press, word: UplinkWord, purpose: Purpose) -> Self {
        Self { press, word, purpose, way: None }
    }

    /// The word's way on the control channel.
    pub(super) fn access_mut(&mut self) -> Option<&mut Access> {
        match &mut self.way {
            Some(Way::Control(access)) => Some(access),
            Some(Way::Talk { .. }) | None => None,
        }
    }
}

impl Service {
    /// One more word to say.
    pub(super) fn add_note(&mut self, turn: &mut Turn<'_>, note: Note) {
        if self.notes.len() >= NOTES_MAX {
            if note.purpose == Purpose::Message {
                turn.tell(HandsetEvent::MessageRefused { cause: Cause::TooManyMessages });
            }
            return;
        }
        self.notes.push_back(note);
        self.send_note_off(turn.now);
    }

    /// The word with this number was answered: the next one.
    pub(super) fn end_note(&mut self, turn: &Turn<'_>, press: Press) -> Option<Note> {
        let place = self.notes.iter().position(|note| note.press == press && note.way.is_some())?;
        let note = self.notes.remove(place);
        self.send_note_off(turn.now);
        note
    }

    /// The network works on the word with this number; for what is not a message that is the answer. True where there is such a word.
    pub(super) fn note_worked_on(&mut self, turn: &Turn<'_>, press: Press) -> bool {
        let Some(note) = self.notes.front_mut().filter(|note| note.press == press) else { return false };
        if note.purpose == Purpose::Answer {
            self.end_note(turn, press);
            return true;
        }
        match &mut note.way {
            Some(Way::Control(access)) => access.be_patient(turn.now, WORKING),
            Some(Way::Talk { tries, next }) if *tries > 0 => *next = turn.now + WORKING,
            Some(Way::Talk { .. }) | None => {}
        }
        true
    }

    /// When the first word is to be said.
    pub(super) fn note_deadline(&self) -> Option<Deadline> {
        let note = self.notes.front()?;
        match &note.way {
            Some(Way::Control(access)) => Some(Deadline { why: Why::Note, ..access.deadline() }),
            // While we talk the next burst of speech says it.
            Some(Way::Talk { .. }) if self.is_sending() => None,
            Some(Way::Talk { .. }) | None => Some(Deadline { at: Moment::ORIGIN, why: Why::Note }),
        }
    }

    /// To be called when that deadline has come.
    pub(super) fn fire_note(&mut self, turn: &mut Turn<'_>) {
        let sending = self.is_sending();
        let Some(note) = self.notes.front_mut() else { return };
        let Some(Way::Control(access)) = note.way.as_mut().filter(|_| !sending) else {
            return self.send_note_off(turn.now);
        };
        if access.gives_way(turn.now, &self.camp, self.last_sent) {
            return;
        }
        match access.fire(turn.now, &self.camp, &mut turn.radio.dice) {
            Step::Wait => {}
            Step::GiveUp => self.note_unanswered(turn),
            Step::Send(place) => {
                self.last_sent = Some(place);
                transmit(&self.camp, Some(&self.session), place, note.word.clone(), turn.out);
            }
        }
    }

    /// What is said in the place of a talker's next burst of speech, if anything is.
    pub(super) fn note_instead(&mut self, turn: &mut Turn<'_>) -> Option<UplinkWord> {
        if !matches!(self.activity, Activity::Talking(_) | Activity::Conversing(_)) {
            return None;
        }
        self.send_note_off(turn.now);
        let note = self.notes.front_mut()?;
        let Some(Way::Talk { tries, next }) = &mut note.way else { return None };
        if turn.now < *next {
            return None;
        }
        if *tries >= self.camp.access.tries.max(1) {
            self.note_unanswered(turn);
            return None;
        }
        *tries += 1;
        let beat = self.camp.profile.uplink_cadence(Channel::Traffic);
        *next = turn.now + beat.start(u32::from(self.camp.access.wait.max(1)));
        Some(note.word.clone())
    }

    /// The first word gets the way that is open now.
    fn send_note_off(&mut self, now: Moment) {
        let sending = self.is_sending();
        let Some(note) = self.notes.front_mut() else { return };
        match &note.way {
            Some(Way::Talk { .. }) if sending => {}
            Some(Way::Control(_)) if !sending => {}
            Some(_) | None if sending => note.way = Some(Way::Talk { tries: 0, next: now }),
            Some(_) | None => {
                let persistence = Persistence::Request(RequestKind::Normal);
                let access = Access::on_control(&self.camp, note.word.clone(), persistence, now);
                note.way = Some(Way::Control(access));
            }
        }
    }

    fn note_unanswered(&mut self, turn: &mut Turn<'_>) {
        if let Some(note) = self.notes.pop_front()
            && note.purpose != Purpose::Answer
        {
            turn.tell(HandsetEvent::MessageRefused { cause: Cause::NoAnswer });
        }
        self.send_note_off(turn.now);
    }
}
