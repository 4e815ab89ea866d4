//! What operators do, and what they are told.

use trunklab_protocol::operator::{AlarmChange, AlarmId, Order};
use trunklab_protocol::{Epoch, PlantPart, Priority, Services, SlotAddress};

use super::{Action, Alteration, Fact, Meaning, Sentence, Sort, each, one, see};

#[rustfmt::skip]
sentences! {
    /// What operators do at the console.
    pub(super) DONE:
    Do "console acknowledges the emergency of unit {unit}", "An operator has seen it; the radio is told.",
        |v| each(v, |unit| Action::Order(Order::AcknowledgeEmergency { unit }));
    Do "console clears the emergency of unit {unit}", "An operator ends it; the radio is told.",
        |v| each(v, |unit| Action::Order(Order::ClearEmergency { unit }));
    Do "console patches talkgroups {talkgroups}", "From here on a call of one of them, such as 41,42, is a call of all.",
        |v| one(Action::Order(Order::Patch { talkgroups: v.talkgroups() }));
    Do "console selects talkgroups {talkgroups} for one call", "The next call of one of them is a call of all.",
        |v| one(Action::Order(Order::Multiselect { talkgroups: v.talkgroups() }));
    Do "console undoes the patch of talkgroup {talkgroup}", "Calls of its talkgroups are their own again.",
        |v| one(Action::Order(Order::UndoPatch { talkgroup: v.talkgroup() }));
    Do "console talks to talkgroups {talkgroups} for {span}", "The operator presses for one or several talkgroups, speaks for so long from the press on, releases; `console_unit` under `[network]` is whom radios hear.",
        |v| Meaning::OperatorTalks { talkgroups: v.talkgroups(), span: v.span() };
    Do "console sets the hang time of talkgroup {talkgroup} to {span}", "The configuration is changed while the network runs; calls that hang already keep their time.",
        |v| one(Action::Reconfigure(Alteration::HangTime(v.talkgroup(), v.span())));
    Do "console takes carrier {carrier} of site {site} out", "The site's channel plan has it no longer.",
        |v| one(Action::Reconfigure(Alteration::CarrierOut(v.site(), v.carrier())));
    Do "console takes talkgroup {talkgroup} out", "The configuration has it no longer.",
        |v| one(Action::Reconfigure(Alteration::TalkgroupOut(v.talkgroup())));
    Do "console sends status {status} to unit {unit}", "An operator tells a status.",
        |v| one(Action::Order(Order::SendStatus { to: v.other().into(), number: v.status() }));
    Do "console sends status {status} to talkgroup {talkgroup}", "The same, to whoever hears the talkgroup.",
        |v| one(Action::Order(Order::SendStatus { to: v.talkgroup().into(), number: v.status() }));
    Do "console alerts unit {unit}", "A call alert of an operator: the unit's user shall call in its talkgroup.",
        |v| one(Action::Order(Order::CallAlert { unit: v.other() }));
    Do "console cancels its alert for unit {unit}", "The operator shall not be called any more.",
        |v| one(Action::Order(Order::CancelAlert { unit: v.other() }));
    Do "console acknowledges alarm {number}", "An operator has seen the alarm of this number of the first term of office.",
        |v| one(Action::Order(Order::AcknowledgeAlarm { alarm: AlarmId { epoch: Epoch::new(1).expect("1 is an epoch"), counter: v.number().into() } }));
    Do "console breaks carrier {carrier} of site {site}", "An exercise fault: it radiates nothing and hears nothing any more.",
        |v| one(Action::Order(Order::ExerciseFault { site: v.site(), part: PlantPart { carrier: v.carrier(), slot: None }, broken: true }));
    Do "console mends carrier {carrier} of site {site}", "The exercise is over: it works again.",
        |v| one(Action::Order(Order::ExerciseFault { site: v.site(), part: PlantPart { carrier: v.carrier(), slot: None }, broken: false }));
    Do "console tests carrier {carrier} of site {site}", "Its first slot is tested by loop-back.",
        |v| one(Action::Order(Order::TestSlot { site: v.site(), slot: SlotAddress::first_of(v.carrier()) }));
    Do "console falls silent", "The operator speaks no more, though the button is down.",
        |_| one(Action::OperatorFallsSilent);
    Do "console stuns unit {units}", "The radio gets no service any more.",
        |v| each(v, |unit| Action::Order(Order::Stun { unit }));
    Do "console revives unit {units}", "It gets service again.",
        |v| each(v, |unit| Action::Order(Order::Revive { unit }));
    Do "console kills unit {units}", "The radio is put out of use for good, once the network has proved itself to it.",
        |v| each(v, |unit| Action::Order(Order::Kill { unit }));
    Do "console checks unit {units}", "The radio says that it is there; its user notices nothing.",
        |v| each(v, |unit| Action::Order(Order::CheckRadio { unit }));
    Do "console regroups unit {units} to talkgroup {talkgroup}", "Its selector is set from afar; its user can turn it.",
        |v| { let talkgroup = v.talkgroup(); each(v, |unit| Action::Order(Order::Regroup { unit, talkgroup, locked: false })) };
    Do "console locks unit {units} in talkgroup {talkgroup}", "The same, and its user cannot turn it.",
        |v| { let talkgroup = v.talkgroup(); each(v, |unit| Action::Order(Order::Regroup { unit, talkgroup, locked: true })) };
    Do "console restores unit {units}", "Its selector stands where its user had it.",
        |v| each(v, |unit| Action::Order(Order::RestoreGroups { unit }));
    Do "console has unit {unit} monitored by unit {unit}", "The first opens its microphone to a call with the second; its user notices nothing.",
        |v| { let (unit, listener) = (v.units()[0], v.other()); one(Action::Order(Order::Monitor { unit, listener })) };
    Do "console ends the monitoring of unit {units}", "Nobody is to listen to it any more; its user notices nothing.",
        |v| each(v, |unit| Action::Order(Order::EndMonitor { unit }));
    Do "console gives unit {units} the highest priority", "Its requests go before all others that are no emergency.",
        |v| each(v, |unit| Action::Order(Order::SetPriority { unit, priority: Priority::HIGHEST }));
    Do "console takes all rights from unit {units}", "It may ask for no service that needs a right.",
        |v| each(v, |unit| Action::Order(Order::SetRights { unit, services: Services::NONE }));
    Do "console gives all rights to unit {units}", "It may ask for every service that needs a right.",
        |v| each(v, |unit| Action::Order(Order::SetRights { unit, services: Services::ALL }));
}

