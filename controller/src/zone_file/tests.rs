use trunklab_controller_core::config::{QueueRelease, SiteConfig, SpeechPolicy};
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{AreaChoice, AreaId, CarrierNumber, EmergencyPolicy, MastId, SiteId, StartPolicy};

use super::*;

/// Reads for a database without sites.
fn parse(text: &str) -> Result<ZonePlan, Defect> {
    super::parse(text, &[])
}

const ZONE: &str = r#"
    [system]
    queue_len_max = 7
    emergency = "ruthless"
    queue_release = "cancel"

    [[site]]
    id = 1
    name = "Hill"
    profile = "iden"
    carriers = [1, 2]
    control = "1/0"
    neighbours = [2]

    [[site]]
    id = 2
    name = "Harbour"
    profile = "tetra"
    carriers = [9]
    control = "9/3"

    [[talkgroup]]
    id = 41
    name = "Fire"

    [[subscriber]]
    unit = 1017
    key = "000102030405060708090a0b0c0d0e0f"
    talkgroups = [41]
"#;

fn defect(from: &str, to: &str) -> String {
    assert!(ZONE.contains(from), "{from}");
    match parse(&ZONE.replacen(from, to, 1)).unwrap_err() {
        Defect::Syntax(error) => error.to_string(),
        Defect::Unfit { place, what } => format!("{place}: {what}"),
    }
}

#[test]
fn a_zone_reads_with_the_usual_values_where_it_is_silent() {
    let changes = parse(ZONE).unwrap().changes;
    let [
        Change::System(system),
        Change::Site(hill),
        Change::Site(_),
        Change::Talkgroup(fire),
        Change::Subscriber(unit),
    ] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    assert_eq!((system.queue_len_max, system.heartbeat_ms), (7, 1_000));
    assert_eq!(system.emergency, EmergencyPolicy::Ruthless);
    assert_eq!((system.queue_release, system.call_back_ms), (QueueRelease::Cancel, 4_000));
    let neighbour = Neighbour { site: SiteId::new(2).unwrap(), carrier: CarrierNumber::new(9).unwrap() };
    assert_eq!(hill.neighbours, [neighbour]);
    assert_eq!(hill.traffic_slots(&hill.first_controls()).count(), 11);
    assert_eq!(fire.priority.level(), 5);
    assert_eq!(unit.key.octets(), &std::array::from_fn(|index| index as u8));
}

#[test]
fn every_defect_names_its_place_and_a_remedy() {
    for (from, to, said) in [
        ("id = 2", "id = 1", "site 1: is there twice"),
        ("control = \"1/0\"", "control = \"3/0\"", "site 1: control 3/0 is not at this site"),
        ("control = \"9/3\"", "control = \"9/4\"", "a slot below 4"),
        ("control = \"1/0\"", "control = \"one\"", "\"carrier/slot\""),
        (
            "carriers = [1, 2]",
            "carriers = [1, 601]",
            "site 1: carrier 601 is beyond the 600 carriers of iden",
        ),
        ("neighbours = [2]", "neighbours = [1]", "site 1: neighbour 1 is not another site"),
        ("talkgroups = [41]", "talkgroups = [42]", "subscriber 1017: talkgroup 42 is not in this file"),
        ("talkgroups = [41]", "talkgroups = []\nfleet = 1", "fleet and member belong together"),
        ("unit = 1017", "unit = 0", "a unit is a number from 1 to 16777215"),
        ("name = \"Fire\"", "nmae = \"Fire\"", "unknown field `nmae`"),
        ("profile = \"iden\"", "profile = \"gsm\"", "unknown variant `gsm`"),
        ("id = 41", "id = 41\ntrunking = \"short\"", "unknown variant `short`"),
        ("id = 41", "id = 41\nfloor = \"wait\"", "unknown variant `wait`"),
        ("[[talkgroup]]", "[[status]]\nnumber = 0\ntext = \"\"\n[[talkgroup]]", "a number from 1 to 65535"),
        (
            "[[talkgroup]]",
            "[[status]]\nnumber = 3\ntext = \"\"\n[[status]]\nnumber = 3\ntext = \"\"\n[[talkgroup]]",
            "status 3: is there twice",
        ),
        ("id = 41", "id = 41\nmembers = [42]", "talkgroup 41: member 42 is not in this file"),
        ("id = 41", "id = 41\nmembers = []", "talkgroup 41: names 0 members: give 1 to 15"),
        ("id = 41", "id = 41\nsystem_wide = true\nmembers = [41]", "leave members out"),
        ("unit = 1017", "unit = 1017\nfloor_demand = \"emergency\"", "write low, high or preemptive"),
        ("unit = 1017", "unit = 1017\nsites = [3]\nhome_site = 5", "home_site is not one of its sites"),
        ("unit = 1017", "unit = 1017\nservices = [\"television\"]", "expected one of `telephone`"),
        ("unit = 1017", "unit = 1017\nemergency_talkgroup = 49", "not one of its talkgroups"),
        (
            "id = 41",
            "id = 41\ntrunking = \"transmission\"\nhang_time_ms = 500",
            "talkgroup 41: transmission trunking keeps no channel: leave hang_time_ms out",
        ),
    ] {
        let defect = defect(from, to);
        assert!(defect.contains(said), "`{to}` gives: {defect}");
    }
}

