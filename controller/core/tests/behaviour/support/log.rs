//! What the core answers, one line for each output.

use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_protocol::SpurtId;
use trunklab_protocol::operator::{EventKind, TalkWord};
use trunklab_protocol::switch::ToSwitch;
use trunklab_protocol::to_site::ToSite;

/// One output as a line of the radio log.
pub fn line(output: &Output) -> Option<String> {
    match output {
        Output::ToSite { site, message, .. } => Some(format!("site {site} -> {}", told(message))),
        Output::ToSwitch(message) => Some(format!("switch -> {}", routed(message))),
        Output::Store { item, .. } => kept(item),
        Output::Event(event) => Some(format!("event: {}", happened(&event.kind))),
        Output::Ordered { outcome: Ok(()), .. } => Some("order carried out".into()),
        Output::Ordered { outcome: Err(cause), .. } => Some(format!("order not carried out: {cause}")),
        Output::Configured { outcome: Ok(version), .. } => Some(format!("configuration {version} holds")),
        Output::Configured { outcome: Err(unfit), .. } => Some(format!("configuration refused: {unfit}")),
        Output::ToConsole { console, word, .. } => Some(format!("{console} -> {}", spoken(word))),
        Output::Record(spurt) => {
            Some(format!("recorder: call {}: unit {} is recorded", spurt.call, spurt.unit))
        }
        Output::WantEntropy => Some("entropy is wanted".into()),
        Output::WantNewTerm { site, above } => {
            Some(format!("a term above {above} is wanted for site {site}"))
        }
    }
}

/// Every order leaves its entry in the audit trail: `orders.rs` looks there.
fn kept(item: &StoreItem) -> Option<String> {
    match item {
        StoreItem::CallOpened(record) => Some(format!("store -> call {} opened", record.call)),
        StoreItem::CallClosed(record) => Some(format!("store -> call {} closed", record.call)),
        StoreItem::Patched(talkgroups) => Some(format!("store -> patch of {}", talkgroups[0])),
        StoreItem::Unpatched(talkgroups) => Some(format!("store -> no patch of {}", talkgroups[0])),
        StoreItem::Cloned(cloned) => Some(format!("store -> unit {} cloned", cloned.unit)),
        StoreItem::Configured(configured) => Some(format!("store -> configuration {}", configured.version)),
        StoreItem::Audit(_) => None,
        StoreItem::NetworkAlarm(record) => Some(format!("store -> alarm {}", record.id)),
        StoreItem::Remote(change) => {
            Some(format!("store -> unit {} is {:?}", change.row.unit, change.row.condition))
        }
        StoreItem::Rights { unit, priority, .. } => {
            Some(format!("store -> unit {unit} has priority {priority}"))
        }
        StoreItem::Reported(reported) => {
            Some(format!("store -> a record of epoch {}", reported.item.epoch()))
        }
        StoreItem::Message(record) => Some(match (record.outcome, record.ended) {
            (None, _) => format!("store -> message {} on its way", record.message),
            (Some((_, Ok(()))), None) => format!("store -> message {} delivered", record.message),
            (Some((_, Ok(()))), Some((_, cause))) => {
                format!("store -> message {} over: {cause}", record.message)
            }
            (Some((_, Err(cause))), _) => format!("store -> message {} refused: {cause}", record.message),
        }),
    }
}

