//! What travels in a trunklab network: frames, messages, identities, causes and air-interface profiles.
//!
//! Everything here is stateless. This crate must not know who decides (the cores), nor what carries the
//! bytes (the shells): it turns values into octets and hostile octets into values or a named error.
//! `docs/protocol.md` is the specification; clause numbers in comments are its.

mod message;

pub mod air_downlink;
pub mod air_uplink;
pub mod antenna;
pub mod area;
pub mod calendar;
pub mod cause;
pub mod channel_plan;
pub mod clause;
pub mod control;
pub mod emergency;
pub mod enrolment;
pub mod error;
pub mod field;
pub mod frame;
pub mod from_site;
pub mod health;
pub mod identity;
pub mod individual;
pub mod load;
pub mod mast;
pub mod moment;
pub mod network;
pub mod operator;
pub mod part;
pub mod parties;
pub mod passed_down;
pub mod passed_up;
pub mod per_cause;
pub mod policy;
pub mod profile;
pub mod proof;
pub mod propagation;
pub mod remote;
pub mod reuse;
mod scan;
mod service;
pub mod settings;
pub mod status;
pub mod subscription;
pub mod switch;
pub mod to_site;
pub mod voice;

pub use antenna::{Antenna, Azimuth};
pub use area::AreaChoice;
pub use cause::Cause;
pub use clause::Clause;
pub use control::{ControlLayout, ControlPlace, Signalling};
pub use emergency::{EmergencyKind, EmergencyPolicy, EmergencyStage};
pub use error::DecodeError;
pub use frame::{Family, Frame};
pub use health::{PlantPart, SlotHealth, SlotState};
pub use identity::{FleetMember, Identity, Imei, Imsi, Msisdn, TalkgroupId, Tmsi, UnitId};
pub use individual::{CallSetup, FullDuplex, PageReply};
pub use moment::{Moment, Span};
pub use network::{
    AreaId, BurstPlace, CallId, CarrierNumber, Epoch, Incarnation, MastId, NodeId, OrderNumber, Position,
    Press, Priority, SiteId, SlotAddress, SlotNumber, SpurtId,
};
pub use parties::{Pair, Parties};
pub use per_cause::PerCause;
pub use policy::{Announcement, Demand, FloorPolicy, SlotChoice, StartPolicy, Trunking};
pub use profile::{Profile, ProfileId};
pub use remote::{Condition, RadioOrder, Regroup};
pub use scan::{SCAN_MAX, ScanList};
pub use service::{Service, Services};
pub use status::{Addressee, MessageId, MessageKind, MessageReply, StatusNumber, Teller};
pub use subscription::{ClonePolicy, Subscription};
