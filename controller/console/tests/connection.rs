//! The connection against a server on the loopback: it follows, comes back, and says what is wrong.

mod invented;

use std::time::Duration;

use axum::http::StatusCode;
use invented::server::{Server, TOKEN};
use invented::world::World;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use trunklab_console::conn::{Client, ConnError, Report, Wish, run};
use trunklab_console::model::{Asked, Stream};
use trunklab_protocol::operator::{Event, Order, Snapshot};
use trunklab_protocol::{Span, UnitId};

/// Only ends a test that would hang; nothing is measured.
const HANGS: Duration = Duration::from_secs(60);

struct Connection {
    reports: mpsc::Receiver<Report>,
    wishes: mpsc::Sender<Wish>,
    task: JoinHandle<Result<(), ConnError>>,
}

impl Connection {
    fn to(server: &Server, token: &str, ca_pem: &str) -> Self {
        let client = Client::new(server.address, token, ca_pem).expect("the options are good");
        let (reports_in, reports) = mpsc::channel(64);
        let (wishes, wishes_out) = mpsc::channel(4);
        Self { reports, wishes, task: tokio::spawn(run(client, reports_in, wishes_out)) }
    }

    async fn next(&mut self) -> Report {
        timeout(HANGS, self.reports.recv()).await.expect("a report comes").expect("the connection lives")
    }

    async fn snapshot(&mut self) -> (Snapshot, Stream) {
        loop {
            if let Report::Snapshot { snapshot, stream } = self.next().await {
                return (*snapshot, stream);
            }
        }
    }

    async fn event(&mut self) -> Event {
        loop {
            if let Report::Event(event) = self.next().await {
                return event;
            }
        }
    }
}

fn events(world: &mut World, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        events.extend(world.step(Span::from_millis(250)));
    }
    events
}

#[tokio::test]
async fn follows_a_snapshot_with_the_events_after_it() {
    let mut world = World::new(81, 7);
    let server = Server::start(world.snapshot()).await;
    let mut connection = Connection::to(&server, TOKEN, &server.ca_pem);
    assert_eq!(connection.next().await, Report::Connecting { attempt: 1 });
    assert_eq!(connection.snapshot().await, (world.snapshot(), Stream::BeginsHere));
    assert_eq!(connection.next().await, Report::Live);
    let told = events(&mut world, 10);
    server.stage(|stage| stage.kept.extend(told.clone()));
    for event in told {
        assert_eq!(connection.event().await, event);
    }
}

#[tokio::test]
async fn comes_back_after_a_break_and_goes_on_after_its_last_event() {
    let mut world = World::new(81, 7);
    let server = Server::start(world.snapshot()).await;
    let mut connection = Connection::to(&server, TOKEN, &server.ca_pem);
    connection.snapshot().await;
    let before = events(&mut world, 5);
    let last = before.last().unwrap().sequence;
    server.stage(|stage| stage.kept.extend(before.clone()));
    for event in &before {
        assert_eq!(&connection.event().await, event);
    }
    // While the connection is broken, more happens.
    let missed = events(&mut world, 5);
    server.stage(|stage| {
        stage.breaks += 1;
        stage.snapshot = world.snapshot();
        stage.kept.extend(missed.clone());
    });
    for event in &missed {
        assert_eq!(&connection.event().await, event);
    }
    assert_eq!(server.stage(|stage| stage.asked_after.clone()), [0, last]);
}

#[tokio::test]
async fn takes_a_new_snapshot_where_the_events_are_gone() {
    for gone_is_a_status in [false, true] {
        let mut world = World::new(81, 7);
        let server = Server::start(world.snapshot()).await;
        server.stage(|stage| stage.gone_is_a_status = gone_is_a_status);
        let mut connection = Connection::to(&server, TOKEN, &server.ca_pem);
        connection.snapshot().await;
        events(&mut world, 50);
        let newest = world.snapshot();
        server.stage(|stage| {
            stage.breaks += 1;
            stage.snapshot = newest.clone();
        });
        loop {
            let (snapshot, stream) = connection.snapshot().await;
            assert_eq!(snapshot, newest);
            if stream == Stream::BeginsHere {
                break;
            }
        }
        assert_eq!(server.stage(|stage| stage.asked_after.clone()), [0, 0, newest.sequence]);
    }
}

