//! `/v1/subscribers`: the home register while the controller runs. What changes is durable first, with its entry in the audit
//! trail, then holds, and then is answered.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use trunklab_controller_core::config::Change;
use trunklab_protocol::operator::{Authority, Deed};
use trunklab_protocol::{Cause, UnitId};

use super::Operator;
use super::audit::entry_of;
use super::problem::Problem;
use crate::subscribers::{
    Defects, Difference, Format, Keys, SubscriberObject, SubscribersError, keep, read_rows,
};

/// Octets of a body: twenty thousand subscribers have room.
const BODY_LEN_MAX: usize = 16 << 20;

pub(super) type Named = Result<Path<u32>, PathRejection>;

/// Many subscribers at once, all or none: those that are there already are replaced, others stay (docs/formats.md). One without a key
/// keeps the one that it has.
#[utoipa::path(
    post,
    path = "/v1/subscribers",
    request_body(content(
        (Vec<SubscriberObject> = "application/json"),
        (String = "application/x-ndjson", example = json!("{\"unit\":1001,\"talkgroups\":[41]}\n")),
        (String = "text/csv", example = json!("unit,key,talkgroups\n1003,000102030405060708090a0b0c0d0e0f,41 42\n")),
    )),
    responses(
        (status = 200, description = "What has changed", body = Difference),
        (status = 400, description = "A row is wrong: nothing has changed", body = Problem),
        (status = 409, description = "A name is another subscriber's: nothing has changed", body = Problem),
        (status = 413, description = "More than 16 MiB", body = Problem),
        (status = 415, description = "Neither CSV nor JSON", body = Problem),
    )
)]
pub(super) async fn import(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(format) = format(&headers) else {
        let detail = "send `text/csv`, `application/json` or `application/x-ndjson` as Content-Type";
        return refuse(&operator, Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    };
    let deed = |difference: &Difference| Deed::SubscribersImported {
        added: difference.added,
        changed: difference.changed,
    };
    change(&operator, &by, body, format, None, deed).await
}

/// One subscriber, added or replaced. Without a key it keeps the one that it has.
#[utoipa::path(
    put,
    path = "/v1/subscribers/{unit}",
    params(("unit" = u32, Path, description = "Its individual id", example = 1001)),
    request_body(
        content = SubscriberObject,
        example = json!({ "unit": 1001, "key": "000102030405060708090a0b0c0d0e0f", "talkgroups": [41, 42] }),
    ),
    responses(
        (status = 200, description = "What has changed", body = Difference),
        (status = 400, description = "This is no subscriber, or another than the path names", body = Problem),
        (status = 404, description = "There can be no such unit", body = Problem),
        (status = 409, description = "A name is another subscriber's", body = Problem),
        (status = 413, description = "The request is longer than the limit", body = Problem),
        (status = 415, description = "The request is not of the type application/json", body = Problem),
    )
)]
pub(super) async fn put(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    unit: Named,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(unit) = named(unit) else { return unknown(&operator) };
    if format(&headers) != Some(Format::Json) {
        let detail = "send `application/json` as Content-Type";
        return refuse(&operator, Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    change(&operator, &by, body, Format::Json, Some(unit), move |_| Deed::SubscriberKept { unit }).await
}

/// What the register holds of a unit, but for its key.
#[utoipa::path(
    get,
    path = "/v1/subscribers/{unit}",
    params(("unit" = u32, Path, description = "Its individual id", example = 1001)),
    responses(
        (status = 200, description = "The subscriber, without its key", body = SubscriberObject),
        (status = 404, description = "There is no such unit", body = Problem),
    )
)]
pub(super) async fn show(State(operator): State<Arc<Operator>>, unit: Named) -> Response {
    let Some(unit) = named(unit) else { return unknown(&operator) };
    match subscription(&operator, unit).await {
        Ok(subscription) => Json(subscription).into_response(),
        Err(refusal) => refusal,
    }
}

