//! All talkgroups: who is in them, what they are joined with, and the marks from which the operator joins them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::TalkgroupId;
use trunklab_protocol::operator::Snapshot;

use super::columns::{Columns, left, rest, right};
use super::sites::marker;
use super::{calls, hidden, panel, window};
use crate::model::Model;
use crate::theme::Role;
use crate::update::group_list;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let chosen = model.groups.line(&group_list(model)).unwrap_or(0);
    let count = picture.talkgroups.len();
    let shown = window(count, area.height.saturating_sub(2), chosen);
    let aside = match (model.marked.len(), hidden(&shown, count)) {
        (0, hidden) => hidden,
        (marked, _) => format!("{marked} marked"),
    };
    let inner = panel(frame, area, model, "Talkgroups", &aside);
    let columns = Columns::new(
        &[
            left("", 1),
            left("", 1),
            right("tg", 5),
            rest("name"),
            right("radios", 6),
            left("talker", 13),
            left("joined with", 24),
        ],
        area.width.saturating_sub(1),
    );
    let mut lines = vec![columns.head(model.theme.style(Role::Faint))];
    lines.extend(shown.map(|place| {
        let group = &picture.talkgroups[place];
        let is_chosen = place == chosen;
        let style = model.theme.style(if is_chosen { Role::Chosen } else { Role::Plain });
        let call = picture.calls.iter().find(|call| call.parties.talkgroup() == Some(group.talkgroup));
        columns.row(vec![
            marker(is_chosen),
            Line::raw(if model.marked.contains(&group.talkgroup) { "*" } else { " " }),
            Line::styled(group.talkgroup.to_string(), model.theme.parties(group.talkgroup.into())),
            Line::styled(group.name.clone(), style),
            Line::raw(group.affiliated.to_string()),
            call.map_or_else(Line::default, |call| calls::talker(call, model)),
            Line::raw(joined(group.talkgroup, picture)),
        ])
    }));
    if count == 0 {
        lines.push(Line::styled("   the zone has no talkgroups", model.theme.style(Role::Faint)));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// `42 43`, and whether it is for one call alone.
fn joined(talkgroup: TalkgroupId, picture: &Snapshot) -> String {
    let patch = picture.patches.iter().find(|patch| patch.talkgroups.contains(&talkgroup));
    let Some(patch) = patch else { return String::new() };
    let others: Vec<_> =
        patch.talkgroups.iter().filter(|other| **other != talkgroup).map(ToString::to_string).collect();
    let once = if patch.lasting { "" } else { ", one call" };
    format!("{}{once}", others.join(" "))
}
