//! `GET /metrics`: the counters in Prometheus' text format.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::Operator;
use crate::counters::{Count, CountByCause, Counters, Octets};
use crate::switch::Counts;

enum Figure {
    Counter(fn(&Counters) -> &Count),
    Gauge(fn(&Counters) -> &Count),
    ByCause(fn(&Counters) -> &CountByCause),
}

use Figure::{ByCause, Counter, Gauge};

/// Name, figure, help: one row each.
#[rustfmt::skip]
const FIGURES: &[(&str, Figure, &str)] = &[
    ("trunklab_calls_granted_total", Counter(|c| &c.calls_granted), "Calls granted."),
    ("trunklab_calls_queued_total", Counter(|c| &c.calls_queued), "Requests that had to wait."),
    ("trunklab_calls_refused_total", ByCause(|c| &c.calls_refused), "Requests refused, by cause."),
    ("trunklab_calls_released_total", ByCause(|c| &c.calls_released), "Calls released, by cause."),
    ("trunklab_registrations_total", Counter(|c| &c.registrations), "Registrations."),
    ("trunklab_registrations_refused_total", ByCause(|c| &c.registrations_refused), "Registrations refused, by cause."),
    ("trunklab_status_and_alerts_delivered_total", Counter(|c| &c.status_and_alerts_delivered), "Statuses and call alerts delivered."),
    ("trunklab_status_and_alerts_refused_total", ByCause(|c| &c.status_and_alerts_refused), "Statuses and call alerts refused, by cause."),
    ("trunklab_links_open", Gauge(|c| &c.links_open), "Site links that stand now."),
    ("trunklab_links_opened_total", Counter(|c| &c.links_opened), "Site links that were opened."),
    ("trunklab_links_closed_total", ByCause(|c| &c.links_closed), "Site links that ended, by cause."),
    ("trunklab_links_refused_total", ByCause(|c| &c.links_refused), "Connections that never became site links, by cause."),
    ("trunklab_messages_dropped_total", ByCause(|c| &c.messages_dropped), "Messages dropped on links that went on, by cause."),
    ("trunklab_frames_from_sites_total", Counter(|c| &c.frames_from_sites), "Frames read from sites."),
    ("trunklab_frames_to_sites_total", Counter(|c| &c.frames_to_sites), "Frames written to sites."),
    ("trunklab_orders_without_link_total", Counter(|c| &c.orders_without_link), "Orders for sites that had no link."),
    ("trunklab_switch_orders_lost_total", Counter(|c| &c.switch_orders_lost), "Orders that the voice switch was too slow to take."),
    ("trunklab_inputs_total", Counter(|c| &c.inputs), "Inputs that the core handled."),
    ("trunklab_inputs_set_aside_total", Counter(|c| &c.inputs_set_aside), "Inputs on which the core broke."),
    ("trunklab_stored_total", Counter(|c| &c.stored), "Items that the store keeps."),
    ("trunklab_store_failures_total", Counter(|c| &c.store_failures), "Items that the store could not keep."),
    ("trunklab_steps_lost_total", Counter(|c| &c.steps_lost), "Steps of calls and attempts that the store had no room for."),
    ("trunklab_recordings_total", Counter(|c| &c.recordings), "Recordings of calls that are whole."),
    ("trunklab_recordings_failed_total", ByCause(|c| &c.recordings_failed), "Recordings, or packets of them, that could not be kept, by cause."),
    ("trunklab_store_commits_total", Counter(|c| &c.store_commits), "Commits of the store."),
    ("trunklab_consoles_open", Gauge(|c| &c.consoles_open), "Consoles that follow the events now."),
    ("trunklab_consoles_cut_total", ByCause(|c| &c.consoles_cut), "Consoles that were cut off, by cause."),
    ("trunklab_operator_refused_total", ByCause(|c| &c.operator_refused), "Callers of the operator port turned away, by cause."),
    ("trunklab_observer_missed_total", Counter(|c| &c.observer_missed), "Entries that an observer was too slow to take."),
];

