//! The site on whose control channel a handset stands.

use trunklab_protocol::air_downlink::{AccessRules, Burst, DownlinkWord, Reselection, SiteService, System};
use trunklab_protocol::profile::{Channel, Profile};
use trunklab_protocol::{
    BurstPlace, ControlPlace, Incarnation, Moment, Signalling, SiteId, SlotAddress, Span,
};

use super::clock::{Opportunity, SlotClock};
use super::timers::{CALL_SILENCE, CALL_SILENCE_BEATS, CONTROL_SILENCE, CONTROL_SILENCE_BEATS, NO_SIGNAL};

/// All that a handset knows of its site, learned from its `System` words and from the timing of its bursts.
#[derive(Debug, Clone)]
pub(super) struct Camp {
    pub(super) site: SiteId,
    pub(super) profile: &'static Profile,
    pub(super) control: SlotAddress,
    pub(super) incarnation: Incarnation,
    pub(super) service: SiteService,
    pub(super) access: AccessRules,
    /// From how many opportunities retries are drawn, while so many radios wait.
    pub(super) backoff_now: u16,
    pub(super) reselection: Reselection,
    /// Whether the control channel stays where it is.
    place: ControlPlace,
    /// Whether calls may have the control channel's slot.
    signalling: Signalling,
    /// Where a word for the control channel can be said now.
    way: Way,
    /// Over what time the site wants registrations to be spread; none where it leaves that to the handset (docs/call-processing.md,
    /// clause 12.12.2).
    pub(super) registration_window: Option<Span>,
    pub(super) level_dbm: i8,
    pub(super) heard_at: Moment,
    /// When the burst that was heard last ended, by the site's own time.
    heard_to: Moment,
    /// Since when the receiver is set to the channel that it is set to.
    tuned_at: Moment,
    clock: SlotClock,
}

/// Where a word for the control channel can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// On the control channel, or on the slot of a call that has its slot, while nobody talks.
    Open(Channel, SlotAddress),
    /// Nowhere.
    Shut,
}

/// What a `System` word changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing that matters.
    None,
    /// The service.
    Service,
    /// The site was started again: everything that was proved is void.
    Restarted,
}

impl Camp {
    /// A site as its first `System` word shows it.
    pub(super) fn new(now: Moment, level_dbm: i8, place: BurstPlace, system: &System) -> Self {
        let profile = system.profile.profile();
        let mut camp = Self {
            site: system.site,
            profile,
            control: place.at,
            incarnation: system.incarnation,
            service: system.service,
            access: system.access,
            backoff_now: system.backoff_now,
            reselection: system.reselection,
            place: system.place,
            signalling: system.signalling,
            way: Way::Open(Channel::Control, place.at),
            registration_window: registration_window(system),
            level_dbm,
            heard_at: now,
            heard_to: now,
            tuned_at: Moment::ORIGIN,
            clock: SlotClock::new(profile),
        };
        camp.clock.learn(now, place);
        camp
    }

    /// A site of which nothing is heard yet but, it may be, its failsoft channel: what it would have to say of itself nobody asks
    /// for there, and its control channel is hunted for.
    pub(super) fn unheard(site: SiteId, profile: &'static Profile, channel: SlotAddress) -> Self {
        Self {
            site,
            profile,
            control: channel,
            incarnation: Incarnation::new(0).expect("every u32 is an incarnation"),
            service: SiteService::NoService,
            access: AccessRules { backoff: 1, tries: 0, tries_emergency: 0, wait: 1 },
            backoff_now: 1,
            reselection: Reselection::default(),
            place: ControlPlace::Fixed,
            signalling: Signalling::Common,
            way: Way::Shut,
            registration_window: None,
            level_dbm: i8::MIN,
            heard_at: Moment::ORIGIN,
            heard_to: Moment::ORIGIN,
            tuned_at: Moment::ORIGIN,
            clock: SlotClock::new(profile),
        }
    }

    /// Whether a burst is for a handset that stands here, and is in a call on the slot `traffic`.
    pub(super) fn concerns(&self, place: BurstPlace, traffic: Option<SlotAddress>) -> bool {
        match place.channel {
            Channel::Control => place.at == self.control,
            Channel::Traffic => traffic == Some(place.at) || (traffic.is_none() && self.is_shared(place.at)),
        }
    }

    /// Whether a slot is the control channel's, and calls may have it.
    pub(super) fn is_shared(&self, at: SlotAddress) -> bool {
        self.signalling == Signalling::Associated && self.profile.is_controls(self.control, at)
    }

    /// Whether calls may have the control channel's slot: what is said there from a call may then be heard by nobody.
    pub(super) fn is_associated(&self) -> bool {
        self.signalling == Signalling::Associated
    }

    /// Where a word for the control channel can be said; `None` while a call has its slot and somebody talks.
    pub(super) fn way(&self) -> Option<(Channel, SlotAddress)> {
        match self.way {
            Way::Open(channel, at) => Some((channel, at)),
            Way::Shut => None,
        }
    }

