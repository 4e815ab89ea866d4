//! `GET /v1/units/{unit}`: how a radio is set up, in one place (docs/services.md 13.6.10).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use trunklab_protocol::operator::UnitState;
use utoipa::ToSchema;

use super::Operator;
use super::problem::Problem;
use super::subscribers::{Named, named, subscription, unknown};
use crate::subscribers::SubscriberObject;

/// How a radio is set up.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnitShown {
    /// What the register holds of it, but for its key.
    subscription: SubscriberObject,
    /// What the network knows of it now.
    state: UnitState,
}

/// How a radio is set up: its subscription, and what the network knows of it now.
#[utoipa::path(
    get,
    path = "/v1/units/{unit}",
    params(("unit" = u32, Path, description = "Its individual id", example = 1001)),
    responses(
        (status = 200, description = "The unit", body = UnitShown),
        (status = 404, description = "There is no such unit", body = Problem),
    )
)]
pub(super) async fn show(State(operator): State<Arc<Operator>>, unit: Named) -> Response {
    let Some(unit) = named(unit) else { return unknown(&operator) };
    let subscription = match subscription(&operator, unit).await {
        Ok(subscription) => subscription,
        Err(refusal) => return refusal,
    };
    match operator.unit_state(unit).await {
        Some(Some(state)) => Json(UnitShown { subscription, state }).into_response(),
        // It was taken out meanwhile.
        Some(None) => unknown(&operator),
        None => Problem::busy().into_response(),
    }
}
