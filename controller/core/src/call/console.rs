//! Operators that talk from their consoles (clauses 12.3.8, 12.3.9 and 12.10.7).
//!
//! A console has a unit number, as which radios hear it, and is at no site: its call takes slots where somebody listens,
//! and its speech goes from the console to the voice switch, under a key that is drawn for the spurt. Whatever may happen
//! to a talker may happen to an operator; what a site would be told, the console is told.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::{ConsoleName, ConsoleView, TalkWord};
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::OpenConsole;
use trunklab_protocol::{CallId, Cause, Clause, Press, SpurtId, TalkgroupId, UnitId};

use super::caller::Caller;
use super::calls::Floor;
use super::queue::{Button, Patience, Recency, Request};
use super::table::{Event, State};
use crate::config::ConsoleUnit;
use crate::controller::Controller;
use crate::output::{Outbox, Output};

/// Consoles that may have a unit number.
pub const CONSOLES_MAX: usize = 100;

/// What an operator is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doing {
    /// Nothing that concerns call control.
    Idle,
    /// Waiting in the queue.
    Waiting,
    /// Talking in a call.
    Talking(CallId),
}

/// A console whose operator may talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Console {
    /// Its name.
    pub name: ConsoleName,
    /// As whom radios hear it.
    pub unit: UnitId,
    /// What its operator is doing.
    pub doing: Doing,
    /// Counts its requests.
    talks: u16,
    /// The talkgroups that were joined for its request, by one of them: parted if no call comes of it.
    joined: Option<TalkgroupId>,
    /// The key of its spurt.
    key: Option<VoiceKey>,
}

/// Secrets stay out of a digest.
impl std::hash::Hash for Console {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.unit, self.doing, self.talks, self.joined).hash(state);
    }
}

/// The consoles whose operators may talk, in order of their names.
#[derive(Debug, Clone, Default, Hash)]
pub struct Consoles {
    rows: Vec<Console>,
}

impl Consoles {
    /// The console that radios hear as this unit.
    pub fn of(&self, unit: UnitId) -> Option<&Console> {
        self.rows.iter().find(|row| row.unit == unit)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Console> + '_ {
        self.rows.iter()
    }

    /// What operators are shown.
    pub fn views(&self) -> Vec<ConsoleView> {
        self.rows.iter().map(|row| ConsoleView { name: row.name.clone(), unit: row.unit }).collect()
    }

    fn named(&self, name: &ConsoleName) -> Option<&Console> {
        self.rows.iter().find(|row| row.name == *name)
    }

    fn of_mut(&mut self, unit: UnitId) -> Option<&mut Console> {
        self.rows.iter_mut().find(|row| row.unit == unit)
    }
}

impl Controller {
    /// The consoles that may talk are these from now on. One that is no more, or has another number, ends its talk.
    pub(crate) fn provision_consoles(
        &mut self,
        consoles: &[ConsoleUnit],
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        self.check_consoles(consoles)?;
        let stays = |row: &Console| {
            consoles.iter().any(|console| (&console.name, console.unit) == (&row.name, row.unit))
        };
        let gone: Vec<_> = self.consoles.rows.iter().filter(|row| !stays(row)).map(|row| row.unit).collect();
        for unit in gone {
            self.end_talk_of(unit, out);
            self.consoles.rows.retain(|row| row.unit != unit);
        }
        for ConsoleUnit { name, unit } in consoles {
            if self.consoles.of(*unit).is_none() {
                let (name, doing) = (name.clone(), Doing::Idle);
                self.consoles.rows.push(Console {
                    name,
                    unit: *unit,
                    doing,
                    talks: 0,
                    joined: None,
                    key: None,
                });
            }
        }
        self.consoles.rows.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(())
    }

    fn check_consoles(&self, consoles: &[ConsoleUnit]) -> Result<(), Cause> {
        let is_twice = |(index, console): (usize, &ConsoleUnit)| {
            consoles[..index].iter().any(|other| other.name == console.name || other.unit == console.unit)
        };
        match () {
            () if consoles.len() > CONSOLES_MAX => Err(Cause::RegisterFull),
            () if consoles.iter().enumerate().any(is_twice) => Err(Cause::FieldOutOfRange),
            // Nobody may be taken for a radio.
            () if consoles.iter().any(|console| self.home.unit(console.unit).is_some()) => {
                Err(Cause::FieldOutOfRange)
            }
            () => Ok(()),
        }
    }