type OctetsOf = fn(&Counters) -> &Octets;

const INTERFACES: &[(&str, OctetsOf)] =
    &[("site", |c| &c.site_octets), ("operator", |c| &c.operator_octets), ("switch", |c| &c.switch_octets)];

/// The counters, in Prometheus' text format.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, description = "Every counter", body = String, content_type = "text/plain; version=0.0.4"))
)]
pub(super) async fn page(State(operator): State<Arc<Operator>>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        text(&operator.reach.counters, operator.reach.switch.counts()),
    )
}

/// The whole page.
fn text(counters: &Counters, switch: &Counts) -> String {
    let mut page = String::with_capacity(8 * 1024);
    for (name, figure, help) in FIGURES {
        match figure {
            Counter(of) => single(&mut page, name, "counter", help, of(counters).read()),
            Gauge(of) => single(&mut page, name, "gauge", help, of(counters).read()),
            ByCause(of) => {
                head(&mut page, name, "counter", help);
                for (cause, count) in of(counters).read() {
                    line(&mut page, &format!("{name}{{cause=\"{}\"}}", cause.name()), count);
                }
            }
        }
    }
    let name = "trunklab_interface_octets_total";
    head(&mut page, name, "counter", "Octets on each interface, by direction.");
    let of_controller = INTERFACES.iter().map(|(interface, of)| (*interface, of(counters)));
    for (interface, octets) in of_controller.chain([("voice", &switch.octets)]) {
        for (direction, count) in [("taken", &octets.taken), ("sent", &octets.sent)] {
            let labels = format!("{name}{{interface=\"{interface}\",direction=\"{direction}\"}}");
            line(&mut page, &labels, count.read());
        }
    }
    latency(&mut page, counters);
    counters.loads.write_metrics(&mut page).expect("a string takes whatever is written");
    switch.write_metrics(&mut page).expect("a string takes whatever is written");
    page
}

fn latency(page: &mut String, counters: &Counters) {
    let name = "trunklab_request_to_grant_seconds";
    let figures = counters.grant_latency.read();
    head(
        page,
        name,
        "summary",
        "From a request's frame read to its grant written, where no queue was between.",
    );
    for (quantile, micros) in [("0.5", figures.p50_us), ("0.99", figures.p99_us)] {
        line(page, &format!("{name}{{quantile=\"{quantile}\"}}"), micros as f64 / 1e6);
    }
    line(page, &format!("{name}_sum"), figures.mean_us * figures.count as f64 / 1e6);
    line(page, &format!("{name}_count"), figures.count);
}

fn single(page: &mut String, name: &str, kind: &str, help: &str, count: u64) {
    head(page, name, kind, help);
    line(page, name, count);
}

fn head(page: &mut String, name: &str, kind: &str, help: &str) {
    writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("a string takes whatever is written");
}

fn line(page: &mut String, labelled: &str, value: impl std::fmt::Display) {
    writeln!(page, "{labelled} {value}").expect("a string takes whatever is written");
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::Cause;

    use super::*;

    #[test]
    fn every_figure_has_a_name_of_its_own() {
        let mut names: Vec<_> = FIGURES.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIGURES.len());
    }

    #[test]
    fn the_page_says_what_was_counted() {
        let counters = Counters::default();
        counters.calls_refused.one(Cause::QueueFull);
        counters.site_octets.taken.add(42);
        counters.grant_latency.add(std::time::Duration::from_micros(500));
        let page = text(&counters, &Counts::default());
        for expected in [
            "trunklab_calls_refused_total{cause=\"QueueFull\"} 1\n",
            "trunklab_interface_octets_total{interface=\"site\",direction=\"taken\"} 42\n",
            "trunklab_request_to_grant_seconds{quantile=\"0.99\"} 0.0005\n",
            "trunklab_request_to_grant_seconds_count 1\n",
            "# TYPE trunklab_links_open gauge\n",
        ] {
            assert!(page.contains(expected), "{expected} is missing in\n{page}");
        }
    }
}
