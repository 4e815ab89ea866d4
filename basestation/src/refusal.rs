//! Which ends of a connection no further try mends, and what a person has to do about each.
//!
//! Whatever stands in no table here heals, or may: a controller that is not there, a link that breaks, a full house.

use std::{fmt, io};

use rustls::{AlertDescription, Error as TlsError};
use trunklab_protocol::Cause;

/// What is wrong between a site and a controller, and its remedy. It goes on after `the controller at HOST:PORT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    what: &'static str,
    remedy: &'static str,
    /// How many in a row are for good.
    in_a_row: u32,
}

impl Refusal {
    /// How many in a row are for good: more than one where it may be that the controller only does not know yet what has changed.
    pub const fn in_a_row(&self) -> u32 {
        self.in_a_row
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.remedy)
    }
}

/// No controller takes the station in, and trying again is in vain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the controller at {controller} {refusal}")]
pub struct Refused {
    /// The most preferred controller, as it was given.
    pub controller: String,
    /// Why that one refuses; so do all others.
    pub refusal: Refusal,
}

const fn refusal(what: &'static str, remedy: &'static str) -> Refusal {
    Refusal { what, remedy, in_a_row: 1 }
}

const OTHER_ZONE: Refusal = refusal(
    "is of another zone than this site's certificate",
    "name a controller of the site's own zone with --controller, or enrol the site there with a new token",
);
const NO_SITE_PORT: Refusal = refusal(
    "answers as no site port does",
    "name the port of `controller run --listen`, not the operators' one",
);
const NO_CONTROLLER: Refusal =
    refusal("shows a certificate that is no controller's", "name a controller with --controller");
const NOT_ACCEPTED: Refusal =
    refusal("does not accept this site's certificate", "enrol the site again with a new token");

/// The earlier link of a station that was started again stands until its controller has missed some signs of life.
const TAKEN: Refusal = Refusal {
    what: "has another base station at this site, with this certificate",
    remedy: "stop one of the two, or enrol this one with a token of a site of its own",
    in_a_row: 10,
};

/// Said by a controller in its `Close` (docs/protocol.md, clause 7.1.3).
#[rustfmt::skip]
const BY_CLOSE: &[(Cause, Refusal)] = &[
    (Cause::SiteTaken,         TAKEN),
    (Cause::UnknownSite,       refusal("does not know this site", "add the site to the zone file and provision it")),
    (Cause::CertificateDenied, refusal("has this site's certificate on its deny list", "enrol the site again with a new token, or take the line out of denied.txt")),
    (Cause::NotAuthenticated,  refusal("finds no site's name in the certificate", "enrol the site again with a new token")),
    (Cause::WrongVersion,      refusal("speaks another version of the protocol", "run a controller and base stations of one release")),
];

/// Said by a controller's TLS: its own check of the site's certificate.
#[rustfmt::skip]
const BY_ALERT: &[(AlertDescription, Refusal)] = &[
    (AlertDescription::UnknownCA,              OTHER_ZONE),
    // Two authorities of one name, and the signature is the other's.
    (AlertDescription::DecryptError,           OTHER_ZONE),
    (AlertDescription::CertificateExpired,     refusal("finds this site's certificate expired, or not valid yet", "enrol the site again with a new token, or set the clocks right")),
    (AlertDescription::CertificateRevoked,     NOT_ACCEPTED),
    (AlertDescription::CertificateUnknown,     NOT_ACCEPTED),
    (AlertDescription::BadCertificate,         NOT_ACCEPTED),
    (AlertDescription::UnsupportedCertificate, NOT_ACCEPTED),
    (AlertDescription::AccessDenied,           NOT_ACCEPTED),
    (AlertDescription::ProtocolVersion,        NO_SITE_PORT),
];

