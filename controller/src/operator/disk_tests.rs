//! A disk that is full: what cannot be kept is refused with its cause, and nothing is half done.

use serde_json::{Value, json};
use trunklab_controller_core::config::{Change, Talkgroup};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Deed, Role};
use trunklab_protocol::{Cause, TalkgroupId};

use crate::observer::{Observed, Seen};
use crate::store::{Account, AccountChange, AuditQuery, Page, Store, StorePlace};
use crate::testing::{Lab, TOKEN, exchange};

/// More entries than the pages that are there have room for.
const SURELY_FULL: u64 = 5_000;

fn talkgroups() -> Vec<Change> {
    let named = |number| Talkgroup::named(TalkgroupId::new(number).unwrap(), "Fire");
    [41, 42].map(|number| Change::Talkgroup(named(number))).to_vec()
}

async fn order(lab: &Lab, order: &Value) -> (u16, Value) {
    let (status, body) = exchange(lab, "POST /v1/orders", Some(TOKEN), &order.to_string()).await;
    (status, serde_json::from_str::<Value>(&body).map_or(Value::Null, |body| body["cause"].clone()))
}

#[tokio::test]
async fn an_order_on_a_full_disk_is_refused_and_changes_nothing() {
    let lab = Lab::start_whole_with(|options| options.provision = talkgroups()).await;
    lab.controller.at_store(|store| store.fill_disk(true)).await;
    let join = json!({ "order": "multiselect", "talkgroups": [41, 42] });
    let part = json!({ "order": "undo_patch", "talkgroup": 41 });
    let (mut done, mut joined) = (0_u64, false);
    loop {
        let (status, cause) = order(&lab, if joined { &part } else { &join }).await;
        if status != 204 {
            assert_eq!((status, cause), (503, json!("durable_store_failed")));
            break;
        }
        (done, joined) = (done + 1, !joined);
        assert!(done < SURELY_FULL, "the disk is never full");
    }
    let snapshot = lab.controller.snapshot().await.unwrap();
    assert_eq!(!snapshot.patches.is_empty(), joined, "after {done} orders");
    let counted = |lab: &Lab| lab.controller.counters().store_failures.read();
    assert_eq!(counted(&lab), 1);
    lab.controller.at_store(|store| store.fill_disk(false)).await;
    assert_eq!(order(&lab, if joined { &part } else { &join }).await.0, 204, "there is room again");
    let wanted = AuditQuery { page: Page { limit: 10_000, ..Page::default() }, by: None };
    let (answer, told) = std::sync::mpsc::channel();
    lab.controller.at_store(move |store| answer.send(store.audit(&wanted).unwrap().entries).unwrap()).await;
    let entries = told.recv().unwrap();
    assert_eq!(entries.len() as u64, done + 1, "one for each that was carried out");
    assert!(entries.iter().all(|entry| matches!(entry.deed, Deed::Order { .. }) && entry.cause.is_none()));
}

/// An order that is refused for its state: two entries, and the answer behind both.
#[tokio::test]
async fn an_order_is_answered_when_its_entries_are_on_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    let (watcher, mut seen) = tokio::sync::mpsc::channel::<Observed>(1_024);
    let lab = Lab::start_whole_with(|options| {
        options.provision = talkgroups();
        options.store = StorePlace::File(path.clone());
        options.observer = Some(watcher);
    })
    .await;
    let entries = || {
        let wanted = AuditQuery { page: Page { limit: 10, ..Page::default() }, by: None };
        let entries = Store::open_beside(&path).unwrap().audit(&wanted).unwrap().entries;
        entries.iter().map(|entry| entry.cause).collect::<Vec<_>>()
    };
    let (go_on, held_up) = std::sync::mpsc::channel::<()>();
    let mut works = std::pin::pin!(lab.controller.at_store(move |_| held_up.recv().unwrap()));
    let wanted = json!({ "order": "undo_patch", "talkgroup": 41 });
    let mut asked = std::pin::pin!(order(&lab, &wanted));
    let ordered = async {
        while !matches!(seen.recv().await.unwrap().what, Seen::Input(Input::Order { .. })) {}
        // The loop has nothing to do any more.
        lab.controller.snapshot().await.unwrap();
    };
    tokio::select! {
        biased;
        () = &mut works => panic!("the store works until it is told to go on"),
        early = &mut asked => panic!("answered {early:?} while the store works"),
        () = ordered => {}
    }
    assert_eq!(entries(), []);
    go_on.send(()).unwrap();
    works.await;
    assert_eq!(asked.await, (409, json!("unknown_patch")));
    assert_eq!(entries(), [None, Some(Cause::UnknownPatch)]);
    let mut steps = Vec::new();
    while let Ok(Observed { what, .. }) = seen.try_recv() {
        match what {
            Seen::Output(Output::Store { item: StoreItem::Audit(_), .. }) => steps.push("entry"),
            Seen::Input(Input::Stored { .. }) => steps.push("kept"),
            Seen::Output(Output::Ordered { .. }) => steps.push("answer"),
            Seen::Input(_) | Seen::Output(_) => {}
        }
    }
    assert_eq!(steps, ["entry", "kept", "entry", "kept", "answer"]);
}

#[test]
fn a_change_of_an_account_and_its_entry_are_both_kept_or_neither() {
    let mut store = Store::open(&StorePlace::Memory).unwrap();
    let (name, role) = (ConsoleName::new("anna"), Role::Viewer);
    let entry = |deed| AuditEntry {
        id: 0,
        at_us: 1,
        who: ConsoleName::new("root"),
        role: Some(Role::Administrator),
        from: None,
        deed,
        cause: None,
    };
    let account = Account { name: name.clone(), role, is_disabled: false, password: "hash".to_owned() };
    let added = entry(Deed::AccountAdded { account: name.clone(), as_role: role });
    assert!(store.add_account(&account, &added).unwrap());
    store.fill_disk(true);
    let mut changes = 0_u64;
    let failed = loop {
        let hash = format!("{changes:0200}");
        let changed = entry(Deed::AccountPassword { account: name.clone() });
        match store.change_account(&name, &AccountChange::Password(hash), &changed) {
            Ok(done) => assert!(done),
            Err(failed) => break failed,
        }
        changes += 1;
        assert!(changes < SURELY_FULL, "the disk is never full");
    };
    assert!(failed.to_string().contains("full"), "{failed}");
    assert_eq!(store.account(&name).unwrap().unwrap().password, format!("{:0200}", changes - 1));
    let wanted = AuditQuery { page: Page { limit: 10_000, ..Page::default() }, by: None };
    assert_eq!(store.audit(&wanted).unwrap().entries.len() as u64, changes + 1);
}
