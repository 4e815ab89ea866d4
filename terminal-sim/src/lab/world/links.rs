//! The site links: ordered, cut and mended, tried again by the base stations.

use trunklab_basestation_core as station;
use trunklab_controller_core as controller;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, Epoch, Moment, SiteId, Span};

use super::World;
use super::agenda::Arrival;

/// A link that failed is tried again after this long.
const LINK_RETRY: Span = Span::from_millis(500);

/// What a link that ends loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// What the base station has said and the controller has not heard.
    ToController,
    /// What either has said and the other has not heard.
    BothWays,
}

impl World {
    /// A site's link to the controller is cut; messages on their way are lost.
    pub fn cut_link(&mut self, site: SiteId) {
        if let Some(station) = self.stations.get_mut(&site) {
            station.cut = true;
        }
        self.drop_link(site, Cause::LinkSilent);
    }

    /// A cut link can be used again; the base station tries by itself.
    pub fn mend_link(&mut self, site: SiteId) {
        if let Some(station) = self.stations.get_mut(&site) {
            station.cut = false;
        }
        self.schedule(self.now, Arrival::LinkTries(site));
    }

    pub(super) fn send_to_site(&mut self, site: SiteId, message: ToSite) {
        let epoch = Epoch::new(self.epoch).expect("every number is an epoch");
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.linked) else { return };
        let delay = station.chance.between(self.weather.delay_least, self.weather.delay_most);
        station.last_down = station.last_down.max(self.now + delay);
        let (at, run) = (station.last_down, station.run);
        let closes = matches!(message, ToSite::Close(_));
        self.schedule(
            at,
            Arrival::AtStation(site, run, station::input::Input::FromController { epoch, message }),
        );
        if closes {
            self.close_link(site, run, at);
        }
    }

    /// The controller has said its last on a link: the base station reads all of it, then the link is gone.
    fn close_link(&mut self, site: SiteId, run: u32, at: Moment) {
        let cause = Cause::LinkReplaced;
        let Some(station) = self.stations.get_mut(&site) else { return };
        station.linked = false;
        self.lose_on_the_way(site, Lost::ToController);
        self.at_controller(controller::input::Input::SiteDisconnected { site, cause });
        self.schedule(at, Arrival::AtStation(site, run, station::input::Input::LinkDown { cause }));
        self.schedule(at + LINK_RETRY, Arrival::LinkTries(site));
    }

    pub(super) fn send_to_controller(&mut self, site: SiteId, message: FromSite) {
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.linked) else { return };
        let delay = station.chance.between(self.weather.delay_least, self.weather.delay_most);
        station.last_up = station.last_up.max(self.now + delay);
        let at = station.last_up;
        self.traffic.from_sites += 1;
        self.schedule(at, Arrival::AtController(controller::input::Input::FromSite { site, message }));
    }

    pub(super) fn link_tries(&mut self, site: SiteId) {
        let controller_runs = self.controller.is_some();
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.running) else { return };
        if station.linked {
            return;
        }
        if station.cut || !controller_runs {
            self.schedule(self.now + LINK_RETRY, Arrival::LinkTries(site));
            return;
        }
        station.linked = true;
        station.last_up = self.now;
        station.last_down = self.now;
        self.at_controller(controller::input::Input::SiteConnected { site });
        self.at_station(site, station::input::Input::LinkUp);
    }

    /// Both ends notice; what was on its way is lost; the base station will try again.
    pub(super) fn drop_link(&mut self, site: SiteId, cause: Cause) {
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.linked) else { return };
        station.linked = false;
        self.lose_on_the_way(site, Lost::BothWays);
        self.at_controller(controller::input::Input::SiteDisconnected { site, cause });
        self.at_station(site, station::input::Input::LinkDown { cause });
        self.schedule(self.now + LINK_RETRY, Arrival::LinkTries(site));
    }

    /// What is on its way on a link that ends is lost; the controller's last word is still read.
    fn lose_on_the_way(&mut self, site: SiteId, lost: Lost) {
        self.queue.retain(|_, arrival| match arrival {
            Arrival::AtController(controller::input::Input::FromSite { site: from, .. }) => *from != site,
            Arrival::AtStation(to, _, station::input::Input::FromController { message, .. }) => {
                *to != site || lost == Lost::ToController || matches!(message, ToSite::Close(_))
            }
            Arrival::AtController(_)
            | Arrival::AtStation(..)
            | Arrival::AtHandset(..)
            | Arrival::AtListeners(..)
            | Arrival::AtSwitch(..)
            | Arrival::OperatorSpeaks
            | Arrival::SwitchLooks
            | Arrival::Stored { .. }
            | Arrival::FromOperator(..)
            | Arrival::LinkTries(_) => true,
        });
    }
}
