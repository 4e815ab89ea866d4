//! What base stations and controller say to each other.

use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{MessageReply, PageReply, Parties, SlotHealth, SlotState};

use super::{Said, addressee, counted, of_identity, scans, seconds, set_up, stage, told_by, urgency};

pub(in crate::transcript) fn from_site(message: &FromSite) -> Option<Said> {
    Some(match message {
        FromSite::Health(_) | FromSite::Settings(_) | FromSite::InventoryEnd(_) => return None,
        FromSite::ServedAlone(word) => {
            let reports = counted(word.reports as usize, "report");
            Said::plain(format!("served alone for {}, has {reports}", seconds(word.alone_ms)))
        }
        FromSite::ServedFailsoft(word) => {
            let (spurts, reports) =
                (counted(word.spurts as usize, "spurt"), counted(word.reports as usize, "report"));
            let for_ms = seconds(word.failsoft_ms);
            Said::plain(format!("was in failsoft for {for_ms}, repeated {spurts}, has {reports}"))
        }
        FromSite::InFailsoft(_) => Said::plain("is in failsoft".to_owned()),
        FromSite::Report(word) if word.part != word.parts => return None,
        FromSite::Report(word) => Said::plain(format!("makes report {}", word.number)),
        FromSite::Hello(word) => Said::plain(format!("says hello, newest epoch {}", word.newest_epoch)),
        FromSite::InventoryRadios(word) => {
            Said::plain(format!("holds {}", counted(word.radios.len(), "radio")))
        }
        FromSite::InventoryCalls(word) => {
            Said::plain(format!("carries {}", counted(word.calls.len(), "call")))
        }
        FromSite::SlotStates(word) => Said::plain(slot_states(&word.slots)),
        FromSite::SlotTested(word) => {
            let what = if word.heard { "heard" } else { "not heard" };
            Said::plain(format!("has tested slot {}: {what}", word.at))
        }
        FromSite::Register(word) => of_identity(word.identity, "wants to register"),
        FromSite::Answer(word) => of_identity(word.identity, "answers the challenge"),
        FromSite::Affiliate(word) => {
            let scans = scans(word.secondary);
            let text = format!("unit {} affiliates to talkgroup {}{scans}", word.unit, word.talkgroup);
            Said::of_unit(word.unit, text)
        }
        FromSite::Detach(word) => Said::of_unit(word.unit, format!("unit {} is switched off", word.unit)),
        FromSite::CallRequest(word) => {
            let how = if word.kind == RequestKind::Emergency { " in an emergency" } else { "" };
            let area = word.area.map_or_else(String::new, |area| format!(", {area}"));
            let text = format!("unit {} requests talkgroup {}{how}{area}", word.unit, word.talkgroup);
            Said::of_unit(word.unit, text)
        }
        FromSite::CallCancel(word) => {
            Said::of_unit(word.unit, format!("unit {} cancels its request", word.unit))
        }
        FromSite::UnitRequest(word) => Said::of_unit(
            word.unit,
            format!("unit {} requests unit {}{}", word.unit, word.called, set_up(word.setup)),
        ),
        FromSite::PageAnswer(word) => {
            let what = match word.reply {
                PageReply::Available => "is available for",
                PageReply::Busy => "is busy for",
                PageReply::Refuses => "refuses",
                PageReply::Answers => "answers",
            };
            Said::of_unit(word.unit, format!("unit {} {what} unit {}", word.unit, word.caller))
        }
        FromSite::HangUp(word) => Said {
            text: format!("unit {} hangs up call {}", word.unit, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::OrderAnswer(word) => {
            let text = match word.refusal {
                None => format!("unit {} has obeyed", word.unit),
                Some(cause) => format!("unit {} does not obey: {cause}", word.unit),
            };
            Said::of_unit(word.unit, text)
        }
        FromSite::NetworkChallenge(word) => {
            Said::of_unit(word.unit, format!("unit {} challenges the network", word.unit))
        }
        FromSite::PttReleased(word) => {
            Said::of_unit(word.unit, format!("unit {} releases ptt before its turn", word.unit))
        }
        FromSite::Alarm(word) => {
            Said::of_unit(word.unit, format!("unit {} says that it is in an emergency", word.unit))
        }
        FromSite::FloorRequest(word) => Said {
            text: format!(
                "unit {} requests the floor of call {}{}",
                word.unit,
                word.call,
                urgency(word.demand)
            ),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::TalkEnd(word) => Said {
            text: format!("unit {} releases ptt in call {}", word.unit, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::TalkerLeaving(word) => Said {
            text: format!("unit {} leaves for site {}, talking in call {}", word.unit, word.to, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::Handover(word) => Said {
            text: format!("unit {} goes on talking in call {}", word.unit, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::TalkerSilent(word) => {
            Said::of_call(word.call, format!("the talker of call {} is silent", word.call))
        }
        FromSite::Status(word) => {
            let whom = addressee(word.to);
            Said::of_unit(word.unit, format!("unit {} tells status {} to {whom}", word.unit, word.number))
        }
        FromSite::CallAlert(word) => {
            Said::of_unit(word.unit, format!("unit {} alerts unit {}", word.unit, word.called))
        }
        FromSite::AlertCancel(word) => {
            Said::of_unit(word.unit, format!("unit {} calls its alert back", word.unit))
        }
        FromSite::MessageAnswer(word) => {
            let what = match word.reply {
                MessageReply::Received => "confirms",
                MessageReply::Dismissed => "dismisses",
            };
            Said::of_unit(word.unit, format!("unit {} {what} message {}", word.unit, word.message))
        }
    })
}

fn slot_states(slots: &[SlotState]) -> String {
    let of = |health| {
        let of_it = slots.iter().filter(|slot| slot.health == health).map(|slot| slot.at.to_string());
        let list = of_it.collect::<Vec<_>>().join(", ");
        Some(format!("finds {list} {}", health.name())).filter(|_| !list.is_empty())
    };
    [SlotHealth::Faulty, SlotHealth::Sound].into_iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

pub(in crate::transcript) fn to_site(message: &ToSite) -> Option<Said> {
    Some(match message {
        ToSite::Heartbeat(_) => return None,
        ToSite::CopyConfiguration(word) if word.part != word.parts => return None,
        ToSite::CopyConfiguration(word) => {
            Said::plain(format!("copy {} of the configuration", word.revision))
        }
        ToSite::CopySubscriber(word) => {
            let vectors = counted(word.vectors.len(), "vector");
            Said::of_unit(word.unit, format!("copy of unit {} with {vectors}", word.unit))
        }
        ToSite::CopyDropped(word) => {
            Said::of_unit(word.unit, format!("copy of unit {} is dropped", word.unit))
        }
        ToSite::TellControl(_) => {
            Said::plain("radios in calls are to be told of the control channel".to_owned())
        }
        ToSite::CopyEnd(_) => Said::plain("the copy is whole".to_owned()),
        ToSite::ReportKept(word) => Said::plain(format!("report {} is kept", word.number)),
        ToSite::Configure(word) => {
            let carriers = counted(word.settings.carriers.len(), "carrier");
            Said::plain(format!("configured: {}, {carriers}", word.settings.profile))
        }
        ToSite::TestSlot(word) => Said::plain(format!("test slot {}", word.at)),
        ToSite::ExerciseFault(word) if word.broken => Said::plain(format!("exercise: {} breaks", word.part)),
        ToSite::ExerciseFault(word) => Said::plain(format!("exercise: {} works again", word.part)),
        ToSite::Close(word) => Said::plain(format!("link closed: {}", word.cause)),
        ToSite::Challenge(word) => of_identity(word.identity, "is challenged"),
        ToSite::Registered(word) => {
            let talkgroup = word.talkgroup.map_or_else(String::new, |group| format!(", talkgroup {group}"));
            let scans = scans(word.secondary);
            Said::of_unit(word.unit, format!("unit {} registered{talkgroup}{scans}", word.unit))
        }
        ToSite::RegisterRefused(word) => {
            of_identity(word.identity, &format!("is not registered: {}", word.cause))
        }
        ToSite::Affiliated(word) => {
            let scans = scans(word.secondary);
            let text = format!("unit {} affiliated to talkgroup {}{scans}", word.unit, word.talkgroup);
            Said::of_unit(word.unit, text)
        }
        ToSite::Refused(word) => {
            Said::of_unit(word.unit, format!("unit {} refused: {}", word.unit, word.cause))
        }
        ToSite::Queued(word) => {
            Said::of_unit(word.unit, format!("unit {} queued at place {}", word.unit, word.position))
        }
        ToSite::EmergencyStatus(word) => {
            Said::of_unit(word.unit, format!("emergency of unit {} is {}", word.unit, stage(word.stage)))
        }
        ToSite::RadioOrder(word) => {
            Said::of_unit(word.unit, format!("unit {} is ordered to: {}", word.unit, word.order))
        }
        ToSite::NetworkAnswer(word) => {
            Said::of_unit(word.unit, format!("the network proves itself to unit {}", word.unit))
        }
        ToSite::CallBack(word) => Said::of_unit(word.unit, format!("unit {} called back", word.unit)),
        ToSite::Page(word) => {
            let text = format!("unit {} paged for unit {}{}", word.unit, word.caller, set_up(word.setup));
            Said::of_unit(word.unit, text)
        }
        ToSite::Ringing(word) => Said::of_unit(word.unit, format!("unit {} told that it rings", word.unit)),
        ToSite::PageOver(word) => Said::of_unit(
            word.unit,
            format!("unit {} rings no more for unit {}: {}", word.unit, word.caller, word.cause),
        ),
        ToSite::Deregister(word) => {
            Said::of_unit(word.unit, format!("unit {} deregistered: {}", word.unit, word.cause))
        }
        ToSite::Assert(word) => {
            let how = if word.emergency { ", emergency" } else { "" };
            let whom = match word.parties {
                Parties::Group(_) => String::new(),
                Parties::Pair(_) => format!(" of {}", word.parties),
            };
            let area = word.area.map_or_else(String::new, |area| format!(", area {area}"));
            let what = match (word.talker, word.duplex) {
                (Some(Talker { unit, .. }), _) => format!("granted, slot {}, talker {unit}", word.at),
                (None, Some(sides)) => {
                    format!("granted, slot {} for unit {}, both talk", word.at, sides.near.unit)
                }
                (None, None) => format!("keeps slot {}, nobody talks", word.at),
            };
            Said::of_call(word.call, format!("call {}{whom} {what}{how}{area}", word.call))
        }
        ToSite::Release(word) => {
            Said::of_call(word.call, format!("call {} released: {}", word.call, word.cause))
        }
        ToSite::FloorQueued(word) => Said {
            text: format!(
                "unit {} waits for the floor of call {} at place {}",
                word.unit, word.call, word.position
            ),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        ToSite::TalkWarning(word) => Said {
            text: format!(
                "unit {} has {} left to talk in call {}",
                word.unit,
                seconds(word.left_ms),
                word.call
            ),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        ToSite::FloorWithdrawn(word) => Said {
            text: format!("unit {} loses the floor of call {}: {}", word.unit, word.call, word.cause),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        ToSite::Status(word) => {
            let from = told_by(word.from);
            Said {
                text: format!("message {}: status {} from {from} for {}", word.message, word.number, word.to),
                call: None,
                unit: word.to.unit(),
            }
        }
        ToSite::CallAlert(word) => Said::of_unit(
            word.unit,
            format!("message {}: {} alerts unit {}", word.message, told_by(word.from), word.unit),
        ),
        ToSite::AlertOver(word) => {
            let text = format!("message {} alerts unit {} no more: {}", word.message, word.unit, word.cause);
            Said::of_unit(word.unit, text)
        }
        ToSite::MessageDelivered(word) => {
            Said::of_unit(word.unit, format!("message of unit {} delivered", word.unit))
        }
        ToSite::MessageRefused(word) => {
            Said::of_unit(word.unit, format!("message of unit {} refused: {}", word.unit, word.cause))
        }
        ToSite::FloorRefused(word) => Said {
            text: format!("unit {} refused the floor of call {}: {}", word.unit, word.call, word.cause),
            call: Some(word.call),
            unit: Some(word.unit),
        },
    })
}
