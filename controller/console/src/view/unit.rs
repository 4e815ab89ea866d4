//! One unit as it is set up: what the register holds of it, and what the network knows of it now.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::operator::{Snapshot, UnitState, VisitView};
use trunklab_protocol::{SiteId, TalkgroupId, UnitId};

use super::columns::{Columns, left, rest};
use super::{footer, indented, panel, units};
use crate::clock::{duration, time_of_day};
use crate::model::{Model, Sheet, Subscription};
use crate::sentence::{groups, site_name};
use crate::theme::Role;

/// A fact: what it is about, and what it is.
type Fact = (&'static str, String);

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot, unit: UnitId) {
    let inner = panel(frame, area, model, &format!("Unit {unit}"), "as the register and the network know it");
    let sheet = match &model.sheet {
        Sheet::Told(sheet) => sheet,
        Sheet::OnItsWay => return says(frame, inner, model, "How it is set up is on its way."),
        Sheet::Refused(why) => return says(frame, inner, model, &format!("This is not told: {why}")),
    };
    let columns = Columns::new(&[left("", 1), left("", 18), rest("")], inner.width.saturating_sub(1));
    let faint = model.theme.style(Role::Faint);
    let line =
        |(about, is): Fact| columns.row(vec![Line::raw(""), Line::styled(about, faint), Line::raw(is)]);
    let mut lines: Vec<_> = subscribed(&sheet.subscription, picture).into_iter().map(line).collect();
    lines.push(Line::default());
    lines.extend(known(&sheet.state, model, picture).into_iter().map(line));
    frame.render_widget(Paragraph::new(lines), inner);
}

fn says(frame: &mut Frame<'_>, area: Rect, model: &Model, what: &str) {
    let line = Line::styled(what.to_owned(), model.theme.style(Role::Faint));
    frame.render_widget(Paragraph::new(line), indented(area));
}

/// What the register holds.
fn subscribed(of: &Subscription, picture: &Snapshot) -> Vec<Fact> {
    let home =
        of.home_site.map_or_else(String::new, |site| format!(", at home at {}", site_name(site, picture)));
    let duplex = if of.duplex { ", talks and hears at once" } else { "" };
    let about = std::iter::once("names").chain(std::iter::repeat(""));
    let mut facts: Vec<_> = about.zip(names(of)).collect();
    facts.extend([
        ("talkgroups", listed(&of.talkgroups, "none", picture)),
        (
            "emergency calls",
            of.emergency_talkgroup.map_or_else(
                || "in its own talkgroup".to_owned(),
                |talkgroup| format!("in {}", groups(&[talkgroup], picture)),
            ),
        ),
        ("sites", format!("{}{home}", sites(of.sites.as_deref()))),
        (
            "priority",
            format!("{}, demands for a floor: {}{duplex}", of.priority.level(), of.floor_demand.name()),
        ),
        ("rights", footer::rights(of.services)),
    ]);
    facts
}

/// Two to a line.
fn names(of: &Subscription) -> Vec<String> {
    let member = of.fleet.zip(of.member).map(|(fleet, member)| format!("fleet {fleet} member {member}"));
    let names = [
        of.imei.map(|imei| format!("equipment {imei}")),
        of.imsi.map(|imsi| format!("subscription {imsi}")),
        of.msisdn.map(|number| format!("telephone {number}")),
        member,
    ];
    let names: Vec<_> = names.into_iter().flatten().collect();
    if names.is_empty() {
        return vec!["its number alone".to_owned()];
    }
    names.chunks(2).map(|two| two.join(", ")).collect()
}

fn sites(sites: Option<&[SiteId]>) -> String {
    let Some(sites) = sites else { return "every one".to_owned() };
    let numbers: Vec<_> = sites.iter().map(ToString::to_string).collect();
    if numbers.is_empty() { "none".to_owned() } else { numbers.join(" ") }
}

fn listed(talkgroups: &[TalkgroupId], none: &str, picture: &Snapshot) -> String {
    if talkgroups.is_empty() { none.to_owned() } else { groups(talkgroups, picture) }
}

/// What the network knows of it.
fn known(state: &UnitState, model: &Model, picture: &Snapshot) -> Vec<Fact> {
    let orders = &state.orders;
    let waits = units::orders(orders.unit, Some(orders), picture);
    let mut facts = vec![
        ("state", units::state(orders.condition).to_owned()),
        (
            "selector",
            orders.regrouped.map_or_else(
                || "as its user sets it".to_owned(),
                |regroup| format!("set to {}", units::set_to(regroup)),
            ),
        ),
        ("orders that wait", if waits.is_empty() { "none".to_owned() } else { waits }),
    ];
    match &state.visit {
        None => facts.push(("registered", "nowhere".to_owned())),
        Some(visit) => facts.extend(visiting(visit, model, picture)),
    }
    facts.extend(state.call.map(|call| ("individual call", format!("call {call}"))));
    facts
}

fn visiting(visit: &VisitView, model: &Model, picture: &Snapshot) -> [Fact; 4] {
    let lost = if visit.reachable { "" } else { ", which is lost" };
    let named = visit.named.map_or_else(|| "as its site told".to_owned(), |name| format!("as {name}"));
    let equipment = visit.equipment.map_or_else(String::new, |imei| format!(", equipment {imei}"));
    let heard = visit
        .heard
        .map_or_else(String::new, |heard| format!(", heard {} ago", duration(model.now.since(heard))));
    let (at, since) = (site_name(visit.site, picture), time_of_day(visit.since));
    [
        ("registered", format!("at {at}{lost} since {since}{heard}")),
        ("", format!("{named}{equipment}")),
        ("affiliated to", listed(visit.talkgroup.as_slice(), "no talkgroup", picture)),
        ("scans", listed(&visit.scans, "none", picture)),
    ]
}
