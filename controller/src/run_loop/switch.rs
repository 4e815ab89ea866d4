//! The voice switch: its orders and its reports.

use bytes::BytesMut;
use tracing::error;
use trunklab_controller_core::input::Input;
use trunklab_protocol::frame::{CHECKSUM_LEN, HEADER_LEN};
use trunklab_protocol::switch::{FromSwitch, ToSwitch};

use super::{Broken, RunLoop};
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::log::Log;

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    pub(super) fn hear_switch(&mut self, report: FromSwitch) -> Result<(), Broken> {
        self.scratch.clear();
        report.put_payload(&mut self.scratch);
        self.outlets.counters.switch_octets.taken.add(framed_len(&self.scratch));
        self.take(Input::FromSwitch(report), None)
    }

    pub(super) fn send_to_switch(&mut self, order: ToSwitch) {
        self.scratch.clear();
        order.put_payload(&mut self.scratch);
        match self.inlets.switch.orders.try_send(order) {
            Ok(()) => self.outlets.counters.switch_octets.sent.add(framed_len(&self.scratch)),
            Err(_) => {
                self.outlets.counters.switch_orders_lost.one();
                error!("the voice switch does not keep up with its orders");
            }
        }
    }
}

/// Octets of the frame that would carry a payload.
fn framed_len(payload: &BytesMut) -> u64 {
    (HEADER_LEN + payload.len() + CHECKSUM_LEN) as u64
}
