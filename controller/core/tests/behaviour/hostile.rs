//! Anything, from anybody, in any order: nothing panics, the rooms agree after each input, and nothing is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use proptest::prelude::*;
use trunklab_controller_core::Controller;
use trunklab_controller_core::config::{
    Change, ConsoleUnit, QueueRelease, Reach, ServiceArea, SiteConfig, SystemParameters, Talkgroup,
};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{CallRecord, Output, StoreItem};
use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{self, FromSite, HeldCall, HeldRadio};
use trunklab_protocol::operator::{ConsoleName, Order};
use trunklab_protocol::proof::{Challenge, Response};
use trunklab_protocol::switch::ConsoleSilent;
use trunklab_protocol::to_site::{Assert, Deregister, Registered, ToSite};
use trunklab_protocol::{
    Announcement, AreaChoice, AreaId, CallId, CallSetup, Cause, ControlLayout, ControlPlace, Demand,
    EmergencyPolicy, Epoch, FloorPolicy, Identity, Incarnation, Moment, NodeId, PageReply, Parties, Press,
    Priority, ScanList, Signalling, SiteId, SlotChoice, Span, SpurtId, StartPolicy, TalkgroupId, Tmsi,
    Trunking, UnitId,
};

use crate::support::{area, channel, key, press, site, site_config, subscriber, talkgroup, unit};

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

fn a_site() -> impl Strategy<Value = SiteId> {
    (1_u16..=4).prop_map(site)
}

fn a_unit() -> impl Strategy<Value = UnitId> {
    (1_u32..=7).prop_map(unit)
}

fn an_emergency_policy() -> impl Strategy<Value = EmergencyPolicy> {
    prop_oneof![Just(EmergencyPolicy::TopOfQueue), Just(EmergencyPolicy::Ruthless)]
}

fn a_talkgroup() -> impl Strategy<Value = TalkgroupId> {
    (1_u16..=4).prop_map(talkgroup)
}

fn a_press() -> impl Strategy<Value = Press> {
    prop_oneof![4 => 0_u16..12, 1 => any::<u16>()].prop_map(press)
}

fn a_spurt() -> impl Strategy<Value = SpurtId> {
    (1_u32..12).prop_map(|count| SpurtId::new(0x0100_0000 + count).unwrap())
}

fn a_call() -> impl Strategy<Value = CallId> {
    (1_u16..=2, 0_u32..3, 1_u32..8).prop_map(|(node, epoch, counter)| CallId {
        node: NodeId::new(node).unwrap(),
        epoch: Epoch::new(epoch).unwrap(),
        counter,
    })
}

fn an_identity() -> impl Strategy<Value = Identity> {
    prop_oneof![
        a_unit().prop_map(|unit| Identity::Imei(crate::support::imei(unit))),
        a_unit().prop_map(Identity::Unit),
    ]
}

fn a_scan_list() -> impl Strategy<Value = ScanList> {
    proptest::collection::vec(a_talkgroup(), 0..=3).prop_map(|listed| ScanList::new(listed).unwrap())
}

fn a_held_radio() -> impl Strategy<Value = HeldRadio> {
    let affiliation = proptest::option::of(a_talkgroup());
    (a_unit(), 1_u32..9, affiliation, a_scan_list()).prop_map(|(unit, tmsi, talkgroup, secondary)| {
        HeldRadio { unit, tmsi: Tmsi::new(tmsi).unwrap(), talkgroup, secondary }
    })
}

fn a_held_call() -> impl Strategy<Value = HeldCall> {
    let talker = proptest::option::of((a_unit(), a_spurt(), a_press()));
    let raised = (any::<bool>(), proptest::option::of(an_area()));
    (a_call(), a_talkgroup(), 1_u16..6, talker, any::<bool>(), raised, 0_u32..9_000).prop_map(
        |(call, talkgroup, at, talker, talker_is_here, (emergency, area), hang_left_ms)| HeldCall {
            call,
            parties: talkgroup.into(),
            at: channel(at),
            talker: talker.map(|(unit, spurt, press)| Talker { unit, spurt, press }),
            talker_is_here,
            emergency,
            area,
            hang_left_ms,
        },
    )
}

