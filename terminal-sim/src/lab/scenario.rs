//! From a scenario to a plan and a script.

use std::path::Path;

use anyhow::{Result, anyhow};
use trunklab_controller_core::config::{
    self, ConsoleUnit, FailsoftChannel, Reach, ServiceArea, SiteConfig, Subscriber, SystemParameters,
    Talkgroup,
};
use trunklab_protocol::operator::{ConsoleName, StatusText};
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{CarrierNumber, PlantPart, ProfileId, SiteId, StatusNumber};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::scenario::{self, Action, NetworkProvision, Provision, Scenario, Speech};

use crate::lab::CONSOLE;
use crate::lab::plan::{Plan, RadioPlan};
use crate::lab::script::{Deed, Script};
use crate::lab::voices::Voices;
use crate::speech::{vocoder, wav};

/// Reads a scenario file. `profile` replaces the file's own choice.
///
/// # Errors
/// A file that cannot be read, or its first defect with file, line, column and remedy.
pub fn read(path: &Path, profile: Option<ProfileId>) -> Result<Scenario> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow!("{}: {error}; check the path and the permissions", path.display()))?;
    Ok(Scenario::parse(&path.display().to_string(), &text, profile)?)
}

/// What has to exist before the scenario can run.
pub fn plan(provision: &Provision) -> Plan {
    let sites = provision
        .sites
        .iter()
        .map(|site| SiteConfig {
            site: site.site,
            name: site.name.clone(),
            profile: site.profile,
            position: site.position,
            mast: site.mast,
            antenna: site.antenna,
            power_dbm: site.power_dbm,
            carriers: site.carriers.clone(),
            control: site.control,
            control_place: site.control_place,
            control_moves_ms: site.control_moves_ms,
            signalling: site.signalling,
            control_layout: site.control_layout,
            slot_choice: site.slot_choice,
            neighbours: site.neighbours.clone(),
            access: site.access,
            reselection: site.reselection,
            registration_window_ms: site.registration_window_ms,
            broadcast_interval_ms: site.broadcast_interval_ms,
            talker_silence_ms: site.talker_silence_ms,
            late_entry_interval_ms: site.late_entry_interval_ms,
            isolated_after_ms: site.isolated_after_ms,
            failsoft_after_ms: site.failsoft_after_ms,
            failsoft: site
                .failsoft
                .iter()
                .map(|(at, talkgroups)| FailsoftChannel { at: *at, talkgroups: talkgroups.clone() })
                .collect(),
            control_candidates: site.control_candidates.clone(),
            self_test_ms: site.self_test_ms,
            bad_tests: site.bad_tests,
            good_tests: site.good_tests,
        })
        .collect();
    let areas = provision
        .areas
        .iter()
        .map(|area| ServiceArea { area: area.area, name: area.name.clone(), sites: area.sites.clone() })
        .collect();
    let talkgroups = provision
        .talkgroups
        .iter()
        .map(|talkgroup| Talkgroup {
            priority: talkgroup.priority,
            trunking: talkgroup.trunking,
            hang_time_ms: talkgroup.hang_time_ms,
            transmission_ms_max: talkgroup.transmission_ms_max,
            floor: talkgroup.floor,
            home_area: talkgroup.home_area,
            area: talkgroup.area,
            start: talkgroup.start.clone(),
            busy_override_ms: talkgroup.busy_override_ms,
            reach: match (talkgroup.system_wide, talkgroup.members.is_empty()) {
                (true, _) => Reach::System,
                (false, true) => Reach::Own,
                (false, false) => Reach::Members(talkgroup.members.clone()),
            },
            announcement: talkgroup.announcement,
            ..Talkgroup::named(talkgroup.talkgroup, &talkgroup.name)
        })
        .collect();
    let subscribers = provision
        .subscribers
        .iter()
        .map(|subscriber| Subscriber {
            imei: subscriber.imei,
            imsi: Some(subscriber.imsi),
            talkgroups: subscriber.talkgroups.clone(),
            sites: subscriber.sites.clone(),
            priority: subscriber.priority,
            services: subscriber.services,
            floor_demand: subscriber.floor_demand,
            emergency_talkgroup: subscriber.emergency_talkgroup,
            duplex: subscriber.duplex,
            ..Subscriber::new(subscriber.unit, subscriber.key)
        })
        .collect();
    let radios = provision
        .units
        .iter()
        .map(|unit| RadioPlan {
            unit: unit.unit,
            owner: unit.owner,
            identity: unit.identity,
            equipment: unit.equipment,
            key: unit.key,
            talkgroup: unit.talkgroup,
            scan: unit.scan,
            position: unit.position,
            demand: unit.demand,
            emergency_talkgroup: unit.emergency_talkgroup,
            refuses_individual_calls: unit.refuses_individual_calls,
        })
        .collect();
    Plan { system: system(&provision.network), sites, areas, talkgroups, subscribers, radios }
}

