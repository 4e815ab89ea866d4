//! `[[unit]]`: who there is, where, with which key and talkgroups.

use toml::Spanned;
use trunklab_protocol::{
    Demand, Identity, Imei, Imsi, Moment, Position, Priority, SCAN_MAX, ScanList, Service, Services,
    TalkgroupId, UnitId,
};

use super::{Reader, Step};
use crate::scenario::error::ScenarioError;
use crate::scenario::filler::FIRST_UNIT;
use crate::scenario::form::{UnitForm, UnitsForm};
use crate::scenario::nearest::did_you_mean;
use crate::scenario::pattern::units;
use crate::scenario::provision::{SubscriberProvision, UnitProvision, derive_key};
use crate::scenario::sentence::Action;

/// The subscription of a unit of a scenario: one of the test network 999-99.
pub(in crate::scenario) fn imsi(unit: UnitId) -> Imsi {
    Imsi::new(999_990_000_000_000 + u64::from(unit.number())).expect("fifteen digits")
}

/// The equipment of a blank unit where the scenario says nothing else.
fn usual_imei(unit: UnitId) -> Imei {
    Imei::new(350_000_000_000_000 + u64::from(unit.number())).expect("fifteen digits")
}

/// Who a handset is.
struct Person {
    owner: UnitId,
    identity: Identity,
    equipment: Option<Imei>,
    registered: Option<Imei>,
}

