//! `trunklab demo`: one command shows a network that lives, and tells what it did.

use serde_json::Value;
use trunklab_tests::program;

#[test]
fn piped_it_prints_a_transcript_and_a_summary() {
    let shown = program::trunklab().args(["demo", "--seconds", "20"]).output().unwrap();
    let (out, err) = (program::text(&shown.stdout), program::text(&shown.stderr));
    assert!(shown.status.success(), "{out}\n{err}");
    assert!(err.contains("64 radios are switched on"), "{err}");
    assert!(err.contains("calls begin"), "{err}");
    for part in ["granted: unit", "SPD Disp", "falls silent", "at sites 1, 2, 3"] {
        assert!(out.contains(part), "no `{part}` in\n{out}");
    }
    for figure in
        ["registrations", "granted", "queued", "refused", "push-to-talk to grant  p50", "delivered", "octets"]
    {
        assert!(out.contains(figure), "no `{figure}` in\n{out}");
    }
    assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "no colour where nobody looks:\n{out}{err}");
}

#[test]
fn a_program_reads_its_figures() {
    let shown =
        program::trunklab().args(["demo", "--seconds", "12", "--seed", "2", "--json"]).output().unwrap();
    let out = program::text(&shown.stdout);
    assert!(shown.status.success(), "{out}\n{}", program::text(&shown.stderr));
    let figures: Value = serde_json::from_str(out).unwrap();
    let count = |name: &str| {
        figures.pointer(name).and_then(Value::as_u64).unwrap_or_else(|| panic!("{name} in {out}"))
    };
    assert_eq!(count("/sites"), 3);
    assert!(count("/registered") >= 40, "{out}");
    assert!(count("/granted") > 0, "{out}");
    assert!(count("/voice_frames_sent") > 0, "{out}");
    assert!(count("/voice_frames_delivered") > 0, "{out}");
    assert!(count("/press_to_talk_permit/count") > 0, "{out}");
    assert!(count("/request_to_grant/p99_us") > 0, "{out}");
    for way in ["air_uplink", "air_downlink", "from_site", "to_site", "voice_uplink", "voice_downlink"] {
        assert!(count(&format!("/octets/{way}")) > 0, "{way} is silent: {out}");
    }
}

#[test]
fn told_to_end_it_ends_in_order() {
    let running = program::trunklab().args(["demo", "--seconds", "600"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let told = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(told.success());
    let shown = running.wait_with_output().unwrap();
    // Nobody has talked yet, so an interface was silent; the summary says so, and that is no failure of the end.
    assert!(program::text(&shown.stdout).contains("voice frames"), "{}", program::text(&shown.stdout));
    assert!(shown.status.success(), "{}", program::text(&shown.stderr));
}
