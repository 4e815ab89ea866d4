//! `POST /v1/orders`: what an operator wants done.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tracing::info;
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{Authority, Order};

use super::Operator;
use super::problem::Problem;

/// Gives one order. It was carried out, or is refused with its cause; everybody sees it among the events.
#[utoipa::path(
    post,
    path = "/v1/orders",
    request_body = Order,
    security(("token" = [])),
    responses(
        (status = 204, description = "It was carried out"),
        (status = 400, description = "This is no order", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 409, description = "It cannot be carried out: the cause says why", body = Problem),
        (status = 413, description = "The request is longer than the limit", body = Problem),
        (status = 415, description = "The request is not of the type application/json", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn give(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    order: Result<Json<Order>, JsonRejection>,
) -> Response {
    let order = match order {
        Ok(Json(order)) => order,
        Err(rejection) => {
            let problem = Problem::of_body(&rejection);
            operator.reach.counters.operator_refused.one(problem.cause());
            return problem.into_response();
        }
    };
    if matches!(order, Order::Talk { .. } | Order::EndTalk {}) {
        operator.reach.counters.operator_refused.one(Cause::WrongState);
        let detail = "an operator talks over the WebSocket /v1/talk, whose end is the end of the talk";
        return Problem::new(StatusCode::CONFLICT, detail).because(Cause::WrongState).into_response();
    }
    info!(%by, ?order, "order");
    answer(&operator, operator.order(by, order).await)
}

/// What is answered to an order; `None`: the controller had no time for it.
pub(super) fn answer(operator: &Operator, outcome: Option<Result<(), Cause>>) -> Response {
    match outcome {
        Some(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Some(Err(cause @ Cause::NotAllowed)) => {
            operator.reach.counters.operator_refused.one(cause);
            Problem::new(StatusCode::FORBIDDEN, cause.text()).because(cause).into_response()
        }
        Some(Err(cause @ (Cause::DurableStoreFailed | Cause::ControllerBusy))) => {
            operator.reach.counters.operator_refused.one(cause);
            let detail = "the order was not carried out: the controller's disk may be full, or too many orders wait";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).because(cause).into_response()
        }
        Some(Err(cause)) => {
            operator.reach.counters.operator_refused.one(cause);
            Problem::new(StatusCode::CONFLICT, cause.text()).because(cause).into_response()
        }
        None => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the controller is busy or closing down: look whether the order was carried out, and give it again",
        )
        .into_response(),
    }
}