impl Reader<'_> {
    pub(super) fn unit(&mut self, form: &UnitForm) -> Result<(), ScenarioError> {
        let line = self.source.place(form.id.span().start).0;
        let position = self.unit_position(form)?;
        let talkgroups = self.unit_talkgroups(form)?;
        let scan = self.unit_scan(form, talkgroups[0])?;
        let sites = match &form.allowed_sites {
            None => None,
            Some(sites) => {
                let mut known = Vec::new();
                for site in sites {
                    known.push(self.known_site(*site.get_ref(), site.span())?);
                }
                known.sort_unstable();
                Some(known)
            }
        };
        let emergency_talkgroup = form
            .emergency_talkgroup
            .as_ref()
            .map(|number| self.known_talkgroup(*number.get_ref(), number.span()))
            .transpose()?;
        let right = form.floor_demand.as_ref();
        let demand = self.choice("floor_demand", right, Demand::RIGHTS, Demand::name)?;
        let priority = self.unit_priority(form)?;
        let services = self.unit_services(form)?;
        for unit in self.unit_numbers(form)? {
            if self.provision.units.iter().any(|other| other.unit == unit) {
                return Err(self.twice(form.id.span(), &format!("unit {unit}")));
            }
            let Person { owner, identity, equipment, registered } = self.person(form, unit)?;
            let registered_key = derive_key(self.seed, owner);
            let key = match form.wrong_key.unwrap_or(false) {
                false => registered_key,
                true => derive_key(!self.seed, owner),
            };
            let talkgroup = talkgroups[0];
            let mut allowed: Vec<_> =
                talkgroups.iter().copied().chain(scan.iter()).chain(emergency_talkgroup).collect();
            allowed.sort_unstable();
            allowed.dedup();
            if form.registered.unwrap_or(true) && owner == unit {
                self.provision.subscribers.push(SubscriberProvision {
                    unit,
                    imsi: imsi(unit),
                    imei: registered,
                    key: registered_key,
                    talkgroups: allowed,
                    sites: sites.clone(),
                    priority,
                    services,
                    floor_demand: demand,
                    emergency_talkgroup,
                    duplex: form.duplex.unwrap_or(false),
                });
            }
            let refuses_individual_calls = !form.individual_calls.unwrap_or(true);
            self.provision.units.push(UnitProvision {
                unit,
                owner,
                identity,
                equipment,
                key,
                talkgroup,
                scan,
                position,
                demand,
                emergency_talkgroup,
                refuses_individual_calls,
            });
            if form.on.unwrap_or(true) {
                self.steps.push(Step { at: Moment::ORIGIN, line, action: Action::SwitchOn(unit) });
            }
        }
        Ok(())
    }

    fn person(&self, form: &UnitForm, unit: UnitId) -> Result<Person, ScenarioError> {
        let is_blank = form.blank.unwrap_or(false);
        let usual = is_blank.then(|| usual_imei(unit));
        let equipment = self.equipment(form.imei.as_ref())?.or(usual);
        let registered = self.equipment(form.registered_imei.as_ref())?.or(equipment.filter(|_| is_blank));
        let owner = match &form.clone_of {
            None => unit,
            Some(number) => {
                let known = UnitId::new(*number.get_ref())
                    .filter(|owner| self.provision.units.iter().any(|other| other.unit == *owner));
                known.ok_or_else(|| self.out_of_range(number, "a unit that stands above"))?
            }
        };
        let identity = match equipment.filter(|_| is_blank) {
            Some(imei) => Identity::Imei(imei),
            None => Identity::Imsi(imsi(owner)),
        };
        Ok(Person { owner, identity, equipment, registered })
    }

    fn equipment(&self, digits: Option<&Spanned<u64>>) -> Result<Option<Imei>, ScenarioError> {
        let one = |digits: &Spanned<u64>| {
            Imei::new(*digits.get_ref()).ok_or_else(|| self.out_of_range(digits, "one to fifteen digits"))
        };
        digits.map(one).transpose()
    }

    fn unit_numbers(&self, form: &UnitForm) -> Result<Vec<UnitId>, ScenarioError> {
        let numbers = match form.id.get_ref() {
            UnitsForm::One(number) => UnitId::new(*number).map(|unit| vec![unit]),
            UnitsForm::Several(text) => units(text),
        };
        numbers.filter(|units| units.iter().all(|unit| unit.number() < FIRST_UNIT)).ok_or_else(|| {
            let expected = format!("unit numbers from 1 to {}", FIRST_UNIT - 1);
            let found = self.source.excerpt(form.id.span());
            self.source.error(form.id.span(), found, expected, "write 1017, \"1001-1040\" or \"1001,1017\"")
        })
    }

    fn unit_talkgroups(&self, form: &UnitForm) -> Result<Vec<TalkgroupId>, ScenarioError> {
        let one: Vec<_> = form.talkgroup.iter().collect();
        let several: Vec<_> = form.talkgroups.iter().flatten().collect();
        let mut known = Vec::new();
        for talkgroup in one.into_iter().chain(several) {
            let number = self.known_talkgroup(*talkgroup.get_ref(), talkgroup.span())?;
            if !known.contains(&number) {
                known.push(number);
            }
        }
        if known.is_empty() {
            let remedy = "add talkgroup = 41, or talkgroups = [41, 42] with the selected one first";
            return Err(self.source.error(
                form.id.span(),
                "a unit without a talkgroup",
                "at least one",
                remedy,
            ));
        }
        Ok(known)
    }

    fn unit_scan(&self, form: &UnitForm, selected: TalkgroupId) -> Result<ScanList, ScenarioError> {
        let Some(scan) = &form.scan else { return Ok(ScanList::default()) };
        let mut listed = Vec::new();
        for talkgroup in scan.get_ref() {
            let number = self.known_talkgroup(*talkgroup.get_ref(), talkgroup.span())?;
            if number == selected || listed.contains(&number) {
                return Err(self.twice(talkgroup.span(), "talkgroup"));
            }
            listed.push(number);
        }
        ScanList::new(listed).ok_or_else(|| {
            let found = format!("{} talkgroups", scan.get_ref().len());
            let expected = format!("at most {SCAN_MAX} beside the selected one");
            self.source.error(scan.span(), found, expected, "leave some out")
        })
    }

    fn unit_priority(&self, form: &UnitForm) -> Result<Priority, ScenarioError> {
        let Some(level) = &form.priority else { return Ok(Priority::LOWEST) };
        let priority = Priority::new(*level.get_ref());
        priority.ok_or_else(|| self.out_of_range(level, "a priority from 1 (highest) to 10"))
    }

    fn unit_services(&self, form: &UnitForm) -> Result<Services, ScenarioError> {
        let Some(names) = &form.services else { return Ok(Services::ALL) };
        let one = |name: &Spanned<String>| {
            Service::named(name.get_ref()).ok_or_else(|| {
                let known = || Service::ALL.iter().map(|service| service.name());
                let found = format!("service `{}`", name.get_ref());
                let expected = format!("one of {}", known().collect::<Vec<_>>().join(", "));
                self.source.error(name.span(), found, expected, did_you_mean(name.get_ref(), known()))
            })
        };
        names.iter().map(one).collect()
    }

    fn unit_position(&self, form: &UnitForm) -> Result<Position, ScenarioError> {
        let site = match (&form.site, form.position) {
            (_, Some([east_m, north_m])) => return Ok(Position { east_m, north_m }),
            (Some(site), None) => {
                let id = self.known_site(*site.get_ref(), site.span())?;
                let mut sites = self.provision.sites.iter();
                sites.find(|known| known.site == id).expect("only known sites are looked for")
            }
            (None, None) => &self.provision.sites[0],
        };
        Ok(site.beside())
    }
}
