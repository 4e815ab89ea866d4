//! A city: what imported lists and logs together say about a network, ready to build one
//! (docs/formats.md, "From lists and logs to a network").

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use trunklab_protocol::channel_plan::{CHANNELS, PlanChannel};
use trunklab_protocol::{Moment, Position, SiteId, Span, TalkgroupId, UnitId};

use super::place::positions;
use super::{CallLog, Encryption, Site, Talkgroup};

/// One base station to build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CitySite {
    /// Its number: 1 for the first site of the list, and so on.
    pub id: SiteId,
    /// Its name in the list.
    pub name: String,
    /// Where it stands, measured from the middle of all sites; `None` where the list does not tell.
    pub position: Option<Position>,
    /// How far it reaches in metres, where the list tells.
    pub range_m: Option<u32>,
    /// Its carriers by channel, each once; at least one can carry the control channel.
    pub carriers: Vec<Carrier>,
}

/// One carrier of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Carrier {
    /// Its channel in the 800 MHz plan.
    pub channel: PlanChannel,
    /// Whether it can carry the control channel.
    pub control: bool,
}

/// One radio that the call log hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CityRadio {
    /// Its individual id.
    pub unit: UnitId,
    /// Where it speaks, in the order of the numbers; never empty.
    pub talkgroups: Vec<TalkgroupId>,
    /// Whether it stands in for the radios that the log leaves unnamed in its talkgroup.
    pub stand_in: bool,
}

/// One transmission, always with a radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CityCall {
    /// When it begins: microseconds since the log's origin.
    #[serde(rename = "start_us")]
    pub start: Moment,
    /// How long it lasts, in microseconds.
    #[serde(rename = "duration_us")]
    pub duration: Span,
    /// Which radio speaks.
    pub unit: UnitId,
    /// Where it speaks.
    pub talkgroup: TalkgroupId,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// Whether it is encrypted.
    pub encrypted: bool,
}

/// What had to be left out or added to make a network of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Notes {
    /// Frequencies of sites, or of the log where there is no list of sites, outside the 800 MHz plan.
    pub frequencies_left_out: usize,
    /// Sites without a single channel in the plan.
    pub sites_left_out: usize,
    /// Sites that the list does not have: one, where the log's frequencies stand for a list.
    pub sites_added: usize,
    /// Sites that were given a control channel.
    pub control_channels_added: usize,
    /// Talkgroups that the log uses and the list lacks.
    pub talkgroups_added: usize,
    /// Radios that stand in for unnamed ones.
    pub stand_ins: usize,
}

/// A plan for a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct City {
    /// The base stations, numbered from 1.
    pub sites: Vec<CitySite>,
    /// Every talkgroup of the list, then those that only the log knows.
    pub talkgroups: Vec<Talkgroup>,
    /// Every radio that the log hears, in the order of the numbers.
    pub radios: Vec<CityRadio>,
    /// Every transmission, by start; each radio is in `radios`, each talkgroup in `talkgroups`.
    pub calls: Vec<CityCall>,
    /// What was left out and added.
    pub notes: Notes,
}

/// Why lists and logs make no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CityError {
    /// Nothing can be transmitted.
    #[error(
        "no frequency lies on the 800 MHz plan (851.0125 to 865.9875 MHz in steps of 25 kHz); import a list of sites that has some"
    )]
    NoChannel,
    /// More sites than numbers.
    #[error(
        "the list has {0} sites in the 800 MHz plan, and a network has room for 65535; import a part of it"
    )]
    TooManySites(usize),
}

impl City {
    /// Joins a list of talkgroups, a list of sites and a call log, of which any may be empty as long as there is a
    /// frequency to transmit on.
    ///
    /// # Errors
    /// If no frequency of the sites (or, without sites, of the log) lies on the 800 MHz plan, or the sites are too many.
    pub fn plan(talkgroups: &[Talkgroup], sites: &[Site], log: Option<&CallLog>) -> Result<Self, CityError> {
        let mut notes = Notes::default();
        let transmissions = log.map_or(&[][..], |log| &log.transmissions);
        let sites = if sites.is_empty() {
            let heard = transmissions.iter().filter_map(|one| one.frequency_hz).map(|hertz| (hertz, false));
            notes.sites_added = 1;
            number(
                [site_at("Every frequency of the call log", heard, &mut notes)]
                    .into_iter()
                    .flatten()
                    .collect(),
            )
        } else {
            number(listed_sites(sites, &mut notes))
        }?;
        let sites = with_control_channels(sites, &mut notes);

        let mut stand_ins = StandIns::new(log);
        let calls: Vec<CityCall> = transmissions
            .iter()
            .map(|one| CityCall {
                start: one.start,
                duration: one.duration,
                unit: one.radio.unwrap_or_else(|| stand_ins.unit(one.talkgroup)),
                talkgroup: one.talkgroup,
                emergency: one.emergency,
                encrypted: one.encrypted,
            })
            .collect();
        let talkgroups = with_heard_talkgroups(talkgroups.to_vec(), &calls, &mut notes);
        let radios = radios(&calls, &stand_ins);
        notes.stand_ins = stand_ins.units.len();
        Ok(Self { sites, talkgroups, radios, calls, notes })
    }
}

