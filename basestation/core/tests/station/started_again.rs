//! A station that is started again before its controller can be reached (docs/resilience.md 14.1.2): it works with the settings that an
//! earlier run was told, whole or not at all.

use trunklab_basestation_core::alone::{KeptSettings, Memory, Remember, Unfit};
use trunklab_basestation_core::{BaseStation, DISMISSALS, Input, Output};
use trunklab_protocol::air_downlink::{DownlinkWord, SiteService};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Close, Configure};
use trunklab_protocol::{Cause, Epoch, Moment, ProfileId, Span};

use crate::failsoft::{channel, said, served, with_failsoft};
use crate::harness::*;

fn memory_of(kept: impl IntoIterator<Item = Remember>) -> Memory {
    let mut memory = Memory::default();
    kept.into_iter().for_each(|what| memory.note(what));
    memory
}

fn kept(settings: &SiteSettings) -> Remember {
    Remember::Settings(Box::new(KeptSettings::of(settings)))
}

impl Driven {
    /// Started with this memory; its controller cannot be reached.
    fn started_with(profile: ProfileId, memory: Memory) -> Self {
        let mut station = Self::bare(profile);
        let address = ([127, 0, 0, 1], 4000).into();
        station.core = BaseStation::new(INCARNATION, [8; 32], address, Moment::ORIGIN).with_memory(memory);
        station.heartbeats = false;
        station.input(Input::Time);
        station
    }

    /// What a run that ends here leaves behind, whole.
    fn leaves(&self, before: Memory) -> Memory {
        memory_of(before.whole().into_iter().chain(self.remembered()))
    }

    /// The memory of a run that was told settings, and given a copy with which it serves alone after 5 s.
    fn memory_with_copy(settings: &SiteSettings) -> Memory {
        Self::with_copy().leaves(memory_of([kept(settings)]))
    }

    fn services(&mut self) -> Vec<SiteService> {
        let service = |word| match word {
            DownlinkWord::System(word) => Some(word.service),
            _ => None,
        };
        let mut services: Vec<_> = self.words(at(1, 0)).into_iter().filter_map(service).collect();
        services.dedup();
        services
    }

    fn radiates(&self) -> bool {
        self.said.iter().any(|(_, output)| matches!(output, Output::Air(_)))
    }
}

#[test]
fn it_radiates_what_it_was_told_from_its_start_on_and_offers_no_service() {
    for profile in PROFILES {
        let told = settings(profile.id);
        let mut station = Driven::started_with(profile.id, memory_of([kept(&told)]));
        let configured = station.said.iter().find_map(|(_, output)| match output {
            Output::Configured { settings, .. } => Some((**settings).clone()),
            _ => None,
        });
        assert_eq!(configured, Some(told), "{}", profile.name);
        station.run_for(Span::from_secs(30));
        assert_eq!(station.services(), [SiteService::NoService], "{}", profile.name);
    }
}

#[test]
fn it_serves_alone_when_its_time_has_run_from_its_start_with_vectors_that_no_earlier_run_was_given() {
    let mut earlier = Driven::with_copy();
    earlier.heartbeats = false;
    earlier.input(Input::LinkDown { cause: Cause::LinkLost });
    earlier.run_for(Span::from_secs(5));
    let used = earlier.registers(1018, 21).expect("it is challenged");
    // Settings and copy were told before the harness forgot what it had heard of them.
    let memory = earlier.leaves(Driven::memory_with_copy(&with_failsoft(ProfileId::Iden)));

    let mut station = Driven::started_with(ProfileId::Iden, memory);
    station.run_for(Span::from_millis(4_999));
    assert_eq!(
        station.services(),
        [SiteService::NoService],
        "nor is it in failsoft, which has its time before"
    );
    station.run_for(Span::from_secs(2));
    assert_eq!(station.services(), [SiteService::Isolated]);
    let begun = station.remembered().into_iter().filter(|what| matches!(what, Remember::BeginsAlone(_)));
    assert_eq!(begun.collect::<Vec<_>>(), [Remember::BeginsAlone(2)]);
    let fresh = station.registers(1018, 1).expect("it is challenged");
    assert_ne!(fresh, used);
}

#[test]
fn it_goes_into_failsoft_when_its_time_has_run_from_its_start() {
    for profile in PROFILES {
        let memory = memory_of([kept(&with_failsoft(profile.id))]);
        let mut station = Driven::started_with(profile.id, memory);
        station.run_for(Span::from_millis(1_999));
        assert_eq!(station.service(), SiteService::NoService, "{}", profile.name);
        station.run_for(Span::from_millis(1));
        assert_eq!(station.service(), SiteService::Failsoft, "{}", profile.name);
        station.run_for(Span::from_secs(1));
        let channel = station.words(channel());
        let is_open = |word: &DownlinkWord| matches!(word, DownlinkWord::FailsoftOpen(_));
        assert!(channel.iter().any(is_open), "{}: no failsoft channel", profile.name);
    }
}