fn a_request_kind() -> impl Strategy<Value = RequestKind> {
    prop_oneof![4 => Just(RequestKind::Normal), 1 => Just(RequestKind::Emergency)]
}

fn a_demand() -> impl Strategy<Value = Demand> {
    proptest::sample::select(Demand::ALL)
}

fn a_set_up() -> impl Strategy<Value = CallSetup> {
    proptest::sample::select(CallSetup::ALL)
}

fn a_page_reply() -> impl Strategy<Value = PageReply> {
    proptest::sample::select(PageReply::ALL)
}

fn a_greeting() -> impl Strategy<Value = FromSite> {
    (0_u32..3, 1_u16..9).prop_map(|(incarnation, port)| {
        from_site::Hello {
            incarnation: Incarnation::new(incarnation).unwrap(),
            newest_epoch: Epoch::new(0).unwrap(),
            voice_address: SocketAddr::from(([127, 0, 0, 1], port)),
            controls: (port % 3 == 0).then(|| channel(port)).into_iter().collect(),
        }
        .into()
    })
}

fn a_message() -> impl Strategy<Value = FromSite> {
    let radios = proptest::collection::vec(a_held_radio(), 0..4);
    let calls = proptest::collection::vec(a_held_call(), 0..4);
    prop_oneof![
        1 => a_greeting(),
        1 => radios.prop_map(|radios| from_site::InventoryRadios { radios }.into()),
        1 => calls.prop_map(|calls| from_site::InventoryCalls { calls }.into()),
        1 => Just(from_site::InventoryEnd {}.into()),
        2 => (an_identity(), a_press()).prop_map(|(identity, press)| from_site::Register { identity, press }.into()),
        2 => (an_identity(), any::<[u8; 8]>(), proptest::option::of(a_talkgroup()), a_scan_list()).prop_map(
            |(identity, response, talkgroup, secondary)| {
                from_site::Answer { identity, response: Response::new(response), talkgroup, secondary }.into()
            }
        ),
        3 => (a_unit(), a_press(), a_talkgroup(), a_scan_list()).prop_map(|(unit, press, talkgroup, secondary)| {
            from_site::Affiliate { unit, press, talkgroup, secondary }.into()
        }),
        1 => a_unit().prop_map(|unit| from_site::Detach { unit }.into()),
        9 => (a_unit(), a_press(), a_talkgroup(), a_request_kind(), a_choice()).prop_map(
            |(unit, press, talkgroup, kind, area)| {
                from_site::CallRequest { unit, press, talkgroup, kind, area }.into()
            }
        ),
        4 => (a_unit(), a_press(), a_unit(), a_set_up()).prop_map(|(unit, press, called, setup)| {
            from_site::UnitRequest { unit, press, called, setup }.into()
        }),
        3 => (a_unit(), a_unit(), a_press(), a_page_reply()).prop_map(|(unit, caller, page, reply)| {
            from_site::PageAnswer { unit, caller, page, reply }.into()
        }),
        1 => (a_unit(), a_call()).prop_map(|(unit, call)| from_site::HangUp { unit, call }.into()),
        2 => (a_unit(), a_press()).prop_map(|(unit, press)| from_site::CallCancel { unit, press }.into()),
        2 => (a_unit(), a_press()).prop_map(|(unit, press)| from_site::PttReleased { unit, press }.into()),
        2 => (a_unit(), a_press()).prop_map(|(unit, press)| from_site::Alarm { unit, press }.into()),
        3 => (a_unit(), a_press(), a_call(), a_demand()).prop_map(|(unit, press, call, demand)| {
            from_site::FloorRequest { unit, press, call, demand }.into()
        }),
        2 => (a_unit(), a_call(), a_spurt())
            .prop_map(|(unit, call, spurt)| from_site::TalkEnd { unit, call, spurt }.into()),
        2 => (a_unit(), a_call(), a_spurt()).prop_map(|(unit, call, spurt)| {
            from_site::TalkerLeaving { unit, call, spurt, to: site(5) }.into()
        }),
        2 => (a_unit(), a_press(), a_call(), a_spurt()).prop_map(|(unit, press, call, spurt)| {
            from_site::Handover { unit, press, call, spurt }.into()
        }),
        2 => (a_call(), a_spurt()).prop_map(|(call, spurt)| from_site::TalkerSilent { call, spurt }.into()),
    ]
}

