//! Why there is no new service, and what to do about it.
//!
//! Does not know how any of it was found out.

use std::fmt::{self, Write};
use std::io;
use std::path::{Path, PathBuf};

use crate::report::Status;

/// Why no service was made. Nothing has been written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CreateError {
    /// There is no terminal to ask on.
    #[error("`mikros-host {command}` needs {missing}")]
    Missing { command: &'static str, missing: &'static str, help: String },
    /// The user has closed the terminal's input.
    #[error("the questions were not answered")]
    Unanswered,
    #[error("cannot ask questions on the terminal")]
    CallRequest { source: io::Error },
    #[error("`{name}` cannot be the name of a service: {reason}")]
    Name { name: String, reason: &'static str, help: String },
    #[error("kind `{kind}` is given twice")]
    KindTwice { kind: &'static str },
    #[error("kind `script` must be the only kind of a service")]
    ScriptWithOthers,
    #[error("`--port` is given, but none of the kinds listens")]
    PortOfNone,
    #[error("the port is given twice, by `--kind` and by `--port`")]
    PortTwice,
    #[error("`--port` is given, but two kinds listen")]
    PortOfSeveral,
    #[error("two kinds have the same port {port}")]
    SamePort { port: u16 },
    #[error("the product must not be blank")]
    BlankProduct,
    #[error("the SDK is not in `{}`", directory.display())]
    NoSdk { directory: PathBuf, help: &'static str },
    #[error("cannot find out where `{}` is", path.display())]
    Locate { path: PathBuf, source: io::Error },
    #[error("`{}` must be UTF-8 to be written into TOML", path.display())]
    NotUtf8 { path: PathBuf },
    /// Cargo would refuse both workspaces.
    #[error(
        "`{}` would be a member of the workspace `{}`, by `{pattern}`",
        directory.display(),
        manifest.display()
    )]
    Member { directory: PathBuf, manifest: PathBuf, pattern: String },
    #[error("nothing is overwritten, and there is already{}", Listed(.paths))]
    Exists { paths: Vec<PathBuf>, help: String },
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("there is no crate in `{}`", directory.display())]
    NoCrate { directory: PathBuf },
    #[error("cannot read `{}`", path.display())]
    ReadManifest { path: PathBuf, source: io::Error },
    #[error("`{}` is not the manifest of a crate: {reason}", path.display())]
    Manifest { path: PathBuf, reason: String },
}

/// Paths, one in each line.
struct Listed<'a>(&'a [PathBuf]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|path| {
            f.write_char('\n')?;
            write!(f, "  {}", Path::display(path))
        })
    }
}

impl CreateError {
    /// What to do about it, when that is known.
    pub(crate) fn help(&self) -> Option<&str> {
        match self {
            Self::Missing { help, .. } | Self::Name { help, .. } | Self::Exists { help, .. } => {
                Some(help)
            }
            Self::NoSdk { help, .. } => Some(help),
            Self::Unanswered => Some("give the name and `--kind` on the command line"),
            Self::KindTwice { kind: "native" } => {
                Some("give each kind once; `worker` is another word for `native`")
            }
            Self::KindTwice { .. } => Some("give each kind once"),
            Self::ScriptWithOthers => Some("make the script a service of its own"),
            Self::PortOfNone => Some("leave `--port` out"),
            Self::PortTwice => Some("leave one of them out"),
            Self::SamePort { .. } => Some("give one of them another port"),
            Self::PortOfSeveral => {
                Some("write the ports to the kinds: `--kind http:8080,grpc:7070`")
            }
            Self::Member { .. } => Some(
                "choose another directory with `--path`, or add this one to `exclude` in the \
                 `[workspace]` there: the new crate is a workspace of its own",
            ),
            Self::NoCrate { .. } => Some("make a whole crate with `mikros-host new NAME`"),
            Self::CallRequest { .. }
            | Self::BlankProduct
            | Self::Locate { .. }
            | Self::NotUtf8 { .. }
            | Self::Write { .. }
            | Self::ReadManifest { .. }
            | Self::Manifest { .. } => None,
        }
    }

    pub(in crate::commands) fn status(&self) -> Status {
        match self {
            Self::CallRequest { .. } | Self::Locate { .. } | Self::Write { .. } => Status::Failure,
            _ => Status::EditNeeded,
        }
    }
}
