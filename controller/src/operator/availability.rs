//! `GET /v1/availability`: how much of a stretch of time sites were in service.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use trunklab_protocol::operator::{AlarmKind, AvailabilityPage};

use super::Operator;
use super::page::Asked;
use super::problem::Problem;
use crate::availability::{Range, availability};
use crate::clock::unix_us;

/// Of which time.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// From when, in seconds since 1970; usually thirty days before `to`.
    from: Option<u64>,
    /// Until when; usually now, and never later.
    to: Option<u64>,
}

/// Failures, mean time to failure and to repair, and availability, of the system, of each site and of the controller.
#[utoipa::path(
    get,
    path = "/v1/availability",
    params(Wanted),
    responses(
        (status = 200, description = "The figures", body = AvailabilityPage),
        (status = 400, description = "The query cannot be read", body = Problem),
    )
)]
pub(super) async fn read(
    State(operator): State<Arc<Operator>>,
    Asked(Wanted { from, to }): Asked<Wanted>,
) -> Result<Json<AvailabilityPage>, Problem> {
    let now_s = unix_us().cast_unsigned() / 1_000_000;
    let range = Range::new(from, to, now_s).map_err(|what| operator.bad_query(what))?;
    let (_, configuration) = operator.configuration().await.ok_or_else(Problem::busy)?;
    let sites: Vec<_> = configuration.sites.iter().map(|site| site.site).collect();
    let read = move |store: &mut crate::store::Store| {
        let alarms = store.alarms_within(AlarmKind::OF_SITES_DOWN, range.bounds_us())?;
        Ok((alarms, store.served()?))
    };
    let (alarms, served) = operator.read("the alarms", read).await?;
    Ok(Json(availability(range, &sites, &alarms, &served)))
}
