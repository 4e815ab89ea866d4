//! Failsoft (docs/resilience.md 14.6.4 and 14.6.5): where the handset goes, how it talks there, and how it comes back.

use trunklab_protocol::air_downlink::{
    DownlinkWord, FailsoftChannel, FailsoftOpen, FailsoftOver, FailsoftVoice, Idle, SiteService,
};
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::proof::Proof;
use trunklab_protocol::voice::FrameRun;
use trunklab_protocol::{Cause, Condition, Press, ProfileId, Span};

use super::bench::*;
use crate::handset::{Handset, Memory, Phase, Programmed};
use crate::input::Input;
use crate::output::{HandsetEvent, Output};

const fn open(tone: bool) -> FailsoftOpen {
    FailsoftOpen { site: trunklab_protocol::SiteId::new(3).expect("3 is a site"), tone }
}

fn voice(who: u32, position: u32, last: bool) -> FailsoftVoice {
    FailsoftVoice {
        site: site(3),
        talkgroup: talkgroup(41),
        talker: unit(who),
        press: Press::new(1).unwrap(),
        position,
        frames: FrameRun::new([Some([7; 8])]).unwrap(),
        last,
        tone: false,
    }
}

impl Bench {
    fn programmed_with(mut self, number: u16) -> Self {
        let at = self.traffic();
        self.says(FailsoftChannel { site: site(3), talkgroup: talkgroup(number), at });
        self.run(Span::from_secs(1));
        self
    }

    /// Registered, with a failsoft channel for talkgroup 41.
    fn with_channel(profile: ProfileId) -> Self {
        let mut bench = Self::registered(profile).programmed_with(41);
        bench.forget();
        bench
    }

    /// In failsoft.
    fn in_failsoft(profile: ProfileId) -> Self {
        let mut bench = Self::with_channel(profile);
        bench.system.service = SiteService::Failsoft;
        bench.shows(open(false));
        bench.run_until(|bench| bench.phase() == Phase::Failsoft, Span::from_secs(2));
        assert_eq!(bench.phase(), Phase::Failsoft, "{}", bench.profile.name);
        bench
    }

    fn said(&self) -> Vec<trunklab_protocol::air_uplink::FailsoftVoice> {
        let voice =
            |word: UplinkWord| if let UplinkWord::FailsoftVoice(word) = word { Some(word) } else { None };
        self.words().into_iter().filter_map(voice).collect()
    }
}

#[test]
fn it_goes_to_its_channel_when_the_site_says_so_and_shows_it() {
    for profile in PROFILES {
        let bench = Bench::in_failsoft(profile.id);
        let (site, talkgroup, at) = (site(3), talkgroup(41), bench.traffic());
        assert!(bench.events.contains(&HandsetEvent::Failsoft { site, talkgroup, at }), "{}", profile.name);
        let view = bench.handset.state();
        assert_eq!((view.phase.text(), view.channel), ("FAILSOFT", Some(at)));
    }
}

#[test]
fn without_a_channel_of_its_talkgroup_it_stays_and_is_refused() {
    let mut bench = Bench::registered(ProfileId::Iden).programmed_with(42);
    bench.forget();
    bench.system.service = SiteService::Failsoft;
    bench.shows(open(false));
    bench.run(Span::from_secs(5));
    assert_eq!(bench.phase(), Phase::Idle);
    bench.press();
    assert_eq!(bench.refusals(), [Cause::SiteInFailsoft]);
}

#[test]
fn it_keeps_its_channels_whatever_becomes_of_its_battery() {
    let bench = Bench::with_channel(ProfileId::Iden);
    let kept = bench.handset.memory();
    assert_eq!(kept.failsoft.len(), 1);
    assert_eq!(bench.handset.with_new_battery().memory(), kept);
}

#[test]
fn it_keeps_so_many_channels_and_no_more() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    for number in 1..=100 {
        let at = bench.traffic();
        bench.says(FailsoftChannel { site: site(3), talkgroup: talkgroup(number), at });
    }
    bench.says(FailsoftChannel { site: site(4), talkgroup: talkgroup(200), at: bench.traffic() });
    bench.run(Span::from_secs(20));
    let kept = bench.handset.memory().failsoft;
    assert_eq!(kept.len(), 64);
    assert!(kept.iter().all(|channel| channel.site == site(3)), "another site's word is not believed");
    assert_eq!(kept.last().unwrap().talkgroup, talkgroup(100));
}

