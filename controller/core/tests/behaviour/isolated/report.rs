//! Reports (clause 14.1.6).

use smallvec::SmallVec;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::isolated::{epoch_of, node_of};
use trunklab_controller_core::output::{
    CallRecord, HeldSlot, MessageRecord, Output, ReportedItem, Spurt, StoreItem,
};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{Report, ServedAlone, ServedFailsoft};
use trunklab_protocol::operator::Sender;
use trunklab_protocol::part::cut;
use trunklab_protocol::{CallId, Cause, Epoch, MessageId, MessageKind, Moment, Priority, StatusNumber};

use super::{time_alone, with_one_that_may};
use crate::support::{System, channel, held_radio, site, talkgroup, unit};

impl System {
    /// A site reports something, all of it; gives the request to the store, where there is one.
    fn reports(&mut self, number: u16, report: u32, item: &str, now_ms: u64) -> Option<u64> {
        for (part, parts, text) in cut(item) {
            let now_us = now_ms * 1_000;
            self.from_site(number, Report { number: report, now_us, part, parts, text });
        }
        self.outputs.iter().find_map(|output| match output {
            Output::Store { id, item: StoreItem::Reported(_) } => Some(*id),
            _ => None,
        })
    }
}

fn ms(millis: u64) -> Moment {
    Moment::from_micros(millis * 1_000)
}

/// A call of talkgroup 41 that site 3 carried alone.
fn record() -> CallRecord {
    let held = HeldSlot { site: site(3), at: channel(2), from: ms(1_000), until: Some(ms(4_000)) };
    let spurt =
        Spurt { unit: unit(1017), from: ms(1_000), until: Some((ms(2_000), Cause::TransmissionEnded)) };
    CallRecord {
        call: CallId { node: node_of(site(3)).unwrap(), epoch: time_alone(), counter: 1 },
        epoch: time_alone(),
        parties: talkgroup(41).into(),
        caller: Some(unit(1017)),
        kind: RequestKind::Normal,
        area: None,
        priority: Priority::new(5).unwrap(),
        requested: ms(1_000),
        granted: ms(1_000),
        released: Some((ms(4_000), Cause::HangTimeOver)),
        slots: SmallVec::from_iter([held]),
        spurts: SmallVec::from_iter([spurt]),
        monitored_by: None,
    }
}

fn message() -> MessageRecord {
    MessageRecord {
        message: MessageId { epoch: time_alone(), counter: 1 },
        kind: MessageKind::Status(StatusNumber::new(3).unwrap()),
        from: Sender::Unit(unit(1017)),
        to: Some(unit(1018).into()),
        from_site: Some(site(3)),
        sites: SmallVec::from_iter([site(3)]),
        requested: ms(1_000),
        outcome: Some((ms(2_000), Ok(()))),
        ended: None,
    }
}

fn json(item: StoreItem) -> String {
    serde_json::to_string(&item).unwrap()
}

fn of_call(record: CallRecord) -> String {
    json(StoreItem::CallClosed(Box::new(record)))
}

fn of_message(record: MessageRecord) -> String {
    json(StoreItem::Message(Box::new(record)))
}

#[test]
fn operators_are_told_once_that_a_site_has_served_alone() {
    let mut system = with_one_that_may();
    let word = |time| {
        let epoch = epoch_of(site(3), time).unwrap();
        ServedAlone { epoch, alone_ms: 90_000, reports: 2 }
    };
    system.from_site(3, word(1));
    system.expect("event: site 3 served alone for 90000 ms, has 2 reports");
    system.from_site(3, word(1));
    system.expect_no("served alone");
    system.from_site(3, word(2));
    system.expect("event: site 3 served alone for 90000 ms, has 2 reports");
    system.from_site(5, word(1));
    system
        .expect_no("served alone")
        .expect("event: dropped: the site's report of its time alone is no record that it may make");
}

#[test]
fn operators_are_told_once_that_a_site_was_in_failsoft() {
    let mut system = with_one_that_may();
    let word = |time| {
        let epoch = epoch_of(site(3), time).unwrap();
        ServedFailsoft { epoch, failsoft_ms: 90_000, spurts: 7, unproved: 2, collisions: 4, reports: 5 }
    };
    system.from_site(3, word(1));
    system.expect("event: site 3 in failsoft for 90000 ms: 7 spurts, 2 unproved, 4 lost");
    system.from_site(3, word(1));
    system.expect_no("in failsoft");
    system.from_site(3, word(2));
    system.expect("event: site 3 in failsoft for 90000 ms: 7 spurts, 2 unproved, 4 lost");
    system.from_site(5, word(1));
    system
        .expect_no("in failsoft")
        .expect("event: dropped: the site's report of its time alone is no record that it may make");
}

