//! What certificates say: until when they are valid, and whom they are about.
//!
//! Does not check signatures.

use std::fmt;
use std::time::{Duration, SystemTime};

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::time::ASN1Time;

/// A certificate that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("it is not a certificate (X.509)")]
pub(crate) struct MalformedCertificate;

/// When certificates are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    from: SystemTime,
    until: SystemTime,
}

/// Why certificates are not valid at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutOfDate {
    Expired(SystemTime),
    NotYetValid(SystemTime),
}

impl Validity {
    /// When all of `chain` are valid.
    pub(crate) fn of(chain: &[CertificateDer<'_>]) -> Result<Self, MalformedCertificate> {
        let mut all =
            Self { from: SystemTime::UNIX_EPOCH, until: at(ASN1Time::from_timestamp(MOST).ok()) };
        for certificate in chain {
            let parsed = parse(certificate)?;
            let validity = parsed.validity();
            all.from = all.from.max(at(Some(validity.not_before)));
            all.until = all.until.min(at(Some(validity.not_after)));
        }
        Ok(all)
    }

    pub(crate) fn check(&self, now: SystemTime) -> Result<(), OutOfDate> {
        match self {
            Self { until, .. } if *until < now => Err(OutOfDate::Expired(*until)),
            Self { from, .. } if *from > now => Err(OutOfDate::NotYetValid(*from)),
            _ => Ok(()),
        }
    }
}

/// The end of the year 9999, which stands for no end.
const MOST: i64 = 253_402_300_799;

fn at(time: Option<ASN1Time>) -> SystemTime {
    let seconds = time.map_or(MOST, |time| time.timestamp());
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.clamp(0, MOST).unsigned_abs())
}

/// The rest of a sentence about certificates.
impl fmt::Display for OutOfDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = humantime::format_rfc3339_seconds;
        match self {
            Self::Expired(at) => write!(f, "expired at {}", time(*at)),
            Self::NotYetValid(at) => write!(f, "is not valid before {}", time(*at)),
        }
    }
}

/// Whom a certificate is about.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) uris: Vec<String>,
    pub(crate) hosts: Vec<String>,
    pub(crate) common_name: Option<String>,
}

impl Names {
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Result<Self, MalformedCertificate> {
        let parsed = parse(certificate)?;
        let common_name = parsed.subject().iter_common_name().next();
        let common_name = common_name.and_then(|name| name.as_str().ok()).map(str::to_owned);
        let mut names = Self { common_name, ..Self::default() };
        let alternative = parsed.subject_alternative_name();
        let alternative = alternative.map_err(|_malformed| MalformedCertificate)?;
        for name in alternative.iter().flat_map(|extension| &extension.value.general_names) {
            match name {
                GeneralName::URI(uri) => names.uris.push((*uri).to_owned()),
                GeneralName::DNSName(name) => names.hosts.push((*name).to_owned()),
                _ => (),
            }
        }
        Ok(names)
    }

    /// The one that stands for all: the URI, as SPIFFE has it, or else the first DNS name. `None` with several URIs, which
    /// SPIFFE forbids. Never the common name: the constraints of an authority do not apply to it (RFC 9525 section 2).
    pub(crate) fn main(&self) -> Option<&str> {
        let name = match &self.uris[..] {
            [] => self.hosts.first(),
            [uri] => Some(uri),
            _ => None,
        };
        name.map(String::as_str).filter(|name| !name.is_empty())
    }
}

fn parse<'c>(
    certificate: &'c CertificateDer<'_>,
) -> Result<X509Certificate<'c>, MalformedCertificate> {
    let parsed = X509Certificate::from_der(certificate);
    parsed.map(|(_, parsed)| parsed).map_err(|_malformed| MalformedCertificate)
}
