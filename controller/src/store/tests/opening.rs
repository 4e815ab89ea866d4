//! Whose file it is, how old, and which term of office begins.

use trunklab_protocol::operator::{ConsoleName, Role};

use super::*;

#[test]
fn the_epoch_grows_at_every_start() {
    let directory = tempfile::tempdir().unwrap();
    for expected in 1..=3 {
        let mut store = Store::open(&place(&directory)).unwrap();
        assert_eq!(store.begin_term(Epoch::new(0).unwrap(), 0).unwrap().number(), expected);
    }
}

#[test]
fn a_term_begins_above_another_controllers_and_that_lasts() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.begin_term(Epoch::new(7).unwrap(), 0).unwrap().number(), 8);
    assert_eq!(store.begin_term(Epoch::new(3).unwrap(), 0).unwrap().number(), 9);
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.begin_term(Epoch::new(0).unwrap(), 0).unwrap().number(), 10);
    let beyond = store.begin_term(Epoch::new(u32::MAX).unwrap(), 0);
    assert!(matches!(beyond, Err(StoreError::NoEpochLeft(_))), "{beyond:?}");
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    drop(Store::open(&place(&directory)).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", schema::NEWEST + 1).unwrap();
    let said = Store::open(&place(&directory)).unwrap_err().to_string();
    assert!(
        said.contains(&format!("has version {}", schema::NEWEST + 1))
            && said.contains("start the newer controller"),
        "{said}"
    );
    let version: i64 =
        Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, schema::NEWEST + 1);
}

#[test]
fn other_peoples_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    assert!(matches!(Store::open(&place(&directory)), Err(StoreError::Foreign(_))));
    std::fs::write(&path, "this is a text of more than a hundred octets, ".repeat(40)).unwrap();
    assert!(matches!(Store::open(&place(&directory)), Err(StoreError::Foreign(_))));
}

#[test]
fn a_second_controller_is_kept_out_but_a_token_can_be_added_beside_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    let mut first = Store::open(&place(&directory)).unwrap();
    assert!(matches!(Store::open(&place(&directory)), Err(StoreError::InUse(_))));
    let token = StoredToken { hash: [7; 32], name: ConsoleName::new("wall"), role: Role::Viewer };
    Store::open_beside(&path).unwrap().add_operator_token(&token).unwrap();
    assert_eq!(first.operator_tokens().unwrap(), [token]);
}

#[test]
fn a_closed_database_can_be_opened_though_a_process_being_started_holds_a_copy_of_its_files() {
    let directory = tempfile::tempdir().unwrap();
    let first = Store::open(&place(&directory)).unwrap();
    let copy = first._lock.as_ref().unwrap().0.try_clone().unwrap();
    drop(first);
    Store::open(&place(&directory)).unwrap();
    drop(copy);
}
