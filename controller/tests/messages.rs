//! Status and call alert through a whole controller: told over TLS, kept in SQLite before anybody is told of it, closed by a restart.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

#[allow(dead_code, reason = "other tests use more of it")]
mod site;

use std::path::Path;
use std::time::Duration;

use site::{Site, zone_of};
use trunklab_controller::run::{ControllerError, ControllerOptions, RunningController};
use trunklab_controller::store::{StoreError, StorePlace};
use trunklab_controller::zone::Zone;
use trunklab_controller_core::config::{Change, SystemParameters};
use trunklab_controller_core::output::MessageRecord;
use trunklab_protocol::from_site::{CallAlert, MessageAnswer, Status};
use trunklab_protocol::operator::{ConsoleName, Order, StatusText};
use trunklab_protocol::to_site::{self, ToSite};
use trunklab_protocol::{Cause, MessageReply, Press, StatusNumber, Teller, UnitId};

fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

fn press(number: u16) -> Press {
    Press::new(number).unwrap()
}

/// Two units, and one status.
fn zone() -> Vec<Change> {
    let number = StatusNumber::new(1).unwrap();
    let statuses = vec![StatusText { number, text: "On scene".to_owned() }];
    let mut changes = zone_of(2);
    changes.push(Change::System(SystemParameters { statuses, ..SystemParameters::default() }));
    changes
}

async fn says(site: &mut Site, message: impl Into<trunklab_protocol::from_site::FromSite>) {
    site.put(&message.into());
    site.send().await;
}

/// Unit 2 confirms what it is told.
async fn confirms(site: &mut Site) {
    let told = site.hears().await.unwrap();
    let message = if let ToSite::Status(told) = told {
        told.message
    } else if let ToSite::CallAlert(told) = told {
        told.message
    } else {
        panic!("{told:?}")
    };
    says(site, MessageAnswer { unit: unit(2), message, reply: MessageReply::Received }).await;
    let delivered = site.hears().await.unwrap();
    let ToSite::MessageDelivered(to_site::MessageDelivered { unit: sender, .. }) = delivered else {
        panic!("{delivered:?}")
    };
    assert_eq!(sender, unit(1));
}

fn records(path: &Path) -> Vec<MessageRecord> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut rows = connection.prepare("SELECT body FROM message_records ORDER BY epoch, counter").unwrap();
    let bodies = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    bodies.map(|body| serde_json::from_str(&body.unwrap()).unwrap()).collect()
}

/// Starts the controller of this database; the thread of the store may outlive an earlier controller by a moment.
async fn start(path: &Path, secrets: &Zone, provision: Vec<Change>) -> RunningController {
    loop {
        let mut options = ControllerOptions::ephemeral(secrets, provision.clone());
        options.store = StorePlace::File(path.to_owned());
        match RunningController::start(options).await {
            Err(ControllerError::Store(StoreError::InUse(_))) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            started => return started.unwrap(),
        }
    }
}

#[tokio::test]
async fn what_was_told_as_delivered_is_in_the_database_and_a_restart_ends_what_was_open() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    let secrets = Zone::ephemeral().unwrap();
    let controller = start(&path, &secrets, zone()).await;
    let (mut site, _) = Site::in_service(controller.addresses().listen, &secrets).await;
    site.registers(unit(1)).await;
    site.registers(unit(2)).await;
    let number = StatusNumber::new(1).unwrap();
    let to = Some(unit(2).into());
    says(&mut site, Status { unit: unit(1), press: press(2), to, number }).await;
    confirms(&mut site).await;
    assert!(matches!(records(&path)[0].outcome, Some((_, Ok(())))), "it is there when its sender learns it");
    says(&mut site, CallAlert { unit: unit(1), press: press(3), called: unit(2) }).await;
    confirms(&mut site).await;
    let snapshot = controller.snapshot().await.unwrap();
    assert_eq!((snapshot.messages.len(), snapshot.statuses.len()), (2, 1));
    assert_eq!(controller.counters().status_and_alerts_delivered.read(), 2);
    controller.kill().await;
    let before = records(&path);
    assert_eq!(before[1].ended, None, "nobody could close it");

    let controller = start(&path, &secrets, Vec::new()).await;
    let after = records(&path);
    assert_eq!(after[0], before[0], "what was over stays as it was");
    assert_eq!(after[1].ended.map(|(_, cause)| cause), Some(Cause::ControllerRestarted));
    controller.stop().await.unwrap();
}

#[tokio::test]
async fn what_a_restart_cut_is_said_anew_as_the_same_message_of_its_sender() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    let secrets = Zone::ephemeral().unwrap();
    let status = Status {
        unit: unit(1),
        press: press(2),
        to: Some(unit(2).into()),
        number: StatusNumber::new(1).unwrap(),
    };
    let mut said = Vec::new();
    for provision in [zone(), Vec::new()] {
        let controller = start(&path, &secrets, provision).await;
        let (mut site, _) = Site::in_service(controller.addresses().listen, &secrets).await;
        site.registers(unit(1)).await;
        site.registers(unit(2)).await;
        says(&mut site, status.clone()).await;
        let Some(ToSite::Status(told)) = site.hears().await else { panic!("no status") };
        said.push(told);
        // The first time nobody has confirmed it yet.
        controller.kill().await;
    }
    let [before, anew] = &said[..] else { panic!("{said:?}") };
    assert_ne!(before.message, anew.message);
    assert_eq!(before.from, Some(Teller { unit: unit(1), press: press(2) }));
    assert_eq!((before.from, before.to), (anew.from, anew.to));
}

#[tokio::test]
async fn an_operators_order_is_answered_when_the_radio_has_confirmed_it() {
    let secrets = Zone::ephemeral().unwrap();
    let controller = RunningController::start(ControllerOptions::ephemeral(&secrets, zone())).await.unwrap();
    let (mut site, _) = Site::in_service(controller.addresses().listen, &secrets).await;
    site.registers(unit(2)).await;
    let send = |number| Order::SendStatus { to: unit(2).into(), number: StatusNumber::new(number).unwrap() };
    let desk = || ConsoleName::new("desk");
    assert_eq!(controller.order(desk(), send(9)).await, Some(Err(Cause::StatusUnknown)));
    let confirms = async {
        let Some(ToSite::Status(told)) = site.hears().await else { panic!("no status") };
        assert_eq!(told.from, None, "an operator's");
        let reply = MessageReply::Received;
        says(&mut site, MessageAnswer { unit: unit(2), message: told.message, reply }).await;
    };
    let (answer, ()) = tokio::join!(controller.order(desk(), send(1)), confirms);
    assert_eq!(answer, Some(Ok(())));
    controller.stop().await.unwrap();
}
