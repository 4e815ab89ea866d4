//! Units that are not as usual: stunned, killed, regrouped, or with orders that wait; and the number of any other that is typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::operator::{Snapshot, UnitView};
use trunklab_protocol::{Condition, Regroup};

use super::columns::{Columns, left, rest, right};
use super::sites::marker;
use super::{hidden, panel, window};
use crate::model::{Focus, Model};
use crate::theme::Role;
use crate::update::units::unit_list;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let typed = &model.units.typed;
    let shown: Vec<&UnitView> =
        picture.units.iter().filter(|view| view.unit.to_string().starts_with(typed.as_str())).collect();
    let chosen = if typed.is_empty() { model.units.cursor.line(&unit_list(model)) } else { None };
    let lines = window(shown.len(), area.height.saturating_sub(3), chosen.unwrap_or(0));
    let inner = panel(frame, area, model, "Units", &hidden(&lines, shown.len()));
    let columns = Columns::new(
        &[left("", 1), right("unit", 8), left("state", 8), left("set to", 16), rest("orders that wait")],
        area.width.saturating_sub(1),
    );
    let mut rows = vec![number_line(model), columns.head(model.theme.style(Role::Faint))];
    rows.extend(lines.map(|place| {
        let view = shown[place];
        let is_chosen = chosen == Some(place);
        let style = model.theme.style(if is_chosen { Role::Chosen } else { Role::Plain });
        columns.row(vec![
            marker(is_chosen),
            Line::styled(view.unit.to_string(), style),
            Line::raw(state(view.condition)),
            Line::raw(view.regrouped.map_or_else(String::new, set_to)),
            Line::raw(waiting(view)),
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

const fn state(condition: Condition) -> &'static str {
    match condition {
        Condition::Active => "active",
        Condition::Stunned => "stunned",
        Condition::Killed => "killed",
    }
}

fn set_to(Regroup { talkgroup, locked }: Regroup) -> String {
    if locked { format!("{talkgroup}, locked") } else { talkgroup.to_string() }
}

/// `stun (desk), regroup to talkgroup 42 (desk)`.
fn waiting(view: &UnitView) -> String {
    let orders: Vec<_> =
        view.pending.iter().map(|pending| format!("{} ({})", pending.of_radio, pending.by)).collect();
    orders.join(", ")
}
