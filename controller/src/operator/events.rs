//! `GET /v1/events`: what happens, as it happens, over a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;
use trunklab_protocol::operator::Event;
use trunklab_protocol::{Cause, Epoch};

use super::Operator;
use super::problem::Problem;
use crate::feed::Following;

/// Longest time that a console may take for one event.
const SEND_MAX: Duration = Duration::from_secs(5);

/// Consoles have nothing to say here but the protocol's own pings.
const MESSAGE_LEN_MAX: usize = 4 * 1024;

/// WebSocket close codes for applications (RFC 6455, 7.4.2): 4000 and the cause's code.
const CLOSE_BASE: u16 = 4_000;

/// Where a console begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Beginning {
    /// Events after this one; without it, from now on.
    after: Option<u64>,
    /// The term of office in which it was counted, from the snapshot.
    epoch: Option<Epoch>,
}

/// Events in order, one JSON text each, over a WebSocket. Closed with code 4000 + cause when the console is too slow
/// (`LinkCongested`) or when a new term begins (`ControllerRestarted`): then take a snapshot and follow again.
#[utoipa::path(
    get,
    path = "/v1/events",
    params(
        ("after" = Option<u64>, Query, description = "Events after this one; without it, from now on"),
        ("epoch" = Option<u32>, Query, description = "The term of office in which it was counted"),
    ),
    security(("token" = [])),
    responses(
        (status = 101, description = "WebSocket; each text is one event", body = Event),
        (status = 400, description = "The query cannot be read", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 410, description = "These events are no longer kept: take a snapshot", body = Problem),
        (status = 426, description = "This begins no WebSocket", body = Problem),
    )
)]
pub(super) async fn follow(
    State(operator): State<Arc<Operator>>,
    from: Result<Query<Beginning>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let refuse = |problem: Problem| {
        operator.reach.counters.operator_refused.one(problem.cause());
        problem.into_response()
    };
    let from = match from {
        Ok(Query(from)) => from,
        Err(rejection) => return refuse(Problem::new(StatusCode::BAD_REQUEST, rejection.body_text())),
    };
    let following = match operator.reach.feed.follow(from.after, from.epoch) {
        Ok(following) => following,
        Err(gone) => return refuse(Problem::new(StatusCode::GONE, gone.to_string())),
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return refuse(Problem::no_web_socket(&rejection)),
    };
    let operator = Arc::clone(&operator);
    upgrade.max_message_size(MESSAGE_LEN_MAX).on_upgrade(async move |socket| {
        operator.reach.counters.consoles_open.one();
        if let Err(cause) = serve(socket, following).await {
            operator.reach.counters.consoles_cut.one(cause);
        }
        operator.reach.counters.consoles_open.less_one();
    })
}

/// Sends events until the console leaves, or is cut off with a cause.
async fn serve(mut socket: WebSocket, following: Following) -> Result<(), Cause> {
    let Following { missed, mut live } = following;
    for event in missed {
        send(&mut socket, &event).await?;
    }
    loop {
        tokio::select! {
            event = live.recv() => match event {
                Ok(event) => send(&mut socket, &event).await?,
                Err(RecvError::Lagged(_)) => return cut(socket, Cause::LinkCongested).await,
                Err(RecvError::Closed) => return cut(socket, Cause::ControllerRestarted).await,
            },
            heard = socket.recv() => match heard {
                // Pings are answered by the library; texts are not for us.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_) | Message::Binary(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
            },
        }
    }
}

async fn send(socket: &mut WebSocket, event: &Event) -> Result<(), Cause> {
    let text = serde_json::to_string(event).expect("an event serialises: its keys are text");
    match timeout(SEND_MAX, socket.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Cause::LinkLost),
        Err(_) => Err(Cause::LinkCongested),
    }
}

async fn cut(mut socket: WebSocket, cause: Cause) -> Result<(), Cause> {
    let close = CloseFrame { code: CLOSE_BASE + u16::from(cause.code()), reason: cause.text().into() };
    // It may not read any more: then the end of the connection says it.
    drop(timeout(SEND_MAX, socket.send(Message::Close(Some(close)))).await);
    Err(cause)
}
