//! What calls used, what was asked for in vain, and what was told without a call: `GET /v1/records`, `GET /v1/attempts` and
//! `GET /v1/messages`.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use trunklab_protocol::operator::{AttemptEntry, MessageEntry, RecordEntry};
use trunklab_protocol::{Cause, TalkgroupId, UnitId};

use super::Operator;
use super::page::{Bounds, Page, Wanted};
use super::problem::Problem;
use crate::store::RecordQuery;

/// Which entries are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Of {
    /// For this talkgroup alone.
    talkgroup: Option<TalkgroupId>,
    /// In which this unit asked, was asked for, or talked.
    unit: Option<UnitId>,
    /// Ended with this cause alone.
    cause: Option<Cause>,
}

impl From<Wanted<Of>> for RecordQuery {
    fn from(Wanted { page, of: Of { talkgroup, unit, cause } }: Wanted<Of>) -> Self {
        Self { page, talkgroup, unit, cause }
    }
}

/// What calls that are over have used, in the order in which they ended.
#[utoipa::path(
    get,
    path = "/v1/records",
    params(Bounds, Of),
    responses(
        (status = 200, description = "A page of call records", body = Page<RecordEntry>),
        (status = 400, description = "The query cannot be read", body = Problem),
    )
)]
pub(super) async fn read(
    State(operator): State<Arc<Operator>>,
    wanted: Wanted<Of>,
) -> Result<Page<RecordEntry>, Problem> {
    let query = RecordQuery::from(wanted);
    operator.read("call records", move |store| store.records(&query)).await.map(Page::from)
}

/// Requests for calls that were refused or withdrawn.
#[utoipa::path(
    get,
    path = "/v1/attempts",
    params(Bounds, Of),
    responses(
        (status = 200, description = "A page of attempts", body = Page<AttemptEntry>),
        (status = 400, description = "The query cannot be read", body = Problem),
    )
)]
pub(super) async fn attempts(
    State(operator): State<Arc<Operator>>,
    wanted: Wanted<Of>,
) -> Result<Page<AttemptEntry>, Problem> {
    let query = RecordQuery::from(wanted);
    operator.read("attempts", move |store| store.attempts(&query)).await.map(Page::from)
}

/// Statuses and call alerts that are over, in the order in which they ended.
#[utoipa::path(
    get,
    path = "/v1/messages",
    params(Bounds, Of),
    responses(
        (status = 200, description = "A page of messages", body = Page<MessageEntry>),
        (status = 400, description = "The query cannot be read", body = Problem),
    )
)]
pub(super) async fn messages(
    State(operator): State<Arc<Operator>>,
    wanted: Wanted<Of>,
) -> Result<Page<MessageEntry>, Problem> {
    let query = RecordQuery::from(wanted);
    operator.read("messages", move |store| store.messages(&query)).await.map(Page::from)
}
