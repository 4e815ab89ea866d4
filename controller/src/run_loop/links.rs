//! The sites' links: who is connected, what they say, and what is said to them.

use std::mem;
use std::time::Instant;

use tokio::sync::mpsc;
use tracing::{debug, warn};
use trunklab_controller_core::input::Input;
use trunklab_protocol::from_site::{CallRequest, FloorRequest, FromSite, Hello, UnitRequest};
use trunklab_protocol::switch::SiteDown;
use trunklab_protocol::to_site::{Assert, ToSite};
use trunklab_protocol::{Cause, Incarnation, SiteId, UnitId};

use super::{Broken, RunLoop};
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::links::{FromLink, LinkHandle, LinkId, LinkNews, ToLink};
use crate::log::Log;

/// Inputs that are taken before queries get their turn again.
const TURN_MAX: usize = 256;

pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) handle: LinkHandle,
    /// Which run of which base station has greeted on it.
    station: Option<Incarnation>,
}

/// A request that a grant may answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    site: SiteId,
    unit: UnitId,
    read: Instant,
}

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    /// One turn: what came first, and what waits behind it, up to a limit.
    pub(super) fn hear_links(&mut self, first: FromLink) -> Result<(), Broken> {
        self.hear_link(first)?;
        for _ in 1..TURN_MAX {
            if self.outranked.is_some() {
                break;
            }
            let Ok(next) = self.inlets.links.try_recv() else { break };
            self.hear_link(next)?;
        }
        Ok(())
    }

    fn hear_link(&mut self, FromLink { link, site, news }: FromLink) -> Result<(), Broken> {
        match news {
            LinkNews::Up(handle) => self.connect(link, site, handle),
            LinkNews::Said { message, read } => {
                self.waits.said(read, Instant::now());
                self.hear(link, site, message, read)
            }
            LinkNews::Down(cause) => self.disconnect(link, site, cause),
        }
    }

    /// Whose the link of a site is that has one already, its greeting tells: until then it disturbs nobody.
    fn connect(&mut self, id: LinkId, site: SiteId, handle: LinkHandle) -> Result<(), Broken> {
        let link = Link { id, handle, station: None };
        if self.links.contains_key(&site) {
            if let Some(old) = self.knocking.insert(site, link) {
                cut(old, Cause::LinkReplaced);
            }
            return Ok(());
        }
        self.links.insert(site, link);
        self.take(Input::SiteConnected { site }, None)
    }

    fn hear(&mut self, id: LinkId, site: SiteId, message: FromSite, read: Instant) -> Result<(), Broken> {
        if let Some(newcomer) = self.knocking.remove(&site) {
            if newcomer.id == id {
                self.let_in(newcomer, site, &message)?;
            } else {
                self.knocking.insert(site, newcomer);
            }
        }
        let Some(link) = self.links.get_mut(&site).filter(|link| link.id == id) else {
            // It was on its way when the link was replaced or cut.
            self.outlets.counters.messages_dropped.one(Cause::LinkReplaced);
            return Ok(());
        };
        if let FromSite::Hello(hello) = &message {
            link.station.get_or_insert(hello.incarnation);
        }
        let asked = asking_unit(&message).map(|unit| Asked { site, unit, read });
        self.take(Input::FromSite { site, message }, asked)
    }

    /// The first word on a link of a site that had one: the same base station has connected again, or another one shows the same
    /// certificate (docs/protocol.md 6.1.1).
    fn let_in(&mut self, newcomer: Link, site: SiteId, message: &FromSite) -> Result<(), Broken> {
        let FromSite::Hello(Hello { incarnation, .. }) = message else {
            cut(newcomer, Cause::NotGreeted);
            return Ok(());
        };
        let standing = self.links.get(&site).and_then(|link| link.station);
        if standing.is_some_and(|standing| standing != *incarnation) {
            warn!(
                %site,
                "two base stations show the certificate of one site: the later one is turned away; stop it, or enrol it with a token of \
                 a site of its own"
            );
            cut(newcomer, Cause::SiteTaken);
            return self.take(Input::SiteTaken { site }, None);
        }
        if let Some(old) = self.links.insert(site, newcomer) {
            cut(old, Cause::LinkReplaced);
            self.take(Input::SiteDisconnected { site, cause: Cause::LinkReplaced }, None)?;
        }
        self.take(Input::SiteConnected { site }, None)
    }

    fn disconnect(&mut self, id: LinkId, site: SiteId, cause: Cause) -> Result<(), Broken> {
        self.leaving.remove(&id);
        if self.knocking.get(&site).is_some_and(|link| link.id == id) {
            self.knocking.remove(&site);
            return Ok(());
        }
        if self.links.get(&site).is_none_or(|link| link.id != id) {
            return Ok(());
        }
        self.links.remove(&site);
        self.take(Input::SiteDisconnected { site, cause }, None)
    }

    pub(super) fn send_to_site(&mut self, site: SiteId, message: ToSite, asked: Option<Asked>) {
        let Some(link) = self.links.get(&site) else {
            self.outlets.counters.orders_without_link.one();
            return;
        };
        let asked = asked.filter(|asked| grants(&message, site, *asked)).map(|asked| asked.read);
        let sent = link.handle.outgoing.try_send(ToLink { epoch: self.epoch, message, asked });
        match sent {
            Ok(()) => {}
            // The link's task has ended; its last word is on the way.
            Err(mpsc::error::TrySendError::Closed(_)) => self.outlets.counters.orders_without_link.one(),
            Err(mpsc::error::TrySendError::Full(_)) => {
                if let Some(link) = self.links.remove(&site) {
                    cut(link, Cause::LinkCongested);
                }
                self.caused.push_back(Input::SiteDisconnected { site, cause: Cause::LinkCongested });
            }
        }
    }

    pub(super) fn cut_links(&mut self, cause: Cause) {
        mem::take(&mut self.knocking).into_values().for_each(|link| cut(link, cause));
        for (site, link) in mem::take(&mut self.links) {
            cut(link, cause);
            self.send_to_switch(SiteDown { site }.into());
        }
    }
}

