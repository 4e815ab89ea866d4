//! The end of a site's own time of office (clause 14.1.5): what it carries goes on under its controller.

use trunklab_protocol::Cause;

use crate::controller::{Controller, Term};
use crate::output::{Outbox, Output};

impl Controller {
    /// Every record ends with its cause; of all else that an end of term says nothing is said.
    pub(crate) fn hand_back(&mut self, out: &mut Outbox) {
        let mut said = Outbox::new();
        self.end_term(Cause::HandedBack, &mut said);
        self.term = Term::Closed;
        out.extend(said.into_iter().filter(|output| matches!(output, Output::Store { .. })));
    }
}
