use std::time::Duration;

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{CallRequest, Detach, FromSite};
use trunklab_protocol::to_site::{Heartbeat, ToSite};
use trunklab_protocol::{Press, TalkgroupId};

use super::*;
use crate::observer::Observed;
use crate::run::ControllerError;
use crate::store::StorePlace;
use crate::testing::{
    BREAKING_UNIT, BUSY_UNIT, LATE_UNIT, Lab, PATIENCE, SLOW_UNIT, ScriptedSite, hello, hello_having_obeyed,
    site, unit,
};

async fn breaks(site: &mut ScriptedSite) {
    site.says(&Detach { unit: unit(BREAKING_UNIT) }.into()).await;
    assert_eq!(site.is_closed().await, Some(Cause::EntrySetAside));
}

#[tokio::test]
async fn an_input_that_breaks_the_core_is_set_aside_and_a_new_term_begins() {
    let lab = Lab::start().await;
    let mut bad = lab.site(3).await;
    let mut good = lab.site(4).await;
    breaks(&mut bad).await;
    assert_eq!(good.is_closed().await, Some(Cause::EntrySetAside));
    let back = lab.site(4).await;
    assert_eq!(back.epoch.number(), 2);
    assert_eq!(lab.controller.counters().inputs_set_aside.read(), 1);
}

#[tokio::test]
async fn a_core_that_keeps_breaking_ends_the_controller() {
    let mut lab = Lab::start().await;
    for _ in 0..BREAKS_MAX {
        let mut bad = lab.site(3).await;
        bad.says(&Detach { unit: unit(BREAKING_UNIT) }.into()).await;
        bad.is_closed().await;
    }
    let ended = lab.controller.ended().await;
    assert!(matches!(ended, Err(ControllerError::Run(RunError::KeepsBreaking))), "{ended:?}");
}

/// Site 3 connects and greets; it has obeyed this epoch.
async fn site_3_having_obeyed(lab: &Lab, newest: u32) -> ScriptedSite {
    let mut ahead = lab.connect(&lab.zone.site(site(3)).unwrap()).await.unwrap();
    ahead.says(&hello_having_obeyed(newest)).await;
    ahead
}

#[tokio::test]
async fn a_site_that_has_obeyed_a_newer_term_brings_about_a_higher_one_for_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trunklab.db");
    let lab = Lab::start_with(|options| options.store = StorePlace::File(path.clone())).await;
    let mut other = lab.site(4).await;
    assert_eq!(other.epoch.number(), 1);
    let mut ahead = site_3_having_obeyed(&lab, 7).await;
    assert_eq!(ahead.is_closed().await, Some(Cause::Deposed));
    assert_eq!(other.is_closed().await, Some(Cause::Deposed));
    assert_eq!(lab.site(3).await.epoch.number(), 8);
    lab.controller.stop().await.unwrap();
    let lab = Lab::start_with(|options| options.store = StorePlace::File(path)).await;
    assert_eq!(lab.site(3).await.epoch.number(), 9, "the raised epoch lasts");
}

#[tokio::test]
async fn a_site_that_names_ever_newer_terms_cannot_keep_the_others_from_being_served() {
    let lab = Lab::start().await;
    for turn in 1..=RAISES_MAX {
        let claimed = u32::try_from(turn * 10).unwrap();
        assert_eq!(site_3_having_obeyed(&lab, claimed).await.is_closed().await, Some(Cause::Deposed));
    }
    let mut other = lab.site(4).await;
    let epoch = other.epoch;
    let mut liar = lab.site(3).await;
    liar.says(&hello_having_obeyed(1_000)).await;
    // What comes after the claim on the same link is answered after it, and in the same term.
    liar.says(&hello()).await;
    assert_eq!(liar.hears().await, Some(Heartbeat {}.into()));
    assert_eq!(liar.epoch, epoch);
    other.says(&hello()).await;
    assert_eq!(other.hears().await, Some(Heartbeat {}.into()));
    assert_eq!(other.epoch, epoch);
}

#[tokio::test]
async fn what_must_last_is_answered_after_its_commit_and_an_observer_sees_the_order() {
    let (watcher, mut seen) = mpsc::channel::<Observed>(1_024);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trunklab.db");
    let lab = Lab::start_with(|options| {
        options.store = StorePlace::File(path.clone());
        options.observer = Some(watcher);
    })
    .await;
    let mut site = lab.site(3).await;
    let request = CallRequest {
        unit: unit(1017),
        press: Press::new(1).unwrap(),
        talkgroup: TalkgroupId::new(41).unwrap(),
        kind: RequestKind::Normal,
        area: None,
    };
    site.says(&request.into()).await;
    while lab.controller.snapshot().await.unwrap().totals.registered != 7 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    lab.controller.stop().await.unwrap();
    assert_eq!(site.is_closed().await, Some(Cause::Shutdown));

    let mut order = Vec::new();
    while let Some(Observed { what, .. }) = seen.recv().await {
        match what {
            Seen::Input(Input::FromSite { message: FromSite::CallRequest(_), .. }) => order.push("request"),
            Seen::Output(Output::ToSite { message: ToSite::Assert(_), .. }) => order.push("grant"),
            Seen::Output(Output::Store { id: 7, .. }) => order.push("store"),
            Seen::Input(Input::Stored { id: 7 }) => order.push("stored"),
            Seen::Input(Input::ClosingDown) => order.push("closing down"),
            Seen::Input(_) | Seen::Output(_) => {}
        }
    }
    assert_eq!(order, ["request", "grant", "store", "stored", "closing down"]);
}

/// What the core was told next of the waits of a second.
async fn next_wait_ms(seen: &mut mpsc::Receiver<Observed>) -> u32 {
    let next = async {
        loop {
            let Observed { what, .. } = seen.recv().await.expect("the controller runs");
            if let Seen::Input(Input::Waited { longest_ms }) = what {
                return longest_ms;
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.expect("nobody tells the core")
}

async fn watched() -> (Lab, ScriptedSite, mpsc::Receiver<Observed>) {
    let (watcher, seen) = mpsc::channel::<Observed>(65_536);
    let lab = Lab::start_with(|options| options.observer = Some(watcher)).await;
    let site = lab.site(3).await;
    (lab, site, seen)
}

/// What is told of a second at whose beginning a site says that these units leave, all in one go.
async fn wait_of_a_second_ms(units: &[u32]) -> u32 {
    let (lab, mut site, mut seen) = watched().await;
    let said: Vec<_> =
        units.iter().map(|number| site.frame(&Detach { unit: unit(*number) }.into())).collect();
    // The end of a second is seen in time here, as far as the machine lets it: it is not what waits.
    next_wait_ms(&mut seen).await;
    site.sends(&said.concat()).await;
    let told = next_wait_ms(&mut seen).await;
    lab.controller.stop().await.unwrap();
    told
}

#[tokio::test]
async fn the_core_is_told_how_late_the_end_of_a_second_was_seen() {
    let (lab, mut site, mut seen) = watched().await;
    site.says(&Detach { unit: unit(SLOW_UNIT) }.into()).await;
    while next_wait_ms(&mut seen).await <= 500 {}
    lab.controller.stop().await.unwrap();
}

#[tokio::test]
async fn the_core_is_told_how_long_what_a_site_said_was_in_the_queue() {
    let told = wait_of_a_second_ms(&[BUSY_UNIT, 1]).await;
    assert!(told > 500, "{told} ms");
}

#[tokio::test]
async fn the_core_is_told_how_late_it_was_woken() {
    let told = wait_of_a_second_ms(&[LATE_UNIT]).await;
    assert!(told > 500, "{told} ms");
}
