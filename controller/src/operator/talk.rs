//! `GET /v1/talk`: an operator talks, over a WebSocket whose end is the end of the talk.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::info;
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{Authority, Order, TalkWord};

use super::Operator;
use super::problem::Problem;

/// Octets of the longest order: sixteen talkgroups fit many times.
const MESSAGE_LEN_MAX: usize = 4 * 1024;

/// Longest time that a console may take for one word.
const SEND_MAX: Duration = Duration::from_secs(5);

/// How often a console is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(2);

/// A console not heard from for this long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(7);

/// WebSocket close codes for applications (RFC 6455, 7.4.2): 4000 and the cause's code.
const CLOSE_BASE: u16 = 4_000;

/// An operator talks: each text to the controller is an order `talk` or `end_talk`, each text from it a word that says how
/// the talk stands. Speech goes to the voice switch that `granted` names. When the connection ends, so does the talk.
#[utoipa::path(
    get,
    path = "/v1/talk",
    security(("token" = [])),
    responses(
        (status = 101, description = "WebSocket; each text is one word", body = TalkWord),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 409, description = "This console is connected to talk already", body = Problem),
        (status = 426, description = "This begins no WebSocket", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn talk(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let problem = Problem::no_web_socket(&rejection);
            operator.reach.counters.operator_refused.one(problem.cause());
            return problem.into_response();
        }
    };
    match operator.open_talk(by.console.clone()).await {
        Some(Some(words)) => upgrade
            .max_message_size(MESSAGE_LEN_MAX)
            .on_upgrade(async move |socket| serve(socket, words, &operator, by).await),
        Some(None) => {
            operator.reach.counters.operator_refused.one(Cause::WrongState);
            let detail =
                "this console is connected to talk already: end that connection, or use another token";
            Problem::new(StatusCode::CONFLICT, detail).because(Cause::WrongState).into_response()
        }
        None => Problem::busy().into_response(),
    }
}

/// Carries orders and words until one side leaves; then whatever talk there is ends.
async fn serve(
    mut socket: WebSocket,
    mut words: mpsc::Receiver<TalkWord>,
    operator: &Operator,
    by: Authority,
) {
    operator.reach.counters.consoles_open.one();
    if let Err(cause) = carry(&mut socket, &mut words, operator, &by).await {
        operator.reach.counters.consoles_cut.one(cause);
        let close = CloseFrame { code: CLOSE_BASE + u16::from(cause.code()), reason: cause.text().into() };
        timeout(SEND_MAX, socket.send(Message::Close(Some(close)))).await.ok();
    }
    // Another connection of this console may begin once its words are dropped, and not before its talk has ended.
    operator.order(by, Order::EndTalk {}).await;
    drop(words);
    operator.reach.counters.consoles_open.less_one();
}

async fn carry(
    socket: &mut WebSocket,
    words: &mut mpsc::Receiver<TalkWord>,
    operator: &Operator,
    by: &Authority,
) -> Result<(), Cause> {
    let mut ping = interval(PING_EVERY);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard_at = Instant::now();
    loop {
        tokio::select! {
            word = words.recv() => match word {
                Some(word) => tell(socket, &word).await?,
                // A new term begins, or the console did not take its words.
                None => return Err(Cause::ControllerRestarted),
            },
            heard = socket.recv() => {
                heard_at = Instant::now();
                match heard {
                    Some(Ok(Message::Text(text))) => {
                        if let Err(cause) = obey(operator, by, &text).await {
                            operator.reach.counters.operator_refused.one(cause);
                            tell(socket, &TalkWord::Refused { cause }).await?;
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                }
            }
            _ = ping.tick() => {
                if heard_at.elapsed() > SILENCE_MAX {
                    return Err(Cause::LinkSilent);
                }
                send(socket, Message::Ping(Vec::new().into())).await?;
            }
        }
    }
}

/// Carries one order out; only talking is ordered here.
async fn obey(operator: &Operator, by: &Authority, text: &str) -> Result<(), Cause> {
    let order: Order = serde_json::from_str(text).map_err(|_| Cause::FieldOutOfRange)?;
    if !matches!(order, Order::Talk { .. } | Order::EndTalk {}) {
        return Err(Cause::WrongState);
    }
    info!(%by, ?order, "order");
    operator.order(by.clone(), order).await.unwrap_or(Err(Cause::LinkCongested))
}

async fn tell(socket: &mut WebSocket, word: &TalkWord) -> Result<(), Cause> {
    let text = serde_json::to_string(word).expect("a word serialises: its keys are text");
    send(socket, Message::text(text)).await
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Cause> {
    match timeout(SEND_MAX, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Cause::LinkLost),
        Err(_) => Err(Cause::LinkCongested),
    }
}
