//! What users do with handsets, and what handsets show.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{AreaChoice, CallSetup, EmergencyStage, Span};

use super::{Action, Fact, Meaning, Sentence, Sort, Speech, Values, each, one, see};
use crate::output::MessageSource;

#[rustfmt::skip]
sentences! {
    /// What users do, and what is lost of it.
    pub(super) DONE:
    Do "unit {units} is switched on", "The handset hunts for a site, registers and affiliates.",
        |v| each(v, Action::SwitchOn);
    Do "unit {units} is switched off", "The handset says so to its site, then is silent.",
        |v| each(v, Action::SwitchOff);
    Do "unit {units} presses ptt", "The push-to-talk button goes down and stays down.",
        |v| each(v, |unit| Action::Press(unit, RequestKind::Normal));
    Do "unit {units} presses emergency", "The emergency button: an emergency call is asked for.",
        |v| each(v, |unit| Action::Press(unit, RequestKind::Emergency));
    Do "unit {units} raises the alarm", "The alarm key: an emergency without a call.",
        |v| each(v, Action::Alarm);
    Do "unit {units} releases ptt", "The button comes up.",
        |v| each(v, Action::Release);
    Do "unit {unit} calls unit {unit}", "The button goes down for another unit, which opens by itself; it stays down.",
        |v| { let (caller, called) = (v.units()[0], v.other()); one(Action::Call { caller, called, setup: CallSetup::Immediate }) };
    Do "unit {unit} rings unit {unit}", "The other unit's number is dialled: it rings until its user answers.",
        |v| { let (caller, called) = (v.units()[0], v.other()); one(Action::Call { caller, called, setup: CallSetup::Ringing }) };
    Do "unit {unit} rings unit {unit} to talk at once", "The other unit is dialled for a full duplex call: it rings until its user answers.",
        |v| { let (caller, called) = (v.units()[0], v.other()); one(Action::Call { caller, called, setup: CallSetup::Duplex }) };
    Do "unit {units} answers", "The user of a handset that rings answers.",
        |v| each(v, Action::Answer);
    Do "unit {units} declines", "The user of a handset that rings does not want the call.",
        |v| each(v, Action::HangUp);
    Do "unit {units} hangs up", "The user ends an individual call, or gives its request up.",
        |v| each(v, Action::HangUp);
    Do "unit {units} sends status {status} to unit {unit}", "A predefined status; `statuses` under `[network]` says how many there are.",
        |v| { let (status, to) = (v.status(), v.other()); each(v, |unit| Action::Status(unit, status, Some(to.into()))) };
    Do "unit {units} sends status {status} to talkgroup {talkgroup}", "The same, to whoever hears the talkgroup.",
        |v| { let (status, to) = (v.status(), v.talkgroup()); each(v, |unit| Action::Status(unit, status, Some(to.into()))) };
    Do "unit {units} sends status {status} to the console", "The same, to the operators.",
        |v| { let status = v.status(); each(v, |unit| Action::Status(unit, status, None)) };
    Do "unit {unit} alerts unit {unit}", "A call alert: the other unit's user shall call back.",
        |v| { let (caller, called) = (v.units()[0], v.other()); one(Action::CallAlert { caller, called }) };
    Do "unit {units} cancels its alert", "It shall not be called back any more.",
        |v| each(v, Action::CancelAlert);
    Do "unit {units} dismisses the alert", "The user of a handset that is alerted does not want to call back.",
        |v| each(v, Action::HangUp);
    Do "unit {units} talks for {span}", "Presses, speaks for so long from the press on, releases; what is said before the talk permit is clipped.",
        talks;
    Do "unit {units} speaks for {span}", "Synthesised speech into the microphone from now on; the button is pressed by another step, and what is said before the talk permit is clipped.",
        |v| { let span = v.span(); each(v, |unit| Action::Speak(unit, Speech::Synthesised(span))) };
    Do "unit {unit} says {file}", "A WAV file into the microphone, named in double quotes and looked for beside the scenario.",
        |v| { let file = v.file(); each(v, |unit| Action::Speak(unit, Speech::File(file.clone()))) };
    Do "unit {units} selects talkgroup {talkgroup}", "The selector is turned; the handset affiliates.",
        |v| { let talkgroup = v.talkgroup(); each(v, |unit| Action::Select(unit, talkgroup)) };
    Do "unit {units} selects area {area}", "Its calls from here on are heard in that service area alone.",
        |v| { let area = v.area(); each(v, |unit| Action::SelectArea(unit, Some(AreaChoice::Named(area)))) };
    Do "unit {units} selects the local area", "Its calls from here on are heard in their talkgroup's home area alone.",
        |v| each(v, |unit| Action::SelectArea(unit, Some(AreaChoice::Local)));
    Do "unit {units} selects the wide area", "Its calls from here on are heard wherever a member is.",
        |v| each(v, |unit| Action::SelectArea(unit, Some(AreaChoice::Wide)));
    Do "unit {units} selects the usual area", "Its calls are heard where those of their talkgroup usually are.",
        |v| each(v, |unit| Action::SelectArea(unit, None));
    Do "unit {units} switches scan on", "The handset hears its secondary talkgroups; so it does from power-on.",
        |v| each(v, |unit| Action::Scan(unit, true));
    Do "unit {units} switches scan off", "It hears the selected talkgroup alone.",
        |v| each(v, |unit| Action::Scan(unit, false));
    Do "unit {units} moves to {place}", "The handset is carried to metres east,north of the reference point, such as 2000,-500.",
        |v| { let place = v.place(); each(v, |unit| Action::Move(unit, place)) };
    Do "unit {units} vanishes", "The battery is out: no further burst, and nothing is heard.",
        |v| each(v, Action::Vanish);
    Do "end of talk of unit {unit} is lost", "Every end-of-talk burst of its running or next spurt is lost on the air.",
        |v| each(v, Action::LoseTalkEnd);
    Do "voice packet {number} of unit {unit} is lost", "One RTP packet of its running or next spurt, counted from 0, is lost on the way to the switch.",
        |v| { let packet = v.number(); each(v, |unit| Action::LoseVoicePacket { unit, packet }) };
}

