//! The control channels of a site: one, or with distributed control (docs/call-processing.md, clause 12.12.12) one for each
//! share of its carriers. Each has its own words, its own random access and its own load; what is said of calls is said on
//! all of them, an answer on the one where its radio stands.

use trunklab_protocol::air_downlink::{DownlinkWord, EmergencyStatus};
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::{CallId, Cause, Identity, Moment, SlotAddress, UnitId};

use crate::access::Uplink;
use crate::backlog::Backlog;
use crate::control::{ControlChannel, Grants, LateEntry, named_unit};
use crate::load::Load;
use crate::timing::Timing;
use crate::urgency::WordOrder;

/// One control channel.
#[derive(Debug, Clone)]
pub struct Control {
    /// Where it is.
    pub at: SlotAddress,
    /// What it says.
    pub words: ControlChannel,
    /// What it hears.
    pub access: Uplink,
    /// Whether a call has its slot.
    pub given: bool,
    /// How loaded it is.
    pub load: Load,
    /// How many radios wait to be heard.
    pub backlog: Backlog,
}

/// All control channels of a site, in order of their shares.
#[derive(Debug, Clone)]
pub struct Controls(Vec<Control>);

impl Control {
    fn new(timing: &Timing, at: SlotAddress, now: Moment, order: WordOrder) -> Self {
        let (words, access) =
            (ControlChannel::new(timing, at, now, order), Uplink::new(Channel::Control, at));
        Self { at, words, access, given: false, load: Load::default(), backlog: Backlog::default() }
    }

    /// It goes on in a slot, with all that it has to say.
    pub fn move_to(&mut self, timing: &Timing, at: SlotAddress, now: Moment) {
        self.words.move_to(timing, at, now);
        self.load.pause();
        self.backlog.pause();
        (self.at, self.access, self.given) = (at, Uplink::new(Channel::Control, at), false);
    }
}

impl Controls {
    /// Those of a site that begins to radiate.
    pub fn new(timing: &Timing, settings: &SiteSettings, now: Moment, order: WordOrder) -> Self {
        Self(settings.controls().map(|at| Control::new(timing, at, now, order)).collect())
    }

    /// How many there are: one at least.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Control> {
        self.0.iter()
    }

    /// All of them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Control> {
        self.0.iter_mut()
    }

    /// The one at a place, and its number.
    pub fn at_mut(&mut self, at: SlotAddress) -> Option<(usize, &mut Control)> {
        self.0.iter_mut().enumerate().find(|(_, control)| control.at == at)
    }

    /// Tells of a call on every one.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn grant(&mut self, grants: &Grants, late_entry_due: Moment, now: Moment) -> Result<(), Cause> {
        self.each(|words| words.grant(grants.clone(), late_entry_due, now))
    }

    /// Corrects what latecomers will hear.
    pub fn correct(&mut self, grants: &Grants) {
        self.0.iter_mut().for_each(|control| control.words.correct(grants.clone()));
    }

    /// Tells of a call's end on every one.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn release(&mut self, call: CallId, cause: Cause, now: Moment) -> Result<(), Cause> {
        self.each(|words| words.release(call, cause, now))
    }

    /// Answers one radio where it stands; one that has not said its unit may stand anywhere.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn answer(&mut self, word: &DownlinkWord, now: Moment) -> Result<(), Cause> {
        match unit_of(word) {
            Some(unit) => self.of(unit).answer(word.clone(), now),
            None => self.each(|words| words.answer(word.clone(), now)),
        }
    }

    /// Tells one radio how far its emergency is.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn emergency(&mut self, status: EmergencyStatus, now: Moment) -> Result<(), Cause> {
        self.of(status.unit).emergency(status, now)
    }

    /// How loaded each is.
    pub fn loads(&self, now: Moment) -> Vec<ControlLoad> {
        let load = |control: &Control| {
            control.load.sums(now, control.at, control.words.waiting_count(), control.words.waits_since())
        };
        self.0.iter().map(load).collect()
    }

    /// How late entry has fared on all of them.
    pub fn late_entry_counts(&self) -> LateEntry {
        self.0
            .iter()
            .map(|control| control.words.late_entry_counts())
            .fold(LateEntry::default(), LateEntry::plus)
    }

    fn of(&mut self, unit: UnitId) -> &mut ControlChannel {
        let count = u32::try_from(self.0.len()).expect("a site has few carriers");
        let number = usize::try_from(unit.number() % count).expect("a number below a count of carriers");
        &mut self.0[number].words
    }

    /// The same on every one, and the first thing that went wrong.
    fn each(&mut self, mut says: impl FnMut(&mut ControlChannel) -> Result<(), Cause>) -> Result<(), Cause> {
        let outcomes: Vec<_> = self.0.iter_mut().map(|control| says(&mut control.words)).collect();
        outcomes.into_iter().collect()
    }
}

/// The unit for which a word is, as far as it is known.
fn unit_of(word: &DownlinkWord) -> Option<UnitId> {
    let identity = if let DownlinkWord::Challenge(word) = word {
        word.identity
    } else if let DownlinkWord::RegisterRefused(word) = word {
        word.identity
    } else if matches!(word, DownlinkWord::Registered(word) if word.subscription.is_some()) {
        // A radio that is only now told its unit stands where it was heard.
        return None;
    } else {
        return named_unit(word);
    };
    match identity {
        Identity::Unit(unit) => Some(unit),
        Identity::Imei(_) | Identity::Imsi(_) | Identity::Tmsi(_) => None,
    }
}
