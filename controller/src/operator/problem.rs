//! Refusals as RFC 9457 problems.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
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
    /// The named cause, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    cause: Option<Cause>,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("refused").to_owned();
        Self { title, status: status.as_u16(), detail: detail.into(), cause: None }
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

    /// The controller has no time.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the controller is busy or closing down: ask again in a moment",
        )
    }

    /// The named cause.
    pub const fn cause(&self) -> Option<Cause> {
        self.cause
    }

    pub fn because(self, cause: Cause) -> Self {
        Self { cause: Some(cause), ..self }
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
        response
    }
}
