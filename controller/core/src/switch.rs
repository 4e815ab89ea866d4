//! The voice switch's decisions: which spurt goes from which site to which others, and which packets may pass.
//!
//! The controller orders (`ToSwitch`), the [`RouteTable`] keeps what was ordered, and every packet must show four
//! things before it is copied: a shape, a spurt that has a route, the tag of the site that the route comes from,
//! and a sequence number that has not passed before. Each that is missing is one named [`Cause`]. The address that
//! a packet came from proves nothing and is asked for nothing here.
//!
//! The simulator drives a whole [`Switch`]; the live shell shares the table and the admission with it and brings
//! its own concurrent map.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use smallvec::SmallVec;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::{FromSwitch, Load, Open, Shut, SiteDown, SiteUp, ToSwitch};
use trunklab_protocol::voice::{Header, TAG_LEN, TICKS_PER_FRAME, VoicePacket};
use trunklab_protocol::{CallId, Cause, SiteId, SpurtId};

/// The sites that a spurt goes to.
pub type Destinations = SmallVec<[SiteId; 8]>;

/// The way of one spurt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The spurt: the SSRC of its packets.
    pub spurt: SpurtId,
    /// Its call.
    pub call: CallId,
    /// The only site that may send it.
    pub from: SiteId,
    /// Where it goes; never the site that it comes from.
    pub to: Destinations,
}

/// How a site is reached and how its packets are tagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Where it receives.
    pub address: SocketAddr,
    /// What its own packets are tagged with.
    pub uplink_key: VoiceKey,
    /// What packets to it are tagged with.
    pub downlink_key: VoiceKey,
}

/// How much a switch holds at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Spurts with a route at one time.
    pub routes_max: usize,
    /// Sites that are up at one time; also the most that one spurt goes to.
    pub sites_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { routes_max: 65_536, sites_max: 4_096 }
    }
}

/// What an order did to a spurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has a route now and had none before.
    Opened(SpurtId),
    /// Its source or destinations changed; what has passed stays remembered.
    Rerouted(SpurtId),
    /// Its source has a new key: nothing that passed before can come again.
    Rekeyed(SpurtId),
    /// It has no route any more.
    Closed(SpurtId),
}

/// What one order changed.
pub type Changes = SmallVec<[Change; 4]>;

/// All that the controller has ordered and not withdrawn.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    limits: Limits,
    sites: BTreeMap<SiteId, Port>,
    routes: BTreeMap<SpurtId, Route>,
    spurt_of: BTreeMap<CallId, SpurtId>,
}

impl RouteTable {
    /// An empty table that holds at most `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The route of a spurt.
    pub fn route(&self, spurt: SpurtId) -> Option<&Route> {
        self.routes.get(&spurt)
    }

    /// How many spurts have a route.
    pub fn routes(&self) -> usize {
        self.routes.len()
    }

    /// The port of a site that is up.
    pub fn port(&self, site: SiteId) -> Option<&Port> {
        self.sites.get(&site)
    }

    /// Obeys an order. Orders assert state: the same one twice changes nothing the second time.
    ///
    /// # Errors
    /// [`Cause::SwitchFull`] at the limit; the table is then as before.
    pub fn obey(&mut self, order: ToSwitch) -> Result<Changes, Cause> {
        match order {
            ToSwitch::SiteUp(SiteUp { site, address, uplink_key, downlink_key }) => {
                self.site_up(site, Port { address, uplink_key, downlink_key })
            }
            ToSwitch::SiteDown(SiteDown { site }) => Ok(self.site_down(site)),
            ToSwitch::Open(Open { spurt, call, from, to }) => self.open(spurt, call, from, &to),
            ToSwitch::Shut(Shut { spurt }) => Ok(self.shut(spurt)),
        }
    }

    fn site_up(&mut self, site: SiteId, port: Port) -> Result<Changes, Cause> {
        if !self.sites.contains_key(&site) && self.sites.len() >= self.limits.sites_max {
            return Err(Cause::SwitchFull);
        }
        match self.sites.insert(site, port) {
            Some(before) if before == port => Ok(Changes::new()),
            Some(before) if before.uplink_key == port.uplink_key => Ok(self.touching(site, Change::Rerouted)),
            Some(_) | None => Ok(self.touching(site, Change::Rekeyed)),
        }
    }

