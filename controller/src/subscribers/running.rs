//! Subscribers that come to a controller that runs: so many at once that its store is never held up for long.

use trunklab_controller_core::config::Subscriber;
use trunklab_protocol::UnitId;
use trunklab_protocol::operator::AuditEntry;

use super::draft::Entry;
use super::{Defects, Difference, Format, Progress, SubscribersError, json, plan, table};
use crate::store::Store;

/// Subscribers that are taken at once.
const ROWS_MAX: usize = 20_000;

/// What came, each row found good by itself.
#[derive(Debug)]
pub(crate) struct Rows(Vec<Entry>);

/// Reads a body of many subscribers, or of the one that is named.
pub(crate) fn read_rows(body: &[u8], format: Format, alone: Option<UnitId>) -> Result<Rows, Defects> {
    let (mut defects, progress) = (Defects::default(), Progress::Silent);
    let read = match (alone, format) {
        (Some(_), _) => Ok(json::one(body, &mut defects).into_iter().collect()),
        (None, Format::Csv) => table::read(body, &mut defects, &progress),
        (None, Format::Json) => json::read_list(body, &mut defects, &progress),
        (None, Format::JsonLines) => json::read_lines(body, &mut defects, &progress),
    };
    let rows: Vec<Entry> = read.unwrap_or_else(|error| {
        defects.note(1, format!("cannot be read: {error}"));
        Vec::new()
    });
    if let Some(other) = rows.first().filter(|entry| alone.is_some_and(|unit| entry.subscriber.unit != unit))
    {
        let unit = other.subscriber.unit;
        defects.note(1, format!("is unit {unit}, and not the one that the path names"));
    }
    if rows.len() > ROWS_MAX {
        let what = format!(
            "more than {ROWS_MAX} subscribers at once: divide the file, or stop the controller and import it"
        );
        defects.note(rows.len() as u64, what);
    }
    if defects.count() > 0 { Err(defects) } else { Ok(Rows(rows)) }
}

/// Keeps the rows and writes that down, all or none: what has changed, and the subscribers as they are now.
pub(crate) fn keep(
    store: &mut Store,
    rows: Rows,
    written: impl FnOnce(&Difference) -> AuditEntry,
) -> Result<(Difference, Vec<Subscriber>), SubscribersError> {
    let mut defects = Defects::default();
    let plan = plan::compare(store, rows.0, &mut defects, &Progress::Silent)?;
    if defects.count() > 0 {
        return Err(SubscribersError::Defects { path: "the request".into(), defects });
    }
    let changed: Vec<Subscriber> = plan.changed.into_iter().map(|entry| entry.subscriber).collect();
    store.keep_subscribers(changed.iter(), Some(&written(&plan.difference)), |_| {})?;
    Ok((plan.difference, changed))
}
