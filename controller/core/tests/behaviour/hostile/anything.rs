//! Anything that a node, an operator or a provisioner may say, in small numbers.

use std::net::SocketAddr;

use proptest::prelude::*;
use trunklab_controller_core::config::{
    Change, ConsoleUnit, QueueRelease, Reach, ServiceArea, SiteConfig, SystemParameters, Talkgroup,
};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::remote::RemoteUnit;
use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{self, FromSite, HeldCall, HeldRadio};
use trunklab_protocol::operator::{
    AlarmId, Authority, ConfigurationVersion, ConsoleName, Order, Role, StatusText,
};
use trunklab_protocol::proof::{Challenge, ProvedOrder, Response};
use trunklab_protocol::switch::{ConsoleSilent, LoopedBack};
use trunklab_protocol::{
    Addressee, Announcement, AreaChoice, AreaId, CallId, CallSetup, Cause, Condition, ControlLayout,
    ControlPlace, Demand, EmergencyPolicy, Epoch, FloorPolicy, FullDuplex, Identity, Incarnation, MessageId,
    MessageReply, Msisdn, NodeId, OrderNumber, PageReply, PlantPart, Press, Priority, ScanList, Services,
    Signalling, SiteId, SlotChoice, SlotHealth, SlotState, SpurtId, StartPolicy, StatusNumber, TalkgroupId,
    Tmsi, Trunking, UnitId,
};

use crate::support::{area, channel, press, site, site_config, subscriber, talkgroup, unit};

pub fn a_site() -> impl Strategy<Value = SiteId> {
    (1_u16..=4).prop_map(site)
}

pub fn a_unit() -> impl Strategy<Value = UnitId> {
    (1_u32..=7).prop_map(unit)
}

pub fn an_emergency_policy() -> impl Strategy<Value = EmergencyPolicy> {
    prop_oneof![Just(EmergencyPolicy::TopOfQueue), Just(EmergencyPolicy::Ruthless)]
}

pub fn a_talkgroup() -> impl Strategy<Value = TalkgroupId> {
    (1_u16..=4).prop_map(talkgroup)
}

pub fn a_press() -> impl Strategy<Value = Press> {
    prop_oneof![4 => 0_u16..12, 1 => any::<u16>()].prop_map(press)
}

pub fn a_spurt() -> impl Strategy<Value = SpurtId> {
    (1_u32..12).prop_map(|count| SpurtId::new(0x0100_0000 + count).unwrap())
}

pub fn a_call() -> impl Strategy<Value = CallId> {
    (1_u16..=2, 0_u32..3, 1_u32..8).prop_map(|(node, epoch, counter)| CallId {
        node: NodeId::new(node).unwrap(),
        epoch: Epoch::new(epoch).unwrap(),
        counter,
    })
}

pub fn an_identity() -> impl Strategy<Value = Identity> {
    prop_oneof![
        a_unit().prop_map(|unit| Identity::Imei(crate::support::imei(unit))),
        a_unit().prop_map(Identity::Unit),
        (1_u32..9).prop_map(|number| Identity::Tmsi(Tmsi::new(number).unwrap())),
    ]
}

pub fn a_scan_list() -> impl Strategy<Value = ScanList> {
    proptest::collection::vec(a_talkgroup(), 0..=3).prop_map(|listed| ScanList::new(listed).unwrap())
}

pub fn a_held_radio() -> impl Strategy<Value = HeldRadio> {
    let affiliation = proptest::option::of(a_talkgroup());
    let held_ms = prop_oneof![0_u32..9_000, Just(u32::MAX)];
    (a_unit(), 1_u32..9, affiliation, a_scan_list(), held_ms).prop_map(
        |(unit, tmsi, talkgroup, secondary, held_ms)| {
            let tmsi = Tmsi::new(tmsi).unwrap();
            HeldRadio { unit, tmsi, talkgroup, secondary, held_ms }
        },
    )
}

pub fn a_held_call() -> impl Strategy<Value = HeldCall> {
    let talker = proptest::option::of((a_unit(), a_spurt(), a_press()));
    let raised = (any::<bool>(), proptest::option::of(an_area()));
    (a_call(), a_talkgroup(), 1_u16..6, talker, any::<bool>(), raised, 0_u32..9_000).prop_map(
        |(call, talkgroup, at, talker, talker_is_here, (emergency, area), hung_ms)| HeldCall {
            call,
            parties: talkgroup.into(),
            at: channel(at),
            talker: talker.map(|(unit, spurt, press)| Talker { unit, spurt, press }),
            talker_is_here,
            emergency,
            area,
            hung_ms,
        },
    )
}

