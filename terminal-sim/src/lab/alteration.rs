//! What a scenario changes of the configuration while the network runs (docs/services.md 13.6).

use trunklab_controller_core::configuration::Configuration;
use trunklab_terminal_core::scenario::Alteration;

/// The configuration as it is after the change; what is not there stays so.
pub fn altered(mut configuration: Configuration, alteration: Alteration) -> Configuration {
    match alteration {
        Alteration::HangTime(talkgroup, span) => {
            let hang_time_ms = u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
            for row in configuration.talkgroups.iter_mut().filter(|row| row.id == talkgroup) {
                row.hang_time_ms = Some(hang_time_ms);
            }
        }
        Alteration::CarrierOut(site, carrier) => {
            for row in configuration.sites.iter_mut().filter(|row| row.site == site) {
                row.carriers.retain(|other| *other != carrier);
            }
        }
        Alteration::TalkgroupOut(talkgroup) => configuration.talkgroups.retain(|row| row.id != talkgroup),
    }
    configuration
}
