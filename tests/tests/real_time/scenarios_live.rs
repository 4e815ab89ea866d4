//! Real time against virtual time: the same scenario over real sockets and in the simulator.
//!
//! What is compared, and what is not:
//!
//! - Only what is seen from the first deed of the scenario on. Before it units switched on together register, and in
//!   which access opportunity a random retry falls is not the same where frames begin at another moment.
//! - Each call and each unit says the same, in the same order, at each place. Between places there is no order.
//! - Each line at the same time, within eight beats of the control channel or 600 ms: a press waits for the next
//!   opportunity, the answer for the next beat, and neither's phase is the same in both runs; on top of it comes what
//!   a busy machine takes.
//! - Where scenarios contend for slots, or something is started again, only their verdicts.
//!
//! All networks run at once, each in real time, and a machine that stalls for longer than a slot costs one of them a
//! burst. So what differs is run again, alone; what differs twice, differs.

use crate::support::{command, file, play, scenario};
use trunklab::lab::account::Account;
use trunklab::lab::live::{Live, News};
use trunklab::lab::scenario::{plan, script};
use trunklab::lab::weather::Weather;
use trunklab_protocol::{Moment, ProfileId, Span};
use trunklab_terminal_core::scenario::{Action, Scenario, Verdict};
use trunklab_terminal_core::transcript::{Transcript, compare};

/// How alike both runs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alike {
    Lines,
    Verdicts,
}

const PAIRS: &[(&str, ProfileId, Alike)] = &[
    ("group-call", ProfileId::Iden, Alike::Lines),
    ("group-call", ProfileId::Mpt1327, Alike::Lines),
    ("late-entry", ProfileId::Tetra, Alike::Lines),
    ("floor-refused", ProfileId::Dmr3, Alike::Lines),
    ("talker-vanishes", ProfileId::P25p1, Alike::Lines),
    ("nobody-listens", ProfileId::P25p2, Alike::Lines),
    ("lost-release", ProfileId::Smartnet2, Alike::Lines),
    ("queue", ProfileId::Dmr3, Alike::Verdicts),
    ("emergency-queue", ProfileId::P25p2, Alike::Verdicts),
    ("registration-refused", ProfileId::Iden, Alike::Verdicts),
    ("site-restart", ProfileId::P25p1, Alike::Verdicts),
    ("controller-restart", ProfileId::Tetra, Alike::Verdicts),
    ("new-database", ProfileId::Iden, Alike::Verdicts),
    ("isolated-calls", ProfileId::Iden, Alike::Verdicts),
    ("failsoft-talk", ProfileId::Tetra, Alike::Verdicts),
    // The sectors stand on one spot: only by the antennas that their beacons tell is one heard better than another.
    ("three-sectors", ProfileId::Iden, Alike::Verdicts),
];

fn tolerance(profile: ProfileId) -> Span {
    Span::from_micros(8 * profile.profile().control.period().as_micros()).max(Span::from_millis(600))
}

/// When the scenario does something besides switching on what is there at its beginning.
fn first_deed(scenario: &Scenario) -> Moment {
    let deeds = scenario.steps.iter().filter(|step| !matches!(step.action, Action::SwitchOn(_)));
    deeds.map(|step| step.at).min().unwrap()
}

async fn run_live(name: &str, scenario: &Scenario) -> (Transcript, Vec<Verdict>) {
    let script = script(scenario, &file(name)).unwrap();
    let mut live = Live::start(plan(scenario.provision()), scenario.seed).await.unwrap();
    let mut account = Account::judged(scenario);
    live.play(&script, Moment::ORIGIN + scenario.duration, |deed, at, news| {
        if let Some(deed) = deed {
            account.did(deed, at);
        }
        match news {
            Some(News::Seen(observed)) => account.see(&observed),
            Some(News::Heard(heard)) => account.hear(&heard),
            None => {}
        }
    })
    .await
    .unwrap();
    live.stop().await.unwrap();
    (account.transcript().clone(), account.verdicts())
}

async fn differs(name: &'static str, profile: ProfileId, alike: Alike) -> Option<String> {
    let scenario = scenario(name, profile);
    let (live, verdicts) = run_live(name, &scenario).await;
    // Other networks run in real time meanwhile: a simulation must not take their thread.
    let simulated = tokio::task::block_in_place(|| play(name, &scenario, Weather::CALM));
    let simulate = command(name, profile, "");
    let show = format!("{simulate}\n  {}", simulate.replace("simulate", "run"));
    for (real, virtual_time) in verdicts.iter().zip(&simulated.verdicts) {
        if real.holds != virtual_time.holds {
            return Some(format!(
                "line {}: {}: {} in real time\n{live}\n  {show}",
                real.line,
                real.text,
                if real.holds { "held" } else { "failed" }
            ));
        }
    }
    if alike == Alike::Verdicts {
        return None;
    }
    let from = first_deed(&scenario);
    let compared = compare(&simulated.transcript.since(from), &live.since(from), tolerance(profile));
    compared.err().map(|difference| format!("{difference}\n{live}\n  {show}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn real_time_says_what_virtual_time_says() {
    let runs: Vec<_> =
        PAIRS.iter().map(|(name, profile, alike)| tokio::spawn(differs(name, *profile, *alike))).collect();
    let mut failed = Vec::new();
    for ((name, profile, alike), run) in PAIRS.iter().zip(runs) {
        let Some(first) = run.await.unwrap() else { continue };
        println!("{name} on {profile} differed beside the others: {first}");
        if let Some(difference) = differs(name, *profile, *alike).await {
            failed.push(format!("{name} on {profile}: {difference}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
