//! A message or event as the sentence that a line says.

mod handset;
mod operator;
mod site;

use trunklab_protocol::{
    Addressee, CallId, CallSetup, Demand, EmergencyStage, Identity, MessageKind, ScanList, TalkgroupId,
    Teller, UnitId,
};

pub(super) use self::handset::handset;
pub use self::handset::sentence;
pub(super) use self::operator::{reported, to_console};
pub(super) use self::site::{from_site, to_site};

/// A sentence and what it is about.
pub(in crate::transcript) struct Said {
    pub(in crate::transcript) text: String,
    pub(in crate::transcript) call: Option<CallId>,
    pub(in crate::transcript) unit: Option<UnitId>,
}

impl Said {
    pub(in crate::transcript) fn plain(text: String) -> Self {
        Self { text, call: None, unit: None }
    }

    pub(in crate::transcript) fn of_unit(unit: UnitId, text: String) -> Self {
        Self { text, call: None, unit: Some(unit) }
    }

    fn of_call(call: CallId, text: String) -> Self {
        Self { text, call: Some(call), unit: None }
    }
}

/// So many of a thing whose plural takes an s.
fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// The talkgroups that are heard beside another.
fn scans(secondary: ScanList) -> String {
    let listed: Vec<_> = secondary.iter().map(|talkgroup| talkgroup.to_string()).collect();
    if listed.is_empty() { String::new() } else { format!(", scans {}", listed.join(", ")) }
}

/// How urgent a demand is, where it is more than usual.
fn urgency(demand: Demand) -> &'static str {
    match demand {
        Demand::Low => "",
        Demand::High => " with high demand",
        Demand::Preemptive => " with pre-emptive demand",
        Demand::Emergency => " in an emergency",
    }
}

/// Milliseconds as people say them.
fn seconds(millis: u32) -> String {
    format!("{} s", f64::from(millis) / 1e3)
}

/// Talkgroups in a sentence.
fn groups(talkgroups: &[TalkgroupId]) -> String {
    if talkgroups == [TalkgroupId::ALL] {
        return "all talkgroups".to_owned();
    }
    let numbers: Vec<_> = talkgroups.iter().map(ToString::to_string).collect();
    format!("talkgroups {}", numbers.join(", "))
}

/// How a call with another unit is to begin.
const fn set_up(setup: CallSetup) -> &'static str {
    match setup {
        CallSetup::Immediate => "",
        CallSetup::Ringing => ", to ring",
        CallSetup::Duplex => ", to ring, both to talk at once",
        CallSetup::Monitor => ", to be listened to",
    }
}

/// Whom a message is for.
fn addressee(to: Option<Addressee>) -> String {
    to.map_or_else(|| "the consoles".to_owned(), |to| to.to_string())
}

/// Who tells a message, as a radio is told.
fn told_by(from: Option<Teller>) -> String {
    from.map_or_else(|| "an operator".to_owned(), |teller| format!("unit {teller}"))
}

/// What a message is.
fn message(kind: MessageKind) -> String {
    match kind {
        MessageKind::Status(number) => format!("status {number}"),
        MessageKind::CallAlert => "call alert".to_owned(),
    }
}

/// How far an emergency is.
fn stage(stage: EmergencyStage) -> &'static str {
    match stage {
        EmergencyStage::Raised => "known",
        EmergencyStage::Acknowledged => "acknowledged",
        EmergencyStage::Cleared => "cleared",
    }
}

fn of_identity(identity: Identity, text: &str) -> Said {
    let unit = match identity {
        Identity::Unit(unit) => Some(unit),
        Identity::Imei(_) | Identity::Imsi(_) | Identity::Tmsi(_) => None,
    };
    Said { text: format!("{identity} {text}"), call: None, unit }
}
