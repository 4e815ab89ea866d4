//! The connection over which the operator of a console talks.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use trunklab_protocol::operator::{Order, TalkWord};

use super::ConnError;
use super::client::Socket;

/// An operator's connection. When it is dropped, whatever talk there is ends.
pub struct Talk {
    socket: Socket,
}

impl Talk {
    pub(super) const fn over(socket: Socket) -> Self {
        Self { socket }
    }

    /// Orders to talk or to end the talk. What comes of it is a word.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn order(&mut self, order: &Order) -> Result<(), ConnError> {
        let text = serde_json::to_string(order).expect("an order serialises: its keys are text");
        self.socket.send(Message::text(text)).await.map_err(|error| ConnError::Broken(error.to_string()))
    }

    /// The next word. Nothing is lost where this is given up and asked again.
    ///
    /// # Errors
    /// When the connection is gone, or the word is none.
    pub async fn word(&mut self) -> Result<TalkWord, ConnError> {
        loop {
            let Some(message) = self.socket.next().await else {
                return Err(ConnError::Closed(String::new()));
            };
            match message.map_err(|error| ConnError::Broken(error.to_string()))? {
                Message::Text(text) => {
                    return serde_json::from_str(&text)
                        .map_err(|error| ConnError::Unreadable { what: "a word", why: error.to_string() });
                }
                Message::Close(close) => {
                    let reason = close.map(|close| close.reason.to_string());
                    let reason = reason.filter(|reason| !reason.is_empty());
                    return Err(ConnError::Closed(
                        reason.map_or_else(String::new, |reason| format!(": {reason}")),
                    ));
                }
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}