#[test]
fn a_controller_that_comes_in_time_has_the_site_as_after_a_lost_link() {
    let told = settings(ProfileId::Iden);
    let mut station = Driven::started_with(ProfileId::Iden, Driven::memory_with_copy(&told));
    station.run_for(Span::from_secs(3));
    station.heartbeats = true;
    station.input(Input::LinkUp);
    let hello = station.told().into_iter().find_map(|message| match message {
        FromSite::Hello(hello) => Some(hello.controls),
        _ => None,
    });
    assert_eq!(hello, Some(vec![told.control]), "it says where it radiates");
    station.order(Configure { settings: told.into() });
    assert_eq!(station.service(), SiteService::Wide);
    station.run_for(Span::from_secs(30));
    assert_eq!(station.services(), [SiteService::NoService, SiteService::Wide]);
}

#[test]
fn new_settings_take_the_place_of_kept_ones_on_the_air_and_in_memory() {
    let moved = SiteSettings { control: at(2, 0), name: "Moved".into(), ..settings(ProfileId::Iden) };
    let before = Driven::memory_with_copy(&settings(ProfileId::Iden));
    let mut station = Driven::started_with(ProfileId::Iden, before.clone());
    station.run_for(Span::from_secs(6));
    assert_eq!(station.service(), SiteService::Isolated);
    station.heartbeats = true;
    station.input(Input::LinkUp);
    station.order(Configure { settings: moved.clone().into() });
    station.said.retain(|(_, output)| !matches!(output, Output::Air(_)));
    station.run_for(Span::from_secs(3));
    assert!(station.words(at(1, 0)).is_empty(), "its old control channel is silent");
    let wide =
        |word: &DownlinkWord| matches!(word, DownlinkWord::System(word) if word.service == SiteService::Wide);
    assert!(station.words(at(2, 0)).iter().any(wide));

    let memory = station.leaves(before);
    assert_eq!(memory.settings(), Ok(Some(moved)));
    let mut again = Driven::started_with(ProfileId::Iden, memory);
    again.run_for(Span::from_secs(3));
    assert!(again.words(at(1, 0)).is_empty() && !again.words(at(2, 0)).is_empty());
}

/// What a disk gives back, with one text in it in place of another.
fn changed(settings: &SiteSettings, from: &str, to: &str) -> Remember {
    let line = serde_json::to_string(&kept(settings)).unwrap();
    assert!(line.contains(from), "{from} is not in {line}");
    serde_json::from_str(&line.replacen(from, to, 1)).unwrap()
}

#[test]
fn settings_that_cannot_be_used_count_as_none_and_nothing_of_them_is_radiated() {
    let good = with_failsoft(ProfileId::Iden);
    let no_carriers = SiteSettings { carriers: Vec::new(), ..good.clone() };
    let long_name = SiteSettings { name: "n".repeat(256), ..good.clone() };
    for (what, unfit) in [
        (changed(&good, "\"version\":1", "\"version\":2"), Unfit::Version(2)),
        (changed(&good, "North", "Nort"), Unfit::Damaged),
        (changed(&good, "\"check\":", "\"check\":1"), Unfit::Damaged),
        (kept(&no_carriers), Unfit::OutOfRange),
        (kept(&long_name), Unfit::OutOfRange),
    ] {
        let memory = memory_of([what]);
        assert_eq!(memory.settings(), Err(unfit));
        let mut station = Driven::started_with(ProfileId::Iden, memory);
        station.run_for(Span::from_secs(30));
        assert!(!station.radiates(), "{unfit}");
        assert_eq!(station.core.view().name, None, "{unfit}");
        station.heartbeats = true;
        station.input(Input::LinkUp);
        station.order(Configure { settings: good.clone().into() });
        assert_eq!(station.service(), SiteService::Wide, "{unfit}: it waited for its controller");
    }
}

#[test]
fn a_site_that_its_controller_knows_no_more_forgets_by_what_it_could_serve() {
    for cause in DISMISSALS {
        let before = Driven::memory_with_copy(&with_failsoft(ProfileId::Iden));
        let mut station = Driven::with_copy();
        station.order(Configure { settings: with_failsoft(ProfileId::Iden).into() });
        station.order(Close { cause: *cause });
        station.heartbeats = false;
        station.run_for(Span::from_secs(30));
        assert_eq!(station.service(), SiteService::NoService, "{cause}: it begins nothing by itself");
        let memory = station.leaves(before);
        assert_eq!(memory.settings(), Ok(None), "{cause}");
        let mut again = Driven::started_with(ProfileId::Iden, memory);
        again.run_for(Span::from_secs(30));
        assert!(!again.radiates(), "{cause}");
        // It may be taken in again.
        station.input(Input::LinkUp);
        station.order(Configure { settings: with_failsoft(ProfileId::Iden).into() });
        station.input(Input::LinkDown { cause: Cause::LinkLost });
        station.run_for(Span::from_secs(2));
        assert_eq!(station.service(), SiteService::Failsoft, "{cause}");
    }
}

