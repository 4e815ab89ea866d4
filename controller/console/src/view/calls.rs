//! Who talks on which channel: as a panel of the overview, and as a screen with one call in full.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};
use trunklab_protocol::operator::{CallView, Snapshot};
use trunklab_protocol::{Demand, SiteId};

use super::columns::{Columns, Heads, left, rest, right};
use super::sites::marker;
use super::{hidden, indented, panel, window};
use crate::clock::duration;
use crate::model::{Grade, Model};
use crate::sentence::{console_of, number_of, parties_name, site_name, title_of};
use crate::theme::Role;
use crate::update::call_list;

/// The calls as a panel; emergencies first, for there may be more calls than rows.
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot, heads: Heads) {
    let mut calls: Vec<&CallView> = picture.calls.iter().collect();
    calls.sort_by_key(|call| !call.emergency);
    let shown = window(calls.len(), area.height.saturating_sub(1 + heads.rows()), 0);
    let inner = panel(frame, area, model, "Calls", &aside(&shown, calls.len()));
    let (talker_cells, site_cells) = match heads {
        Heads::Shown => (9, 14),
        Heads::Left => (13, 16),
    };
    let columns = Columns::new(
        &[
            left("", 2),
            right("tg", 5),
            rest("name"),
            left("talker", talker_cells),
            left("sites", site_cells),
            right("time", 7),
        ],
        area.width.saturating_sub(1),
    );
    let mut lines = heads.line(&columns, model);
    lines.extend(calls[shown].iter().map(|call| {
        let sites = match (heads, call.sites.len()) {
            (Heads::Shown, _) => sites(call),
            (Heads::Left, 1) => format!("site {}", sites(call)),
            (Heads::Left, _) => format!("sites {}", sites(call)),
        };
        let talker = match (heads, call.talker) {
            (Heads::Shown, Some(unit)) if console_of(unit, picture).is_none() => Line::raw(unit.to_string()),
            (Heads::Left | Heads::Shown, _) => talker(call, model),
        };
        columns.row(vec![
            mark(call, model),
            number(call, model),
            Line::raw(title_of(call.parties, picture)),
            talker,
            Line::styled(sites, model.theme.style(Role::Faint)),
            Line::raw(duration(model.now.since(call.since))),
        ])
    }));
    if calls.is_empty() {
        lines.push(Line::styled("   nobody talks", model.theme.style(Role::Faint)));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The calls as a screen.
pub(super) fn render_screen(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let chosen = model.calls.line(&call_list(model));
    let [list, detail] = Layout::vertical([Constraint::Fill(1), Constraint::Length(6)]).areas(area);
    let shown = window(picture.calls.len(), list.height.saturating_sub(2), chosen.unwrap_or(0));
    let inner = panel(frame, list, model, "Calls", &aside(&shown, picture.calls.len()));
    let columns = Columns::new(
        &[
            left("", 1),
            left("", 2),
            right("call", 7),
            right("tg", 5),
            rest("name"),
            left("talker", 13),
            right("prio", 4),
            left("sites", 15),
            right("time", 7),
        ],
        list.width.saturating_sub(1),
    );
    let mut lines = vec![columns.head(model.theme.style(Role::Faint))];
    lines.extend(shown.map(|place| {
        let call = &picture.calls[place];
        let is_chosen = chosen == Some(place);
        let style = model.theme.style(if is_chosen { Role::Chosen } else { Role::Plain });
        columns.row(vec![
            marker(is_chosen),
            mark(call, model),
            Line::raw(call.call.to_string()),
            number(call, model),
            Line::styled(title_of(call.parties, picture), style),
            talker(call, model),
            Line::raw(call.priority.to_string()),
            Line::raw(sites(call)),
            Line::raw(duration(model.now.since(call.since))),
        ])
    }));
    frame.render_widget(Paragraph::new(lines), inner);
    render_detail(frame, detail, model, picture, chosen.map(|place| &picture.calls[place]));
}

fn render_detail(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    picture: &Snapshot,
    call: Option<&CallView>,
) {
    let Some(call) = call else {
        let inner = panel(frame, area, model, "Call", "");
        frame.render_widget(
            Paragraph::new("nobody talks").style(model.theme.style(Role::Faint)),
            indented(inner),
        );
        return;
    };
    let inner = panel(frame, area, model, &format!("Call {:#}", call.call), "node.epoch.number");
    let affiliated = picture
        .talkgroups
        .iter()
        .find(|view| Some(view.talkgroup) == call.parties.talkgroup())
        .map_or_else(String::new, |view| format!(", {} radios affiliated", view.affiliated));
    let emergency = if call.emergency { "EMERGENCY, " } else { "" };
    let heard = call.area.map_or_else(String::new, |area| format!(", service area {area}"));
    let places: Vec<_> =
        call.sites.iter().map(|(site, at)| format!("{} on {at}", site_name(*site, picture))).collect();
    let mut text = vec![
        Line::raw(format!(
            "{emergency}{}{affiliated}, priority {}{heard}",
            parties_name(call.parties, picture),
            call.priority
        )),
        Line::raw(places.join("; ")),
    ];
    text.extend(operator(call, picture));
    text.extend(waiting(call));
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), indented(inner));
}

