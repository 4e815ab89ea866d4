//! What the user does with the button and the selector, and what becomes of it in each state.

use trunklab_protocol::Cause;
use trunklab_protocol::air_uplink::RequestKind;

use super::call::{Activity, Button, Request};
use super::errand::Setback;
use super::radio::Turn;
use super::service::Service;

impl Service {
    pub(super) fn press(&mut self, turn: &mut Turn<'_>, kind: RequestKind) {
        if !turn.radio.remote.serves() {
            return;
        }
        if kind == RequestKind::Normal && self.calls_back(turn) {
            return;
        }
        if matches!(self.setback, Some(Setback::Spread(..))) {
            // Who wants something does not wait for the moment of a selection.
            self.say_selection_anew(turn);
        }
        let reverts = kind == RequestKind::Emergency && turn.radio.config.emergency_talkgroup.is_some();
        match &mut self.activity {
            Activity::Idle(idle) if idle.errand.is_some() && !reverts => idle.press = Some(kind),
            Activity::Idle(idle) => match idle.called_back {
                Some((_, wanted)) if kind == RequestKind::Normal => self.request_for(turn, kind, wanted),
                Some(_) | None => self.request(turn, kind),
            },
            Activity::Ringing(_) if kind == RequestKind::Emergency => {
                self.stop_ringing(turn);
                self.press(turn, kind);
            }
            Activity::Ringing(_) => self.answer(turn),
            Activity::Requesting(request) if is_raised(request, kind) => self.request(turn, kind),
            Activity::Queued(queued) if is_raised(&queued.request, kind) => self.request(turn, kind),
            Activity::Talking(_) if kind == RequestKind::Emergency => self.raise_own_call(turn),
            // The request stands already; the button says only whether speech will follow the grant.
            Activity::Conversing(_) if kind == RequestKind::Emergency => {
                self.stop_conversing(turn);
                self.request_from_call(turn);
            }
            Activity::Requesting(_) | Activity::Talking(_) | Activity::Conversing(_) => {}
            Activity::Queued(queued) => match &queued.button {
                Button::Down => {}
                Button::Releasing(access) if !access.was_sent() => queued.button = Button::Down,
                // An emergency stays one.
                Button::Releasing(_) | Button::Up => {
                    let Request { kind: asked, wanted, .. } = queued.request;
                    match asked {
                        RequestKind::Emergency => self.request(turn, asked),
                        // The number is dialled already.
                        RequestKind::Normal if wanted.is_dialled() => {}
                        RequestKind::Normal if kind == asked => self.request_for(turn, kind, wanted),
                        RequestKind::Normal => self.request(turn, kind),
                    }
                }
            },
            Activity::Ending(ending) => ending.press = Some(kind),
            Activity::Hanging(_) if kind == RequestKind::Emergency => self.request_from_call(turn),
            Activity::Hanging(_) => self.ask_for_floor(turn),
            Activity::Listening(_) if kind == RequestKind::Emergency => self.request_from_call(turn),
            Activity::Listening(_) => self.press_while_listening(turn),
        }
    }

    pub(super) fn release(&mut self, turn: &mut Turn<'_>) {
        match &mut self.activity {
            Activity::Idle(idle) => idle.press = None,
            Activity::Requesting(request)
                if !request.access.was_sent()
                    && request.kind == RequestKind::Normal
                    && !request.is_handover() =>
            {
                self.defer(turn);
            }
            // Whether it waits is not known yet: a grant is given back, a place in the queue is told of the release.
            Activity::Requesting(_) => {}
            Activity::Queued(queued) if matches!(queued.button, Button::Down) => {
                let press = queued.request.press;
                let button = self.releasing(turn, press);
                if let Activity::Queued(queued) = &mut self.activity {
                    queued.button = button;
                }
            }
            Activity::Queued(_) | Activity::Ringing(_) | Activity::Conversing(_) => {}
            Activity::Talking(_) => self.end_talk(turn, false),
            Activity::Ending(ending) => ending.press = None,
            Activity::Hanging(hang) => hang.ask = None,
            Activity::Listening(_) => self.release_while_listening(turn),
        }
    }

    /// The selector was turned.
    pub(super) fn select(&mut self, turn: &mut Turn<'_>) {
        self.setback = None;
        self.revert = None;
        match &mut self.activity {
            Activity::Idle(idle) => {
                let press = idle.press;
                let mut idle = self.idle(turn);
                idle.press = press;
                self.activity = Activity::Idle(idle);
            }
            // The new talkgroup is said when the ringing is over.
            Activity::Ringing(_) => {}
            Activity::Requesting(Request { press, .. }) => {
                self.owed_cancel = Some(*press);
                self.defer(turn);
            }
            Activity::Queued(queued) => {
                self.owed_cancel = Some(queued.request.press);
                self.defer(turn);
            }
            Activity::Talking(_) => self.end_talk(turn, true),
            Activity::Conversing(_) => self.leave_pair(turn),
            Activity::Ending(ending) => ending.leave = true,
            Activity::Hanging(_) => self.leave(turn, Cause::NotAffiliated),
            Activity::Listening(listen) => {
                self.owed_cancel = listen.wish.ask().map(|ask| ask.press).or(self.owed_cancel);
                self.leave(turn, Cause::NotAffiliated);
            }
        }
    }
}

/// Whether a press makes an emergency of what was asked for as usual.
fn is_raised(request: &Request, kind: RequestKind) -> bool {
    (request.kind, kind) == (RequestKind::Normal, RequestKind::Emergency)
}
