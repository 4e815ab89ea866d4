//! A run as a Mermaid sequence diagram.

use std::fmt::Write as _;

use super::{Place, Transcript};

impl Transcript {
    /// The run as a Mermaid sequence diagram.
    pub fn mermaid(&self) -> String {
        let mut ladder = String::from("sequenceDiagram\n");
        for name in self.participants() {
            writeln!(ladder, "    participant {name}").expect("a String takes everything");
        }
        for line in &self.lines {
            let text = line.text.replace([';', '#', '\n', '\r'], " ");
            let (from, arrow, to) = match line.place {
                Place::FromSite(site) => (format!("S{site}"), "->>", "C".to_owned()),
                Place::ToSite(site) => ("C".to_owned(), "->>", format!("S{site}")),
                // A site that serves alone talks to itself.
                Place::FromAlone(site) | Place::ToAlone(site) => {
                    (format!("S{site}"), "->>", format!("S{site}"))
                }
                Place::ToConsole => ("C".to_owned(), "->>", "O".to_owned()),
                Place::Unit(unit) => (format!("Note over U{unit}"), "", String::new()),
                Place::Site(site) => (format!("Note over S{site}"), "", String::new()),
                Place::Controller => ("Note over C".to_owned(), "", String::new()),
            };
            writeln!(ladder, "    {from}{arrow}{to}: {} {text}", line.at).expect("a String takes everything");
        }
        ladder
    }

    /// Units, then sites, then the controller, then the console.
    fn participants(&self) -> Vec<String> {
        let mut places: Vec<Place> = self.lines.iter().map(|line| line.place).collect();
        places.sort_unstable();
        places.dedup();
        let mut units = Vec::new();
        let mut sites = Vec::new();
        let mut console = None;
        for place in places {
            match place {
                Place::Unit(unit) => units.push(format!("U{unit} as unit {unit}")),
                Place::FromSite(site)
                | Place::ToSite(site)
                | Place::FromAlone(site)
                | Place::ToAlone(site)
                | Place::Site(site) => {
                    sites.push(site);
                }
                Place::ToConsole => console = Some("O as console".to_owned()),
                Place::Controller => {}
            }
        }
        sites.sort_unstable();
        sites.dedup();
        let sites = sites.into_iter().map(|site| format!("S{site} as site {site}"));
        units.into_iter().chain(sites).chain(["C as controller".to_owned()]).chain(console).collect()
    }
}
