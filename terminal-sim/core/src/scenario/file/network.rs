//! `[network]`: limits of the whole network.

use toml::Spanned;
use trunklab_protocol::{Priority, UnitId};

use super::{Reader, read_span};
use crate::scenario::error::ScenarioError;
use crate::scenario::filler::FIRST_UNIT;
use crate::scenario::form::{NetworkForm, QueueReleaseForm};
use crate::scenario::provision::{NetworkProvision, QueueRelease};

/// Statuses that a scenario may have.
const STATUSES_MAX: u16 = 1_000;

impl Reader<'_> {
    pub(super) fn network(&self, form: &NetworkForm) -> Result<NetworkProvision, ScenarioError> {
        Ok(NetworkProvision {
            queue_len_max: form.queue_length.as_ref().map(|length| *length.get_ref()),
            queue_wait_ms_max: self.limit(form.longest_wait.as_ref())?,
            emergency: form.emergency,
            emergency_hang_time_ms: self.limit(form.emergency_hang_time.as_ref())?,
            queue_release: form.queue_release.map(|release| match release {
                QueueReleaseForm::CallBack => QueueRelease::CallBack,
                QueueReleaseForm::Cancel => QueueRelease::Cancel,
            }),
            call_back_ms: self.limit(form.call_back.as_ref())?,
            recent_user_ms: self.millis(form.recent_user.as_ref())?,
            clones: form.clones,
            ageing_ms: self.limit(form.ageing.as_ref())?,
            busy_override_ms: self.limit(form.busy_override.as_ref())?,
            transmission_ms_max: self.limit(form.longest_transmission.as_ref())?,
            floor_queue_len_max: form.floor_queue_length.as_ref().map(|length| *length.get_ref()),
            floor_wait_ms_max: self.limit(form.longest_floor_wait.as_ref())?,
            handover_ms: self.limit(form.handover.as_ref())?,
            page_ms_max: self.limit(form.longest_page.as_ref())?,
            ring_ms_max: self.limit(form.longest_ring.as_ref())?,
            full_duplex: form.full_duplex,
            duplex_ms_max: self.limit(form.longest_duplex.as_ref())?,
            individual_priority: self.level(form.individual_priority.as_ref())?,
            individual_hang_time_ms: self.limit(form.individual_hang_time.as_ref())?,
            console_unit: self.console_unit(form.console_unit.as_ref())?,
            statuses: self.statuses(form.statuses.as_ref())?,
            call_alert_repeat_ms: self.limit(form.call_alert_repeat.as_ref())?,
            call_alert_ms_max: self.limit(form.longest_call_alert.as_ref())?,
            alarm_flaps_max: form.alarm_flaps.as_ref().map(|count| *count.get_ref()),
            alarm_window_ms: self.limit(form.alarm_window.as_ref())?,
            alarm_quiet_ms: self.limit(form.alarm_quiet.as_ref())?,
        })
    }

    fn console_unit(&self, number: Option<&Spanned<u32>>) -> Result<Option<UnitId>, ScenarioError> {
        let Some(number) = number else { return Ok(None) };
        let unit = UnitId::new(*number.get_ref()).filter(|unit| unit.number() < FIRST_UNIT);
        unit.map(Some).ok_or_else(|| {
            let found = format!("unit {}", number.get_ref());
            self.source.error(number.span(), found, format!("a unit from 1 to {}", FIRST_UNIT - 1), "")
        })
    }

    fn statuses(&self, count: Option<&Spanned<u16>>) -> Result<u16, ScenarioError> {
        let Some(count) = count else { return Ok(0) };
        if *count.get_ref() <= STATUSES_MAX {
            return Ok(*count.get_ref());
        }
        let found = format!("{} statuses", count.get_ref());
        Err(self.source.error(count.span(), found, format!("at most {STATUSES_MAX}"), ""))
    }

    fn level(&self, number: Option<&Spanned<u8>>) -> Result<Option<Priority>, ScenarioError> {
        let Some(number) = number else { return Ok(None) };
        Priority::new(*number.get_ref()).map(Some).ok_or_else(|| {
            let found = format!("priority {}", number.get_ref());
            self.source.error(number.span(), found, "1 (highest) to 10", "")
        })
    }

    fn limit(&self, text: Option<&Spanned<String>>) -> Result<Option<u32>, ScenarioError> {
        let Some(text) = text else { return Ok(None) };
        let millis = read_span(self.source, text)?.as_millis();
        u32::try_from(millis).ok().filter(|millis| *millis > 0).map(Some).ok_or_else(|| {
            let found = self.source.excerpt(text.span());
            self.source.error(text.span(), found, "a time from 1 ms to 49 days", "")
        })
    }
}