/// Whether anything is on the air from here on.
fn goes_on(station: &mut Driven) -> bool {
    station.said.retain(|(_, output)| !matches!(output, Output::Air(_)));
    station.run_for(Span::from_secs(10));
    station.radiates()
}

/// What a site tells that is taken in again.
fn tells_when_taken_in(station: &mut Driven) -> Vec<FromSite> {
    station.told();
    station.heartbeats = true;
    station.input(Input::LinkUp);
    station.order(Configure { settings: with_failsoft(ProfileId::Iden).into() });
    station.run_for(Span::from_secs(1));
    assert_eq!(station.service(), SiteService::Wide);
    assert!(station.radiates());
    station.told()
}

#[test]
fn a_site_that_is_none_of_the_network_any_more_radiates_nothing() {
    for cause in DISMISSALS {
        let mut station = Driven::with_copy();
        assert!(goes_on(&mut station));
        station.order(Close { cause: *cause });
        assert!(!goes_on(&mut station), "{cause}");
        assert_eq!(station.core.view().radios, 0, "{cause}: its sessions are void");
    }
}

#[test]
fn a_dismissed_site_serves_alone_no_more_and_keeps_what_it_has_to_report() {
    for cause in DISMISSALS {
        let mut station = Driven::alone();
        station.wants_call(1017, 1);
        station.run_for(Span::from_secs(1));
        station.input(Input::LinkUp);
        station.order(Close { cause: *cause });
        assert_eq!(station.service(), SiteService::NoService, "{cause}");
        assert!(!goes_on(&mut station), "{cause}");
        let ends: Vec<_> = station.recorded().iter().filter_map(|record| record.released).collect();
        assert!(matches!(ends[..], [(_, Cause::CallLost)]), "{cause}: {ends:?}");
        let told = tells_when_taken_in(&mut station);
        assert!(told.iter().any(|message| matches!(message, FromSite::ServedAlone(_))), "{cause}");
        assert!(told.iter().any(|message| matches!(message, FromSite::Report(_))), "{cause}");
    }
}

#[test]
fn a_dismissed_site_is_in_failsoft_no_more_and_keeps_what_it_has_to_report() {
    for cause in DISMISSALS {
        let mut station = Driven::in_failsoft();
        for burst in 0..10 {
            station.send_in(channel(), said(1017, 1, burst, false));
        }
        station.input(Input::LinkUp);
        station.told();
        station.order(Close { cause: *cause });
        assert_eq!(station.told(), [], "{cause}: it says nothing to who has dismissed it");
        assert_eq!(station.service(), SiteService::NoService, "{cause}");
        assert!(!goes_on(&mut station), "{cause}");
        let spurts: Vec<_> = station.recorded().iter().filter_map(|record| record.spurts[0].until).collect();
        assert!(matches!(spurts[..], [(_, Cause::FailsoftOver)]), "{cause}: {spurts:?}");
        let told = tells_when_taken_in(&mut station);
        assert_eq!(served(&told).map(|word| (word.spurts, word.reports)), Some((1, 1)), "{cause}");
    }
}

#[test]
fn who_closes_for_another_cause_or_is_deposed_takes_nothing_away() {
    for (epoch, cause) in [
        (EPOCH, Cause::Shutdown),
        (EPOCH, Cause::SiteTaken),
        (EPOCH, Cause::LinkSilent),
        (Epoch::new(4).unwrap(), Cause::UnknownSite),
    ] {
        let before = Driven::memory_with_copy(&settings(ProfileId::Iden));
        let mut station = Driven::with_copy();
        station.input(Input::FromController { epoch, message: Close { cause }.into() });
        assert_eq!(station.leaves(before).settings(), Ok(Some(settings(ProfileId::Iden))), "{cause}");
        station.heartbeats = false;
        station.run_for(Span::from_secs(6));
        assert_eq!(station.service(), SiteService::Isolated, "{cause}");
    }
}

#[test]
fn what_is_kept_never_prints() {
    let told = settings(ProfileId::Iden);
    let printed = format!("{:?}", kept(&told));
    assert_eq!(printed, "Settings(KeptSettings(version 1, …))");
}
