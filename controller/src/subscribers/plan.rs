//! What a file would make of the register: its rows beside each other, then beside what is there.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use trunklab_controller_core::config::{Change, Subscriber};
use trunklab_controller_core::registry::names::{Name, Names};
use trunklab_protocol::{SiteId, TalkgroupId, UnitId};
use utoipa::ToSchema;

use super::columns::COLUMNS;
use super::draft::{Entry, names};
use super::{Defects, Progress, SubscribersError, each};
use crate::store::{Store, StoreError};

/// Defects, and changed subscribers, that are shown; all are counted.
pub const SHOWN_MAX: usize = 20;

/// Below so many rows of a file each is looked up; otherwise the whole register is gone through once.
const FEW: usize = 5_000;

/// What an import changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SubscribersChanged)]
pub struct Difference {
    /// Subscribers that were not there.
    pub added: u64,
    /// Subscribers that are others now.
    pub changed: u64,
    /// Subscribers that were there just so.
    pub same: u64,
    /// The first of those that change, and in which columns.
    #[serde(skip)]
    pub examples: Vec<(UnitId, Vec<&'static str>)>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} added, {} changed, {} as before", self.added, self.changed, self.same)?;
        for (unit, columns) in &self.examples {
            write!(f, "\n  unit {unit}: {}", columns.join(", "))?;
        }
        let more = self.changed - self.examples.len() as u64;
        if more > 0 { write!(f, "\n  and {more} more") } else { Ok(()) }
    }
}

/// An import that is found good.
#[derive(Debug)]
pub(super) struct Plan {
    /// What is to be written.
    pub(super) changed: Vec<Entry>,
    pub(super) difference: Difference,
}

/// What a subscriber may refer to.
struct Known {
    talkgroups: BTreeSet<TalkgroupId>,
    sites: BTreeSet<SiteId>,
    consoles: BTreeSet<UnitId>,
}

impl Known {
    fn read(store: &mut Store) -> Result<Self, StoreError> {
        let (mut talkgroups, mut sites, mut consoles) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for change in store.changes()? {
            match change {
                Change::System(system) => consoles.extend(system.consoles.iter().map(|console| console.unit)),
                Change::Site(site) => _ = sites.insert(site.site),
                Change::Talkgroup(talkgroup) => _ = talkgroups.insert(talkgroup.id),
                Change::Area(_)
                | Change::Subscriber(_)
                | Change::Subscribers(_)
                | Change::SubscriberRemoved(_)
                | Change::Patch(_)
                | Change::SiteRemoved(_)
                | Change::AreaRemoved(_)
                | Change::TalkgroupRemoved(_)
                | Change::Version(_)
                | Change::Remote(_)
                | Change::Alarm(_) => {}
            }
        }
        Ok(Self { talkgroups, sites, consoles })
    }

    fn judge(&self, subscriber: &Subscriber) -> Result<(), String> {
        let Subscriber { unit, talkgroups, sites, home_site, .. } = subscriber;
        if self.consoles.contains(unit) {
            return Err(format!("unit {unit} is a console: give the subscriber another number"));
        }
        if let Some(unknown) = talkgroups.iter().find(|talkgroup| !self.talkgroups.contains(talkgroup)) {
            return Err(format!("talkgroup {unknown} is not in the database: provision it first"));
        }
        match sites.iter().flatten().chain(home_site).find(|site| !self.sites.contains(site)) {
            Some(unknown) => Err(format!("site {unknown} is not in the database: provision it first")),
            None => Ok(()),
        }
    }
}

/// The subscribers that have a name of one of these, in order of their units.
fn near(store: &mut Store, entries: &[Entry]) -> Result<Vec<Subscriber>, StoreError> {
    let mut units = BTreeSet::new();
    for name in entries.iter().flat_map(|entry| names(&entry.subscriber)) {
        units.extend(store.holder(name)?);
    }
    let mut near = Vec::with_capacity(units.len());
    for unit in units {
        near.extend(store.subscriber(unit)?);
    }
    Ok(near)
}

/// Where a row of the file meets the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    /// Nowhere: it is new.
    New,
    /// The subscriber of the same unit is another.
    Changed,
    /// It is there already.
    Same,
}

/// Compares the rows of a file with each other and with the register.
pub(super) fn compare(
    store: &mut Store,
    read: Vec<Entry>,
    defects: &mut Defects,
    progress: &Progress,
) -> Result<Plan, SubscribersError> {
    let known = Known::read(store)?;
    let mut index = Names::default();
    let mut entries: Vec<Entry> = Vec::with_capacity(read.len());
    for entry in read {
        let twice = names(&entry.subscriber).find_map(|name| Some((name, index.find(name, &entries)?)));
        if let Some((name, at)) = twice {
            let what = format!("{name} stands in line {} too: remove one", entries[at].line);
            defects.note_because(entry.line, what, name.taken());
        } else if let Err(what) = known.judge(&entry.subscriber) {
            defects.note(entry.line, what);
        } else {
            entries.push(entry);
            index.add(entries.len() - 1, &entries);
        }
    }
    let mut met = vec![Met::New; entries.len()];
    let entries_len = entries.len();
    let near = if entries_len < FEW { near(store, &entries)? } else { Vec::new() };
    let (mut difference, mut seen) = (Difference::default(), 0);
    let mut judge = |there: &Subscriber| {
        seen += 1;
        progress.at("compared", seen);
        if let Some(at) = index.find(Name::Unit(there.unit), &entries) {
            let entry = &mut entries[at];
            if entry.keeps_key {
                entry.subscriber.key = there.key;
                entry.keeps_key = false;
            }
            met[at] = note(there, &entry.subscriber, &mut difference);
        } else if let Some((name, at)) =
            names(there).find_map(|name| Some((name, index.find(name, &entries)?)))
        {
            let what = format!("{name} is unit {}'s: give another, or import that unit too", there.unit);
            defects.note_because(entries[at].line, what, name.taken());
        }
    };
    if entries_len < FEW {
        near.iter().for_each(&mut judge);
    } else {
        each(store, |there| {
            judge(there);
            Ok::<(), StoreError>(())
        })?;
    }
    let mut changed = Vec::new();
    for (entry, met) in entries.into_iter().zip(met) {
        if met == Met::New {
            difference.added += 1;
        }
        if entry.keeps_key {
            let unit = entry.subscriber.unit;
            defects
                .note(entry.line, format!("unit {unit} is new and has no key: give 32 hexadecimal digits"));
        } else if met != Met::Same {
            changed.push(entry);
        }
    }
    Ok(Plan { changed, difference })
}

fn note(there: &Subscriber, comes: &Subscriber, difference: &mut Difference) -> Met {
    let differs = COLUMNS.iter().filter(|column| (column.write)(there) != (column.write)(comes));
    let columns: Vec<_> = differs.map(|column| column.name).collect();
    if columns.is_empty() {
        difference.same += 1;
        return Met::Same;
    }
    difference.changed += 1;
    if difference.examples.len() < SHOWN_MAX {
        difference.examples.push((there.unit, columns));
    }
    Met::Changed
}