pub fn a_request_kind() -> impl Strategy<Value = RequestKind> {
    prop_oneof![4 => Just(RequestKind::Normal), 1 => Just(RequestKind::Emergency)]
}

pub fn a_demand() -> impl Strategy<Value = Demand> {
    proptest::sample::select(Demand::ALL)
}

pub fn a_set_up() -> impl Strategy<Value = CallSetup> {
    proptest::sample::select(CallSetup::ALL)
}

pub fn a_page_reply() -> impl Strategy<Value = PageReply> {
    proptest::sample::select(PageReply::ALL)
}

pub fn a_greeting() -> impl Strategy<Value = FromSite> {
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

pub fn a_message() -> impl Strategy<Value = FromSite> {
    let radios = proptest::collection::vec(a_held_radio(), 0..4);
    let calls = proptest::collection::vec(a_held_call(), 0..4);
    prop_oneof![
        1 => a_greeting(),
        1 => radios.prop_map(|radios| from_site::InventoryRadios { radios }.into()),
        1 => calls.prop_map(|calls| from_site::InventoryCalls { calls }.into()),
        1 => Just(from_site::InventoryEnd {}.into()),
        2 => (an_identity(), a_press(), proptest::option::of(a_unit())).prop_map(|(identity, press, named)| {
            from_site::Register { identity, press, equipment: named.map(crate::support::imei) }.into()
        }),
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
        2 => (a_unit(), a_press(), any::<bool>())
            .prop_map(|(unit, press, known)| from_site::Alarm { unit, press, known }.into()),
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
        1 => (a_unit(), any::<u32>()).prop_map(|(unit, number)| {
            let number = OrderNumber::new(number).unwrap();
            from_site::OrderAnswer { unit, number, refusal: None }.into()
        }),
        1 => (a_unit(), any::<[u8; 16]>()).prop_map(|(unit, octets)| {
            let (order, challenge) = (ProvedOrder::Kill, Challenge::new(octets));
            from_site::NetworkChallenge { unit, order, challenge }.into()
        }),
        2 => (a_unit(), a_press(), an_addressee(), a_status()).prop_map(|(unit, press, to, number)| {
            from_site::Status { unit, press, to, number }.into()
        }),
        2 => (a_unit(), a_press(), a_unit())
            .prop_map(|(unit, press, called)| from_site::CallAlert { unit, press, called }.into()),
        1 => (a_unit(), a_press()).prop_map(|(unit, press)| from_site::AlertCancel { unit, press }.into()),
        3 => (a_unit(), a_message_id(), proptest::sample::select(MessageReply::ALL)).prop_map(
            |(unit, message, reply)| from_site::MessageAnswer { unit, message, reply }.into()
        ),
        4 => proptest::collection::vec(a_slot_state(), 0..4)
            .prop_map(|slots| from_site::SlotStates { slots }.into()),
        1 => Just(from_site::InFailsoft {}.into()),
        1 => (1_u16..7, any::<bool>())
            .prop_map(|(at, heard)| from_site::SlotTested { at: channel(at), heard }.into()),
        2 => (a_call(), a_spurt()).prop_map(|(call, spurt)| from_site::TalkerSilent { call, spurt }.into()),
    ]
}

/// A slot that the site has, or a carrier further.
fn a_slot_state() -> impl Strategy<Value = SlotState> {
    (1_u16..7, proptest::sample::select(SlotHealth::ALL))
        .prop_map(|(at, health)| SlotState { at: channel(at), health })
}

/// One of the first messages of one of the first terms.
fn a_message_id() -> impl Strategy<Value = MessageId> {
    (1_u32..4, 0_u32..12)
        .prop_map(|(epoch, counter)| MessageId { epoch: Epoch::new(epoch).unwrap(), counter })
}

pub fn an_addressee() -> impl Strategy<Value = Option<Addressee>> {
    prop_oneof![
        1 => Just(None),
        3 => a_unit().prop_map(|unit| Some(unit.into())),
        2 => a_talkgroup().prop_map(|talkgroup| Some(talkgroup.into())),
    ]
}

/// The last has no meaning.
pub fn a_status() -> impl Strategy<Value = StatusNumber> {
    (1_u16..4).prop_map(|number| StatusNumber::new(number).unwrap())
}

/// The statuses that have one.
pub fn statuses() -> Vec<StatusText> {
    [1, 2].map(|number| StatusText { number: StatusNumber::new(number).unwrap(), text: String::new() }).into()
}

pub fn a_reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        3 => Just(Reach::Own),
        2 => proptest::collection::vec(a_talkgroup(), 1..4).prop_map(Reach::Members),
        1 => Just(Reach::System),
    ]
}