    /// An operator wants to talk to talkgroups: the floor of their call, or a call. What comes of it the console is told.
    pub(crate) fn talk(
        &mut self,
        talkgroups: &[TalkgroupId],
        by: &ConsoleName,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let console = self.consoles.named(by).ok_or(Cause::NoConsoleUnit)?;
        let unit = console.unit;
        if console.doing != Doing::Idle {
            return Err(Cause::WrongState);
        }
        let own = *talkgroups.first().ok_or(Cause::FieldOutOfRange)?;
        if talkgroups.iter().any(|talkgroup| self.talkgroups.get(*talkgroup).is_none()) {
            return Err(Cause::UnknownTalkgroup);
        }
        let joined = self.join_for_talk(talkgroups, by, out)?;
        let row = self.talkgroups.get(own).expect("the talkgroup was checked");
        let priority = row.config.priority;
        let console = self.consoles.of_mut(unit).expect("the console was found");
        console.talks = console.talks.wrapping_add(1);
        console.joined = joined.then_some(own);
        let press = Press::new(console.talks).expect("every number is a press");
        self.arrivals += 1;
        let request = Request {
            unit,
            press,
            parties: own.into(),
            area: None,
            kind: RequestKind::Normal,
            priority,
            standing: priority,
            recency: Recency::Recent,
            caller: Caller::Console,
            button: Button::Down,
            patience: Patience::Lasting,
            requested: self.now,
            arrival: self.arrivals,
        };
        self.consider(request, State::New, out);
        Ok(())
    }

    /// Several talkgroups are joined for one call, unless they have one in common; `true` where they were joined here.
    /// The calls that some of them have end, but no emergency's.
    fn join_for_talk(
        &mut self,
        talkgroups: &[TalkgroupId],
        by: &ConsoleName,
        out: &mut Outbox,
    ) -> Result<bool, Cause> {
        let mut chosen = talkgroups.to_vec();
        chosen.sort_unstable();
        chosen.dedup();
        let call_of = |talkgroup: &TalkgroupId| self.talkgroups.get(*talkgroup).and_then(|row| row.call);
        let mut calls: Vec<_> = chosen.iter().map(call_of).collect();
        calls.sort_unstable();
        calls.dedup();
        if chosen.len() == 1 || matches!(calls[..], [Some(_)]) {
            return Ok(false);
        }
        let calls: Vec<CallId> = calls.into_iter().flatten().collect();
        let is_emergency =
            |call: &CallId| self.calls.get(*call).is_some_and(|call| call.kind == RequestKind::Emergency);
        if calls.iter().any(is_emergency) {
            return Err(Cause::EmergencyGoesOn);
        }
        let stood = self.are_joined(&chosen);
        if !stood {
            self.multiselect(&chosen, by, out)?;
        }
        for call in calls {
            self.advance_call(call, Event::AnnouncementComes, out);
        }
        // The end of a call may have parted what was joined for it alone.
        let stands = self.are_joined(&chosen);
        if !stands {
            self.multiselect(&chosen, by, out)?;
        }
        Ok(!(stood && stands))
    }

    fn are_joined(&self, chosen: &[TalkgroupId]) -> bool {
        let patch = chosen.first().and_then(|first| self.patches.of(*first));
        patch.is_some_and(|patch| chosen.iter().all(|one| patch.talkgroups.contains(one)))
    }

    /// An operator's button comes up. Twice is harmless.
    pub(crate) fn end_talk(&mut self, by: &ConsoleName, out: &mut Outbox) -> Result<(), Cause> {
        let unit = self.consoles.named(by).ok_or(Cause::NoConsoleUnit)?.unit;
        self.end_talk_of(unit, out);
        Ok(())
    }

    fn end_talk_of(&mut self, unit: UnitId, out: &mut Outbox) {
        match self.consoles.of(unit).map(|console| console.doing) {
            Some(Doing::Waiting) => self.end_waiting(unit, Event::Cancelled, None, out),
            Some(Doing::Talking(call)) => self.advance_call(call, Event::PttReleased, out),
            Some(Doing::Idle) | None => {}
        }
    }

    /// The switch no longer hears a console.
    pub(crate) fn console_silent(&mut self, spurt: SpurtId, out: &mut Outbox) {
        let talks = |call: &CallId| self.is_talking(*call, spurt);
        let mut calls = self.consoles.iter().filter_map(|console| match console.doing {
            Doing::Talking(call) => Some(call),
            Doing::Idle | Doing::Waiting => None,
        });
        // One that has just ended is no news.
        let call = calls.find(talks);
        drop(calls);
        if let Some(call) = call {
            self.advance_call(call, Event::TalkerSilent, out);
        }
    }

    /// An operator waits.
    pub(crate) fn console_waits(&mut self, unit: UnitId, position: u16, out: &mut Outbox) {
        self.consoles.of_mut(unit).expect("an operator that waits has a console").doing = Doing::Waiting;
        self.tell_console_place(unit, position, out);
    }

    /// An operator's place has changed.
    pub(crate) fn tell_console_place(&mut self, unit: UnitId, position: u16, out: &mut Outbox) {
        self.tell_console(unit, TalkWord::Queued { position }, out);
    }

    /// A talkgroup has lost its last listener at a site: an operator that waits may have nobody left, and is looked at.
    pub(crate) fn listener_left(&mut self) {
        self.slots_freed |= self.consoles.iter().any(|console| console.doing == Doing::Waiting);
    }

