//! What stands beside a recording: trunk-recorder's JSON, so that its tools and `trunklab import` read it.

use serde_json::{Value, json};
use trunklab_controller_core::output::CallRecord;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::channel_plan::PlanChannel;
use trunklab_protocol::{CallId, TalkgroupId, UnitId};

/// One talker's part of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Who.
    pub unit: UnitId,
    /// When the talk began, in microseconds since 1970.
    pub began_us: u64,
    /// Where it begins in the recording, in milliseconds.
    pub at_ms: u64,
}

/// What is said of a recording of so many milliseconds. Without a record (the controller's term ended first) its frequency
/// and whether it was an emergency are not known.
pub(super) fn describe(
    call: CallId,
    talkgroup: TalkgroupId,
    parts: &[Part],
    length_ms: u64,
    record: Option<&CallRecord>,
) -> Value {
    let start_us = parts.first().map_or(0, |part| part.began_us);
    let last = parts.last().map_or(0, |part| part.began_us + (length_ms - part.at_ms) * 1_000);
    let emergency = u8::from(record.is_some_and(|record| record.kind == RequestKind::Emergency));
    let seconds = |millis: u64| millis as f64 / 1e3;
    let carrier = record.and_then(|record| record.slots.first()).map(|held| held.at.carrier.number());
    // Carriers beyond the plan of the 800 MHz band have no frequency that we know.
    let channel = carrier.and_then(PlanChannel::new);
    let frequency = channel.map_or(0, PlanChannel::downlink_hz);
    let sources: Vec<Value> = parts
        .iter()
        .map(|part| {
            json!({
                "src": part.unit.number(),
                "time": part.began_us / 1_000_000,
                "time_ms": part.began_us / 1_000,
                "pos": seconds(part.at_ms),
                "emergency": emergency,
                "signal_system": "",
                "tag": "",
            })
        })
        .collect();
    json!({
        "freq": frequency,
        "start_time": start_us / 1_000_000,
        "start_time_ms": start_us / 1_000,
        "stop_time": last / 1_000_000,
        "stop_time_ms": last / 1_000,
        "emergency": emergency,
        "priority": record.map_or(0, |record| record.priority.level()),
        "mode": 0,
        "duplex": 0,
        "encrypted": 0,
        "call_length": seconds(length_ms),
        "call_length_ms": length_ms,
        "talkgroup": talkgroup.number(),
        "audio_type": "digital",
        "short_name": "trunklab",
        "call": format!("{call:#}"),
        "freqList": [{
            "freq": frequency,
            "time": start_us / 1_000_000,
            "pos": 0.0,
            "len": seconds(length_ms),
            "error_count": 0,
            "spike_count": 0,
        }],
        "srcList": sources,
    })
}
