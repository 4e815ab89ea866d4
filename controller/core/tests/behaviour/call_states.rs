//! docs/call-states.md is printed from the state table; a stale page fails here.

use std::fmt::Write;
use std::path::Path;

use trunklab_controller_core::call::table::{
    Action, Event, Next, Row, Sequel, State, StateTimer, TABLE, timer,
};

/// Set to have the page written instead of compared.
const WRITE: &str = "TRUNKLAB_WRITE_DOCS";

#[test]
fn the_page_of_call_states_is_printed_from_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/call-states.md");
    let printed = page();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == printed,
        "docs/call-states.md is stale: run this test again with {WRITE}=1 and read the difference"
    );
}

fn page() -> String {
    let mut page = String::from(
        "# Call states\n\n\
         Printed from `controller/core/src/call/table.rs` by the test `call_states`; change the table, not this page.\n\
         Run `TRUNKLAB_WRITE_DOCS=1 cargo test -p trunklab-controller-core call_states` to print it anew.\n\n\
         An event that has no row in a state is refused, and changes nothing. Clauses are those of\n\
         [call processing](call-processing.md).\n\n",
    );
    diagram(&mut page);
    states(&mut page);
    rows(&mut page);
    meanings(&mut page, "Events", Event::ALL.iter().map(|event| (event.name(), event.text())));
    meanings(&mut page, "Actions", Action::ALL.iter().map(|action| (action.name(), action.text())));
    meanings(
        &mut page,
        "What follows the talker",
        Sequel::ALL.iter().map(|sequel| (sequel.name(), sequel.text())),
    );
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn diagram(page: &mut String) {
    page.push_str("```mermaid\nstateDiagram-v2\n    [*] --> New\n");
    for from in State::ALL {
        for to in State::ALL {
            let events: Vec<_> = TABLE
                .iter()
                .filter(|row| row.state == *from && row.next == Next::Enter(*to))
                .map(label)
                .collect();
            if !events.is_empty() {
                writeln!(page, "    {} --> {}: {}", from.name(), to.name(), events.join("<br/>")).unwrap();
            }
        }
    }
    page.push_str("    Ended --> [*]\n```\n\n");
}

fn states(page: &mut String) {
    page.push_str(
        "## States and their timers\n\n| state | meaning | timer | at its end |\n|---|---|---|---|\n",
    );
    for state in State::ALL {
        let (runs, event) = match timer(*state) {
            StateTimer::Runs(reason, event) => (format!("{reason:?}"), event.name()),
            StateTimer::None(why) => (format!("none: {why}"), ""),
        };
        writeln!(page, "| {} | {} | {runs} | {event} |", state.name(), state.text()).unwrap();
    }
    page.push('\n');
}

fn rows(page: &mut String) {
    page.push_str("## Rows\n\n| state | event | next | actions, in order | cause | clause |\n|---|---|---|---|---|---|\n");
    for row in TABLE {
        let next = match row.next {
            Next::Stay => "stays",
            Next::Enter(state) => state.name(),
        };
        let actions: Vec<_> = row.actions.iter().map(|action| action.name()).collect();
        let cause = row.cause.map_or("", |cause| cause.name());
        let (state, event) = (row.state.name(), label(row));
        let (actions, clause) = (actions.join(", "), row.clause);
        writeln!(page, "| {state} | {event} | {next} | {actions} | {cause} | {clause} |").unwrap();
    }
    page.push('\n');
}

fn meanings<'a>(page: &mut String, title: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) {
    writeln!(page, "## {title}\n\n| name | meaning |\n|---|---|").unwrap();
    for (name, text) in entries {
        writeln!(page, "| {name} | {text} |").unwrap();
    }
    page.push('\n');
}

fn label(row: &Row) -> String {
    if row.sequels.len() == Sequel::ALL.len() {
        return row.event.name().into();
    }
    let sequels: Vec<_> = row.sequels.iter().map(|sequel| sequel.name().to_lowercase()).collect();
    format!("{} ({})", row.event.name(), sequels.join(", "))
}
