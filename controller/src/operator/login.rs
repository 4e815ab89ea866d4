//! `POST /v1/login`, `/v1/refresh`, `/v1/logout`: how a person is let in, stays in and leaves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{Admission, Authority, ConsoleName, Deed, Login, Refresh, Role, Tokens};

use super::access::InSession;
use super::access_token::{Claims, LIFE_S};
use super::audit::{Slowed, entry_of};
use super::problem::Problem;
use super::server::Peer;
use super::{Operator, passwords, token_hash};
use crate::store::Session;

/// How long a session lasts from its last refresh.
const SESSION_MAX: Duration = Duration::from_secs(12 * 3_600);

/// Logins that may be tried with one account from one address within [`WINDOW`].
pub(super) const TRIES_OF_PAIR_MAX: u32 = 5;

/// After so many tries of one account within [`WINDOW`], wherever from, each further one waits for [`SLOWED`].
pub(super) const SLOW_FROM: u32 = 10;

/// How long such a try waits.
const SLOWED: Duration = Duration::from_secs(1);

/// Logins and refreshes that one address may try within [`WINDOW`].
pub(super) const TRIES_OF_ADDRESS_MAX: u32 = 20;

/// Within what tries are counted.
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// Begins a session. Wrong name and wrong password are one refusal, which takes as long.
#[utoipa::path(
    post,
    path = "/v1/login",
    request_body = Login,
    responses(
        (status = 200, description = "Let in", body = Tokens),
        (status = 400, description = "This is no login", body = Problem),
        (status = 401, description = "The name or the password is wrong", body = Problem),
        (status = 413, description = "The request is longer than the limit", body = Problem),
        (status = 415, description = "The request is not of the type application/json", body = Problem),
        (status = 429, description = "Too many tries: `Retry-After` says how long to wait", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn login(
    State(operator): State<Arc<Operator>>,
    Extension(Peer(from)): Extension<Peer>,
    login: Result<Json<Login>, JsonRejection>,
) -> Response {
    let Login { name, password } = match login {
        Ok(Json(login)) => login,
        Err(rejection) => return refused_body(&operator, &rejection, from, Deed::Login {}).await,
    };
    let who = ConsoleName::new(&name);
    match operator.try_again(Some(&who), from, Deed::Login {}).await {
        Err(wait) => return too_many(&operator, wait),
        Ok(Slowed(true)) => tokio::time::sleep(SLOWED).await,
        Ok(Slowed(false)) => {}
    }
    let wanted = who.clone();
    let Some(Ok(account)) = operator.reach.store.with(move |store| store.account(&wanted)).await else {
        return Problem::busy().into_response();
    };
    // A name that was cut is not the one that was given.
    let account = account.filter(|account| account.name.to_string() == name && !account.is_disabled);
    if password.len() > passwords::OCTETS_MAX {
        return refused(&operator, Some(who), from, Deed::Login {}, Cause::LoginRefused).await;
    }
    let kept = account.as_ref().map(|account| account.password.clone());
    let Some(is_right) = operator.checks.check(password, kept).await else {
        return Problem::busy().into_response();
    };
    let Some(account) = account.filter(|_| is_right) else {
        return refused(&operator, Some(who), from, Deed::Login {}, Cause::LoginRefused).await;
    };
    operator.logins.forget_pair(&who, from);
    begin(&operator, account.name, account.role, from).await
}

async fn begin(operator: &Operator, name: ConsoleName, role: Role, from: SocketAddr) -> Response {
    let (Ok(id), Ok(secret)) = (random_text::<16>(), random_text::<32>()) else {
        return Problem::busy().into_response();
    };
    let (session, account, hash) = (id.clone(), name.clone(), token_hash(&secret));
    let (now, expires) = (operator.now_us(), operator.session_expires_us());
    let by = Authority { console: name.clone(), role, from: Some(from) };
    let written = entry_of(&by, Deed::Login {}, Ok(()));
    let begun = operator
        .reach
        .store
        .with(move |store| store.begin_session(&session, &account, &hash, now, expires, &written))
        .await;
    let Some(Ok(())) = begun else { return Problem::not_kept(begun).into_response() };
    tokens(operator, name, role, &id, &secret)
}

/// Goes on with a session. A refresh token is good once: one that comes a second time was stolen from somebody, and ends the
/// session.
#[utoipa::path(
    post,
    path = "/v1/refresh",
    request_body = Refresh,
    responses(
        (status = 200, description = "The next tokens", body = Tokens),
        (status = 400, description = "This is no refresh", body = Problem),
        (status = 401, description = "The session is over, or the token was used before", body = Problem),
        (status = 413, description = "The request is longer than the limit", body = Problem),
        (status = 415, description = "The request is not of the type application/json", body = Problem),
        (status = 429, description = "Too many tries: `Retry-After` says how long to wait", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn refresh(
    State(operator): State<Arc<Operator>>,
    Extension(Peer(from)): Extension<Peer>,
    refresh: Result<Json<Refresh>, JsonRejection>,
) -> Response {
    let token = match refresh {
        Ok(Json(Refresh { refresh_token })) => refresh_token,
        Err(rejection) => return refused_body(&operator, &rejection, from, Deed::Refresh {}).await,
    };
    if let Err(wait) = operator.try_again(None, from, Deed::Refresh {}).await {
        return too_many(&operator, wait);
    }
    let Some((id, secret)) = token.split_once('.').filter(|(id, _)| id.len() == 32) else {
        return refused(&operator, None, from, Deed::Refresh {}, Cause::SessionOver).await;
    };
    let (wanted, now) = (id.to_owned(), operator.now_us());
    let found = operator.reach.store.with(move |store| store.session(&wanted, now)).await;
    let Some(Ok(found)) = found else { return Problem::busy().into_response() };
    let Some(Session { account, role, refresh }) = found else {
        return refused(&operator, None, from, Deed::Refresh {}, Cause::SessionOver).await;
    };
    let used = token_hash(secret);
    let Ok(next) = random_text::<32>() else { return Problem::busy().into_response() };
    let renewed = if bool::from(refresh.ct_eq(&used)) {
        let (session, hash, expires) = (id.to_owned(), token_hash(&next), operator.session_expires_us());
        operator.reach.store.with(move |store| store.renew_session(&session, &used, &hash, expires)).await
    } else {
        Some(Ok(false))
    };
    match renewed {
        Some(Ok(true)) => {
            operator.logins.forget_address(from);
            tokens(&operator, account, role, id, &next)
        }
        Some(Ok(false)) => {
            let (session, cause) = (id.to_owned(), Cause::TokenReused);
            let by = Authority { console: account, role, from: Some(from) };
            let written = entry_of(&by, Deed::Refresh {}, Err(cause));
            let ended = operator.reach.store.with(move |store| store.end_session(&session, &written)).await;
            let Some(Ok(())) = ended else { return Problem::not_kept(ended).into_response() };
            operator.reach.counters.operator_refused.one(cause);
            Problem::new(StatusCode::UNAUTHORIZED, cause.text()).because(cause).into_response()
        }
        failed @ (Some(Err(_)) | None) => {
            Problem::not_kept(failed.map(|failed| failed.map(|_| ()))).into_response()
        }
    }
}

/// Who asks, and as what.
#[utoipa::path(
    get,
    path = "/v1/self",
    responses((status = 200, description = "Name and role", body = Admission))
)]
pub(super) async fn who_am_i(Extension(by): Extension<Authority>) -> Json<Admission> {
    Json(Admission { name: by.console, role: by.role })
}

/// Ends the session: its tokens are good no longer.
#[utoipa::path(
    post,
    path = "/v1/logout",
    security(("token" = [])),
    responses(
        (status = 204, description = "The session is over"),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 409, description = "A program's token has no session", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn logout(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    Extension(InSession(session)): Extension<InSession>,
) -> Response {
    let Some(session) = session else {
        let detail = "a program's token has no session that could end: take it out of the database";
        return Problem::new(StatusCode::CONFLICT, detail).because(Cause::WrongState).into_response();
    };
    let written = entry_of(&by, Deed::Logout {}, Ok(()));
    match operator.reach.store.with(move |store| store.end_session(&session, &written)).await {
        Some(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        failed @ (Some(Err(_)) | None) => Problem::not_kept(failed).into_response(),
    }
}

fn tokens(operator: &Operator, name: ConsoleName, role: Role, session: &str, secret: &str) -> Response {
    let Ok(jti) = random_text::<16>() else { return Problem::busy().into_response() };
    let iat = operator.now_us().cast_unsigned() / 1_000_000;
    let claims = Claims { sub: name.clone(), role, iat, exp: iat + LIFE_S, jti, session: session.to_owned() };
    let tokens = Tokens {
        name,
        role,
        access_token: operator.reach.access.0.sign(&claims),
        expires_in_s: LIFE_S,
        refresh_token: format!("{session}.{secret}"),
    };
    // What lets somebody in is nobody else's to keep.
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(tokens)).into_response()
}

async fn refused(
    operator: &Operator,
    who: Option<ConsoleName>,
    from: SocketAddr,
    deed: Deed,
    cause: Cause,
) -> Response {
    operator.reach.counters.operator_refused.one(cause);
    operator.stranger_did(who, Some(from), deed, cause).await;
    Problem::new(StatusCode::UNAUTHORIZED, cause.text()).because(cause).into_response()
}

async fn refused_body(
    operator: &Operator,
    rejection: &JsonRejection,
    from: SocketAddr,
    deed: Deed,
) -> Response {
    let problem = Problem::of_body(rejection);
    let cause = problem.cause();
    operator.reach.counters.operator_refused.one(cause);
    operator.stranger_did(None, Some(from), deed, cause).await;
    problem.into_response()
}

fn too_many(operator: &Operator, wait: Duration) -> Response {
    operator.reach.counters.operator_refused.one(Cause::TooManyLogins);
    let seconds = wait.as_secs() + 1;
    let detail = format!("too many tries: wait {seconds} s");
    let mut response =
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).because(Cause::TooManyLogins).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn random_text<const N: usize>() -> Result<String, getrandom::Error> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets)?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

impl Operator {
    /// By what tokens and sessions last: nobody is let in for longer, or shut out, because somebody sets the wall's clock.
    pub(super) fn now_us(&self) -> i64 {
        self.reach.clock.steady_us()
    }

    fn session_expires_us(&self) -> i64 {
        self.now_us() + i64::try_from(SESSION_MAX.as_micros()).expect("half a day is few microseconds")
    }

    /// Counts a try; how long to wait where it is one too many, the first of which in a while is written down.
    async fn try_again(
        &self,
        account: Option<&ConsoleName>,
        from: SocketAddr,
        deed: Deed,
    ) -> Result<Slowed, Duration> {
        let too_many = match self.logins.count(account, from, Instant::now()) {
            Ok(slowed) => return Ok(slowed),
            Err(too_many) => too_many,
        };
        if too_many.is_first {
            self.stranger_did(account.cloned(), Some(from), deed, Cause::TooManyLogins).await;
        }
        Err(too_many.wait)
    }
}
