//! Paths: where something is, and how a file refers to something else.
//!
//! Does not know what is there.

use std::path::{Component, Path, PathBuf};

use super::CreateError;
use crate::file;

/// The absolute path, without links, of what need not be there yet.
pub(in crate::commands) fn locate(path: &Path) -> Result<PathBuf, CreateError> {
    file::locate(path).map_err(|source| CreateError::Locate { path: path.to_owned(), source })
}

/// How a file in `from` refers to `to`: relatively when both move together, that is within `common`.
pub(in crate::commands) fn reference(
    from: &Path,
    to: &Path,
    common: &Path,
) -> Result<String, CreateError> {
    let inside = (from.strip_prefix(common), to.strip_prefix(common));
    let path = match inside {
        (Ok(from), Ok(to)) => {
            let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
            let up = from.components().skip(shared).map(|_| Component::ParentDir);
            up.chain(to.components().skip(shared)).collect()
        }
        _ => to.to_owned(),
    };
    path.into_os_string()
        .into_string()
        .map_err(|path| CreateError::NotUtf8 { path: PathBuf::from(path) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refers(from: &str, to: &str, expected: &str) {
        let reference = reference(Path::new(from), Path::new(to), Path::new("/repository"));
        assert_eq!(reference.unwrap(), expected);
    }

    #[test]
    fn what_moves_together_is_referred_to_relatively() {
        refers("/repository/services/hello", "/repository/sdk", "../../sdk");
        refers("/repository", "/repository/sdk/wit", "sdk/wit");
        refers("/repository/sdk", "/repository/sdk/wit", "wit");
        refers("/home/ada/hello", "/repository/sdk", "/repository/sdk");
        refers("/repository-2/hello", "/repository/sdk", "/repository/sdk");
    }
}
