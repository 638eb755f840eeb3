//! Git repositories: what is in the same one, and what others can fetch.
//!
//! Does not know what is in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::files::quoted;

/// A directory with `.git`, also one of a work tree or a submodule.
#[derive(Debug)]
pub(super) struct Repository {
    pub(super) root: PathBuf,
}

impl Repository {
    /// The nearest one that a directory is in, which need not be there.
    pub(super) fn around(directory: &Path) -> Option<Self> {
        let root = directory.ancestors().find(|directory| directory.join(".git").exists())?;
        Some(Self { root: root.to_owned() })
    }

    /// Whether a clone of it has this directory as well.
    pub(super) fn holds(&self, directory: &Path) -> bool {
        let Some(other) = Self::around(directory) else { return false };
        if other.root == self.root {
            return true;
        }
        // One that is no submodule is a stranger that lies here by chance.
        let modules = fs::read_to_string(self.root.join(".gitmodules")).unwrap_or_default();
        let paths = modules.lines().filter_map(|line| line.trim().strip_prefix("path"));
        let mut paths = paths.filter_map(|rest| rest.trim_start().strip_prefix('='));
        paths.any(|path| self.root.join(path.trim()) == other.root)
    }
}

/// A commit that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    /// As cargo takes it, without a password.
    pub(super) url: String,
    id: String,
}

impl Commit {
    /// What is checked out in `directory`, when it is all there is of `parts`, and the only remote has it.
    pub(super) fn of(directory: &Path, parts: &[&str]) -> Option<Self> {
        let remotes = git(directory, &["config", "--get-regexp", r"^remote\..*\.url$"])?;
        let mut remotes = remotes.lines();
        let (Some(remote), None) = (remotes.next(), remotes.next()) else { return None };
        let url = fetchable(remote.split_once(' ')?.1)?;
        let is_clean =
            git(directory, &[&["status", "--porcelain", "--"][..], parts].concat())?.is_empty();
        let id = git(directory, &["rev-parse", "HEAD"])?.trim().to_owned();
        let branches = ["for-each-ref", "--count=1", "--contains", &id, "refs/remotes"];
        let is_there = !git(directory, &branches)?.is_empty();
        (is_clean && is_there).then_some(Self { url, id })
    }

    /// As a dependency says it, without braces.
    pub(super) fn as_dependency(&self) -> String {
        format!("git = {}, rev = {}", quoted(&self.url), quoted(&self.id))
    }

    /// Enough of its number for people.
    pub(super) fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }
}

/// What git prints; `None` when it fails, or there is no git.
fn git(directory: &Path, arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    // In a hook of another repository they would name that one.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"] {
        git.env_remove(name);
    }
    git.env("GIT_OPTIONAL_LOCKS", "0").arg("-C").arg(directory).args(arguments);
    let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

/// The address of a remote as cargo and another machine understand it. Never with a password: it is for a
/// file that is committed.
fn fetchable(remote: &str) -> Option<String> {
    let Some((scheme, rest)) = remote.split_once("://") else {
        // `git@host:path`, which cargo does not take.
        let (host, path) = remote.split_once(':')?;
        let is_host = host.contains('@') && !host.contains('/');
        return is_host.then(|| format!("ssh://{host}/{}", path.trim_start_matches('/')));
    };
    let (authority, path) = rest.split_once('/')?;
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    match (scheme, user) {
        ("https" | "http", _) => Some(format!("{scheme}://{host}/{path}")),
        ("ssh", Some(user)) if user.contains(':') => None,
        ("ssh", _) => Some(remote.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn directory() -> PathBuf {
        let directory = std::env::temp_dir().join(format!("mikros-git-{}", Uuid::now_v7()));
        fs::create_dir(&directory).unwrap();
        directory.canonicalize().unwrap()
    }

    #[track_caller]
    fn run(directory: &Path, arguments: &str) {
        let author = [
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.com",
            "-c",
            "commit.gpgsign=false",
        ];
        let arguments: Vec<_> = author.into_iter().chain(arguments.split(' ')).collect();
        assert!(git(directory, &arguments).is_some(), "git {arguments:?}");
    }

    #[test]
    fn an_address_is_one_that_others_can_use() {
        for (remote, expected) in [
            ("https://example.com/a/b.git", Some("https://example.com/a/b.git")),
            ("https://ada:secret@example.com/a/b", Some("https://example.com/a/b")),
            ("https://token@example.com:8443/b", Some("https://example.com:8443/b")),
            ("git@example.com:a/b.git", Some("ssh://git@example.com/a/b.git")),
            ("ssh://git@example.com:22/a/b.git", Some("ssh://git@example.com:22/a/b.git")),
            ("ssh://git:secret@example.com/b", None),
            ("file:///srv/b.git", None),
            ("/srv/b.git", None),
            ("../b", None),
            ("/srv/a@b:c", None),
        ] {
            assert_eq!(fetchable(remote).as_deref(), expected, "{remote}");
        }
    }

    #[test]
    fn a_commit_counts_when_others_can_fetch_it() {
        let root = directory();
        let commit = || Commit::of(&root, &["sdk"]);
        fs::create_dir(root.join("sdk")).unwrap();
        fs::write(root.join("sdk/lib.rs"), "").unwrap();
        run(&root, "init --quiet");
        run(&root, "add .");
        run(&root, "commit --quiet --message one");
        assert_eq!(commit(), None, "there is no remote");
        run(&root, "remote add origin git@example.com:mikros-host.git");
        assert_eq!(commit(), None, "the remote does not have it");
        run(&root, "update-ref refs/remotes/origin/main HEAD");

        assert!(
            commit().is_some_and(|commit| commit.url == "ssh://git@example.com/mikros-host.git")
        );

        fs::write(root.join("notes"), "").unwrap();
        assert!(commit().is_some(), "other files do not matter");
        fs::write(root.join("sdk/lib.rs"), "changed").unwrap();
        assert_eq!(commit(), None, "something is not committed");
        run(&root, "commit --quiet --all --message two");
        assert_eq!(commit(), None, "the remote does not have the second one");
        run(&root, "update-ref refs/remotes/origin/main HEAD");
        run(&root, "remote add fork https://example.com/fork.git");
        assert_eq!(commit(), None, "there are two remotes");
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_repository_holds_its_files_and_its_submodules() {
        let root = directory();
        for path in [".git", "vendor/sdk/.git", "stranger/.git", "services"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        let modules = "[submodule \"sdk\"]\n\tpath = vendor/sdk\n\turl = https://example.com/sdk\n";
        fs::write(root.join(".gitmodules"), modules).unwrap();

        let repository = Repository::around(&root.join("services/not/there")).unwrap();

        assert_eq!(repository.root, root);
        assert!(repository.holds(&root.join("libraries")));
        assert!(repository.holds(&root.join("vendor/sdk/guest")));
        assert!(!repository.holds(&root.join("stranger")));
        fs::remove_dir_all(root).unwrap();
    }
}
