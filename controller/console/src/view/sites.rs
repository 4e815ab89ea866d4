//! All sites: with their slots as strips on the overview, with what they count on a screen of their own.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::operator::{SiteView, Snapshot};

use super::columns::{Columns, left, rest, right};
use super::{hidden, panel, strip, window};
use crate::model::Model;
use crate::theme::Role;
use crate::update::site_list;

/// From this width the name and the profile of a site have room beside its strip.
const ROOMY: u16 = 110;

/// Sites as strips.
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let chosen = model.sites.line(&site_list(model)).unwrap_or(0);
    let shown = window(picture.sites.len(), area.height.saturating_sub(1), chosen);
    let inner = panel(frame, area, model, "Sites", &hidden(&shown, picture.sites.len()));
    let columns = if area.width < ROOMY {
        Columns::new(
            &[left("", 1), right("", 3), left("", 13), right("", 4), right("", 5), rest("")],
            area.width,
        )
    } else {
        Columns::new(
            &[left("", 1), right("", 3), left("", 24), left("", 9), right("", 11), right("", 5), rest("")],
            area.width,
        )
    };
    let lines: Vec<_> = shown
        .map(|place| {
            let site = &picture.sites[place];
            let mut cells = vec![
                marker(place == chosen),
                Line::raw(site.site.to_string()),
                name(site, model, place == chosen),
            ];
            if area.width < ROOMY {
                cells.push(Line::raw(site.radios.to_string()));
            } else {
                cells.push(Line::styled(site.profile.to_string(), model.theme.style(Role::Faint)));
                cells.push(Line::raw(format!("{} radios", site.radios)));
            }
            cells.push(Line::styled(used(site), model.theme.style(Role::Faint)));
            let width = columns.width(cells.len());
            cells.push(if site.in_service {
                strip::strip(site, model, picture, width)
            } else {
                strip::lost(site, model, width)
            });
            columns.row(cells)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Sites as a table of figures.
pub(super) fn render_table(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let chosen = model.sites.line(&site_list(model)).unwrap_or(0);
    let shown = window(picture.sites.len(), area.height.saturating_sub(2), chosen);
    let inner = panel(frame, area, model, "Sites", &hidden(&shown, picture.sites.len()));
    let columns = Columns::new(
        &[
            left("", 1),
            right("no", 3),
            rest("name"),
            left("profile", 9),
            right("radios", 6),
            right("slots", 5),
            right("busy", 5),
            right("bursts", 8),
            right("collided", 8),
            right("late", 4),
            right("dropped", 7),
        ],
        area.width,
    );
    let mut lines = vec![columns.head(model.theme.style(Role::Faint))];
    lines.extend(shown.map(|place| {
        let site = &picture.sites[place];
        let air = &site.air;
        let busiest = site.loads.iter().filter_map(ControlLoad::busy_percent).max();
        let control = busiest.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
        let (profile, name) = if site.in_service {
            (Line::raw(site.profile.to_string()), name(site, model, place == chosen))
        } else {
            let what = if site.in_failsoft { "FAILSOFT" } else { "LOST" };
            (Line::styled(what, model.theme.style(Role::Warning)), name(site, model, place == chosen))
        };
        columns.row(vec![
            marker(place == chosen),
            Line::raw(site.site.to_string()),
            name,
            profile,
            Line::raw(site.radios.to_string()),
            Line::raw(used(site)),
            Line::raw(control),
            Line::raw(air.bursts.to_string()),
            Line::raw(air.collisions.to_string()),
            Line::raw(air.late.to_string()),
            Line::raw(air.dropped.to_string()),
        ])
    }));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// `3/17`: slots that carry calls, and slots.
pub(super) fn used(site: &SiteView) -> String {
    let used = site.slots.iter().filter(|slot| slot.call.is_some()).count();
    format!("{used}/{}", site.slots.len())
}

fn name(site: &SiteView, model: &Model, chosen: bool) -> Line<'static> {
    let style = if chosen { model.theme.style(Role::Chosen) } else { model.theme.style(Role::Plain) };
    let name = match site.antenna.azimuth() {
        Some(azimuth) => format!("{azimuth} {}", site.name),
        None => site.name.clone(),
    };
    Line::styled(name, style)
}

/// The chosen line, seen without colour too.
pub(super) fn marker(chosen: bool) -> Line<'static> {
    Line::raw(if chosen { ">" } else { " " })
}