pub fn an_order() -> impl Strategy<Value = Order> {
    prop_oneof![
        1 => a_unit().prop_map(|unit| Order::AcknowledgeEmergency { unit }),
        1 => a_unit().prop_map(|unit| Order::ClearEmergency { unit }),
        1 => proptest::collection::vec(a_talkgroup(), 0..4).prop_map(|talkgroups| Order::Patch { talkgroups }),
        1 => proptest::collection::vec(a_talkgroup(), 0..4)
            .prop_map(|talkgroups| Order::Multiselect { talkgroups }),
        1 => a_talkgroup().prop_map(|talkgroup| Order::UndoPatch { talkgroup }),
        2 => proptest::collection::vec(a_talkgroup(), 0..4).prop_map(|talkgroups| Order::Talk { talkgroups }),
        1 => Just(Order::EndTalk {}),
        3 => a_unit().prop_map(|unit| Order::Stun { unit }),
        2 => a_unit().prop_map(|unit| Order::Revive { unit }),
        1 => a_unit().prop_map(|unit| Order::Kill { unit }),
        1 => a_unit().prop_map(|unit| Order::CheckRadio { unit }),
        2 => (a_unit(), a_talkgroup(), any::<bool>())
            .prop_map(|(unit, talkgroup, locked)| Order::Regroup { unit, talkgroup, locked }),
        1 => a_unit().prop_map(|unit| Order::RestoreGroups { unit }),
        2 => (a_unit(), a_unit()).prop_map(|(unit, listener)| Order::Monitor { unit, listener }),
        1 => a_unit().prop_map(|unit| Order::EndMonitor { unit }),
        1 => (a_unit(), 1_u8..=10).prop_map(|(unit, level)| {
            Order::SetPriority { unit, priority: Priority::new(level).unwrap() }
        }),
        1 => (a_unit(), 0_u8..32)
            .prop_map(|(unit, bits)| Order::SetRights { unit, services: Services::new(bits).unwrap() }),
        1 => (an_addressee(), a_status()).prop_filter_map("an operator tells radios", |(to, number)| {
            Some(Order::SendStatus { to: to?, number })
        }),
        1 => a_unit().prop_map(|unit| Order::CallAlert { unit }),
        1 => a_unit().prop_map(|unit| Order::CancelAlert { unit }),
        2 => (0_u32..4, 0_u32..9).prop_map(|(epoch, counter)| Order::AcknowledgeAlarm {
            alarm: AlarmId { epoch: Epoch::new(epoch).unwrap(), counter },
        }),
        1 => (a_site(), 1_u16..7).prop_map(|(site, at)| Order::TestSlot { site, slot: channel(at) }),
        1 => (a_site(), 1_u16..7, any::<bool>()).prop_map(|(site, at, broken)| Order::ExerciseFault {
            site,
            part: PlantPart { carrier: channel(at).carrier, slot: None },
            broken,
        }),
    ]
}

pub fn a_console() -> impl Strategy<Value = ConsoleName> {
    prop_oneof![3 => Just("desk"), 1 => Just("side"), 1 => Just("nobody")].prop_map(ConsoleName::new)
}

/// Somebody who may order most of the time.
pub fn an_authority() -> impl Strategy<Value = Authority> {
    let role =
        prop_oneof![1 => Just(Role::Viewer), 4 => Just(Role::Dispatcher), 1 => Just(Role::Administrator)];
    (a_console(), role).prop_map(|(console, role)| Authority { console, role, from: None })
}

/// Consoles, of which one may have the number of a unit that comes later.
pub fn consoles(desk: u32) -> Vec<ConsoleUnit> {
    [("desk", desk), ("side", 901)]
        .map(|(name, number)| ConsoleUnit { name: ConsoleName::new(name), unit: unit(number) })
        .into()
}

pub fn a_queue_release() -> impl Strategy<Value = QueueRelease> {
    prop_oneof![Just(QueueRelease::CallBack), Just(QueueRelease::Cancel)]
}

pub fn an_area() -> impl Strategy<Value = AreaId> {
    (1_u16..=3).prop_map(area)
}

