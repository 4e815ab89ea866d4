//! A site's slots in a row, carrier by carrier: `[C · 41 ~7 · ·]`, or where that is too long `[C·#~··]`.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use trunklab_protocol::operator::{CallView, SiteView, Snapshot};
use trunklab_protocol::{CarrierNumber, SlotAddress};

use super::columns::cut;
use crate::model::Model;
use crate::sentence::number_of;
use crate::theme::Role;

/// What is on a slot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot<'a> {
    /// The control channel.
    Control,
    /// Nothing.
    Free,
    /// A call.
    Held(&'a CallView),
    /// A call that the picture does not know.
    Unknown,
}

/// The site's slots by carrier, the control channel in its place.
pub(super) fn carriers<'a>(
    site: &SiteView,
    picture: &'a Snapshot,
) -> Vec<(CarrierNumber, Vec<(SlotAddress, Slot<'a>)>)> {
    let controls = || std::iter::once(site.control).chain(site.further_controls.iter().copied());
    let mut carriers: Vec<(CarrierNumber, Vec<(SlotAddress, Slot<'a>)>)> =
        controls().map(|control| (control.carrier, vec![(control, Slot::Control)])).collect();
    for view in &site.slots {
        let own = controls().any(|control| control == view.at);
        let slot = match view.call {
            // With associated signalling it stands there while no call does.
            None if own => continue,
            None => Slot::Free,
            Some(call) => match picture.calls.binary_search_by_key(&call, |view| view.call) {
                Ok(place) => Slot::Held(&picture.calls[place]),
                Err(_) => Slot::Unknown,
            },
        };
        match carriers.iter_mut().find(|(carrier, _)| *carrier == view.at.carrier) {
            Some((_, slots)) if own => slots[0].1 = slot,
            Some((_, slots)) => slots.push((view.at, slot)),
            None => carriers.push((view.at.carrier, vec![(view.at, slot)])),
        }
    }
    for (_, slots) in &mut carriers {
        slots.sort_by_key(|(at, _)| *at);
    }
    carriers
}

/// The strip, with talkgroup numbers where they fit `width` cells.
pub(super) fn strip(site: &SiteView, model: &Model, picture: &Snapshot, width: usize) -> Line<'static> {
    let carriers = carriers(site, picture);
    let draw = |cell: fn(Slot<'_>) -> String, between: &'static str| {
        let mut spans = Vec::new();
        for (_, slots) in &carriers {
            spans.push(Span::raw("["));
            for (place, (_, slot)) in slots.iter().enumerate() {
                if place > 0 {
                    spans.push(Span::raw(between));
                }
                spans.push(Span::styled(cell(*slot), style(*slot, model)));
            }
            spans.push(Span::raw("]"));
        }
        Line::from(spans)
    };
    let roomy = draw(numbered, " ");
    if roomy.width() <= width { roomy } else { draw(marked, "") }
}

/// A slot as talkgroup number and marks.
pub(super) fn numbered(slot: Slot<'_>) -> String {
    match slot {
        Slot::Control => "C".to_owned(),
        Slot::Free => "·".to_owned(),
        Slot::Unknown => "?".to_owned(),
        Slot::Held(call) => {
            let emergency = if call.emergency { "!" } else { "" };
            let hanging = if call.hangs() { "~" } else { "" };
            format!("{emergency}{hanging}{}", number_of(call.parties))
        }
    }
}

fn marked(slot: Slot<'_>) -> String {
    let mark = match slot {
        Slot::Control => "C",
        Slot::Free => "·",
        Slot::Unknown => "?",
        Slot::Held(call) if call.emergency => "!",
        Slot::Held(call) if call.hangs() => "~",
        Slot::Held(_) => "#",
    };
    mark.to_owned()
}

pub(super) fn style(slot: Slot<'_>, model: &Model) -> Style {
    match slot {
        Slot::Control => model.theme.style(Role::Control),
        Slot::Free => model.theme.style(Role::Faint),
        Slot::Unknown => model.theme.style(Role::Notice),
        Slot::Held(call) if call.emergency => model.theme.style(Role::Emergency),
        Slot::Held(call) if call.hangs() => model.theme.style(Role::Hanging),
        Slot::Held(call) => model.theme.parties(call.parties),
    }
}

/// What stands in the strip's place while the site is out of service.
pub(super) fn lost(site: &SiteView, model: &Model, width: usize) -> Line<'static> {
    let text = match model.losses.get(&site.site) {
        _ if site.in_failsoft => "FAILSOFT: control channel lost".to_owned(),
        Some(loss) => format!("LOST: {}", loss.cause),
        None => "OUT OF SERVICE".to_owned(),
    };
    let text = if text.chars().count() > width { cut(&text, width) } else { text };
    Line::styled(text, model.theme.style(Role::Warning))
}
