//! Anything, from anybody, in any order: nothing panics, the rooms agree after each input, and nothing is left over.

mod anything;
mod watched;

use proptest::prelude::*;
use trunklab_controller_core::Controller;
use trunklab_controller_core::input::Input;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{HeldCall, HeldRadio};
use trunklab_protocol::{
    Addressee, AreaChoice, CallSetup, Demand, MessageReply, PageReply, Span, StatusNumber,
};

use anything::*;
use watched::Watched;

/// What happens next. Small numbers, so that the hostile and the true meet often.
#[derive(Debug, Clone)]
enum Step {
    Input(Input),
    /// A site connects, greets and reports without a fault.
    Comes(u16, Vec<HeldRadio>, Vec<HeldCall>),
    /// A site comes back with just what it held.
    Returns(u16),
    /// A unit presses where it is registered, for the talkgroup that it is affiliated to.
    Presses(u32, RequestKind, Option<AreaChoice>),
    /// A unit presses in a call that its site carries.
    PressesInCall(u32, Demand),
    /// A unit withdraws its last request.
    Cancels(u32),
    LetsGo(u32),
    /// A unit calls another.
    Calls(u32, u32, CallSetup),
    /// A unit answers the last request of another as a page of it.
    Replies(u32, u32, PageReply),
    /// A unit tells a status, or alerts another.
    Tells(u32, Option<Addressee>, StatusNumber),
    Alerts(u32, u32),
    /// The radio that was told a message last says this to it.
    Answers(MessageReply),
    /// The store answers for the record of a message that came last.
    Stores(bool),
    /// A unit hangs up a call that its site carries.
    HangsUp(u32),
    /// A unit registers with the right answer.
    Registers(u32, u16, Option<u16>),
    /// The talker of a call ends it properly.
    Ends(usize),
    /// A talker says that it goes, registers elsewhere, and perhaps asks to go on.
    Moves(usize, u16, bool),
    Wait(u64),
}

fn a_step() -> impl Strategy<Value = Step> {
    let radios = proptest::collection::vec(a_held_radio(), 0..5);
    let calls = proptest::collection::vec(a_held_call(), 0..4);
    prop_oneof![
        20 => an_input().prop_map(Step::Input),
        1 => (1_u16..=4, radios, calls).prop_map(|(site, radios, calls)| Step::Comes(site, radios, calls)),
        3 => (1_u16..=3).prop_map(Step::Returns),
        20 => (1_u32..=6, a_request_kind(), a_choice()).prop_map(|(unit, kind, area)| Step::Presses(unit, kind, area)),
        12 => (1_u32..=6, a_demand()).prop_map(|(unit, demand)| Step::PressesInCall(unit, demand)),
        2 => (1_u32..=6).prop_map(Step::Cancels),
        2 => (1_u32..=6).prop_map(Step::LetsGo),
        12 => (1_u32..=6, 1_u32..=6, a_set_up()).prop_map(|(unit, called, setup)| Step::Calls(unit, called, setup)),
        16 => (1_u32..=6, 1_u32..=6, a_page_reply())
            .prop_map(|(unit, caller, reply)| Step::Replies(unit, caller, reply)),
        8 => (1_u32..=6, an_addressee(), a_status()).prop_map(|(unit, to, number)| Step::Tells(unit, to, number)),
        6 => (1_u32..=6, 1_u32..=6).prop_map(|(unit, called)| Step::Alerts(unit, called)),
        8 => proptest::sample::select(MessageReply::ALL).prop_map(Step::Answers),
        8 => prop_oneof![4 => Just(true), 1 => Just(false)].prop_map(Step::Stores),
        3 => (1_u32..=6).prop_map(Step::HangsUp),
        6 => (1_u32..=7, 1_u16..=4, proptest::option::of(1_u16..=3))
            .prop_map(|(unit, site, talkgroup)| Step::Registers(unit, site, talkgroup)),
        6 => (0_usize..4).prop_map(Step::Ends),
        6 => (0_usize..4, 1_u16..=3, any::<bool>()).prop_map(|(index, to, asks)| Step::Moves(index, to, asks)),
        8 => (0_u64..2_500).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_rooms_agree_and_nothing_is_left_over(steps in proptest::collection::vec(a_step(), 1..150)) {
        let mut watched = Watched::new();
        let mut twin = Watched::new();
        let mut thorough = Watched::around(Controller::that_weighs_all());
        for step in &steps {
            watched.step(step);
            twin.step(step);
            thorough.step(step);
            prop_assert_eq!(watched.controller.digest(), twin.controller.digest());
            prop_assert_eq!(watched.controller.digest(), thorough.controller.digest());
        }
        watched.input(Input::ClosingDown);
        prop_assert!(watched.open.is_empty(), "records left open: {:?}", watched.open);
        prop_assert!(watched.untold.is_empty(), "messages left open: {:?}", watched.untold);
        let snapshot = watched.controller.snapshot(watched.now);
        prop_assert!(snapshot.calls.is_empty() && snapshot.queue.is_empty());
        prop_assert!(snapshot.sites.iter().flat_map(|site| &site.slots).all(|slot| slot.call.is_none()));
        let recorded: u64 = watched.records.iter().flat_map(|record| &record.slots)
            .map(|slot| slot.until.expect("a closed record holds nothing").since(slot.from).as_micros()).sum();
        prop_assert_eq!(Span::from_micros(recorded), watched.controller.channel_time_used());
        let over = watched.statistics.finish(watched.now);
        let counted = watched.counted_us + over.iter().map(|period| period.system.held_us).sum::<u64>();
        prop_assert_eq!(counted, recorded, "the statistics count what the records tell");
    }
}
