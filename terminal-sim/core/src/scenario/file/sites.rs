//! `[[site]]`: places, carriers, control channels, rules of access.

use toml::Spanned;
use trunklab_protocol::air_downlink::{AccessRules, Reselection};
use trunklab_protocol::settings::SELF_TEST_MS_MIN;
use trunklab_protocol::{
    CarrierNumber, ControlLayout, ControlPlace, Position, Signalling, SiteId, SlotAddress, SlotChoice,
    SlotNumber,
};

use super::sectors::Part;
use super::{Reader, read_span};
use crate::scenario::error::ScenarioError;
use crate::scenario::form::{AccessForm, ReselectionForm, SiteForm};
use crate::scenario::provision::SiteProvision;

/// Sites without a position stand this far apart, in a row to the east, in metres.
const APART_M: i32 = 30_000;

impl Reader<'_> {
    /// The site that a `[[site]]` describes, or its sectors.
    pub(super) fn sites(&mut self, index: usize, form: &Spanned<SiteForm>) -> Result<(), ScenarioError> {
        let east_m = APART_M.saturating_mul(i32::try_from(index).unwrap_or(i32::MAX));
        let position = form
            .get_ref()
            .position
            .map_or(Position { east_m, north_m: 0 }, |[east_m, north_m]| Position { east_m, north_m });
        for part in self.parts(form)? {
            self.site(form.get_ref(), &part, position)?;
        }
        Ok(())
    }

    fn site(&mut self, form: &SiteForm, part: &Part<'_>, position: Position) -> Result<(), ScenarioError> {
        let expected = "a site number from 1 to 65535";
        let site = SiteId::new(*part.id.get_ref()).ok_or_else(|| self.out_of_range(part.id, expected))?;
        if self.provision.sites.iter().any(|other| other.site == site) {
            return Err(self.twice(part.id.span(), "site"));
        }
        let carriers = self.carriers(site, part)?;
        let control = self.control(part.control, &carriers)?;
        let candidates = form.control_candidates.iter().flatten();
        let control_candidates =
            candidates.map(|place| self.control(Some(place), &carriers)).collect::<Result<Vec<_>, _>>()?;
        let failsoft = self.failsoft(form.failsoft.as_deref().unwrap_or_default(), &carriers, control)?;
        let chosen = form.slot_choice.as_ref();
        let slot_choice = self.choice("slot_choice", chosen, SlotChoice::ALL, SlotChoice::name)?;
        let chosen = form.control_channel.as_ref();
        let control_place = self.choice("control_channel", chosen, ControlPlace::ALL, ControlPlace::name)?;
        let chosen = form.signalling.as_ref();
        let signalling = self.choice("signalling", chosen, Signalling::ALL, Signalling::name)?;
        let chosen = form.control_layout.as_ref();
        let control_layout =
            self.choice("control_layout", chosen, ControlLayout::ALL, ControlLayout::name)?;
        self.provision.sites.push(SiteProvision {
            site,
            name: form.name.clone().unwrap_or_else(|| format!("Site {site}")),
            profile: self.profile,
            position,
            mast: part.mast,
            antenna: part.antenna,
            power_dbm: form.power_dbm.unwrap_or(43),
            carriers,
            control,
            slot_choice,
            control_place,
            signalling,
            control_layout,
            control_moves_ms: self.control_moves(form.control_moves.as_ref())?,
            neighbours: Vec::new(),
            access: self.access(form.access.as_ref())?,
            reselection: self.reselection(form.reselection.as_ref())?,
            registration_window_ms: self.millis(form.registration_window.as_ref())?.unwrap_or(0),
            broadcast_interval_ms: self.interval(form.broadcast_interval.as_ref(), 1_000)?,
            talker_silence_ms: self.interval(form.talker_silence.as_ref(), 1_000)?,
            late_entry_interval_ms: self.interval(form.late_entry_interval.as_ref(), 1_000)?,
            isolated_after_ms: self.millis(form.isolated_after.as_ref())?.unwrap_or(0),
            failsoft_after_ms: self.millis(form.failsoft_after.as_ref())?.unwrap_or(0),
            failsoft,
            control_candidates,
            self_test_ms: self.self_test(form.self_test.as_ref())?,
            bad_tests: self.tests_in_a_row(form.bad_tests.as_ref())?,
            good_tests: self.tests_in_a_row(form.good_tests.as_ref())?,
        });
        Ok(())
    }

    fn interval(&self, value: Option<&Spanned<String>>, default: u16) -> Result<u16, ScenarioError> {
        let Some(value) = value else { return Ok(default) };
        let millis = read_span(self.source, value)?.as_millis();
        u16::try_from(millis).ok().filter(|millis| *millis > 0).ok_or_else(|| {
            let found = self.source.excerpt(value.span());
            self.source.error(value.span(), found, "a time from 1 ms to 65 s", "")
        })
    }

    fn self_test(&self, value: Option<&Spanned<String>>) -> Result<u32, ScenarioError> {
        let Some(value) = value else { return Ok(0) };
        let millis = read_span(self.source, value)?.as_millis();
        u32::try_from(millis).ok().filter(|millis| *millis >= SELF_TEST_MS_MIN).ok_or_else(|| {
            let found = self.source.excerpt(value.span());
            self.source.error(value.span(), found, "1 s or more", "leave it out where slots are not tested")
        })
    }

    fn tests_in_a_row(&self, value: Option<&Spanned<u8>>) -> Result<u8, ScenarioError> {
        match value {
            None => Ok(3),
            Some(value) if *value.get_ref() > 0 => Ok(*value.get_ref()),
            Some(value) => Err(self.out_of_range(value, "a number from 1 to 255")),
        }
    }

    fn control_moves(&self, value: Option<&Spanned<String>>) -> Result<u32, ScenarioError> {
        let Some(value) = value else { return Ok(60_000) };
        let millis = read_span(self.source, value)?.as_millis();
        u32::try_from(millis).ok().filter(|millis| *millis >= 5_000).ok_or_else(|| {
            let found = self.source.excerpt(value.span());
            self.source.error(
                value.span(),
                found,
                "5 s or more",
                "radios need time to find the control channel",
            )
        })
    }

    fn reselection(&self, form: Option<&ReselectionForm>) -> Result<Reselection, ScenarioError> {
        let usual = Reselection::default();
        let Some(form) = form else { return Ok(usual) };
        Ok(Reselection {
            below_dbm: form.below_dbm.unwrap_or(usual.below_dbm),
            hysteresis_db: form.hysteresis_db.unwrap_or(usual.hysteresis_db),
            better_ms: self.interval(form.better_for.as_ref(), usual.better_ms)?,
        })
    }

    fn carriers(&mut self, site: SiteId, part: &Part<'_>) -> Result<Vec<CarrierNumber>, ScenarioError> {
        let profile = self.profile.profile();
        let mut carriers = Vec::new();
        for carrier in part.carriers.get_ref() {
            let number = CarrierNumber::new(*carrier.get_ref())
                .filter(|number| number.number() <= profile.carrier_max)
                .ok_or_else(|| {
                    let expected =
                        format!("a carrier of {}, from 1 to {}", profile.name, profile.carrier_max);
                    self.out_of_range(carrier, &expected)
                })?;
            if carriers.contains(&number) {
                return Err(self.twice(carrier.span(), "carrier"));
            }
            self.carriers.push((site, number, carrier.span()));
            carriers.push(number);
        }
        if carriers.is_empty() {
            let span = part.carriers.span();
            return Err(self.source.error(span, "no carrier", "at least one", "write carriers = [1]"));
        }
        Ok(carriers)
    }

    pub(super) fn control(
        &self,
        control: Option<&Spanned<String>>,
        carriers: &[CarrierNumber],
    ) -> Result<SlotAddress, ScenarioError> {
        let slots = self.profile.profile().slots;
        let Some(control) = control else {
            return Ok(SlotAddress::first_of(carriers[0]));
        };
        let fail = |expected: String, remedy: &str| {
            let found = format!("control channel `{}`", control.get_ref());
            Err(self.source.error(control.span(), found, expected, remedy))
        };
        let (carrier, slot) = control.get_ref().split_once('/').unwrap_or((control.get_ref(), "0"));
        let (Some(carrier), Some(slot)) = (
            carrier.trim().parse().ok().and_then(CarrierNumber::new),
            slot.trim().parse().ok().and_then(SlotNumber::new),
        ) else {
            return fail("a carrier and a slot, such as `12/0`".to_owned(), "");
        };
        if !carriers.contains(&carrier) {
            let list: Vec<_> = carriers.iter().map(ToString::to_string).collect();
            return fail(
                format!("one of the site's carriers, {}", list.join(", ")),
                "add the carrier, or use one of them",
            );
        }
        if slot.number() >= slots {
            let expected = format!("a slot of {}, from 0 to {}", self.profile, slots - 1);
            return fail(expected, "leave the slot out to take the first");
        }
        Ok(SlotAddress { carrier, slot })
    }

    fn access(&self, form: Option<&AccessForm>) -> Result<AccessRules, ScenarioError> {
        let number = |value: Option<&Spanned<u8>>, default: u8| match value {
            None => Ok(default),
            Some(value) if *value.get_ref() > 0 => Ok(*value.get_ref()),
            Some(value) => Err(self.out_of_range(value, "a number from 1 to 255")),
        };
        Ok(AccessRules {
            backoff: number(form.and_then(|form| form.backoff.as_ref()), 8)?,
            tries: number(form.and_then(|form| form.tries.as_ref()), 8)?,
            tries_emergency: number(form.and_then(|form| form.tries_emergency.as_ref()), 16)?,
            wait: number(form.and_then(|form| form.wait.as_ref()), 8)?,
        })
    }
}