fn listed_sites(sites: &[Site], notes: &mut Notes) -> Vec<CitySite> {
    let mut kept = Vec::new();
    for (site, position) in sites.iter().zip(positions(sites)) {
        let frequencies = site.frequencies.iter().map(|one| (one.hertz, one.control));
        let Some(mut built) = site_at(&site.name, frequencies, notes) else {
            notes.sites_left_out += 1;
            continue;
        };
        built.position = position;
        built.range_m = site.range_m();
        kept.push(built);
    }
    kept
}

/// A site with every frequency that lies on the plan, not numbered yet; `None` if none does.
fn site_at(
    name: &str,
    frequencies: impl Iterator<Item = (u64, bool)>,
    notes: &mut Notes,
) -> Option<CitySite> {
    let distinct: BTreeSet<_> = frequencies.collect();
    let mut carriers: BTreeMap<PlanChannel, bool> = BTreeMap::new();
    for (hertz, control) in distinct {
        match PlanChannel::at_downlink_hz(hertz) {
            Some(channel) => *carriers.entry(channel).or_default() |= control,
            None => notes.frequencies_left_out += 1,
        }
    }
    let id = SiteId::new(1).expect("1 is a site number");
    let carriers: Vec<_> =
        carriers.into_iter().map(|(channel, control)| Carrier { channel, control }).collect();
    let site = CitySite { id, name: name.to_owned(), position: None, range_m: None, carriers };
    if site.carriers.is_empty() { None } else { Some(site) }
}

fn number(mut sites: Vec<CitySite>) -> Result<Vec<CitySite>, CityError> {
    if sites.is_empty() {
        return Err(CityError::NoChannel);
    }
    let count = sites.len();
    for (site, number) in sites.iter_mut().zip(1_usize..) {
        let id = u16::try_from(number).ok().and_then(SiteId::new);
        site.id = id.ok_or(CityError::TooManySites(count))?;
    }
    Ok(sites)
}

/// Gives each site that cannot carry a control channel the lowest channel that no site uses, or where all are used,
/// lets its first carrier serve.
fn with_control_channels(mut sites: Vec<CitySite>, notes: &mut Notes) -> Vec<CitySite> {
    let mut used: BTreeSet<_> =
        sites.iter().flat_map(|site| &site.carriers).map(|carrier| carrier.channel).collect();
    for site in &mut sites {
        if site.carriers.iter().any(|carrier| carrier.control) {
            continue;
        }
        notes.control_channels_added += 1;
        let free = (1..=CHANNELS).filter_map(PlanChannel::new).find(|channel| !used.contains(channel));
        match free {
            Some(channel) => {
                used.insert(channel);
                site.carriers.push(Carrier { channel, control: true });
                site.carriers.sort_by_key(|carrier| carrier.channel);
            }
            None => {
                for first in site.carriers.iter_mut().take(1) {
                    first.control = true;
                }
            }
        }
    }
    sites
}

fn with_heard_talkgroups(
    mut talkgroups: Vec<Talkgroup>,
    calls: &[CityCall],
    notes: &mut Notes,
) -> Vec<Talkgroup> {
    let listed: BTreeSet<_> = talkgroups.iter().map(|one| one.talkgroup).collect();
    let heard: BTreeSet<_> = calls.iter().map(|call| call.talkgroup).collect();
    for &talkgroup in heard.difference(&listed) {
        notes.talkgroups_added += 1;
        talkgroups.push(Talkgroup {
            talkgroup,
            alpha_tag: format!("TG {talkgroup}"),
            description: String::new(),
            tag: String::new(),
            category: String::new(),
            mode: None,
            encryption: Encryption::None,
            priority: None,
            preferred_nac: None,
            line: 0,
        });
    }
    talkgroups
}

/// The units that speak for unnamed radios: one per talkgroup, from the highest number downwards.
struct StandIns {
    named: BTreeSet<UnitId>,
    units: BTreeMap<TalkgroupId, UnitId>,
    next: u32,
}

impl StandIns {
    fn new(log: Option<&CallLog>) -> Self {
        let transmissions = log.map_or(&[][..], |log| &log.transmissions);
        let named = transmissions.iter().filter_map(|one| one.radio).collect();
        Self { named, units: BTreeMap::new(), next: UnitId::MAX }
    }

    fn unit(&mut self, talkgroup: TalkgroupId) -> UnitId {
        let Self { named, units, next } = self;
        *units.entry(talkgroup).or_insert_with(|| {
            loop {
                let unit = UnitId::new(*next)
                    .expect("65535 talkgroups and a million rows leave units of 24 bits to spare");
                *next -= 1;
                if !named.contains(&unit) {
                    return unit;
                }
            }
        })
    }
}

