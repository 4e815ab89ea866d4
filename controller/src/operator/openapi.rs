//! `GET /v1/openapi.json`: the description of the API, made from its code. What follows for every endpoint from the table of
//! rights, and from what refusals look like, is added here, so that no endpoint can leave it out.

use std::sync::LazyLock;

use axum::Json;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use trunklab_protocol::Cause;
use trunklab_protocol::enrolment::PATH as ENROLMENT_PATH;
use trunklab_protocol::operator::Right;
use utoipa::OpenApi;

use super::access::ENDPOINTS;
use super::problem::Problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "trunklab operator API",
        description = "What a console reads from a controller and orders it to do. Events lead from one snapshot to the next. \
                       Every refusal is a problem with a named cause: also 404 (`nothing_here`) for another path and 405 \
                       (`no_such_method`) for another method."
    ),
    paths(
        super::snapshot,
        super::events::follow,
        super::orders::give,
        super::talk::talk,
        super::audit::read,
        super::records::read,
        super::records::attempts,
        super::records::messages,
        super::subscribers::import,
        super::subscribers::show,
        super::subscribers::put,
        super::subscribers::remove,
        super::units::show,
        super::login::who_am_i,
        super::configuration::show,
        super::configuration::put,
        super::configuration::versions,
        super::configuration::compare,
        super::configuration::revert,
        super::configuration::of_site,
        super::alarms::read,
        super::alarms::acknowledge,
        super::alarms::test,
        super::availability::read,
        super::statistics::read,
        super::login::login,
        super::login::refresh,
        super::login::logout,
        document,
        super::healthz,
        super::readyz,
        super::metrics::page,
        super::enrolment::enrol,
    ),
    components(schemas(Problem))
)]
struct Document;

const NAMES_TAKEN: &[Cause] =
    &[Cause::ImeiTaken, Cause::ImsiTaken, Cause::MsisdnTaken, Cause::FleetMemberTaken, Cause::Duplicate];

/// Why a change of the configuration that fits is not made.
const CONFIGURATION_KEPT_AS_IT_WAS: &[Cause] =
    &[Cause::ConfigurationChanged, Cause::DurableStoreFailed, Cause::WrongState, Cause::Shutdown];

/// Path, status, and the causes that may come there where they are not the status's usual ones; none listed: any.
#[rustfmt::skip]
const CAUSES: &[(&str, u16, &[Cause])] = &[
    ("/v1/login",    401, &[Cause::LoginRefused]),
    ("/v1/refresh",  401, &[Cause::SessionOver, Cause::TokenReused]),
    ("/v1/logout",   409, &[Cause::WrongState]),
    ("/v1/talk",     409, &[Cause::WrongState]),
    ("/v1/subscribers",        409, NAMES_TAKEN),
    ("/v1/subscribers/{unit}", 409, NAMES_TAKEN),
    ("/v1/subscribers/{unit}", 404, &[Cause::UnknownUnit]),
    ("/v1/units/{unit}",       404, &[Cause::UnknownUnit]),
    ("/v1/configuration",        404, &[Cause::UnknownVersion]),
    ("/v1/configuration",        409, CONFIGURATION_KEPT_AS_IT_WAS),
    ("/v1/configuration/differences", 404, &[Cause::UnknownVersion]),
    ("/v1/configuration/revert", 404, &[Cause::UnknownVersion]),
    ("/v1/configuration/revert", 409, CONFIGURATION_KEPT_AS_IT_WAS),
    ("/v1/sites/{site}/configuration", 404, &[Cause::UnknownSite]),
    ("/v1/alarms/{id}/acknowledge", 409, &[Cause::UnknownAlarm, Cause::Shutdown, Cause::WrongState]),
    ("/v1/sites/{site}/slots/{carrier}/{slot}/test", 409, &[
        Cause::UnknownSite, Cause::NoSuchCarrier, Cause::SiteUnavailable, Cause::Shutdown, Cause::WrongState,
    ]),
    (ENROLMENT_PATH, 403, &[]),
    (ENROLMENT_PATH, 404, &[Cause::EnrolmentRefused]),
    (ENROLMENT_PATH, 503, &[Cause::TooManyRegistrations, Cause::DurableStoreFailed, Cause::ControllerBusy]),
];

