//! The sentences of the language, as one table: what is read, what it means, what the documentation prints.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::Order;
use trunklab_protocol::{
    Addressee, AreaChoice, CallSetup, CarrierNumber, EmergencyStage, Position, Priority, Services, SiteId,
    Span, StatusNumber, TalkgroupId, UnitId,
};

use super::expectation::Fact;
use super::pattern::{Values, guess, read, words};
use crate::output::MessageSource;

/// How long a base station or controller that is restarted stays away.
const RESTART: Span = Span::from_secs(1);

/// Something that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A handset is switched on.
    SwitchOn(UnitId),
    /// A handset is switched off, and says so.
    SwitchOff(UnitId),
    /// A handset's button goes down.
    Press(UnitId, RequestKind),
    /// It comes up.
    Release(UnitId),
    /// A handset's alarm key is pressed.
    Alarm(UnitId),
    /// The console orders something.
    Order(Order),
    /// The console changes the configuration.
    Reconfigure(Alteration),
    /// The operator at the console speaks from here on.
    OperatorSpeaks {
        /// As whom radios hear it.
        unit: UnitId,
        /// For how long.
        span: Span,
    },
    /// The operator speaks no more, though the button is down.
    OperatorFallsSilent,
    /// A handset calls another unit.
    Call {
        /// Who.
        caller: UnitId,
        /// Whom.
        called: UnitId,
        /// How.
        setup: CallSetup,
    },
    /// The user of a handset that rings answers.
    Answer(UnitId),
    /// The user of a handset hangs up, gives up, or declines.
    HangUp(UnitId),
    /// The user of a handset tells a status; `None`: to the consoles.
    Status(UnitId, StatusNumber, Option<Addressee>),
    /// The user of a handset alerts another unit.
    CallAlert {
        /// Who.
        caller: UnitId,
        /// Whom.
        called: UnitId,
    },
    /// The user of a handset calls its alert back.
    CancelAlert(UnitId),
    /// Somebody speaks into a handset, from the moment that it may talk.
    Speak(UnitId, Speech),
    /// A handset's selector is turned.
    Select(UnitId, TalkgroupId),
    /// A handset's selector of the service area is turned.
    SelectArea(UnitId, Option<AreaChoice>),
    /// Scan is switched on or off.
    Scan(UnitId, bool),
    /// A handset is carried to another place.
    Move(UnitId, Position),
    /// A handset's battery is out: from now on it neither sends nor hears.
    Vanish(UnitId),
    /// A site's link to its controller is cut.
    CutLink(SiteId),
    /// It can be used again.
    MendLink(SiteId),
    /// A base station is killed.
    KillStation(SiteId),
    /// A base station is started.
    StartStation(SiteId),
    /// The load of a site's control channels is written down.
    TellLoad(SiteId),
    /// What the controller has charged is written down.
    TellRecords,
    /// The controller is killed.
    KillController,
    /// The controller is shut down in order.
    StopController,
    /// The controller is started.
    StartController,
    /// The controller is started with a new database.
    StartControllerAnew,
    /// One voice packet of a unit's running or next spurt is lost between base station and switch.
    LoseVoicePacket {
        /// Who talks.
        unit: UnitId,
        /// Which packet of the spurt, from 0.
        packet: u16,
    },
    /// Every end-of-talk burst of a unit's running or next spurt is lost on the air.
    LoseTalkEnd(UnitId),
}

/// One change of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alteration {
    /// How long a talkgroup's calls keep their channels after speech.
    HangTime(TalkgroupId, Span),
    /// A site has a carrier no longer.
    CarrierOut(SiteId, CarrierNumber),
    /// There is a talkgroup no longer.
    TalkgroupOut(TalkgroupId),
}

/// What is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speech {
    /// A WAV file, looked for beside the scenario.
    File(String),
    /// Synthesised speech of this length.
    Synthesised(Span),
}

/// What a sentence comes to before it is placed in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Actions, each so long after the sentence's own time.
    Do(Vec<(Span, Action)>),
    /// All but so many slots of a site are taken by units made for it.
    Fill { site: SiteId, free: u16 },
    /// Those units let go.
    Empty { site: SiteId },
    /// The operator presses for these talkgroups, speaks for so long and releases.
    OperatorTalks { talkgroups: Vec<TalkgroupId>, span: Span },
    /// Facts to be seen.
    See(Vec<Fact>),
}