#[test]
fn who_presses_talks_at_once_with_proof_and_says_the_end() {
    for profile in PROFILES {
        let mut bench = Bench::in_failsoft(profile.id);
        bench.forget();
        bench.press();
        assert!(bench.events.contains(&HandsetEvent::FailsoftPermit), "nobody is asked");
        bench.input(Input::Speech(vec![[7; 8]; 100]));
        bench.run(Span::from_secs(2));
        bench.input(Input::ReleasePtt);
        bench.run(Span::from_secs(2));
        let said = bench.said();
        let frames: usize = said.iter().map(|word| word.frames.len()).sum();
        assert!((100..110).contains(&frames), "{}: all that was spoken: {frames}", profile.name);
        assert!(said.last().unwrap().last && said.iter().filter(|word| word.last).count() == 1);
        assert!(bench.uplink.iter().all(|(_, burst)| burst.proof != Proof::NONE), "{}", profile.name);
        assert_eq!(bench.phase(), Phase::Failsoft);
        assert!(bench.events.contains(&HandsetEvent::FailsoftTalkEnded));
    }
}

#[test]
fn a_talk_has_a_limit() {
    let mut bench = Bench::in_failsoft(ProfileId::Iden);
    bench.forget();
    bench.press();
    bench.run(Span::from_secs(70));
    assert_eq!(bench.refusals(), [Cause::FailsoftTalkLimit]);
    assert_eq!(bench.phase(), Phase::Failsoft);
}

#[test]
fn whoever_talks_is_heard_and_shown_once() {
    let mut bench = Bench::in_failsoft(ProfileId::Iden);
    bench.forget();
    for position in 0..10 {
        bench.shows(voice(1018, position, false));
        bench.run(Span::from_millis(90));
    }
    assert_eq!(bench.phase(), Phase::FailsoftListening);
    let (talker, talkgroup) = (unit(1018), talkgroup(41));
    assert_eq!(bench.events, [HandsetEvent::FailsoftHears { talker, talkgroup }]);
    let heard = bench.outputs.iter().filter(|(_, output)| matches!(output, Output::HeardInFailsoft { .. }));
    assert!(heard.count() >= 9);
    bench.shows(voice(1018, 10, true));
    bench.run(Span::from_millis(200));
    assert_eq!(bench.phase(), Phase::Failsoft);
}

#[test]
fn a_talker_who_is_not_heard_any_more_is_over_and_ones_own_speech_is_not_heard() {
    let mut bench = Bench::in_failsoft(ProfileId::Iden);
    bench.shows(voice(1018, 0, false));
    bench.run(Span::from_millis(180));
    bench.shows(open(false));
    bench.run(Span::from_secs(1));
    assert_eq!(bench.phase(), Phase::Failsoft);
    bench.shows(voice(1017, 0, false));
    bench.run(Span::from_millis(180));
    assert_eq!(bench.phase(), Phase::Failsoft);
}

#[test]
fn it_beeps_with_the_tone() {
    let mut bench = Bench::in_failsoft(ProfileId::Iden);
    bench.forget();
    bench.shows(open(true));
    bench.run(Span::from_millis(90));
    assert_eq!(bench.events, [HandsetEvent::FailsoftTone]);
}

#[test]
fn it_comes_back_registered_when_the_site_says_so() {
    let mut bench = Bench::in_failsoft(ProfileId::Iden);
    bench.system.service = SiteService::Wide;
    bench.forget();
    bench.shows(FailsoftOver { site: site(3) });
    bench.run(Span::from_secs(10));
    assert_eq!(bench.phase(), Phase::Idle);
    assert_eq!(bench.events[0], HandsetEvent::FailsoftOver { site: site(3) });
    assert!(bench.uplink.is_empty(), "the registration holds");
}

#[test]
fn the_end_that_is_not_heard_is_known_by_silence() {
    let mut bench = Bench::in_failsoft(ProfileId::Iden);
    bench.system.service = SiteService::Wide;
    bench.shows = None;
    bench.run(Span::from_secs(4));
    assert_eq!(bench.phase(), Phase::Idle);
}

fn affiliates_to_42(word: &UplinkWord) -> bool {
    matches!(word, UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(42))
}

