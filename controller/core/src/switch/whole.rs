//! A switch that needs no sockets.

use std::collections::BTreeMap;

use trunklab_protocol::switch::{FromSwitch, Load, ToSwitch};
use trunklab_protocol::voice::{Header, TICKS_PER_FRAME, VoicePacket};
use trunklab_protocol::{Cause, Moment, SiteId, Span, SpurtId};

use super::admission::{ReplayWindow, admit};
use super::silence::Silence;
use super::table::{Change, Destinations, Limits, RouteTable, Source};

/// A whole switch without sockets, for the simulator: its links say which site a packet comes from.
#[derive(Debug, Clone, Default)]
pub struct Switch {
    table: RouteTable,
    windows: BTreeMap<SpurtId, ReplayWindow>,
    silence: Silence,
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
    pub fn obey(&mut self, now: Moment, order: ToSwitch) -> Result<(), Cause> {
        for change in self.table.obey(order)? {
            match change {
                Change::Opened(spurt) => {
                    self.windows.insert(spurt, ReplayWindow::default());
                    self.listen_for(spurt, now);
                }
                Change::Rekeyed(spurt) => {
                    self.windows.insert(spurt, ReplayWindow::default());
                }
                Change::Rerouted(_) => {}
                Change::Closed(spurt) => {
                    self.windows.remove(&spurt);
                    self.silence.end(spurt);
                }
            }
        }
        Ok(())
    }

    fn listen_for(&mut self, spurt: SpurtId, now: Moment) {
        let route = self.table.route(spurt).expect("a change names a spurt that has a route");
        if let Source::Console(_) = route.from {
            self.silence.begin(spurt, Span::from_millis(u64::from(route.silence_ms)), now);
        }
    }

    /// Whether a console speaks, so that somebody must look whether it has fallen silent.
    pub fn hears_consoles(&self) -> bool {
        !self.silence.is_empty()
    }

    /// The spurts of consoles that have fallen silent since the last look, each named once.
    pub fn silent_consoles(&mut self, now: Moment) -> Vec<SpurtId> {
        let windows = &self.windows;
        self.silence.look(now, |spurt| windows.get(&spurt).copied())
    }

    /// Takes a packet from a site and names the sites that are to have a copy; destinations that are down are left
    /// out and counted.
    ///
    /// # Errors
    /// The cause for which the packet is dropped; it is counted.
    pub fn packet(&mut self, from_site: SiteId, packet: &VoicePacket) -> Result<Destinations, Cause> {
        self.packet_of(Source::Site(from_site), packet)
    }

