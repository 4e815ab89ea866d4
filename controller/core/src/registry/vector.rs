//! An authentication vector (docs/services.md 13.2.3): what the home register gives away of a key, so that a unit can be
//! challenged, its answer compared and its session opened without the key.

use std::fmt;

use trunklab_protocol::Imei;
use trunklab_protocol::proof::{Challenge, Response, SessionKey};
use trunklab_protocol::to_site::CopiedVector;

use super::home::Row;

/// A challenge, the answer that is expected, and the session key of a registration that begins with it. Good once.
#[derive(Clone, Copy)]
pub struct Vector {
    challenge: Challenge,
    expected: Response,
    session: SessionKey,
}

impl Row {
    /// A vector for a unit that has named this equipment; `None` where the key is not here. `challenge` is drawn for it and for
    /// nothing else.
    pub fn vector(&self, challenge: Challenge, equipment: Option<Imei>) -> Option<Vector> {
        let key = self.key()?;
        let (expected, session) = (key.answer(&challenge, equipment), key.session(&challenge));
        Some(Vector { challenge, expected, session })
    }
}

impl Vector {
    /// What the unit is asked.
    pub fn challenge(&self) -> Challenge {
        self.challenge
    }

    /// The session key, for whoever gives the right answer.
    pub fn opened_by(&self, response: &Response) -> Option<SessionKey> {
        self.expected.matches(response).then_some(self.session)
    }
}

/// As it travels to a site that may serve alone, and back into use there.
impl From<Vector> for CopiedVector {
    fn from(vector: Vector) -> Self {
        let Vector { challenge, expected, session } = vector;
        Self { challenge, expected, session }
    }
}

impl From<CopiedVector> for Vector {
    fn from(vector: CopiedVector) -> Self {
        let CopiedVector { challenge, expected, session } = vector;
        Self { challenge, expected, session }
    }
}

/// The answer that is expected is as good as the key, as long as it is expected.
impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vector").field("challenge", &self.challenge).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::UnitId;
    use trunklab_protocol::proof::UnitKey;

    use super::*;
    use crate::config::Subscriber;

    #[test]
    fn a_vector_opens_for_the_right_answer_alone_and_shows_neither_answer_nor_key() {
        let key = UnitKey::new([0xA5; 16]);
        let row = Row::from(Subscriber::new(UnitId::new(7).unwrap(), key));
        let (challenge, equipment) = (Challenge::new([1; 16]), Imei::new(350_000_000_000_007));
        let vector = row.vector(challenge, equipment).unwrap();
        let right = key.answer(&challenge, equipment);
        assert_eq!(
            vector.opened_by(&right).map(|key| *key.octets()),
            Some(*key.session(&challenge).octets())
        );
        assert!(vector.opened_by(&key.answer(&challenge, None)).is_none());
        assert!(vector.opened_by(&Response::new([0; 8])).is_none());
        let shown = format!("{vector:?}").replace(|letter: char| !letter.is_ascii_hexdigit(), "");
        for secret in [&right.octets()[..], &key.octets()[..], &key.session(&challenge).octets()[..]] {
            let digits: String = secret.iter().map(|octet| format!("{octet:02x}")).collect();
            assert!(!shown.contains(&digits));
        }
    }
}
