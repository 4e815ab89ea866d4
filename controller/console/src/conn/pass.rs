//! What lets the console in: a program's token, or the tokens of a login, renewed while they are good.

use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::Instant;
use trunklab_protocol::operator::{Refresh, Tokens};

use super::ConnError;

/// How long before its end an access token is renewed.
const BEFORE_END: Duration = Duration::from_secs(60);

/// What lets the console in.
pub(super) enum Pass {
    /// Nothing yet.
    Nothing,
    /// A program's token.
    Token(HeaderValue),
    /// A login's.
    Session(Mutex<Held>),
}

/// A login's newest tokens.
pub(super) struct Held {
    authorization: HeaderValue,
    refresh: Refresh,
    renew_at: Instant,
}

/// The header with a token.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, ConnError> {
    let mut header =
        HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| ConnError::BadToken)?;
    header.set_sensitive(true);
    Ok(header)
}

impl Held {
    fn new(tokens: Tokens) -> Result<Self, ConnError> {
        let life = Duration::from_secs(tokens.expires_in_s);
        Ok(Self {
            authorization: bearer(&tokens.access_token)?,
            refresh: Refresh { refresh_token: tokens.refresh_token },
            // One that is shorter than the margin is renewed half way.
            renew_at: Instant::now() + life.saturating_sub(BEFORE_END).max(life / 2),
        })
    }
}

impl Pass {
    /// With the tokens of a login.
    pub fn session(tokens: Tokens) -> Result<Self, ConnError> {
        Held::new(tokens).map(Mutex::new).map(Self::Session)
    }

    /// Whether it is a login's.
    pub fn is_session(&self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// The header of a request; `renew` brings the next tokens where it is time. A refresh token is good once, so whoever else
    /// asks meanwhile waits.
    pub async fn authorization(
        &self,
        renew: impl AsyncFnOnce(Refresh) -> Result<Tokens, ConnError>,
    ) -> Result<HeaderValue, ConnError> {
        match self {
            Self::Nothing => Err(ConnError::TokenRefused),
            Self::Token(header) => Ok(header.clone()),
            Self::Session(held) => {
                let mut held = held.lock().await;
                if Instant::now() >= held.renew_at {
                    *held = Held::new(renew(held.refresh.clone()).await?)?;
                }
                Ok(held.authorization.clone())
            }
        }
    }

    /// The controller has not taken this header: its token is renewed before anything else is asked, unless it has been meanwhile.
    pub async fn refused(&self, header: &HeaderValue) {
        if let Self::Session(held) = self {
            let mut held = held.lock().await;
            if held.authorization == *header {
                held.renew_at = Instant::now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::operator::{ConsoleName, Role};

    use super::*;

    fn tokens(number: u32, expires_in_s: u64) -> Tokens {
        Tokens {
            name: ConsoleName::new("anna"),
            role: Role::Viewer,
            access_token: format!("access {number}"),
            expires_in_s,
            refresh_token: format!("refresh {number}"),
        }
    }

    #[tokio::test]
    async fn an_access_token_is_renewed_when_its_time_is_over_and_the_next_one_is_used() {
        // The first two are over at once.
        let lives = [0, 0, 600];
        let pass = Pass::session(tokens(1, lives[0])).unwrap();
        let (mut renewed, mut shown) = (0, Vec::new());
        for _ in 0..4 {
            let renew = async |refresh: Refresh| {
                renewed += 1;
                assert_eq!(refresh.refresh_token, format!("refresh {renewed}"));
                Ok(tokens(renewed + 1, lives[renewed as usize]))
            };
            let header = pass.authorization(renew).await.unwrap();
            shown.push(header.to_str().unwrap().to_owned());
        }
        assert_eq!(shown, ["Bearer access 2", "Bearer access 3", "Bearer access 3", "Bearer access 3"]);
    }

    /// As after a start of the controller with its clock set.
    #[tokio::test]
    async fn an_access_token_that_is_not_taken_is_renewed_once_however_often_it_was_refused() {
        let pass = Pass::session(tokens(1, 600)).unwrap();
        let mut renewed = 0;
        let mut renew = async |_| {
            renewed += 1;
            Ok(tokens(2, 600))
        };
        let first = pass.authorization(&mut renew).await.unwrap();
        assert_eq!(first, "Bearer access 1");
        pass.refused(&first).await;
        assert_eq!(pass.authorization(&mut renew).await.unwrap(), "Bearer access 2");
        pass.refused(&first).await;
        assert_eq!(pass.authorization(&mut renew).await.unwrap(), "Bearer access 2");
        assert_eq!(renewed, 1);
    }

    #[tokio::test]
    async fn a_session_that_is_over_is_said_to_be() {
        let pass = Pass::session(tokens(1, 0)).unwrap();
        let refused = pass.authorization(async |_| Err(ConnError::SessionOver)).await;
        assert!(matches!(refused, Err(ConnError::SessionOver)));
    }

    #[test]
    fn no_secret_is_shown_of_what_lets_in() {
        let header = bearer("a secret").unwrap();
        assert!(!format!("{header:?}").contains("secret"));
    }
}