#[test]
fn a_damaged_key_is_refused_and_stays_secret() {
    let said = defect("000102030405060708090a0b0c0d0e0f", "secretsecretsecret");
    assert!(said.contains("32 hexadecimal digits"), "{said}");
}

#[test]
fn the_example_of_the_manual_is_a_zone() {
    let manual = include_str!("../../../docs/operating.md");
    let example = manual.split("```toml").nth(1).unwrap().split("```").next().unwrap();
    let changes = parse(example).unwrap_or_else(|defect| panic!("{defect:?}")).changes;
    assert!(changes.iter().any(|change| matches!(change, Change::Subscriber(_))));
}

#[test]
fn a_talkgroup_is_recorded_or_encrypted_and_not_both() {
    let fire = "name = \"Fire\"";
    let with = |keys: &str| format!("{fire}\n{keys}");
    let text = defect(fire, &with("record = true\nencrypted = true"));
    assert!(text.contains("talkgroup 41: is encrypted and cannot be recorded"), "{text}");
    for (keys, speech) in [
        ("record = true", SpeechPolicy::Recorded),
        ("encrypted = true", SpeechPolicy::Encrypted),
        ("record = false", SpeechPolicy::Passing),
    ] {
        let zone = parse(&ZONE.replacen(fire, &with(keys), 1)).unwrap();
        let read = zone.changes.into_iter().find_map(|change| {
            if let Change::Talkgroup(talkgroup) = change { Some(talkgroup.speech) } else { None }
        });
        assert_eq!(read, Some(speech), "{keys}");
    }
}

#[test]
fn critical_sites_stand_with_a_critical_start_alone_and_are_known() {
    let with = |keys: &str| format!("name = \"Fire\"\n{keys}");
    let fire = "name = \"Fire\"";
    let text = defect(fire, &with("start = \"critical\""));
    assert!(text.contains("talkgroup 41: start = \"critical\" waits for some sites"), "{text}");
    let text = defect(fire, &with("critical_sites = [1]"));
    assert!(text.contains("critical_sites are waited for with start = \"critical\" alone"), "{text}");
    let text = defect(fire, &with("start = \"critical\"\ncritical_sites = [1, 9]"));
    assert!(text.contains("critical site 9 is not in this file"), "{text}");
    let zone = ZONE.replacen(fire, &with("start = \"critical\"\ncritical_sites = [2, 1, 2]"), 1);
    let start = parse(&zone).unwrap().changes.into_iter().find_map(|change| {
        if let Change::Talkgroup(talkgroup) = change { Some(talkgroup.start) } else { None }
    });
    assert_eq!(start, Some(StartPolicy::Critical([1, 2].map(|site| SiteId::new(site).unwrap()).to_vec())));
}

