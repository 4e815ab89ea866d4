//! Which version of the configuration stands, what one of the others changed or would change, and what sites say they run.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use trunklab_protocol::SlotAddress;
use trunklab_protocol::calendar::utc;
use trunklab_protocol::operator::{Difference, VersionView};

use super::columns::{Columns, cut, left, rest, right};
use super::sites::marker;
use super::{hidden, indented, panel, window};
use crate::model::{DeviceView, Model};
use crate::sentence::site_name;
use crate::theme::Role;
use crate::update::configuration::{chosen, standing};

/// Sites that differ and are named.
const DEVICES_MAX: usize = 3;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let Some(versions) = &model.versions else {
        let line = Line::styled("The versions are on their way.", model.theme.style(Role::Faint));
        return frame.render_widget(Paragraph::new(vec![Line::default(), line]), indented(area));
    };
    let drifted = model.configuration.devices.values().filter(|view| view.differs).count();
    let devices_rows = 2 + drifted.min(DEVICES_MAX);
    let [list, detail, devices] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Fill(1),
        Constraint::Length(u16::try_from(devices_rows).unwrap_or(u16::MAX)),
    ])
    .areas(area);
    let mut newest_first: Vec<&VersionView> = versions.versions.iter().collect();
    newest_first.sort_unstable_by_key(|view| std::cmp::Reverse(view.version));
    render_list(frame, list, model, &newest_first);
    let view = newest_first.iter().find(|view| Some(view.version) == chosen(model));
    render_detail(frame, detail, model, view.copied());
    render_devices(frame, devices, model, drifted);
}

fn render_list(frame: &mut Frame<'_>, area: Rect, model: &Model, versions: &[&VersionView]) {
    let aside = standing(model).map_or_else(String::new, |version| format!("version {version} stands"));
    let line = versions.iter().position(|view| Some(view.version) == chosen(model)).unwrap_or(0);
    let shown = window(versions.len(), area.height.saturating_sub(2), line);
    let aside = match hidden(&shown, versions.len()) {
        cut if cut.is_empty() => aside,
        cut => format!("{aside}; {cut}"),
    };
    let inner = panel(frame, area, model, "Configuration", &aside);
    let columns = Columns::new(
        &[left("", 1), right("version", 7), left("when", 20), rest("who"), right("changed", 7)],
        inner.width.saturating_sub(1),
    );
    let mut lines = vec![columns.head(model.theme.style(Role::Faint))];
    lines.extend(shown.map(|place| {
        let view = versions[place];
        let style = model.theme.style(if place == line { Role::Chosen } else { Role::Plain });
        let role = view.role.map_or_else(String::new, |role| format!(" ({role})"));
        let from = view.from.map_or_else(String::new, |from| format!(" from {}", from.ip()));
        columns.row(vec![
            marker(place == line),
            Line::styled(view.version.to_string(), style),
            Line::raw(utc(view.at_us / 1_000_000).to_string()),
            Line::raw(format!("{}{role}{from}", view.who)),
            Line::raw(view.differences_count.to_string()),
        ])
    }));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// What the chosen version would change, where that was asked for; else what it changed when it was made.
fn render_detail(frame: &mut Frame<'_>, area: Rect, model: &Model, view: Option<&VersionView>) {
    let Some(view) = view else { return };
    let version = view.version;
    let compared = model.configuration.comparison.as_ref();
    let compared = compared.filter(|found| found.of == version && Some(found.with) == standing(model));
    let (title, differences, count) = match compared {
        Some(found) => {
            let title = format!("What would change if version {version} came back");
            (title, &found.differences, found.differences.len() as u64)
        }
        None => (format!("What version {version} changed"), &view.differences, view.differences_count),
    };
    let inner = panel(frame, area, model, &title, &count.to_string());
    let lines = difference_lines(differences, count, inner, model);
    frame.render_widget(Paragraph::new(lines), inner);
}

fn difference_lines(differences: &[Difference], count: u64, area: Rect, model: &Model) -> Vec<Line<'static>> {
    let (rows, width) = (usize::from(area.height), usize::from(area.width.saturating_sub(1)));
    if count == 0 {
        return vec![Line::styled("   nothing: they are alike", model.theme.style(Role::Faint))];
    }
    let fits = count <= rows as u64;
    let shown = if fits { rows } else { rows.saturating_sub(1) }.min(differences.len());
    let mut lines: Vec<_> = differences[..shown]
        .iter()
        .map(|difference| {
            let text = format!("   {difference}");
            Line::raw(if text.chars().count() > width { cut(&text, width) } else { text })
        })
        .collect();
    let more = count - shown as u64;
    if more > 0 {
        lines.push(Line::styled(format!("   and {more} more"), model.theme.style(Role::Faint)));
    }
    lines
}

fn render_devices(frame: &mut Frame<'_>, area: Rect, model: &Model, drifted: usize) {
    let known = model.configuration.devices.len();
    let all = model.picture.as_ref().map_or(known, |picture| picture.sites.len());
    let inner = panel(frame, area, model, "Base stations", &format!("{known} of {all} asked"));
    let width = usize::from(inner.width.saturating_sub(1));
    let says = match (known, drifted) {
        (0, _) => "   what they run is on its way".to_owned(),
        (_, 0) => "   none says that it runs anything else than it is to run".to_owned(),
        (_, drifted) if drifted > DEVICES_MAX => {
            format!("   running something else than they are to run: {drifted}, the first of them")
        }
        (_, drifted) => format!("   running something else than they are to run: {drifted}"),
    };
    let mut lines = vec![Line::styled(says, model.theme.style(Role::Faint))];
    let differing = model.configuration.devices.values().filter(|view| view.differs).take(DEVICES_MAX);
    lines.extend(differing.map(|view| {
        let text = format!(" ! {}", drift(view, model));
        let text = if text.chars().count() > width { cut(&text, width) } else { text };
        Line::from(Span::styled(text, model.theme.style(Role::Warning)))
    }));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// `site 3 Harbour: settings 5a01 and not 77f3, control 3/0 and not 4/0`.
fn drift(view: &DeviceView, model: &Model) -> String {
    let site = match &model.picture {
        Some(picture) => site_name(view.site, picture),
        None => format!("site {}", view.site),
    };
    let digest =
        |digest: Option<u32>| digest.map_or_else(|| "none".to_owned(), |digest| format!("{digest:08x}"));
    let places =
        |places: &[SlotAddress]| places.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let mut parts = Vec::new();
    if view.settings_said.is_some() && view.settings_said != view.settings_held {
        parts.push(format!("settings {} and not {}", digest(view.settings_said), digest(view.settings_held)));
    }
    if !view.controls_said.is_empty() && view.controls_said != view.controls_held {
        parts.push(format!(
            "control {} and not {}",
            places(&view.controls_said),
            places(&view.controls_held)
        ));
    }
    format!("{site}: {}", parts.join(", "))
}
