//! A console over a network that does not exist, at real pace: `cargo run -p trunklab-console --example still_life`.
//! The options `empty`, `lost` (the link breaks every fifteen seconds) and `fast` (fifty times the pace) set the scene.

#[path = "../tests/invented/mod.rs"]
mod invented;

use std::time::Duration;

use invented::server::{Server, TOKEN};
use invented::world::World;
use trunklab_console::{Color, ConsoleOptions, Pass, run};
use trunklab_protocol::Span;
use trunklab_protocol::operator::Event;

/// Events that the server keeps for consoles that come back.
const KEPT_MAX: usize = 200;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let scene: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| scene.iter().any(|given| given == word);
    let world = World::new(81, 7);
    let server = Server::start(world.snapshot()).await;
    let options = ConsoleOptions {
        address: server.address,
        pass: Pass::Token(TOKEN.to_owned()),
        ca_pem: server.ca_pem.clone(),
        color: if has("plain") { Color::Never } else { Color::Auto },
    };
    let pace = Duration::from_millis(if has("fast") { 5 } else { 250 });
    let life = async {
        if has("empty") {
            std::future::pending::<()>().await;
        }
        live(world, &server, pace, has("lost")).await;
    };
    tokio::select! {
        outcome = run(options) => Ok(outcome?),
        () = life => Ok(()),
    }
}

async fn live(mut world: World, server: &Server, pace: Duration, breaks: bool) {
    let mut beats = tokio::time::interval(pace);
    let passed = Span::from_micros(u64::try_from(pace.as_micros()).expect("a short while"));
    for beat in 1_u64.. {
        beats.tick().await;
        let mut events: Vec<Event> = world.step(passed);
        if beat % 100 == 40 {
            events.extend(world.emergency());
        }
        if beat % 160 == 80 {
            events.extend(world.lose(3));
        }
        let snapshot = world.snapshot();
        server.stage(|stage| {
            stage.snapshot = snapshot;
            stage.kept.extend(events);
            let surplus = stage.kept.len().saturating_sub(KEPT_MAX);
            stage.kept.drain(..surplus);
            if breaks && beat % 60 == 59 {
                stage.breaks += 1;
            }
        });
    }
}
