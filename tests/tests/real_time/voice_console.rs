//! The dispatcher speaks over real sockets: `trunklab talk` against a network that runs, and what its radios hear.

use std::path::Path;
use std::process::Output;

use crate::two_sites::{plan, unit};
use serde_json::Value;
use trunklab::lab::CONSOLE;
use trunklab::lab::live::{Live, News};
use trunklab::lab::observed::Sight;
use trunklab::lab::script::{Deed, Script};
use trunklab::lab::world::Heard;
use trunklab::speech::{Recorder, envelope, synth, wav};
use trunklab_controller_core::config::ConsoleUnit;
use trunklab_protocol::operator::{ConsoleName, EventKind};
use trunklab_protocol::{Cause, Moment, ProfileId, Span};
use trunklab_terminal_core::input::Input;
use trunklab_tests::program::trunklab;

/// As whom radios hear the console.
const OPERATOR: u32 = 900;
/// A listener at each site.
const UNITS: [(u32, u16); 2] = [(1001, 2), (1002, 1)];
/// The operator talks here, long after everybody has registered.
const TALK: Moment = Moment::from_micros(15_000_000);
const SENTENCE_S: f64 = 5.0;

/// What came of a run.
struct Run {
    heard: Vec<Heard>,
    events: Vec<EventKind>,
    /// What the program printed.
    said: Vec<Output>,
}

/// Runs a network, and `trunklab talk` with each of these arguments, one after the other, once everybody is there.
async fn run(sentence: &Path, talks: Vec<Vec<&'static str>>, until: Moment) -> Run {
    // Where the program has to be built, the network does not wait for it.
    drop(trunklab());
    let mut plan = plan(ProfileId::Iden, &UNITS);
    plan.system.consoles = vec![ConsoleUnit { name: ConsoleName::new(CONSOLE), unit: unit(OPERATOR) }];
    let mut live = Live::start(plan, 7).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (token, ca) = (folder.path().join("token"), folder.path().join("ca.pem"));
    std::fs::write(&token, live.operator_token()).unwrap();
    std::fs::write(&ca, live.ca_pem()).unwrap();
    let (address, sentence) = (live.operator_address().to_string(), sentence.to_owned());
    let wait = std::time::Duration::from_micros(TALK.as_micros());
    let program = tokio::task::spawn_blocking(move || {
        std::thread::sleep(wait);
        let said = talks.into_iter().map(|arguments| {
            let mut command = trunklab();
            command.args(["talk", "--controller", &address, "--token-file"]).arg(&token);
            command.arg("--ca").arg(&ca).args(arguments).arg(&sentence).output().unwrap()
        });
        said.collect()
    });
    let deeds = UNITS.map(|(number, _)| (Moment::ORIGIN, Deed::User(unit(number), Input::PowerOn)));
    let (mut heard, mut events) = (Vec::new(), Vec::new());
    live.play(&Script::new(deeds.to_vec()), until, |_, _, news| match news {
        Some(News::Heard(run)) => heard.push(run),
        Some(News::Seen(seen)) => {
            if let Sight::Controller(event) = seen.what {
                events.push(event.kind);
            }
        }
        None => {}
    })
    .await
    .unwrap();
    let said = program.await.unwrap();
    live.stop().await.unwrap();
    Run { heard, events, said }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_spoken_from_the_console_is_what_radios_at_all_sites_play() {
    let sentence = synth::sentence(1, SENTENCE_S);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sentence.wav");
    wav::write(&file, &sentence).unwrap();
    let talks = vec![vec!["--talkgroup", "dispatch", "--json"], vec!["--talkgroup", "Pilots"]];
    let Run { heard, events, said } = run(&file, talks, TALK + Span::from_secs(14)).await;

    let printed = String::from_utf8_lossy(&said[0].stdout).into_owned();
    assert!(said[0].status.success(), "{printed}{}", String::from_utf8_lossy(&said[0].stderr));
    let account: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&account["complete"], &account["sent_ms"]), (&Value::from(true), &account["recorded_ms"]));
    assert!(!printed.contains("key"), "no key is printed");
    let refusal = String::from_utf8_lossy(&said[1].stderr).into_owned();
    assert!(!said[1].status.success());
    assert!(refusal.contains("there is no talkgroup Pilots; the controller has 41 Dispatch"), "{refusal}");

    let (own, other) = (envelope::of(&sentence), envelope::of(&synth::sentence(2, SENTENCE_S)));
    for (listener, _) in UNITS {
        let mut recorder = Recorder::new(TALK, Span::from_secs(20));
        for run in heard.iter().filter(|heard| heard.unit == unit(listener)) {
            assert_eq!(run.talker, unit(OPERATOR));
            recorder.hear(run.at, run.spurt, run.position, &run.frames).unwrap();
        }
        let envelope = envelope::of(&recorder.finish(TALK));
        // Four seconds for the program's start, slots and switch.
        let fit = envelope::correlate(&own, &envelope, 400).unwrap();
        println!("unit {listener}: {fit:?}");
        assert!(fit.correlation >= 0.8, "unit {listener}: {fit:?}");
        let stranger = envelope::correlate(&other, &envelope, 400).unwrap();
        assert!(stranger.correlation <= 0.5, "unit {listener}: {stranger:?}");
    }
    let ended = |cause| EventKind::FloorReleased { call: call_of(&events), unit: unit(OPERATOR), cause };
    assert!(events.contains(&ended(Cause::TransmissionEnded)), "{events:?}");
}

fn call_of(events: &[EventKind]) -> trunklab_protocol::CallId {
    let granted = events
        .iter()
        .find_map(|event| if let EventKind::CallGranted { call, .. } = event { Some(*call) } else { None });
    granted.unwrap()
}
