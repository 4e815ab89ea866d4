//! Units that are not as usual: stunned, killed, regrouped, listened to, or with orders that wait; and the number of any other that
//! is typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::operator::{Snapshot, UnitView};
use trunklab_protocol::{Condition, Regroup, UnitId};

use super::columns::{Columns, left, rest, right};
use super::sites::marker;
use super::{hidden, panel, window};
use crate::model::{Focus, Model};
use crate::theme::Role;
use crate::update::units::{listened_to, unit_list};

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let typed = &model.units.typed;
    let list = unit_list(model);
    let chosen = if typed.is_empty() { model.units.cursor.line(&list) } else { None };
    let shown: Vec<UnitId> =
        list.into_iter().filter(|unit| unit.to_string().starts_with(typed.as_str())).collect();
    let lines = window(shown.len(), area.height.saturating_sub(3), chosen.unwrap_or(0));
    let inner = panel(frame, area, model, "Units", &hidden(&lines, shown.len()));
    let columns = Columns::new(
        &[
            left("", 1),
            right("unit", 8),
            left("state", 8),
            left("set to", 16),
            rest("orders that wait, and who listens"),
        ],
        area.width.saturating_sub(1),
    );
    let mut rows = vec![number_line(model), columns.head(model.theme.style(Role::Faint))];
    rows.extend(lines.map(|place| {
        let unit = shown[place];
        let view = picture.units.iter().find(|view| view.unit == unit);
        let is_chosen = chosen == Some(place);
        let style = model.theme.style(if is_chosen { Role::Chosen } else { Role::Plain });
        columns.row(vec![
            marker(is_chosen),
            Line::styled(unit.to_string(), style),
            Line::raw(state(view.map_or(Condition::Active, |view| view.condition))),
            Line::raw(view.and_then(|view| view.regrouped).map_or_else(String::new, set_to)),
            Line::raw(orders(unit, view, picture)),
        ])
    }));
    if shown.is_empty() {
        rows.push(Line::styled("   no such unit is under orders", model.theme.style(Role::Faint)));
    }
    frame.render_widget(Paragraph::new(rows), inner);
}

/// The number that is typed: keys are about that unit, whether or not it is in the list.
fn number_line(model: &Model) -> Line<'static> {
    let cursor = if model.units.focus == Focus::Filter { "_" } else { "" };
    let text = match (model.units.typed.as_str(), cursor) {
        ("", "") => "   keys are about the unit that is chosen below; / types another number".to_owned(),
        (typed, cursor) => format!("   keys are about unit {typed}{cursor}"),
    };
    Line::raw(text)
}

pub(super) const fn state(condition: Condition) -> &'static str {
    match condition {
        Condition::Active => "active",
        Condition::Stunned => "stunned",
        Condition::Killed => "killed",
    }
}

pub(super) fn set_to(Regroup { talkgroup, locked }: Regroup) -> String {
    if locked { format!("{talkgroup}, locked") } else { talkgroup.to_string() }
}

/// `unit 1018 listens (anna), stun (desk), regroup to talkgroup 42 (desk)`.
pub(super) fn orders(unit: UnitId, view: Option<&UnitView>, picture: &Snapshot) -> String {
    let listens = listened_to(picture).filter(|(listened, ..)| *listened == unit);
    let listens = listens.map(|(_, listener, by)| format!("unit {listener} listens ({by})"));
    let pending = view.into_iter().flat_map(|view| &view.pending);
    let pending = pending.map(|pending| format!("{} ({})", pending.of_radio, pending.by));
    listens.chain(pending).collect::<Vec<_>>().join(", ")
}