fn a_reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        3 => Just(Reach::Own),
        2 => proptest::collection::vec(a_talkgroup(), 1..4).prop_map(Reach::Members),
        1 => Just(Reach::System),
    ]
}

fn an_order() -> impl Strategy<Value = Order> {
    prop_oneof![
        1 => a_unit().prop_map(|unit| Order::AcknowledgeEmergency { unit }),
        1 => a_unit().prop_map(|unit| Order::ClearEmergency { unit }),
        1 => proptest::collection::vec(a_talkgroup(), 0..4).prop_map(|talkgroups| Order::Patch { talkgroups }),
        1 => proptest::collection::vec(a_talkgroup(), 0..4)
            .prop_map(|talkgroups| Order::Multiselect { talkgroups }),
        1 => a_talkgroup().prop_map(|talkgroup| Order::UndoPatch { talkgroup }),
        2 => proptest::collection::vec(a_talkgroup(), 0..4).prop_map(|talkgroups| Order::Talk { talkgroups }),
        1 => Just(Order::EndTalk {}),
    ]
}

fn a_console() -> impl Strategy<Value = ConsoleName> {
    prop_oneof![3 => Just("desk"), 1 => Just("side"), 1 => Just("nobody")].prop_map(ConsoleName::new)
}

/// Consoles, of which one may have the number of a unit that comes later.
fn consoles(desk: u32) -> Vec<ConsoleUnit> {
    [("desk", desk), ("side", 901)]
        .map(|(name, number)| ConsoleUnit { name: ConsoleName::new(name), unit: unit(number) })
        .into()
}

fn a_queue_release() -> impl Strategy<Value = QueueRelease> {
    prop_oneof![Just(QueueRelease::CallBack), Just(QueueRelease::Cancel)]
}

fn an_area() -> impl Strategy<Value = AreaId> {
    (1_u16..=3).prop_map(area)
}

/// What a request says of its service area.
fn a_choice() -> impl Strategy<Value = Option<AreaChoice>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(AreaChoice::Wide)),
        1 => Just(Some(AreaChoice::Local)),
        2 => an_area().prop_map(|area| Some(AreaChoice::Named(area))),
    ]
}

fn a_start() -> impl Strategy<Value = StartPolicy> {
    prop_oneof![
        2 => Just(StartPolicy::All),
        1 => Just(StartPolicy::Fast),
        1 => proptest::collection::vec(a_site(), 0..3).prop_map(StartPolicy::Critical),
    ]
}