    /// Routes stay: when the site comes back in the middle of a spurt, the rest of it is heard.
    fn site_down(&mut self, site: SiteId) -> Changes {
        match self.sites.remove(&site) {
            Some(_) => self.touching(site, Change::Rerouted),
            None => Changes::new(),
        }
    }

    fn open(&mut self, spurt: SpurtId, call: CallId, from: SiteId, to: &[SiteId]) -> Result<Changes, Cause> {
        let known = self.routes.contains_key(&spurt);
        let displaced = self.spurt_of.get(&call).copied().filter(|other| *other != spurt);
        let routes_then = self.routes.len() + usize::from(!known) - usize::from(displaced.is_some());
        if to.len() > self.limits.sites_max || routes_then > self.limits.routes_max {
            return Err(Cause::SwitchFull);
        }
        let mut destinations: Destinations = to.iter().copied().filter(|site| *site != from).collect();
        destinations.sort_unstable();
        destinations.dedup();

        // One source per call: the new talker's spurt ends the one before, even if its end was not heard.
        let mut changes: Changes = displaced.into_iter().flat_map(|other| self.shut(other)).collect();
        let route = Route { spurt, call, from, to: destinations };
        self.spurt_of.insert(call, spurt);
        match self.routes.insert(spurt, route.clone()) {
            None => changes.push(Change::Opened(spurt)),
            Some(before) if before == route => {}
            Some(before) => {
                if before.call != call {
                    self.spurt_of.remove(&before.call);
                }
                changes.push(Change::Rerouted(spurt));
            }
        }
        Ok(changes)
    }

    fn shut(&mut self, spurt: SpurtId) -> Changes {
        let Some(route) = self.routes.remove(&spurt) else { return Changes::new() };
        self.spurt_of.remove(&route.call);
        Changes::from_iter([Change::Closed(spurt)])
    }

    /// Every spurt that comes from the site as `from_it`, every one that goes there as rerouted.
    fn touching(&self, site: SiteId, from_it: fn(SpurtId) -> Change) -> Changes {
        self.routes
            .values()
            .filter_map(|route| {
                if route.from == site {
                    Some(from_it(route.spurt))
                } else if route.to.contains(&site) {
                    Some(Change::Rerouted(route.spurt))
                } else {
                    None
                }
            })
            .collect()
    }
}

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

/// Which of the claimed sites a datagram comes from: the first whose uplink key made its tag.
///
/// # Errors
/// [`Cause::WrongTag`] if no claim holds, [`Cause::NotRtp`] if there is no room for a tag.
pub fn prove<'a>(
    datagram: &[u8],
    claims: impl IntoIterator<Item = (SiteId, &'a VoiceKey)>,
) -> Result<SiteId, Cause> {
    let tag_at = datagram.len().checked_sub(TAG_LEN).ok_or(Cause::NotRtp)?;
    let (covered, tag) = datagram.split_at(tag_at);
    claims.into_iter().find_map(|(site, key)| key.holds(covered, tag).then_some(site)).ok_or(Cause::WrongTag)
}

/// Lets a packet of the route's spurt pass whose source is proved.
///
/// # Errors
/// [`Cause::WrongSource`] from any site but the route's, [`Cause::StalePacket`] outside the replay window.
pub fn admit(
    route: &Route,
    window: &mut ReplayWindow,
    from_site: SiteId,
    header: &Header,
) -> Result<(), Cause> {
    if from_site != route.from {
        return Err(Cause::WrongSource);
    }
    window.pass(header.sequence, header.timestamp)
}

/// A whole switch without sockets, for the simulator: its links say which site a packet comes from.
#[derive(Debug, Clone, Default)]
pub struct Switch {
    table: RouteTable,
    windows: BTreeMap<SpurtId, ReplayWindow>,
    packets_in: u64,
    packets_out: u64,
    drops: BTreeMap<Cause, u64>,
}