/// Its selector was turned in failsoft, to a talkgroup that shares the channel; then failsoft ends.
fn back_with_a_selection() -> Bench {
    let mut bench = Bench::with_channel(ProfileId::Iden).programmed_with(42);
    bench.system.registration_window_ms = 20_000;
    bench.run(Span::from_secs(2));
    bench.system.service = SiteService::Failsoft;
    bench.shows(open(false));
    bench.run(Span::from_secs(2));
    bench.input(Input::Select(talkgroup(42)));
    bench.run(Span::from_secs(1));
    assert_eq!(bench.phase(), Phase::Failsoft);
    bench.system.service = SiteService::Wide;
    bench.forget();
    bench.shows(FailsoftOver { site: site(3) });
    bench
}

#[test]
fn who_presses_does_not_wait_for_the_moment_of_a_selection() {
    let mut bench = back_with_a_selection();
    bench.run(Span::from_millis(500));
    assert_eq!(bench.phase(), Phase::Idle);
    bench.press();
    bench.run(Span::from_millis(500));
    assert!(bench.words().iter().any(affiliates_to_42));
}

#[test]
fn a_selection_made_in_failsoft_is_told_afterwards_and_not_at_once() {
    let mut bench = back_with_a_selection();
    let back = bench.now;
    bench.run(Span::from_secs(22));
    let told = bench.uplink.iter().find(|(_, burst)| affiliates_to_42(&burst.word)).expect("it is told");
    assert!(told.0.since(back) > Span::from_secs(1), "at its own moment of the window");
}

#[test]
fn who_was_switched_on_in_failsoft_registers_within_the_window() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.system.service = SiteService::Failsoft;
    bench.system.registration_window_ms = 20_000;
    bench.shows(open(false));
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(4));
    bench = bench.programmed_with(41);
    assert_eq!(bench.phase(), Phase::Failsoft);
    bench.press();
    bench.run(Span::from_secs(1));
    bench.input(Input::ReleasePtt);
    bench.run(Span::from_secs(1));
    assert!(!bench.said().is_empty() && bench.uplink.iter().all(|(_, burst)| burst.proof == Proof::NONE));
    bench.system.service = SiteService::Wide;
    bench.shows(FailsoftOver { site: site(3) });
    bench.run(Span::from_millis(500));
    assert_eq!(bench.phase(), Phase::Registering);
    bench.run(Span::from_secs(22));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn a_lost_control_channel_leads_to_the_failsoft_channel_while_that_is_alive() {
    for alive in [true, false] {
        let mut bench = Bench::with_channel(ProfileId::Iden);
        bench.radiates = false;
        bench.run(Span::from_secs(4));
        let control = bench.control;
        bench.control = slot(77, 0);
        bench.radiates = true;
        if alive {
            bench.shows(open(false));
        }
        bench.run(Span::from_secs(2));
        assert_eq!(bench.phase() == Phase::Failsoft, alive);
        bench.control = control;
        if !alive {
            bench.run(Span::from_secs(8));
            assert_eq!(bench.phase(), Phase::Idle, "it hunts, and finds its site again");
        }
    }
}

/// The control channel is lost; the failsoft channel begins when the handset has given up looking for it.
#[test]
fn out_of_range_it_looks_for_the_failsoft_channel_again() {
    for profile in PROFILES {
        let mut bench = Bench::with_channel(profile.id);
        bench.radiates = false;
        bench.run(Span::from_secs(30));
        let out =
            |bench: &Bench| bench.events.iter().filter(|event| **event == HandsetEvent::OutOfRange).count();
        assert_eq!(out(&bench), 1, "{}: its user is told once", profile.name);
        // The control channel never says whose it is.
        bench.control_words.extend(std::iter::repeat_n(DownlinkWord::from(Idle {}), 5_000));
        bench.radiates = true;
        bench.shows(open(false));
        bench.run(Span::from_secs(10));
        assert_eq!(bench.phase(), Phase::Failsoft, "{}", profile.name);
        bench.forget();
        bench.press();
        bench.input(Input::Speech(vec![[7; 8]; 20]));
        bench.run(Span::from_secs(1));
        assert!(bench.uplink.iter().all(|(_, burst)| burst.proof != Proof::NONE), "its session holds");
        assert!(!bench.said().is_empty(), "{}", profile.name);
    }
}

#[test]
fn out_of_range_without_a_channel_it_only_hunts() {
    let mut bench = Bench::registered(ProfileId::Iden).programmed_with(42);
    bench.radiates = false;
    bench.run(Span::from_secs(30));
    assert_eq!((bench.phase(), bench.handset.next_deadline()), (Phase::OutOfRange, None));
}

