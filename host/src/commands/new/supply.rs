//! What a crate says about its SDK, and what people are told about it.
//!
//! Does not know how it was found.

use std::path::PathBuf;

use super::repository::Commit;

/// How one crate gets the SDK.
#[derive(Debug)]
pub(super) struct Supply {
    /// Where the SDK is, as a dependency says it: `path = ".."`, without braces.
    pub(super) sdk: String,
    /// The same for the compiler of protobuf services.
    pub(super) build: String,
    /// The schema of `service.toml` that the crate can refer to; `None`: it needs one of its own.
    pub(super) schema: Option<String>,
    /// The checkout, or the address of its repository.
    pub(super) place: String,
    pub(super) origin: Origin,
}

#[derive(Debug)]
pub(super) enum Origin {
    /// In the same repository, or a submodule of it: both move together.
    Together { common: PathBuf },
    /// Cargo fetches it.
    Git(Commit),
    /// In a directory next to the project.
    Beside,
    /// Somewhere on this machine.
    Elsewhere,
}

impl Supply {
    /// The condition for templates.
    pub(super) fn condition(&self) -> &'static str {
        match &self.origin {
            Origin::Together { .. } => "sdk-together",
            Origin::Git(_) => "sdk-git",
            Origin::Beside => "sdk-beside",
            Origin::Elsewhere => "sdk-elsewhere",
        }
    }

    /// Says where the SDK comes from, for people.
    pub(super) fn note(&self) -> String {
        let place = &self.place;
        match &self.origin {
            Origin::Together { .. } => {
                format!("the SDK is taken from {place}, which is in the same repository")
            }
            Origin::Git(commit) => format!(
                "the SDK is not published yet, cargo fetches it from {place}, commit {}",
                commit.short()
            ),
            Origin::Beside => format!(
                "the SDK is not published yet, it is taken from {place}: whoever clones the project needs \
                 that checkout too"
            ),
            Origin::Elsewhere => format!(
                "the SDK is not published yet, it is taken from {place}: on another machine `Cargo.toml` \
                 needs another path"
            ),
        }
    }
}
