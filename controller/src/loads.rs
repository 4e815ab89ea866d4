//! The load of each site's control channels as its last heartbeat told it, for `/metrics`.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};

use trunklab_controller_core::input::Input;
use trunklab_protocol::SiteId;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::load::ControlLoad;

type Figure = fn(&ControlLoad) -> f64;

/// What stands on the page for each control channel: name, figure, help.
#[rustfmt::skip]
const FIGURES: &[(&str, Figure, &str)] = &[
    ("trunklab_control_words", |load| load.words.into(), "Words that a control channel said in the last ten seconds."),
    ("trunklab_control_words_busy", |load| load.words_busy.into(), "Of them, words to somebody."),
    ("trunklab_control_grants_again", |load| load.grants_again.into(), "Of them, grants said again."),
    ("trunklab_control_words_waiting", |load| load.waiting.into(), "Words that wait now."),
    ("trunklab_control_wait_seconds_max", |load| f64::from(load.wait_ms_max) / 1e3, "Longest wait of a word in the last ten seconds."),
    ("trunklab_control_late_entry_put_off", |load| load.late_entry_put_off.into(), "Late-entry words that gave way in the last ten seconds."),
    ("trunklab_control_late_entry_delay_seconds_max", |load| f64::from(load.late_entry_delay_ms_max) / 1e3, "The longest time by which one did."),
    ("trunklab_control_opportunities", |load| load.opportunities.into(), "Access opportunities in the last ten seconds."),
    ("trunklab_control_bursts", |load| load.bursts.into(), "Bursts that came in them."),
    ("trunklab_control_collided", |load| load.collided.into(), "Of them, bursts lost to one another."),
    ("trunklab_control_captured", |load| load.captured.into(), "Opportunities in which one burst was received in spite of others."),
];

/// The loads of all sites whose links stand.
#[derive(Debug, Default)]
pub struct Loads(Mutex<BTreeMap<SiteId, Vec<ControlLoad>>>);

impl Loads {
    /// Notes what an input tells of them.
    pub fn note(&self, input: &Input) {
        if let Input::FromSite { site, message: FromSite::Health(health) } = input {
            self.lock().insert(*site, health.controls.clone());
        } else if let Input::SiteDisconnected { site, .. } = input {
            self.lock().remove(site);
        }
    }

    /// Appends them in Prometheus' text format.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_metrics(&self, page: &mut impl Write) -> fmt::Result {
        let loads = self.lock();
        for (name, figure, help) in FIGURES {
            writeln!(page, "# HELP {name} {help}\n# TYPE {name} gauge")?;
            for (site, load) in loads.iter().flat_map(|(site, of)| of.iter().map(move |load| (site, load))) {
                writeln!(page, "{name}{{site=\"{site}\",control=\"{}\"}} {}", load.at, figure(load))?;
            }
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SiteId, Vec<ControlLoad>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::from_site::Health;
    use trunklab_protocol::{CarrierNumber, Cause, SlotAddress, SlotNumber};

    use super::*;

    #[test]
    fn the_page_has_each_control_channel_of_a_site_until_its_link_is_gone() {
        let load = |carrier| ControlLoad {
            at: SlotAddress {
                carrier: CarrierNumber::new(carrier).unwrap(),
                slot: SlotNumber::new(0).unwrap(),
            },
            words: 100,
            words_busy: 62,
            grants_again: 6,
            waiting: 2,
            wait_ms_max: 1_555,
            late_entry_put_off: 19,
            late_entry_delay_ms_max: 1_365,
            opportunities: 100,
            bursts: 14,
            collided: 5,
            captured: 1,
        };
        let health = Health {
            control_words: 1,
            control_words_busy: 1,
            bursts: 1,
            collisions: 0,
            late: 0,
            dropped: 0,
            controls: vec![load(12), load(14)],
            settings: 0,
        };
        let site = SiteId::new(3).unwrap();
        let loads = Loads::default();
        loads.note(&Input::FromSite { site, message: health.into() });
        let page = |loads: &Loads| {
            let mut page = String::new();
            loads.write_metrics(&mut page).unwrap();
            page
        };
        for expected in [
            "trunklab_control_words_busy{site=\"3\",control=\"12/0\"} 62\n",
            "trunklab_control_wait_seconds_max{site=\"3\",control=\"14/0\"} 1.555\n",
            "trunklab_control_collided{site=\"3\",control=\"14/0\"} 5\n",
            "# TYPE trunklab_control_captured gauge\n",
        ] {
            assert!(page(&loads).contains(expected), "{expected} is missing in\n{}", page(&loads));
        }
        loads.note(&Input::SiteDisconnected { site, cause: Cause::LinkSilent });
        assert!(!page(&loads).contains("site="), "{}", page(&loads));
    }
}
