//! The voice switch tests its own port (docs/resilience.md 14.2.5), on real sockets: by itself, and in a whole controller.

#![allow(clippy::unwrap_used, reason = "a test fails where its helper does")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::switch::{Settings, SwitchHandle, start};
use trunklab_controller::zone::Zone;
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{AlarmKind, AlarmObject};
use trunklab_protocol::switch::{FromSwitch, LoopedBack};

/// Longer than anything here takes: a test that waits for ever fails instead.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stands between the switch and itself: what the switch sends here is passed on to it, or withheld.
struct Wire {
    address: SocketAddr,
    /// The switch; `None` withholds.
    onward: watch::Sender<Option<SocketAddr>>,
    newest: watch::Receiver<Vec<u8>>,
}

impl Wire {
    async fn withholding() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let (onward, leads_to) = watch::channel(None);
        let (seen, newest) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((len, _)) = socket.recv_from(&mut buffer).await {
                let onward: Option<SocketAddr> = *leads_to.borrow();
                if let Some(onward) = onward {
                    socket.send_to(&buffer[..len], onward).await.ok();
                }
                seen.send_replace(buffer[..len].to_vec());
            }
        });
        Self { address, onward, newest }
    }

    /// The next test that passes, or is withheld.
    async fn next(&mut self) -> Vec<u8> {
        timeout(PATIENCE, self.newest.changed()).await.expect("the switch tests").unwrap();
        self.newest.borrow_and_update().clone()
    }
}

fn often(test_to: Option<SocketAddr>) -> (SwitchHandle, mpsc::Receiver<FromSwitch>) {
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let test_period = Duration::from_millis(5);
    start(Settings { test_period, test_to, ..Settings::at(anywhere) }).unwrap()
}

/// What the next test of the switch has shown.
async fn next_test(reports: &mut mpsc::Receiver<FromSwitch>) -> bool {
    loop {
        match timeout(PATIENCE, reports.recv()).await.expect("the switch tests").unwrap() {
            FromSwitch::LoopedBack(LoopedBack { heard }) => return heard,
            FromSwitch::Load(_) | FromSwitch::ConsoleSilent(_) => {}
        }
    }
}

/// Waits until a test of the switch has shown this.
async fn until_test(reports: &mut mpsc::Receiver<FromSwitch>, wanted: bool) {
    let seen = async { while next_test(reports).await != wanted {} };
    timeout(PATIENCE, seen).await.expect("no test shows it");
}

async fn until_dropped(switch: &SwitchHandle, count: u64) {
    let dropped = async {
        while switch.counts().dropped.total() < count {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, dropped).await.expect("nothing is dropped");
}

#[tokio::test]
async fn a_switch_hears_itself_and_counts_nothing_of_it() {
    let (switch, mut reports) = often(None);
    let mut unheard = 0;
    let hears_thrice = async {
        for _ in 0..3 {
            while !next_test(&mut reports).await {
                unheard += 1;
            }
        }
    };
    timeout(PATIENCE, hears_thrice).await.expect("it never hears itself");
    // On a machine that stands still now and then a test may come too late, and is a stranger by then.
    let counts = switch.counts();
    assert!(counts.packets_in.read() <= unheard, "{:?}", counts.dropped.read());
    assert_eq!(counts.packets_in.read(), counts.dropped.total());
    switch.stop().await;
}

#[tokio::test]
async fn what_is_withheld_was_not_heard() {
    let wire = Wire::withholding().await;
    let (switch, mut reports) = often(Some(wire.address));
    for _ in 0..2 {
        assert!(!next_test(&mut reports).await);
    }
    wire.onward.send_replace(Some(switch.address()));
    until_test(&mut reports, true).await;
    wire.onward.send_replace(None);
    until_test(&mut reports, false).await;
    switch.stop().await;
}

/// A stranger knows what a test looks like, and may know all that were sent before: none of it is the one that is awaited.
#[tokio::test]
async fn what_only_looks_like_a_test_is_counted_and_changes_nothing() {
    let mut wire = Wire::withholding().await;
    let (switch, mut reports) = often(Some(wire.address));
    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    // The one before the newest is over by now, and was never heard.
    let over = wire.next().await;
    wire.next().await;
    let mut bent = over.clone();
    bent[23] ^= 1;
    let mark = b"trunklab".as_slice();
    let alike = [over, bent, mark.to_vec(), [mark, &[0; 16]].concat(), [mark, &[7; 100]].concat()];
    for (datagram, count) in alike.iter().zip(1..) {
        stranger.send_to(datagram, switch.address()).await.unwrap();
        until_dropped(&switch, count).await;
    }
    assert_eq!(switch.counts().dropped.read(), [(Cause::StrangeLoopBack, 5)]);
    assert_eq!(switch.counts().packets_in.read(), 5);
    for _ in 0..5 {
        assert!(!next_test(&mut reports).await, "a stranger was taken for the switch itself");
    }
    let answered = timeout(Duration::from_millis(50), stranger.recv_from(&mut [0; 64])).await;
    assert!(answered.is_err(), "a stranger is told nothing");

    // And the switch still knows its own.
    wire.onward.send_replace(Some(switch.address()));
    until_test(&mut reports, true).await;
    switch.stop().await;
}

/// Waits until the alarm of the switch is raised, or is not.
async fn until_alarm(controller: &RunningController, is_raised: bool) {
    let stands = async {
        loop {
            let alarms = controller.snapshot().await.unwrap().alarms;
            let faulty = alarms.iter().find(|alarm| alarm.kind == AlarmKind::SwitchFaulty);
            if faulty.is_some() == is_raised {
                return faulty.map(|alarm| alarm.object);
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let object = timeout(PATIENCE, stands).await.expect("the alarm never stands so");
    assert_eq!(object, is_raised.then_some(AlarmObject::Switch));
}

#[tokio::test]
async fn a_controller_says_when_its_switch_does_not_hear_itself_and_when_it_does_again() {
    let wire = Wire::withholding().await;
    let zone = Zone::ephemeral().unwrap();
    let options = ControllerOptions {
        voice_tested_at: Some(wire.address),
        ..ControllerOptions::ephemeral(&zone, Vec::new())
    };
    let controller = RunningController::start(options).await.unwrap();
    until_alarm(&controller, true).await;
    wire.onward.send_replace(Some(controller.addresses().voice));
    until_alarm(&controller, false).await;
    controller.stop().await.unwrap();
}

/// As if the task that tests hung, or had ended, after its first test.
#[tokio::test]
async fn a_controller_says_when_nobody_tests_its_switch_any_more() {
    let zone = Zone::ephemeral().unwrap();
    let options = ControllerOptions {
        voice_test_period: Duration::from_secs(3_600),
        ..ControllerOptions::ephemeral(&zone, Vec::new())
    };
    let controller = RunningController::start(options).await.unwrap();
    until_alarm(&controller, true).await;
    controller.stop().await.unwrap();
}
