//! One site: what it is, what it counts, and every slot of every carrier.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span as Styled};
use ratatui::widgets::{Paragraph, Wrap};
use trunklab_protocol::operator::{SiteView, Snapshot};
use trunklab_protocol::{CarrierNumber, SiteId, SlotAddress, Span};

use super::columns::{Columns, left, rest, right};
use super::share::{Want, share};
use super::sites::used;
use super::{calls, hidden, indented, panel, strip};
use crate::clock::{duration, time_of_day};
use crate::model::Model;
use crate::sentence::{number_of, title_of};
use crate::theme::Role;
use crate::update::slots;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot, site: SiteId) {
    let Some(view) = picture.sites.iter().find(|view| view.site == site) else {
        let inner = panel(frame, area, model, &format!("Site {site}"), "");
        frame.render_widget(Paragraph::new("This site is no longer configured."), indented(inner));
        return;
    };
    let carriers = strip::carriers(view, picture);
    let most = |count: usize| u16::try_from(count.max(1)).unwrap_or(u16::MAX).saturating_add(1);
    let rows = share(
        area.height,
        [
            Want { least: 5, most: 6 },
            Want { least: 3, most: most(view.loads.len()).saturating_add(1) },
            Want { least: 3, most: most(carriers.len()) },
            Want { least: 4, most: u16::MAX },
        ],
    );
    let [facts, controls, slots, talk] = Layout::vertical(rows.map(Constraint::Length)).areas(area);
    render_facts(frame, facts, model, view, &mast(view, picture));
    render_loads(frame, controls, model, view);
    render_carriers(frame, slots, model, &carriers, slots::chosen(model, view));
    render_calls(frame, talk, model, picture, view);
}

/// Where a sector looks and which others are on its mast; nothing for an omni site.
fn mast(site: &SiteView, picture: &Snapshot) -> String {
    let Some(azimuth) = site.antenna.azimuth() else { return String::new() };
    let others = picture
        .sites
        .iter()
        .filter(|other| other.site != site.site && other.mast.is_some() && other.mast == site.mast);
    let others: Vec<_> = others.map(|other| other.site.to_string()).collect();
    match &others[..] {
        [] => format!("sector to {azimuth}"),
        [other] => format!("sector to {azimuth}, on a mast with site {other}"),
        others => format!("sector to {azimuth}, on a mast with sites {}", others.join(", ")),
    }
}

/// What it has told of times without its controller.
fn without_controller(site: &SiteView) -> String {
    let told = [("served ALONE", site.served_alone_ms), ("was in FAILSOFT", site.in_failsoft_ms)];
    let told = told.into_iter().filter_map(|(what, ms)| Some(format!("; {what} for {} s", ms? / 1_000)));
    told.collect()
}

fn render_facts(frame: &mut Frame<'_>, area: Rect, model: &Model, site: &SiteView, mast: &str) {
    let inner = panel(frame, area, model, &format!("Site {} {}", site.site, site.name), mast);
    let service = match (site.in_service, model.losses.get(&site.site)) {
        (true, _) if !site.faulty.is_empty() => {
            let faulty: Vec<_> = site.faulty.iter().map(ToString::to_string).collect();
            let text = format!("in service, FAULTY: {}{}", faulty.join(" "), without_controller(site));
            Line::styled(text, model.theme.style(Role::Warning))
        }
        (true, _) => {
            let text = format!("in service{}", without_controller(site));
            Line::styled(text, model.theme.style(Role::Good))
        }
        (false, Some(loss)) if site.in_failsoft => {
            let text = format!("in FAILSOFT since {}: its control channel is lost", time_of_day(loss.at));
            Line::styled(text, model.theme.style(Role::Warning))
        }
        (false, None) if site.in_failsoft => {
            Line::styled("in FAILSOFT: its control channel is lost", model.theme.style(Role::Warning))
        }
        (false, Some(loss)) => {
            let text = format!("LOST at {}: {}", time_of_day(loss.at), loss.cause);
            Line::styled(text, model.theme.style(Role::Warning))
        }
        (false, None) => Line::styled("OUT OF SERVICE", model.theme.style(Role::Warning)),
    };
    let air = &site.air;
    let lines = vec![
        service,
        Line::raw(format!(
            "{}, control channel {}, {} radios, {} traffic slots in use",
            site.profile,
            site.control,
            site.radios,
            used(site)
        )),
        Line::raw(format!(
            "control words: {} sent, {} of them busy",
            air.control_words, air.control_words_busy
        )),
        Line::raw(format!(
            "bursts: {} taken, {} collided, {} late, {} dropped",
            air.bursts, air.collisions, air.late, air.dropped
        )),
    ];
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), indented(inner));
}

