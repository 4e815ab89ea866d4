//! Access tokens: JSON Web Tokens (RFC 7519) under HMAC-SHA-256, good for minutes.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{ConsoleName, Role};

use crate::store::Secret;

/// How long an access token is good, in seconds.
pub(super) const LIFE_S: u64 = 600;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    /// Whose it is.
    pub sub: ConsoleName,
    /// The role when it was made; what counts is the account's role now.
    pub role: Role,
    /// From when, in seconds since 1970.
    pub iat: u64,
    /// Until when.
    pub exp: u64,
    /// Its own name.
    pub jti: String,
    /// The session that it belongs to.
    pub session: String,
}

/// Makes and checks access tokens.
pub(super) struct AccessKey {
    signing: EncodingKey,
    checking: DecodingKey,
    rules: Validation,
}

impl AccessKey {
    /// With the zone's key.
    pub fn new(key: &Secret) -> Self {
        // A second controller in this process finds the same one there.
        PROVIDER.install_default().ok();
        let mut rules = Validation::new(Algorithm::HS256);
        rules.validate_exp = false;
        rules.set_required_spec_claims(&["exp", "sub"]);
        Self {
            signing: EncodingKey::from_secret(key).expect("a key of 256 bits is long enough"),
            checking: DecodingKey::from_secret(key).expect("a key of 256 bits is long enough"),
            rules,
        }
    }

    /// The token that says this.
    pub fn sign(&self, claims: &Claims) -> String {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.signing)
            .expect("claims serialise, and the key is of the algorithm's kind")
    }

    /// What a token says that is good now, in seconds since 1970. One that would be good for longer than any that is made now was made by
    /// a clock that has been set back since (docs/services.md 13.7.5).
    pub fn check(&self, token: &str, now_s: u64) -> Result<Claims, Cause> {
        let good = jsonwebtoken::decode(token, &self.checking, &self.rules);
        let claims: Claims = good.map_err(|_| Cause::NotAuthenticated)?.claims;
        let is_good = (now_s + 1..=now_s + LIFE_S).contains(&claims.exp);
        if is_good { Ok(claims) } else { Err(Cause::TokenExpired) }
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessKey")
    }
}

/// HMAC-SHA-256 and nothing else, so that no other algorithm can be asked for.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(HmacSha256::with(algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| Ok(Box::new(HmacSha256::with(algorithm, key.try_get_as_bytes()?)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

struct HmacSha256(Hmac<Sha256>);

impl HmacSha256 {
    fn with(algorithm: &Algorithm, key: &[u8]) -> Result<Self, Error> {
        if *algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Hmac::new_from_slice(key).map(Self).map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }
}

impl Signer<Vec<u8>> for HmacSha256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for HmacSha256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.clone().chain_update(message).verify_slice(tag).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(exp: u64) -> Claims {
        let (jti, session) = ("1".to_owned(), "2".to_owned());
        Claims { sub: ConsoleName::new("anna"), role: Role::Supervisor, iat: 0, exp, jti, session }
    }

    const LATER: u64 = 32_503_680_000;

    #[test]
    fn a_token_says_what_it_was_made_to_say_until_it_expires() {
        let key = AccessKey::new(&[7; 32]);
        let token = key.sign(&claims(LATER));
        for now in [LATER - LIFE_S, LATER - 1] {
            assert_eq!(key.check(&token, now), Ok(claims(LATER)));
        }
        for now in [LATER, LATER + 1, u64::MAX - LIFE_S] {
            assert_eq!(key.check(&token, now), Err(Cause::TokenExpired));
        }
    }

    #[test]
    fn a_token_that_is_good_for_longer_than_any_was_made_by_a_clock_that_was_set_back() {
        let key = AccessKey::new(&[7; 32]);
        for exp in [LATER + LIFE_S + 1, LATER + 3_600, u64::MAX] {
            assert_eq!(key.check(&key.sign(&claims(exp)), LATER), Err(Cause::TokenExpired), "{exp}");
        }
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_or_none_or_altered_anywhere_is_refused() {
        let key = AccessKey::new(&[7; 32]);
        let good = key.sign(&claims(LATER));
        assert_eq!(
            key.check(&AccessKey::new(&[8; 32]).sign(&claims(LATER)), LATER - 1),
            Err(Cause::NotAuthenticated)
        );
        let rest = good.split_once('.').unwrap().1;
        // {"alg":"none"}, {"typ":"JWT","alg":"none"}, {"alg":"HS512"}, {"alg":"RS256"}
        for head in [
            "eyJhbGciOiJub25lIn0",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0",
            "eyJhbGciOiJIUzUxMiJ9",
            "eyJhbGciOiJSUzI1NiJ9",
        ] {
            let unsigned = format!("{head}.{}.", rest.split_once('.').unwrap().0);
            for token in [format!("{head}.{rest}"), unsigned] {
                assert_eq!(key.check(&token, LATER - 1), Err(Cause::NotAuthenticated), "{token}");
            }
        }
        for place in 0..good.len() {
            let mut altered = good.clone().into_bytes();
            // Another letter of the alphabet that differs in its upper bits, which no padding hides.
            altered[place] = if altered[place] == b'A' { b'w' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(altered == good || key.check(&altered, LATER - 1).is_err(), "place {place}");
        }
        for nonsense in ["", ".", "..", "a.b.c", &"x".repeat(10_000)] {
            assert_eq!(key.check(nonsense, LATER - 1), Err(Cause::NotAuthenticated));
        }
    }
}
