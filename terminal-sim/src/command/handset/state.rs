//! What the radios must not forget when their process ends: a file for each radio that has something to remember, in one
//! folder. It is written whole or not at all.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use trunklab_protocol::UnitId;
use trunklab_terminal_core::handset::Memory;

/// The only form of the file so far.
const VERSION: u32 = 1;

/// Octets of a file: the longest that is whole, with all the failsoft channels that a radio keeps, has a quarter of that.
const OCTETS_MAX: u64 = 65_536;

/// One file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    unit: UnitId,
    memory: Memory,
}

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct State {
    folder: PathBuf,
}

impl State {
    /// The one that is named, or else one beside the roster: `handsets.csv.state`.
    pub(super) fn of(named: Option<&Path>, roster: &Path) -> Self {
        let folder = named.map_or_else(
            || {
                let mut name = roster.as_os_str().to_owned();
                name.push(".state");
                PathBuf::from(name)
            },
            Path::to_owned,
        );
        Self { folder }
    }

    fn file(&self, unit: UnitId) -> PathBuf {
        self.folder.join(format!("{unit}.json"))
    }

    /// What a radio remembers; of one that has no file, nothing.
    ///
    /// # Errors
    /// The file, what is wrong with it, and what to do.
    pub(super) fn read(&self, unit: UnitId) -> Result<Memory> {
        let path = self.file(unit);
        let place = path.display();
        let mut octets = Vec::new();
        match File::open(&path) {
            Ok(file) => file.take(OCTETS_MAX + 1).read_to_end(&mut octets).map_err(|error| {
                anyhow!("{place}: {error}; what unit {unit} remembers cannot be read: check the permissions")
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Memory::default()),
            Err(error) => {
                bail!("{place}: {error}; what unit {unit} remembers cannot be read: check the permissions")
            }
        };
        let remedy = format!(
            "restore the file from a copy, or remove it: unit {unit} then begins as the roster says, and is set anew by an operator"
        );
        if octets.len() as u64 > OCTETS_MAX {
            bail!("{place} is damaged: it has more than {OCTETS_MAX} octets; {remedy}");
        }
        let kept: Kept = serde_json::from_slice(&octets)
            .map_err(|error| anyhow!("{place} is damaged: {error}; {remedy}"))?;
        if kept.version != VERSION {
            bail!(
                "{place} has form {}, and this program reads {VERSION}: use the newer program",
                kept.version
            );
        }
        if kept.unit != unit {
            bail!("{place} is damaged: it is what unit {} remembers; {remedy}", kept.unit);
        }
        Ok(kept.memory)
    }

    /// Keeps what a radio remembers: when this returns it is on the disk.
    ///
    /// # Errors
    /// The file, and what the system says.
    pub(super) fn write(&self, unit: UnitId, memory: &Memory) -> Result<(), String> {
        let kept = Kept { version: VERSION, unit, memory: memory.clone() };
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer_pretty(&mut file, &kept)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(self.file(unit))?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| format!("{}: {error}", self.file(unit).display()))
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::{
        CarrierNumber, Condition, Imsi, ProfileId, Regroup, SiteId, SlotAddress, TalkgroupId,
    };
    use trunklab_terminal_core::handset::{Programmed, Regrouped, Told};

    use super::*;

    fn unit() -> UnitId {
        UnitId::new(1017).unwrap()
    }

    fn memory() -> Memory {
        let talkgroup = |number| TalkgroupId::new(number).unwrap();
        let order = Regroup { talkgroup: talkgroup(42), locked: true };
        Memory {
            told: Some(Told { unit: unit(), imsi: Imsi::new(1_010_000_000_017) }),
            condition: Condition::Stunned,
            regrouped: Some(Regrouped { order, before: talkgroup(41) }),
            failsoft: vec![Programmed {
                site: SiteId::new(3).unwrap(),
                talkgroup: TalkgroupId::new(41).unwrap(),
                at: SlotAddress::first_of(CarrierNumber::new(14).unwrap()),
                profile: Some(ProfileId::Tetra),
            }],
        }
    }

    #[test]
    fn what_was_kept_is_read_and_of_nothing_there_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::of(None, &folder.path().join("handsets.csv"));
        assert_eq!(state.read(unit()).unwrap(), Memory::default());
        assert!(!folder.path().join("handsets.csv.state").exists(), "to look leaves nothing behind");
        state.write(unit(), &memory()).unwrap();
        assert_eq!(state.read(unit()).unwrap(), memory());
        state.write(unit(), &Memory::default()).unwrap();
        assert_eq!(state.read(unit()).unwrap(), Memory::default());
        let files = fs::read_dir(folder.path().join("handsets.csv.state")).unwrap();
        let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, ["1017.json"], "nothing half-written stays");
    }

    #[test]
    fn all_the_failsoft_channels_that_a_radio_keeps_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::of(Some(folder.path()), Path::new("handsets.csv"));
        let mut memory = memory();
        memory.failsoft = vec![
            Programmed {
                site: SiteId::new(32_767).unwrap(),
                talkgroup: TalkgroupId::new(65_000).unwrap(),
                at: SlotAddress::first_of(CarrierNumber::new(1_023).unwrap()),
                profile: Some(ProfileId::Smartnet2),
            };
            64
        ];
        state.write(unit(), &memory).unwrap();
        assert!(fs::metadata(state.file(unit())).unwrap().len() < OCTETS_MAX / 4);
        assert_eq!(state.read(unit()).unwrap(), memory);
    }

    #[test]
    fn what_an_earlier_release_kept_of_a_failsoft_channel_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::of(Some(folder.path()), Path::new("handsets.csv"));
        state.write(unit(), &memory()).unwrap();
        let text = fs::read_to_string(state.file(unit())).unwrap();
        let profile = ",\n        \"profile\": \"tetra\"";
        assert!(text.contains(profile), "{text}");
        fs::write(state.file(unit()), text.replace(profile, "")).unwrap();
        let kept = state.read(unit()).unwrap().failsoft;
        assert_eq!(kept, [Programmed { profile: None, ..memory().failsoft[0] }]);
    }

    #[test]
    fn a_damaged_file_is_refused_with_its_place_and_the_remedy_wherever_it_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::of(Some(folder.path()), Path::new("handsets.csv"));
        state.write(unit(), &memory()).unwrap();
        let whole = fs::read(state.file(unit())).unwrap();
        // The last octet ends the last line.
        for len in 0..whole.len() - 1 {
            fs::write(state.file(unit()), &whole[..len]).unwrap();
            let error = state.read(unit()).unwrap_err().to_string();
            assert!(error.contains("1017.json is damaged") && error.contains("or remove it"), "{error}");
        }
        let text = String::from_utf8(whole).unwrap();
        for (was, becomes, says) in [
            ("stunned", "tired", "unknown variant `tired`"),
            ("\"unit\": 1017,\n  \"mem", "\"unit\": 1018,\n  \"mem", "it is what unit 1018 remembers"),
            ("\"unit\": 1017,\n  \"mem", "\"unit\": 0,\n  \"mem", "damaged"),
            ("\"version\": 1", "\"version\": 2", "has form 2"),
            ("\"stunned\"", "\"stunned\", \"colour\": 3", "unknown field `colour`"),
            ("}\n", "}\nmore", "damaged"),
        ] {
            assert!(text.contains(was), "{was}");
            fs::write(state.file(unit()), text.replacen(was, becomes, 1)).unwrap();
            let error = state.read(unit()).unwrap_err().to_string();
            assert!(error.contains(says), "{becomes}: {error}");
        }
        fs::write(state.file(unit()), vec![b' '; 1 << 20]).unwrap();
        assert!(state.read(unit()).unwrap_err().to_string().contains("more than 65536 octets"));
    }

    #[test]
    fn what_cannot_be_kept_says_where() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let why = State::of(Some(file.path()), Path::new("r")).write(unit(), &memory()).unwrap_err();
        assert!(why.contains("1017.json"), "{why}");
    }
}
