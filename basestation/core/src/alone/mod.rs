//! Serving without a controller (docs/resilience.md 14.1): the dispatch of a controller for this site alone.
//!
//! The dispatch is the controller's own core. It is told what radios say as a controller would be, and what it orders is obeyed as a
//! controller's orders are; so nothing of call processing is written here a second time.

mod copy;
mod kept;
mod memory;
mod reports;

use std::collections::VecDeque;

use trunklab_controller_core::config::{Change, SystemParameters};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::isolated::{epoch_of, node_of};
use trunklab_controller_core::{self as controller, Controller};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Clause, Epoch, Moment, SiteId, Span};

pub use self::copy::Copied;
pub use self::kept::{KeptSettings, Unfit};
pub use self::memory::{Memory, Remember};
pub use self::reports::Reports;
use crate::failsoft::still_in_failsoft;
use crate::link::{hello, inventory};
use crate::output::{Outbox, Output, StationEvent};
use crate::spurts::fresh_octets;
use crate::station::BaseStation;

/// A time in which the site serves alone.
#[derive(Debug)]
pub struct Alone {
    dispatch: Controller,
    site: SiteId,
    epoch: Epoch,
    since: Moment,
    /// What was said to the dispatch and is not yet heard.
    inbox: VecDeque<FromSite>,
    /// What the dispatch has said and is not yet carried out.
    outbox: VecDeque<controller::output::Output>,
    /// Whether somebody is carrying that out just now.
    is_carried: bool,
    /// How often it was given fresh octets.
    draws: u64,
}

impl Alone {
    /// For the dispatch, which takes it when the present input is over.
    pub fn tell(&mut self, message: FromSite) {
        self.inbox.push_back(message);
    }

    /// When the dispatch wants to be woken.
    pub fn deadline(&self) -> Option<Moment> {
        self.dispatch.next_deadline().map(|deadline| deadline.at)
    }

    /// The epoch of this time alone.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The dispatch, to look at.
    pub const fn dispatch(&self) -> &Controller {
        &self.dispatch
    }
}

impl BaseStation {
    /// When the site begins to serve alone, if nothing comes of its link until then.
    pub(crate) fn isolation_due(&self) -> Option<Moment> {
        let since = self.link.unserved_since().filter(|_| self.alone.is_none())?;
        let configuration = self.copy.configuration()?;
        let site = configuration.sites.first()?;
        let can = node_of(site.site).is_some() && site.isolated_after_ms > 0 && self.times_alone < u16::MAX;
        can.then(|| since + Span::from_millis(u64::from(site.isolated_after_ms)))
    }

    /// The link has been gone for long enough: the site serves its radios alone.
    pub(crate) fn begin_alone(&mut self, out: &mut Outbox) {
        let configuration = self.copy.configuration().expect("who has no copy does not come here").clone();
        let site = configuration.sites[0].site;
        self.times_alone += 1;
        let epoch =
            epoch_of(site, self.times_alone).expect("a site that cannot serve alone does not come here");
        out.push(Output::Remember(Remember::BeginsAlone(self.times_alone)));
        self.alone = Some(Box::new(Alone {
            dispatch: Controller::new(),
            site,
            epoch,
            since: self.now,
            inbox: VecDeque::new(),
            outbox: VecDeque::new(),
            is_carried: false,
            draws: 0,
        }));
        let entropy = self.octets_for_dispatch();
        self.at_dispatch(controller::input::Input::Started { epoch, entropy }, out);
        for change in changes(configuration) {
            self.at_dispatch(controller::input::Input::Provision(change), out);
        }
        // The vectors are the dispatch's now: none is used twice.
        for unit in self.copy.spend() {
            self.at_dispatch(controller::input::Input::Copied(Box::new(unit)), out);
        }
        self.at_dispatch(controller::input::Input::SiteConnected { site }, out);
        let held = match self.failsoft {
            None => inventory(self),
            Some(_) => still_in_failsoft(self),
        };
        for message in std::iter::once(hello(self)).chain(held) {
            self.at_dispatch(controller::input::Input::FromSite { site, message }, out);
        }
        self.update_service(out);
        self.review_failsoft(out);
    }

    /// A controller has configured the site: what runs is its from here on.
    pub(crate) fn hand_back(&mut self, out: &mut Outbox) {
        self.let_dispatch_hear(out);
        self.at_dispatch(controller::input::Input::HandedBack, out);
        let Some(alone) = self.alone.take() else { return };
        self.copy.return_vectors(alone.dispatch.vectors_left());
        self.outstanding.clear();
        let alone_ms = u32::try_from(self.now.since(alone.since).as_millis()).unwrap_or(u32::MAX);
        self.reports.served_alone(alone.epoch, alone_ms);
    }

