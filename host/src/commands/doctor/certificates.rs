//! Checks of the certificates of listeners.
//!
//! Does not read them.

use super::diagnosis::{Diagnosis, Subject};
use crate::commands::certificates::{self, CertificateFinding};
use crate::commands::finding::{Finding, Severity};
use crate::definition::Definition;
use crate::report::Status;

pub(super) fn examine(definition: &Definition) -> Vec<Diagnosis> {
    let path = &definition.path;
    let mut diagnoses = Vec::new();
    for finding in certificates::examine(definition) {
        let (severity, problem) = match finding {
            CertificateFinding::Unusable(problem) => {
                (Severity::Problem(Status::EditNeeded), problem)
            }
            // The one of the place where the service will run may be another one.
            CertificateFinding::OutOfDate(problem) => (Severity::Warning, problem),
        };
        let finding = Finding::of_problem(severity, path, &problem);
        diagnoses.push(Diagnosis::of(Subject::Certificate, finding));
    }
    if diagnoses.is_empty() {
        let files = definition.listener_tls().into_iter().map(|tls| &tls.files.certificate);
        let ok = |path: &std::path::PathBuf| {
            let message = format!("`{}` and its key can be used", path.display());
            Diagnosis::ok(Subject::Certificate, message)
        };
        diagnoses.extend(files.map(ok));
    }
    diagnoses
}
