//! Handsets under a script's fingers: a line in is a command, a line out is something that happened.

use std::io::Write;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{
    Addressee, AreaChoice, AreaId, CallSetup, Position, StatusNumber, TalkgroupId, UnitId,
};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;
use trunklab_terminal_core::transcript::sentence;

use super::Session;
use super::statuses::Statuses;
use crate::lab::radios::{Command, Report};

/// Reads commands until `quit` or the end of the input.
pub(super) async fn run(session: &mut Session, units: &[UnitId], json: bool) -> Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line? else { return Ok(()) };
                match obey(session, units, line.trim()).await {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(error) => writeln!(std::io::stderr(), "trunklab: `{line}`: {error:#}")?,
                }
            }
            report = session.reports.recv() => {
                let Some(report) = report else { return Ok(()) };
                session.keep(&report);
                session.speak_if_both_do(&report).await;
                say(&report, &session.statuses, json)?;
            }
        }
    }
}

/// An event for a program: `{"at_ms":1820,"unit":1017,"event":"registered","site":1,"talkgroup":41}`.
#[derive(Serialize)]
struct Line<'a> {
    at_ms: u64,
    unit: UnitId,
    #[serde(flatten)]
    event: &'a HandsetEvent,
    /// What the status means, where the radio knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

pub(super) fn say(report: &Report, statuses: &Statuses, json: bool) -> Result<()> {
    let (at, unit, event) = match report {
        Report::Event(at, unit, event) => (at, unit, event),
        Report::NotKept(unit, why) => {
            writeln!(
                std::io::stderr(),
                "trunklab: unit {unit} forgets what it was told when this ends: {why}"
            )?;
            return Ok(());
        }
        Report::Heard(_) => return Ok(()),
    };
    let shown = if let HandsetEvent::ShowsStatus { number, .. } = event { Some(*number) } else { None };
    let text = shown.and_then(|number| statuses.text(number));
    let mut out = std::io::stdout().lock();
    if json {
        let line = Line { at_ms: at.as_micros() / 1_000, unit: *unit, event, text };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    } else {
        let means = text.map_or_else(String::new, |text| format!(": {text}"));
        writeln!(out, "{at:>8}  unit {unit}  {}{means}", sentence(*unit, event))?;
    }
    Ok(out.flush()?)
}

async fn obey(session: &mut Session, units: &[UnitId], line: &str) -> Result<bool> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (first, rest) = match words.as_slice() {
        [] => return Ok(true),
        ["quit"] => return Ok(false),
        [first, rest @ ..] => (*first, rest),
    };
    let unit = unit(units, first)?;
    match rest {
        ["on"] => session.user(unit, Input::PowerOn).await,
        ["off"] => session.user(unit, Input::PowerOff).await,
        ["press"] => session.press(unit, RequestKind::Normal).await,
        ["emergency"] => session.press(unit, RequestKind::Emergency).await,
        ["alarm"] => session.user(unit, Input::Alarm).await,
        ["answer"] => session.user(unit, Input::Answer).await,
        ["status", number, to @ ..] => {
            let number = number.parse().ok().and_then(StatusNumber::new);
            let number = number.context("a status is a number from 1 to 65535")?;
            let to = addressee(to).context("a status is for `to UNIT`, `to talkgroup N` or `to console`")?;
            session.user(unit, Input::Status { number, to }).await;
        }
        ["alert", "cancel"] => session.user(unit, Input::CancelAlert).await,
        ["alert", number] => {
            let called = number.parse().ok().and_then(UnitId::new);
            let called = called.context("a unit is a number from 1 to 16777215")?;
            session.user(unit, Input::CallAlert { called }).await;
        }
        ["hangup"] => session.user(unit, Input::HangUp).await,
        [how @ ("call" | "ring" | "duplex"), number] => {
            let called = number.parse().ok().and_then(UnitId::new);
            let called = called.context("a unit is a number from 1 to 16777215")?;
            let setup = match *how {
                "call" => CallSetup::Immediate,
                "duplex" => CallSetup::Duplex,
                _ => CallSetup::Ringing,
            };
            session.dial(unit, called, setup).await;
        }
        ["release"] => session.user(unit, Input::ReleasePtt).await,
        ["vanish"] => session.radios.command(Command::Vanish(unit)).await,
        ["talkgroup", number] => {
            let number: u16 = number.parse().context("a talkgroup is a number from 1 to 65535")?;
            let talkgroup = TalkgroupId::new(number).context("a talkgroup is a number from 1 to 65535")?;
            session.user(unit, Input::Select(talkgroup)).await;
        }
        ["area", choice] => {
            let area = match *choice {
                "usual" => None,
                "local" => Some(AreaChoice::Local),
                "wide" => Some(AreaChoice::Wide),
                number => {
                    let area = number.parse().ok().and_then(AreaId::new);
                    Some(AreaChoice::Named(
                        area.context("an area is usual, local, wide or a number from 1 to 65533")?,
                    ))
                }
            };
            session.user(unit, Input::SelectArea(area)).await;
        }
        ["scan", on @ ("on" | "off")] => session.user(unit, Input::Scan { on: *on == "on" }).await,
        ["place", east, north] => {
            let metres =
                |text: &str| text.parse().with_context(|| format!("`{text}` is not a number of metres"));
            let position = Position { east_m: metres(east)?, north_m: metres(north)? };
            session.radios.command(Command::Place(unit, position)).await;
        }
        _ => bail!(
            "expected on, off, press, emergency, alarm, release, call N, ring N, duplex N, answer, hangup, \
             status N to WHOM, alert N, alert cancel, vanish, talkgroup N, area WHICH, scan on, scan off, place EAST NORTH or quit"
        ),
    }
    Ok(true)
}

/// Whom a status is for: `to 1018`, `to talkgroup 41`; to nobody named, `to console`.
fn addressee(words: &[&str]) -> Option<Option<Addressee>> {
    match words {
        [] | ["to", "console"] => Some(None),
        ["to", "talkgroup", number] => {
            number.parse().ok().and_then(TalkgroupId::new).map(|talkgroup| Some(talkgroup.into()))
        }
        ["to", number] => number.parse().ok().and_then(UnitId::new).map(|unit| Some(unit.into())),
        _ => None,
    }
}

fn unit(units: &[UnitId], text: &str) -> Result<UnitId> {
    let Ok(number) = text.parse::<u32>() else {
        bail!("a line begins with the number of a unit, or is quit");
    };
    let found = units.iter().copied().find(|unit| unit.number() == number);
    found.with_context(|| format!("unit {number} is not in the roster"))
}