    /// No controller takes over what runs: it ends, as at a site that is taken out, and then the time alone.
    pub(crate) fn end_alone(&mut self, out: &mut Outbox) {
        let Some(site) = self.alone.as_ref().map(|alone| alone.site) else { return };
        self.let_dispatch_hear(out);
        self.at_dispatch(controller::input::Input::Provision(Change::SiteRemoved(site)), out);
        self.hand_back(out);
    }

    /// The dispatch hears what was said to it since the last time, and what its clock says.
    pub(crate) fn let_dispatch_hear(&mut self, out: &mut Outbox) {
        while let Some((site, message)) =
            self.alone.as_mut().and_then(|alone| Some((alone.site, alone.inbox.pop_front()?)))
        {
            out.push(Output::Event(StationEvent::Heard(message.clone())));
            self.at_dispatch(controller::input::Input::FromSite { site, message }, out);
        }
    }

    /// Something reaches the dispatch; what it causes is carried out in the order in which it was said. What carrying it out makes the
    /// dispatch say comes behind that.
    pub(crate) fn at_dispatch(&mut self, input: controller::input::Input, out: &mut Outbox) {
        let Some(alone) = &mut self.alone else { return };
        let mut said = controller::output::Outbox::new();
        alone.dispatch.handle(self.now, input, &mut said);
        alone.outbox.extend(said);
        if std::mem::replace(&mut alone.is_carried, true) {
            return;
        }
        while let Some(output) = self.alone.as_mut().and_then(|alone| alone.outbox.pop_front()) {
            self.carry_from_dispatch(output, out);
        }
        if let Some(alone) = &mut self.alone {
            alone.is_carried = false;
        }
    }

    fn carry_from_dispatch(&mut self, output: controller::output::Output, out: &mut Outbox) {
        match output {
            controller::output::Output::ToSite { clause, message, .. } => {
                self.obey_dispatch(clause, message, out)
            }
            controller::output::Output::Store { id, item } => self.keep(id, item, out),
            // Of itself it need not be told.
            controller::output::Output::Event(event) if matches!(event.kind, EventKind::SiteUp { .. }) => {}
            controller::output::Output::Event(event) => {
                self.charge(event.at, &event.kind, out);
                out.push(Output::Event(StationEvent::Reported(event.kind)));
            }
            controller::output::Output::WantEntropy => {
                let octets = self.octets_for_dispatch();
                self.at_dispatch(controller::input::Input::Entropy(octets), out);
            }
            // What is said at a site is heard there without a switch, no operator is there, nobody records, and nobody
            // outranks the site's own term.
            controller::output::Output::ToSwitch(_)
            | controller::output::Output::Record(_)
            | controller::output::Output::Ordered { .. }
            | controller::output::Output::Configured { .. }
            | controller::output::Output::ToConsole { .. }
            | controller::output::Output::WantNewTerm { .. } => {}
        }
    }

    /// An order of the dispatch.
    fn obey_dispatch(&mut self, clause: Clause, message: ToSite, out: &mut Outbox) {
        out.push(Output::Event(StationEvent::Decided(clause, message.clone())));
        if let ToSite::Configure(order) = message {
            self.reconfigure(*order.settings, out);
            return self.review_failsoft(out);
        }
        self.carry_out(message, out);
    }

    fn octets_for_dispatch(&mut self) -> [u8; 32] {
        let alone = self.alone.as_mut().expect("only a dispatch wants octets");
        alone.draws += 1;
        fresh_octets(self.seed, u64::from(alone.epoch.number()) << 32 | alone.draws)
    }
}

/// What a dispatch is provisioned with: the part of the configuration that concerns this site, under a node of its own.
fn changes(configuration: Configuration) -> impl Iterator<Item = Change> {
    let Configuration { system, sites, areas, talkgroups } = configuration;
    let node = sites.first().and_then(|site| node_of(site.site)).expect("only a site with a node comes here");
    // Nobody but the station itself speaks to its dispatch: it cannot fall silent.
    let system = SystemParameters {
        node,
        consoles: Vec::new(),
        site_silence_ms_max: u32::MAX,
        heartbeat_ms: u16::MAX,
        ..system
    };
    std::iter::once(Change::System(system))
        .chain(sites.into_iter().map(Change::Site))
        .chain(areas.into_iter().map(Change::Area))
        .chain(talkgroups.into_iter().map(Change::Talkgroup))
}