    /// The control channel is elsewhere, as its site has said in a call.
    pub(super) fn moves_to(&mut self, control: SlotAddress) {
        self.control = control;
        self.way = Way::Open(Channel::Control, control);
    }

    /// What a burst on the control channel's slot shows of the way.
    fn learn_way(&mut self, burst: &Burst) {
        let place = burst.place;
        match (&burst.word, place.channel) {
            (_, Channel::Control) => self.way = Way::Open(Channel::Control, place.at),
            (_, Channel::Traffic) if !self.is_shared(place.at) => {}
            (DownlinkWord::FloorIdle(_), Channel::Traffic) => {
                self.way = Way::Open(Channel::Traffic, place.at)
            }
            (
                DownlinkWord::Voice(_) | DownlinkWord::FloorTaken(_) | DownlinkWord::Release(_),
                Channel::Traffic,
            ) => self.way = Way::Shut,
            (_, Channel::Traffic) => {}
        }
    }

    /// Takes a burst of this site. False for one that is not to be trusted: its count does not fit the site's time.
    pub(super) fn hears(&mut self, now: Moment, level_dbm: i8, burst: &Burst) -> bool {
        // A site that was started again counts from a new origin: its System word must get through at once.
        if let DownlinkWord::System(system) = &burst.word
            && system.incarnation != self.incarnation
        {
            self.clock = SlotClock::new(self.profile);
        }
        let trusted = self.clock.learn(now, burst.place);
        if trusted {
            self.learn_way(burst);
            self.level_dbm = level_dbm;
            self.heard_at = now;
            self.heard_to = self.begins(burst.place) + self.profile.burst_length(burst.place.channel);
        }
        trusted
    }

    /// The receiver is set to another channel: when the burst that sends it there ended, or now.
    pub(super) fn tuned(&mut self, now: Moment) {
        self.tuned_at = if now == self.heard_at { self.heard_to } else { now };
    }

    /// Whether a burst was under way already when the receiver was set to its channel: nobody reads half a burst.
    pub(super) fn was_under_way(&self, place: BurstPlace) -> bool {
        self.begins(place) < self.tuned_at
    }

    fn begins(&self, place: BurstPlace) -> Moment {
        self.clock.downlink_begins(place).expect("a camp begins with a burst, and each new clock with one")
    }

    /// Takes the site's own description.
    pub(super) fn update(&mut self, system: &System) -> Change {
        let service = self.service;
        let restarted = self.incarnation != system.incarnation || self.profile.id != system.profile;
        self.incarnation = system.incarnation;
        self.service = system.service;
        self.access = system.access;
        self.backoff_now = system.backoff_now;
        self.reselection = system.reselection;
        self.place = system.place;
        self.signalling = system.signalling;
        self.registration_window = registration_window(system);
        match (restarted, service == system.service) {
            (true, _) => Change::Restarted,
            (false, false) => Change::Service,
            (false, true) => Change::None,
        }
    }

    /// The first uplink burst from `from` on: at once where the site's timing is not known, which cannot last.
    pub(super) fn next_uplink(&self, channel: Channel, at: SlotAddress, from: Moment) -> Opportunity {
        self.clock
            .next_uplink(channel, at.slot, from)
            .expect("a camp begins with a burst, and each new clock with one")
    }

    /// An uplink burst by its count.
    pub(super) fn uplink(&self, channel: Channel, at: SlotAddress, count: u32) -> Opportunity {
        self.clock
            .uplink(channel, at.slot, count)
            .expect("a camp begins with a burst, and each new clock with one")
    }

    /// How late a burst may begin and still be received whole in its slot.
    pub(super) fn lateness_max(&self, channel: Channel) -> Span {
        Span::from_micros(self.profile.burst_length(channel).as_micros() / 2)
    }

    /// Whether the site is heard so weakly that its neighbours are worth a look.
    pub(super) fn is_weak(&self) -> bool {
        self.level_dbm < self.reselection.below_dbm
    }

    /// The handset comes back to the control channel after a look elsewhere.
    pub(super) fn returned(&mut self, now: Moment) {
        self.tuned_at = now;
        self.heard_at = now;
    }

    /// When the signal counts as lost: of a control channel that moves, when it is not where it was.
    pub(super) fn lost_at(&self) -> Moment {
        match self.place {
            ControlPlace::Fixed => self.heard_at + NO_SIGNAL,
            ControlPlace::Searched => {
                self.heard_at + self.profile.control.start(CONTROL_SILENCE_BEATS).max(CONTROL_SILENCE)
            }
        }
    }

    /// Whether the control channel is to be searched for where it is not heard any more.
    pub(super) fn is_searched(&self) -> bool {
        self.place == ControlPlace::Searched
    }

    /// How long a traffic slot may be silent about its call.
    pub(super) fn call_silence(&self) -> Span {
        self.profile.traffic.start(CALL_SILENCE_BEATS).max(CALL_SILENCE)
    }
}

fn registration_window(system: &System) -> Option<Span> {
    let millis = system.registration_window_ms;
    (millis > 0).then(|| Span::from_millis(u64::from(millis)))
}