fn a_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (an_area(), proptest::collection::vec(a_site(), 0..4))
            .prop_map(|(area, sites)| { Change::Area(ServiceArea { area, name: String::new(), sites }) }),
        (
            (1_u16..=4, 0_u16..4),
            proptest::sample::select(SlotChoice::ALL),
            (
                proptest::sample::select(ControlPlace::ALL),
                proptest::sample::select(Signalling::ALL),
                proptest::sample::select(ControlLayout::ALL),
            ),
            0_u32..10_000,
        )
            .prop_map(
                |(
                    (number, channels),
                    slot_choice,
                    (control_place, signalling, control_layout),
                    control_moves_ms,
                )| {
                    Change::Site(SiteConfig {
                        slot_choice,
                        control_place,
                        signalling,
                        control_layout,
                        control_moves_ms,
                        ..site_config(number, channels)
                    })
                }
            ),
        (
            (1_u16..=4, 1_u8..=10),
            (proptest::sample::select(Trunking::ALL), proptest::option::of(0_u32..4_000)),
            (
                proptest::option::of(0_u32..9_000),
                (
                    proptest::sample::select(FloorPolicy::ALL),
                    a_reach(),
                    proptest::sample::select(Announcement::ALL)
                )
            ),
            (a_start(), proptest::option::of(0_u32..3_000), proptest::option::of(an_area()), a_choice()),
        )
            .prop_map(
                |(
                    (number, priority),
                    (trunking, hang_time_ms),
                    (transmission_ms_max, (floor, reach, announcement)),
                    (start, busy_override_ms, home_area, area),
                )| {
                    Change::Talkgroup(Talkgroup {
                        priority: Priority::new(priority).unwrap(),
                        trunking,
                        hang_time_ms,
                        transmission_ms_max,
                        floor,
                        start,
                        busy_override_ms,
                        reach,
                        announcement,
                        home_area,
                        area: area.unwrap_or_default(),
                        ..Talkgroup::named(talkgroup(number), "")
                    })
                }
            ),
        (
            (1_u32..=7, proptest::option::of(a_talkgroup())),
            proptest::collection::vec(1_u16..=4, 0..4),
            proptest::option::of(a_site()),
            (a_demand(), any::<bool>()),
        )
            .prop_map(|((number, emergency_talkgroup), talkgroups, only, (floor_demand, duplex))| {
                let sites = only.map(|site| vec![site]);
                Change::Subscriber(trunklab_controller_core::config::Subscriber {
                    sites,
                    floor_demand,
                    emergency_talkgroup,
                    duplex,
                    ..subscriber(number, &talkgroups)
                })
            }),
        (
            0_u16..4,
            (0_u32..9_000, prop_oneof![Just(0), 1_u32..4_000], prop_oneof![Just(0), 1_u32..2_000]),
            (a_queue_release(), 0_u32..5_000, (an_emergency_policy(), 0_u16..4)),
            3_u32..8,
            1_u16..4,
            9_000_u32..90_000,
            (0_u16..2_000, proptest::sample::select(&[7_u32, 900, 901])),
        )
            .prop_map(
                |(
                    queue_len_max,
                    (queue_wait_ms_max, recent_user_ms, ageing_ms),
                    (queue_release, call_back_ms, (emergency, emergencies_max)),
                    visitors_max,
                    challenges_max,
                    site_silence_ms_max,
                    (heartbeat_ms, desk),
                )| {
                    Change::System(SystemParameters {
                        queue_len_max,
                        queue_wait_ms_max,
                        recent_user_ms,
                        ageing_ms,
                        queue_release,
                        call_back_ms,
                        emergency,
                        emergencies_max,
                        visitors_max,
                        challenges_max,
                        site_silence_ms_max,
                        heartbeat_ms,
                        consoles: consoles(desk),
                        ..SystemParameters::default()
                    })
                }
            ),
    ]
}

fn an_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        80 => (a_site(), a_message()).prop_map(|(site, message)| Input::FromSite { site, message }),
        1 => a_site().prop_map(|site| Input::SiteConnected { site }),
        1 => a_site().prop_map(|site| Input::SiteDisconnected { site, cause: Cause::LinkLost }),
        2 => a_change().prop_map(Input::Provision),
        1 => any::<[u8; 32]>().prop_map(Input::Entropy),
        1 => (0_u32..3).prop_map(|epoch| Input::Started { epoch: Epoch::new(epoch).unwrap(), entropy: [9; 32] }),
        1 => any::<u64>().prop_map(|id| Input::StoreFailed { id }),
        6 => (a_console(), an_order()).prop_map(|(by, order)| Input::Order { id: 1, by, order }),
        2 => a_spurt().prop_map(|spurt| Input::FromSwitch(ConsoleSilent { spurt }.into())),
    ]
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
        3 => (1_u32..=6).prop_map(Step::HangsUp),
        6 => (1_u32..=7, 1_u16..=4, proptest::option::of(1_u16..=3))
            .prop_map(|(unit, site, talkgroup)| Step::Registers(unit, site, talkgroup)),
        6 => (0_usize..4).prop_map(Step::Ends),
        6 => (0_usize..4, 1_u16..=3, any::<bool>()).prop_map(|(index, to, asks)| Step::Moves(index, to, asks)),
        8 => (0_u64..2_500).prop_map(Step::Wait),
    ]
}

