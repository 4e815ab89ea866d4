//! The operator port: HTTPS for consoles, for monitoring and for sites that enrol.
//!
//! `/v1` is for holders of a token whose role has the right (`access`), save for the login; `/enrol` is for holders of an enrolment token; `/healthz`,
//! `/readyz` and `/metrics` are for whoever can reach the port: they tell no names and no numbers of units.

mod access;
mod access_token;
mod alarms;
mod audit;
mod availability;
mod configuration;
mod enrolment;
mod events;
mod limits;
mod login;
mod metrics;
mod openapi;
mod orders;
mod page;
mod passwords;
mod problem;
mod records;
mod server;
mod statistics;
mod subscribers;
mod talk;
mod tokens;
mod units;

pub use passwords::{PasswordError, password_hash};
pub use server::{OperatorLimits, OperatorServer};
pub use tokens::{TokenBook, new_operator_token, token_hash};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use trunklab_controller_core::config::Change;
use trunklab_controller_core::configuration::{Configuration, SiteConfiguration, Unfit};
use trunklab_protocol::enrolment::PATH as ENROLMENT_PATH;
use trunklab_protocol::operator::{
    Authority, ConfigurationVersion, ConsoleName, Order, Snapshot, TalkWord, UnitState,
};
use trunklab_protocol::{Cause, SiteId, UnitId};

use crate::clock::MonotonicClock;
use crate::counters::Counters;
use crate::feed::EventFeed;
use crate::run_loop::{Configured, Query, Wish};
use crate::store::{Secret, StoreHandle};
use crate::switch::SwitchHandle;
use crate::zone::enrol::EnrolmentDesk;
use access_token::AccessKey;
use audit::Logins;
use passwords::Checks;
use problem::Problem;

/// Octets of a request's body: an enrolment has the largest.
const BODY_LEN_MAX: usize = 64 * 1024;

/// How long the run loop may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Longest wait for what comes of an order: a message is said a few times before it counts as lost.
const ORDER_ANSWER_MAX: Duration = Duration::from_secs(10);

/// Signatures that may be checked at once.
const ENROLMENTS_AT_ONCE: usize = 2;

/// What the operator port can reach.
#[derive(Debug)]
pub struct Reach {
    /// The run loop.
    pub queries: mpsc::Sender<Query>,
    /// The events.
    pub feed: Arc<EventFeed>,
    /// The controller's counts.
    pub counters: Arc<Counters>,
    /// The voice switch, for its counts.
    pub switch: Arc<SwitchHandle>,
    /// Accounts, sessions and the audit trail.
    pub store: StoreHandle,
    /// What signs access tokens.
    pub access: Access,
    /// By what they and sessions last.
    pub clock: MonotonicClock,
    /// Programs' tokens.
    pub tokens: Arc<TokenBook>,
    /// Who signs for new sites; `None` enrols nobody.
    pub desk: Option<EnrolmentDesk>,
}

/// Makes and checks the access tokens of one zone.
#[derive(Debug)]
pub struct Access(AccessKey);

impl Access {
    /// With the zone's key.
    pub fn new(key: &Secret) -> Self {
        Self(AccessKey::new(key))
    }
}

/// What the operator port answers from.
#[derive(Debug)]
pub struct Operator {
    reach: Reach,
    enrolments: Semaphore,
    checks: Checks,
    logins: Logins,
    is_ready: AtomicBool,
    /// Whoever changes the register.
    register: tokio::sync::Mutex<()>,
}

impl Operator {
    /// Not ready yet.
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            enrolments: Semaphore::const_new(ENROLMENTS_AT_ONCE),
            checks: Checks::default(),
            logins: Logins::default(),
            is_ready: AtomicBool::new(false),
            register: tokio::sync::Mutex::default(),
        }
    }

    /// Whether the controller serves calls: what `/readyz` says.
    pub fn set_ready(&self, is_ready: bool) {
        self.is_ready.store(is_ready, Ordering::Relaxed);
    }

    pub(crate) fn store(&self) -> &StoreHandle {
        &self.reach.store
    }

    pub(crate) async fn snapshot(&self) -> Option<Snapshot> {
        let (answer, answered) = oneshot::channel();
        self.reach.queries.try_send(Query::Snapshot(answer)).ok()?;
        timeout(ANSWER_MAX, answered).await.ok()?.ok()
    }

    /// A connection over which a console may talk: `None` in it where another one stands.
    pub(crate) async fn open_talk(&self, by: ConsoleName) -> Option<Option<mpsc::Receiver<TalkWord>>> {
        let (answer, answered) = oneshot::channel();
        self.reach.queries.try_send(Query::Talk { by, answer }).ok()?;
        timeout(ANSWER_MAX, answered).await.ok()?.ok()
    }

    /// Has what the store keeps already hold; `None` where the controller is closing down.
    pub(crate) async fn provision(&self, change: Change) -> Option<()> {
        let (answer, answered) = oneshot::channel();
        timeout(ANSWER_MAX, self.reach.queries.send(Query::Provision { change, answer })).await.ok()?.ok()?;
        answered.await.ok()
    }

    pub(crate) async fn configuration(&self) -> Option<(ConfigurationVersion, Configuration)> {
        let (answer, answered) = oneshot::channel();
        self.reach.queries.try_send(Query::Configuration(answer)).ok()?;
        timeout(ANSWER_MAX, answered).await.ok()?.ok()
    }

    pub(crate) async fn site_configuration(&self, site: SiteId) -> Option<Option<SiteConfiguration>> {
        let (answer, answered) = oneshot::channel();
        self.reach.queries.try_send(Query::Site { site, answer }).ok()?;
        timeout(ANSWER_MAX, answered).await.ok()?.ok()
    }

    pub(crate) async fn unit_state(&self, unit: UnitId) -> Option<Option<UnitState>> {
        let (answer, answered) = oneshot::channel();
        self.reach.queries.try_send(Query::Unit { unit, answer }).ok()?;
        timeout(ANSWER_MAX, answered).await.ok()?.ok()
    }

    /// Whether a change of the configuration would be taken.
    pub(crate) async fn weigh_configuration(&self, wish: Wish) -> Option<Result<(), Box<Unfit>>> {
        let (answer, answered) = oneshot::channel();
        self.reach.queries.try_send(Query::Weigh(wish, answer)).ok()?;
        timeout(ANSWER_MAX, answered).await.ok()?.ok()
    }

    pub(crate) async fn configure(&self, wish: Wish) -> Option<Configured> {
        let (answer, answered) = oneshot::channel();
        self.reach.queries.try_send(Query::Configure(wish, answer)).ok()?;
        timeout(ANSWER_MAX, answered).await.ok()?.ok()
    }

    pub(crate) async fn order(&self, by: Authority, order: Order) -> Option<Result<(), Cause>> {
        let (answer, answered) = oneshot::channel();
        self.reach.queries.try_send(Query::Order { by, order, answer }).ok()?;
        timeout(ORDER_ANSWER_MAX, answered).await.ok()?.ok()
    }
}

