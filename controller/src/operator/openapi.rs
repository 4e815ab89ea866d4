//! `GET /v1/openapi.json`: the description of the API, made from its code.

use axum::Json;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem::Problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "trunklab operator API",
        description = "What a console reads from a controller and orders it to do. Events lead from one snapshot to the next."
    ),
    paths(
        super::snapshot,
        super::events::follow,
        super::orders::give,
        super::talk::talk,
        super::audit::read,
        super::records::read,
        super::records::attempts,
        super::login::login,
        super::login::refresh,
        super::login::logout,
        document
    ),
    modifiers(&Token)
)]
struct Document;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// This description.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    security(("token" = [])),
    responses(
        (status = 200, description = "The description of the API", body = Object),
        (status = 401, description = "No token, or not a good one", body = Problem),
    )
)]
pub(super) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
