//! OP25's talkgroup tags: a number, a tab, a name, perhaps a tab and a priority.

use trunklab_protocol::TalkgroupId;

use super::finding::{Defect, Findings};
use super::source::Source;
use super::talkgroups::List;
use super::{Encryption, Format, ImportError, Limits, Talkgroup, Talkgroups};

/// Whether a line reads as a tag.
pub(super) fn is_tag(line: &str) -> bool {
    line.split_once('\t')
        .is_some_and(|(id, name)| !name.trim().is_empty() && unquoted(id).parse::<u32>().is_ok())
}

pub(super) fn parse(source: &Source, limits: &Limits) -> Result<Talkgroups, ImportError> {
    let mut findings = Findings::new(limits.findings_max);
    let mut lines = source.lines(limits);
    let (mut list, mut rows) = (List::default(), 0);
    while let Some(line) = lines.next(&mut findings)? {
        if line.text.starts_with('#') {
            continue;
        }
        if rows == limits.rows_max {
            let file = source.name.clone();
            return Err(ImportError::TooManyRows { file, line: line.number, limit: limits.rows_max });
        }
        rows += 1;
        if let Some(talkgroup) = tag(&line.text, line.number, &mut findings) {
            list.add(talkgroup, "id", &mut findings);
        }
    }
    if list.is_empty() {
        let first = findings.first.first().map(ToString::to_string);
        return Err(ImportError::NothingUsable { file: source.name.clone(), rows, first });
    }
    Ok(list.finish(source.name.clone(), Format::Op25Tags, rows, findings))
}

fn tag(text: &str, line: u64, findings: &mut Findings) -> Option<Talkgroup> {
    let mut cells = text.split('\t').map(unquoted);
    let (id, name, priority) = (cells.next()?, cells.next().unwrap_or(""), cells.next().unwrap_or(""));
    let Some(talkgroup) = id.parse().ok().and_then(TalkgroupId::new) else {
        let expected = "a talkgroup number from 1 to 65535, a tab and a name";
        findings.add(line, "id", id, Defect::RowSkipped { expected });
        return None;
    };
    let ranked = priority.parse().ok();
    if ranked.is_none() && !priority.is_empty() {
        findings.add(line, "priority", priority, Defect::ValueIgnored { expected: "a whole number" });
    }
    Some(Talkgroup {
        talkgroup,
        alpha_tag: name.to_owned(),
        description: String::new(),
        tag: String::new(),
        category: String::new(),
        mode: None,
        encryption: Encryption::None,
        priority: ranked,
        preferred_nac: None,
        line,
    })
}

fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_names_and_priorities_and_skips_comments() {
        let text = "# tags\n101\tFire Dispatch\n\n\"102\"\t\"Fire Tac\"\t3\nten\tNothing\n";
        let limits = Limits::default();
        let source = Source::of("tags.tsv".into(), text.as_bytes().to_vec(), &limits).unwrap();
        let list = parse(&source, &limits).unwrap();
        assert_eq!(list.talkgroups[0].alpha_tag, "Fire Dispatch");
        assert_eq!(
            (list.talkgroups[1].alpha_tag.as_str(), list.talkgroups[1].priority),
            ("Fire Tac", Some(3))
        );
        assert_eq!((list.report.rows, list.report.defects.skipped), (3, 1));
        assert_eq!(list.report.defects.first[0].line, 5);
    }
}