/// Each control channel with its load over the last ten seconds, as far as there is room.
fn render_loads(frame: &mut Frame<'_>, area: Rect, model: &Model, site: &SiteView) {
    let room = usize::from(area.height.saturating_sub(2));
    let shown = 0..site.loads.len().min(room);
    let inner = panel(frame, area, model, "Control channels, last 10 s", &hidden(&shown, site.loads.len()));
    let columns = Columns::new(
        &[
            left("", 2),
            left("at", 6),
            right("busy", 5),
            right("waiting", 7),
            right("longest", 7),
            right("again", 5),
            right("put off", 7),
            right("bursts", 9),
            right("lost", 6),
            right("captured", 8),
            rest(""),
        ],
        area.width.saturating_sub(1),
    );
    let mut lines = vec![columns.head(model.theme.style(Role::Faint))];
    lines.extend(site.loads[shown].iter().map(|load| {
        let busy = load.busy_percent().map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
        columns.row(vec![
            Line::raw(""),
            Line::raw(load.at.to_string()),
            Line::raw(busy),
            Line::raw(load.waiting.to_string()),
            Line::raw(format!("{:.1} s", Span::from_millis(load.wait_ms_max.into()).as_secs_f64())),
            Line::raw(load.grants_again.to_string()),
            Line::raw(load.late_entry_put_off.to_string()),
            Line::raw(format!("{}/{}", load.bursts, load.opportunities)),
            Line::raw(load.collided.to_string()),
            Line::raw(load.captured.to_string()),
        ])
    }));
    frame.render_widget(Paragraph::new(lines), inner);
}

type Carrier<'a> = (CarrierNumber, Vec<(SlotAddress, strip::Slot<'a>)>);

fn render_carriers(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    carriers: &[Carrier<'_>],
    chosen: Option<SlotAddress>,
) {
    let inner = panel(frame, area, model, "Carriers", "each with its slots");
    let lines: Vec<_> = carriers
        .iter()
        .map(|(carrier, slots)| {
            let mut spans = vec![Styled::raw(format!(" {:>5} ", carrier.number()))];
            for (at, slot) in slots {
                // Seen without colour too.
                spans.push(Styled::raw(if chosen == Some(*at) { ">[" } else { " [" }));
                spans.push(Styled::styled(
                    format!("{:^6}", strip::numbered(*slot)),
                    strip::style(*slot, model),
                ));
                spans.push(Styled::raw("]"));
            }
            Line::from(spans)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn render_calls(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot, site: &SiteView) {
    let inner = panel(frame, area, model, "Calls and waiting requests here", "");
    let columns = Columns::new(
        &[left("", 2), left("", 8), right("", 5), rest(""), left("", 13), right("", 7)],
        area.width.saturating_sub(1),
    );
    let mut lines: Vec<_> = calls::at_site(picture, site.site)
        .map(|call| {
            let at = call.sites.iter().find(|(at, _)| *at == site.site).map(|(_, at)| at.to_string());
            columns.row(vec![
                calls::mark(call, model),
                Line::raw(at.unwrap_or_default()),
                calls::number(call, model),
                Line::raw(title_of(call.parties, picture)),
                calls::talker(call, model),
                Line::raw(duration(model.now.since(call.since))),
            ])
        })
        .collect();
    lines.extend(picture.queue.iter().filter(|waiting| waiting.site == Some(site.site)).map(|waiting| {
        columns.row(vec![
            Line::raw(if waiting.emergency { "!!" } else { "- " }),
            Line::styled("waits", model.theme.style(Role::Notice)),
            Line::raw(number_of(waiting.parties)),
            Line::raw(title_of(waiting.parties, picture)),
            Line::raw(format!("unit {}", waiting.unit)),
            Line::raw(duration(model.now.since(waiting.since))),
        ])
    }));
    if lines.is_empty() {
        lines.push(Line::styled("   nobody talks, nobody waits", model.theme.style(Role::Faint)));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}
