//! Paths: where something is, and how a file refers to something else.
//!
//! Does not know what is there.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::CreateError;

/// The absolute path, without links, of what need not be there yet.
pub(in crate::commands) fn locate(path: &Path) -> Result<PathBuf, CreateError> {
    let fails = |source| CreateError::Locate { path: path.to_owned(), source };
    let absolute = std::path::absolute(path).map_err(fails)?;
    for existing in absolute.ancestors() {
        match existing.canonicalize() {
            Ok(found) => {
                let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
                return Ok(extended(found, rest));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => (),
            Err(error) => return Err(fails(error)),
        }
    }
    Ok(absolute)
}

/// `rest` is not there, so there are no links in it, and `..` undoes what stands before.
fn extended(mut path: PathBuf, rest: &Path) -> PathBuf {
    for component in rest.components() {
        match component {
            Component::ParentDir => drop(path.pop()),
            component => path.push(component),
        }
    }
    path
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

    #[test]
    fn what_is_not_there_has_a_place_all_the_same() {
        let root = Path::new("/").canonicalize().unwrap();

        let place = locate(Path::new("/no-such-directory/../neither/this")).unwrap();

        assert_eq!(place, root.join("neither/this"));
    }
}