#[test]
fn a_talkgroup_names_service_areas_of_the_file() {
    let fire = "name = \"Fire\"";
    let with = |keys: &str| format!("{fire}\n{keys}");
    let text = defect(fire, &with("home_area = 7"));
    assert!(text.contains("talkgroup 41: area 7 is not in this file"), "{text}");
    let text = defect(fire, &with("area = \"local\""));
    assert!(text.contains("talkgroup 41: area = \"local\" is the home area"), "{text}");
    let text = defect(fire, &with("area = \"near\""));
    assert!(text.contains("\"wide\", \"local\" or the number of a service area"), "{text}");
    let text = defect("[[talkgroup]]", "[[area]]\nid = 7\nname = \"City\"\nsites = [3]\n[[talkgroup]]");
    assert!(text.contains("area 7: site 3 is not in this file"), "{text}");
    let area = "[[area]]\nid = 7\nname = \"City\"\nsites = [1]\n[[talkgroup]]";
    let zone = ZONE.replacen("[[talkgroup]]", area, 1).replacen(fire, &with("home_area = 7\narea = 7"), 1);
    let seven = AreaId::new(7).unwrap();
    let changes = parse(&zone).unwrap().changes;
    assert!(changes.iter().any(|change| matches!(change, Change::Area(area) if area.area == seven)));
    let talkgroup = changes
        .into_iter()
        .find_map(|change| if let Change::Talkgroup(talkgroup) = change { Some(talkgroup) } else { None });
    let talkgroup = talkgroup.unwrap();
    assert_eq!((talkgroup.home_area, talkgroup.area), (Some(seven), AreaChoice::Named(seven)));
}

const SECTORS: &str = r#"
    [[site]]
    name = "Hill"
    profile = "dmr3"
    neighbours = [9]
    sectors = [
        { id = 1, carriers = [11, 12] },
        { id = 2, carriers = [21, 22], control = "22/1" },
        { id = 3, azimuth_deg = 245, carriers = [31, 32] },
    ]

    [[site]]
    id = 9
    name = "Harbour"
    profile = "dmr3"
    azimuth_deg = 90
    position = { east_m = 6000, north_m = 0 }
    carriers = [31]
"#;

fn sites(zone: &str) -> Vec<SiteConfig> {
    let changes = parse(zone).unwrap_or_else(|defect| panic!("{defect:?}")).changes;
    let site = |change| if let Change::Site(site) = change { Some(site) } else { None };
    changes.into_iter().filter_map(site).collect()
}

#[test]
fn the_sectors_of_a_mast_are_sites_that_share_what_is_the_masts() {
    let sites = sites(SECTORS);
    let seen: Vec<_> = sites
        .iter()
        .map(|site| {
            let neighbours: Vec<_> =
                site.neighbours.iter().map(|other| (other.site.number(), other.carrier.number())).collect();
            (site.site.number(), site.antenna.number(), site.control.to_string(), neighbours)
        })
        .collect();
    let first = |slot: &str| slot.to_owned();
    assert_eq!(
        seen,
        [
            (1, 0, first("11/0"), vec![(2, 22), (3, 31), (9, 31)]),
            (2, 120, first("22/1"), vec![(1, 11), (3, 31), (9, 31)]),
            (3, 245, first("31/0"), vec![(1, 11), (2, 22), (9, 31)]),
            (9, 90, first("31/0"), vec![]),
        ]
    );
    assert!(sites[..3].iter().all(|site| site.name == "Hill" && site.power_dbm == 40));
    let masts =
        |zone| -> Vec<_> { self::sites(zone).iter().map(|site| site.mast.map(MastId::number)).collect() };
    assert_eq!(masts(SECTORS), [Some(1), Some(1), Some(1), None]);
    let other = "[[site]]\nname = \"Hill\"\nprofile = \"tetra\"\nsectors = [{ id = 8, carriers = [1] }]";
    assert_eq!(masts(&format!("{SECTORS}\n{other}"))[3..], [None, Some(8)], "two masts of one name");
}

