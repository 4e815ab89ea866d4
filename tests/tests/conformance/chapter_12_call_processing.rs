//! docs/call-processing.md and the code say the same: each clause that a decision cites stands there under its
//! heading, and each clause that stands there is cited.

use std::fs;

use trunklab_basestation_core::urgency::{ORDER, Row, Words};
use trunklab_controller_core::call::table::TABLE;
use trunklab_protocol::Clause;
use trunklab_tests::tree::root;

/// The headings of all parts of the specification that have a number.
fn headings() -> Vec<(String, String)> {
    ["docs/protocol.md", "docs/call-processing.md", "docs/services.md", "docs/resilience.md"]
        .iter()
        .flat_map(|page| {
            let text = fs::read_to_string(root().join(page)).unwrap();
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines
        })
        .filter_map(|line| {
            let heading = line.strip_prefix('#')?.trim_start_matches('#').trim().to_owned();
            let (number, title) = heading.split_once(' ')?;
            number.starts_with(|letter: char| letter.is_ascii_digit()).then(|| (number.into(), title.into()))
        })
        .collect()
}

#[test]
fn every_cited_clause_stands_in_the_specification_under_its_heading() {
    let headings = headings();
    for clause in Clause::ALL {
        let wanted = (clause.number().to_owned(), clause.title().to_owned());
        assert!(headings.contains(&wanted), "no heading `{} {}`", wanted.0, wanted.1);
    }
}

#[test]
fn every_clause_of_call_processing_services_and_resilience_can_be_cited() {
    for (number, title) in headings() {
        // 13.7 is about the operator API: no line of a transcript follows from it.
        let decides = ["12.", "13.", "14."].iter().any(|chapter| number.starts_with(chapter))
            && !number.starts_with("13.7.");
        if decides && number.split('.').count() == 3 {
            assert!(Clause::ALL.iter().any(|clause| clause.number() == number), "{number} {title}");
        }
    }
}

#[test]
fn every_row_of_the_state_table_follows_a_clause_of_call_processing_services_or_resilience() {
    for row in TABLE {
        let number = row.clause.number();
        assert!(["12.", "13.", "14."].iter().any(|chapter| number.starts_with(chapter)), "{row:?}");
    }
}

#[test]
fn the_order_of_control_words_is_the_one_of_the_specification() {
    let times = |count: u8| match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    };
    let printed = |row: &Row| match row.words {
        Words::Wait { max, sayings, .. } => format!("| {} | {max} | {} |\n", row.name, times(sayings)),
        Words::Again { max } => format!("| {} | {max} | as begun |\n", row.name),
        Words::Made => format!("| {} | - | once |\n", row.name),
    };
    let table: String = ORDER.iter().map(printed).collect();
    let text = fs::read_to_string(root().join("docs/call-processing.md")).unwrap();
    assert!(text.contains(&table), "clause 12.12.3 is stale; its table should be\n\n{table}");
}
