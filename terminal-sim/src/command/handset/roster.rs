//! The roster: which handsets a process holds, with their keys. CSV with a header; a key never stands on a command line.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{Demand, Identity, Imei, Position, SCAN_MAX, ScanList, TalkgroupId, UnitId};
use trunklab_terminal_core::handset::HandsetConfig;

use crate::lab::radios::RadioSetup;

/// The most handsets of one process.
const ROSTER_MAX: usize = 10_000;

#[derive(Debug, Deserialize)]
struct Row {
    unit: UnitId,
    key: String,
    talkgroup: TalkgroupId,
    #[serde(default)]
    imei: Option<Imei>,
    #[serde(default)]
    blank: bool,
    #[serde(default)]
    floor_demand: Demand,
    #[serde(default)]
    emergency_talkgroup: Option<TalkgroupId>,
    #[serde(default)]
    scan: String,
    #[serde(default)]
    east_m: i32,
    #[serde(default)]
    north_m: i32,
}

/// Reads a roster: columns `unit,key,talkgroup` and perhaps `east_m,north_m,floor_demand,emergency_talkgroup,scan,imei,blank`; a
/// key is 32 hexadecimal digits, `scan` up to three talkgroups with spaces between them, and `blank` is true for a handset that
/// the network is to tell who it is: it names its `imei`.
///
/// # Errors
/// The file and line of the first row that is not so.
pub fn read(path: &Path, seed: u64) -> Result<Vec<RadioSetup>> {
    let text = fs::read_to_string(path).map_err(|error| {
        anyhow!("{}: {error}; the roster cannot be read: check the path and the permissions", path.display())
    })?;
    let mut radios: Vec<RadioSetup> = Vec::new();
    for (index, row) in csv::Reader::from_reader(text.as_bytes()).deserialize::<Row>().enumerate() {
        let line = index + 2;
        let place = || format!("{}, line {line}", path.display());
        let row = row.map_err(|error| {
            let what = if let csv::ErrorKind::Deserialize { err, .. } = error.kind() {
                err.to_string()
            } else {
                error.to_string()
            };
            anyhow!("{}: {what}; the columns are unit,key,talkgroup and perhaps east_m,north_m", place())
        })?;
        let key = key(&row.key).map_err(|error| {
            anyhow!(
                "{}: {error:#}; a key is 32 hexadecimal digits, the same as in the home register",
                place()
            )
        })?;
        let scan = scan(&row.scan).with_context(place)?;
        let identity = match (row.blank, row.imei) {
            (false, _) => Identity::Unit(row.unit),
            (true, Some(imei)) => Identity::Imei(imei),
            (true, None) => bail!("{}: a blank handset needs its imei; add a column imei", place()),
        };
        if radios.iter().any(|radio| radio.config.unit == row.unit) {
            bail!("{}: unit {} stands twice; give each handset its own row", place(), row.unit);
        }
        if radios.len() == ROSTER_MAX {
            bail!("{}: one process holds at most {ROSTER_MAX} handsets; use several rosters", place());
        }
        radios.push(RadioSetup {
            unit: row.unit,
            config: HandsetConfig {
                equipment: row.imei,
                scan,
                demand: row.floor_demand,
                emergency_talkgroup: row.emergency_talkgroup,
                ..HandsetConfig::new(row.unit, identity, key, row.talkgroup, seed)
            },
            position: Position { east_m: row.east_m, north_m: row.north_m },
        });
    }
    if radios.is_empty() {
        bail!(
            "the roster {} names no handset; its columns are unit,key,talkgroup,east_m,north_m",
            path.display()
        );
    }
    Ok(radios)
}

fn scan(text: &str) -> Result<ScanList> {
    let number = |word: &str| word.parse().ok().and_then(TalkgroupId::new);
    let listed: Option<Vec<_>> = text.split_whitespace().map(number).collect();
    listed.and_then(ScanList::new).with_context(|| {
        format!("scan is `{text}`; write up to {SCAN_MAX} talkgroups with spaces between them")
    })
}

fn key(text: &str) -> Result<UnitKey> {
    let digits = text.trim();
    if digits.len() != 32 || !digits.is_ascii() {
        bail!("the key has {} characters", digits.len());
    }
    let mut octets = [0; 16];
    for (index, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16)
            .context("the key has a character that is not a hexadecimal digit")?;
    }
    Ok(UnitKey::new(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(text: &str) -> Result<Vec<RadioSetup>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read(file.path(), 1)
    }

    #[test]
    fn reads_rows_with_and_without_a_place() {
        let key = "00112233445566778899aabbccddeeff";
        let radios = roster(&format!("unit,key,talkgroup,east_m,north_m\n1017,{key},41,500,-20\n")).unwrap();
        assert_eq!(radios[0].config.unit.number(), 1017);
        assert_eq!(radios[0].position, Position { east_m: 500, north_m: -20 });
        assert_eq!(roster(&format!("unit,key,talkgroup\n1017,{key},41\n")).unwrap().len(), 1);
    }

    #[test]
    fn a_row_may_name_what_is_heard_beside_the_talkgroup() {
        let rows = |scan: &str| {
            roster(&format!("unit,key,talkgroup,scan\n1017,00112233445566778899aabbccddeeff,41,{scan}\n"))
        };
        let heard = rows("43 42").unwrap()[0].config.scan;
        assert_eq!(heard.iter().map(TalkgroupId::number).collect::<Vec<_>>(), [43, 42]);
        assert!(rows("").unwrap()[0].config.scan.is_empty());
        let error = format!("{:#}", rows("1 2 3 4").unwrap_err());
        assert!(error.contains("line 2") && error.contains("up to 3"), "{error}");
    }

    #[test]
    fn a_row_may_name_its_equipment_and_be_blank() {
        let rows = |more: &str| {
            roster(&format!(
                "unit,key,talkgroup,imei,blank\n1017,00112233445566778899aabbccddeeff,41,{more}\n"
            ))
        };
        let named = rows("350000000000017,false").unwrap()[0].config.clone();
        assert_eq!((named.is_blank(), named.equipment), (false, Imei::new(350_000_000_000_017)));
        let blank = rows("350000000000017,true").unwrap()[0].config.clone();
        assert_eq!((blank.is_blank(), blank.equipment), (true, named.equipment));
        let error = format!("{:#}", rows(",true").unwrap_err());
        assert!(error.contains("line 2") && error.contains("needs its imei"), "{error}");
        assert!(rows("3500000000000170,false").is_err(), "sixteen digits");
    }

    #[test]
    fn a_bad_row_is_named_by_its_line_and_its_key_is_not_shown() {
        let error = format!("{:#}", roster("unit,key,talkgroup\n1017,secret,41\n").unwrap_err());
        assert!(error.contains("line 2") && error.contains("32 hexadecimal digits"), "{error}");
        assert!(!error.contains("secret"), "{error}");
        let error = format!(
            "{:#}",
            roster("unit,key,talkgroup\n0,00112233445566778899aabbccddeeff,41\n").unwrap_err()
        );
        assert!(error.contains("line 2"), "{error}");
        assert!(roster("unit,key,talkgroup\n").is_err());
    }
}
