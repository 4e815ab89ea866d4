//! In a full duplex call each of the two hears the other while it talks itself: at two sites through the switch, at one site
//! from slot to slot.

use crate::two_sites::{plan, unit};
use trunklab::lab::weather::Weather;
use trunklab::lab::world::{Heard, World};
use trunklab::speech::{Recorder, envelope, synth, vocoder};
use trunklab_protocol::{CallSetup, CarrierNumber, Moment, ProfileId, Span};
use trunklab_terminal_core::input::Input;

const CALLER: u32 = 1001;
const CALLED: u32 = 1002;

/// Both begin to speak here, while the call has long stood.
const SPEAK: Moment = Moment::from_micros(26_000_000);
const SENTENCE_S: f64 = 6.0;

/// Everything that was heard while both said their sentences, the caller at site 1 and the called unit at this one.
fn both_say(profile: ProfileId, site: u16, sentences: [&[i16]; 2]) -> Vec<Heard> {
    let mut network = plan(profile, &[(CALLER, 1), (CALLED, site)]);
    for row in &mut network.subscribers {
        row.duplex = true;
    }
    // Two at one site need a slot each, whatever the profile.
    for row in &mut network.sites {
        row.carriers.push(CarrierNumber::new(row.site.number() * 10 + 2).unwrap());
    }
    let mut world = World::new(network, Weather::CALM, 7);
    for number in [CALLER, CALLED] {
        world.user(unit(number), Input::PowerOn);
    }
    world.run_until(Moment::from_micros(18_000_000));
    world.user(unit(CALLER), Input::Call { called: unit(CALLED), setup: CallSetup::Duplex });
    world.run_until(Moment::from_micros(22_000_000));
    world.user(unit(CALLED), Input::Answer);
    world.run_until(SPEAK);
    world.take_heard();
    for (number, sentence) in [CALLER, CALLED].into_iter().zip(sentences) {
        world.user(unit(number), Input::Speech(vocoder::encode(sentence)));
    }
    world.run_until(SPEAK + Span::from_secs(9));
    world.take_heard()
}

fn recording(heard: &[Heard], listener: u32, talker: u32) -> Vec<i16> {
    let mut recorder = Recorder::new(SPEAK, Span::from_secs(20));
    for run in heard.iter().filter(|heard| heard.unit == unit(listener)) {
        assert_eq!(run.talker, unit(talker), "nobody hears itself");
        recorder.hear(run.at, run.spurt, run.position, &run.frames).unwrap();
    }
    recorder.finish(SPEAK)
}

#[test]
fn both_hear_each_other_while_they_talk_with_every_profile() {
    let sentences = [synth::sentence(1, SENTENCE_S), synth::sentence(2, SENTENCE_S)];
    let said = [envelope::of(&sentences[0]), envelope::of(&sentences[1])];
    for profile in ProfileId::ALL {
        for site in [2, 1] {
            let heard = both_say(*profile, site, [&sentences[0], &sentences[1]]);
            for (listener, talker, own, other) in [(CALLED, CALLER, 1, 0), (CALLER, CALLED, 0, 1)] {
                let place = format!("{profile}, called unit at site {site}, unit {listener}");
                let envelope = envelope::of(&recording(&heard, listener, talker));
                let fit = envelope::correlate(&said[other], &envelope, 150).unwrap();
                assert!(fit.correlation >= 0.8, "{place}: {fit:?}");
                assert!(fit.lag > 0, "{place}: nothing is heard before it is said: {fit:?}");
                let itself = envelope::correlate(&said[own], &envelope, 150).unwrap();
                assert!(itself.correlation <= 0.5, "{place} hears itself: {itself:?}");
            }
        }
    }
}
