//! A site goes into failsoft though its link stands, for its control channel is lost (docs/resilience.md 14.6.7).
//!
//! The base station decides that, by its own self-tests, so that it decides alike with a link and without one. From its word on nobody
//! can be served there; which slots are sound is told all the while, so that the control channel goes to a candidate when one is.

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::part::Parts;
use trunklab_protocol::{Cause, Clause, SiteId};

use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::sites::{Inventory, Link, Stage};

impl Controller {
    /// A site says that it is in failsoft. Its calls leave it, and it is told nothing of that: who talks there talks to the end, as
    /// without a controller.
    pub(crate) fn site_in_failsoft(&mut self, site: SiteId, out: &mut Outbox) {
        let row = self.sites.get_mut(site).expect("a site that speaks exists");
        if row.in_failsoft() {
            return;
        }
        let link = row.link.take().expect("a site that speaks has a link");
        let (greeting, reported) = match link.stage {
            Stage::InService(greeting) => (greeting, None),
            Stage::Reporting(greeting, inventory) => (greeting, Some(inventory.faulty)),
            Stage::Failsoft(..) | Stage::Ungreeted => unreachable!("its word was admitted at other stages"),
        };
        self.report(EventKind::SiteInFailsoft { site }, out);
        let outer = self.citing.replace(Clause::ControlLost);
        self.leave_site(site, Cause::SiteInFailsoft, Cause::SiteInFailsoft, out);
        self.citing = outer;
        let row = self.sites.get_mut(site).expect("the site was found above");
        let faulty = reported.clone().unwrap_or_else(|| row.slots.faulty().collect());
        let stage = Stage::Failsoft(greeting, Inventory { faulty, ..Inventory::default() });
        row.link = Some(Link { stage, report: Parts::default(), ..link });
        if let Some(faulty) = reported {
            self.restore_slot_states(site, faulty, out);
        }
        self.schedule_control_move(site);
    }
}