/// That an operator talks: `console dispatch talks, heard as unit 900`.
fn operator(call: &CallView, picture: &Snapshot) -> Option<Line<'static>> {
    let unit = call.talker?;
    let name = console_of(unit, picture)?;
    Some(Line::raw(format!("console {name} talks, heard as unit {unit}")))
}

/// Who waits for the floor, in order: `floor next: unit 1018, unit 1021 (high)`.
fn waiting(call: &CallView) -> Option<Line<'static>> {
    let units: Vec<_> = call
        .waiting
        .iter()
        .map(|waiting| match waiting.demand {
            Demand::Low => format!("unit {}", waiting.unit),
            Demand::High | Demand::Preemptive | Demand::Emergency => {
                format!("unit {} ({})", waiting.unit, waiting.demand.name())
            }
        })
        .collect();
    (!units.is_empty()).then(|| Line::raw(format!("floor next: {}", units.join(", "))))
}

/// Calls at one site.
pub(super) fn at_site(picture: &Snapshot, site: SiteId) -> impl Iterator<Item = &CallView> {
    picture.calls.iter().filter(move |call| call.sites.iter().any(|(at, _)| *at == site))
}

pub(super) fn mark(call: &CallView, model: &Model) -> Line<'static> {
    let grade = if call.emergency { Grade::Emergency } else { Grade::Normal };
    Line::styled(grade.mark(), model.theme.grade(grade))
}

pub(super) fn number(call: &CallView, model: &Model) -> Line<'static> {
    Line::styled(number_of(call.parties), model.theme.parties(call.parties))
}

/// Who talks; an operator is named by the console, as `@dispatch`.
pub(super) fn talker(call: &CallView, model: &Model) -> Line<'static> {
    let console = |unit| model.picture.as_ref().and_then(|picture| console_of(unit, picture));
    if let Some(name) = call.talker.and_then(console) {
        return Line::styled(format!("@{name}"), model.theme.style(Role::Title));
    }
    match call.talker {
        Some(unit) if !call.waiting.is_empty() => Line::raw(format!("unit {unit} +{}", call.waiting.len())),
        Some(unit) => Line::raw(format!("unit {unit}")),
        None if call.duplex => Line::raw("both"),
        None => Line::styled("~ hanging", model.theme.style(Role::Hanging)),
    }
}

/// `1 3 5`, or the first and how many more.
fn sites(call: &CallView) -> String {
    const NAMED_MAX: usize = 4;
    let named: Vec<_> = call.sites.iter().take(NAMED_MAX).map(|(site, _)| site.to_string()).collect();
    match call.sites.len().saturating_sub(NAMED_MAX) {
        0 => named.join(" "),
        more => format!("{} +{more}", named.join(" ")),
    }
}

fn aside(shown: &std::ops::Range<usize>, count: usize) -> String {
    match hidden(shown, count) {
        cut if !cut.is_empty() => cut,
        _ if count == 0 => String::new(),
        _ => count.to_string(),
    }
}
