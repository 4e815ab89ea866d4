//! How the talk of an operator stands (docs/protocol.md, clause 10.6).

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::network::{CallId, SpurtId};
use crate::proof::VoiceKey;

/// What an operator who wants to talk is told (chapter 10.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "talk", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields carry the names of the types that document them")]
pub enum TalkWord {
    /// The request waits for channels.
    Queued {
        /// Its place in the queue, from 1.
        position: u16,
    },
    /// The operator has the floor: from here on speech may be sent.
    Granted {
        call: CallId,
        /// The SSRC of its packets.
        spurt: SpurtId,
        /// Where the voice switch receives.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        switch: SocketAddr,
        /// What its packets are tagged with, for this spurt alone.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<u8>))]
        key: VoiceKey,
    },
    /// The time to talk is nearly over.
    Warning {
        /// What is left of it.
        left_ms: u32,
    },
    /// The operator does not get the floor.
    Refused { cause: Cause },
    /// The operator has the floor no longer.
    Ended { cause: Cause },
}