fn told(message: &ToSite) -> String {
    match message {
        ToSite::Configure(configure) => format!("configured as {}", configure.settings.name),
        ToSite::Heartbeat(_) => "heartbeat".into(),
        ToSite::Close(close) => format!("closed: {}", close.cause),
        ToSite::Challenge(challenge) => format!("{} challenged", challenge.identity),
        ToSite::Registered(registered) => format!("unit {} registered", registered.unit),
        ToSite::RegisterRefused(refused) => format!("{} not registered: {}", refused.identity, refused.cause),
        ToSite::Affiliated(affiliated) => {
            format!("unit {} affiliated to {}", affiliated.unit, affiliated.talkgroup)
        }
        ToSite::Refused(refused) => format!("unit {} refused: {}", refused.unit, refused.cause),
        ToSite::Queued(queued) => format!("unit {} waits, position {}", queued.unit, queued.position),
        ToSite::EmergencyStatus(word) => format!("unit {}: emergency {:?}", word.unit, word.stage),
        ToSite::RadioOrder(word) => format!("unit {} is to {}", word.unit, word.order),
        ToSite::NetworkAnswer(word) => format!("proof for unit {}", word.unit),
        ToSite::CopyConfiguration(word) => {
            format!("copy {} of the configuration, part {} of {}", word.revision, word.part, word.parts)
        }
        ToSite::CopySubscriber(word) => {
            format!("copy of unit {} with {} vectors", word.unit, word.vectors.len())
        }
        ToSite::CopyDropped(word) => format!("copy of unit {} dropped", word.unit),
        ToSite::CopyEnd(_) => "copy whole".into(),
        ToSite::TellControl(_) => "control channel to be told of in calls".into(),
        ToSite::ReportKept(word) => format!("report {} kept", word.number),
        ToSite::CallBack(word) => format!("unit {} called back", word.unit),
        ToSite::Page(page) => format!("unit {} paged for unit {}", page.unit, page.caller),
        ToSite::Ringing(ringing) => format!("unit {} told that it rings", ringing.unit),
        ToSite::PageOver(over) => {
            format!("unit {} no longer called by unit {}: {}", over.unit, over.caller, over.cause)
        }
        ToSite::Deregister(deregister) => {
            format!("unit {} deregistered: {}", deregister.unit, deregister.cause)
        }
        ToSite::Assert(assert) => {
            let who = match assert.talker {
                Some(talker) if assert.talker_is_here => format!("talker {} here", talker.unit),
                Some(talker) => format!("talker {}", talker.unit),
                None => match assert.duplex {
                    Some(sides) => format!("unit {} at once with {}", sides.near.unit, sides.far.unit),
                    None => "no talker".into(),
                },
            };
            let emergency = if assert.emergency { ", emergency" } else { "" };
            format!("call {}, channel {}, {who}{emergency}", assert.call, assert.at.carrier)
        }
        ToSite::TestSlot(order) => format!("test slot {}", order.at),
        ToSite::ExerciseFault(order) => format!("{} broken: {}", order.part, order.broken),
        ToSite::Release(release) => format!("call {} released: {}", release.call, release.cause),
        ToSite::FloorQueued(queued) => {
            format!(
                "unit {} waits for the floor of call {}, place {}",
                queued.unit, queued.call, queued.position
            )
        }
        ToSite::TalkWarning(warning) => {
            format!("unit {} has {} ms left in call {}", warning.unit, warning.left_ms, warning.call)
        }
        ToSite::FloorWithdrawn(withdrawn) => {
            format!("unit {} loses the floor of call {}: {}", withdrawn.unit, withdrawn.call, withdrawn.cause)
        }
        ToSite::Status(word) => {
            let from = word.from.map_or_else(|| "an operator".into(), |unit| format!("unit {unit}"));
            format!("message {}: status {} from {from} for {}", word.message, word.number, word.to)
        }
        ToSite::CallAlert(word) => {
            let from = word.from.map_or_else(|| "an operator".into(), |unit| format!("unit {unit}"));
            format!("message {}: {from} alerts unit {}", word.message, word.unit)
        }
        ToSite::AlertOver(word) => {
            format!("message {} over for unit {}: {}", word.message, word.unit, word.cause)
        }
        ToSite::MessageDelivered(word) => format!("message of unit {} delivered", word.unit),
        ToSite::MessageRefused(word) => format!("message of unit {} refused: {}", word.unit, word.cause),
        ToSite::FloorRefused(refused) => {
            format!("unit {} not given the floor of call {}: {}", refused.unit, refused.call, refused.cause)
        }
    }
}

