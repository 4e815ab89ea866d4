//! What the operator must see whatever the screen: worked out from the model at each drawing, gravest first.

use std::cmp::Reverse;

use trunklab_protocol::operator::{ConsoleName, EmergencyView, Sender, Snapshot};
use trunklab_protocol::{CallId, EmergencyStage, MessageKind, Parties, SiteId, Span, TalkgroupId, UnitId};

use crate::clock::duration;
use crate::model::{Grade, Link, Loss, Model};
use crate::sentence::{message_name, parties_name, site_name};
use crate::update::chosen_emergency;

/// Something that should not be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Nothing arrives from the controller: the picture is old.
    LinkLost {
        /// What went wrong.
        why: String,
        /// Until the next attempt; `None` while one is under way.
        retry_in: Option<Span>,
    },
    /// An emergency call runs.
    Emergency {
        /// Which.
        call: CallId,
        /// For whom.
        parties: Parties,
        /// Who talks, if anyone does.
        talker: Option<UnitId>,
        /// Where.
        sites: Vec<SiteId>,
    },
    /// An emergency request waits for a channel.
    EmergencyWaits {
        /// Who.
        unit: UnitId,
        /// For whom.
        parties: Parties,
        /// How long already.
        waited: Span,
    },
    /// A unit is in an emergency that nobody has cleared.
    UnitInEmergency {
        /// Which.
        unit: UnitId,
        /// Of which talkgroup, where it has one.
        talkgroup: Option<TalkgroupId>,
        /// Whether an operator has seen it.
        stage: EmergencyStage,
        /// How long already.
        lasts: Span,
        /// Whether the keys are about it.
        is_chosen: bool,
        /// How many others there are.
        others: usize,
    },
    /// A unit's microphone is open to another by order, and its user knows nothing of it.
    Monitored {
        /// Whose.
        unit: UnitId,
        /// Who listens.
        listener: UnitId,
        /// Who ordered it.
        by: ConsoleName,
        /// How long already.
        lasts: Span,
    },
    /// Somebody has told the consoles something, and this operator has not acknowledged it.
    Told {
        /// Who told the newest.
        from: Sender,
        /// What.
        kind: MessageKind,
        /// How many others there are.
        others: usize,
    },
    /// Talkgroups are joined.
    Patched {
        /// Which.
        talkgroups: Vec<TalkgroupId>,
        /// Until that is undone, or for their next call.
        lasting: bool,
    },
    /// A site is in failsoft though its link stands.
    SiteInFailsoft {
        /// Which.
        site: SiteId,
        /// Since when, if the console saw it.
        lasts: Option<Span>,
    },
    /// A site is out of service.
    SiteLost {
        /// Which.
        site: SiteId,
        /// Why and since when, if the console saw it.
        loss: Option<(Loss, Span)>,
    },
}

impl Warning {
    /// How much it should stand out.
    pub fn grade(&self) -> Grade {
        match self {
            Self::Emergency { .. } | Self::EmergencyWaits { .. } => Grade::Emergency,
            Self::UnitInEmergency { stage: EmergencyStage::Raised, .. } => Grade::Emergency,
            Self::Monitored { .. } | Self::Told { .. } | Self::Patched { .. } => Grade::Notice,
            Self::UnitInEmergency { .. }
            | Self::LinkLost { .. }
            | Self::SiteInFailsoft { .. }
            | Self::SiteLost { .. } => Grade::Warning,
        }
    }