#[test]
fn a_defect_of_sectors_names_the_mast_or_the_sector_and_a_remedy() {
    for (from, to, said) in [
        ("id = 2", "id = 1", "site 1: is there twice"),
        ("id = 3, azimuth_deg = 245", "id = 9, azimuth_deg = 245", "site 9: is there twice"),
        (
            "azimuth_deg = 245",
            "azimuth_deg = 120",
            "site Hill: sectors 2 and 3 both look to 120°: give one of",
        ),
        ("azimuth_deg = 245", "azimuth_deg = 360", "a whole number of degrees from 0 to 359"),
        ("azimuth_deg = 245", "azimuth_deg = -1", "invalid value: integer `-1`"),
        (", carriers = [11, 12]", "", "missing field `carriers`"),
        (
            "carriers = [11, 12]",
            "carriers = []",
            "site 1: has an empty list of carriers: write carriers = [1]",
        ),
        ("carriers = [11, 12]", "carriers = [11, 4095]", "site 1: carrier 4095 is beyond the 4094 carriers"),
        ("\"22/1\"", "\"22/2\"", "site 2: control 22/2 is not at this site"),
        ("neighbours = [9]", "neighbours = [4]", "site 1: neighbour 4 is not another site"),
        (
            "name = \"Hill\"",
            "name = \"Hill\"\nid = 4",
            "site Hill: each of its sectors has its own id: leave",
        ),
        ("name = \"Hill\"", "name = \"Hill\"\ncarriers = [4]", "each of its sectors has its own carriers"),
        ("id = 9\n", "", "site Harbour: has no id: write id and carriers, or sectors"),
        ("    carriers = [31]\n", "", "site 9: has no carriers: write carriers = [1]"),
        ("id = 9\n", "sectors = []\n", "site Harbour: each of its sectors has its own azimuth_deg"),
        ("id = 9\n    name", "sectors = [{ id = 9 }]\n    name", "missing field `carriers`"),
    ] {
        assert!(SECTORS.contains(from), "{from}");
        let defect = match parse(&SECTORS.replacen(from, to, 1)).unwrap_err() {
            Defect::Syntax(error) => error.to_string(),
            Defect::Unfit { place, what } => format!("{place}: {what}"),
        };
        assert!(defect.contains(said), "`{to}` gives: {defect}");
    }
    let crowd: String = (1..8).map(|id| format!("{{ id = {id}, carriers = [{id}] }},")).collect();
    for (sectors, count) in [("", 0), (crowd.as_str(), 7)] {
        let zone = format!("[[site]]\nname = \"Hill\"\nprofile = \"iden\"\nsectors = [{sectors}]");
        let Defect::Unfit { place, what } = parse(&zone).unwrap_err() else { panic!("{zone}") };
        assert_eq!(format!("{place}: {what}"), format!("site Hill: has {count} sectors: give 1 to 6"));
    }
}

