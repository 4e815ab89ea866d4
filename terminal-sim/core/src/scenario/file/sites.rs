//! `[[site]]`: places, carriers, control channels, rules of access.

use std::collections::BTreeMap;

use toml::Spanned;
use trunklab_protocol::air_downlink::{AccessRules, Reselection};
use trunklab_protocol::{
    Antenna, CarrierNumber, ControlLayout, ControlPlace, Position, Signalling, SiteId, SlotAddress,
    SlotChoice, SlotNumber,
};

use super::{Reader, read_span};
use crate::scenario::error::ScenarioError;
use crate::scenario::form::{AccessForm, ReselectionForm, SiteForm};
use crate::scenario::provision::SiteProvision;

/// Sites nearer than this to each other cannot use the same carrier, in metres.
const REUSE_M: i64 = 50_000;

/// Sites without a position stand this far apart, in a row to the east, in metres.
const APART_M: i32 = 30_000;

impl Reader<'_> {
    pub(super) fn site(
        &mut self,
        index: usize,
        form: &SiteForm,
        used: &mut BTreeMap<CarrierNumber, Vec<(SiteId, Position)>>,
    ) -> Result<(), ScenarioError> {
        let expected = "a site number from 1 to 65535";
        let site = SiteId::new(*form.id.get_ref()).ok_or_else(|| self.out_of_range(&form.id, expected))?;
        if self.provision.sites.iter().any(|other| other.site == site) {
            return Err(self.twice(form.id.span(), "site"));
        }
        let east_m = APART_M.saturating_mul(i32::try_from(index).unwrap_or(i32::MAX));
        let position = form
            .position
            .map_or(Position { east_m, north_m: 0 }, |[east_m, north_m]| Position { east_m, north_m });
        let carriers = self.carriers(site, position, form, used)?;
        let control = self.control(form, &carriers)?;
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
            antenna: Antenna::Omni,
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

    fn carriers(
        &self,
        site: SiteId,
        position: Position,
        form: &SiteForm,
        used: &mut BTreeMap<CarrierNumber, Vec<(SiteId, Position)>>,
    ) -> Result<Vec<CarrierNumber>, ScenarioError> {
        let profile = self.profile.profile();
        let mut carriers = Vec::new();
        for carrier in form.carriers.get_ref() {
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
            let others = used.entry(number).or_default();
            if let Some((other, _)) = others.iter().find(|(_, place)| near(*place, position)) {
                let found = format!("carrier {number}, which site {other} uses");
                let expected = format!("sites that share a carrier to be {} km apart", REUSE_M / 1_000);
                let remedy = "give one of them another carrier, or another position";
                return Err(self.source.error(carrier.span(), found, expected, remedy));
            }
            others.push((site, position));
            carriers.push(number);
        }
        if carriers.is_empty() {
            let span = form.carriers.span();
            return Err(self.source.error(span, "no carrier", "at least one", "write carriers = [1]"));
        }
        Ok(carriers)
    }

    fn control(&self, form: &SiteForm, carriers: &[CarrierNumber]) -> Result<SlotAddress, ScenarioError> {
        let slots = self.profile.profile().slots;
        let first = SlotNumber::new(0).expect("slots count from 0");
        let Some(control) = &form.control else {
            return Ok(SlotAddress { carrier: carriers[0], slot: first });
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

fn near(one: Position, other: Position) -> bool {
    let east = i64::from(one.east_m) - i64::from(other.east_m);
    let north = i64::from(one.north_m) - i64::from(other.north_m);
    // No square can overflow: each side is under 2^32 only where it is compared first.
    east.abs() < REUSE_M && north.abs() < REUSE_M && east * east + north * north < REUSE_M * REUSE_M
}
