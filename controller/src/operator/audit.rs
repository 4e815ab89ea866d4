//! The audit trail at the operator API: what is written down here, and `GET /v1/audit`.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use serde::Deserialize;
use tracing::warn;
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{AuditEntry, Authority, ConsoleName, Deed};

use super::Operator;
use super::limits::{Limit, TooMany};
use super::login::{SLOW_FROM, TRIES_OF_ADDRESS_MAX, TRIES_OF_PAIR_MAX, WINDOW};
use super::page::{Bounds, Page, Wanted};
use super::problem::Problem;
use crate::clock::unix_us;
use crate::store::AuditQuery;

/// What strangers do is written down so often within a minute; beyond it, it is counted alone.
const OF_STRANGERS_MAX: u32 = 120;

/// How often somebody tries to be let in.
#[derive(Debug)]
pub(super) struct Logins {
    pairs: Mutex<Limit<(ConsoleName, Origin)>>,
    accounts: Mutex<Limit<ConsoleName>>,
    addresses: Mutex<Limit<Origin>>,
    written: Mutex<Limit<()>>,
}

impl Default for Logins {
    fn default() -> Self {
        Self {
            pairs: Mutex::new(Limit::new(TRIES_OF_PAIR_MAX, WINDOW)),
            accounts: Mutex::new(Limit::new(SLOW_FROM, WINDOW)),
            addresses: Mutex::new(Limit::new(TRIES_OF_ADDRESS_MAX, WINDOW)),
            written: Mutex::new(Limit::new(OF_STRANGERS_MAX, Duration::from_secs(60))),
        }
    }
}

/// Where somebody tries from: an address, or of IPv6 the network that one subscriber of an access provider has whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Origin(IpAddr);

impl From<SocketAddr> for Origin {
    fn from(from: SocketAddr) -> Self {
        Self(match from.ip().to_canonical() {
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// How long a login is made to wait whose account was tried so often of late, wherever from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slowed(pub bool);

fn within<K, T>(limit: &Mutex<Limit<K>>, ask: impl FnOnce(&mut Limit<K>) -> T) -> T {
    ask(&mut limit.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Logins {
    /// Counts a try of an account from an address: whether it may be made, and whether it has to wait. What others try from
    /// elsewhere shuts nobody out.
    pub fn count(
        &self,
        account: Option<&ConsoleName>,
        from: SocketAddr,
        now: Instant,
    ) -> Result<Slowed, TooMany> {
        let from = Origin::from(from);
        within(&self.addresses, |addresses| addresses.count(from, now))?;
        let Some(account) = account else { return Ok(Slowed(false)) };
        within(&self.pairs, |pairs| pairs.count((account.clone(), from), now))?;
        Ok(Slowed(within(&self.accounts, |accounts| accounts.count(account.clone(), now)).is_err()))
    }

    /// Somebody was let in with this account from this address.
    pub fn forget_pair(&self, account: &ConsoleName, from: SocketAddr) {
        within(&self.pairs, |pairs| pairs.forget(&(account.clone(), from.into())));
    }

    /// A session goes on from this address.
    pub fn forget_address(&self, from: SocketAddr) {
        within(&self.addresses, |addresses| addresses.forget(&from.into()));
    }
}

impl Operator {
    /// Writes down what an operator may not do.
    pub(super) async fn was_refused(&self, by: &Authority, deed: Deed, cause: Cause) {
        self.write_down(entry_of(by, deed, Err(cause))).await;
    }

    /// Writes down what somebody tried who was not let in.
    pub(super) async fn stranger_did(
        &self,
        who: Option<ConsoleName>,
        from: Option<SocketAddr>,
        deed: Deed,
        cause: Cause,
    ) {
        if within(&self.logins.written, |written| written.count((), Instant::now())).is_err() {
            return;
        }
        let who = who.unwrap_or_else(|| ConsoleName::new(""));
        let cause = Some(cause);
        self.write_down(AuditEntry { id: 0, at_us: now_us(), who, role: None, from, deed, cause }).await;
    }

    async fn write_down(&self, entry: AuditEntry) {
        match self.reach.store.with(move |store| store.add_audit(&entry)).await {
            Some(Ok(())) => {}
            Some(Err(failure)) => warn!(%failure, "an entry of the audit trail could not be kept"),
            None => warn!("the store is too busy for an entry of the audit trail"),
        }
    }
}

/// What an operator did now, or why it was not done.
pub(super) fn entry_of(by: &Authority, deed: Deed, outcome: Result<(), Cause>) -> AuditEntry {
    let (who, role, from) = (by.console.clone(), Some(by.role), by.from);
    AuditEntry { id: 0, at_us: now_us(), who, role, from, deed, cause: outcome.err() }
}

fn now_us() -> u64 {
    unix_us().cast_unsigned()
}

/// Which entries are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Of {
    /// By this one alone.
    by: Option<String>,
}

/// Who did what, when, from where, and what came of it.
#[utoipa::path(
    get,
    path = "/v1/audit",
    params(Bounds, Of),
    responses(
        (status = 200, description = "A page of the audit trail", body = Page<AuditEntry>),
        (status = 400, description = "The query cannot be read", body = Problem),
    )
)]
pub(super) async fn read(
    State(operator): State<Arc<Operator>>,
    Wanted { page, of: Of { by } }: Wanted<Of>,
) -> Result<Page<AuditEntry>, Problem> {
    let query = AuditQuery { page, by: by.map(|by| ConsoleName::new(&by)) };
    operator.read("the audit trail", move |store| store.audit(&query)).await.map(Page::from)
}
