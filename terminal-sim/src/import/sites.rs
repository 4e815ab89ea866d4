//! RadioReference site lists: one row per site, as many frequencies to its right as the site has.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use trunklab_protocol::channel_plan::PlanChannel;

use super::finding::{Defect, Findings};
use super::number::megahertz;
use super::source::Source;
use super::table::{Row, Table};
use super::talkgroups::{damaged_hex, network_access_code, optional};
use super::{Figures, Format, ImportError, Limits, Report, Reuse, SiteFigures};

/// One frequency of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Frequency {
    /// The site's transmit frequency in hertz.
    pub hertz: u64,
    /// Whether it can carry the control channel.
    pub control: bool,
}

/// One site of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Site {
    /// The subsystem.
    pub rfss: u16,
    /// The site within the subsystem.
    pub site: u16,
    /// The network access code, where the list has it.
    pub nac: Option<u16>,
    /// The site's name.
    pub name: String,
    /// The county, where the list has it.
    pub county: String,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// The radius of its coverage in miles, as the list gives it.
    pub range_miles: Option<f64>,
    /// Its frequencies in the row's order, repeated ones included.
    pub frequencies: Vec<Frequency>,
    /// The row's line, from 1.
    pub line: u64,
}

/// A list of sites, in the file's order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sites {
    /// Figures and defects.
    pub report: Report,
    /// Each site once; of rows that claim the same number, the first.
    pub sites: Vec<Site>,
    /// Later rows that claim a number already taken.
    pub conflicts: Vec<Site>,
    /// Which of them are too near to each other for a frequency that they share.
    pub reuse: Reuse,
}

struct Columns {
    rfss: Option<usize>,
    site: Option<usize>,
    hex: Option<usize>,
    nac: Option<usize>,
    name: Option<usize>,
    county: Option<usize>,
    latitude: Option<usize>,
    longitude: Option<usize>,
    range: Option<usize>,
    frequencies: usize,
}

pub(super) fn parse(source: &Source, delimiter: char, limits: &Limits) -> Result<Sites, ImportError> {
    let mut findings = Findings::new(limits.findings_max);
    let format = Format::RadioReferenceSites;
    let mut table = Table::open(source, format, delimiter, limits, &mut findings)?;
    let columns = Columns {
        rfss: table.need(&["RFSS"], &mut findings)?,
        site: table.need(&["Site Dec"], &mut findings)?,
        hex: table.find(&["Site Hex"], &mut findings),
        nac: table.find(&["Site NAC"], &mut findings),
        name: table.find(&["Description"], &mut findings),
        county: table.find(&["County Name", "County"], &mut findings),
        latitude: table.find(&["Lat"], &mut findings),
        longitude: table.find(&["Lon"], &mut findings),
        range: table.find(&["Range"], &mut findings),
        frequencies: table
            .need(&["Frequencies"], &mut findings)?
            .expect("a needed column is found or an error"),
    };
    let (mut sites, mut conflicts) = (Vec::<Site>::new(), Vec::new());
    let mut places = BTreeMap::new();
    while let Some(row) = table.next(&mut findings)? {
        let Some(site) = columns.read(&row, &mut findings) else { continue };
        let first = places.entry((site.rfss, site.site)).or_insert(sites.len());
        let Some(first) = sites.get(*first) else {
            sites.push(site);
            continue;
        };
        let (rfss, number, kept) = (site.rfss, site.site, first.name.clone());
        let conflict = Defect::SiteConflict { rfss, site: number, first_line: first.line, kept };
        findings.add(row.line, "Site Dec", &site.name, conflict);
        conflicts.push(site);
    }
    if sites.is_empty() {
        return Err(table.nothing_usable(&findings));
    }
    let figures = Figures::Sites(figures(&sites, conflicts.len()));
    let report = Report { file: source.name.clone(), format, rows: table.rows(), figures, defects: findings };
    let reuse = Reuse::of(&sites);
    Ok(Sites { report, sites, conflicts, reuse })
}

fn figures(sites: &[Site], conflicts: usize) -> SiteFigures {
    let mut figures = SiteFigures { distinct: sites.len(), conflicts, ..SiteFigures::default() };
    for frequency in sites.iter().flat_map(|site| &site.frequencies) {
        figures.frequencies += 1;
        figures.control_channels += usize::from(frequency.control);
        figures.in_channel_plan += usize::from(PlanChannel::at_downlink_hz(frequency.hertz).is_some());
    }
    figures
}

