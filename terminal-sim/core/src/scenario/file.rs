//! From the text of a scenario to a scenario: everything is checked here, once.

mod areas;
mod checks;
mod failsoft;
mod network;
mod reuse;
mod sectors;
mod sites;
mod steps;
mod talkgroups;
mod units;

use std::ops::Range;

use toml::Spanned;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{CarrierNumber, Moment, ProfileId, SiteId, Span};

pub(super) use self::units::imsi;
use super::error::{ScenarioError, Source};
use super::expectation::Fact;
use super::filler::Fillers;
use super::form::FileForm;
use super::nearest::did_you_mean;
use super::pattern::span;
use super::provision::Provision;
use super::sentence::Action;

/// The longest text that is read, in octets.
const TEXT_MAX: usize = 4 << 20;

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

struct Reader<'a> {
    source: Source<'a>,
    profile: ProfileId,
    seed: u64,
    duration: Span,
    provision: Provision,
    /// Where in the text each site's carriers stand.
    carriers: Vec<(SiteId, CarrierNumber, Range<usize>)>,
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
            carriers: Vec::new(),
            fillers: Fillers::default(),
            steps: Vec::new(),
            expectations: Vec::new(),
        })
    }

    fn read(mut self, form: FileForm) -> Result<Scenario, ScenarioError> {
        self.provision.network = self.network(&form.network)?;
        for (index, site) in form.sites.iter().enumerate() {
            self.sites(index, site)?;
        }
        self.reuse()?;
        if self.provision.sites.is_empty() {
            let remedy = "add a site: [[site]] with id and carriers";
            return Err(self.source.error(0..0, "no site", "at least one [[site]]", remedy));
        }
        for area in &form.areas {
            self.area(area)?;
        }
        for talkgroup in &form.talkgroups {
            self.talkgroup(talkgroup)?;
        }
        self.failsoft_talkgroups(&form.sites)?;
        for unit in &form.units {
            self.unit(unit)?;
        }
        let mut last = Moment::ORIGIN;
        for step in &form.steps {
            self.step(step, &mut last)?;
        }
        self.finish(form)
    }

    /// One of several names for a key, or the usual value where it is left out.
    fn choice<T: Copy + Default>(
        &self,
        key: &str,
        text: Option<&Spanned<String>>,
        values: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, ScenarioError> {
        let Some(text) = text else { return Ok(T::default()) };
        let names = || values.iter().map(|value| name(*value));
        values.iter().copied().find(|value| name(*value) == text.get_ref()).ok_or_else(|| {
            let found = format!("{key} `{}`", text.get_ref());
            let expected = format!("one of {}", names().collect::<Vec<_>>().join(", "));
            self.source.error(text.span(), found, expected, did_you_mean(text.get_ref(), names()))
        })
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
    let found = source.excerpt(span.clone());
    let message = error.message().lines().collect::<Vec<_>>().join(" ");
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (why, expected) = message.rsplit_once(", expected ").unwrap_or((&message, "what TOML allows"));
    match quoted.split_first() {
        Some((field, known)) if why.starts_with("unknown field") => source.error(
            span,
            format!("field `{field}`"),
            expected,
            did_you_mean(field, known.iter().copied()),
        ),
        Some((field, _)) if why.starts_with("missing field") => {
            source.error(span, found, format!("the field `{field}`"), "")
        }
        Some(_) | None if why.starts_with("invalid type") => source.error(span, found, expected, ""),
        Some(_) | None => source.error(span, found, expected, why),
    }
}
