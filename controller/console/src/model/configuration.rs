//! What the screen of the configuration shows beside the versions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Deserialize;
use trunklab_protocol::operator::{ConfigurationVersion, Difference};
use trunklab_protocol::{SiteId, SlotAddress};

use super::cursor::Cursor;

/// What would be different if an earlier version came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The earlier version.
    pub of: ConfigurationVersion,
    /// The one that stood when it was compared.
    pub with: ConfigurationVersion,
    /// Each thing.
    pub differences: Vec<Difference>,
}

/// What the controller holds for a site, and what the site said last.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeviceView {
    /// Which site.
    pub site: SiteId,
    /// Where its control channels are held to be.
    pub controls_held: Vec<SlotAddress>,
    /// Where it said that they are.
    pub controls_said: Vec<SlotAddress>,
    /// The digest of the settings that it is to run.
    pub settings_held: Option<u32>,
    /// The digest of those that it said that it runs.
    pub settings_said: Option<u32>,
    /// Whether the two differ.
    pub differs: bool,
}

/// How the operator looks at the configuration.
#[derive(Debug, Clone, Default)]
pub struct ConfigurationView {
    /// Which version keys are about, the newest first.
    pub(crate) versions: Cursor<Reverse<ConfigurationVersion>>,
    /// What was asked for last.
    pub(crate) comparison: Option<Comparison>,
    /// What is known of the sites.
    pub(crate) devices: BTreeMap<SiteId, DeviceView>,
    /// The last site that was asked about.
    pub(crate) asked_to: Option<SiteId>,
}