/// The causes that a status has everywhere else; a status that is not listed may have any.
#[rustfmt::skip]
const OF_STATUS: &[(u16, &[Cause])] = &[
    (400, &[Cause::FieldOutOfRange]),
    (401, &[Cause::NotAuthenticated, Cause::TokenExpired, Cause::SessionOver]),
    (403, &[Cause::NotAllowed]),
    (410, &[Cause::EventsGone]),
    (413, &[Cause::RequestTooLong]),
    (415, &[Cause::NotJson]),
    (422, &[Cause::ConfigurationUnfit]),
    (426, &[Cause::NotWebSocket]),
    (429, &[Cause::TooManyLogins]),
    (503, &[Cause::ControllerBusy, Cause::DurableStoreFailed]),
];

/// Status, description: what follows from the table of rights.
const WITHOUT_TOKEN: (u16, &str) = (401, "No token, or not a good one");
const WITHOUT_RIGHT: (u16, &str) = (403, "The operator's role does not allow it");
const WITHOUT_TIME: (u16, &str) = (503, "The controller is busy or closing down, or its store fails");

fn causes(path: &str, status: u16) -> &'static [Cause] {
    let own = CAUSES.iter().find(|(at, of, _)| *at == path && *of == status).map(|(.., causes)| *causes);
    own.or_else(|| OF_STATUS.iter().find(|(of, _)| *of == status).map(|(_, causes)| *causes)).unwrap_or(&[])
}

/// The answer of a refusal.
fn refusal(description: &str, path: &str, status: u16) -> Value {
    let causes = causes(path, status);
    let mut schema = json!({ "$ref": "#/components/schemas/Problem" });
    let mut description = description.to_owned();
    if !causes.is_empty() {
        let names: Vec<_> = causes.iter().map(|cause| json!(cause)).collect();
        let listed: Vec<_> =
            names.iter().map(|name| format!("`{}`", name.as_str().unwrap_or_default())).collect();
        description = format!("{description}: {}", listed.join(", "));
        schema =
            json!({ "allOf": [schema, { "type": "object", "properties": { "cause": { "enum": names } } }] });
    }
    let mut answer = json!({ "description": description, "content": { "application/problem+json": { "schema": schema } } });
    let header = |what: &str, kind: &str| json!({ "description": what, "schema": { "type": kind } });
    match status {
        401 => answer["headers"] = json!({ "WWW-Authenticate": header("`Bearer`", "string") }),
        429 => {
            answer["headers"] = json!({ "Retry-After": header("How long to wait, in seconds", "integer") })
        }
        _ => {}
    }
    answer
}

/// Adds what holds for an endpoint of this right.
fn complete(operation: &mut Map<String, Value>, path: &str, right: Option<Right>) {
    let mut added = Vec::new();
    if let Some(right) = right {
        operation.insert("security".to_owned(), json!([{ "token": [] }]));
        operation.insert("x-right".to_owned(), json!(right));
        added.extend([WITHOUT_TOKEN, WITHOUT_TIME]);
        if right != Right::View {
            added.push(WITHOUT_RIGHT);
        }
    } else {
        operation.insert("security".to_owned(), json!([]));
    }
    let Some(Value::Object(answers)) = operation.get_mut("responses") else { return };
    for (status, description) in added {
        answers.entry(status.to_string()).or_insert_with(|| json!({ "description": description }));
    }
    for (status, answer) in answers.iter_mut() {
        let Some(number) = status.parse().ok().filter(|number| *number >= StatusCode::BAD_REQUEST.as_u16())
        else {
            continue;
        };
        let description = answer["description"].as_str().unwrap_or_default().to_owned();
        *answer = refusal(&description, path, number);
    }
}

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_json::to_value(Document::openapi()).expect("the description serialises");
    document["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "Of a login, or as `controller token` makes one" }
    });
    for (method, path, right) in ENDPOINTS {
        let operation = &mut document["paths"][path][method.as_str().to_ascii_lowercase()];
        if let Value::Object(operation) = operation {
            complete(operation, path, *right);
        }
    }
    document
});

/// This description.
#[utoipa::path(
    get,
    path = "/v1/openapi.json",
    responses((status = 200, description = "The description of the API", body = Object))
)]
pub(super) async fn document() -> Json<&'static Value> {
    Json(&DESCRIPTION)
}