impl Switch {
    /// A switch without sites and routes that holds at most `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { table: RouteTable::new(limits), ..Self::default() }
    }

    /// Obeys an order of the controller.
    ///
    /// # Errors
    /// [`Cause::SwitchFull`] at a limit; nothing has changed then.
    pub fn obey(&mut self, order: ToSwitch) -> Result<(), Cause> {
        for change in self.table.obey(order)? {
            match change {
                Change::Opened(spurt) | Change::Rekeyed(spurt) => {
                    self.windows.insert(spurt, ReplayWindow::default());
                }
                Change::Rerouted(_) => {}
                Change::Closed(spurt) => {
                    self.windows.remove(&spurt);
                }
            }
        }
        Ok(())
    }

    /// Takes a packet from a site and names the sites that are to have a copy; destinations that are down are left
    /// out and counted.
    ///
    /// # Errors
    /// The cause for which the packet is dropped; it is counted.
    pub fn packet(&mut self, from_site: SiteId, packet: &VoicePacket) -> Result<Destinations, Cause> {
        self.packets_in += 1;
        match self.destinations(from_site, packet) {
            Ok((up, down)) => {
                self.packets_out += up.len() as u64;
                if down > 0 {
                    *self.drops.entry(Cause::SiteUnavailable).or_default() += down as u64;
                }
                Ok(up)
            }
            Err(cause) => {
                *self.drops.entry(cause).or_default() += 1;
                Err(cause)
            }
        }
    }

    fn destinations(
        &mut self,
        from_site: SiteId,
        packet: &VoicePacket,
    ) -> Result<(Destinations, usize), Cause> {
        let header = Header {
            spurt: packet.spurt,
            sequence: packet.sequence,
            timestamp: packet.position.wrapping_mul(TICKS_PER_FRAME),
            marker: packet.marker,
        };
        let route = self.table.route(packet.spurt).ok_or(Cause::UnknownSpurt)?;
        let window = self.windows.entry(packet.spurt).or_default();
        // A site that is down has no key, so that nothing can be its packet.
        self.table.port(from_site).ok_or(Cause::WrongTag)?;
        admit(route, window, from_site, &header)?;
        let up: Destinations =
            route.to.iter().copied().filter(|site| self.table.port(*site).is_some()).collect();
        let down = route.to.len() - up.len();
        Ok((up, down))
    }

    /// What the controller is told at each beat.
    pub fn load(&self) -> FromSwitch {
        FromSwitch::Load(Load {
            routes: u32::try_from(self.table.routes()).unwrap_or(u32::MAX),
            packets_in: self.packets_in,
            packets_out: self.packets_out,
            dropped: self.drops.values().sum(),
        })
    }

    /// Packets dropped, by cause; a copy that found its destination down counts as one.
    pub fn drops(&self) -> &BTreeMap<Cause, u64> {
        &self.drops
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use bytes::BytesMut;
    use proptest::prelude::*;
    use trunklab_protocol::{Epoch, NodeId};

    use super::*;

    fn site(number: u16) -> SiteId {
        SiteId::new(number).unwrap()
    }

    fn spurt(number: u32) -> SpurtId {
        SpurtId::new(number).unwrap()
    }

    fn call(counter: u32) -> CallId {
        CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(1).unwrap(), counter }
    }

    fn up(number: u16, uplink: u8) -> ToSwitch {
        ToSwitch::SiteUp(SiteUp {
            site: site(number),
            address: (Ipv4Addr::LOCALHOST, 4_000 + number).into(),
            uplink_key: VoiceKey::new([uplink; 16]),
            downlink_key: VoiceKey::new([number as u8; 16]),
        })
    }

    fn open(number: u32, counter: u32, from: u16, to: &[u16]) -> ToSwitch {
        ToSwitch::Open(Open {
            spurt: spurt(number),
            call: call(counter),
            from: site(from),
            to: to.iter().map(|number| site(*number)).collect(),
        })
    }

    /// Packet `sequence` of a spurt whose packets carry five frames.
    fn packet(number: u32, sequence: u16) -> VoicePacket {
        VoicePacket {
            spurt: spurt(number),
            sequence,
            position: u32::from(sequence) * 5,
            marker: sequence == 0,
            frames: [[7; 8]; 5].into_iter().collect(),
        }
    }

    /// Three sites are up; spurt 9 of call 4 goes from site 1 to sites 2 and 3.
    fn switch() -> Switch {
        let mut switch = Switch::new(Limits::default());
        for order in [up(1, 91), up(2, 92), up(3, 93), open(9, 4, 1, &[2, 3])] {
            switch.obey(order).unwrap();
        }
        switch
    }

    fn to(numbers: &[u16]) -> Result<Destinations, Cause> {
        Ok(numbers.iter().map(|number| site(*number)).collect())
    }

    #[test]
    fn a_packet_goes_to_each_destination_once() {
        let mut switch = switch();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), to(&[2, 3]));
        assert_eq!(switch.packet(site(1), &packet(9, 0)), Err(Cause::StalePacket));
        assert_eq!(
            switch.load(),
            FromSwitch::Load(Load { routes: 1, packets_in: 2, packets_out: 2, dropped: 1 })
        );
    }

    #[test]
    fn a_spurt_without_a_route_is_unknown() {
        let mut switch = switch();
        assert_eq!(switch.packet(site(1), &packet(8, 0)), Err(Cause::UnknownSpurt));
        switch.obey(ToSwitch::Shut(Shut { spurt: spurt(9) })).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), Err(Cause::UnknownSpurt));
        assert_eq!(switch.drops(), &BTreeMap::from([(Cause::UnknownSpurt, 2)]));
    }

    #[test]
    fn another_site_cannot_speak_for_the_source() {
        let mut switch = switch();
        assert_eq!(switch.packet(site(2), &packet(9, 0)), Err(Cause::WrongSource));
        assert_eq!(switch.packet(site(1), &packet(9, 0)), to(&[2, 3]), "nothing was used up");
    }

    #[test]
    fn a_site_that_is_down_neither_sends_nor_receives() {
        let mut switch = switch();
        switch.obey(ToSwitch::SiteDown(SiteDown { site: site(3) })).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), to(&[2]));
        assert_eq!(switch.drops(), &BTreeMap::from([(Cause::SiteUnavailable, 1)]));
        switch.obey(ToSwitch::SiteDown(SiteDown { site: site(1) })).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 1)), Err(Cause::WrongTag));
    }

    #[test]
    fn the_rest_of_a_spurt_is_heard_after_a_site_comes_back() {
        let mut switch = switch();
        switch.obey(ToSwitch::SiteDown(SiteDown { site: site(3) })).unwrap();
        switch.packet(site(1), &packet(9, 0)).unwrap();
        switch.obey(up(3, 93)).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 1)), to(&[2, 3]));
    }

    #[test]
    fn a_second_source_of_a_call_ends_the_first() {
        let mut switch = switch();
        switch.obey(open(10, 4, 2, &[1, 3])).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), Err(Cause::UnknownSpurt));
        assert_eq!(switch.packet(site(2), &packet(10, 0)), to(&[1, 3]));
    }

    #[test]
    fn handover_moves_the_source_and_keeps_what_passed() {
        let mut switch = switch();
        switch.packet(site(1), &packet(9, 7)).unwrap();
        switch.obey(open(9, 4, 2, &[1, 3])).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 8)), Err(Cause::WrongSource));
        assert_eq!(switch.packet(site(2), &packet(9, 7)), Err(Cause::StalePacket));
        assert_eq!(switch.packet(site(2), &packet(9, 8)), to(&[1, 3]));
    }

    /// A base station that was started again may count from zero; its old packets fail on the tag.
    #[test]
    fn a_new_key_of_the_source_opens_the_window_anew() {
        let mut switch = switch();
        switch.packet(site(1), &packet(9, 900)).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), Err(Cause::StalePacket));
        switch.obey(up(1, 91)).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), Err(Cause::StalePacket), "same key, same window");
        switch.obey(up(1, 111)).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), to(&[2, 3]));
    }

    #[test]
    fn an_order_twice_changes_nothing() {
        let mut table = RouteTable::new(Limits::default());
        for order in [up(1, 91), open(9, 4, 1, &[2, 3])] {
            table.obey(order.clone()).unwrap();
            assert_eq!(table.obey(order), Ok(Changes::new()));
        }
        let shut = ToSwitch::Shut(Shut { spurt: spurt(9) });
        assert_eq!(table.obey(shut.clone()).unwrap()[..], [Change::Closed(spurt(9))]);
        assert_eq!(table.obey(shut), Ok(Changes::new()));
        assert_eq!(table.obey(ToSwitch::SiteDown(SiteDown { site: site(7) })), Ok(Changes::new()));
    }

    #[test]
    fn a_route_never_leads_back_nor_twice_to_one_site() {
        let mut table = RouteTable::new(Limits::default());
        table.obey(open(9, 4, 1, &[3, 1, 2, 3])).unwrap();
        assert_eq!(
            table.route(spurt(9)).map(|route| route.to.clone()).ok_or(Cause::UnknownSpurt),
            to(&[2, 3])
        );
    }

    #[test]
    fn a_full_table_refuses_and_stays_as_it_was() {
        let mut table = RouteTable::new(Limits { routes_max: 1, sites_max: 2 });
        for order in [up(1, 91), up(2, 92), open(9, 4, 1, &[2])] {
            table.obey(order).unwrap();
        }
        assert_eq!(table.obey(up(3, 93)), Err(Cause::SwitchFull));
        assert_eq!(table.obey(open(10, 5, 1, &[2])), Err(Cause::SwitchFull));
        assert_eq!(table.obey(open(9, 4, 1, &[2, 3, 4])), Err(Cause::SwitchFull));
        assert!(table.route(spurt(9)).is_some() && table.routes() == 1 && table.port(site(3)).is_none());
        // The same site again, and a new talker in place of the old, need no more room.
        assert!(table.obey(up(1, 99)).is_ok());
        assert!(table.obey(open(10, 4, 1, &[2])).is_ok());
        assert!(table.route(spurt(9)).is_none() && table.routes() == 1);
    }

    #[test]
    fn the_site_that_made_the_tag_is_the_source() {
        let (ours, theirs) = (VoiceKey::new([1; 16]), VoiceKey::new([2; 16]));
        let mut datagram = BytesMut::new();
        packet(9, 0).encode(&theirs, &mut datagram);
        let claims = || [(site(1), &ours), (site(2), &theirs)];
        assert_eq!(prove(&datagram, claims()), Ok(site(2)));
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

        /// Routes and the index of calls agree, and every change that is reported is one.
        #[test]
        fn one_source_per_call_whatever_the_orders(
            orders in prop::collection::vec((0_u8..4, 1_u32..6, 1_u32..4, 1_u16..4), 1..60)
        ) {
            let mut table = RouteTable::new(Limits { routes_max: 3, sites_max: 2 });
            for (kind, number, counter, at) in orders {
                let order = match kind {
                    0 => up(at, counter as u8),
                    1 => ToSwitch::SiteDown(SiteDown { site: site(at) }),
                    2 => open(number, counter, at, &[1, 2]),
                    _ => ToSwitch::Shut(Shut { spurt: spurt(number) }),
                };
                let before = table.clone();
                match table.obey(order) {
                    Err(cause) => {
                        prop_assert_eq!(cause, Cause::SwitchFull);
                        prop_assert_eq!(&before.routes, &table.routes);
                        prop_assert_eq!(&before.sites, &table.sites);
                    }
                    Ok(changes) => {
                        for change in changes {
                            match change {
                                Change::Opened(spurt) => prop_assert!(before.route(spurt).is_none() && table.route(spurt).is_some()),
                                Change::Rerouted(spurt) | Change::Rekeyed(spurt) => prop_assert!(table.route(spurt).is_some()),
                                Change::Closed(spurt) => prop_assert!(before.route(spurt).is_some() && table.route(spurt).is_none()),
                            }
                        }
                    }
                }
                prop_assert!(table.routes() <= 3);
                prop_assert_eq!(table.spurt_of.len(), table.routes.len());
                for route in table.routes.values() {
                    prop_assert_eq!(table.spurt_of.get(&route.call), Some(&route.spurt));
                }
            }
        }
    }
}
