//! What a switch has taken, sent and dropped.

use std::fmt::{self, Write};

use crate::counters::{Count, CountByCause, Octets};

/// Counters since the start. The forwarding loop only adds; whoever wants to know reads.
#[derive(Debug, Default)]
pub struct Counts {
    /// Datagrams that came.
    pub packets_in: Count,
    /// Copies that left.
    pub packets_out: Count,
    /// Octets of both, RTP header and tag included.
    pub octets: Octets,
    /// Packets, or single copies of them, that were dropped.
    pub dropped: CountByCause,
    /// Orders of the controller that were obeyed.
    pub orders_obeyed: Count,
    /// Orders of the controller that were refused.
    pub orders_refused: CountByCause,
}

impl Counts {
    /// Writes the counts in Prometheus's text format.
    ///
    /// # Errors
    /// Only what `into` itself reports.
    pub fn write_metrics(&self, into: &mut impl Write) -> fmt::Result {
        let total = "trunklab_switch_packets_total";
        writeln!(into, "# HELP {total} Voice packets taken (uplink) and copies sent (downlink).")?;
        writeln!(into, "# TYPE {total} counter")?;
        writeln!(into, "{total}{{direction=\"uplink\"}} {}", self.packets_in.read())?;
        writeln!(into, "{total}{{direction=\"downlink\"}} {}", self.packets_out.read())?;
        for (name, help, counts) in [
            ("trunklab_switch_dropped_total", "Voice packets or copies dropped.", &self.dropped),
            ("trunklab_switch_orders_refused_total", "Orders refused.", &self.orders_refused),
        ] {
            writeln!(into, "# HELP {name} {help}")?;
            writeln!(into, "# TYPE {name} counter")?;
            for (cause, count) in counts.read() {
                writeln!(into, "{name}{{cause=\"{}\"}} {count}", cause.name())?;
            }
        }
        Ok(())
    }
}
