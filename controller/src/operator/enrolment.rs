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
            return refuse(rejection.status(), Cause::FieldOutOfRange, rejection.body_text());
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
            refuse(StatusCode::INTERNAL_SERVER_ERROR, Cause::DurableStoreFailed, detail)
        }
        Err(failure) => {
            error!(%site, %failure, "enrolment broke");
            let detail = "the controller could not enrol: its log says why".to_owned();
            refuse(StatusCode::INTERNAL_SERVER_ERROR, Cause::DurableStoreFailed, detail)
        }
    }
}
