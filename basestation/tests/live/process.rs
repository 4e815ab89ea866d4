//! The program: what it says when it cannot start, and its orderly end.

use std::process::{Output, Stdio};

use tokio::process::Command;
use tokio::time::timeout;

use crate::controller::{Controller, PATIENCE, nowhere};
use crate::zone::Zone;

fn basestation(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_basestation"));
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn output(arguments: &[&str]) -> Output {
    timeout(PATIENCE, basestation(arguments).output()).await.expect("it does not end").unwrap()
}

#[tokio::test]
async fn what_is_wrong_is_one_sentence_with_the_remedy() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let occupied = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    Zone::new().credentials("site-3").write(&directory.path().join("good")).unwrap();
    let good = directory.path().join("good").display().to_string();
    let run =
        |credentials, air| ["run", "--controller", "127.0.0.1:1", "--credentials", credentials, "--air", air];
    for (arguments, says) in [
        (&run("no-such", "127.0.0.1:0")[..], "basestation: no-such/site.pem: "),
        (&run(&good, &occupied)[..], "name another address with --air"),
        (
            &["enrol", "--controller", "127.0.0.1:1", "--token", "x", "--out", &good][..],
            "not an enrolment token",
        ),
    ] {
        let output = output(arguments).await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(says) && text.lines().count() == 1, "{text}");
    }
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let zone = Zone::new();
    let controller = Controller::open(&zone, "controller").await;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("site-3");
    zone.credentials("site-3").write(&place).unwrap();
    let mut station = basestation(&["run", "--controller", &controller.address(), "--air", "127.0.0.1:0"])
        .arg("--credentials")
        .arg(&place)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut site = controller.answer().await.unwrap();
    site.greet(nowhere()).await;
    let id = station.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    while site.next().await.is_some() {}
    assert!(timeout(PATIENCE, station.wait()).await.expect("it does not end").unwrap().success());
}