fn system(network: &NetworkProvision) -> SystemParameters {
    let own = SystemParameters::default();
    SystemParameters {
        queue_len_max: network.queue_len_max.unwrap_or(own.queue_len_max),
        queue_wait_ms_max: network.queue_wait_ms_max.unwrap_or(own.queue_wait_ms_max),
        emergency: network.emergency.unwrap_or(own.emergency),
        emergency_hang_time_ms: network.emergency_hang_time_ms.or(own.emergency_hang_time_ms),
        queue_release: network.queue_release.map_or(own.queue_release, |release| match release {
            scenario::QueueRelease::CallBack => config::QueueRelease::CallBack,
            scenario::QueueRelease::Cancel => config::QueueRelease::Cancel,
        }),
        clones: network.clones.unwrap_or(own.clones),
        recent_user_ms: network.recent_user_ms.unwrap_or(own.recent_user_ms),
        busy_override_ms: network.busy_override_ms.unwrap_or(own.busy_override_ms),
        ageing_ms: network.ageing_ms.unwrap_or(own.ageing_ms),
        call_back_ms: network.call_back_ms.unwrap_or(own.call_back_ms),
        transmission_ms_max: network.transmission_ms_max.unwrap_or(own.transmission_ms_max),
        floor_queue_len_max: network.floor_queue_len_max.unwrap_or(own.floor_queue_len_max),
        handover_ms: network.handover_ms.unwrap_or(own.handover_ms),
        page_ms_max: network.page_ms_max.unwrap_or(own.page_ms_max),
        ring_ms_max: network.ring_ms_max.unwrap_or(own.ring_ms_max),
        full_duplex: network.full_duplex.unwrap_or(own.full_duplex),
        duplex_ms_max: network.duplex_ms_max.unwrap_or(own.duplex_ms_max),
        individual_priority: network.individual_priority.unwrap_or(own.individual_priority),
        individual_hang_time_ms: network.individual_hang_time_ms.or(own.individual_hang_time_ms),
        floor_wait_ms_max: network.floor_wait_ms_max.unwrap_or(own.floor_wait_ms_max),
        consoles: network
            .console_unit
            .map(|unit| ConsoleUnit { name: ConsoleName::new(CONSOLE), unit })
            .into_iter()
            .collect(),
        statuses: (1..=network.statuses).filter_map(StatusNumber::new).map(status).collect(),
        call_alert_repeat_ms: network.call_alert_repeat_ms.unwrap_or(own.call_alert_repeat_ms),
        call_alert_ms_max: network.call_alert_ms_max.unwrap_or(own.call_alert_ms_max),
        alarm_flaps_max: network.alarm_flaps_max.unwrap_or(own.alarm_flaps_max),
        alarm_window_ms: network.alarm_window_ms.unwrap_or(own.alarm_window_ms),
        alarm_quiet_ms: network.alarm_quiet_ms.unwrap_or(own.alarm_quiet_ms),
        ..own
    }
}

fn status(number: StatusNumber) -> StatusText {
    StatusText { number, text: format!("Status {number}") }
}

