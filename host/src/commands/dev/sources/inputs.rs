//! What cargo has read for a component: the file with the ending `d` that it writes beside each.
//!
//! Does not know what is watched otherwise.

use std::path::{Path, PathBuf};

use crate::file;

/// The sources of a large workspace take some hundred kilobytes.
const MOST_BYTES: u64 = 16 << 20;

/// The files and directories outside of cargo's target directory that `component` depends on. Empty when
/// cargo has not written where the component is.
pub(super) fn read(component: &Path) -> Vec<PathBuf> {
    let Ok(bytes) = file::read(&component.with_extension("d"), MOST_BYTES) else {
        return Vec::new();
    };
    let target = target_directory(component);
    let is_input = |path: &PathBuf| {
        path.is_absolute() && target.as_ref().is_none_or(|target| !path.starts_with(target))
    };
    let mut paths = prerequisites(&String::from_utf8_lossy(&bytes));
    paths.retain(is_input);
    paths.sort();
    paths.dedup();
    paths
}

/// `target` of `target/wasm32-wasip2/release/app.wasm`: what is in there is made by builds.
fn target_directory(component: &Path) -> Option<PathBuf> {
    let target = component.ancestors().nth(3)?;
    let target = if target == Path::new("") { Path::new(".") } else { target };
    target.canonicalize().ok()
}

/// What stands behind the colons of a makefile. Blanks in paths have a backslash before them.
fn prerequisites(makefile: &str) -> Vec<PathBuf> {
    let behind = |line: &str| line.split_once(": ").map(|(_, rest)| rest.to_owned());
    makefile.lines().filter_map(behind).flat_map(|rest| words(&rest)).collect()
}

fn words(text: &str) -> Vec<PathBuf> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.next_if_eq(&' ').is_some() => word.push(' '),
            ' ' => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words.into_iter().filter(|word| !word.is_empty()).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_may_have_blanks_in_them() {
        let makefile = r"/t/app.wasm: /a/src/lib.rs /shared\ texts/welcome.txt  /b\c
# a comment
/t/other.wasm: /b/x.rs
";

        let paths = prerequisites(makefile);

        let expected = ["/a/src/lib.rs", "/shared texts/welcome.txt", r"/b\c", "/b/x.rs"];
        assert_eq!(paths, expected.map(PathBuf::from));
    }

    #[test]
    fn what_builds_make_is_no_input() {
        let root = std::env::temp_dir().canonicalize().unwrap();
        let root = root.join(format!("mikros-inputs-{}", uuid::Uuid::now_v7()));
        let release = root.join("target/wasm32-wasip2/release");
        std::fs::create_dir_all(&release).unwrap();
        let (source, made) =
            (root.join("src/lib.rs"), root.join("target/release/build/x/out/a.rs"));
        let component = release.join("app.wasm");
        let makefile = format!(
            "{}: {} {} relative.rs\n",
            component.display(),
            source.display(),
            made.display()
        );
        std::fs::write(release.join("app.d"), makefile).unwrap();

        let found = read(&component);
        let nothing = read(&root.join("app.wasm"));

        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [source]);
        assert!(nothing.is_empty());
    }
}
