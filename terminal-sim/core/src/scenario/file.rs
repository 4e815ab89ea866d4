//! From the text of a scenario to a scenario: everything is checked here, once.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use trunklab_protocol::air_downlink::AccessRules;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{
    CarrierNumber, Identity, Imsi, Moment, Position, Priority, ProfileId, SiteId, SlotAddress, SlotNumber,
    Span, TalkgroupId, UnitId,
};

use super::error::{ScenarioError, Source};
use super::expectation::Fact;
use super::filler::{FIRST_TALKGROUP, FIRST_UNIT, Fillers};
use super::form::{AccessForm, FileForm, SiteForm, StepForm, TalkgroupForm, UnitForm, UnitsForm};
use super::nearest::did_you_mean;
use super::pattern::{span, units};
use super::provision::{
    Provision, SiteProvision, SubscriberProvision, TalkgroupProvision, UnitProvision, derive_key,
};
use super::sentence::{Action, Meaning, Sort, understand};

/// The longest text that is read, in octets.
const TEXT_MAX: usize = 4 << 20;

/// Steps and expectations, after expansion.
const STEPS_MAX: usize = 200_000;

/// Sites nearer than this to each other cannot use the same carrier, in metres.
const REUSE_M: i64 = 50_000;

/// Sites without a position stand this far apart, in a row to the east, in metres.
const APART_M: i32 = 30_000;

/// An expectation without `within` may take this long.
const WITHIN: Span = Span::from_secs(2);

/// A scenario that makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// One line about it.
    pub title: String,
    /// What it shows, in prose.
    pub about: String,
    /// The air interface on which it runs.
    pub profile: ProfileId,
    /// The seed of its random choices.
    pub seed: u64,
    /// How long it runs.
    pub duration: Span,
    /// What is done, in order of time.
    pub steps: Vec<Step>,
    /// What must be seen and what never, in the order of the file.
    pub expectations: Vec<Expectation>,
    provision: Provision,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Moment,
    /// The line of the file, from 1.
    pub line: usize,
    /// What.
    pub action: Action,
}

/// One thing to be seen, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// From when on.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// Whether it must be seen, or must never be.
    pub wish: Wish,
    /// What.
    pub fact: Fact,
    /// The line of the file, from 1.
    pub line: usize,
    /// The sentence.
    pub text: String,
}

/// Whether something must be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// At least once in its time.
    Must,
    /// Not once.
    Never,
}

impl Scenario {
    /// Reads a scenario. `file` is the name for messages; `profile` replaces the file's own choice.
    ///
    /// # Errors
    /// The first defect: its place, what was found, what was expected, and what to do.
    pub fn parse(file: &str, text: &str, profile: Option<ProfileId>) -> Result<Self, ScenarioError> {
        let source = Source { file, text };
        if text.len() > TEXT_MAX {
            let found = format!("a file of {} octets", text.len());
            return Err(source.error(0..0, found, format!("at most {TEXT_MAX}"), "split the scenario"));
        }
        let form: FileForm = toml::from_str(text).map_err(|error| not_toml(source, &error))?;
        Reader::new(source, &form, profile)?.read(form)
    }

    /// What has to exist before it can run.
    pub fn provision(&self) -> &Provision {
        &self.provision
    }
}

/// How a unit of a scenario names itself: a subscription of the test network 999-99.
pub(super) fn identity(unit: UnitId) -> Identity {
    let digits = 999_990_000_000_000 + u64::from(unit.number());
    Identity::Imsi(Imsi::new(digits).expect("fifteen digits"))
}

struct Reader<'a> {
    source: Source<'a>,
    profile: ProfileId,
    seed: u64,
    duration: Span,
    provision: Provision,
    fillers: Fillers,
    steps: Vec<Step>,
    expectations: Vec<Expectation>,
}

