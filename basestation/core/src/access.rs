//! The uplink of one channel: slotted ALOHA.
//!
//! Bursts wait until the opportunity that they name is over, whenever they arrived within it. Then one burst alone is
//! taken; of several none is, but for one that is so much stronger that a receiver holds on to it. A control
//! channel's access opportunities and a traffic slot's uplink bursts work alike: in hang time several radios may
//! ask for the floor in one burst.

use smallvec::SmallVec;
use trunklab_protocol::air_uplink::Burst;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{BurstPlace, Cause, Moment, SlotAddress};

use crate::timing::{AHEAD_MAX, Timing};

/// Shares of a power that is so many dB weaker, in ten-thousandths: 10^(-dB/10). Weaker ones count as the last.
/// A table, for powers of ten differ in their last bits from machine to machine.
#[rustfmt::skip]
const SHARES: [u32; 31] = [
    10_000, 7_943, 6_310, 5_012, 3_981, 3_162, 2_512, 1_995, 1_585, 1_259,
    1_000, 794, 631, 501, 398, 316, 251, 200, 158, 126,
    100, 79, 63, 50, 40, 32, 25, 20, 16, 13,
    10,
];

/// The strongest burst is taken if all others together are weaker by at least this many dB (docs/protocol.md, clause
/// 4.1.1). Receivers of narrow-band FM hold on to the stronger of two signals from 4 to 10 dB; no profile's
/// sources state a figure, so 6 dB is ours.
pub const CAPTURE_DB: usize = 6;

/// Bursts kept for one opportunity. More than this collide in any case.
pub const MET_MAX: usize = 16;

/// The bursts that wait for their opportunities to close.
#[derive(Debug, Clone)]
pub struct Uplink {
    channel: Channel,
    at: SlotAddress,
    /// Ordered by count; at most [`AHEAD_MAX`] + 1 opportunities of [`MET_MAX`] bursts.
    waiting: Vec<Met>,
}

/// What met in one opportunity.
#[derive(Debug, Clone)]
struct Met {
    count: u32,
    bursts: SmallVec<[Burst; 1]>,
    /// Bursts beyond [`MET_MAX`].
    more: u16,
}

/// What became of an opportunity in which something was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The burst that was received.
    pub taken: Option<Burst>,
    /// Bursts that were lost to one another.
    pub lost: u16,
}

impl Uplink {
    /// Of one slot.
    pub const fn new(channel: Channel, at: SlotAddress) -> Self {
        Self { channel, at, waiting: Vec::new() }
    }

    /// Keeps a burst until its opportunity closes. One that repeats another word for word is the same transmission,
    /// received twice.
    ///
    /// # Errors
    /// [`Cause::LateBurst`], [`Cause::EarlyBurst`].
    pub fn receive(&mut self, timing: &Timing, now: Moment, burst: Burst) -> Result<(), Cause> {
        let open = timing.open_uplink(self.channel, self.at, now).count;
        let count = burst.place.count;
        if count < open {
            return Err(Cause::LateBurst);
        }
        if count - open > AHEAD_MAX {
            return Err(Cause::EarlyBurst);
        }
        let met = self.met(count);
        if let Some(same) =
            met.bursts.iter_mut().find(|other| other.word == burst.word && other.proof == burst.proof)
        {
            same.level_dbm = same.level_dbm.max(burst.level_dbm);
        } else if met.bursts.len() < MET_MAX {
            met.bursts.push(burst);
        } else {
            met.more = met.more.saturating_add(1);
        }
        Ok(())
    }

    fn met(&mut self, count: u32) -> &mut Met {
        let index = match self.waiting.binary_search_by_key(&count, |met| met.count) {
            Ok(index) => index,
            Err(index) => {
                self.waiting.insert(index, Met { count, bursts: SmallVec::new(), more: 0 });
                index
            }
        };
        &mut self.waiting[index]
    }

    /// When the first opportunity in which something was sent closes; `None` while nothing was.
    pub fn due(&self, timing: &Timing) -> Option<Moment> {
        let met = self.waiting.first()?;
        Some(timing.uplink_close(BurstPlace { at: self.at, channel: self.channel, count: met.count }))
    }

    /// Closes that opportunity.
    pub fn close(&mut self) -> Outcome {
        if self.waiting.is_empty() {
            return Outcome { taken: None, lost: 0 };
        }
        let met = self.waiting.remove(0);
        resolve(met)
    }
}

fn resolve(met: Met) -> Outcome {
    let Met { mut bursts, more, .. } = met;
    let count = u16::try_from(bursts.len()).expect("at most MET_MAX").saturating_add(more);
    bursts.sort_by_key(|burst| std::cmp::Reverse(burst.level_dbm));
    let Some((strongest, others)) = bursts.split_first() else {
        return Outcome { taken: None, lost: more };
    };
    let share = |other: &Burst| {
        let weaker_db = strongest.level_dbm.abs_diff(other.level_dbm);
        SHARES[usize::from(weaker_db).min(SHARES.len() - 1)]
    };
    let captured = others.iter().map(share).sum::<u32>() <= SHARES[CAPTURE_DB];
    if captured && more == 0 {
        Outcome { taken: bursts.into_iter().next(), lost: count - 1 }
    } else {
        Outcome { taken: None, lost: count }
    }
}
