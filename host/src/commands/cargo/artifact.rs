//! Which component a build has written, in cargo's words.
//!
//! Does not know where cargo writes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Artifact, CrateType, Message};

use super::super::child::{self, Ended};
use super::{Package, quiet};

/// Lets cargo list what it has written, on standard output.
const OPTION: &str = "--message-format=json";

impl Package {
    /// The component that `command` has just written, which is a plain `cargo build` in `directory`; `None`
    /// when it was none, or cargo does not say.
    ///
    /// Builds once more. Nothing has changed since, so cargo only repeats what it has.
    pub(in crate::commands) fn built(&self, command: &str, directory: &Path) -> Option<PathBuf> {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{command} {OPTION}")]).current_dir(directory);
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        quiet(&mut shell);
        match child::wait(shell) {
            Ok(Ended::Exited(output)) => self.component_in(&output.stdout),
            Ok(Ended::Interrupted(_)) | Err(_) => None,
        }
    }

    /// The crate's own component; that of another one when it is the only one.
    fn component_in(&self, messages: &[u8]) -> Option<PathBuf> {
        let messages = Message::parse_stream(messages).filter_map(Result::ok);
        let components = messages.filter_map(|message| match message {
            Message::CompilerArtifact(artifact) => Component::of(artifact),
            _ => None,
        });
        let mut components = components.collect::<Vec<_>>();
        let manifest = self.manifest.canonicalize().ok();
        let own =
            components.iter().position(|component| Some(&component.manifest) == manifest.as_ref());
        let index = own.or((components.len() == 1).then_some(0))?;
        Some(components.swap_remove(index).path)
    }
}

struct Component {
    manifest: PathBuf,
    path: PathBuf,
}

impl Component {
    fn of(artifact: Artifact) -> Option<Self> {
        let is_component = artifact.target.crate_types.contains(&CrateType::CDyLib);
        let mut files = artifact.filenames.into_iter().filter(|_| is_component);
        let path = files.find(|path| path.extension() == Some("wasm"))?.into();
        Some(Self { manifest: artifact.manifest_path.into(), path })
    }
}