/// The scenario's steps as deeds. WAV files are looked for beside the scenario.
///
/// # Errors
/// A WAV file that cannot be read.
pub fn script(scenario: &Scenario, path: &Path) -> Result<Script> {
    let beside = path.parent().map(Path::to_owned).unwrap_or_default();
    let mut voices = Voices::default();
    let mut deeds = Vec::new();
    for step in &scenario.steps {
        deeds.push((step.at, deed(&step.action, &beside, &mut voices)?));
    }
    Ok(Script::new(deeds))
}

fn deed(action: &Action, beside: &Path, voices: &mut Voices) -> Result<Deed> {
    Ok(match action {
        Action::SwitchOn(unit) => Deed::User(*unit, Input::PowerOn),
        Action::SwitchOff(unit) => Deed::User(*unit, Input::PowerOff),
        Action::Press(unit, kind) => Deed::User(*unit, Input::PressPtt { kind: *kind }),
        Action::Alarm(unit) => Deed::User(*unit, Input::Alarm),
        Action::Order(order) => Deed::Order(order.clone()),
        Action::Reconfigure(alteration) => Deed::Reconfigure(*alteration),
        Action::OperatorSpeaks { unit, span } => Deed::OperatorSpeaks(voices.speak(*unit, *span)),
        Action::OperatorFallsSilent => Deed::OperatorFallsSilent,
        Action::Release(unit) => Deed::User(*unit, Input::ReleasePtt),
        Action::Call { caller, called, setup } => {
            Deed::User(*caller, Input::Call { called: *called, setup: *setup })
        }
        Action::Answer(unit) => Deed::User(*unit, Input::Answer),
        Action::HangUp(unit) => Deed::User(*unit, Input::HangUp),
        Action::Status(unit, number, to) => Deed::User(*unit, Input::Status { number: *number, to: *to }),
        Action::CallAlert { caller, called } => Deed::User(*caller, Input::CallAlert { called: *called }),
        Action::CancelAlert(unit) => Deed::User(*unit, Input::CancelAlert),
        Action::Speak(unit, Speech::Synthesised(span)) => {
            Deed::User(*unit, Input::Speech(voices.speak(*unit, *span)))
        }
        Action::Speak(unit, Speech::File(file)) => {
            Deed::User(*unit, Input::Speech(spoken(&beside.join(file))?))
        }
        Action::Select(unit, talkgroup) => Deed::User(*unit, Input::Select(*talkgroup)),
        Action::SelectArea(unit, area) => Deed::User(*unit, Input::SelectArea(*area)),
        Action::Scan(unit, on) => Deed::User(*unit, Input::Scan { on: *on }),
        Action::Move(unit, position) => Deed::Place(*unit, *position),
        Action::Vanish(unit) => Deed::Vanish(*unit),
        Action::CutLink(site) => Deed::CutLink(*site),
        Action::MendLink(site) => Deed::MendLink(*site),
        Action::KillStation(site) => Deed::KillStation(*site),
        Action::StartStation(site) => Deed::StartStation(*site),
        Action::CarrierFails(site, carrier) => plant(*site, *carrier, true),
        Action::CarrierMends(site, carrier) => plant(*site, *carrier, false),
        Action::TellLoad(site) => Deed::TellLoad(*site),
        Action::TellRecords => Deed::TellRecords,
        Action::SetDisk { full } => Deed::SetDisk { full: *full },
        Action::KillController => Deed::KillController,
        Action::StopController => Deed::StopController,
        Action::StartController => Deed::StartController,
        Action::StartControllerAnew => Deed::StartControllerAnew,
        Action::LoseVoicePacket { unit, packet } => Deed::LoseVoicePacket { unit: *unit, packet: *packet },
        Action::LoseTalkEnd(unit) => Deed::LoseTalkEnd(*unit),
    })
}

fn spoken(path: &Path) -> Result<Vec<VoiceFrame>> {
    Ok(vocoder::encode(&wav::read(path)?))
}

/// A carrier, with all its slots, breaks or works again.
fn plant(site: SiteId, carrier: CarrierNumber, broken: bool) -> Deed {
    Deed::Plant { site, part: PlantPart { carrier, slot: None }, broken }
}
