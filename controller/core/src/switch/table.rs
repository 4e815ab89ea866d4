//! What the controller has ordered: the ports of the sites, and the way of each spurt.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use smallvec::SmallVec;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::{Open, OpenConsole, Shut, SiteDown, SiteUp, ToSwitch};
use trunklab_protocol::{CallId, Cause, SiteId, SpurtId};

/// The sites that a spurt goes to.
pub type Destinations = SmallVec<[SiteId; 8]>;

/// Where a spurt comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A site, which tags with its uplink key.
    Site(SiteId),
    /// An operator's console, which has a key for this spurt alone.
    Console(VoiceKey),
}

impl Source {
    /// The site, where it is one.
    pub const fn site(self) -> Option<SiteId> {
        match self {
            Self::Site(site) => Some(site),
            Self::Console(_) => None,
        }
    }
}

/// The way of one spurt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The spurt: the SSRC of its packets.
    pub spurt: SpurtId,
    /// Its call.
    pub call: CallId,
    /// The only source that may send it.
    pub from: Source,
    /// After how long without a packet a console is silent, in milliseconds; of no meaning for a site, which says so itself.
    pub silence_ms: u16,
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
    /// A call's spurts: one, or two in full duplex.
    spurts_of: BTreeMap<CallId, SmallVec<[SpurtId; 2]>>,
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
            ToSwitch::Open(Open { spurt, call, from, to, beside }) => {
                let to = to.into_iter().filter(|site| *site != from).collect();
                self.open(Route { spurt, call, from: Source::Site(from), silence_ms: 0, to }, beside)
            }
            ToSwitch::OpenConsole(OpenConsole { spurt, call, key, silence_ms, to }) => {
                self.open(Route { spurt, call, from: Source::Console(key), silence_ms, to: to.into() }, None)
            }
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

    /// Opens a way. `beside` is the other spurt of its call that goes on.
    fn open(&mut self, mut route: Route, beside: Option<SpurtId>) -> Result<Changes, Cause> {
        let Route { spurt, call, .. } = route;
        let known = self.routes.contains_key(&spurt);
        let of_call = self.spurts_of.get(&call).cloned().unwrap_or_default();
        let displaced: SmallVec<[SpurtId; 2]> =
            of_call.into_iter().filter(|other| *other != spurt && Some(*other) != beside).collect();
        let routes_then = self.routes.len() + usize::from(!known) - displaced.len();
        if route.to.len() > self.limits.sites_max || routes_then > self.limits.routes_max {
            return Err(Cause::SwitchFull);
        }
        route.to.sort_unstable();
        route.to.dedup();

        // A new talker's spurt ends the one before, even if its end was not heard.
        let mut changes: Changes = displaced.into_iter().flat_map(|other| self.shut(other)).collect();
        match self.routes.insert(spurt, route.clone()) {
            None => changes.push(Change::Opened(spurt)),
            Some(before) if before == route => {}
            Some(before) => {
                if before.call != call {
                    self.forget(before.call, spurt);
                }
                changes.push(Change::Rerouted(spurt));
            }
        }
        let spurts = self.spurts_of.entry(call).or_default();
        if !spurts.contains(&spurt) {
            spurts.push(spurt);
        }
        Ok(changes)
    }

    fn shut(&mut self, spurt: SpurtId) -> Changes {
        let Some(route) = self.routes.remove(&spurt) else { return Changes::new() };
        self.forget(route.call, spurt);
        Changes::from_iter([Change::Closed(spurt)])
    }

    fn forget(&mut self, call: CallId, spurt: SpurtId) {
        if let Some(spurts) = self.spurts_of.get_mut(&call) {
            spurts.retain(|other| *other != spurt);
            if spurts.is_empty() {
                self.spurts_of.remove(&call);
            }
        }
    }

    /// Every spurt that comes from the site as `from_it`, every one that goes there as rerouted.
    fn touching(&self, site: SiteId, from_it: fn(SpurtId) -> Change) -> Changes {
        self.routes
            .values()
            .filter_map(|route| {
                if route.from == Source::Site(site) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::switch::testing::{open, site, spurt, to, up};

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
    fn two_spurts_of_a_full_duplex_call_go_side_by_side() {
        let beside = |order, other| match order {
            ToSwitch::Open(open) => ToSwitch::Open(Open { beside: Some(spurt(other)), ..open }),
            ToSwitch::SiteUp(_) | ToSwitch::SiteDown(_) | ToSwitch::OpenConsole(_) | ToSwitch::Shut(_) => {
                order
            }
        };
        let mut table = RouteTable::new(Limits::default());
        table.obey(beside(open(9, 4, 1, &[2]), 10)).unwrap();
        table.obey(beside(open(10, 4, 2, &[1]), 9)).unwrap();
        assert!(table.route(spurt(9)).is_some() && table.route(spurt(10)).is_some());
        table.obey(ToSwitch::Shut(Shut { spurt: spurt(9) })).unwrap();
        assert!(table.route(spurt(10)).is_some());
        // A third one is not of the two.
        table.obey(open(11, 4, 1, &[2])).unwrap();
        assert!(table.route(spurt(10)).is_none() && table.routes() == 1);
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

    proptest! {
        /// Routes and the index of calls agree, and every change that is reported is one.
        #[test]
        fn a_calls_sources_are_known_whatever_the_orders(
            orders in prop::collection::vec((0_u8..5, 1_u32..6, 1_u32..4, 1_u16..4), 1..60)
        ) {
            let mut table = RouteTable::new(Limits { routes_max: 3, sites_max: 2 });
            for (kind, number, counter, at) in orders {
                let order = match kind {
                    0 => up(at, counter as u8),
                    1 => ToSwitch::SiteDown(SiteDown { site: site(at) }),
                    2 => open(number, counter, at, &[1, 2]),
                    3 => ToSwitch::Open(Open {
                        spurt: spurt(number),
                        call: crate::switch::testing::call(counter),
                        from: site(at),
                        to: vec![site(1)],
                        beside: Some(spurt(number % 5 + 1)),
                    }),
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
                prop_assert_eq!(table.spurts_of.values().map(|spurts| spurts.len()).sum::<usize>(), table.routes.len());
                prop_assert!(table.spurts_of.values().all(|spurts| (1..=2).contains(&spurts.len())));
                for route in table.routes.values() {
                    prop_assert!(table.spurts_of.get(&route.call).is_some_and(|spurts| spurts.contains(&route.spurt)));
                }
            }
        }
    }
}
