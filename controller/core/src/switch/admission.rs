//! Whether a packet may pass: its source is proved, and it has not passed before.

use trunklab_protocol::Cause;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::voice::{Header, TAG_LEN};

use super::table::{Route, Source};

/// Which of the last 64 packets of a spurt have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplayWindow(Option<Passed>);

/// Sequence and timestamp of the newest packet, and a bit for each of the 64 up to it: bit 0 is the newest itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Passed {
    sequence: u16,
    timestamp: u32,
    seen: u64,
}

impl ReplayWindow {
    /// Lets a packet pass once. The sequence number comes round after 65,536 packets; the timestamp, which must
    /// run ahead with it, does so only after six days of speech, so an old packet does not pass as a new one.
    ///
    /// # Errors
    /// [`Cause::StalePacket`] for a packet that has passed, or that is older than the window.
    pub fn pass(&mut self, sequence: u16, timestamp: u32) -> Result<(), Cause> {
        let Some(passed) = &mut self.0 else {
            self.0 = Some(Passed { sequence, timestamp, seen: 1 });
            return Ok(());
        };
        let ahead = sequence.wrapping_sub(passed.sequence);
        if ahead != 0 && ahead < 1 << 15 {
            if !runs_ahead(timestamp, passed.timestamp) {
                return Err(Cause::StalePacket);
            }
            let seen = passed.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
            *passed = Passed { sequence, timestamp, seen };
            return Ok(());
        }
        let behind = passed.sequence.wrapping_sub(sequence);
        let bit = 1_u64.checked_shl(u32::from(behind)).ok_or(Cause::StalePacket)?;
        if passed.seen & bit != 0 || !runs_ahead(passed.timestamp, timestamp) {
            return Err(Cause::StalePacket);
        }
        passed.seen |= bit;
        Ok(())
    }
}

/// Whether `later` lies ahead of `earlier` on a clock that wraps.
fn runs_ahead(later: u32, earlier: u32) -> bool {
    let ahead = later.wrapping_sub(earlier);
    ahead != 0 && ahead < 1 << 31
}

/// Which of the claimed sources a datagram comes from: the first whose key made its tag.
///
/// # Errors
/// [`Cause::WrongTag`] if no claim holds, [`Cause::NotRtp`] if there is no room for a tag.
pub fn prove<'a>(
    datagram: &[u8],
    claims: impl IntoIterator<Item = (Source, &'a VoiceKey)>,
) -> Result<Source, Cause> {
    let tag_at = datagram.len().checked_sub(TAG_LEN).ok_or(Cause::NotRtp)?;
    let (covered, tag) = datagram.split_at(tag_at);
    claims
        .into_iter()
        .find_map(|(source, key)| key.holds(covered, tag).then_some(source))
        .ok_or(Cause::WrongTag)
}

/// Lets a packet of the route's spurt pass whose source is proved.
///
/// # Errors
/// [`Cause::WrongSource`] from any source but the route's, [`Cause::StalePacket`] outside the replay window.
pub fn admit(route: &Route, window: &mut ReplayWindow, from: Source, header: &Header) -> Result<(), Cause> {
    if from != route.from {
        return Err(Cause::WrongSource);
    }
    window.pass(header.sequence, header.timestamp)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::*;
    use crate::switch::testing::{packet, site};

    #[test]
    fn the_site_that_made_the_tag_is_the_source() {
        let (ours, theirs) = (VoiceKey::new([1; 16]), VoiceKey::new([2; 16]));
        let mut datagram = BytesMut::new();
        packet(9, 0).encode(&theirs, &mut datagram);
        let claims = || [(Source::Site(site(1)), &ours), (Source::Site(site(2)), &theirs)];
        assert_eq!(prove(&datagram, claims()), Ok(Source::Site(site(2))));
        let last = datagram.len() - 1;
        datagram[last] ^= 1;
        assert_eq!(prove(&datagram, claims()), Err(Cause::WrongTag));
        assert_eq!(prove(&datagram[..TAG_LEN - 1], claims()), Err(Cause::NotRtp));
    }

    #[test]
    fn packets_may_overtake_each_other_within_the_window_only() {
        let mut window = ReplayWindow::default();
        let mut pass = |sequence: u16| window.pass(sequence, 100_000 + u32::from(sequence) * 800);
        assert_eq!(pass(100), Ok(()));
        assert_eq!(pass(98), Ok(()));
        assert_eq!(pass(98), Err(Cause::StalePacket));
        assert_eq!(pass(37), Ok(()), "63 behind: the last that is remembered");
        assert_eq!(pass(36), Err(Cause::StalePacket));
        assert_eq!(pass(99), Ok(()));
    }

    #[test]
    fn the_sequence_comes_round_and_old_packets_do_not() {
        let mut window = ReplayWindow::default();
        for count in 0..200_000_u32 {
            assert_eq!(window.pass(count as u16, count * 800), Ok(()), "packet {count}");
        }
        // Recorded a whole turn of the sequence ago: its number looks new, its time does not.
        let recorded = 200_100_u32 - 65_536;
        assert_eq!(window.pass(recorded as u16, recorded * 800), Err(Cause::StalePacket));
        assert_eq!(window.pass(200_000_u32 as u16, 200_000 * 800), Ok(()));
    }

    proptest! {
        /// Whatever the order of arrival, each packet passes at most once, and one that is neither repeated nor
        /// older than the window passes.
        #[test]
        fn each_packet_passes_at_most_once(arrivals in prop::collection::vec(0_u16..300, 1..400)) {
            let mut window = ReplayWindow::default();
            let mut passed: Vec<u16> = Vec::new();
            for sequence in arrivals {
                let newest = passed.iter().copied().max();
                let fresh = !passed.contains(&sequence) && newest.is_none_or(|newest| sequence + 63 >= newest);
                prop_assert_eq!(window.pass(sequence, u32::from(sequence) * 160).is_ok(), fresh);
                if fresh {
                    passed.push(sequence);
                }
            }
        }
    }
}