impl<'a> Reader<'a> {
    fn new(source: Source<'a>, form: &FileForm, wanted: Option<ProfileId>) -> Result<Self, ScenarioError> {
        let own = form.profile.as_ref().map(|name| profile_named(source, name)).transpose()?;
        Ok(Self {
            source,
            profile: wanted.or(own).unwrap_or(ProfileId::Iden),
            seed: form.seed,
            duration: read_span(source, &form.duration)?,
            provision: Provision::default(),
            fillers: Fillers::default(),
            steps: Vec::new(),
            expectations: Vec::new(),
        })
    }

    fn read(mut self, form: FileForm) -> Result<Scenario, ScenarioError> {
        let mut carriers = BTreeMap::new();
        for (index, site) in form.sites.iter().enumerate() {
            self.site(index, site, &mut carriers)?;
        }
        if self.provision.sites.is_empty() {
            let remedy = "add a site: [[site]] with id and carriers";
            return Err(self.source.error(0..0, "no site", "at least one [[site]]", remedy));
        }
        for talkgroup in &form.talkgroups {
            self.talkgroup(talkgroup)?;
        }
        for unit in &form.units {
            self.unit(unit)?;
        }
        let mut last = Moment::ORIGIN;
        for step in &form.steps {
            self.step(step, &mut last)?;
        }
        self.finish(form)
    }

    fn finish(mut self, form: FileForm) -> Result<Scenario, ScenarioError> {
        self.steps.sort_by_key(|step| step.at);
        let provision = &mut self.provision;
        provision.sites.sort_by_key(|site| site.site);
        provision.talkgroups.sort_by_key(|talkgroup| talkgroup.talkgroup);
        provision.subscribers.sort_by_key(|subscriber| subscriber.unit);
        provision.units.sort_by_key(|unit| unit.unit);
        let all: Vec<_> = provision
            .sites
            .iter()
            .map(|site| Neighbour { site: site.site, carrier: site.control.carrier })
            .collect();
        for site in &mut provision.sites {
            site.neighbours = all.iter().copied().filter(|other| other.site != site.site).collect();
        }
        Ok(Scenario {
            title: form.title,
            about: form.about,
            profile: self.profile,
            seed: self.seed,
            duration: self.duration,
            steps: self.steps,
            expectations: self.expectations,
            provision: self.provision,
        })
    }

