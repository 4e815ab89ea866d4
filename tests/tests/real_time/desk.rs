//! An administrator at a network's operator port.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::sync::mpsc;
use trunklab_console::conn::{Client, Report, Wish, run as connect};
use trunklab_protocol::operator::{EventKind, Order, Snapshot};
use trunklab_tests::network::Network;
use trunklab_tests::plan::path;
use trunklab_tests::process::PATIENCE;

/// A connection, as a console has it.
pub struct Desk {
    runtime: tokio::runtime::Runtime,
    wishes: mpsc::Sender<Wish>,
    reports: mpsc::Receiver<Report>,
    snapshot: Option<Box<Snapshot>>,
}

impl Desk {
    /// Connects, and waits until events come.
    pub fn at(network: &Network) -> Result<Self> {
        let file = |name| fs::read_to_string(path(&network.directory, name));
        let (token, ca) = (file("desk.token")?, file("zone/ca.pem")?);
        let client = Client::new(network.operator, &token, &ca)?;
        let runtime = tokio::runtime::Runtime::new()?;
        let (reports_in, reports) = mpsc::channel(1_024);
        let (wishes, wishes_out) = mpsc::channel(16);
        runtime.spawn(connect(client, reports_in, wishes_out));
        let mut desk = Self { runtime, wishes, reports, snapshot: None };
        desk.until("that it is let in", |report| matches!(report, Report::Live))?;
        Ok(desk)
    }

    /// Waits for a report.
    pub fn until(&mut self, what: &'static str, wanted: impl Fn(&Report) -> bool) -> Result<()> {
        let Self { runtime, reports, snapshot, .. } = self;
        let waits = async {
            let mut last = None;
            while let Some(report) = reports.recv().await {
                if wanted(&report) {
                    return Ok(());
                }
                if let Report::Snapshot { snapshot: shown, .. } = report {
                    *snapshot = Some(shown);
                } else {
                    last = Some(report);
                }
            }
            bail!("the connection ended before {what}: {last:?}")
        };
        runtime.block_on(async { tokio::time::timeout(PATIENCE, waits).await }).context(what)?
    }

    /// Gives an order for a radio and waits until the radio has confirmed it.
    pub fn has(&mut self, order: Order) -> Result<()> {
        let Some((ordered, wanted)) = order.for_radio() else { bail!("for no radio") };
        self.wishes.blocking_send(Wish::Give(order.into()))?;
        self.until("that the radio has confirmed", |report| {
            let Report::Event(event) = report else { return false };
            matches!(&event.kind, EventKind::RadioOrderDone { unit, of_radio, .. }
                if (*unit, *of_radio) == (ordered, wanted))
        })
    }
}

/// Looks at the network until it is as wanted; gives what the controller shows then.
pub fn look_until(
    network: &Network,
    what: &str,
    wanted: impl Fn(&Snapshot) -> bool,
) -> Result<Box<Snapshot>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let snapshot = Desk::at(network)?.snapshot.context("a console begins with a snapshot")?;
        if wanted(&snapshot) {
            return Ok(snapshot);
        }
        ensure!(Instant::now() < deadline, "never was so: {what}; it is {snapshot:#?}");
        thread::sleep(Duration::from_millis(200));
    }
}