/// Everything that the port answers.
pub(crate) fn router(operator: Arc<Operator>) -> Router {
    Router::new()
        .route("/v1/snapshot", get(snapshot))
        .route("/v1/self", get(login::who_am_i))
        .route("/v1/events", get(events::follow))
        .route("/v1/orders", post(orders::give))
        .route("/v1/talk", get(talk::talk))
        .route("/v1/audit", get(audit::read))
        .route("/v1/records", get(records::read))
        .route("/v1/attempts", get(records::attempts))
        .route("/v1/messages", get(records::messages))
        .route("/v1/subscribers", post(subscribers::import))
        .route(
            "/v1/subscribers/{unit}",
            get(subscribers::show).put(subscribers::put).delete(subscribers::remove),
        )
        .route("/v1/units/{unit}", get(units::show))
        .route(
            "/v1/configuration",
            get(configuration::show)
                .put(configuration::put)
                .layer(DefaultBodyLimit::max(configuration::CONFIGURATION_LEN_MAX)),
        )
        .route("/v1/configuration/versions", get(configuration::versions))
        .route("/v1/configuration/differences", get(configuration::compare))
        .route("/v1/configuration/revert", post(configuration::revert))
        .route("/v1/sites/{site}/configuration", get(configuration::of_site))
        .route("/v1/sites/{site}/slots/{carrier}/{slot}/test", post(alarms::test))
        .route("/v1/alarms", get(alarms::read))
        .route("/v1/alarms/{id}/acknowledge", post(alarms::acknowledge))
        .route("/v1/availability", get(availability::read))
        .route("/v1/statistics", get(statistics::read))
        .route("/v1/login", post(login::login))
        .route("/v1/refresh", post(login::refresh))
        .route("/v1/logout", post(login::logout))
        .route("/v1/openapi.json", get(openapi::document))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics::page))
        .route(ENROLMENT_PATH, post(enrolment::enrol))
        .route_layer(from_fn_with_state(Arc::clone(&operator), access::gate))
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(operator)
}

/// All that a console needs to begin.
#[utoipa::path(
    get,
    path = "/v1/snapshot",
    security(("token" = [])),
    responses(
        (status = 200, description = "Sites, slots, calls, queue, talkgroups and sums", body = Snapshot),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
async fn snapshot(State(operator): State<Arc<Operator>>) -> Response {
    match operator.snapshot().await {
        Some(snapshot) => Json(snapshot).into_response(),
        None => Problem::busy().into_response(),
    }
}

/// Whether the process lives.
#[utoipa::path(
    get,
    path = "/healthz",
    responses((status = 200, description = "It lives", body = String, content_type = "text/plain; charset=utf-8"))
)]
async fn healthz() -> &'static str {
    "alive\n"
}

/// Whether calls are served.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "They are", body = String, content_type = "text/plain; charset=utf-8"),
        (status = 503, description = "Not yet, or no longer", body = Problem),
    )
)]
async fn readyz(State(operator): State<Arc<Operator>>) -> Response {
    if operator.is_ready.load(Ordering::Relaxed) {
        "ready\n".into_response()
    } else {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not ready: calls are not served").into_response()
    }
}

async fn nothing_here(State(operator): State<Arc<Operator>>) -> Problem {
    operator.reach.counters.operator_refused.one(Cause::NothingHere);
    Problem::new(StatusCode::NOT_FOUND, "nothing is here: GET /v1/openapi.json lists what there is")
}

#[cfg(test)]
mod configuration_tests;
#[cfg(test)]
mod disk_tests;
#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod login_tests;
#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod resume_tests;
#[cfg(test)]
mod second_login_tests;
#[cfg(test)]
mod subscribers_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod units_tests;
