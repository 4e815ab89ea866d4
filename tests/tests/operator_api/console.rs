//! The console's login against the real thing.

use tokio::sync::mpsc;
use tokio::time::timeout;
use trunklab_console::conn::{Client, ConnError, Question, Report, Wish, run};
use trunklab_protocol::UnitId;
use trunklab_protocol::operator::{Admission, ConsoleName, Order, Role};

use std::sync::Arc;

use crate::{Network, PASSWORD, PATIENCE};

#[test]
fn a_console_logs_in_shows_its_role_and_logs_out() {
    crate::run(async {
        let network = Network::start().await;
        let address = network.controller.addresses().operator;
        let refused = Client::log_in(address, "viewer", "a guess", &network.ca).await.map(drop);
        assert!(matches!(refused, Err(ConnError::LoginRefused(_))), "{refused:?}");
        let client = Arc::new(Client::log_in(address, "viewer", PASSWORD, &network.ca).await.unwrap());
        let (reports_in, mut reports) = mpsc::channel(64);
        let (wishes, wishes_out) = mpsc::channel(4);
        let task = tokio::spawn(run(Arc::clone(&client), reports_in, wishes_out));
        let mut heard = async || timeout(PATIENCE, reports.recv()).await.unwrap().unwrap();
        assert_eq!(heard().await, Report::Connecting { attempt: 1 });
        let viewer = Admission { name: ConsoleName::new("viewer"), role: Role::Viewer };
        assert_eq!(heard().await, Report::Admitted(viewer));
        assert!(matches!(heard().await, Report::Snapshot { .. }));
        assert_eq!(heard().await, Report::Live);
        wishes
            .send(Wish::Give(Order::ClearEmergency { unit: UnitId::new(1).unwrap() }.into()))
            .await
            .unwrap();
        let Report::Answered { answer: Err(why), .. } = heard().await else {
            panic!("a viewer gives no order")
        };
        assert!(why.contains("not for a viewer"), "{why}");
        client.log_out().await.unwrap();
        assert!(matches!(client.snapshot().await, Err(ConnError::SessionOver)));
        drop(reports);
        task.abort();
        network.controller.stop().await.unwrap();
    });
}

#[test]
fn a_console_reads_how_a_unit_is_set_up() {
    crate::run(async {
        let network = Network::start().await;
        let address = network.controller.addresses().operator;
        let client = Client::log_in(address, "supervisor", PASSWORD, &network.ca).await.unwrap();
        let (reports_in, mut reports) = mpsc::channel(64);
        let (wishes, wishes_out) = mpsc::channel(4);
        let task = tokio::spawn(run(Arc::new(client), reports_in, wishes_out));
        let mut heard = async || timeout(PATIENCE, reports.recv()).await.unwrap().unwrap();
        while heard().await != Report::Live {}
        let (known, unknown) = (UnitId::new(1_001).unwrap(), UnitId::new(7).unwrap());
        let mut asks = async |unit| {
            wishes.send(Wish::Ask(Question::Unit(unit))).await.unwrap();
            loop {
                if let Report::Unit(about, answer) = heard().await {
                    assert_eq!(about, unit);
                    return answer;
                }
            }
        };
        let sheet = asks(known).await.unwrap();
        let talkgroups: Vec<_> = sheet.subscription.talkgroups.iter().map(ToString::to_string).collect();
        assert_eq!((sheet.subscription.unit, talkgroups), (known, vec!["41".to_owned(), "42".to_owned()]));
        assert_eq!((sheet.state.orders.unit, sheet.state.visit), (known, None));
        assert_eq!(asks(unknown).await, Err("there is no such unit".to_owned()));
        drop(wishes);
        task.abort();
        network.controller.stop().await.unwrap();
    });
}