fn spoken(word: &TalkWord) -> String {
    match word {
        TalkWord::Queued { position } => format!("waits, position {position}"),
        TalkWord::Granted { call, .. } => format!("may talk in call {call}"),
        TalkWord::Warning { left_ms } => format!("has {left_ms} ms left"),
        TalkWord::Refused { cause } => format!("refused: {cause}"),
        TalkWord::Ended { cause } => format!("stopped: {cause}"),
    }
}

fn routed(message: &ToSwitch) -> String {
    let count = |spurt: SpurtId| spurt.number() & 0xFFFF;
    match message {
        ToSwitch::SiteUp(up) => format!("site {} up", up.site),
        ToSwitch::SiteDown(down) => format!("site {} down", down.site),
        ToSwitch::Open(open) => {
            let to: Vec<_> = open.to.iter().map(ToString::to_string).collect();
            format!("spurt {} from site {} to [{}]", count(open.spurt), open.from, to.join(" "))
        }
        ToSwitch::OpenConsole(open) => {
            let to: Vec<_> = open.to.iter().map(ToString::to_string).collect();
            format!("spurt {} from a console to [{}]", count(open.spurt), to.join(" "))
        }
        ToSwitch::Shut(shut) => format!("spurt {} shut", count(shut.spurt)),
    }
}

