//! The files that the listeners of a service need for TLS: whether they can be used, and whether it is their time.
//!
//! Does not know what is done about it.

use std::time::SystemTime;

use crate::definition::{Definition, ListenerTls, LoadError, Problem};
use crate::tls::ServerTls;

/// What is to be said of one set of files.
pub(super) enum CertificateFinding {
    Unusable(Problem),
    /// Clients refuse the certificate.
    OutOfDate(Problem),
}

/// In the order of the kinds.
pub(super) fn examine(definition: &Definition) -> Vec<CertificateFinding> {
    definition.listener_tls().into_iter().filter_map(examine_one).collect()
}

fn examine_one(settings: &ListenerTls) -> Option<CertificateFinding> {
    match ServerTls::load(settings.files.clone()) {
        Err(error) => Some(CertificateFinding::Unusable(settings.problem(&error))),
        Ok(server) => {
            let out_of_date = server.validity().check(SystemTime::now()).err()?;
            let path = settings.files.certificate.display();
            let problem = settings.problem_of_certificate(format!("`{path}` {out_of_date}"));
            Some(CertificateFinding::OutOfDate(problem))
        }
    }
}

/// Refuses a service whose files cannot be used, as one with a mistake in its definition.
pub(super) fn verify(definition: Definition) -> Result<Definition, LoadError> {
    let problems = examine(&definition).into_iter().filter_map(|finding| match finding {
        CertificateFinding::Unusable(problem) => Some(problem),
        CertificateFinding::OutOfDate(_) => None,
    });
    let problems = problems.collect::<Vec<_>>();
    if problems.is_empty() {
        return Ok(definition);
    }
    Err(LoadError::Invalid { path: definition.path.clone(), problems })
}
