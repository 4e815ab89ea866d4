//! What a handset's screen shows of its state.

use super::{Handset, State};
use crate::handset::call::Activity;
use crate::handset::phase::Phase;
use crate::handset::service::Service;
use crate::handset::view::{HandsetView, RunningCall};

impl Handset {
    /// What a screen shows.
    pub fn state(&self) -> HandsetView {
        let camp = self.camp();
        let mut view = HandsetView {
            unit: self.radio.unit(),
            phase: self.phase(),
            selected: self.radio.selected,
            area: self.radio.area,
            affiliated: None,
            site: camp.map(|camp| camp.site),
            service: camp.map(|camp| camp.service),
            level_dbm: camp.map(|camp| camp.level_dbm),
            channel: camp.map(|camp| camp.control),
            ptt: self.radio.is_down(),
            queue_position: None,
            emergency: self.radio.emergency.map(|emergency| emergency.light),
            called_back: false,
            floor_position: None,
            rung_by: None,
            condition: self.radio.remote.condition,
            regrouped: self.radio.remote.regrouped.map(|set| set.order),
            alerted_by: self.radio.alerts.last().map(|alert| alert.from),
            status: self.radio.shown,
            tries: 0,
            call: None,
            failsoft_talker: None,
            speech_waiting: self.radio.microphone.waiting(),
            speech_overrun: self.radio.microphone.overrun(),
        };
        if self.radio.remote.monitor.is_some() {
            // Nothing shows that somebody listens.
            return HandsetView { phase: Phase::Idle, ptt: false, ..view };
        }
        match &self.state {
            State::InService(service) => show(service, &mut view),
            State::Registering(registration) => view.tries = registration.tries(),
            State::Failsoft(failsoft) => {
                view.channel = Some(failsoft.at);
                view.failsoft_talker = failsoft.talker();
            }
            State::Off
            | State::Hunting(_)
            | State::OutOfRange(_)
            | State::Denied(_)
            | State::Moving(_)
            | State::Detaching { .. } => {}
        }
        view
    }
}

fn show(service: &Service, view: &mut HandsetView) {
    view.affiliated = service.affiliated;
    let (in_call, talker) = match &service.activity {
        Activity::Idle(idle) => {
            view.called_back = idle.called_back.is_some();
            return;
        }
        Activity::Ringing(ring) => {
            view.rung_by = Some(ring.caller);
            return;
        }
        Activity::Requesting(request) => {
            view.tries = request.access.tries();
            return;
        }
        Activity::Queued(queued) => {
            view.queue_position = Some(queued.position);
            return;
        }
        Activity::Talking(talk) => (&talk.in_call, Some(view.unit)),
        Activity::Conversing(converse) => (&converse.talk.in_call, Some(converse.far.unit)),
        Activity::Ending(ending) => (&ending.talk.in_call, None),
        Activity::Hanging(hang) => {
            view.tries = hang.ask.as_ref().map_or(0, |ask| ask.access.tries());
            (&hang.in_call, None)
        }
        Activity::Listening(listen) => {
            if let Some(ask) = listen.wish.ask() {
                view.tries = ask.access.tries();
                view.floor_position = ask.place;
            }
            (&listen.in_call, Some(listen.talker))
        }
    };
    let (call, parties, at) = (in_call.call, in_call.parties, in_call.at);
    view.channel = Some(at);
    view.call = Some(RunningCall { call, parties, at, talker });
}
