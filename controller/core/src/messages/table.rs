//! What becomes of a message, as one table.
//!
//! A message to a unit is said to its radio until that confirms it (`Telling`, for a call alert `Calling`). Then the store is to keep that
//! it was delivered (`Keeping`, `Arming`), and only then its sender learns of it. A call alert goes on after that (`Alerting`) until it is
//! answered or ends in another way. What is for a talkgroup or the consoles nobody confirms: the store keeps it at once
//! (`Passing`, `Keeping`), and for a talkgroup it is said a few times more (`Repeating`).

use trunklab_protocol::Cause;

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// A status on its way to a unit.
    Telling,
    /// A call alert on its way to a unit.
    Calling,
    /// A status for a talkgroup is said; the store is to keep it.
    Passing,
    /// Delivered; the store is to keep that, and nothing else is to come.
    Keeping,
    /// A call alert was delivered; the store is to keep that.
    Arming,
    /// A call alert alerts its user.
    Alerting,
    /// A status for a talkgroup was delivered and is said again.
    Repeating,
    /// Nothing more comes of it.
    Over,
}

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happening {
    /// The receiver's radio has it.
    Confirmed,
    /// It was not confirmed in time, or is to be said again.
    Overdue,
    /// The same, and it was said as often as may be.
    TriesOver,
    /// The receiver is not registered any more.
    ReceiverGone,
    /// The receiver gets no service any more.
    ReceiverStunned,
    /// Its sender wants it no longer.
    Cancelled,
    /// The alerted unit calls back.
    Answered,
    /// The alerted unit's user does not want to.
    Dismissed,
    /// The store has kept it.
    Kept,
    /// The store could not keep it.
    NotKept,
    /// The controller's term ends.
    TermOver,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is said once more.
    Say,
    /// It is written down as delivered; the store's answer is awaited.
    Deliver,
    /// Its sender learns that it was delivered.
    TellDelivered,
    /// From here on the alert's own time runs.
    StartAlert,
    /// It is written down as refused.
    Fail,
    /// Its sender learns that it was refused.
    TellRefused,
    /// The alerted radio shall alert no more.
    Withdraw,
    /// The end of the alert is written down.
    End,
}

/// One allowed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Where it may happen.
    pub state: State,
    /// What happens.
    pub happening: Happening,
    /// What is done, in order.
    pub actions: &'static [Action],
    /// Where it leads.
    pub next: State,
}

macro_rules! rows {
    ($($state:ident, $happening:ident => [$($action:ident),*] $next:ident;)*) => {
        /// Every allowed step; what has no row here changes nothing.
        pub const TABLE: &[Row] = &[$(Row {
            state: State::$state,
            happening: Happening::$happening,
            actions: &[$(Action::$action,)*],
            next: State::$next,
        },)*];
    };
}

