//! A handset's own times. What a site may choose (retries, back-off) it announces itself.

use trunklab_protocol::Span;

macro_rules! timers {
    ($($name:ident = $millis:literal, $text:literal;)*) => {
        $(#[doc = $text] pub(super) const $name: Span = Span::from_millis($millis);)*

        /// Every timer of a handset: name, length, what it is for.
        pub const TIMERS: &[(&str, Span, &str)] = &[$((stringify!($name), $name, $text),)*];
    };
}

timers! {
    HUNT = 2_000, "how long sites are collected before one is chosen: two broadcast intervals";
    NO_SIGNAL = 5_000, "silence of the control channel after which the handset hunts again";
    CONTROL_SILENCE = 500, "least silence of a control channel that moves after which the handset searches for it";
    SPREAD_AFTER_POWER_ON = 500, "registrations after power-on are spread over this time, unless the site has a window for them";
    SPREAD_AFTER_LOSS = 3_000, "registrations after a site's restart or loss are spread over this time, unless it has a window: all its radios come at once";
    REGISTER_AGAIN = 10_000, "pause before a registration that failed is tried again, and as much again at random";
    SITE_BARRED = 60_000, "how long a site that does not allow the unit is passed over";
    WORKING = 5_000, "how long an answer is awaited after the network said that it works on it";
    QUEUE_CHECK = 40_000, "how long a place in the queue holds without a word; then the request is repeated";
    QUEUE_ANEW = 1_000, "requests that waited in a queue that is gone, for the site decides alone or has its controller again, are repeated within this time, each at a random moment";
    EMERGENCY_CHECK = 30_000, "how long the handset trusts that it knows how far its user's emergency is; then it says it again";
    SELECTION_AGAIN = 30_000, "pause before a selection that nothing answered is said again";
    MEASURE = 500, "pause between two measurements of the neighbours of a weak site";
    SEEK = 3_000, "how long the word of a site is awaited to which the handset moves";
    MOVE = 10_000, "how long a move to another site may take in all; then the handset goes back";
    MONITOR = 30_000, "how long a microphone that is opened from afar stays open";
    CONFIRM_AGAIN = 1_500, "how long a message that was confirmed may be said again without being confirmed again";
    SAID_ANEW = 60_000, "how long a message that was heard is known by its sender and number, should another term of office say it anew";
    FAILSOFT_SEEK = 2_000, "how long a failsoft channel is looked for where there is no control channel";
    FAILSOFT_AGAIN = 5_000, "pause out of range after which a failsoft channel is looked for again";
    FAILSOFT_AWAIT = 10_000, "how long it is looked for where the site says that it is in failsoft: a call may have the slot";
    FAILSOFT_SILENCE = 2_000, "silence of a failsoft channel after which the handset hunts";
    FAILSOFT_QUIET = 800, "how long a talker in failsoft may not be heard and still counts as talking";
    FAILSOFT_TALK = 60_000, "the longest talk in failsoft";
    CALL_SILENCE = 1_000, "least silence on a traffic slot after which the handset goes back to the control channel";
}

/// Beats of a traffic slot without a word of the call: beside [`CALL_SILENCE`], the longer of both counts.
pub(super) const CALL_SILENCE_BEATS: u32 = 8;

/// Beats of a control channel that moves without a word: beside [`CONTROL_SILENCE`], the longer of both counts.
pub(super) const CONTROL_SILENCE_BEATS: u32 = 6;

/// Bursts in which the end of talk is said when nothing confirms it.
pub(super) const TALK_END_TRIES: u8 = 10;

/// Bursts in which a talker says that it goes to another site: nothing answers.
pub(super) const LEAVING_TRIES: u8 = 3;

/// Times that a handset says that it is being switched off: nothing answers.
pub(super) const DETACH_TRIES: u8 = 2;

/// A site is chosen only from this level on, in dBm.
pub(super) const CAMP_LEVEL_DBM: i8 = -105;

/// Weaker bursts are not received at all, in dBm. The distance to [`CAMP_LEVEL_DBM`] is hysteresis.
pub(super) const HEAR_LEVEL_DBM: i8 = -110;
