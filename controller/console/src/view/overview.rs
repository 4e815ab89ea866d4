//! The whole network at a glance: the panels, and how they share the screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use trunklab_protocol::operator::Snapshot;

use super::columns::Heads;
use super::share::{Want, share};
use super::{calls, event_list, queue, sites};
use crate::model::Model;

/// From this width calls and queue stand side by side.
const WIDE: u16 = 120;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    // One row of each panel is its title.
    let wants = |count: usize, least: u16| {
        let most = u16::try_from(count.max(1)).unwrap_or(u16::MAX).saturating_add(1);
        Want { least: least.min(most), most }
    };
    let site_want = wants(picture.sites.len(), 4);
    let call_want = wants(picture.calls.len(), 5);
    let queue_want = wants(picture.queue.len(), 4);
    let event_want = Want { least: 5, most: u16::MAX };
    if area.width < WIDE {
        let rows = share(area.height, [site_want, call_want, queue_want, event_want]);
        let [sites_area, calls_area, queue_area, events_area] =
            Layout::vertical(rows.map(Constraint::Length)).areas(area);
        sites::render(frame, sites_area, model, picture);
        calls::render(frame, calls_area, model, picture, Heads::Left);
        queue::render(frame, queue_area, model, picture, Heads::Left);
        event_list::render_tail(frame, events_area, model);
    } else {
        let middle = Want {
            least: call_want.least.max(queue_want.least).max(7),
            // The heads take a row.
            most: call_want.most.max(queue_want.most).max(7).saturating_add(1),
        };
        let rows = share(area.height, [site_want, middle, Want { least: 8, ..event_want }]);
        let [sites_area, middle_area, events_area] =
            Layout::vertical(rows.map(Constraint::Length)).areas(area);
        let [calls_area, queue_area] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(1).areas(middle_area);
        sites::render(frame, sites_area, model, picture);
        calls::render(frame, calls_area, model, picture, Heads::Shown);
        queue::render(frame, queue_area, model, picture, Heads::Shown);
        event_list::render_tail(frame, events_area, model);
    }
}