#[rustfmt::skip]
rows! {
    Telling,   Confirmed    => [Deliver]                    Keeping;
    Telling,   Overdue      => [Say]                        Telling;
    Telling,   TriesOver    => [Fail, TellRefused]          Over;
    Telling,   ReceiverGone => [Fail, TellRefused]          Over;
    Telling,   ReceiverStunned => [Fail, TellRefused]       Over;
    Telling,   TermOver     => [Fail, TellRefused]          Over;

    Calling,   Confirmed    => [Deliver]                    Arming;
    Calling,   Overdue      => [Say]                        Calling;
    Calling,   TriesOver    => [Withdraw, Fail, TellRefused] Over;
    Calling,   ReceiverGone => [Fail, TellRefused]          Over;
    Calling,   ReceiverStunned => [Withdraw, Fail, TellRefused] Over;
    Calling,   Cancelled    => [Withdraw, Fail, TellRefused] Over;
    Calling,   Answered     => [Deliver, End]               Keeping;
    Calling,   Dismissed    => [Deliver, End]               Keeping;
    Calling,   TermOver     => [Fail, TellRefused]          Over;

    Passing,   Kept         => [TellDelivered]              Repeating;
    Passing,   NotKept      => [Fail, TellRefused]          Over;
    Passing,   TermOver     => [TellRefused]                Over;

    Keeping,   Kept         => [TellDelivered]              Over;
    Keeping,   NotKept      => [Fail, TellRefused]          Over;
    Keeping,   TermOver     => [TellRefused]                Over;

    Arming,    Kept         => [TellDelivered, StartAlert]  Alerting;
    Arming,    NotKept      => [Withdraw, Fail, TellRefused] Over;
    Arming,    ReceiverGone => [End]                        Keeping;
    Arming,    ReceiverStunned => [Withdraw, End]           Keeping;
    Arming,    Cancelled    => [Withdraw, End]              Keeping;
    Arming,    Answered     => [End]                        Keeping;
    Arming,    Dismissed    => [End]                        Keeping;
    Arming,    TermOver     => [End, TellRefused]           Over;

    Alerting,  Overdue      => [End]                        Over;
    Alerting,  ReceiverGone => [End]                        Over;
    Alerting,  ReceiverStunned => [Withdraw, End]           Over;
    Alerting,  Cancelled    => [Withdraw, End]              Over;
    Alerting,  Answered     => [End]                        Over;
    Alerting,  Dismissed    => [End]                        Over;
    Alerting,  TermOver     => [End]                        Over;

    Repeating, Overdue      => [Say]                        Repeating;
    Repeating, TriesOver    => []                           Over;
    Repeating, TermOver     => []                           Over;
}

/// The row for what happens; `None` where it changes nothing.
pub fn find(state: State, happening: Happening) -> Option<&'static Row> {
    TABLE.iter().find(|row| (row.state, row.happening) == (state, happening))
}

impl State {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Telling,
        Self::Calling,
        Self::Passing,
        Self::Keeping,
        Self::Arming,
        Self::Alerting,
        Self::Repeating,
        Self::Over,
    ];
}

impl Happening {
    /// Why a message is refused, or an alert ends, by it.
    pub const fn cause(self) -> Cause {
        match self {
            Self::Confirmed | Self::Kept => Cause::Duplicate,
            Self::Overdue => Cause::AlertExpired,
            Self::TriesOver => Cause::MessageUnconfirmed,
            Self::ReceiverGone => Cause::CalledNotRegistered,
            Self::ReceiverStunned => Cause::CalledRefuses,
            Self::Cancelled => Cause::RequestCancelled,
            Self::Answered => Cause::AlertAnswered,
            Self::Dismissed => Cause::AlertDismissed,
            Self::NotKept => Cause::DurableStoreFailed,
            Self::TermOver => Cause::Shutdown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_one_outcome() {
        for (place, row) in TABLE.iter().enumerate() {
            let again = TABLE[..place]
                .iter()
                .any(|other| (other.state, other.happening) == (row.state, row.happening));
            assert!(!again, "{row:?} stands twice");
        }
    }

    /// A message ends with its term, and in each state something else ends the wait as well.
    #[test]
    fn every_state_but_the_last_is_left_in_two_ways() {
        for state in State::ALL.into_iter().filter(|state| *state != State::Over) {
            let ways: Vec<_> = TABLE.iter().filter(|row| row.state == state && row.next != state).collect();
            assert!(ways.len() >= 2, "{state:?}: {ways:?}");
            assert!(ways.iter().any(|row| row.happening == Happening::TermOver), "{state:?}");
        }
        assert!(TABLE.iter().all(|row| row.state != State::Over));
    }

    /// Nobody is told that something was delivered before the store has kept it.
    #[test]
    fn only_the_stores_answer_lets_a_sender_learn_of_a_delivery() {
        for row in TABLE.iter().filter(|row| row.actions.contains(&Action::TellDelivered)) {
            assert_eq!(row.happening, Happening::Kept, "{row:?}");
        }
    }
}
