//! A certificate authority of a test, and what it signs.
//! Does not know who shows the certificates.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd,
};

/// A certificate authority.
#[derive(Debug)]
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM.
    pub(crate) pem: String,
}

/// A certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("the system has random numbers");
        let mut params = params([]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Authority of a test");
        let certificate = params.self_signed(&key).expect("it is valid");
        Self { issuer: Issuer::new(params, key), pem: certificate.pem() }
    }

    /// A certificate with these names.
    pub(crate) fn sign(&self, names: impl IntoIterator<Item = Name>) -> Pair {
        self.sign_until(names, 4000)
    }

    /// The same, valid until the beginning of a year.
    pub(crate) fn sign_until(&self, names: impl IntoIterator<Item = Name>, year: i32) -> Pair {
        let key = KeyPair::generate().expect("the system has random numbers");
        let mut params = params(names);
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).expect("it is valid");
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// What a certificate is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name {
    Uri(&'static str),
    Dns(&'static str),
    Common(&'static str),
}

/// This machine, as clients of tests call it.
pub(crate) const LOCALHOST: [Name; 1] = [Name::Dns("localhost")];

fn params(names: impl IntoIterator<Item = Name>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    for name in names {
        match name {
            Name::Uri(uri) => {
                let uri = uri.try_into().expect("it is ASCII");
                params.subject_alt_names.push(SanType::URI(uri));
            }
            Name::Dns(name) => {
                let name = name.try_into().expect("it is ASCII");
                params.subject_alt_names.push(SanType::DnsName(name));
            }
            Name::Common(name) => params.distinguished_name.push(DnType::CommonName, name),
        }
    }
    params
}