fn happened(kind: &EventKind) -> String {
    match kind {
        EventKind::SiteUp { site, .. } => format!("site {site} up"),
        EventKind::SiteLost { site, cause } => format!("site {site} lost: {cause}"),
        EventKind::SiteServedAlone { site, alone_ms, reports, .. } => {
            format!("site {site} served alone for {alone_ms} ms, has {reports} reports")
        }
        EventKind::SiteServedFailsoft { site, failsoft_ms, spurts, unproved, collisions, .. } => {
            format!(
                "site {site} in failsoft for {failsoft_ms} ms: {spurts} spurts, {unproved} unproved, {collisions} lost"
            )
        }
        EventKind::SiteInFailsoft { site } => format!("site {site} in failsoft"),
        EventKind::SlotHealth { site, at, health } => format!("slot {at} of site {site} {}", health.name()),
        EventKind::SlotTested { site, at, heard } => {
            format!("slot {at} of site {site} tested: heard {heard}")
        }
        EventKind::NetworkAlarm { change, alarm } => {
            format!("alarm {} {:?} of {}: {change:?}", alarm.id, alarm.kind, alarm.object)
        }
        EventKind::ControlMoved { site, control } => format!("control channel of site {site} now {control}"),
        EventKind::Registered { unit, site } => format!("unit {unit} registered at site {site}"),
        EventKind::RegisterRefused { identity, cause, .. } => format!("{identity} not registered: {cause}"),
        EventKind::Deregistered { unit, site, cause } => format!("unit {unit} left site {site}: {cause}"),
        EventKind::Cloned { unit, site, held_at, policy, .. } => {
            format!("unit {unit} is active twice, at site {held_at} and at site {site}: {}", policy.text())
        }
        EventKind::Moved { unit, from, to } => format!("unit {unit} moved from site {from} to site {to}"),
        EventKind::Affiliated { unit, talkgroup, .. } => format!("unit {unit} affiliated to {talkgroup}"),
        EventKind::CallQueued { unit, position, .. } => format!("unit {unit} queued, position {position}"),
        EventKind::CallRefused { unit, cause, .. } => format!("unit {unit} refused: {cause}"),
        EventKind::CallCancelled { unit, cause, .. } => format!("unit {unit} cancelled: {cause}"),
        EventKind::CallCalledBack { call, unit, .. } => format!("call {call} kept for unit {unit}"),
        EventKind::CallGranted { call, waited_ms, .. } => format!("call {call} granted after {waited_ms} ms"),
        EventKind::CallReaches { call, talkgroups } => {
            let others: Vec<_> = talkgroups.iter().map(ToString::to_string).collect();
            format!("call {call} reaches {}", others.join(" "))
        }
        EventKind::Patched { talkgroups, lasting, .. } => {
            let joined: Vec<_> = talkgroups.iter().map(ToString::to_string).collect();
            format!("patched {}{}", joined.join(" "), if *lasting { "" } else { " for one call" })
        }
        EventKind::RadioOrderPending { unit, of_radio, .. } => format!("{of_radio} waits for unit {unit}"),
        EventKind::RadioOrderDone { unit, of_radio, .. } => format!("unit {unit} confirms {of_radio}"),
        EventKind::RadioOrderFailed { unit, of_radio, cause, .. } => {
            format!("{of_radio} of unit {unit} is over: {cause}")
        }
        EventKind::Monitored { unit, listener, .. } => format!("unit {listener} listens to unit {unit}"),
        EventKind::RightsChanged { unit, .. } => format!("rights of unit {unit} changed"),
        EventKind::Unpatched { talkgroups, .. } => {
            let parted: Vec<_> = talkgroups.iter().map(ToString::to_string).collect();
            format!("unpatched {}", parted.join(" "))
        }
        EventKind::Configured { version, by } => format!("configuration {version} by {by}"),
        EventKind::EmergencyBegan { unit, kind, .. } => format!("unit {unit} in an emergency: {kind:?}"),
        EventKind::EmergencyAcknowledged { unit, by } => format!("emergency of {unit} acknowledged by {by}"),
        EventKind::EmergencyCleared { unit, by } => format!("emergency of {unit} cleared by {by}"),
        EventKind::MessageSent { message, from, .. } => format!("message {message} of {from} sent"),
        EventKind::MessageDelivered { message, .. } => format!("message {message} delivered"),
        EventKind::MessageRefused { message, cause, .. } => format!("message {message} refused: {cause}"),
        EventKind::AlertOver { message, unit, cause, .. } => {
            format!("alert {message} of unit {unit} over: {cause}")
        }
        EventKind::OrderRefused { by, cause } => format!("order of {by} refused: {cause}"),
        EventKind::CallArea { call, area: Some(area) } => format!("call {call} heard in area {area}"),
        EventKind::CallArea { call, area: None } => format!("call {call} heard everywhere"),
        EventKind::EmergencyRaised { call, unit, .. } => {
            format!("call {call} made an emergency by unit {unit}")
        }
        EventKind::EmergencyOver { call, .. } => format!("call {call} is no emergency call any more"),
        EventKind::UnitPaged { unit, caller, .. } => format!("unit {unit} paged for unit {caller}"),
        EventKind::UnitRings { unit, caller } => format!("unit {unit} rings for unit {caller}"),
        EventKind::CallAnswered { call, waited_ms, .. } => {
            format!("call {call} answered after {waited_ms} ms")
        }
        EventKind::SiteJoined { call, site, at } => {
            format!("call {call} joined by site {site}, channel {}", at.carrier)
        }
        EventKind::SiteLeft { call, site, cause } => format!("call {call} left by site {site}: {cause}"),
        EventKind::FloorTaken { call, unit, .. } => format!("call {call}: unit {unit} talks"),
        EventKind::FloorReleased { call, unit, cause } => {
            format!("call {call}: unit {unit} stopped: {cause}")
        }
        EventKind::FloorQueued { call, unit, position, .. } => {
            format!("call {call}: unit {unit} waits, place {position}")
        }
        EventKind::FloorRefused { call, unit, cause } => format!("call {call}: unit {unit} refused: {cause}"),
        EventKind::CallReleased { call, cause, .. } => format!("call {call} released: {cause}"),
        EventKind::Dropped { cause, .. } => format!("dropped: {cause}"),
    }
}