#[rustfmt::skip]
sentences! {
    /// What they are told of calls, emergencies and their orders.
    pub(super) SEEN:
    See "call of talkgroup {talkgroup} is granted", "The controller sets a call up.",
        |v| Meaning::See(vec![Fact::Granted { talkgroup: v.talkgroup() }]);
    See "call of talkgroup {talkgroup} is queued", "A request for it waits.",
        |v| Meaning::See(vec![Fact::CallQueued { talkgroup: v.talkgroup() }]);
    See "call of talkgroup {talkgroup} is released: {cause}", "The controller ends the call with this cause.",
        |v| Meaning::See(vec![Fact::Released { talkgroup: v.talkgroup(), cause: v.cause() }]);
    See "emergency of unit {units} is raised", "Operators are told of it.",
        |v| see(v, |unit| Fact::EmergencyRaised { unit });
    See "alarm {alarm} of site {site} is raised", "Operators are told that something is wrong there: `site_lost`, `control_lost`, `slot_faulty`, `served_alone`, `served_failsoft`.",
        |v| Meaning::See(vec![Fact::Alarm { kind: v.alarm(), site: Some(v.site()), change: AlarmChange::Raised }]);
    See "alarm {alarm} of site {site} flaps", "It has come and gone so often that it stays raised until it is quiet.",
        |v| Meaning::See(vec![Fact::Alarm { kind: v.alarm(), site: Some(v.site()), change: AlarmChange::Flaps }]);
    See "alarm {alarm} of site {site} is acknowledged", "An operator has seen it.",
        |v| Meaning::See(vec![Fact::Alarm { kind: v.alarm(), site: Some(v.site()), change: AlarmChange::Acknowledged }]);
    See "alarm {alarm} of site {site} is cleared", "It is over.",
        |v| Meaning::See(vec![Fact::Alarm { kind: v.alarm(), site: Some(v.site()), change: AlarmChange::Cleared }]);
    See "order is refused: {cause}", "The controller does not carry an order of the console out, with this cause.",
        |v| Meaning::See(vec![Fact::OrderRefused { cause: v.cause() }]);
    See "console may talk", "Talk permit for the operator.",
        |_| Meaning::See(vec![Fact::ConsoleMayTalk]);
    See "console waits", "The operator's request waits for channels.",
        |_| Meaning::See(vec![Fact::ConsoleWaits]);
    See "console is refused: {cause}", "The operator does not get the floor, with this cause.",
        |v| Meaning::See(vec![Fact::ConsoleRefused { cause: v.cause() }]);
    See "console stops talking: {cause}", "The operator has the floor no longer, with this cause.",
        |v| Meaning::See(vec![Fact::ConsoleStops { cause: v.cause() }]);
    See "call of units {unit} and {unit} is granted", "The controller sets their individual call up.",
        |v| Meaning::See(vec![Fact::PairGranted { unit: v.units()[0], other: v.other() }]);
    See "call of units {unit} and {unit} is released: {cause}", "The controller ends their call with this cause.",
        |v| Meaning::See(vec![Fact::PairReleased { unit: v.units()[0], other: v.other(), cause: v.cause() }]);
    See "unit {units} is stunned", "It shows its user that it gives no service.",
        |v| see(v, |unit| Fact::Stunned { unit });
    See "unit {units} is revived", "It shows its user that it gives service again.",
        |v| see(v, |unit| Fact::Revived { unit });
    See "unit {units} is killed", "It shows its user that it is out of use for good.",
        |v| see(v, |unit| Fact::Killed { unit });
    See "unit {units} is set to talkgroup {talkgroup}", "Its selector is set from afar.",
        |v| { let talkgroup = v.talkgroup(); see(v, |unit| Fact::RegroupedTo { unit, talkgroup }) };
    See "unit {units} is set back to talkgroup {talkgroup}", "Its selector stands where its user had it.",
        |v| { let talkgroup = v.talkgroup(); see(v, |unit| Fact::RestoredTo { unit, talkgroup }) };
    See "order waits for unit {units}", "The controller has taken an order for the radio.",
        |v| see(v, |unit| Fact::OrderPending { unit });
    See "unit {units} confirms", "The controller knows that the radio has obeyed.",
        |v| see(v, |unit| Fact::OrderConfirmed { unit });
    See "order for unit {units} is over: {cause}", "It waits no longer, and the radio has not obeyed.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::OrderFailed { unit, cause }) };
    See "unit {unit} is monitored by unit {unit}", "Operators are told that a call is a remote monitor.",
        |v| Meaning::See(vec![Fact::Monitored { unit: v.units()[0], listener: v.other() }]);
    See "rights of unit {units} are changed", "Its next request goes by other rights.",
        |v| see(v, |unit| Fact::RightsChanged { unit });
    See "floor of unit {units} ends: {cause}", "The controller takes the floor from it, or notes its end, with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::FloorEnds { unit, cause }) };
}
