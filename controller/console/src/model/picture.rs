//! Snapshots and events travel on two connections and may overtake each other. Here they are put in order: an event
//! counts once, a gap is noticed, and a snapshot that is older than the events heard has them folded over it.

use trunklab_protocol::operator::{Event, EventKind, Snapshot};
use trunklab_protocol::{Cause, Moment};

use super::fold::{Grasp, fold};
use super::log::Grade;
use super::{Entry, Model};
use crate::sentence;

/// Events kept to be folded over a snapshot that was under way while they came.
const RECENT_MAX: usize = 1_024;

/// What an event was to the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was heard before, or no snapshot is here to be changed by it.
    Old,
    /// The next one.
    Next(Grasp),
    /// Events before it are missing: a new snapshot is due.
    AfterGap,
}

/// Where the events that follow a snapshot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// After the last event heard: what the snapshot already holds may still come, for the log.
    GoesOn,
    /// After the snapshot: what lies between is not told.
    BeginsHere,
}

/// When and why a site was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// When.
    pub at: Moment,
    /// Why.
    pub cause: Cause,
}

/// An event of a kind that this console does not know: the controller is newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEvent {
    /// Its place in the order of events.
    pub sequence: u64,
    /// When.
    pub at: Moment,
    /// The name of its kind.
    pub name: String,
}

/// Takes in one event: the picture, the log and the clock go on by it.
pub fn apply(model: &mut Model, event: Event) -> Heard {
    let heard = model.hear(event.sequence, event.at);
    if heard == Heard::Old {
        return heard;
    }
    let picture = model.picture.as_mut().expect("without a picture every event is old");
    // The sentence names what the event is about to take away, so it is written first.
    let entry =
        Entry::new(event.at, sentence::grade(&event.kind, picture), sentence::of(&event.kind, picture));
    let grasp = if event.sequence > picture.sequence { fold(picture, &event) } else { Grasp::Whole };
    note_service(model, &event);
    model.given.hear(&event.kind, model.operator.as_ref());
    model.log.push(entry);
    if model.recent.len() == RECENT_MAX {
        model.recent.pop_front();
    }
    model.recent.push_back(event);
    if heard == Heard::AfterGap { heard } else { Heard::Next(grasp) }
}

fn note_service(model: &mut Model, event: &Event) {
    if let EventKind::SiteLost { site, cause } = event.kind {
        model.losses.insert(site, Loss { at: event.at, cause });
    } else if let EventKind::SiteInFailsoft { site } = event.kind {
        model.losses.insert(site, Loss { at: event.at, cause: Cause::SiteInFailsoft });
    } else if let EventKind::SiteUp { site, .. } = event.kind {
        model.losses.remove(&site);
    }
}

impl Model {
    /// Takes in an event that cannot be read, so that at least its place is known.
    pub fn apply_unknown(&mut self, event: UnknownEvent) -> Heard {
        let heard = self.hear(event.sequence, event.at);
        if heard == Heard::Old {
            return heard;
        }
        self.log.push(Entry::new(
            event.at,
            Grade::Notice,
            format!("the controller reports \"{}\", which this console does not know", event.name),
        ));
        self.recent.clear();
        Heard::Next(Grasp::Partial)
    }

    /// Takes in a snapshot. False where it is too old for the events heard: another one is due.
    #[must_use]
    pub fn take_snapshot(&mut self, snapshot: Snapshot, stream: Stream) -> bool {
        let same_term = self.picture.as_ref().is_some_and(|known| known.epoch == snapshot.epoch);
        let followed = if !same_term {
            self.begin(snapshot);
            true
        } else if stream == Stream::BeginsHere {
            let missed = snapshot.sequence.saturating_sub(self.heard);
            if missed > 0 {
                let text = format!("{missed} events were missed: the controller no longer had them");
                self.log.push(Entry::new(snapshot.at, Grade::Warning, text));
            }
            self.heard = snapshot.sequence;
            self.recent.clear();
            self.picture = Some(snapshot);
            true
        } else {
            self.refresh(snapshot)
        };
        let Some(picture) = &self.picture else { return followed };
        self.now = self.now.max(picture.at);
        let in_service = |site| picture.sites.iter().any(|view| view.site == site && view.in_service);
        self.losses.retain(|site, _| !in_service(*site));
        self.seen.retain(|message| picture.messages.iter().any(|view| view.message == *message));
        followed
    }

    /// The first snapshot of a term of office: what was known before is another network.
    fn begin(&mut self, snapshot: Snapshot) {
        if let Some(known) = &self.picture {
            let text =
                format!("the controller was started again: epoch {} follows {}", snapshot.epoch, known.epoch);
            self.log.push(Entry::new(snapshot.at, Grade::Warning, text));
        }
        self.now = snapshot.at;
        self.heard = snapshot.sequence;
        self.recent.clear();
        self.losses.clear();
        self.picture = Some(snapshot);
    }

    fn refresh(&mut self, mut snapshot: Snapshot) -> bool {
        let first_needed = snapshot.sequence + 1;
        if snapshot.sequence < self.heard {
            let reaches_back = self.recent.front().is_some_and(|event| event.sequence <= first_needed);
            if !reaches_back {
                return false;
            }
            for event in self.recent.iter().filter(|event| event.sequence >= first_needed) {
                fold(&mut snapshot, event);
            }
        }
        self.picture = Some(snapshot);
        true
    }

    /// Puts an event's number in the order of what was heard.
    fn hear(&mut self, sequence: u64, at: Moment) -> Heard {
        if self.picture.is_none() || sequence <= self.heard {
            return Heard::Old;
        }
        let missed = sequence - self.heard - 1;
        self.heard = sequence;
        self.now = self.now.max(at);
        if missed == 0 {
            return Heard::Next(Grasp::Whole);
        }
        self.recent.clear();
        self.log.push(Entry::new(at, Grade::Warning, format!("{missed} events are missing before the next")));
        Heard::AfterGap
    }
}
