//! `[[step]]`: what is done and what must be seen, in order of time.

use toml::Spanned;
use trunklab_protocol::operator::Order;
use trunklab_protocol::{AreaChoice, Moment, Span, TalkgroupId};

use super::{Expectation, Reader, Step, Wish, read_span};
use crate::scenario::error::ScenarioError;
use crate::scenario::form::StepForm;
use crate::scenario::sentence::{Action, Meaning, Sort, understand};

/// Steps and expectations, after expansion.
const STEPS_MAX: usize = 200_000;

/// An expectation without `within` may take this long.
const WITHIN: Span = Span::from_secs(2);

impl Reader<'_> {
    pub(super) fn step(&mut self, form: &StepForm, last: &mut Moment) -> Result<(), ScenarioError> {
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
            Meaning::OperatorTalks { talkgroups, span } => {
                self.operator_talks(at, line, talkgroups, span, text)?
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

    /// The operator presses, speaks and releases.
    fn operator_talks(
        &self,
        at: Moment,
        line: usize,
        talkgroups: Vec<TalkgroupId>,
        span: Span,
        text: &Spanned<String>,
    ) -> Result<Vec<Step>, ScenarioError> {
        let Some(unit) = self.provision.network.console_unit else {
            let expected = "`console_unit` under [network] above the steps";
            let found = format!("`{}`", text.get_ref());
            return Err(self.source.error(text.span(), found, expected, "add it: radios hear that unit"));
        };
        let step = |at, action| Step { at, line, action };
        Ok(vec![
            step(at, Action::Order(Order::Talk { talkgroups })),
            step(at, Action::OperatorSpeaks { unit, span }),
            step(at + span, Action::Order(Order::EndTalk {})),
        ])
    }

    fn check_action(&self, action: &Action, text: &Spanned<String>) -> Result<(), ScenarioError> {
        if let Some(unit) = action.unit() {
            self.known_unit(unit, text.span())?;
        }
        if let Some(site) = action.site() {
            self.known_site(site.number(), text.span())?;
        }
        if let Action::Call { called, .. } = action {
            self.known_unit(*called, text.span())?;
        }
        if let Action::SelectArea(_, Some(AreaChoice::Named(area))) = action {
            self.known_area(area.number(), text.span())?;
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
            let console_unit = self.provision.network.console_unit;
            for unit in units.into_iter().filter(|unit| Some(*unit) != console_unit) {
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

    fn too_many(&self, text: &Spanned<String>) -> ScenarioError {
        let expected = format!("at most {STEPS_MAX} steps and as many expectations");
        self.source.error(text.span(), "too many steps", expected, "name fewer units")
    }
}
