//! Who is let in where: one table of endpoints and rights, and the one gate that goes by it.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use trunklab_protocol::Cause;
use trunklab_protocol::enrolment::PATH as ENROLMENT_PATH;
use trunklab_protocol::operator::{Authority, ConsoleName, Deed, Right};

use super::Operator;
use super::problem::Problem;
use super::server::Peer;
use crate::store::Session;

/// Method, path, right that it asks for; `None`: for whoever can reach the port.
#[rustfmt::skip]
pub(super) const ENDPOINTS: &[(Method, &str, Option<Right>)] = &[
    (Method::GET,  "/v1/snapshot",     Some(Right::View)),
    (Method::GET,  "/v1/self",         Some(Right::View)),
    (Method::GET,  "/v1/events",       Some(Right::View)),
    (Method::GET,  "/v1/openapi.json", Some(Right::View)),
    (Method::POST, "/v1/orders",       Some(Right::Dispatch)),
    (Method::GET,  "/v1/talk",         Some(Right::Dispatch)),
    (Method::GET,  "/v1/audit",        Some(Right::Supervise)),
    (Method::GET,  "/v1/records",      Some(Right::Supervise)),
    (Method::GET,  "/v1/attempts",     Some(Right::Supervise)),
    (Method::GET,  "/v1/messages",     Some(Right::Supervise)),
    (Method::POST, "/v1/subscribers",  Some(Right::Administer)),
    (Method::GET,  "/v1/subscribers/{unit}",    Some(Right::Supervise)),
    (Method::PUT,  "/v1/subscribers/{unit}",    Some(Right::Administer)),
    (Method::DELETE, "/v1/subscribers/{unit}",  Some(Right::Administer)),
    (Method::GET,  "/v1/units/{unit}",          Some(Right::Supervise)),
    (Method::GET,  "/v1/configuration", Some(Right::View)),
    (Method::PUT,  "/v1/configuration", Some(Right::Administer)),
    (Method::GET,  "/v1/configuration/versions", Some(Right::View)),
    (Method::GET,  "/v1/configuration/differences", Some(Right::View)),
    (Method::POST, "/v1/configuration/revert", Some(Right::Administer)),
    (Method::GET,  "/v1/sites/{site}/configuration", Some(Right::View)),
    (Method::POST, "/v1/sites/{site}/slots/{carrier}/{slot}/test", Some(Right::Supervise)),
    (Method::GET,  "/v1/alarms",       Some(Right::View)),
    (Method::POST, "/v1/alarms/{id}/acknowledge", Some(Right::Dispatch)),
    (Method::GET,  "/v1/availability", Some(Right::View)),
    (Method::GET,  "/v1/statistics",   Some(Right::View)),
    (Method::POST, "/v1/logout",       Some(Right::View)),
    (Method::POST, "/v1/login",        None),
    (Method::POST, "/v1/refresh",      None),
    (Method::GET,  "/healthz",         None),
    (Method::GET,  "/readyz",          None),
    (Method::GET,  "/metrics",         None),
    (Method::POST, ENROLMENT_PATH,     None),
];

/// The session in which a request is made; a program's token has none.
#[derive(Debug, Clone)]
pub(super) struct InSession(pub Option<String>);

/// The gate: nothing is reached but through a row of the table, by whoever has its right.
pub(super) async fn gate(
    State(operator): State<Arc<Operator>>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    let method = if *request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let rows = || ENDPOINTS.iter().filter(|(_, at, _)| *at == path.as_str());
    let row = rows().find(|(known, ..)| *known == method);
    // A method that nothing is done with is told so to whoever may do something there.
    let Some((_, _, right)) = row.or_else(|| rows().next()) else { return not_done(&operator) };
    let Some(right) = right else {
        return if row.is_some() { next.run(request).await } else { not_done(&operator) };
    };
    let from = request.extensions().get::<Peer>().map(|peer| peer.0);
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.to_owned());
    let admitted = match token {
        Some(token) => admit(&operator, &token).await,
        None => Err(Refusal { cause: Cause::NotAuthenticated, who: None }),
    };
    let (console, role, session) = match admitted {
        Ok(admitted) => admitted,
        Err(Refusal { cause: Cause::LinkCongested, .. }) => return Problem::busy().into_response(),
        Err(Refusal { cause, who }) => {
            operator.reach.counters.operator_refused.one(cause);
            operator.stranger_did(who, from, Deed::Token {}, cause).await;
            let detail = "send `Authorization: Bearer TOKEN`, of a login or as `controller token` makes one";
            return Problem::new(StatusCode::UNAUTHORIZED, detail).because(cause).into_response();
        }
    };
    let by = Authority { console, role, from };
    if !role.may(*right) {
        operator.reach.counters.operator_refused.one(Cause::NotAllowed);
        let deed = Deed::Request { method: method.to_string(), path: path.as_str().to_owned() };
        operator.was_refused(&by, deed, Cause::NotAllowed).await;
        let detail = format!("{} is not for a {role}", path.as_str());
        return Problem::new(StatusCode::FORBIDDEN, detail).because(Cause::NotAllowed).into_response();
    }
    if row.is_none() {
        return not_done(&operator);
    }
    // Who asks is known from here on by the token alone.
    request.extensions_mut().insert(by);
    request.extensions_mut().insert(InSession(session));
    next.run(request).await
}

fn not_done(operator: &Operator) -> Response {
    operator.reach.counters.operator_refused.one(Cause::NoSuchMethod);
    let detail = "this is not done here: GET /v1/openapi.json lists what there is";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
}

struct Refusal {
    cause: Cause,
    who: Option<ConsoleName>,
}

type Admitted = (ConsoleName, trunklab_protocol::operator::Role, Option<String>);

async fn admit(operator: &Operator, token: &str) -> Result<Admitted, Refusal> {
    if let Some((console, role)) = operator.reach.tokens.holder(token) {
        return Ok((console, role, None));
    }
    let now_us = operator.now_us();
    let now_s = now_us.cast_unsigned() / 1_000_000;
    let claims = operator.reach.access.0.check(token, now_s).map_err(|cause| Refusal { cause, who: None })?;
    let id = claims.session.clone();
    let session = operator.reach.store.with(move |store| store.session(&id, now_us)).await;
    match session {
        // What the account may now counts, and not what it might when the token was made.
        Some(Ok(Some(Session { account, role, .. }))) if account == claims.sub => {
            Ok((account, role, Some(claims.session)))
        }
        Some(Ok(_)) => Err(Refusal { cause: Cause::SessionOver, who: Some(claims.sub) }),
        Some(Err(_)) | None => Err(Refusal { cause: Cause::LinkCongested, who: None }),
    }
}
