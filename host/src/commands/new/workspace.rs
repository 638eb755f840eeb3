//! Cargo workspaces around a directory: which one a crate belongs to by its place.
//!
//! Does not know the crate. What cargo would complain about is left to cargo.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// A directory whose `Cargo.toml` has a table `[workspace]`.
pub(super) struct Workspace {
    pub(super) root: PathBuf,
    members: Vec<String>,
    exclude: Vec<String>,
}

impl Workspace {
    /// The workspaces above a directory, the nearest one first.
    pub(super) fn above(directory: &Path) -> impl Iterator<Item = Self> {
        directory.ancestors().skip(1).filter_map(Self::at)
    }

    fn at(root: &Path) -> Option<Self> {
        let text = fs::read_to_string(root.join("Cargo.toml")).ok()?;
        let manifest: Table = text.parse().ok()?;
        let workspace = manifest.get("workspace")?.as_table()?;
        let list = |key| {
            let items = workspace.get(key).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Some(Self { root: root.to_owned(), members: list("members"), exclude: list("exclude") })
    }

    pub(super) fn manifest(&self) -> PathBuf {
        self.root.join("Cargo.toml")
    }

    pub(super) fn excludes(&self, directory: &Path) -> bool {
        self.exclude.iter().any(|path| directory.starts_with(self.root.join(path)))
    }

    /// The entry of `members` that makes a crate in this directory one of them.
    pub(super) fn claims(&self, directory: &Path) -> Option<&str> {
        if self.excludes(directory) {
            return None;
        }
        let path: Vec<_> = directory.strip_prefix(&self.root).ok()?.iter().collect();
        let path: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
        let path: Vec<_> = path.iter().map(|name| &**name).collect();
        let claims = |pattern: &&String| {
            let parts = pattern.split('/').filter(|part| !matches!(*part, "" | "."));
            matches_path(&parts.collect::<Vec<_>>(), &path)
        };
        self.members.iter().find(claims).map(String::as_str)
    }
}

fn matches_path(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", pattern @ ..], path) => {
            (0..=path.len()).any(|skipped| matches_path(pattern, &path[skipped..]))
        }
        ([part, pattern @ ..], [name, path @ ..]) => {
            matches_name(part.as_bytes(), name.as_bytes()) && matches_path(pattern, path)
        }
        _ => false,
    }
}

/// Sets in brackets count as any one character: better one refusal too many than a broken workspace.
fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', pattern @ ..], name) => {
            (0..=name.len()).any(|skipped| matches_name(pattern, &name[skipped..]))
        }
        ([b'[', pattern @ ..], [_, name @ ..]) => {
            let end = pattern.iter().position(|byte| *byte == b']');
            end.is_some_and(|end| matches_name(&pattern[end + 1..], name))
        }
        ([b'?', pattern @ ..], [_, name @ ..]) => matches_name(pattern, name),
        ([byte, pattern @ ..], [first, name @ ..]) => byte == first && matches_name(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(members: &[&str], exclude: &[&str]) -> Workspace {
        let list = |items: &[&str]| items.iter().map(ToString::to_string).collect();
        Workspace { root: "/root".into(), members: list(members), exclude: list(exclude) }
    }

    #[test]
    fn members_are_what_cargo_takes_for_one() {
        let claims = |pattern: &str, path: &str| {
            workspace(&[pattern], &[]).claims(Path::new(path)) == Some(pattern)
        };

        for pattern in ["examples/*", "./examples/hello", "*/*", "**", "ex*s/h?llo", "**/[a-z]ello"]
        {
            assert!(claims(pattern, "/root/examples/hello"), "{pattern}");
        }
        for pattern in ["examples", "examples/*/deep", "*", "examples/hell", "other/**"] {
            assert!(!claims(pattern, "/root/examples/hello"), "{pattern}");
        }
        assert!(!claims("**", "/elsewhere/hello"));
    }

    #[test]
    fn what_is_excluded_is_no_member() {
        let workspace = workspace(&["examples/*"], &["examples/hello"]);

        assert_eq!(workspace.claims(Path::new("/root/examples/hello")), None);
        assert!(workspace.claims(Path::new("/root/examples/hello-2")).is_some());
    }
}
