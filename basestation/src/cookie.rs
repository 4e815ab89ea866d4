//! Cookies of the air port (docs/protocol.md, clause 4.2.1): proof that a sender hears at its address, without a
//! state for those who do not.

use std::hash::{Hash, Hasher};
use std::net::SocketAddr;

use siphasher::sip::SipHasher24;
use trunklab_protocol::Moment;

/// A cookie is made from the minute; that of the minute before still counts.
const MINUTE_US: u64 = 60_000_000;

/// Makes and checks cookies.
#[derive(Debug)]
pub struct Cookies {
    key: [u8; 16],
}

impl Cookies {
    /// With a key that was drawn when the port opened.
    pub const fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// The cookie of an address now.
    pub fn bake(&self, now: Moment, address: SocketAddr) -> u64 {
        self.of_minute(now.as_micros() / MINUTE_US, address)
    }

    /// Whether a cookie is this address's, and not more than two minutes old.
    pub fn holds(&self, now: Moment, address: SocketAddr, cookie: u64) -> bool {
        let minute = now.as_micros() / MINUTE_US;
        cookie == self.of_minute(minute, address)
            || minute > 0 && cookie == self.of_minute(minute - 1, address)
    }

    fn of_minute(&self, minute: u64, address: SocketAddr) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        address.hash(&mut hasher);
        minute.hash(&mut hasher);
        // Zero means "no cookie yet".
        hasher.finish().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunklab_protocol::Span;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_cookie_is_good_for_its_address_and_its_time() {
        let cookies = Cookies::new([7; 16]);
        let now = Moment::ORIGIN + Span::from_secs(3_599);
        let cookie = cookies.bake(now, address(4_000));
        assert!(cookies.holds(now, address(4_000), cookie));
        assert!(cookies.holds(now + Span::from_secs(60), address(4_000), cookie));
        assert!(!cookies.holds(now + Span::from_secs(120), address(4_000), cookie));
        assert!(!cookies.holds(now, address(4_001), cookie));
        assert!(!cookies.holds(now, address(4_000), cookie ^ 1));
        assert!(!Cookies::new([8; 16]).holds(now, address(4_000), cookie));
        assert!(!cookies.holds(now, address(4_000), 0));
    }
}