#[tokio::test]
async fn a_controller_started_again_is_heard_from_its_own_beginning() {
    let mut world = World::new(81, 7);
    events(&mut world, 20);
    let server = Server::start(world.snapshot()).await;
    let mut connection = Connection::to(&server, TOKEN, &server.ca_pem);
    connection.snapshot().await;
    let restarted = World::new(82, 8).snapshot();
    server.stage(|stage| {
        stage.breaks += 1;
        stage.snapshot = restarted.clone();
    });
    assert_eq!(connection.snapshot().await, (restarted, Stream::BeginsHere));
    assert_eq!(server.stage(|stage| stage.asked_after.last().copied()), Some(0));
}

#[tokio::test]
async fn events_go_on_while_orders_wait_for_their_answers() {
    let mut world = World::new(81, 7);
    let server = Server::start(world.snapshot()).await;
    let mut connection = Connection::to(&server, TOKEN, &server.ca_pem);
    connection.snapshot().await;
    let order = |number| -> Asked { Order::CallAlert { unit: UnitId::new(number).unwrap() }.into() };
    for number in [1_017, 1_018] {
        connection.wishes.send(Wish::Give(order(number))).await.unwrap();
    }
    let told = events(&mut world, 10);
    server.stage(|stage| stage.kept.extend(told.clone()));
    for event in told {
        assert_eq!(connection.event().await, event);
    }
    let why = "called unit is not registered".to_owned();
    server.stage(|stage| stage.answer = Some((StatusCode::CONFLICT, why.clone())));
    let mut answered = Vec::new();
    while answered.len() < 2 {
        if let Report::Answered { asked, answer } = connection.next().await {
            assert_eq!(answer, Err(why.clone()));
            answered.push(asked);
        }
    }
    assert!(answered.contains(&order(1_017)) && answered.contains(&order(1_018)), "{answered:?}");
}

#[tokio::test]
async fn a_wish_brings_a_snapshot() {
    let world = World::new(81, 7);
    let server = Server::start(world.snapshot()).await;
    let mut connection = Connection::to(&server, TOKEN, &server.ca_pem);
    connection.snapshot().await;
    connection.wishes.send(Wish::Refresh).await.unwrap();
    assert_eq!(connection.snapshot().await, (world.snapshot(), Stream::GoesOn));
}

#[tokio::test]
async fn an_event_of_an_unknown_kind_is_passed_on_with_its_number() {
    let server = Server::start(World::new(81, 7).snapshot()).await;
    let mut connection = Connection::to(&server, TOKEN, &server.ca_pem);
    connection.snapshot().await;
    let newer = r#"{"sequence":1,"at":5,"event":"patched","talkgroups":[1,2]}"#;
    server.stage(|stage| stage.aside = Some(newer.to_owned()));
    loop {
        if let Report::UnknownEvent(event) = connection.next().await {
            assert_eq!((event.sequence, event.name.as_str()), (1, "patched"));
            return;
        }
    }
}

#[tokio::test]
async fn a_wrong_token_ends_it_with_the_remedy() {
    let server = Server::start(World::new(81, 7).snapshot()).await;
    let mut connection = Connection::to(&server, "another token", &server.ca_pem);
    let error = timeout(HANGS, &mut connection.task).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, ConnError::TokenRefused), "{error}");
    assert_eq!(server.stage(|stage| stage.snapshots_given), 0);
}

#[tokio::test]
async fn a_controller_of_another_authority_is_not_believed() {
    let server = Server::start(World::new(81, 7).snapshot()).await;
    let other = Server::start(World::new(81, 7).snapshot()).await;
    let mut connection = Connection::to(&server, TOKEN, &other.ca_pem);
    let error = timeout(HANGS, &mut connection.task).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, ConnError::NotOurController { .. }), "{error}");
}

#[tokio::test]
async fn nobody_there_is_told_and_tried_again() {
    let server = Server::start(World::new(81, 7).snapshot()).await;
    let (address, ca_pem) = (server.address, server.ca_pem.clone());
    drop(server);
    let client = Client::new(address, TOKEN, &ca_pem).unwrap();
    let (reports_in, mut reports) = mpsc::channel(64);
    let (_wishes, wishes_out) = mpsc::channel(4);
    tokio::spawn(run(client, reports_in, wishes_out));
    assert_eq!(reports.recv().await, Some(Report::Connecting { attempt: 1 }));
    let Some(Report::Lost { why, .. }) = reports.recv().await else { panic!("nobody is there") };
    assert!(why.starts_with(&format!("no controller answers at {address}")), "{why}");
    assert_eq!(reports.recv().await, Some(Report::Connecting { attempt: 2 }));
}