    /// The sentence, with the names that the picture knows.
    pub fn text(&self, picture: Option<&Snapshot>) -> String {
        let group = |parties: &Parties| match picture {
            Some(picture) => parties_name(*parties, picture),
            None => parties.to_string(),
        };
        match self {
            Self::LinkLost { why, retry_in } => match retry_in {
                Some(span) => format!("LINK LOST, next attempt in {}: {why}", duration(*span)),
                None => format!("LINK LOST, connecting: {why}"),
            },
            Self::Emergency { call, parties, talker, sites } => {
                let talker =
                    talker.map_or_else(|| "nobody talks".to_owned(), |unit| format!("unit {unit} talks"));
                let sites: Vec<_> = sites.iter().take(8).map(ToString::to_string).collect();
                format!("EMERGENCY {}: {talker}, call {call}, sites {}", group(parties), sites.join(" "))
            }
            Self::EmergencyWaits { unit, parties, waited } => {
                format!("EMERGENCY WAITS {}: unit {unit}, for {}", group(parties), duration(*waited))
            }
            Self::UnitInEmergency { unit, talkgroup, stage, lasts, is_chosen, others } => {
                let group = talkgroup.as_ref().map_or_else(String::new, |talkgroup| {
                    format!(" of {}", group(&Parties::Group(*talkgroup)))
                });
                let (seen, key) = match stage {
                    EmergencyStage::Raised => ("", "a acknowledges"),
                    EmergencyStage::Acknowledged | EmergencyStage::Cleared => (", acknowledged", "x clears"),
                };
                // The keys stand before the name: a narrow screen cuts the end.
                let keys = match (is_chosen, others) {
                    (false, _) => String::new(),
                    (true, 0) => format!(" [{key}]"),
                    (true, _) => format!(" [{key}, Tab next]"),
                };
                format!("EMERGENCY unit {unit}{keys}{group}, for {}{seen}", duration(*lasts))
            }
            Self::Monitored { unit, listener, by, lasts } => {
                format!(
                    "MONITORED unit {unit}: unit {listener} listens by order of {by}, for {}",
                    duration(*lasts)
                )
            }
            Self::Told { from, kind, others } => {
                let what = picture.map_or_else(String::new, |picture| message_name(*kind, picture));
                let more = if *others == 0 { String::new() } else { format!(", and {others} more") };
                format!("TOLD by {from}: {what}{more} [M shows it]")
            }
            Self::Patched { talkgroups, lasting } => {
                let names: Vec<_> =
                    talkgroups.iter().map(|talkgroup| group(&Parties::Group(*talkgroup))).collect();
                let how = if *lasting { "PATCHED" } else { "SELECTED for one call" };
                format!("{how} {}", names.join(" + "))
            }
            Self::SiteInFailsoft { site, lasts } => {
                let site =
                    picture.map_or_else(|| format!("site {site}"), |picture| site_name(*site, picture));
                let lasts = lasts.map_or_else(String::new, |lasts| format!(" for {}", duration(lasts)));
                format!("FAILSOFT {site}{lasts}: its control channel is lost")
            }
            Self::SiteLost { site, loss } => {
                let site =
                    picture.map_or_else(|| format!("site {site}"), |picture| site_name(*site, picture));
                match loss {
                    Some((loss, since)) => {
                        format!("SITE LOST {site} {} ago: {}", duration(*since), loss.cause)
                    }
                    None => format!("SITE LOST {site}: it is out of service"),
                }
            }
        }
    }
}

/// Everything that should not be so, gravest first.
pub fn warnings(model: &Model) -> Vec<Warning> {
    let mut found = Vec::new();
    let Some(picture) = &model.picture else { return found };
    match &model.link {
        Link::Live => {}
        Link::Connecting { .. } => found
            .push(Warning::LinkLost { why: "what you see may be out of date".to_owned(), retry_in: None }),
        Link::Lost { why, retry_in } => {
            found.push(Warning::LinkLost { why: why.clone(), retry_in: Some(*retry_in) });
        }
    }
    let chosen = chosen_emergency(model).map(|view| view.unit);
    let (of_keys, mut others): (Vec<_>, Vec<_>) =
        picture.emergencies.iter().partition(|view| Some(view.unit) == chosen);
    let in_emergency = |view: &EmergencyView| Warning::UnitInEmergency {
        unit: view.unit,
        talkgroup: view.talkgroup,
        stage: view.stage,
        lasts: model.now.since(view.since),
        is_chosen: Some(view.unit) == chosen,
        others: picture.emergencies.len() - 1,
    };
    // What the keys are about is seen whatever else there is.
    found.extend(of_keys.into_iter().map(in_emergency));
    found.extend(picture.calls.iter().filter(|call| call.emergency).map(|call| Warning::Emergency {
        call: call.call,
        parties: call.parties,
        talker: call.talker,
        sites: call.sites.iter().map(|(site, _)| *site).collect(),
    }));
    found.extend(picture.queue.iter().filter(|waiting| waiting.emergency).map(|waiting| {
        Warning::EmergencyWaits {
            unit: waiting.unit,
            parties: waiting.parties,
            waited: model.now.since(waiting.since),
        }
    }));
    others.sort_by_key(|view| (view.stage, Reverse(view.since)));
    found.extend(others.into_iter().map(in_emergency));
    found.extend(picture.sites.iter().filter(|site| !site.in_service).map(|site| {
        let loss = model.losses.get(&site.site).map(|loss| (*loss, model.now.since(loss.at)));
        match site.in_failsoft {
            true => Warning::SiteInFailsoft { site: site.site, lasts: loss.map(|(_, lasts)| lasts) },
            false => Warning::SiteLost { site: site.site, loss },
        }
    }));
    found.extend(picture.calls.iter().filter_map(|call| {
        let (pair, by) = (call.parties.pair()?, call.monitored_by.clone()?);
        let lasts = model.now.since(call.since);
        Some(Warning::Monitored { unit: pair.caller, listener: pair.called, by, lasts })
    }));
    if let Some(newest) = model.unseen().last() {
        let others = model.unseen().count() - 1;
        found.push(Warning::Told { from: newest.from.clone(), kind: newest.kind, others });
    }
    found.extend(
        picture
            .patches
            .iter()
            .map(|patch| Warning::Patched { talkgroups: patch.talkgroups.clone(), lasting: patch.lasting }),
    );
    found
}