impl Columns {
    fn read(&self, row: &Row, findings: &mut Findings) -> Option<Site> {
        let rfss = self.number(row, self.rfss, "RFSS", findings)?;
        let site = self.number(row, self.site, "Site Dec", findings)?;
        let hex = row.cell(self.hex);
        if let Some(defect) = damaged_hex(hex, u32::from(site)) {
            findings.add(row.line, "Site Hex", hex, defect);
        }
        let nac_expected = "a network access code from 000 to FFF";
        Some(Site {
            rfss,
            site,
            nac: optional(row, self.nac, "Site NAC", nac_expected, findings, network_access_code),
            name: row.cell(self.name).to_owned(),
            county: row.cell(self.county).to_owned(),
            latitude: optional(row, self.latitude, "Lat", "degrees from -90 to 90", findings, |text| {
                within(text, -90.0, 90.0)
            }),
            longitude: optional(row, self.longitude, "Lon", "degrees from -180 to 180", findings, |text| {
                within(text, -180.0, 180.0)
            }),
            range_miles: optional(row, self.range, "Range", "miles from 0 to 1000", findings, |text| {
                within(text, 0.0, 1_000.0)
            }),
            frequencies: self.frequencies(row, findings),
            line: row.line,
        })
    }

    fn number(&self, row: &Row, at: Option<usize>, column: &str, findings: &mut Findings) -> Option<u16> {
        let text = row.cell(at);
        let number = text.parse().ok();
        if number.is_none() {
            let expected = "a number from 0 to 65535";
            findings.add(row.line, column, text, Defect::RowSkipped { expected });
        }
        number
    }

    fn frequencies(&self, row: &Row, findings: &mut Findings) -> Vec<Frequency> {
        let (mut frequencies, mut seen) = (Vec::<Frequency>::new(), BTreeSet::new());
        for cell in row.cells_from(self.frequencies).iter().filter(|cell| !cell.is_empty()) {
            let (digits, control) = match cell.strip_suffix(['c', 'C']) {
                Some(digits) => (digits, true),
                None => (cell.as_str(), false),
            };
            let Some(hertz) = megahertz(digits) else {
                findings.add(row.line, "Frequencies", cell, Defect::BadFrequency);
                continue;
            };
            if !seen.insert(hertz) {
                findings.add(row.line, "Frequencies", cell, Defect::RepeatedFrequency);
            }
            frequencies.push(Frequency { hertz, control });
        }
        if frequencies.is_empty() {
            findings.add(row.line, "Frequencies", "", Defect::NoFrequency);
        } else if !frequencies.iter().any(|frequency| frequency.control) {
            findings.add(row.line, "Frequencies", "", Defect::NoControlChannel);
        }
        frequencies
    }
}

fn within(text: &str, least: f64, most: f64) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Sites {
        let limits = Limits::default();
        let source = Source::of("sites.csv".into(), text.as_bytes().to_vec(), &limits).unwrap();
        parse(&source, ',', &limits).unwrap()
    }

    #[test]
    fn reads_ragged_rows_with_control_channels_behind_extra_columns() {
        let list = list(
            "link,RFSS,Site Dec,Site Hex,Site NAC,Description,County Name,Lat,Lon,Range,Frequencies,,\n\
             x,1,010,A,2A1,Hill ,North,31.5,-91.25,12,851.0125c,851.2625,,\n\
             x,1,11,B,,Dale,North,,,,852.5c\n\
             x,1,12,C,,Fen,North,,,,851.5,852.0c,853.0,854.0,855.0\n",
        );
        assert_eq!(list.sites.len(), 3);
        let hill = &list.sites[0];
        assert_eq!((hill.rfss, hill.site, hill.nac, hill.name.as_str()), (1, 10, Some(0x2A1), "Hill"));
        assert_eq!(
            hill.frequencies,
            [
                Frequency { hertz: 851_012_500, control: true },
                Frequency { hertz: 851_262_500, control: false }
            ]
        );
        assert_eq!(list.sites[2].frequencies.len(), 5);
        assert_eq!(list.report.defects.total(), 0);
    }

    #[test]
    fn reports_what_is_wrong_with_a_site_and_keeps_the_rest() {
        let list = list(
            "RFSS,Site Dec,Site Hex,Description,Lat,Frequencies\n\
             1,1,1,One,95,851.0125c,8x1,851.0125\n\
             1,1,1,Again,,852.0125c\n\
             1,two,2,Two,,852.0125c\n\
             1,3,4,Three,,\n\
             1,4,4,Four,,851.0375\n",
        );
        let kinds: Vec<_> = list
            .report
            .defects
            .first
            .iter()
            .map(|f| (f.line, f.column.as_str(), f.defect.severity()))
            .collect();
        use super::super::Severity::{Conflict, Skipped, Warning};
        assert_eq!(
            kinds,
            [
                (2, "Lat", Warning),
                (2, "Frequencies", Warning),
                (2, "Frequencies", Warning),
                (3, "Site Dec", Conflict),
                (4, "Site Dec", Skipped),
                (5, "Site Hex", Warning),
                (5, "Frequencies", Warning),
                (6, "Frequencies", Warning),
            ]
        );
        assert_eq!((list.sites.len(), list.conflicts.len()), (3, 1));
    }
}