    /// An operator waits no longer, whatever comes of the request.
    pub(crate) fn console_waits_no_more(&mut self, unit: UnitId) {
        self.consoles.of_mut(unit).expect("an operator that waits has a console").doing = Doing::Idle;
    }

    /// An operator does not get the floor; no unit of the field is meant by this.
    pub(crate) fn console_refused(&mut self, unit: UnitId, cause: Cause, out: &mut Outbox) {
        let Some(console) = self.consoles.of_mut(unit) else { return };
        let joined = console.joined.take();
        self.tell_console(unit, TalkWord::Refused { cause }, out);
        if let Some(talkgroup) = joined {
            self.one_call_is_over(talkgroup, out);
        }
    }

    /// An operator has the floor: its console learns where its speech goes, and under which key.
    pub(crate) fn console_granted(&mut self, unit: UnitId, call: CallId, spurt: SpurtId, out: &mut Outbox) {
        let key = self.random().voice_key();
        let switch = self.system.switch_address;
        let console = self.consoles.of_mut(unit).expect("an operator that talks has a console");
        (console.doing, console.joined, console.key) = (Doing::Talking(call), None, Some(key));
        self.tell_console(unit, TalkWord::Granted { call, spurt, switch, key }, out);
    }

    /// Somebody has the floor no longer; where that is an operator, its console is told.
    pub(crate) fn console_ended(&mut self, floor: &Floor, cause: Cause, out: &mut Outbox) {
        if !floor.claim.is_console() {
            return;
        }
        let console = self.consoles.of_mut(floor.unit).expect("an operator that talks has a console");
        (console.doing, console.key) = (Doing::Idle, None);
        self.tell_console(floor.unit, TalkWord::Ended { cause }, out);
    }

    /// A talker is warned; where that is an operator, its console is told.
    pub(crate) fn warn_console(&mut self, floor: &Floor, left_ms: u32, out: &mut Outbox) {
        if floor.claim.is_console() {
            self.tell_console(floor.unit, TalkWord::Warning { left_ms }, out);
        }
    }

    /// Tells the switch where an operator's voice goes.
    pub(crate) fn open_console_route(&mut self, id: CallId, out: &mut Outbox) {
        let call = self.calls.get(id).expect("a route belongs to a call that runs");
        let floor = call.floor.expect("an operator talks");
        let key = self.consoles.of(floor.unit).and_then(|console| console.key);
        let key = key.expect("an operator that talks has a key");
        let limits = call.legs.iter().filter_map(|leg| self.sites.get(leg.site));
        let silence_ms = limits.map(|row| row.config.talker_silence_ms).max().unwrap_or_default();
        let to = call.legs.iter().map(|leg| leg.site).collect();
        let order = OpenConsole { spurt: floor.spurt, call: id, key, silence_ms, to };
        out.push(Output::ToSwitch(order.into()));
    }

    fn tell_console(&self, unit: UnitId, word: TalkWord, out: &mut Outbox) {
        let console = self.consoles.of(unit).expect("who is told has a console").name.clone();
        let clause = match &word {
            TalkWord::Queued { .. } => Clause::QueuePlace,
            TalkWord::Warning { .. } => Clause::TransmissionWarning,
            TalkWord::Granted { .. } | TalkWord::Refused { .. } => Clause::ConsoleTalk,
            TalkWord::Ended { .. } => Clause::ConsoleFloor,
        };
        let clause = self.citing.unwrap_or(clause);
        out.push(Output::ToConsole { console, clause, word });
    }

    /// Who waits or talks at a console is known as that where it waits or talks, and is no radio.
    pub(crate) fn assert_consoles(&self) {
        for console in self.consoles.iter() {
            let unit = console.unit;
            assert!(self.home.unit(unit).is_none(), "unit {unit} is a console's and a subscriber's");
            let waits = self.queue.of(unit).map(|waiting| waiting.request.caller == Caller::Console);
            assert_eq!(waits, (console.doing == Doing::Waiting).then_some(true), "console of unit {unit}");
            let talks = matches!(console.doing, Doing::Talking(_));
            assert_eq!(console.key.is_some(), talks, "a key for a spurt of unit {unit}");
            assert!(console.joined.is_none() || console.doing == Doing::Waiting, "joined for nothing");
            if let Doing::Talking(call) = console.doing {
                let floor = self.calls.get(call).and_then(|call| call.floor);
                let is_its = floor.is_some_and(|floor| floor.unit == unit && floor.claim.is_console());
                assert!(is_its, "unit {unit} talks at its console without the floor");
            }
        }
        for call in self.calls.iter() {
            let Some(floor) = call.floor.filter(|floor| floor.claim.is_console()) else { continue };
            let doing = self.consoles.of(floor.unit).map(|console| console.doing);
            assert_eq!(doing, Some(Doing::Talking(call.id)), "an operator's floor is nobody's");
            assert_eq!((floor.site, call.handover), (None, None), "an operator is at a site");
        }
    }
}