/// Where a sentence may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// After `do`.
    Do,
    /// After `expect` and `never`.
    See,
}

/// One row of the table.
pub struct Sentence {
    /// Where it may stand.
    pub sort: Sort,
    /// Its words and slots.
    pub pattern: &'static str,
    /// What it means, for people.
    pub about: &'static str,
    meaning: fn(&Values) -> Meaning,
}

/// Every sentence, in the order of the documentation.
pub fn sentences() -> &'static [Sentence] {
    SENTENCES
}

/// Reads a sentence; the error is the sentence that was probably meant.
pub(super) fn understand(sort: Sort, text: &str) -> Result<Meaning, Option<String>> {
    let words = words(text);
    let rows = || SENTENCES.iter().filter(|row| row.sort == sort);
    for row in rows() {
        if let Some(values) = read(row.pattern, &words) {
            return Ok((row.meaning)(&values));
        }
    }
    Err(guess(rows().map(|row| row.pattern), &words))
}

fn each(values: &Values, action: impl Fn(UnitId) -> Action) -> Meaning {
    Meaning::Do(values.units().into_iter().map(|unit| (Span::ZERO, action(unit))).collect())
}

fn one(action: Action) -> Meaning {
    Meaning::Do(vec![(Span::ZERO, action)])
}

fn see(values: &Values, fact: impl Fn(UnitId) -> Fact) -> Meaning {
    Meaning::See(values.units().into_iter().map(fact).collect())
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

macro_rules! sentences {
    ($($sort:ident $pattern:literal, $about:literal, $meaning:expr;)*) => {
        const SENTENCES: &[Sentence] = &[
            $(Sentence { sort: Sort::$sort, pattern: $pattern, about: $about, meaning: $meaning },)*
        ];
    };
}

#[rustfmt::skip]
sentences! {
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
    Do "site {site} fills up to {number} free slots", "Units made for it begin calls of their own until only so many traffic slots are free, and keep them.",
        |v| Meaning::Fill { site: v.site(), free: v.number() };
    Do "site {site} empties", "The units that filled the site release their buttons.",
        |v| Meaning::Empty { site: v.site() };
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
    Do "console gives unit {units} the highest priority", "Its requests go before all others that are no emergency.",
        |v| each(v, |unit| Action::Order(Order::SetPriority { unit, priority: Priority::HIGHEST }));
    Do "console takes all rights from unit {units}", "It may ask for no service that needs a right.",
        |v| each(v, |unit| Action::Order(Order::SetRights { unit, services: Services::NONE }));
    Do "console gives all rights to unit {units}", "It may ask for every service that needs a right.",
        |v| each(v, |unit| Action::Order(Order::SetRights { unit, services: Services::ALL }));
    Do "link of site {site} is cut", "Base station and controller no longer hear each other.",
        |v| one(Action::CutLink(v.site()));
    Do "link of site {site} is restored", "They can connect again.",
        |v| one(Action::MendLink(v.site()));
    Do "site {site} is killed", "The base station stops at once, without a word.",
        |v| one(Action::KillStation(v.site()));
    Do "site {site} is started", "The base station starts, with everything forgotten.",
        |v| one(Action::StartStation(v.site()));
    Do "site {site} is restarted", "Killed, and started one second later.",
        |v| Meaning::Do(vec![(Span::ZERO, Action::KillStation(v.site())), (RESTART, Action::StartStation(v.site()))]);
    Do "site {site} tells its load", "What the site's last heartbeat said of each of its control channels stands in the transcript.",
        |v| one(Action::TellLoad(v.site()));
    Do "controller tells its records", "What calls that are over have used, and what was asked for in vain, since this was last told.",
        |_| one(Action::TellRecords);
    Do "controller is killed", "The controller stops at once.",
        |_| one(Action::KillController);
    Do "controller is shut down", "The controller stops in order: calls are released, links closed.",
        |_| one(Action::StopController);
    Do "controller is started", "The controller starts in its next term of office.",
        |_| one(Action::StartController);
    Do "controller is started with a new database", "It starts with everything provisioned, and counts its terms of office from 1 again.",
        |_| one(Action::StartControllerAnew);
    Do "controller is restarted", "Killed, and started one second later.",
        |_| Meaning::Do(vec![(Span::ZERO, Action::KillController), (RESTART, Action::StartController)]);

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
    See "site {site} is in service", "The controller holds its link and its inventory.",
        |v| Meaning::See(vec![Fact::SiteUp { site: v.site() }]);
    See "site {site} is lost", "The controller has lost it.",
        |v| Meaning::See(vec![Fact::SiteLost { site: v.site() }]);
    See "control channel of site {site} moves", "The controller moves it to another slot.",
        |v| Meaning::See(vec![Fact::ControlMoved { site: v.site() }]);
    See "unit {units} finds the control channel of site {site}", "It has searched for it, and its registration holds.",
        |v| { let site = v.site(); see(v, |unit| Fact::FindsControl { unit, site }) };
    See "site {site} carries a call of talkgroup {talkgroup}", "The controller places the talkgroup's call there.",
        |v| Meaning::See(vec![Fact::Carries { site: v.site(), talkgroup: v.talkgroup() }]);
    See "site {site} leaves the call of talkgroup {talkgroup}", "The controller gives the call's slot there back.",
        |v| Meaning::See(vec![Fact::LeftBySite { site: v.site(), talkgroup: v.talkgroup() }]);
    See "call of talkgroup {talkgroup} is granted", "The controller sets a call up.",
        |v| Meaning::See(vec![Fact::Granted { talkgroup: v.talkgroup() }]);
    See "call of talkgroup {talkgroup} is queued", "A request for it waits.",
        |v| Meaning::See(vec![Fact::CallQueued { talkgroup: v.talkgroup() }]);
    See "call of talkgroup {talkgroup} is released: {cause}", "The controller ends the call with this cause.",
        |v| Meaning::See(vec![Fact::Released { talkgroup: v.talkgroup(), cause: v.cause() }]);
    See "emergency of unit {units} is raised", "Operators are told of it.",
        |v| see(v, |unit| Fact::EmergencyRaised { unit });
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

impl Action {
    /// The unit that acts, where one does.
    pub fn unit(&self) -> Option<UnitId> {
        match self {
            Self::SwitchOn(unit)
            | Self::SwitchOff(unit)
            | Self::Press(unit, _)
            | Self::Release(unit)
            | Self::Alarm(unit)
            | Self::Call { caller: unit, .. }
            | Self::Answer(unit)
            | Self::HangUp(unit)
            | Self::Status(unit, ..)
            | Self::CallAlert { caller: unit, .. }
            | Self::CancelAlert(unit)
            | Self::Speak(unit, _)
            | Self::Select(unit, _)
            | Self::SelectArea(unit, _)
            | Self::Scan(unit, _)
            | Self::Move(unit, _)
            | Self::Vanish(unit)
            | Self::LoseVoicePacket { unit, .. }
            | Self::LoseTalkEnd(unit) => Some(*unit),
            // An order may name a unit that nobody has: then that is its cause.
            Self::Order(_)
            | Self::Reconfigure(_)
            | Self::OperatorSpeaks { .. }
            | Self::OperatorFallsSilent
            | Self::CutLink(_)
            | Self::MendLink(_)
            | Self::KillStation(_)
            | Self::StartStation(_)
            | Self::TellLoad(_)
            | Self::TellRecords
            | Self::KillController
            | Self::StopController
            | Self::StartController
            | Self::StartControllerAnew => None,
        }
    }

    /// The site that is meant, where one is.
    pub fn site(&self) -> Option<SiteId> {
        match self {
            Self::CutLink(site)
            | Self::MendLink(site)
            | Self::KillStation(site)
            | Self::StartStation(site)
            | Self::TellLoad(site) => Some(*site),
            Self::SwitchOn(_)
            | Self::SwitchOff(_)
            | Self::Press(..)
            | Self::Release(_)
            | Self::Alarm(_)
            | Self::Order(_)
            | Self::Reconfigure(_)
            | Self::OperatorSpeaks { .. }
            | Self::OperatorFallsSilent
            | Self::Call { .. }
            | Self::Answer(_)
            | Self::HangUp(_)
            | Self::Status(..)
            | Self::CallAlert { .. }
            | Self::CancelAlert(_)
            | Self::Speak(..)
            | Self::Select(..)
            | Self::SelectArea(..)
            | Self::Scan(..)
            | Self::Move(..)
            | Self::Vanish(_)
            | Self::LoseVoicePacket { .. }
            | Self::LoseTalkEnd(_)
            | Self::TellRecords
            | Self::KillController
            | Self::StopController
            | Self::StartController
            | Self::StartControllerAnew => None,
        }
    }
}