    fn site(
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
        let millis = |value: &Option<Spanned<String>>, default: u16| match value {
            None => Ok(default),
            Some(value) => {
                let millis = read_span(self.source, value)?.as_millis();
                u16::try_from(millis).ok().filter(|millis| *millis > 0).ok_or_else(|| {
                    let found = self.source.excerpt(value.span());
                    self.source.error(value.span(), found, "a time from 1 ms to 65 s", "")
                })
            }
        };
        self.provision.sites.push(SiteProvision {
            site,
            name: form.name.clone().unwrap_or_else(|| format!("Site {site}")),
            profile: self.profile,
            position,
            power_dbm: form.power_dbm.unwrap_or(43),
            carriers,
            control,
            neighbours: Vec::new(),
            access: self.access(form.access.as_ref())?,
            broadcast_interval_ms: millis(&form.broadcast_interval, 1_000)?,
            talker_silence_ms: millis(&form.talker_silence, 1_000)?,
            late_entry_interval_ms: millis(&form.late_entry_interval, 1_000)?,
        });
        Ok(())
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

    fn talkgroup(&mut self, form: &TalkgroupForm) -> Result<(), ScenarioError> {
        let talkgroup = TalkgroupId::new(*form.id.get_ref())
            .filter(|talkgroup| talkgroup.number() < FIRST_TALKGROUP)
            .ok_or_else(|| {
                self.out_of_range(&form.id, &format!("a talkgroup number from 1 to {}", FIRST_TALKGROUP - 1))
            })?;
        if self.provision.talkgroups.iter().any(|other| other.talkgroup == talkgroup) {
            return Err(self.twice(form.id.span(), "talkgroup"));
        }
        let priority = match &form.priority {
            None => Priority::new(5).expect("a level from 1 to 10"),
            Some(level) => Priority::new(*level.get_ref())
                .ok_or_else(|| self.out_of_range(level, "a priority from 1 (highest) to 10"))?,
        };
        let hang_time_ms = match &form.hang_time {
            None => None,
            Some(time) => Some(read_span(self.source, time)?.as_millis().min(u64::from(u32::MAX)) as u32),
        };
        let name = form.name.clone().unwrap_or_else(|| format!("Talkgroup {talkgroup}"));
        self.provision.talkgroups.push(TalkgroupProvision { talkgroup, name, priority, hang_time_ms });
        Ok(())
    }

    fn unit(&mut self, form: &UnitForm) -> Result<(), ScenarioError> {
        let line = self.source.place(form.id.span().start).0;
        let position = self.unit_position(form)?;
        let talkgroups = self.unit_talkgroups(form)?;
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
        for unit in self.unit_numbers(form)? {
            if self.provision.units.iter().any(|other| other.unit == unit) {
                return Err(self.twice(form.id.span(), &format!("unit {unit}")));
            }
            let registered_key = derive_key(self.seed, unit);
            let key = match form.wrong_key.unwrap_or(false) {
                false => registered_key,
                true => derive_key(!self.seed, unit),
            };
            let talkgroup = talkgroups[0];
            let mut allowed = talkgroups.clone();
            allowed.sort_unstable();
            if form.registered.unwrap_or(true) {
                self.provision.subscribers.push(SubscriberProvision {
                    unit,
                    key: registered_key,
                    talkgroups: allowed,
                    sites: sites.clone(),
                });
            }
            let identity = identity(unit);
            self.provision.units.push(UnitProvision { unit, identity, key, talkgroup, position });
            if form.on.unwrap_or(true) {
                self.steps.push(Step { at: Moment::ORIGIN, line, action: Action::SwitchOn(unit) });
            }
        }
        Ok(())
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

    fn unit_position(&self, form: &UnitForm) -> Result<Position, ScenarioError> {
        match (&form.site, form.position) {
            (_, Some([east_m, north_m])) => Ok(Position { east_m, north_m }),
            (Some(site), None) => {
                let id = self.known_site(*site.get_ref(), site.span())?;
                Ok(self.at_site(id))
            }
            (None, None) => Ok(self.provision.sites[0].position),
        }
    }

    /// A kilometre east of the antenna: near, and not under it.
    fn at_site(&self, site: SiteId) -> Position {
        let antenna = self
            .provision
            .sites
            .iter()
            .find(|known| known.site == site)
            .expect("only known sites are looked for")
            .position;
        Position { east_m: antenna.east_m.saturating_add(1_000), ..antenna }
    }

    fn step(&mut self, form: &StepForm, last: &mut Moment) -> Result<(), ScenarioError> {
        let at = match &form.at {
            None => *last,
            Some(text) => Moment::ORIGIN + read_span(self.source, text)?,
        };
        let place = [&form.action, &form.expect, &form.never, &form.at]
            .into_iter()
            .flatten()
            .map(Spanned::span)
            .next()
            .unwrap_or(0..0);
        if at < *last {
            let span = form.at.as_ref().map_or(place, Spanned::span);
            let found = format!("a step at {at} s after one at {last} s");
            return Err(self.source.error(
                span,
                found,
                "steps in order of time",
                "move the step up, or correct its time",
            ));
        }
        if at.since(Moment::ORIGIN) > self.duration {
            let span = form.at.as_ref().map_or(place, Spanned::span);
            let found = format!("a step at {at} s");
            let expected = format!("steps within the duration of {} s", self.duration.as_secs_f64());
            return Err(self.source.error(span, found, expected, "make the duration longer"));
        }
        *last = at;
        match (&form.action, &form.expect, &form.never) {
            (Some(text), None, None) => self.action(at, text, form.within.as_ref()),
            (None, Some(text), None) => {
                let within = form.within.as_ref().map_or(Ok(WITHIN), |text| read_span(self.source, text))?;
                self.expectation(at, at + within, Wish::Must, text)
            }
            (None, None, Some(text)) => {
                let end = Moment::ORIGIN + self.duration;
                let until = match &form.within {
                    None => end,
                    Some(text) => at + read_span(self.source, text)?,
                };
                self.expectation(at, until, Wish::Never, text)
            }
            (None, None, None) => {
                Err(self.source.error(place, "a step that says nothing", "one of do, expect, never", ""))
            }
            _ => {
                let remedy = "write one [[step]] for each";
                Err(self.source.error(
                    place,
                    "a step that says two things",
                    "one of do, expect, never",
                    remedy,
                ))
            }
        }
    }

    fn action(
        &mut self,
        at: Moment,
        text: &Spanned<String>,
        within: Option<&Spanned<String>>,
    ) -> Result<(), ScenarioError> {
        if let Some(within) = within {
            let remedy = "leave `within` out, or expect something";
            return Err(self.source.error(
                within.span(),
                "`within` beside `do`",
                "it beside expect or never",
                remedy,
            ));
        }
        let line = self.source.place(text.span().start).0;
        let mut steps = match self.understand(Sort::Do, text)? {
            Meaning::Do(actions) => {
                actions.into_iter().map(|(later, action)| Step { at: at + later, line, action }).collect()
            }
            Meaning::Fill { site, free } => {
                let id = self.known_site(site.number(), text.span())?;
                let site = self
                    .provision
                    .sites
                    .iter()
                    .find(|known| known.site == id)
                    .expect("only known sites are looked for")
                    .clone();
                let filled = self.fillers.fill(at, line, &site, free, self.seed, &mut self.provision);
                filled.ok_or_else(|| self.too_many(text))?
            }
            Meaning::Empty { site } => {
                let site = self.known_site(site.number(), text.span())?;
                self.fillers.empty(at, line, site)
            }
            Meaning::See(_) => Vec::new(),
        };
        if self.steps.len() + steps.len() > STEPS_MAX {
            return Err(self.too_many(text));
        }
        for step in &steps {
            self.check_action(&step.action, text)?;
        }
        self.steps.append(&mut steps);
        Ok(())
    }

    fn check_action(&self, action: &Action, text: &Spanned<String>) -> Result<(), ScenarioError> {
        if let Some(unit) = action.unit() {
            self.known_unit(unit, text.span())?;
        }
        if let Some(site) = action.site() {
            self.known_site(site.number(), text.span())?;
        }
        if let Action::Select(_, talkgroup) = action {
            self.known_talkgroup(talkgroup.number(), text.span())?;
        }
        Ok(())
    }

    fn expectation(
        &mut self,
        from: Moment,
        until: Moment,
        wish: Wish,
        text: &Spanned<String>,
    ) -> Result<(), ScenarioError> {
        let line = self.source.place(text.span().start).0;
        let Meaning::See(facts) = self.understand(Sort::See, text)? else { return Ok(()) };
        if self.expectations.len() + facts.len() > STEPS_MAX {
            return Err(self.too_many(text));
        }
        for fact in facts {
            let (units, site, talkgroup) = fact.names();
            for unit in units {
                self.known_unit(unit, text.span())?;
            }
            if let Some(site) = site {
                self.known_site(site.number(), text.span())?;
            }
            if let Some(talkgroup) = talkgroup {
                self.known_talkgroup(talkgroup.number(), text.span())?;
            }
            let text = text.get_ref().clone();
            self.expectations.push(Expectation { from, until, wish, fact, line, text });
        }
        Ok(())
    }

    fn understand(&self, sort: Sort, text: &Spanned<String>) -> Result<Meaning, ScenarioError> {
        understand(sort, text.get_ref()).map_err(|meant| {
            let found = format!("`{}`", text.get_ref());
            let remedy = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`?"));
            self.source.error(text.span(), found, "a sentence of docs/scenarios.md", remedy)
        })
    }

    fn known_unit(&self, unit: UnitId, span: Range<usize>) -> Result<UnitId, ScenarioError> {
        let known = || self.provision.units.iter().map(|known| known.unit.number());
        if known().any(|number| number == unit.number()) {
            return Ok(unit);
        }
        Err(self.unknown("unit", unit.number(), known(), span))
    }

    fn known_site(&self, number: u16, span: Range<usize>) -> Result<SiteId, ScenarioError> {
        let known = || self.provision.sites.iter().map(|known| known.site);
        if let Some(site) = known().find(|site| site.number() == number) {
            return Ok(site);
        }
        Err(self.unknown("site", u32::from(number), known().map(|site| u32::from(site.number())), span))
    }

    fn known_talkgroup(&self, number: u16, span: Range<usize>) -> Result<TalkgroupId, ScenarioError> {
        let known = || self.provision.talkgroups.iter().map(|known| known.talkgroup);
        if let Some(talkgroup) = known().find(|talkgroup| talkgroup.number() == number) {
            return Ok(talkgroup);
        }
        let numbers = known().map(|talkgroup| u32::from(talkgroup.number()));
        Err(self.unknown("talkgroup", u32::from(number), numbers, span))
    }

    fn unknown(
        &self,
        kind: &str,
        number: u32,
        known: impl Iterator<Item = u32>,
        span: Range<usize>,
    ) -> ScenarioError {
        let known: Vec<_> =
            known.filter(|known| *known < FIRST_UNIT).map(|known| known.to_string()).collect();
        let found = format!("{kind} {number}");
        let mut remedy = did_you_mean(&number.to_string(), known.iter().map(String::as_str));
        if remedy.is_empty() {
            remedy = format!("declare it under [[{kind}]] above the steps");
        }
        self.source.error(span, found, format!("a {kind} of this scenario"), remedy)
    }

    fn out_of_range<T: std::fmt::Display>(&self, value: &Spanned<T>, expected: &str) -> ScenarioError {
        self.source.error(value.span(), format!("`{}`", value.get_ref()), expected, "")
    }

    fn twice(&self, span: Range<usize>, kind: &str) -> ScenarioError {
        let found = format!("{kind} {} a second time", self.source.excerpt(span.clone()));
        self.source.error(
            span,
            found,
            format!("each {kind} once"),
            "give it another number, or take one away",
        )
    }

    fn too_many(&self, text: &Spanned<String>) -> ScenarioError {
        let expected = format!("at most {STEPS_MAX} steps and as many expectations");
        self.source.error(text.span(), "too many steps", expected, "name fewer units")
    }
}

fn near(one: Position, other: Position) -> bool {
    let east = i64::from(one.east_m) - i64::from(other.east_m);
    let north = i64::from(one.north_m) - i64::from(other.north_m);
    // No square can overflow: each side is under 2^32 only where it is compared first.
    east.abs() < REUSE_M && north.abs() < REUSE_M && east * east + north * north < REUSE_M * REUSE_M
}

fn profile_named(source: Source<'_>, name: &Spanned<String>) -> Result<ProfileId, ScenarioError> {
    ProfileId::named(name.get_ref()).ok_or_else(|| {
        let names: Vec<_> = PROFILES.iter().map(|profile| profile.name).collect();
        let remedy = did_you_mean(name.get_ref(), names.iter().copied());
        let expected = format!("one of {}", names.join(", "));
        source.error(name.span(), format!("profile `{}`", name.get_ref()), expected, remedy)
    })
}

fn read_span(source: Source<'_>, text: &Spanned<String>) -> Result<Span, ScenarioError> {
    span(text.get_ref()).ok_or_else(|| {
        let found = format!("time `{}`", text.get_ref());
        source.error(text.span(), found, "a number and a unit, such as `2.4 s`, `300 ms`, `1 min`", "")
    })
}

/// What the TOML parser objects to, with the field that was probably meant.
fn not_toml(source: Source<'_>, error: &toml::de::Error) -> ScenarioError {
    let span = error.span().unwrap_or(0..0);
    let message = error.message().lines().collect::<Vec<_>>().join(" ");
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let remedy = match quoted.split_first() {
        Some((unknown, known)) if message.starts_with("unknown field") => {
            did_you_mean(unknown, known.iter().copied())
        }
        Some(_) | None => String::new(),
    };
    source.error(span.clone(), source.excerpt(span), message, remedy)
}