#[test]
fn a_site_that_is_found_meanwhile_is_its_site() {
    let mut bench = Bench::with_channel(ProfileId::Iden);
    bench.radiates = false;
    bench.run(Span::from_secs(30));
    bench.radiates = true;
    bench.run(Span::from_secs(12));
    assert_eq!(bench.phase(), Phase::Idle);
}

impl Bench {
    /// Switched off, and on again while the site has no control channel; its channels for these talkgroups it has kept.
    fn switched_on_without_control(profile: ProfileId, kept: &[u16]) -> Self {
        let mut bench =
            kept.iter().fold(Self::registered(profile), |bench, number| bench.programmed_with(*number));
        bench.input(Input::PowerOff);
        bench.run_until(|bench| bench.phase() == Phase::Off, Span::from_secs(5));
        // The control channel never says whose it is.
        bench.control_words.extend(std::iter::repeat_n(DownlinkWord::from(Idle {}), 20_000));
        bench.shows(open(false));
        bench.forget();
        bench.input(Input::PowerOn);
        bench
    }

    fn times_out_of_range(&self) -> usize {
        self.events.iter().filter(|event| **event == HandsetEvent::OutOfRange).count()
    }
}

#[test]
fn switched_on_without_a_control_channel_it_talks_on_the_channel_that_it_kept_and_registers_afterwards() {
    for profile in PROFILES {
        let name = profile.name;
        let mut bench = Bench::switched_on_without_control(profile.id, &[41]);
        bench.run(Span::from_secs(5));
        assert_eq!((bench.phase(), bench.times_out_of_range()), (Phase::Failsoft, 1), "{name}");
        bench.press();
        bench.input(Input::Speech(vec![[7; 8]; 50]));
        bench.run(Span::from_secs(1));
        bench.input(Input::ReleasePtt);
        bench.run(Span::from_secs(2));
        let frames: usize = bench.said().iter().map(|word| word.frames.len()).sum();
        assert!((50..60).contains(&frames), "{name}: all that was spoken: {frames}");
        assert!(
            bench.uplink.iter().all(|(_, burst)| burst.proof == Proof::NONE),
            "{name}: it has no session"
        );
        bench.shows(voice(1018, 0, false));
        bench.run(Span::from_millis(400));
        assert_eq!(bench.phase(), Phase::FailsoftListening, "{name}");
        bench.control_words.clear();
        bench.shows(FailsoftOver { site: site(3) });
        bench.run(Span::from_millis(400));
        assert_eq!(bench.phase(), Phase::Hunting, "{name}");
        bench.run(Span::from_secs(12));
        assert_eq!(bench.phase(), Phase::Idle, "{name}");
    }
}

#[test]
fn switched_on_where_nothing_is_heard_it_looks_and_hunts_in_turn_and_its_user_is_told_once() {
    let mut bench = Bench::switched_on_without_control(ProfileId::Iden, &[41]);
    bench.radiates = false;
    bench.run(Span::from_secs(60));
    let (mut looks, mut before) = (Vec::new(), None);
    for (at, output) in &bench.outputs {
        let looked = matches!(output, Output::Tune { carrier, .. } if *carrier == bench.traffic().carrier);
        if looked && let Some(before) = before.replace(*at) {
            looks.push(at.since(before).as_millis());
        }
    }
    // It looks for 2 s, hunts for 2 s, and waits for 5 s.
    assert!(looks.len() >= 5 && looks.iter().all(|pause| *pause == 9_000), "{looks:?}");
    assert_eq!(bench.times_out_of_range(), 1);
    bench.radiates = true;
    bench.run(Span::from_secs(9));
    assert_eq!(bench.phase(), Phase::Failsoft, "it begins later");
}

#[test]
fn who_presses_while_it_looks_is_not_registered() {
    let mut bench = Bench::switched_on_without_control(ProfileId::Iden, &[41]);
    bench.radiates = false;
    bench.run(Span::from_secs(3));
    assert_eq!(bench.phase(), Phase::SeekingFailsoft);
    bench.press();
    assert_eq!(bench.refusals(), [Cause::NotRegistered]);
}

