//! The store, by what it keeps.

mod calls;
mod configurations;
mod opening;
mod remote;
mod subscribers;

use smallvec::SmallVec;
use trunklab_controller_core::config::Talkgroup;
use trunklab_controller_core::output::{CallRecord, HeldSlot, Spurt};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::ConfigurationVersion;
use trunklab_protocol::{CallId, Cause, Moment, NodeId, Priority, SiteId, SlotAddress, TalkgroupId, UnitId};

use super::*;

fn place(directory: &tempfile::TempDir) -> StorePlace {
    StorePlace::File(directory.path().join("trunklab.db"))
}

/// A database as the release left it whose last schema version was the how-manieth, after one term of office.
pub(super) fn earlier_database(path: &Path, version: usize) -> Connection {
    let connection = Connection::open(path).unwrap();
    for statements in &schema::VERSIONS[..version] {
        connection.execute_batch(statements).unwrap();
    }
    connection.pragma_update(None, "application_id", schema::APPLICATION).unwrap();
    connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
    connection.execute("INSERT INTO meta (epoch) VALUES (1)", []).unwrap();
    connection.execute("INSERT INTO terms (epoch, wall_at_origin_us) VALUES (1, 5000000)", []).unwrap();
    connection
}

fn talkgroup(number: u16, name: &str) -> Change {
    Change::Talkgroup(Talkgroup {
        priority: Priority::LOWEST,
        ..Talkgroup::named(TalkgroupId::new(number).unwrap(), name)
    })
}

/// What a database says last where the configuration is as it was at first.
const UNCHANGED: Change = Change::Version(ConfigurationVersion::new(0));

fn open_record(epoch: u32) -> Box<CallRecord> {
    Box::new(CallRecord {
        call: CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(epoch).unwrap(), counter: 9 },
        epoch: Epoch::new(epoch).unwrap(),
        parties: TalkgroupId::new(41).unwrap().into(),
        caller: UnitId::new(1017),
        kind: RequestKind::Normal,
        priority: Priority::LOWEST,
        area: None,
        requested: Moment::from_micros(100),
        granted: Moment::from_micros(200),
        released: None,
        slots: SmallVec::from_iter([HeldSlot {
            site: SiteId::new(3).unwrap(),
            at: SlotAddress {
                carrier: trunklab_protocol::CarrierNumber::new(1).unwrap(),
                slot: trunklab_protocol::SlotNumber::new(2).unwrap(),
            },
            from: Moment::from_micros(200),
            until: None,
        }]),
        spurts: SmallVec::from_iter([Spurt {
            unit: UnitId::new(1017).unwrap(),
            from: Moment::from_micros(900),
            until: None,
        }]),
        monitored_by: None,
    })
}

/// Of another call, released after 999 microseconds.
fn closed_record(counter: u32) -> CallRecord {
    let opened = *open_record(1);
    CallRecord {
        call: CallId { counter, ..opened.call },
        released: Some((Moment::from_micros(999), Cause::HangTimeOver)),
        ..opened
    }
}