/// Found by the station's own check of the controller's certificate, as the alert that it sends; any other is
/// [`NO_CONTROLLER`].
#[rustfmt::skip]
const BY_CERTIFICATE: &[(AlertDescription, Refusal)] = &[
    (AlertDescription::UnknownCA,          OTHER_ZONE),
    (AlertDescription::DecryptError,       OTHER_ZONE),
    (AlertDescription::CertificateExpired, refusal("shows a certificate that has expired, or is not valid yet", "set this machine's clock right, or make a new zone with `controller ca init`")),
];

/// What a `Close` with this cause means; `None` where another try may help.
pub fn of_close(cause: Cause) -> Option<Refusal> {
    row(BY_CLOSE, &cause)
}

/// What a fault in a controller's frames means, before the first that was good.
pub fn of_frame(cause: Cause) -> Refusal {
    of_close(cause).unwrap_or(NO_SITE_PORT)
}

/// What an error of the connection means; `None` where another try may help.
pub fn of_error(error: &io::Error) -> Option<Refusal> {
    let tls = error.get_ref()?.downcast_ref::<TlsError>()?;
    if let TlsError::AlertReceived(alert) = tls {
        row(BY_ALERT, alert)
    } else if let TlsError::InvalidCertificate(error) = tls {
        row(BY_CERTIFICATE, &error.clone().into()).or(Some(NO_CONTROLLER))
    } else {
        matches!(tls, TlsError::InvalidMessage(_) | TlsError::PeerIncompatible(_)).then_some(NO_SITE_PORT)
    }
}

fn row<T: PartialEq>(table: &[(T, Refusal)], sign: &T) -> Option<Refusal> {
    table.iter().find(|(key, _)| key == sign).map(|(_, refusal)| *refusal)
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, InvalidMessage, PeerIncompatible};

    use super::*;

    fn tls(error: TlsError) -> Option<Refusal> {
        of_error(&io::Error::new(io::ErrorKind::InvalidData, error))
    }

    #[test]
    fn what_another_try_may_mend_is_no_refusal() {
        for kind in
            [io::ErrorKind::ConnectionRefused, io::ErrorKind::ConnectionReset, io::ErrorKind::TimedOut]
        {
            assert_eq!(of_error(&kind.into()), None, "{kind}");
        }
        for alert in [AlertDescription::CloseNotify, AlertDescription::InternalError] {
            assert_eq!(tls(TlsError::AlertReceived(alert)), None, "{alert:?}");
        }
        for cause in
            [Cause::Shutdown, Cause::LinkReplaced, Cause::TooManyLinks, Cause::LinkSilent, Cause::Deposed]
        {
            assert_eq!(of_close(cause), None, "{cause:?}");
        }
    }

    #[test]
    fn each_side_can_tell_a_certificate_of_another_zone() {
        assert_eq!(tls(TlsError::InvalidCertificate(CertificateError::UnknownIssuer)), Some(OTHER_ZONE));
        assert_eq!(tls(TlsError::AlertReceived(AlertDescription::UnknownCA)), Some(OTHER_ZONE));
    }

    #[test]
    fn what_is_no_site_port_is_told_by_its_first_words() {
        assert_eq!(tls(TlsError::InvalidMessage(InvalidMessage::InvalidContentType)), Some(NO_SITE_PORT));
        assert_eq!(
            tls(TlsError::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)),
            Some(NO_SITE_PORT)
        );
        assert_eq!(of_frame(Cause::FrameTooLong), NO_SITE_PORT);
        assert_eq!(Some(of_frame(Cause::WrongVersion)), of_close(Cause::WrongVersion));
    }

    #[test]
    fn no_sign_stands_twice() {
        for (index, (cause, _)) in BY_CLOSE.iter().enumerate() {
            assert!(BY_CLOSE[..index].iter().all(|(other, _)| other != cause), "{cause:?}");
        }
        for table in [BY_ALERT, BY_CERTIFICATE] {
            for (index, (alert, _)) in table.iter().enumerate() {
                assert!(table[..index].iter().all(|(other, _)| other != alert), "{alert:?}");
            }
        }
    }
}