#[test]
fn switched_on_without_a_channel_of_its_talkgroup_it_only_hunts() {
    let mut bench = Bench::switched_on_without_control(ProfileId::Iden, &[42]);
    bench.run(Span::from_secs(30));
    assert_eq!((bench.phase(), bench.handset.next_deadline()), (Phase::OutOfRange, None));
    // The user turns the selector to one of which it keeps a channel, and away again.
    bench.input(Input::Select(talkgroup(42)));
    bench.run(Span::from_secs(1));
    assert_eq!(bench.phase(), Phase::Failsoft);
    bench.input(Input::Select(talkgroup(41)));
    bench.run(Span::from_secs(30));
    assert_eq!((bench.phase(), bench.handset.next_deadline()), (Phase::OutOfRange, None));
}

#[test]
fn a_stunned_radio_that_is_switched_on_looks_for_no_channel() {
    let mut bench = Bench::with_channel(ProfileId::Iden);
    let memory = Memory { condition: Condition::Stunned, ..bench.handset.memory() };
    bench.handset = Handset::remembering(bench.handset.programming(), memory);
    bench.control_words.extend(std::iter::repeat_n(DownlinkWord::from(Idle {}), 5_000));
    bench.shows(open(false));
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(30));
    assert_eq!((bench.phase(), bench.handset.next_deadline()), (Phase::OutOfRange, None));
}

#[test]
fn a_channel_of_which_the_air_was_not_kept_is_not_looked_for() {
    let mut bench = Bench::with_channel(ProfileId::Iden);
    let mut memory = bench.handset.memory();
    assert_eq!(memory.failsoft[0].profile, Some(ProfileId::Iden));
    memory.failsoft[0].profile = None;
    bench.handset = Handset::remembering(bench.handset.programming(), memory);
    bench.radiates = false;
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(30));
    assert_eq!((bench.phase(), bench.handset.next_deadline()), (Phase::OutOfRange, None));
}

#[test]
fn of_several_sites_it_looks_at_one_after_the_other_the_last_told_first() {
    let mut bench = Bench::with_channel(ProfileId::Iden);
    let mut memory = bench.handset.memory();
    for number in [5, 4] {
        memory.failsoft.push(Programmed { site: site(number), ..memory.failsoft[0] });
    }
    bench.handset = Handset::remembering(bench.handset.programming(), memory);
    bench.radiates = false;
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(40));
    let looked =
        |output: &Output| if let Output::Tune { site, .. } = output { Some(site.number()) } else { None };
    let looked: Vec<u16> = bench.outputs.iter().filter_map(|(_, output)| looked(output)).collect();
    assert_eq!(looked, [4, 5, 3, 4, 5]);
}

#[test]
fn an_alarm_in_failsoft_is_said_when_the_network_is_back() {
    let mut bench = Bench::in_failsoft(ProfileId::Iden);
    bench.forget();
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run(Span::from_secs(1));
    bench.input(Input::ReleasePtt);
    bench.run(Span::from_secs(1));
    assert!(!bench.said().is_empty(), "the user is heard on the channel");
    bench.system.service = SiteService::Wide;
    bench.shows(FailsoftOver { site: site(3) });
    bench.run(Span::from_secs(3));
    assert!(bench.words().iter().any(|word| matches!(word, UplinkWord::Alarm(_))));
}

#[test]
fn a_call_that_runs_is_heard_to_its_end() {
    let mut bench = Bench::with_channel(ProfileId::Iden).listening();
    bench.system.service = SiteService::Failsoft;
    bench.run(Span::from_secs(3));
    assert_eq!(bench.phase(), Phase::Listening);
}

#[test]
fn what_is_asked_for_as_failsoft_begins_is_refused() {
    let mut bench = Bench::with_channel(ProfileId::Iden);
    bench.press();
    bench.run(Span::from_millis(200));
    bench.system.service = SiteService::Failsoft;
    bench.shows(open(false));
    bench.run(Span::from_secs(2));
    assert_eq!(bench.refusals(), [Cause::SiteInFailsoft]);
    assert_eq!(bench.phase(), Phase::Failsoft);
}

#[test]
fn words_of_another_site_mean_nothing() {
    let mut bench = Bench::in_failsoft(ProfileId::Iden);
    bench.forget();
    bench.shows(DownlinkWord::FailsoftOver(FailsoftOver { site: site(9) }));
    bench.run(Span::from_millis(200));
    bench.shows(open(false));
    bench.run(Span::from_millis(500));
    assert_eq!((bench.phase(), bench.events), (Phase::Failsoft, Vec::new()));
}