/// What was said in failsoft is a record like any other of a site's own.
#[test]
fn a_spurt_in_failsoft_is_kept_as_a_record() {
    let mut system = with_one_that_may();
    let said = CallRecord {
        priority: Priority::LOWEST,
        released: Some((ms(2_000), Cause::SaidInFailsoft)),
        slots: SmallVec::from_iter([HeldSlot { until: Some(ms(2_000)), ..record().slots[0] }]),
        ..record()
    };
    let store = system.reports(3, 7, &of_call(said), 60_000).unwrap();
    system.input(Input::Stored { id: store });
    system.expect("site 3 -> report 7 kept");
}

#[test]
fn a_report_is_answered_when_it_is_durable() {
    let mut system = with_one_that_may();
    system.after_ms(500);
    let store = system.reports(3, 7, &of_call(record()), 60_000).unwrap();
    system.expect_no("report 7 kept");
    let reported = system.outputs.iter().find_map(|output| match output {
        Output::Store { item: StoreItem::Reported(reported), .. } => Some(reported),
        _ => None,
    });
    let reported = reported.unwrap();
    assert_eq!((reported.at, reported.site_now), (ms(500), ms(60_000)));
    assert_eq!(reported.item, ReportedItem::Call(Box::new(record())), "as the site wrote it");
    system.input(Input::Stored { id: store });
    system.expect_sites_hear(&["site 3 -> report 7 kept"]);
    system.input(Input::Stored { id: store });
    system.expect_no("report 7 kept");
    let store = system.reports(3, 8, &of_message(message()), 60_000).unwrap();
    system.input(Input::Stored { id: store });
    system.expect("site 3 -> report 8 kept");
}

#[test]
fn of_a_report_that_cannot_be_kept_nothing_is_told_and_it_may_come_again() {
    let mut system = with_one_that_may();
    let store = system.reports(3, 7, &of_call(record()), 60_000).unwrap();
    system.input(Input::StoreFailed { id: store });
    system.expect_no("kept").expect("event: dropped: the store could not keep what had to last");
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    let store = system.reports(3, 7, &of_call(record()), 61_000).unwrap();
    system.input(Input::Stored { id: store });
    system.expect("site 3 -> report 7 kept");
}

#[test]
fn a_report_of_many_parts_is_put_together_on_its_own_link() {
    let mut system = with_one_that_may();
    let spurt = record().spurts[0];
    let long = of_call(CallRecord { spurts: std::iter::repeat_n(spurt, 200).collect(), ..record() });
    let parts = cut(&long);
    assert!(parts.len() > 2);
    let word = |(part, parts, text): &(u16, u16, String)| Report {
        number: 7,
        now_us: 60_000_000,
        part: *part,
        parts: *parts,
        text: text.clone(),
    };
    system.from_site(3, word(&parts[0]));
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    system.from_site(3, word(&parts[1]));
    system.expect("event: dropped: a field has a value out of range");
    assert!(system.reports(3, 7, &long, 60_000).is_some());
}

type Harm<T> = fn(&mut T);

/// Whatever is not a site's to report is refused, and answered: it would be said for ever.
#[test]
fn what_a_site_may_not_report_is_refused_counted_and_said_no_more() {
    #[rustfmt::skip]
    const CALLS: &[Harm<CallRecord>] = &[
        |of| of.epoch = Epoch::new(1).unwrap(),
        |of| of.epoch = epoch_of(site(5), 1).unwrap(),
        |of| of.slots[0].site = site(5),
        |of| of.released = None,
        |of| of.released = Some((ms(60_001), Cause::HangTimeOver)),
        |of| of.requested = Moment::from_micros(u64::MAX),
        |of| of.slots[0].until = Some(ms(60_001)),
        |of| of.spurts[0].from = ms(60_001),
        |of| of.spurts = std::iter::repeat_n(of.spurts[0], 1_001).collect(),
    ];
    const MESSAGES: &[Harm<MessageRecord>] = &[
        |of| of.message.epoch = Epoch::new(1).unwrap(),
        |of| of.from_site = Some(site(5)),
        |of| of.sites.push(site(5)),
        |of| of.outcome = None,
        |of| of.outcome = Some((ms(60_001), Ok(()))),
    ];
    let calls = CALLS.iter().map(|harm| {
        let mut harmed = record();
        harm(&mut harmed);
        of_call(harmed)
    });
    let messages = MESSAGES.iter().map(|harm| {
        let mut harmed = message();
        harm(&mut harmed);
        of_message(harmed)
    });
    let others = [
        json(StoreItem::CallOpened(Box::new(record()))),
        json(StoreItem::Unpatched(vec![talkgroup(41)])),
        String::new(),
        "{".to_owned(),
        "[".repeat(4_000),
    ];
    let mut system = with_one_that_may();
    for item in calls.chain(messages).chain(others) {
        assert_eq!(system.reports(3, 7, &item, 60_000), None, "{item}");
        system
            .expect("site 3 -> report 7 kept")
            .expect("event: dropped: the site's report of its time alone is no record that it may make");
    }
    let refused = system.controller.refusals().find(|(cause, _)| *cause == Cause::ReportUnfit);
    assert_eq!(refused, Some((Cause::ReportUnfit, 19)));
    assert_eq!(system.reports(3, 7, &of_call(record()), u64::MAX / 2_000), None, "a clock that is none");
}