    /// The same for a packet from anywhere.
    ///
    /// # Errors
    /// As [`Switch::packet`].
    pub fn packet_of(&mut self, from: Source, packet: &VoicePacket) -> Result<Destinations, Cause> {
        self.packets_in += 1;
        match self.destinations(from, packet) {
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

    fn destinations(&mut self, from: Source, packet: &VoicePacket) -> Result<(Destinations, usize), Cause> {
        let header = Header {
            spurt: packet.spurt,
            sequence: packet.sequence,
            timestamp: packet.position.wrapping_mul(TICKS_PER_FRAME),
            marker: packet.marker,
        };
        let route = self.table.route(packet.spurt).ok_or(Cause::UnknownSpurt)?;
        let window = self.windows.entry(packet.spurt).or_default();
        // A site that is down has no key, so that nothing can be its packet.
        if from.site().is_some_and(|site| self.table.port(site).is_none()) {
            return Err(Cause::WrongTag);
        }
        admit(route, window, from, &header)?;
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
    use trunklab_protocol::proof::VoiceKey;
    use trunklab_protocol::switch::{OpenConsole, Shut, SiteDown};

    use super::*;
    use crate::switch::testing::{call, open, packet, site, spurt, to, up};

    /// Three sites are up; spurt 9 of call 4 goes from site 1 to sites 2 and 3.
    fn switch() -> Switch {
        let mut switch = Switch::new(Limits::default());
        for order in [up(1, 91), up(2, 92), up(3, 93), open(9, 4, 1, &[2, 3])] {
            switch.obey(Moment::ORIGIN, order).unwrap();
        }
        switch
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
        switch.obey(Moment::ORIGIN, ToSwitch::Shut(Shut { spurt: spurt(9) })).unwrap();
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
        switch.obey(Moment::ORIGIN, ToSwitch::SiteDown(SiteDown { site: site(3) })).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), to(&[2]));
        assert_eq!(switch.drops(), &BTreeMap::from([(Cause::SiteUnavailable, 1)]));
        switch.obey(Moment::ORIGIN, ToSwitch::SiteDown(SiteDown { site: site(1) })).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 1)), Err(Cause::WrongTag));
    }

    #[test]
    fn the_rest_of_a_spurt_is_heard_after_a_site_comes_back() {
        let mut switch = switch();
        switch.obey(Moment::ORIGIN, ToSwitch::SiteDown(SiteDown { site: site(3) })).unwrap();
        switch.packet(site(1), &packet(9, 0)).unwrap();
        switch.obey(Moment::ORIGIN, up(3, 93)).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 1)), to(&[2, 3]));
    }

    #[test]
    fn a_console_speaks_to_all_sites_with_the_key_of_its_spurt_alone() {
        let mut switch = switch();
        let (key, other) = (VoiceKey::new([5; 16]), VoiceKey::new([6; 16]));
        let to_all = vec![site(1), site(2), site(3)];
        let open = OpenConsole { spurt: spurt(10), call: call(4), key, silence_ms: 1_000, to: to_all };
        switch.obey(Moment::ORIGIN, open.into()).unwrap();
        assert_eq!(switch.packet_of(Source::Console(key), &packet(10, 0)), to(&[1, 2, 3]));
        assert_eq!(switch.packet_of(Source::Console(other), &packet(10, 1)), Err(Cause::WrongSource));
        assert_eq!(switch.packet(site(1), &packet(10, 1)), Err(Cause::WrongSource));
        assert_eq!(switch.packet(site(1), &packet(9, 0)), Err(Cause::UnknownSpurt), "the talker before");
    }

    #[test]
    fn a_second_source_of_a_call_ends_the_first() {
        let mut switch = switch();
        switch.obey(Moment::ORIGIN, open(10, 4, 2, &[1, 3])).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), Err(Cause::UnknownSpurt));
        assert_eq!(switch.packet(site(2), &packet(10, 0)), to(&[1, 3]));
    }

    #[test]
    fn handover_moves_the_source_and_keeps_what_passed() {
        let mut switch = switch();
        switch.packet(site(1), &packet(9, 7)).unwrap();
        switch.obey(Moment::ORIGIN, open(9, 4, 2, &[1, 3])).unwrap();
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
        switch.obey(Moment::ORIGIN, up(1, 91)).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), Err(Cause::StalePacket), "same key, same window");
        switch.obey(Moment::ORIGIN, up(1, 111)).unwrap();
        assert_eq!(switch.packet(site(1), &packet(9, 0)), to(&[2, 3]));
    }

    #[test]
    fn a_console_that_falls_silent_is_named_once() {
        let mut switch = switch();
        let key = VoiceKey::new([5; 16]);
        let at = |millis| Moment::ORIGIN + Span::from_millis(millis);
        let open = OpenConsole { spurt: spurt(10), call: call(4), key, silence_ms: 1_000, to: vec![site(1)] };
        switch.obey(at(0), open.into()).unwrap();
        switch.packet_of(Source::Console(key), &packet(10, 0)).unwrap();
        assert_eq!(switch.silent_consoles(at(900)), []);
        assert!(switch.hears_consoles());
        assert_eq!(switch.silent_consoles(at(1_900)), [spurt(10)]);
        assert!(!switch.hears_consoles());
    }
}
