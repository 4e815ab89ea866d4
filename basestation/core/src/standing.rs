//! How a station stands with its network, and what of that outlives it (docs/resilience.md 14.1.1, 14.1.2).
//!
//! A station keeps what its controller configures. Started again it works with that from its first moment, as one whose link is lost:
//! its times to serve alone and to go into failsoft run, and its controller takes it over whenever it comes.

use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::{Cause, Moment};

use crate::alone::{KeptSettings, Remember};
use crate::output::{Outbox, Output};
use crate::self_test::SelfTest;
use crate::station::BaseStation;

/// With these a controller says that the site is none of its own.
pub const DISMISSALS: &[Cause] = &[Cause::SiteRemoved, Cause::UnknownSite, Cause::CertificateDenied];

/// How the station stands with its network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No controller has ever said that the site is one of its own.
    Stranger,
    /// An earlier run was told these settings: they are taken at once.
    Kept(Box<SiteSettings>),
    /// It is the network's, and this is what it was told last.
    Member(Box<SiteSettings>),
    /// It was the network's and is not any more: it radiates nothing, and begins nothing by itself.
    Dismissed,
}

impl BaseStation {
    /// When settings that were kept are taken: at the start.
    pub(crate) fn kept_settings_due(&self) -> Option<Moment> {
        matches!(self.standing, Standing::Kept(_)).then_some(self.origin)
    }

    /// The station works with what an earlier run was told.
    pub(crate) fn take_kept_settings(&mut self, out: &mut Outbox) {
        let Standing::Kept(settings) = &self.standing else { return };
        let settings = settings.clone();
        self.standing = Standing::Member(settings.clone());
        self.reconfigure(*settings, out);
    }

    /// A controller has configured the site: that is what a later run works with.
    pub(crate) fn keep_settings(&mut self, settings: &SiteSettings, out: &mut Outbox) {
        if matches!(&self.standing, Standing::Member(told) if **told == *settings) {
            return;
        }
        self.standing = Standing::Member(Box::new(settings.clone()));
        out.push(Output::Remember(Remember::Settings(Box::new(KeptSettings::of(settings)))));
    }

    /// A controller has said that the site is none of its own: it serves nobody any more, and nothing by which it could is left. What it
    /// has still to report is, for the network may take it in again.
    pub(crate) fn dismissed(&mut self, out: &mut Outbox) {
        self.standing = Standing::Dismissed;
        self.copy.forget();
        out.push(Output::Remember(Remember::Dismissed));
        self.end_alone(out);
        self.cut_failsoft(out);
        self.leave_failsoft();
        self.sessions.clear();
        self.outstanding.clear();
        self.self_test = SelfTest::default();
        self.control_lost_since = None;
        self.on_air = None;
    }
}
