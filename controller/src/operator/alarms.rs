//! `GET /v1/alarms`, `POST /v1/alarms/{id}/acknowledge` and `POST /v1/sites/{site}/slots/{carrier}/{slot}/test`: what is
//! wrong with the network's parts, and what operators do about it. The latter two are orders with paths of their own.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tracing::info;
use trunklab_protocol::operator::{AlarmEntry, AlarmId, Authority, Order};
use trunklab_protocol::{CarrierNumber, Cause, SiteId, SlotAddress, SlotNumber};

use super::Operator;
use super::orders::answer;
use super::page::{Bounds, Page, Wanted};
use super::problem::Problem;
use crate::store::AlarmQuery;

/// Which alarms are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Of {
    /// Those alone that are raised now.
    raised: Option<bool>,
}

/// Alarms in the order in which they were raised; `from` and `to` are about that time.
#[utoipa::path(
    get,
    path = "/v1/alarms",
    params(Bounds, Of),
    responses(
        (status = 200, description = "A page of the alarms", body = Page<AlarmEntry>),
        (status = 400, description = "The query cannot be read", body = Problem),
    )
)]
pub(super) async fn read(
    State(operator): State<Arc<Operator>>,
    Wanted { page, of: Of { raised } }: Wanted<Of>,
) -> Result<Page<AlarmEntry>, Problem> {
    let query = AlarmQuery { page, raised: raised.unwrap_or(false) };
    operator.read("the alarms", move |store| store.alarms(&query)).await.map(Page::from)
}

/// An operator has seen an alarm; everybody is told.
#[utoipa::path(
    post,
    path = "/v1/alarms/{id}/acknowledge",
    params(("id" = String, Path, description = "The alarm's id", example = "1.1")),
    responses(
        (status = 204, description = "It is kept that it was seen"),
        (status = 400, description = "This is no alarm's id", body = Problem),
        (status = 409, description = "It cannot be acknowledged", body = Problem),
    )
)]
pub(super) async fn acknowledge(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let alarm = id.ok().and_then(|Path(id)| id.parse::<AlarmId>().ok());
    give(&operator, by, alarm.map(|alarm| Order::AcknowledgeAlarm { alarm })).await
}

/// A site is to test a slot now; the event `slot_tested` says what came of it.
#[utoipa::path(
    post,
    path = "/v1/sites/{site}/slots/{carrier}/{slot}/test",
    params(
        ("site" = u16, Path, description = "The site's number"),
        ("carrier" = u16, Path, description = "The carrier's number"),
        ("slot" = u8, Path, description = "The slot on it, from 0"),
    ),
    responses(
        (status = 204, description = "The site is told"),
        (status = 400, description = "These are no numbers of a slot", body = Problem),
        (status = 409, description = "It cannot be tested", body = Problem),
    )
)]
pub(super) async fn test(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    place: Result<Path<(u16, u16, u8)>, PathRejection>,
) -> Response {
    let order = place.ok().and_then(|Path((site, carrier, slot))| {
        let slot = SlotAddress { carrier: CarrierNumber::new(carrier)?, slot: SlotNumber::new(slot)? };
        Some(Order::TestSlot { site: SiteId::new(site)?, slot })
    });
    give(&operator, by, order).await
}

async fn give(operator: &Operator, by: Authority, order: Option<Order>) -> Response {
    let Some(order) = order else {
        operator.reach.counters.operator_refused.one(Cause::FieldOutOfRange);
        let detail =
            "this path names nothing: an alarm's id is like `12.9`, sites, carriers and slots have numbers";
        return Problem::new(StatusCode::BAD_REQUEST, detail).because(Cause::FieldOutOfRange).into_response();
    };
    info!(%by, ?order, "order");
    answer(operator, operator.order(by, order).await)
}