/// What a request says of its service area.
pub fn a_choice() -> impl Strategy<Value = Option<AreaChoice>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(AreaChoice::Wide)),
        1 => Just(Some(AreaChoice::Local)),
        2 => an_area().prop_map(|area| Some(AreaChoice::Named(area))),
    ]
}

pub fn a_start() -> impl Strategy<Value = StartPolicy> {
    prop_oneof![
        2 => Just(StartPolicy::All),
        1 => Just(StartPolicy::Fast),
        1 => proptest::collection::vec(a_site(), 0..3).prop_map(StartPolicy::Critical),
    ]
}

pub fn a_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        proptest::collection::vec(a_talkgroup(), 0..4).prop_map(Change::Patch),
        a_site().prop_map(Change::SiteRemoved),
        an_area().prop_map(Change::AreaRemoved),
        a_talkgroup().prop_map(Change::TalkgroupRemoved),
        (a_unit(), proptest::sample::select(Condition::ALL)).prop_map(|(unit, condition)| Change::Remote(
            RemoteUnit { condition, ..RemoteUnit::usual(unit) }
        )),
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
            (a_demand(), any::<bool>(), (1_u8..=10, 0_u8..32), proptest::option::of(1_u64..4)),
        )
            .prop_map(|((number, emergency_talkgroup), talkgroups, only, right)| {
                let (floor_demand, duplex, (level, bits), msisdn) = right;
                let sites = only.map(|site| vec![site]);
                Change::Subscriber(trunklab_controller_core::config::Subscriber {
                    sites,
                    floor_demand,
                    emergency_talkgroup,
                    duplex,
                    priority: Priority::new(level).unwrap(),
                    services: Services::new(bits).unwrap(),
                    msisdn: msisdn.and_then(Msisdn::new),
                    ..subscriber(number, &talkgroups)
                })
            }),
        (1_u32..=7).prop_map(|number| Change::SubscriberRemoved(unit(number))),
        (
            0_u16..4,
            (0_u32..9_000, prop_oneof![Just(0), 1_u32..4_000], prop_oneof![Just(0), 1_u32..2_000]),
            (a_queue_release(), 0_u32..5_000, (an_emergency_policy(), 0_u16..4)),
            3_u32..8,
            1_u16..4,
            9_000_u32..90_000,
            (0_u16..2_000, proptest::sample::select(&[7_u32, 900, 901])),
            (proptest::sample::select(FullDuplex::ALL), 0_u32..20_000),
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
                    (full_duplex, duplex_ms_max),
                )| {
                    Change::System(SystemParameters {
                        statuses: statuses(),
                        messages_max: queue_len_max + 1,
                        message_wait_ms: 700,
                        call_alert_ms_max: 2_000,
                        alarm_flaps_max: 2,
                        alarm_quiet_ms: 5_000,
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
                        full_duplex,
                        duplex_ms_max,
                        consoles: consoles(desk),
                        ..SystemParameters::default()
                    })
                }
            ),
    ]
}

pub fn an_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        80 => (a_site(), a_message()).prop_map(|(site, message)| Input::FromSite { site, message }),
        1 => a_site().prop_map(|site| Input::SiteConnected { site }),
        1 => a_site().prop_map(|site| Input::SiteDisconnected { site, cause: Cause::LinkLost }),
        1 => a_site().prop_map(|site| Input::SiteTaken { site }),
        2 => a_change().prop_map(Input::Provision),
        1 => any::<[u8; 32]>().prop_map(Input::Entropy),
        1 => (0_u32..3).prop_map(|epoch| Input::Started { epoch: Epoch::new(epoch).unwrap(), entropy: [9; 32] }),
        1 => prop_oneof![0_u64..40, any::<u64>()].prop_map(|id| Input::StoreFailed { id }),
        2 => (0_u64..40).prop_map(|id| Input::Stored { id }),
        2 => (an_authority(), 0_u64..3, proptest::collection::vec(a_change(), 0..4)).prop_map(|(by, base, changes)| {
            let configuration = Box::new(Configuration::default().with(&changes));
            Input::Configure { id: 2, by, base: ConfigurationVersion::new(base), configuration }
        }),
        6 => (an_authority(), an_order()).prop_map(|(by, order)| Input::Order { id: 1, by, order }),
        2 => a_spurt().prop_map(|spurt| Input::FromSwitch(ConsoleSilent { spurt }.into())),
        2 => any::<bool>().prop_map(|heard| Input::FromSwitch(LoopedBack { heard }.into())),
        2 => prop_oneof![400_u32..600, any::<u32>()].prop_map(|longest_ms| Input::Waited { longest_ms }),
    ]
}
