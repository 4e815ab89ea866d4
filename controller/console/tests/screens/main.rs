//! What the operator sees, at both sizes. A changed picture is reviewed like code: `cargo insta review`.

#[path = "../invented/mod.rs"]
mod invented;

mod any_screen;
mod lists;
mod operating;
mod overview;
mod roles;

use crossterm::event::KeyCode;
use invented::world::World;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use trunklab_console::conn::Report;
use trunklab_console::keys::lookup;
use trunklab_console::model::Stream;
use trunklab_console::update::{Message, update};
use trunklab_console::view::render;
use trunklab_console::{Model, Theme};
use trunklab_protocol::operator::{Admission, CallView, ConsoleName, Event, Role, Snapshot, StatusText};
use trunklab_protocol::{CallId, NodeId, Pair, Parties, Priority, Span, StatusNumber, UnitId};

const BEAT: Span = Span::from_millis(250);

/// A console and the network that it watches.
struct Scene {
    world: World,
    model: Model,
}

impl Scene {
    fn new(theme: Theme) -> Self {
        let mut scene =
            Self { world: World::new(81, 7), model: Model::new(([127, 0, 0, 1], 7443).into(), theme) };
        let snapshot = Box::new(scene.world.snapshot());
        scene.hear(Report::Snapshot { snapshot, stream: Stream::BeginsHere });
        scene.hear(Report::Live);
        scene
    }

    fn busy() -> Self {
        let mut scene = Self::new(Theme::Plain);
        scene.live(60);
        scene
    }

    fn hear(&mut self, report: Report) {
        update(&mut self.model, Message::Report(report));
    }

    fn hear_all(&mut self, events: Vec<Event>) {
        events.into_iter().for_each(|event| self.hear(Report::Event(event)));
    }

    fn live(&mut self, beats: u32) {
        for _ in 0..beats {
            update(&mut self.model, Message::Tick(BEAT));
            let events = self.world.step(BEAT);
            self.hear_all(events);
        }
    }

    fn press(&mut self, keys: &[KeyCode]) {
        for key in keys {
            let action = lookup(&self.model, (*key).into()).expect("the key is bound");
            update(&mut self.model, Message::Act(action));
        }
    }

    fn type_text(&mut self, text: &str) {
        self.press(&text.chars().map(KeyCode::Char).collect::<Vec<_>>());
    }

    fn draw(&self, width: u16, height: u16) -> TestBackend {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| render(frame, &self.model)).unwrap();
        terminal.backend().clone()
    }
}

fn check(name: &str, scene: &Scene) {
    for (width, height) in [(80, 24), (120, 40)] {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), scene.draw(width, height));
    }
}

fn admitted(role: Role) -> Report {
    Report::Admitted(Admission { name: ConsoleName::new("anna"), role })
}

/// The list of units with one order of each outcome behind it, and the statuses of a fire brigade.
fn operated() -> Scene {
    let mut scene = Scene::busy();
    scene.hear(admitted(Role::Supervisor));
    let mut snapshot = scene.world.snapshot();
    let texts =
        ["On scene", "Returning", "At the station", "Out of service", "Needs more units", "At hospital"];
    snapshot.statuses = (1..)
        .zip(texts)
        .map(|(number, text)| StatusText {
            number: StatusNumber::new(number).expect("not zero"),
            text: text.to_owned(),
        })
        .collect();
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    scene.press(&[KeyCode::Char('U'), KeyCode::Char('/')]);
    scene.type_text("1017");
    scene.press(&[KeyCode::Enter]);
    scene
}

fn line(screen: &TestBackend, row: u16) -> String {
    let buffer = screen.buffer();
    (0..buffer.area.width).map(|column| buffer[(column, row)].symbol().to_owned()).collect()
}

/// A call in which unit 1018 listens to unit 1017.
fn monitor(snapshot: &Snapshot) -> CallView {
    let (caller, called) = (UnitId::new(1_017).expect("not zero"), UnitId::new(1_018).expect("not zero"));
    CallView {
        call: CallId { node: NodeId::new(1).expect("not zero"), epoch: snapshot.epoch, counter: 9 },
        parties: Parties::Pair(Pair { caller, called }),
        talker: Some(caller),
        priority: Priority::LOWEST,
        emergency: false,
        duplex: false,
        area: None,
        since: snapshot.at,
        sites: Vec::new(),
        waiting: Vec::new(),
        monitored_by: Some(ConsoleName::new("anna")),
    }
}