fn radios(calls: &[CityCall], stand_ins: &StandIns) -> Vec<CityRadio> {
    let mut spoken: BTreeMap<UnitId, BTreeSet<TalkgroupId>> = BTreeMap::new();
    for call in calls {
        spoken.entry(call.unit).or_default().insert(call.talkgroup);
    }
    spoken
        .into_iter()
        .map(|(unit, talkgroups)| CityRadio {
            unit,
            talkgroups: talkgroups.into_iter().collect(),
            stand_in: !stand_ins.named.contains(&unit),
        })
        .collect()
}

impl fmt::Display for City {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let carriers: usize = self.sites.iter().map(|site| site.carriers.len()).sum();
        writeln!(
            f,
            "{} sites with {carriers} carriers, {} talkgroups, {} radios, {} calls",
            self.sites.len(),
            self.talkgroups.len(),
            self.radios.len(),
            self.calls.len()
        )?;
        let notes = &self.notes;
        for (count, what) in [
            (notes.frequencies_left_out, "frequencies left out: not on the 800 MHz plan"),
            (notes.sites_left_out, "sites left out: no channel on the 800 MHz plan"),
            (notes.sites_added, "site made of the call log's frequencies"),
            (notes.control_channels_added, "sites given a control channel"),
            (notes.talkgroups_added, "talkgroups added from the call log"),
            (notes.stand_ins, "radios stand in for unnamed ones"),
        ] {
            if count > 0 {
                writeln!(f, "  {count} {what}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Imported, Limits, read_bytes};
    use super::*;

    fn log(rows: &str) -> CallLog {
        let text = format!("start_local,duration_s,talkgroup,radio_id,frequency_hz\n{rows}");
        match read_bytes("log", text.into_bytes(), &Limits::default()) {
            Ok(Imported::Calls(log)) => log,
            other => panic!("{other:?}"),
        }
    }

    fn sites(rows: &str) -> Vec<Site> {
        let text = format!("RFSS,Site Dec,Description,Lat,Lon,Range,Frequencies\n{rows}");
        match read_bytes("sites", text.into_bytes(), &Limits::default()) {
            Ok(Imported::Sites(list)) => list.sites,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_log_alone_makes_one_site_with_a_control_channel() {
        let log = log("2024-05-14 17:00:00,1,5,9,851012500\n2024-05-14 17:00:02,1,5,,851062500\n\
                       2024-05-14 17:00:04,1,6,16777215,774000000\n");
        let city = City::plan(&[], &[], Some(&log)).unwrap();
        let channels: Vec<_> = city.sites[0]
            .carriers
            .iter()
            .map(|carrier| (carrier.channel.number(), carrier.control))
            .collect();
        assert_eq!(channels, [(1, false), (2, true), (3, false)]);
        let radios: Vec<_> = city
            .radios
            .iter()
            .map(|radio| (radio.unit.number(), radio.talkgroups[0].number(), radio.stand_in))
            .collect();
        // The highest number is taken, so the stand-in has the one below it.
        assert_eq!(radios, [(9, 5, false), (16_777_214, 5, true), (16_777_215, 6, false)]);
        let expected = Notes {
            frequencies_left_out: 1,
            sites_left_out: 0,
            sites_added: 1,
            control_channels_added: 1,
            talkgroups_added: 2,
            stand_ins: 1,
        };
        assert_eq!(city.notes, expected);
    }

    #[test]
    fn sites_stand_around_their_middle_and_outsiders_are_left_out() {
        let sites = sites(
            "1,1,West,45.0,-93.01,5,851.0125c,852.0125,852.0125\n\
             1,2,East,45.0,-92.99,,852.0125,774.0c\n\
             1,3,Far,46.0,-93.0,,774.0c\n",
        );
        let city = City::plan(&[], &sites, None).unwrap();
        assert_eq!(city.sites.len(), 2);
        let [west, east] = &city.sites[..] else { panic!("two sites") };
        assert_eq!((west.id.number(), west.carriers.len(), west.range_m), (1, 2, Some(8_047)));
        assert_eq!(east.carriers[0], Carrier { channel: PlanChannel::new(2).unwrap(), control: true });
        let (west, east) = (west.position.unwrap(), east.position.unwrap());
        assert!((780..=790).contains(&east.east_m), "{east:?}");
        assert_eq!((west.east_m, west.north_m), (-east.east_m, east.north_m));
        assert_eq!((city.notes.frequencies_left_out, city.notes.sites_left_out), (2, 1));
    }

    #[test]
    fn without_a_frequency_there_is_no_network() {
        assert_eq!(City::plan(&[], &[], None), Err(CityError::NoChannel));
        assert_eq!(City::plan(&[], &sites("1,1,Far,,,,774.0c\n"), None), Err(CityError::NoChannel));
    }
}
