//! Reads docs/protocol.md as the tables that it is.

use std::fs;

use crate::tree::root;

/// One table, with the heading that it stands under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The heading's clause, as `4.3.2`.
    pub clause: String,
    /// The heading without its clause.
    pub title: String,
    /// The columns' names.
    pub header: Vec<String>,
    /// The cells, without the backticks around names.
    pub rows: Vec<Vec<String>>,
}

/// A message as the specification has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecifiedMessage {
    /// Its family or kind of word.
    pub family: String,
    /// Its number.
    pub code: u8,
    /// Its name.
    pub name: String,
    /// Its fields: name, encoding, octets.
    pub fields: Vec<[String; 3]>,
}

/// The whole text.
#[derive(Debug)]
pub struct Specification {
    /// As it is in the file.
    pub text: String,
    /// Every table, in order.
    pub tables: Vec<Table>,
    headings: Vec<(String, String)>,
}

impl Specification {
    /// Reads the file.
    ///
    /// # Panics
    /// When there is none.
    pub fn read() -> Self {
        let path = root().join("docs/protocol.md");
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
        Self::parse(text)
    }

    fn parse(text: String) -> Self {
        let (mut tables, mut headings) = (Vec::<Table>::new(), Vec::new());
        let mut inside = false;
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("##") {
                let (clause, title) =
                    heading.trim_start_matches('#').trim().split_once(' ').unwrap_or_default();
                headings.push((clause.to_owned(), title.to_owned()));
            }
            if !line.starts_with('|') {
                inside = false;
                continue;
            }
            let cells: Vec<String> = line
                .trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect();
            let Some(table) = tables.last_mut().filter(|_| inside) else {
                let (clause, title) = headings.last().cloned().unwrap_or_default();
                tables.push(Table { clause, title, header: cells, rows: Vec::new() });
                inside = true;
                continue;
            };
            if !line.starts_with("|---") {
                table.rows.push(cells);
            }
        }
        Self { text, tables, headings }
    }

    /// The tables under the heading with this title.
    pub fn under(&self, title: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.title == title)
    }

    /// Whether a clause or chapter with this number exists.
    pub fn has_clause(&self, clause: &str) -> bool {
        self.headings.iter().any(|(found, _)| found == clause)
    }

    /// Every message and word that has a heading of its own, in order.
    pub fn messages(&self) -> Vec<SpecifiedMessage> {
        self.headings
            .iter()
            .filter_map(|(_, title)| {
                let mut words = title.split(' ');
                let (family, code, name) = (words.next()?, words.next()?.strip_prefix("0x")?, words.next()?);
                Some(SpecifiedMessage {
                    family: family.to_owned(),
                    code: u8::from_str_radix(code, 16).ok()?,
                    name: name.to_owned(),
                    fields: self.fields(title),
                })
            })
            .collect()
    }

    /// Name, encoding and octets of each field of the message or record with this heading.
    pub fn fields(&self, title: &str) -> Vec<[String; 3]> {
        let table = self.under(title).filter(|table| table.header[0] == "Field");
        let rows = table.map_or(&[][..], |table| &table.rows);
        rows.iter().map(|row| [row[0].clone(), row[1].clone(), row[2].clone()]).collect()
    }

    /// What stands between the two marks, without them.
    pub fn between(&self, mark: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(&format!("<!-- {mark} -->\n"))?;
        rest.split_once(&format!("<!-- end of {mark} -->")).map(|(inner, _)| inner)
    }
}
