//! Controller and voice switch (docs/protocol.md, chapter 8): routes, keys, health.

use std::net::SocketAddr;

use crate::message::messages;
use crate::network::{CallId, SiteId, SpurtId};
use crate::proof::VoiceKey;

/// The most sites that a spurt goes to.
pub const SITES_MAX: usize = 4_096;

messages! {
    /// What a controller orders a voice switch. Commands assert state.
    pub enum ToSwitch {
        /// A site may send and receive voice.
        0x01 SiteUp {
            /// Which site.
            site: SiteId,
            /// Where it receives.
            address: SocketAddr,
            /// What its own packets are tagged with.
            uplink_key: VoiceKey,
            /// What packets to it are tagged with.
            downlink_key: VoiceKey,
        }
        /// A site's link is lost.
        0x02 SiteDown {
            /// Which site.
            site: SiteId,
        }
        /// A spurt from one site goes to others.
        0x10 Open {
            /// The spurt: the SSRC of its packets.
            spurt: SpurtId,
            /// Its call.
            call: CallId,
            /// The only site that may send it.
            from: SiteId,
            /// Where it goes; the site it comes from repeats it by itself.
            to: Vec<SiteId> [at most SITES_MAX],
            /// The spurt of its call that goes on at the same time, in full duplex; any other of the call is over.
            beside: Option<SpurtId>,
        }
        /// A spurt from an operator's console goes to sites.
        0x12 OpenConsole {
            /// The spurt: the SSRC of its packets.
            spurt: SpurtId,
            /// Its call.
            call: CallId,
            /// What its packets are tagged with.
            key: VoiceKey,
            /// A console that sends nothing for this long is reported silent, in milliseconds.
            silence_ms: u16,
            /// Where it goes.
            to: Vec<SiteId> [at most SITES_MAX],
        }
        /// A spurt is over.
        0x11 Shut {
            /// Which spurt.
            spurt: SpurtId,
        }
    }
}

messages! {
    /// What a voice switch tells its controller.
    pub enum FromSwitch {
        /// Heartbeat with counters since its start.
        0x01 Load {
            /// Routes open now.
            routes: u32,
            /// Packets taken.
            packets_in: u64,
            /// Packets sent.
            packets_out: u64,
            /// Packets dropped, for any cause.
            dropped: u64,
        }
        /// A console has sent nothing of its spurt for as long as it may.
        0x02 ConsoleSilent {
            /// The spurt.
            spurt: SpurtId,
        }
        /// What came of a test of the switch's own port.
        0x03 LoopedBack {
            /// Whether the datagram was heard in time that was looped back.
            heard: bool,
        }
    }
}
