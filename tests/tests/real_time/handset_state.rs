//! What operators made of a radio lasts over the end of its process, and what is damaged is refused.

use std::fs;

use anyhow::{Context, Result, ensure};
use tempfile::tempdir;
use tokio::sync::mpsc;
use trunklab_console::conn::{Client, Report, Wish, run as connect};
use trunklab_protocol::operator::{EventKind, Order};
use trunklab_protocol::{TalkgroupId, UnitId};
use trunklab_tests::network::{Network, UNITS, path, tells};
use trunklab_tests::process::{PATIENCE, run};

/// An administrator at the network's operator port.
struct Desk {
    runtime: tokio::runtime::Runtime,
    wishes: mpsc::Sender<Wish>,
    reports: mpsc::Receiver<Report>,
}

impl Desk {
    fn at(network: &Network) -> Result<Self> {
        let file = |name| fs::read_to_string(path(&network.directory, name));
        let (token, ca) = (file("desk.token")?, file("zone/ca.pem")?);
        let client = Client::new(network.operator, &token, &ca)?;
        let runtime = tokio::runtime::Runtime::new()?;
        let (reports_in, reports) = mpsc::channel(1_024);
        let (wishes, wishes_out) = mpsc::channel(16);
        runtime.spawn(connect(client, reports_in, wishes_out));
        let mut desk = Self { runtime, wishes, reports };
        desk.until("that it is let in", |report| matches!(report, Report::Live))?;
        Ok(desk)
    }

    fn until(&mut self, what: &'static str, wanted: impl Fn(&Report) -> bool) -> Result<()> {
        let Self { runtime, reports, .. } = self;
        let waits = async {
            let mut last = None;
            while let Some(report) = reports.recv().await {
                if wanted(&report) {
                    return Ok(());
                }
                last = Some(report);
            }
            anyhow::bail!("the connection ended before {what}: {last:?}")
        };
        runtime.block_on(async { tokio::time::timeout(PATIENCE, waits).await }).context(what)?
    }

    /// Gives an order for a radio and waits until the radio has confirmed it.
    fn has(&mut self, order: Order) -> Result<()> {
        let Some((ordered, wanted)) = order.for_radio() else { anyhow::bail!("for no radio") };
        self.wishes.blocking_send(Wish::Give(order.into()))?;
        self.until("that the radio has confirmed", |report| {
            let Report::Event(event) = report else { return false };
            matches!(&event.kind, EventKind::RadioOrderDone { unit, of_radio, .. }
                if (*unit, *of_radio) == (ordered, wanted))
        })
    }
}

#[test]
fn a_radio_is_what_operators_made_of_it_though_its_process_was_killed() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let mut desk = Desk::at(&network)?;
    let [[stunned, regrouped], [killed, usual]] = UNITS;
    let unit = |number| UnitId::new(number).unwrap();
    desk.has(Order::Stun { unit: unit(stunned) })?;
    let talkgroup = TalkgroupId::new(42).unwrap();
    desk.has(Order::Regroup { unit: unit(regrouped), talkgroup, locked: true })?;
    desk.has(Order::Kill { unit: unit(killed) })?;

    for site in [1, 2] {
        network.restart_handsets(site)?;
        for unit in UNITS[site - 1] {
            network.handsets[site - 1].tell(&format!("{unit} on"))?;
        }
    }
    // Of the roster's talkgroup and of the lock only the radio itself can know.
    let line = network.expect(1, regrouped, "registered")?;
    ensure!(line.contains("\"talkgroup\":42"), "it is set back: {line}");
    network.handsets[0].tell(&format!("{regrouped} talkgroup 41"))?;
    let line = network.expect(1, regrouped, "refused")?;
    ensure!(line.contains("selector_locked"), "{line}");
    // A radio that did not know would ask to be registered.
    let named = format!("\"unit\":{killed}");
    let line = network.handsets[1].expect_line("a refusal", |line| line.contains(&named))?;
    ensure!(tells(&line, "refused") && line.contains("unit_killed"), "{line}");
    network.expect(2, usual, "registered")?;

    // Revived, it is served, and remembers that too.
    desk.has(Order::Revive { unit: unit(stunned) })?;
    network.restart_handsets(1)?;
    network.handsets[0].tell(&format!("{stunned} on"))?;
    let line = network.expect(1, stunned, "registered")?;
    ensure!(line.contains("\"talkgroup\":41"), "{line}");

    let file = directory.path().join(format!("handsets-1.csv.state/{regrouped}.json"));
    let whole = fs::read(&file)?;
    fs::write(&file, &whole[..whole.len() / 2])?;
    let air = network.air[0].to_string();
    let roster = path(directory.path(), "handsets-1.csv");
    let refused = run("trunklab", &["handset", "--air", &air, "--roster", &roster])?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(refused.status.code() == Some(1) && said.lines().count() == 1, "{said}");
    ensure!(said.contains("1018.json is damaged") && said.contains("remove it"), "{said}");
    Ok(())
}