fn cut(link: Link, cause: Cause) {
    if link.handle.cut.send(cause).is_err() {
        debug!(cause = cause.name(), "the link had ended by itself");
    }
}

/// Who asks for a call or a floor with this message.
fn asking_unit(message: &FromSite) -> Option<UnitId> {
    match message {
        FromSite::CallRequest(CallRequest { unit, .. })
        | FromSite::UnitRequest(UnitRequest { unit, .. })
        | FromSite::FloorRequest(FloorRequest { unit, .. }) => Some(*unit),
        FromSite::Hello(_)
        | FromSite::InventoryRadios(_)
        | FromSite::InventoryCalls(_)
        | FromSite::InventoryEnd(_)
        | FromSite::Health(_)
        | FromSite::Settings(_)
        | FromSite::Register(_)
        | FromSite::Answer(_)
        | FromSite::Affiliate(_)
        | FromSite::Detach(_)
        | FromSite::CallCancel(_)
        | FromSite::PttReleased(_)
        | FromSite::Alarm(_)
        | FromSite::PageAnswer(_)
        | FromSite::HangUp(_)
        | FromSite::TalkEnd(_)
        | FromSite::TalkerSilent(_)
        | FromSite::TalkerLeaving(_)
        | FromSite::OrderAnswer(_)
        | FromSite::NetworkChallenge(_)
        | FromSite::Status(_)
        | FromSite::CallAlert(_)
        | FromSite::AlertCancel(_)
        | FromSite::MessageAnswer(_)
        | FromSite::ServedAlone(_)
        | FromSite::ServedFailsoft(_)
        | FromSite::InFailsoft(_)
        | FromSite::SlotStates(_)
        | FromSite::SlotTested(_)
        | FromSite::Report(_)
        | FromSite::Handover(_) => None,
    }
}

/// Whether a message gives a unit at this site the floor that it asked for.
fn grants(message: &ToSite, site: SiteId, asked: Asked) -> bool {
    let ToSite::Assert(Assert { talker: Some(talker), talker_is_here: true, .. }) = message else {
        return false;
    };
    site == asked.site && talker.unit == asked.unit
}
