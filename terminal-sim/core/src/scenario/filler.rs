//! Units that keep a site busy, so that a scenario about contention says the same on a profile with one slot and on
//! one with six: each filler has a talkgroup of its own and talks until the site is emptied.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{
    Announcement, AreaChoice, Demand, FloorPolicy, Identity, Moment, Position, Priority, ScanList, Services,
    SiteId, Span, StartPolicy, TalkgroupId, Trunking, UnitId,
};

use super::file::Step;
use super::pattern::UNITS_MAX;
use super::provision::{
    Provision, SiteProvision, SubscriberProvision, TalkgroupProvision, UnitProvision, derive_key,
};
use super::sentence::Action;

/// The first filler's number; scenarios use lower ones.
pub(super) const FIRST_UNIT: u32 = 16_000_000;

/// The first filler's talkgroup; scenarios use lower ones.
pub(super) const FIRST_TALKGROUP: u16 = 60_000;

/// Talkgroups left for fillers.
const FILLERS_MAX: u32 = 5_000;

/// From one filler to the next, where they are switched on and where they press: more than an access takes on the
/// slowest control channel, so that they do not crowd the others out.
const STAGGER: Span = Span::from_millis(400);

/// How long before its press a filler is switched on: time to hunt and to register, and not among the first that do.
const AHEAD: Span = Span::from_secs(8);

/// The same where there are more than [`MANY`], whose accesses collide more often.
const AHEAD_OF_MANY: Span = Span::from_secs(12);

const MANY: u32 = 16;

/// The fillers of one site, in order of their presses.
#[derive(Debug, Clone, Default)]
pub(super) struct Fillers {
    made: Vec<(SiteId, Vec<UnitId>)>,
    /// How many were ever made: those that emptied their site keep their numbers.
    count: u32,
}

impl Fillers {
    /// Steps that fill a site from `at` on, and the units for it. `None` where there would be too many.
    pub(super) fn fill(
        &mut self,
        at: Moment,
        line: usize,
        site: &SiteProvision,
        free: u16,
        seed: u64,
        provision: &mut Provision,
    ) -> Option<Vec<Step>> {
        let wanted = site.traffic_slots().saturating_sub(usize::from(free));
        let first = self.count;
        let count = u32::try_from(wanted).ok()?;
        if count > UNITS_MAX || first + count > FILLERS_MAX {
            return None;
        }
        let ahead = if count > MANY { AHEAD_OF_MANY } else { AHEAD };
        let mut steps = Vec::new();
        let mut units = Vec::new();
        for index in first..first + count {
            let unit = UnitId::new(FIRST_UNIT + index).expect("fillers are numbered below the limit");
            let number = FIRST_TALKGROUP + u16::try_from(index).expect("at most FILLERS_MAX");
            let talkgroup = TalkgroupId::new(number).expect("above zero");
            make(provision, unit, talkgroup, site.beside(), seed);
            let later = Span::from_micros(STAGGER.as_micros() * u64::from(index - first));
            let pressed = at + later;
            let on = (at - ahead) + later;
            steps.push(Step { at: on, line, action: Action::SwitchOn(unit) });
            steps.push(Step { at: pressed, line, action: Action::Press(unit, RequestKind::Normal) });
            units.push(unit);
        }
        self.made.push((site.site, units));
        self.count += count;
        Some(steps)
    }

    /// Steps that empty a site.
    pub(super) fn empty(&mut self, at: Moment, line: usize, site: SiteId) -> Vec<Step> {
        let releases = |unit| Step { at, line, action: Action::Release(unit) };
        self.made
            .iter_mut()
            .filter(|(filled, _)| *filled == site)
            .flat_map(|(_, units)| std::mem::take(units))
            .map(releases)
            .collect()
    }
}

fn make(provision: &mut Provision, unit: UnitId, talkgroup: TalkgroupId, position: Position, seed: u64) {
    let key = derive_key(seed, unit);
    provision.talkgroups.push(TalkgroupProvision {
        talkgroup,
        name: format!("Filler {talkgroup}"),
        priority: Priority::new(5).expect("a level from 1 to 10"),
        trunking: Trunking::Transmission,
        hang_time_ms: None,
        transmission_ms_max: None,
        floor: FloorPolicy::Refuse,
        home_area: None,
        area: AreaChoice::Wide,
        start: StartPolicy::All,
        busy_override_ms: None,
        members: Vec::new(),
        announcement: Announcement::Wait,
        system_wide: false,
    });
    provision.subscribers.push(SubscriberProvision {
        unit,
        imsi: super::file::imsi(unit),
        imei: None,
        key,
        talkgroups: vec![talkgroup],
        sites: None,
        priority: Priority::LOWEST,
        services: Services::ALL,
        floor_demand: Demand::Low,
        emergency_talkgroup: None,
        duplex: false,
    });
    provision.units.push(UnitProvision {
        unit,
        owner: unit,
        identity: Identity::Imsi(super::file::imsi(unit)),
        equipment: None,
        key,
        talkgroup,
        scan: ScanList::default(),
        position,
        demand: Demand::Low,
        emergency_talkgroup: None,
        refuses_individual_calls: false,
    });
}
