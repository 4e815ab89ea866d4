//! Which settings a station can work with: checked once, before anything of them can be seen.

use std::collections::BTreeSet;

use trunklab_protocol::settings::{CARRIERS_MAX, NEIGHBOURS_MAX, SELF_TEST_MS_MIN, SiteSettings};
use trunklab_protocol::{Cause, Signalling, SlotAddress, SlotNumber};

/// Whether a station can work with these settings (docs/protocol.md, clause 7.2).
///
/// # Errors
/// [`Cause::FieldOutOfRange`].
pub fn check(settings: &SiteSettings) -> Result<(), Cause> {
    let profile = settings.profile.profile();
    let carriers = &settings.carriers;
    let distinct: BTreeSet<_> = carriers.iter().collect();
    let good = distinct.len() == carriers.len()
        && carriers.len() <= CARRIERS_MAX
        && carriers.iter().all(|carrier| carrier.number() <= profile.carrier_max)
        && settings.controls().all(|at| {
            carriers.contains(&at.carrier)
                && at.slot.number() < profile.slots
                && settings.controls().filter(|other| other.carrier == at.carrier).count() == 1
        })
        && settings.neighbours.len() <= NEIGHBOURS_MAX
        && has_fit_failsoft(settings)
        && settings.heartbeat_ms > 0
        && settings.broadcast_interval_ms > 0
        && settings.talker_silence_ms > 0
        && settings.late_entry_interval_ms > 0
        && (settings.self_test_ms == 0 || settings.self_test_ms >= SELF_TEST_MS_MIN)
        && settings.bad_tests > 0
        && settings.good_tests > 0;
    if good { Ok(()) } else { Err(Cause::FieldOutOfRange) }
}

/// Whether each failsoft channel is a slot of calls alone, and each talkgroup has one.
fn has_fit_failsoft(settings: &SiteSettings) -> bool {
    let talkgroups: BTreeSet<_> = settings.failsoft.iter().map(|place| place.talkgroup).collect();
    talkgroups.len() == settings.failsoft.len()
        && settings.failsoft.iter().all(|place| {
            settings.carriers.contains(&place.at.carrier)
                && place.at.slot.number() < settings.profile.profile().slots
                && !is_controls(settings, place.at)
        })
}

/// Whether a slot is a control channel's, which with some profiles takes its carrier.
pub fn is_controls(settings: &SiteSettings, at: SlotAddress) -> bool {
    let profile = settings.profile.profile();
    settings.controls().any(|control| profile.is_controls(control, at))
}

/// Every slot of the site's carriers.
pub fn all_slots(settings: &SiteSettings) -> impl Iterator<Item = SlotAddress> + '_ {
    let profile = settings.profile.profile();
    settings.carriers.iter().flat_map(move |carrier| {
        (0..profile.slots).map(move |slot| SlotAddress {
            carrier: *carrier,
            slot: SlotNumber::new(slot).expect("no profile has more slots than a slot number tells"),
        })
    })
}

/// The slots that calls can use: every slot but the control channel's, unless signalling is associated.
pub fn traffic_slots(settings: &SiteSettings) -> impl Iterator<Item = SlotAddress> + '_ {
    all_slots(settings)
        .filter(move |at| settings.signalling == Signalling::Associated || !is_controls(settings, *at))
}

/// Whether going from one to the other moves control channels and changes nothing else that is radiated.
pub fn moves_control(from: &SiteSettings, to: &SiteSettings) -> bool {
    let moved =
        SiteSettings { control: to.control, further_controls: to.further_controls.clone(), ..from.clone() };
    from.further_controls.len() == to.further_controls.len() && replans(from, to) && !replans(&moved, to)
}

/// Whether going from one to the other changes where bursts are radiated.
pub fn replans(from: &SiteSettings, to: &SiteSettings) -> bool {
    from.profile != to.profile
        || from.carriers != to.carriers
        || from.control != to.control
        || from.further_controls != to.further_controls
        || from.signalling != to.signalling
}
