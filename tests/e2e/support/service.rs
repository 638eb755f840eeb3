//! A service as the host finds it: a directory with a `service.toml`.
//! Does not know what the host makes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::directory::Directory;
use super::guests::Guest;

/// A directory with a `service.toml` that a test has put together.
#[derive(Debug)]
pub(crate) struct Service {
    directory: Directory,
    top: String,
    host: String,
    limits: String,
    rest: String,
    /// How many kinds it has.
    kinds: usize,
}

impl Service {
    /// The smallest definition for `guest`. `types` are separated by commas, for example
    /// `http:0, native`; use port 0, since tests run side by side.
    pub(crate) fn new(guest: Guest, types: &str) -> Self {
        Self::with_component(&guest.component(), types)
    }

    /// The same for a component that need not exist.
    pub(crate) fn with_component(component: &Path, types: &str) -> Self {
        let kinds: Vec<_> = types.split(',').map(|kind| format!("'{}'", kind.trim())).collect();
        let service = Self {
            directory: Directory::new(),
            top: format!(
                "name = 'probe'\nversion = 'v1.0.0'\nlanguage = 'rust'\nproduct = 'Tests'\n\
                 types = [{}]\n",
                kinds.join(", ")
            ),
            host: format!("component = '{}'\naddress = '127.0.0.1'\n", component.display()),
            limits: String::new(),
            rest: String::new(),
            kinds: kinds.len(),
        };
        service.written()
    }

    /// A service whose `service.toml` is `text` as it stands. Nothing can be added to it.
    pub(crate) fn of_text(text: impl AsRef<[u8]>) -> Self {
        let directory = Directory::new();
        directory.write("service.toml", text);
        let [top, host, limits, rest] = [const { String::new() }; 4];
        Self { directory, top, host, limits, rest, kinds: 1 }
    }

    /// Adds keys without a table, for example `envs = ['TOKEN']`.
    #[must_use]
    pub(crate) fn top(mut self, lines: &str) -> Self {
        add(&mut self.top, lines);
        self.written()
    }

    /// Adds keys of `[host]`.
    #[must_use]
    pub(crate) fn host(mut self, lines: &str) -> Self {
        add(&mut self.host, lines);
        self.written()
    }

    /// Adds keys of `[host.limits]`.
    #[must_use]
    pub(crate) fn limits(mut self, lines: &str) -> Self {
        add(&mut self.limits, lines);
        self.written()
    }

    /// Adds whole tables, for example `[service]\nmode = 'wait'`.
    #[must_use]
    pub(crate) fn tables(mut self, lines: &str) -> Self {
        add(&mut self.rest, lines);
        self.written()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory().join("service.toml")
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Changes `service.toml` while the service runs, as editors do: a new file takes its place.
    ///
    /// Panics when it does not contain `from`.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path()).expect("the service has been written");
        assert!(text.contains(from), "there is no `{from}` in {text}");
        self.replace("service.toml", text.replace(from, to));
    }

    /// Lets a new file take the place of one, so that nobody sees a part of it.
    pub(crate) fn replace(&self, name: &str, contents: impl AsRef<[u8]>) {
        let new = self.directory.write(".new", contents);
        let path = self.directory().join(name);
        fs::rename(new, path).expect("the target directory can be written");
    }

    /// Adds a file next to `service.toml`.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        self.directory.write(name, contents)
    }

    /// Adds a program next to `service.toml`, as the text of a script.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let path = self.write(name, script);
        let executable = PermissionsExt::from_mode(0o755);
        fs::set_permissions(path, executable).expect("the file is ours");
    }

    pub(super) fn kinds(&self) -> usize {
        self.kinds
    }

    fn written(self) -> Self {
        let Self { directory, top, host, limits, rest, .. } = &self;
        let text = format!("{top}[host]\n{host}[host.limits]\n{limits}{rest}");
        directory.write("service.toml", text);
        self
    }
}

fn add(section: &mut String, lines: &str) {
    section.push_str(lines);
    section.push('\n');
}
