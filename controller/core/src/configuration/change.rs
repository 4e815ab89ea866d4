//! A change of the configuration while the network runs (clause 13.6.2): checked whole, kept, then made.

use trunklab_protocol::operator::{Authority, ConfigurationVersion, EventKind, Right};
use trunklab_protocol::{Cause, Clause, TalkgroupId};

use super::{Configuration, Configured, Unfit};
use crate::config::Change;
use crate::controller::Controller;
use crate::output::{Outbox, Output, StoreItem};

/// A change that the store is asked to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The request to the store.
    store: u64,
    /// Names the change for its answer.
    id: u64,
    configured: Configured,
}

impl Pending {
    /// What it will make of the configuration.
    pub const fn configured(&self) -> &Configured {
        &self.configured
    }
}

impl Controller {
    /// The configuration as it stands, and its version. No key is in it.
    pub fn configuration(&self) -> (ConfigurationVersion, Configuration) {
        let configuration = Configuration {
            system: self.system.clone(),
            sites: self.sites.iter().map(|(_, row)| row.config.clone()).collect(),
            areas: self.areas.iter().map(|(_, area)| area.clone()).collect(),
            talkgroups: self.talkgroups.iter().map(|(_, row)| row.config.clone()).collect(),
        };
        (self.configuration_version, configuration.in_order())
    }

    /// Whether a change would be taken: what it would make of the configuration.
    ///
    /// # Errors
    /// Why it would not, and where.
    pub fn weigh_configuration(
        &self,
        by: &Authority,
        base: ConfigurationVersion,
        wanted: Configuration,
    ) -> Result<Configuration, Box<Unfit>> {
        if !by.role.may(Right::Administer) {
            return Err(Box::new(Unfit::because(Cause::NotAllowed)));
        }
        if base != self.configuration_version || self.pending_configuration.is_some() {
            let what = format!(
                "the configuration is at version {}, and the change starts from {base}: show it, and change that",
                self.configuration_version
            );
            let cause = Cause::ConfigurationChanged;
            return Err(Box::new(Unfit { cause, place: String::new(), what }));
        }
        let (_, standing) = self.configuration();
        let wanted = wanted.in_order();
        wanted.check(&standing)?;
        self.check_with_registers(&standing, &wanted)?;
        Ok(wanted)
    }

    /// What only the registers know.
    fn check_with_registers(&self, standing: &Configuration, wanted: &Configuration) -> Result<(), Unfit> {
        if let Some(console) =
            wanted.system.consoles.iter().find(|console| self.home.unit(console.unit).is_some())
        {
            let what = format!("unit {} is a subscriber: give the console a number of its own", console.unit);
            return Err(Unfit::at(format_args!("console {}", console.name), what));
        }
        for change in standing.changes_to(wanted) {
            if let Change::TalkgroupRemoved(gone) = change
                && self.patches.iter().any(|patch| patch.talkgroups.contains(&gone))
            {
                return Err(Unfit::at(format_args!("talkgroup {gone}"), "is in a patch: undo that first"));
            }
        }
        Ok(())
    }

    /// An operator changes the configuration.
    pub(crate) fn configure(
        &mut self,
        id: u64,
        by: Authority,
        base: ConfigurationVersion,
        wanted: Configuration,
        out: &mut Outbox,
    ) {
        match self.weigh_configuration(&by, base, wanted) {
            Err(unfit) => self.refuse_configuration(id, &by, unfit, out),
            Ok(configuration) => {
                let version = self.configuration_version.next();
                let configured = Configured { version, epoch: self.epoch, at: self.now, by, configuration };
                let store = self.store(StoreItem::Configured(Box::new(configured.clone())), out);
                self.pending_configuration = Some(Box::new(Pending { store, id, configured }));
            }
        }
    }

    /// The store has kept something, or failed to: where it was the configuration, that holds now, or as it was before.
    pub(crate) fn configuration_stored(&mut self, store: u64, kept: bool, out: &mut Outbox) {
        let Some(pending) = self.pending_configuration.take_if(|pending| pending.store == store) else {
            return;
        };
        let Pending { id, configured, .. } = *pending;
        if !kept {
            let unfit = Box::new(Unfit::because(Cause::DurableStoreFailed));
            return self.refuse_configuration(id, &configured.by, unfit, out);
        }
        let (_, standing) = self.configuration();
        for change in standing.changes_to(&configured.configuration) {
            self.reconfigure(change, out);
        }
        self.configuration_version = configured.version;
        let Configured { version, by, .. } = configured;
        self.report(EventKind::Configured { version, by: by.console }, out);
        out.push(Output::Configured { id, outcome: Ok(version) });
    }

    /// One part of a change: the switch is where it was.
    fn reconfigure(&mut self, change: Change, out: &mut Outbox) {
        let clause = match &change {
            Change::SiteRemoved(_) | Change::AreaRemoved(_) | Change::TalkgroupRemoved(_) => Clause::TakenOut,
            Change::Site(_) => Clause::SiteChanged,
            Change::System(_)
            | Change::Area(_)
            | Change::Talkgroup(_)
            | Change::Subscriber(_)
            | Change::Subscribers(_)
            | Change::SubscriberRemoved(_)
            | Change::Patch(_)
            | Change::Remote(_)
            | Change::Alarm(_)
            | Change::Version(_) => Clause::ConfigurationChange,
        };
        let mut change = change;
        if let Change::System(system) = &mut change {
            system.switch_address = self.system.switch_address;
        }
        let outer = self.citing.replace(clause);
        self.provision(change, out);
        self.citing = outer;
    }

    /// Whether a talkgroup is about to be taken out.
    pub(crate) fn is_leaving(&self, talkgroup: TalkgroupId) -> bool {
        self.pending_configuration.as_ref().is_some_and(|pending| {
            let stays = &pending.configured.configuration.talkgroups;
            stays.binary_search_by_key(&talkgroup, |row| row.id).is_err()
        })
    }

    pub(crate) fn refuse_configuration(
        &mut self,
        id: u64,
        by: &Authority,
        unfit: Box<Unfit>,
        out: &mut Outbox,
    ) {
        self.report(EventKind::OrderRefused { by: by.console.clone(), cause: unfit.cause }, out);
        out.push(Output::Configured { id, outcome: Err(unfit) });
    }
}