/// Whether a call for these parties is a radio's own.
fn is_ones_own(parties: Parties, held: &HeldRadio) -> bool {
    match parties {
        Parties::Group(talkgroup) => held.talkgroup == Some(talkgroup),
        Parties::Pair(pair) => pair.includes(held.unit),
    }
}

/// A controller, watched.
struct Watched {
    controller: Controller,
    now: Moment,
    challenges: BTreeMap<Identity, Challenge>,
    floors: Vec<(SiteId, from_site::TalkEnd)>,
    /// Radios and calls as the sites hold them, and each unit's press count.
    radios: BTreeMap<UnitId, (SiteId, HeldRadio)>,
    held: BTreeMap<(SiteId, CallId), HeldCall>,
    presses: BTreeMap<UnitId, u16>,
    /// Who was paged last for whom.
    pages: BTreeMap<UnitId, UnitId>,
    open: BTreeSet<CallId>,
    records: Vec<CallRecord>,
}

impl Watched {
    fn new() -> Self {
        Self::around(Controller::new())
    }

    fn around(controller: Controller) -> Self {
        let mut watched = Self {
            controller,
            now: Moment::ORIGIN,
            challenges: BTreeMap::new(),
            floors: Vec::new(),
            radios: BTreeMap::new(),
            held: BTreeMap::new(),
            presses: BTreeMap::new(),
            pages: BTreeMap::new(),
            open: BTreeSet::new(),
            records: Vec::new(),
        };
        watched.input(Input::Started { epoch: Epoch::new(1).unwrap(), entropy: [1; 32] });
        let parameters = SystemParameters { consoles: consoles(900), ..SystemParameters::default() };
        watched.input(Input::Provision(Change::System(parameters)));
        for number in 1..=3 {
            watched.input(Input::Provision(Change::Site(site_config(number, number))));
            let config = Talkgroup {
                priority: Priority::new(number as u8).unwrap(),
                hang_time_ms: Some(u32::from(number - 1) * 1_000),
                floor: if number == 1 { FloorPolicy::Refuse } else { FloorPolicy::Queue },
                ..Talkgroup::named(talkgroup(number), "")
            };
            watched.input(Input::Provision(Change::Talkgroup(config)));
        }
        for number in 1..=6 {
            let row = subscriber(number, &[1, 2, 3]);
            let row = trunklab_controller_core::config::Subscriber { duplex: number % 3 != 0, ..row };
            watched.input(Input::Provision(Change::Subscriber(row)));
        }
        for number in 1..=3 {
            watched.comes(number, &[], &[]);
        }
        for number in 1..=6_u16 {
            watched.registers(unit(u32::from(number)), site(number % 3 + 1), Some(number % 2 + 1));
        }
        watched
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Input(input) => self.input(input.clone()),
            Step::Comes(number, radios, calls) => self.comes(*number, radios, calls),
            Step::Returns(number) => {
                let at = site(*number);
                let radios: Vec<_> =
                    self.radios.values().filter(|(site, _)| *site == at).map(|(_, held)| *held).collect();
                let calls: Vec<_> =
                    self.held.iter().filter(|((site, _), _)| *site == at).map(|(_, held)| *held).collect();
                self.comes(*number, &radios, &calls);
            }
            Step::Presses(number, kind, area) => {
                if let Some((site, HeldRadio { unit, talkgroup: Some(talkgroup), .. })) = self.radio(*number)
                {
                    let press = self.press_of(unit, 1);
                    let message = from_site::CallRequest { unit, press, talkgroup, kind: *kind, area: *area };
                    self.input(Input::FromSite { site, message: message.into() });
                }
            }
            Step::PressesInCall(number, demand) => {
                let radio = self.radio(*number);
                let call = radio.and_then(|(at, held)| {
                    let calls = self.held.iter().filter(|((site, _), _)| *site == at);
                    calls
                        .map(|(_, call)| call)
                        .find(|call| is_ones_own(call.parties, &held))
                        .map(|call| call.call)
                });
                if let (Some((site, HeldRadio { unit, .. })), Some(call)) = (radio, call) {
                    let press = self.press_of(unit, 1);
                    self.input(Input::FromSite {
                        site,
                        message: from_site::FloorRequest { unit, press, call, demand: *demand }.into(),
                    });
                }
            }
            Step::Cancels(number) => {
                if let Some((site, HeldRadio { unit, .. })) = self.radio(*number) {
                    let press = self.press_of(unit, 0);
                    self.input(Input::FromSite {
                        site,
                        message: from_site::CallCancel { unit, press }.into(),
                    });
                }
            }
            Step::LetsGo(number) => {
                if let Some((site, HeldRadio { unit, .. })) = self.radio(*number) {
                    let press = self.press_of(unit, 0);
                    self.input(Input::FromSite {
                        site,
                        message: from_site::PttReleased { unit, press }.into(),
                    });
                }
            }
            Step::Calls(number, called, setup) => {
                if let Some((site, HeldRadio { unit: caller, .. })) = self.radio(*number) {
                    let press = self.press_of(caller, 1);
                    let request =
                        from_site::UnitRequest { unit: caller, press, called: unit(*called), setup: *setup };
                    self.input(Input::FromSite { site, message: request.into() });
                }
            }
            Step::Replies(number, caller, reply) => {
                if let Some((site, HeldRadio { unit: called, .. })) = self.radio(*number) {
                    // Whoever calls it is likelier to be meant than the one that was drawn.
                    let caller = self.pages.get(&called).copied().unwrap_or(unit(*caller));
                    let page = self.press_of(caller, 0);
                    let answer = from_site::PageAnswer { unit: called, caller, page, reply: *reply };
                    self.input(Input::FromSite { site, message: answer.into() });
                }
            }
            Step::HangsUp(number) => {
                let Some((site, HeldRadio { unit, .. })) = self.radio(*number) else { return };
                let held = self
                    .held
                    .values()
                    .find(|call| call.parties.pair().is_some_and(|pair| pair.includes(unit)));
                if let Some(call) = held.map(|held| held.call) {
                    let message = from_site::HangUp { unit, call }.into();
                    self.input(Input::FromSite { site, message });
                }
            }
            Step::Registers(number, at, affiliation) => {
                self.registers(unit(*number), site(*at), *affiliation)
            }
            Step::Ends(index) => {
                if let Some((site, end)) = self.floors.get(self.floors.len().wrapping_sub(1 + index)).cloned()
                {
                    self.input(Input::FromSite { site, message: end.into() });
                }
            }
            Step::Moves(index, to, asks) => self.moves(*index, site(*to), *asks),
            Step::Wait(millis) => {
                self.now += Span::from_millis(*millis);
                self.input(Input::Time);
            }
        }
    }

    fn radio(&self, number: u32) -> Option<(SiteId, HeldRadio)> {
        self.radios.get(&unit(number)).copied()
    }

    fn press_of(&mut self, unit: UnitId, further: u16) -> Press {
        let count = self.presses.entry(unit).or_insert(100);
        *count += further;
        press(*count)
    }

    fn comes(&mut self, number: u16, radios: &[HeldRadio], calls: &[HeldCall]) {
        let site = site(number);
        self.input(Input::SiteConnected { site });
        let hello = from_site::Hello {
            incarnation: Incarnation::new(1).unwrap(),
            newest_epoch: Epoch::new(0).unwrap(),
            voice_address: SocketAddr::from(([127, 0, 0, 1], number)),
            controls: Vec::new(),
        };
        let messages: [FromSite; 4] = [
            hello.into(),
            from_site::InventoryRadios { radios: radios.to_vec() }.into(),
            from_site::InventoryCalls { calls: calls.to_vec() }.into(),
            from_site::InventoryEnd {}.into(),
        ];
        for message in messages {
            self.input(Input::FromSite { site, message });
        }
    }

    fn registers(&mut self, unit: UnitId, site: SiteId, affiliation: Option<u16>) {
        let identity = Identity::Unit(unit);
        self.input(Input::FromSite {
            site,
            message: from_site::Register { identity, press: press(1) }.into(),
        });
        if let Some(challenge) = self.challenges.remove(&identity) {
            let response = key(unit).answer(&challenge);
            // Units of even numbers scan the two others.
            let others = (1..=3).filter(|number| Some(*number) != affiliation).map(talkgroup);
            let secondary =
                ScanList::new(others.filter(|_| unit.number().is_multiple_of(2)).take(2)).unwrap();
            let answer =
                from_site::Answer { identity, response, talkgroup: affiliation.map(talkgroup), secondary };
            self.input(Input::FromSite { site, message: answer.into() });
        }
    }

    fn moves(&mut self, index: usize, to: SiteId, asks: bool) {
        let floor = self.floors.get(self.floors.len().wrapping_sub(1 + index)).cloned();
        let Some((from, from_site::TalkEnd { unit, call, spurt })) = floor else { return };
        let group = self.held.get(&(from, call)).and_then(|held| held.parties.talkgroup());
        let leaving = from_site::TalkerLeaving { unit, call, spurt, to };
        self.input(Input::FromSite { site: from, message: leaving.into() });
        self.registers(unit, to, group.map(TalkgroupId::number));
        if asks {
            let press = self.press_of(unit, 1);
            let handover = from_site::Handover { unit, press, call, spurt };
            self.input(Input::FromSite { site: to, message: handover.into() });
        }
    }

    fn input(&mut self, input: Input) {
        let mut out = Vec::new();
        self.controller.handle(self.now, input, &mut out);
        self.controller.assert_invariants();
        if let Some(deadline) = self.controller.next_deadline() {
            assert!(deadline.at >= self.now, "a timer was left behind");
        }
        for output in out {
            self.notice(output);
        }
    }

    fn notice(&mut self, output: Output) {
        match output {
            Output::ToSite { site, message: ToSite::Assert(assert), .. } => {
                let Assert { call, parties, at, talker, talker_is_here, emergency, area, .. } = assert;
                let held = HeldCall {
                    call,
                    parties,
                    at,
                    talker,
                    talker_is_here,
                    emergency,
                    area,
                    hang_left_ms: 900,
                };
                self.held.insert((site, call), held);
                if let Some(Talker { unit, spurt, .. }) = talker.filter(|_| talker_is_here) {
                    self.floors.push((site, from_site::TalkEnd { unit, call, spurt }));
                }
            }
            Output::ToSite { site, message: ToSite::Release(release), .. } => {
                self.held.remove(&(site, release.call));
            }
            Output::ToSite { site, message: ToSite::Registered(registered), .. } => {
                let Registered { unit, tmsi, talkgroup, secondary, .. } = registered;
                self.radios.insert(unit, (site, HeldRadio { unit, tmsi, talkgroup, secondary }));
            }
            Output::ToSite { message: ToSite::Affiliated(affiliated), .. } => {
                if let Some((_, held)) = self.radios.get_mut(&affiliated.unit) {
                    held.talkgroup = Some(affiliated.talkgroup);
                }
            }
            Output::ToSite { site, message: ToSite::Deregister(Deregister { unit, .. }), .. } => {
                self.radios.retain(|held, (at, _)| (*held, *at) != (unit, site));
            }
            Output::ToSite { message: ToSite::Page(page), .. } => {
                self.pages.insert(page.unit, page.caller);
            }
            Output::ToSite { message: ToSite::Challenge(message), .. } => {
                self.challenges.insert(message.identity, message.challenge);
            }
            Output::Store { item: StoreItem::CallOpened(record), .. } => {
                assert!(self.open.insert(record.call), "call {} opened twice", record.call);
            }
            Output::Store { item: StoreItem::CallClosed(record), .. } => {
                assert!(self.open.remove(&record.call), "call {} closed unopened", record.call);
                self.records.push(*record);
            }
            _ => {}
        }
    }
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
        let snapshot = watched.controller.snapshot(watched.now);
        prop_assert!(snapshot.calls.is_empty() && snapshot.queue.is_empty());
        prop_assert!(snapshot.sites.iter().flat_map(|site| &site.slots).all(|slot| slot.call.is_none()));
        let recorded: u64 = watched.records.iter().flat_map(|record| &record.slots)
            .map(|slot| slot.until.expect("a closed record holds nothing").since(slot.from).as_micros()).sum();
        prop_assert_eq!(Span::from_micros(recorded), watched.controller.channel_time_used());
    }
}
