//! The last hour of the system and of each site: how busy the slots were, and how long requests waited.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::SiteId;
use trunklab_protocol::operator::{Snapshot, StatisticsPage, StatisticsRow};

use super::columns::{Columns, left, rest, right};
use super::{hidden, indented, panel};
use crate::model::Model;
use crate::theme::Role;

/// Steps of the bars; each is two minutes of the last hour.
const STEPS: u64 = 30;

/// A bar in eighths; the first is for nothing at all.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What one panel shows.
struct Subject {
    title: &'static str,
    aside: &'static str,
    /// How high a step's bar is, from 0 to 1.
    height: fn(&[&StatisticsRow]) -> f64,
    /// The hour in one figure.
    sum: fn(&[&StatisticsRow]) -> String,
    /// And in a second one.
    more: fn(&[&StatisticsRow]) -> String,
    heads: (&'static str, &'static str),
}

const SUBJECTS: [Subject; 2] = [
    Subject {
        title: "Occupancy",
        aside: "of the slots, last hour, a bar for two minutes",
        height: occupancy,
        sum: |rows| format!("{:.0}%", occupancy(rows) * 100.0),
        more: |rows| format!("{:.1}", mean(rows.iter().map(|row| row.erlangs))),
        heads: ("busy", "Erlang"),
    },
    Subject {
        title: "Queue",
        aside: "mean wait, full height 30 s",
        height: |rows| wait_s(rows) / 30.0,
        sum: |rows| format!("{:.1} s", wait_s(rows)),
        more: |rows| rows.iter().map(|row| row.queued).sum::<u32>().to_string(),
        heads: ("wait", "queued"),
    },
];

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let Some(page) = &model.statistics else {
        let line =
            Line::styled("The figures of the last hour are on their way.", model.theme.style(Role::Faint));
        return frame.render_widget(Paragraph::new(vec![Line::default(), line]), indented(area));
    };
    let halves = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas::<2>(area);
    for (subject, area) in SUBJECTS.iter().zip(halves) {
        render_subject(frame, area, model, picture, page, subject);
    }
}

fn render_subject(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    picture: &Snapshot,
    page: &StatisticsPage,
    subject: &Subject,
) {
    let room = usize::from(area.height.saturating_sub(2));
    let count = picture.sites.len() + 1;
    let aside = match hidden(&(0..room.min(count)), count) {
        cut if cut.is_empty() => subject.aside.to_owned(),
        cut => format!("{}; {cut}", subject.aside),
    };
    let inner = panel(frame, area, model, subject.title, &aside);
    let columns = Columns::new(
        &[
            right("site", 6),
            rest("name"),
            left("an hour ago", 30),
            right(subject.heads.0, 6),
            right(subject.heads.1, 6),
        ],
        inner.width.saturating_sub(1),
    );
    let mut lines = vec![columns.head(model.theme.style(Role::Faint))];
    let sites = picture.sites.iter().map(|site| (Some(site.site), site.name.as_str()));
    let all = std::iter::once((None, "all sites")).chain(sites);
    let shown: Vec<_> = all.take(room).collect();
    lines.extend(shown.into_iter().map(|(site, name)| {
        let rows: Vec<_> = page.rows.iter().filter(|row| row.site == site).collect();
        columns.row(vec![
            Line::raw(site.map_or_else(|| "all".to_owned(), |site: SiteId| site.to_string())),
            Line::raw(name.to_owned()),
            Line::raw(bars(page, &rows, subject.height)),
            Line::raw((subject.sum)(&rows)),
            Line::raw((subject.more)(&rows)),
        ])
    }));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A bar for each two minutes of the hour before the page's end.
fn bars(page: &StatisticsPage, rows: &[&StatisticsRow], height: fn(&[&StatisticsRow]) -> f64) -> String {
    let step = 3_600 / STEPS;
    let begins = page.to_s.saturating_sub(3_600);
    let bar = |place: u64| {
        let (from, until) = (begins + place * step, begins + (place + 1) * step);
        let within: Vec<_> = rows.iter().copied().filter(|row| (from..until).contains(&row.from_s)).collect();
        let eighths = (height(&within).clamp(0.0, 1.0) * 8.0).ceil() as usize;
        EIGHTHS[eighths.min(8)]
    };
    (0..STEPS).map(bar).collect()
}

fn occupancy(rows: &[&StatisticsRow]) -> f64 {
    let (held, slots) = rows.iter().fold((0.0, 0.0), |(held, slots), row| {
        let length = f64::from(row.length_s);
        (held + row.erlangs * length, slots + row.slots * length)
    });
    if slots > 0.0 { held / slots } else { 0.0 }
}

fn wait_s(rows: &[&StatisticsRow]) -> f64 {
    let (count, sum_ms) = rows.iter().fold((0_u64, 0_u64), |(count, sum), row| {
        let waited = u64::from(row.wait.count);
        (count + waited, sum + waited * row.wait.mean_ms.unwrap_or(0))
    });
    sum_ms.checked_div(count).map_or(0.0, |mean_ms| mean_ms as f64 / 1e3)
}

fn mean(figures: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = figures.len().max(1);
    figures.fold(0.0, |sum, figure| sum + figure) / count as f64
}
