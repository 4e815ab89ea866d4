//! What calls used, and what was asked for in vain: `GET /v1/records` and `GET /v1/attempts`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tracing::warn;
use trunklab_protocol::operator::{AttemptEntry, RecordEntry};
use trunklab_protocol::{Cause, TalkgroupId, UnitId};
use utoipa::ToSchema;

use super::Operator;
use super::problem::Problem;
use crate::store::{Found, RecordQuery, Store, StoreError};

/// Entries in one answer.
const PAGE_MAX: u32 = 1_000;
const PAGE: u32 = 100;

/// Which are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    from: Option<u64>,
    to: Option<u64>,
    talkgroup: Option<TalkgroupId>,
    unit: Option<UnitId>,
    cause: Option<Cause>,
    after: Option<u64>,
    limit: Option<u32>,
}

/// A page of call records.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordPage {
    /// In the order in which they were closed; perhaps none, though a further page has some.
    entries: Vec<RecordEntry>,
    /// With this as `after` the next page begins; `None` where this is the last.
    next: Option<u64>,
}

/// A page of attempts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttemptPage {
    /// In their order; perhaps none, though a further page has some.
    entries: Vec<AttemptEntry>,
    /// With this as `after` the next page begins; `None` where this is the last.
    next: Option<u64>,
}

/// What calls that are over have used.
#[utoipa::path(
    get,
    path = "/v1/records",
    params(
        ("from" = Option<u64>, Query, description = "Released not before this, in microseconds since 1970"),
        ("to" = Option<u64>, Query, description = "Released before this"),
        ("talkgroup" = Option<TalkgroupId>, Query, description = "Calls of this talkgroup alone"),
        ("unit" = Option<UnitId>, Query, description = "Calls in which this unit asked, was called or talked"),
        ("cause" = Option<Cause>, Query, description = "Released with this cause alone"),
        ("after" = Option<u64>, Query, description = "Behind the record of this id"),
        ("limit" = Option<u32>, Query, description = "So many at most: 1 to 1000, usually 100"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "A page of call records", body = RecordPage),
        (status = 400, description = "The query cannot be read", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn read(
    State(operator): State<Arc<Operator>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    match found(&operator, wanted, Store::records).await {
        Ok(Found { entries, next }) => Json(RecordPage { entries, next }).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Requests for calls that were refused or withdrawn.
#[utoipa::path(
    get,
    path = "/v1/attempts",
    params(
        ("from" = Option<u64>, Query, description = "Not before this, in microseconds since 1970"),
        ("to" = Option<u64>, Query, description = "Before this"),
        ("talkgroup" = Option<TalkgroupId>, Query, description = "For this talkgroup's calls alone"),
        ("unit" = Option<UnitId>, Query, description = "By this unit, or for a call with it"),
        ("cause" = Option<Cause>, Query, description = "With this cause alone"),
        ("after" = Option<u64>, Query, description = "Behind the attempt of this id"),
        ("limit" = Option<u32>, Query, description = "So many at most: 1 to 1000, usually 100"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "A page of attempts", body = AttemptPage),
        (status = 400, description = "The query cannot be read", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn attempts(
    State(operator): State<Arc<Operator>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    match found(&operator, wanted, Store::attempts).await {
        Ok(Found { entries, next }) => Json(AttemptPage { entries, next }).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn found<T: Send + 'static>(
    operator: &Operator,
    wanted: Result<Query<Wanted>, QueryRejection>,
    read: impl FnOnce(&mut Store, &RecordQuery) -> Result<Found<T>, StoreError> + Send + 'static,
) -> Result<Found<T>, Problem> {
    let query = wanted.map_err(|rejection| rejection.body_text()).and_then(|Query(wanted)| wanted.query());
    let query = query.map_err(|detail| {
        operator.reach.counters.operator_refused.one(Cause::FieldOutOfRange);
        Problem::new(StatusCode::BAD_REQUEST, detail).because(Cause::FieldOutOfRange)
    })?;
    match operator.reach.store.with(move |store| read(store, &query)).await {
        Some(Ok(found)) => Ok(found),
        Some(Err(failure)) => {
            warn!(%failure, "call records could not be read");
            Err(Problem::busy())
        }
        None => Err(Problem::busy()),
    }
}

impl Wanted {
    fn query(self) -> Result<RecordQuery, String> {
        let Self { from, to, talkgroup, unit, cause, after, limit } = self;
        let limit = limit.unwrap_or(PAGE);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(format!("`limit` is 1 to {PAGE_MAX}"));
        }
        Ok(RecordQuery {
            from_us: from.unwrap_or(0),
            to_us: to.unwrap_or(u64::MAX),
            talkgroup,
            unit,
            cause,
            after: after.unwrap_or(0),
            limit,
        })
    }
}