/// What the register holds of a unit, but for its key; else what is answered instead.
pub(super) async fn subscription(operator: &Operator, unit: UnitId) -> Result<SubscriberObject, Response> {
    match operator.reach.store.with(move |store| store.subscriber(unit)).await {
        Some(Ok(Some(subscriber))) => Ok(SubscriberObject::of(&subscriber, Keys::Left)),
        Some(Ok(None)) => Err(unknown(operator)),
        failed @ (Some(Err(_)) | None) => {
            Err(Problem::not_kept(failed.map(|failed| failed.map(|_| ()))).into_response())
        }
    }
}

/// Takes a subscriber out: it is deregistered, and its names are free again.
#[utoipa::path(
    delete,
    path = "/v1/subscribers/{unit}",
    params(("unit" = u32, Path, description = "Its individual id", example = 1001)),
    responses(
        (status = 204, description = "It is taken out"),
        (status = 404, description = "There is no such unit", body = Problem),
    )
)]
pub(super) async fn remove(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    unit: Named,
) -> Response {
    let Some(unit) = named(unit) else { return unknown(&operator) };
    let _in_order = operator.register.lock().await;
    let written = entry_of(&by, Deed::SubscriberRemoved { unit }, Ok(()));
    match operator.reach.store.with(move |store| store.remove_subscriber(unit, &written)).await {
        Some(Ok(true)) => {}
        Some(Ok(false)) => return unknown(&operator),
        failed @ (Some(Err(_)) | None) => {
            return Problem::not_kept(failed.map(|failed| failed.map(|_| ()))).into_response();
        }
    }
    match operator.provision(Change::SubscriberRemoved(unit)).await {
        Some(()) => StatusCode::NO_CONTENT.into_response(),
        None => Problem::busy().into_response(),
    }
}

async fn change(
    operator: &Operator,
    by: &Authority,
    body: Body,
    format: Format,
    alone: Option<UnitId>,
    deed: impl FnOnce(&Difference) -> Deed + Send + 'static,
) -> Response {
    // One after the other: the register and the core see changes in one order, and one body at a time is in memory.
    let _in_order = operator.register.lock().await;
    let Ok(body) = to_bytes(body, BODY_LEN_MAX).await else {
        return refuse(
            operator,
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "longer than 16 MiB: divide it"),
        );
    };
    let read = tokio::task::spawn_blocking(move || read_rows(&body, format, alone)).await;
    let rows = match read {
        Ok(Ok(rows)) => rows,
        Ok(Err(defects)) => return refuse(operator, defective(&defects)),
        Err(_) => return Problem::busy().into_response(),
    };
    let by = by.clone();
    let kept = operator
        .reach
        .store
        .with(move |store| keep(store, rows, |difference| entry_of(&by, deed(difference), Ok(()))))
        .await;
    let (difference, changed) = match kept {
        Some(Ok(kept)) => kept,
        Some(Err(SubscribersError::Defects { defects, .. })) => return refuse(operator, defective(&defects)),
        Some(Err(failure)) => return refuse(operator, Problem::not_kept(Some(Err(failure)))),
        None => return Problem::busy().into_response(),
    };
    if !changed.is_empty() && operator.provision(Change::Subscribers(changed)).await.is_none() {
        return Problem::busy().into_response();
    }
    Json(difference).into_response()
}

fn defective(defects: &Defects) -> Problem {
    let cause = defects.cause();
    let status = if cause == Cause::FieldOutOfRange { StatusCode::BAD_REQUEST } else { StatusCode::CONFLICT };
    Problem::new(status, format!("nothing was changed, for {defects}")).because(cause)
}

pub(super) fn named(unit: Named) -> Option<UnitId> {
    unit.ok().and_then(|Path(number)| UnitId::new(number))
}

pub(super) fn unknown(operator: &Operator) -> Response {
    let problem = Problem::new(StatusCode::NOT_FOUND, "there is no such unit").because(Cause::UnknownUnit);
    refuse(operator, problem)
}

fn refuse(operator: &Operator, problem: Problem) -> Response {
    operator.reach.counters.operator_refused.one(problem.cause());
    problem.into_response()
}

fn format(headers: &HeaderMap) -> Option<Format> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next()?.trim();
    let formats = [Format::Csv, Format::Json, Format::JsonLines];
    formats.into_iter().find(|format| media_type.eq_ignore_ascii_case(format.media_type()))
}
