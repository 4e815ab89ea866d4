//! Lists at the operator API: one query, one bound, one cursor and one answer for all of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::warn;
use trunklab_protocol::Cause;
use utoipa::ToSchema;

use super::Operator;
use super::problem::Problem;
use crate::store::{self, Found, Store, StoreError};

/// Entries in one answer, where nothing is said.
const LIMIT: u32 = 100;

/// Which page of a list is wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Bounds {
    /// Not before this, in microseconds since 1970.
    from: Option<u64>,
    /// Before this.
    to: Option<u64>,
    /// Behind the entry of this id.
    after: Option<u64>,
    /// So many at most: 1 to 1000, usually 100.
    limit: Option<u32>,
}

impl Bounds {
    /// The members' names.
    const NAMES: [&str; 4] = ["from", "to", "after", "limit"];

    fn page(self) -> Result<store::Page, String> {
        let usual = store::Page::default();
        let limit = self.limit.unwrap_or(LIMIT);
        if !(1..=store::Page::LIMIT_MAX).contains(&limit) {
            return Err(format!("`limit` is 1 to {}", store::Page::LIMIT_MAX));
        }
        Ok(store::Page {
            from_us: self.from.unwrap_or(usual.from_us),
            to_us: self.to.unwrap_or(usual.to_us),
            after: self.after.unwrap_or(usual.after),
            limit,
        })
    }
}

/// What is asked for with a query. One that cannot be read is refused and counted.
#[derive(Debug)]
pub(super) struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Operator>> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, operator: &Arc<Operator>) -> Result<Self, Problem> {
        read(&parts.uri).map(Self).map_err(|detail| operator.bad_query(detail))
    }
}

/// A page of a list that is asked for, and which entries.
#[derive(Debug)]
pub(super) struct Wanted<F> {
    pub page: store::Page,
    pub of: F,
}

impl<F: DeserializeOwned> FromRequestParts<Arc<Operator>> for Wanted<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, operator: &Arc<Operator>) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let is_bound = |pair: &&str| Bounds::NAMES.contains(&pair.split('=').next().unwrap_or_default());
        let (bounds, rest): (Vec<_>, Vec<_>) = query.split('&').partition(is_bound);
        let wanted = part::<Bounds>(&bounds)
            .and_then(Bounds::page)
            .and_then(|page| Ok(Self { page, of: part(&rest)? }));
        wanted.map_err(|detail| operator.bad_query(detail))
    }
}

/// Some of a query's pairs.
fn part<T: DeserializeOwned>(pairs: &[&str]) -> Result<T, String> {
    let uri = Uri::try_from(format!("/?{}", pairs.join("&"))).map_err(|error| error.to_string())?;
    read(&uri)
}

fn read<T: DeserializeOwned>(uri: &Uri) -> Result<T, String> {
    Query::try_from_uri(uri).map(|Query(asked)| asked).map_err(|rejection| rejection.body_text())
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// In order of their ids; perhaps none, though a further page has some.
    entries: Vec<T>,
    /// With this as `after` the next page begins; `None` where this is the last.
    next: Option<u64>,
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

impl<T> From<Found<T>> for Page<T> {
    fn from(Found { entries, next }: Found<T>) -> Self {
        Self { entries, next }
    }
}

impl Operator {
    /// Refuses a query, and counts that.
    pub(super) fn bad_query(&self, detail: impl Into<String>) -> Problem {
        self.reach.counters.operator_refused.one(Cause::FieldOutOfRange);
        Problem::new(StatusCode::BAD_REQUEST, detail).because(Cause::FieldOutOfRange)
    }

    /// Reads something out of the store.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        read: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        match self.reach.store.with(read).await {
            Some(Ok(found)) => Ok(found),
            Some(Err(failure)) => {
                warn!(%failure, "{what} could not be read");
                Err(Problem::busy())
            }
            None => Err(Problem::busy()),
        }
    }
}