#[rustfmt::skip]
sentences! {
    /// What users notice, and what the network knows of them.
    pub(super) SEEN:
    See "unit {units} registers at site {site}", "The handset is told that it is registered there.",
        |v| { let site = v.site(); see(v, |unit| Fact::Registers { unit, site }) };
    See "unit {units} is told its subscription", "It was blank, and keeps what the network has said it is.",
        |v| see(v, |unit| Fact::Subscribed { unit });
    See "unit {units} is active twice", "Operators are told that another radio proved itself as this one.",
        |v| see(v, |unit| Fact::Cloned { unit });
    See "unit {units} is not registered: {cause}", "Its registration is refused with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::RegisterRefused { unit, cause }) };
    See "unit {units} is out of range", "It finds no site.",
        |v| see(v, |unit| Fact::OutOfRange { unit });
    See "unit {units} leaves for site {site}", "A neighbour is better, and the handset goes there.",
        |v| { let site = v.site(); see(v, |unit| Fact::LeavesFor { unit, site }) };
    See "unit {units} affiliates to talkgroup {talkgroup}", "The network confirms its selection after registration.",
        |v| { let talkgroup = v.talkgroup(); see(v, |unit| Fact::Affiliates { unit, talkgroup }) };
    See "unit {units} may talk", "Talk permit.",
        |v| see(v, |unit| Fact::MayTalk { unit });
    See "unit {units} stops talking", "The floor is given up or lost.",
        |v| see(v, |unit| Fact::StopsTalking { unit });
    See "unit {units} waits for the floor", "Another talks, and its press waits for its turn.",
        |v| see(v, |unit| Fact::WaitsForFloor { unit });
    See "unit {units} is warned", "It is told that its time to talk is nearly over.",
        |v| see(v, |unit| Fact::Warned { unit });
    See "unit {units} loses the floor: {cause}", "The network takes the floor away from it, with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::LosesFloor { unit, cause }) };
    See "unit {units} is queued", "Its request waits for a channel.",
        |v| see(v, |unit| Fact::Queued { unit });
    See "unit {units} is called back", "Its turn has come while its button is up: it shall press.",
        |v| see(v, |unit| Fact::CalledBack { unit });
    See "unit {units} is heard in its emergency", "The network tells it that its alarm, or its emergency in a talk, has arrived.",
        |v| see(v, |unit| Fact::Emergency { unit, stage: EmergencyStage::Raised });
    See "unit {units} has its emergency acknowledged", "It is told that an operator has seen it.",
        |v| see(v, |unit| Fact::Emergency { unit, stage: EmergencyStage::Acknowledged });
    See "unit {units} has its emergency cleared", "It is told that an operator has ended it.",
        |v| see(v, |unit| Fact::Emergency { unit, stage: EmergencyStage::Cleared });
    See "unit {unit} rings for unit {unit}", "The second calls, and the first rings.",
        |v| Meaning::See(vec![Fact::Rings { unit: v.units()[0], caller: v.other() }]);
    See "unit {unit} hears that unit {unit} rings", "The caller is told that the other unit rings.",
        |v| Meaning::See(vec![Fact::CalledRings { unit: v.units()[0], called: v.other() }]);
    See "unit {units} rings no more: {cause}", "It has rung in vain, with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::RingOver { unit, cause }) };
    See "unit {unit} shows status {status} from unit {unit}", "The first shows the second's status.",
        |v| Meaning::See(vec![Fact::ShowsStatus { unit: v.units()[0], number: v.status(), from: MessageSource::Unit(v.other()) }]);
    See "unit {units} shows status {status} from the console", "It shows an operator's status.",
        |v| { let number = v.status(); see(v, |unit| Fact::ShowsStatus { unit, number, from: MessageSource::Operator }) };
    See "console shows status {status} from unit {unit}", "Operators are told of the unit's status.",
        |v| Meaning::See(vec![Fact::ConsoleShowsStatus { number: v.status(), from: v.other() }]);
    See "unit {unit} is alerted by unit {unit}", "The second wants to be called by the first.",
        |v| Meaning::See(vec![Fact::Alerted { unit: v.units()[0], from: MessageSource::Unit(v.other()) }]);
    See "unit {units} is alerted by the console", "An operator wants to be called.",
        |v| see(v, |unit| Fact::Alerted { unit, from: MessageSource::Operator });
    See "unit {units} is alerted no more: {cause}", "A call alert for it is over without its calling, with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::AlertedNoMore { unit, cause }) };
    See "call alert for unit {units} is over: {cause}", "The controller notes its end, with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::AlertEnds { unit, cause }) };
    See "unit {units} learns that its message was delivered", "Its status or call alert has reached its receiver.",
        |v| see(v, |unit| Fact::MessageDelivered { unit });
    See "unit {units} learns that its message was refused: {cause}", "It has not, or was called back, with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::MessageRefused { unit, cause }) };
    See "unit {units} is refused: {cause}", "Its request is refused with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::Refused { unit, cause }) };
    See "unit {units} is refused", "Its request is refused, whatever the cause.",
        |v| see(v, |unit| Fact::RefusedAnyhow { unit });
    See "unit {units} joins a call", "It hears of a call of its talkgroup and goes to its slot.",
        |v| see(v, |unit| Fact::Joins { unit });
    See "unit {units} joins a call late", "The same, by a late-entry word.",
        |v| see(v, |unit| Fact::JoinsLate { unit });
    See "unit {units} joins a call of talkgroup {talkgroup}", "The same, of this talkgroup: the selected one or one that it scans.",
        |v| { let talkgroup = v.talkgroup(); see(v, |unit| Fact::JoinsCallOf { unit, talkgroup }) };
    See "unit {units} hears unit {unit}", "Speech of the second reaches the loudspeaker of the first.",
        |v| { let talker = v.other(); see(v, |unit| Fact::Hears { unit, talker }) };
    See "unit {units} leaves the call: {cause}", "The call is over for it, with this cause.",
        |v| { let cause = v.cause(); see(v, |unit| Fact::Leaves { unit, cause }) };
}

fn talks(values: &Values) -> Meaning {
    let span = values.span();
    let spoken = |unit| {
        [
            (Span::ZERO, Action::Press(unit, RequestKind::Normal)),
            (Span::ZERO, Action::Speak(unit, Speech::Synthesised(span))),
            (span, Action::Release(unit)),
        ]
    };
    Meaning::Do(values.units().into_iter().flat_map(spoken).collect())
}
