//! Refusals as RFC 9457 problems.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::warn;
use trunklab_protocol::Cause;
use utoipa::ToSchema;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The HTTP status's own words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// A sentence with the remedy.
    detail: String,
    /// The named cause.
    cause: Cause,
}

/// The cause of a status for which no other is named, and by which the description of the API says what may come.
const USUAL: &[(StatusCode, Cause)] = &[
    (StatusCode::BAD_REQUEST, Cause::FieldOutOfRange),
    (StatusCode::UNAUTHORIZED, Cause::NotAuthenticated),
    (StatusCode::FORBIDDEN, Cause::NotAllowed),
    (StatusCode::NOT_FOUND, Cause::NothingHere),
    (StatusCode::METHOD_NOT_ALLOWED, Cause::NoSuchMethod),
    (StatusCode::CONFLICT, Cause::WrongState),
    (StatusCode::GONE, Cause::EventsGone),
    (StatusCode::PAYLOAD_TOO_LARGE, Cause::RequestTooLong),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, Cause::NotJson),
    (StatusCode::UNPROCESSABLE_ENTITY, Cause::ConfigurationUnfit),
    (StatusCode::UPGRADE_REQUIRED, Cause::NotWebSocket),
    (StatusCode::TOO_MANY_REQUESTS, Cause::TooManyLogins),
    (StatusCode::SERVICE_UNAVAILABLE, Cause::ControllerBusy),
];

impl Problem {
    /// With the usual cause of the status; [`Problem::because`] names another.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("refused").to_owned();
        let usual = USUAL.iter().find(|(of, _)| *of == status);
        let cause = usual.map_or(Cause::WrongState, |(_, cause)| *cause);
        Self { title, status: status.as_u16(), detail: detail.into(), cause }
    }

    /// Why a body is not what it has to be.
    pub fn of_body(rejection: &JsonRejection) -> Self {
        let (status, cause) = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => (StatusCode::PAYLOAD_TOO_LARGE, Cause::RequestTooLong),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (StatusCode::UNSUPPORTED_MEDIA_TYPE, Cause::NotJson),
            _ => (StatusCode::BAD_REQUEST, Cause::FieldOutOfRange),
        };
        Self::new(status, rejection.body_text()).because(cause)
    }

    /// What should have begun a WebSocket does not.
    pub fn no_web_socket(rejection: &WebSocketUpgradeRejection) -> Self {
        Self::new(StatusCode::UPGRADE_REQUIRED, format!("{rejection}: connect with a WebSocket client"))
    }

    /// The store could not keep what had to last, or had no time to.
    pub fn not_kept<E: std::fmt::Display>(failure: Option<Result<(), E>>) -> Self {
        match failure {
            Some(Err(failure)) => {
                warn!(%failure, "what an operator asked for could not be kept");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "nothing was done: the controller's disk may be full",
                )
                .because(Cause::DurableStoreFailed)
            }
            Some(Ok(())) | None => Self::busy(),
        }
    }

    /// The controller has no time.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the controller is busy or closing down: ask again in a moment",
        )
    }

    /// The named cause.
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    pub fn because(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("it was made from a status");
        let mut response = (status, Json(self)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::UPGRADE_REQUIRED {
            response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        response
    }
}