/// Sector 3 and the harbour share a carrier and look away from each other; turned round, the harbour disturbs it.
#[test]
fn a_plan_whose_sites_disturb_each_other_is_refused_or_accepted_knowingly() {
    let clashing = SECTORS.replacen("azimuth_deg = 90", "azimuth_deg = 270", 1);
    let Defect::Unfit { place, what } = parse(&clashing).unwrap_err() else { panic!("{clashing}") };
    let said = format!("{place}: {what}");
    for part in [
        "site 3: carrier 31 of site 3 is also site 9's: at ",
        " dB above the other, where 17 dB are needed; give one of the two another carrier",
        "co_channel = \"warn\"",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let accepted = parse(&format!("co_channel = \"warn\"\n{clashing}")).unwrap();
    let pairs: Vec<_> =
        accepted.warnings.iter().map(|clash| (clash.served.number(), clash.interferer.number())).collect();
    assert_eq!(pairs, [(3, 9)]);
    assert!(accepted.warnings[0].ratio_db < 17);
    assert_eq!(parse(SECTORS).unwrap().warnings, []);
    let Defect::Syntax(error) = parse(&format!("co_channel = \"ignore\"\n{SECTORS}")).unwrap_err() else {
        panic!("a word that is none was taken")
    };
    assert!(error.to_string().contains("`refuse`"), "{error}");
}

/// What a database holds is judged with what comes: a file alone may be without defect and the zone not.
#[test]
fn a_plan_is_judged_together_with_the_sites_that_stand_already() {
    let site = |id: u16, east_m: i32, carrier: u16| {
        format!(
            "[[site]]\nid = {id}\nname = \"Hill\"\nprofile = \"dmr3\"\ncarriers = [{carrier}]\n\
             position = {{ east_m = {east_m}, north_m = 0 }}\n"
        )
    };
    let accept = |zone: String| format!("co_channel = \"warn\"\n{zone}");
    let pairs = |zone: &str, standing: &[SiteConfig]| {
        super::parse(zone, standing).map(|plan| plan.warnings.iter().map(reuse::pair).collect::<Vec<_>>())
    };
    let pair = |one: u16, other: u16| (SiteId::new(one).unwrap(), SiteId::new(other).unwrap());
    let defect = |zone: &str, standing: &[SiteConfig]| match pairs(zone, standing).unwrap_err() {
        Defect::Syntax(error) => panic!("{error}"),
        Defect::Unfit { place, what } => format!("{place}: {what}"),
    };
    let standing = sites(&site(1, 0, 7));
    let near = site(2, 5_000, 7);
    let said = defect(&near, &standing);
    assert!(said.contains("carrier 7 of site 2 is also site 1's"), "{said}");
    assert!(said.contains("dB are needed; site 1 is in the database already; give one"), "{said}");
    assert_eq!(pairs(&accept(near.clone()), &standing).unwrap(), [pair(1, 2)]);
    assert_eq!(pairs(&site(2, 5_000, 8), &standing).unwrap(), [], "another carrier");
    assert_eq!(pairs(&site(1, 5_000, 7), &standing).unwrap(), [], "the site itself, elsewhere");

    let standing = sites(&accept(near + &site(1, 0, 7)));
    for zone in [String::new(), site(3, 60_000, 7)] {
        assert_eq!(pairs(&zone, &standing).unwrap(), [], "what was accepted before: {zone}");
    }
    assert!(defect(&site(1, 0, 7), &standing).contains("site 2 is in the database already"));

    // Between two of one carrier two others serve where they would disturb each other, until one of these moves away.
    let guarded = site(1, 0, 7) + &site(2, 9_000, 7) + &site(3, 2_500, 8) + &site(4, 6_500, 9);
    let said = defect(&site(3, 60_000, 8), &sites(&guarded));
    assert!(
        said.contains("carrier 7 of site") && said.contains("both are in the database already"),
        "{said}"
    );
}

#[test]
fn a_site_may_serve_alone_where_the_file_says_so() {
    let usual = sites(ZONE);
    assert!(usual.iter().all(|site| site.isolated_after_ms == 0));
    let zone = ZONE.replacen("queue_len_max = 7", "copied_vectors = 8", 1).replacen(
        "neighbours = [2]",
        "isolated_after_ms = 10000",
        1,
    );
    let changes = parse(&zone).unwrap().changes;
    let [Change::System(system), Change::Site(hill), Change::Site(harbour), ..] = &changes[..] else {
        panic!("{changes:?}")
    };
    assert_eq!(system.copied_vectors, 8);
    assert_eq!((hill.isolated_after_ms, harbour.isolated_after_ms), (10_000, 0));
}

#[test]
fn what_would_leave_a_site_alone_without_a_node_or_with_too_much_is_refused() {
    for (from, to, said) in [
        ("queue_len_max = 7", "copied_vectors = 9", "copied_vectors 9 are too many: write 8 or less"),
        (
            "queue_len_max = 7",
            "node = 32768",
            "node 32768 belongs to a site that serves alone: write one below 32768",
        ),
        (
            "id = 1\n",
            "id = 32768\n    isolated_after_ms = 10000\n",
            "site 32768: isolated_after_ms 10000 cannot be",
        ),
    ] {
        let defect = defect(from, to);
        assert!(defect.contains(said), "`{to}` gives: {defect}");
    }
}
