//! `POST /enrol`: a site's first word.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tracing::{error, info, warn};
use trunklab_protocol::Cause;
use trunklab_protocol::enrolment::EnrolmentRequest;

use super::Operator;
use super::problem::Problem;
use crate::zone::enrol::EnrolmentError;

/// A site's first word: with its one-time token it gets a certificate for its key.
#[utoipa::path(
    post,
    path = "/enrol",
    request_body(content = Object, description = "`site`, `token` and `csr_pem` (docs/protocol.md, 9.4)"),
    responses(
        (status = 200, description = "Its certificate, and the authority's", body = Object),
        (status = 400, description = "This is no enrolment", body = Problem),
        (status = 403, description = "The token or the signing request is not good", body = Problem),
        (status = 404, description = "This controller enrols nobody", body = Problem),
        (status = 413, description = "The request is longer than the limit", body = Problem),
        (status = 415, description = "The request is not of the type application/json", body = Problem),
        (status = 503, description = "Too many sites enrol at once, or the authority cannot sign", body = Problem),
    )
)]
pub(super) async fn enrol(
    State(operator): State<Arc<Operator>>,
    request: Result<Json<EnrolmentRequest>, JsonRejection>,
) -> Response {
    let refuse = |status, cause, detail: String| {
        operator.reach.counters.operator_refused.one(cause);
        Problem::new(status, detail).because(cause).into_response()
    };
    if operator.reach.desk.is_none() {
        let detail = "this controller enrols nobody: its directory has no ca.key".to_owned();
        return refuse(StatusCode::NOT_FOUND, Cause::EnrolmentRefused, detail);
    }
    let request = match request {
        Ok(Json(request)) => request,
        Err(rejection) => {
            let problem = Problem::of_body(&rejection);
            operator.reach.counters.operator_refused.one(problem.cause());
            return problem.into_response();
        }
    };
    // Checking a signature is work that strangers can ask for: only so many at once.
    let Ok(_turn) = operator.enrolments.try_acquire() else {
        let detail = "too many sites enrol at once: try again in a moment".to_owned();
        return refuse(StatusCode::SERVICE_UNAVAILABLE, Cause::TooManyRegistrations, detail);
    };
    let site = request.site;
    let desk_of = Arc::clone(&operator);
    let outcome = tokio::task::spawn_blocking(move || {
        let desk = desk_of.reach.desk.as_ref().expect("looked for above, and never removed");
        desk.enrol(&request, SystemTime::now())
    });
    match outcome.await {
        Ok(Ok(answer)) => {
            info!(%site, "site enrolled");
            Json(answer).into_response()
        }
        Ok(Err(EnrolmentError::Refused(refusal))) => {
            warn!(%site, cause = refusal.cause.name(), "enrolment refused: {}", refusal.detail);
            refuse(StatusCode::FORBIDDEN, refusal.cause, refusal.detail)
        }
        Ok(Err(EnrolmentError::Failed(failure))) => {
            error!(%site, %failure, "enrolment failed");
            let detail = "the controller could not enrol: its log says why".to_owned();
            refuse(StatusCode::SERVICE_UNAVAILABLE, Cause::DurableStoreFailed, detail)
        }
        Err(failure) => {
            error!(%site, %failure, "enrolment broke");
            let detail = "the controller could not enrol: its log says why".to_owned();
            refuse(StatusCode::SERVICE_UNAVAILABLE, Cause::DurableStoreFailed, detail)
        }
    }
}
