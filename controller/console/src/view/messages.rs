//! Statuses and call alerts: who told whom what, how far it is, and which of those for the consoles nobody has seen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};
use trunklab_protocol::operator::{MessageStage, MessageView, Snapshot};

use super::columns::{Columns, left, rest};
use super::sites::marker;
use super::{hidden, indented, panel, window};
use crate::clock::time_of_day;
use crate::model::Model;
use crate::sentence::{addressee_name, message_name};
use crate::theme::Role;
use crate::update::messages::{self, message_list};

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let [area, detail] = Layout::vertical([Constraint::Fill(1), Constraint::Length(3)]).areas(area);
    let list = message_list(model);
    let chosen = model.messages.line(&list);
    let shown = window(list.len(), area.height.saturating_sub(2), chosen.unwrap_or(0));
    let unseen: Vec<_> = model.unseen().map(|view| view.message).collect();
    let aside = match (unseen.len(), hidden(&shown, list.len())) {
        (0, hidden) => hidden,
        (count, hidden) if hidden.is_empty() => format!("{count} to acknowledge"),
        (count, hidden) => format!("{hidden}, {count} to acknowledge"),
    };
    let inner = panel(frame, area, model, "Messages", &aside);
    let columns = Columns::new(
        &[
            left("", 1),
            left("", 1),
            left("asked at", 8),
            left("from", 13),
            left("to", 13),
            rest("what"),
            left("how far", if area.width < 100 { 16 } else { 40 }),
        ],
        area.width.saturating_sub(1),
    );
    let mut lines = vec![columns.head(model.theme.style(Role::Faint))];
    lines.extend(shown.filter_map(|place| {
        let view = picture.messages.iter().find(|view| view.message == list[place].0)?;
        let is_chosen = chosen == Some(place);
        let is_new = unseen.contains(&view.message);
        let style = match (is_chosen, is_new) {
            (true, _) => Role::Chosen,
            (false, true) => Role::Notice,
            (false, false) => Role::Plain,
        };
        Some(columns.row(vec![
            marker(is_chosen),
            Line::raw(if is_new { "*" } else { " " }),
            Line::raw(time_of_day(view.requested)),
            Line::raw(view.from.to_string()),
            Line::raw(addressee_name(view.to, picture)),
            Line::styled(message_name(view.kind, picture), model.theme.style(style)),
            Line::raw(how_far(view)),
        ]))
    }));
    if list.is_empty() {
        lines.push(Line::styled(
            "   nobody has told a status or alerted anybody",
            model.theme.style(Role::Faint),
        ));
    }
    frame.render_widget(Paragraph::new(lines), inner);
    let Some(view) = messages::chosen(model) else { return };
    let inner = panel(frame, detail, model, "In full", "");
    let (what, whom) = (message_name(view.kind, picture), addressee_name(view.to, picture));
    let text = format!("{what} from {} to {whom}, {}", view.from, how_far(view));
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), indented(inner));
}

fn how_far(view: &MessageView) -> String {
    match view.stage {
        // One for the consoles has arrived with its event.
        MessageStage::Sent if view.to.is_none() => "arrived".to_owned(),
        MessageStage::Sent => "on its way".to_owned(),
        MessageStage::Delivered if view.to.is_none() => "arrived".to_owned(),
        MessageStage::Delivered => "delivered".to_owned(),
        MessageStage::Refused(cause) => format!("refused: {cause}"),
        MessageStage::Over(cause) => format!("over: {cause}"),
    }
}
