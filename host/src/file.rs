//! Finds and reads files that a user has named, which may be anything; writes files as a whole.
//!
//! Does not know what is in them.

mod draft;

use std::fs::{FileType, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

pub(crate) use self::draft::{Draft, USUAL_MODE};

/// Reads a regular file of at most `most` bytes. Never waits for somebody to write: what is no regular
/// file is refused.
///
/// # Errors
/// As the system says it; [`ErrorKind::InvalidInput`] and [`ErrorKind::FileTooLarge`] with a message of
/// our own.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // Without it, to open a pipe is to wait for its other end.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(Errno::ISDIR.into());
    }
    if !metadata.is_file() {
        let message = format!("it is {}, not a regular file", name(metadata.file_type()));
        return Err(io::Error::new(ErrorKind::InvalidInput, message));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(0));
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {most} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The absolute path, without links, of what need not be there yet.
///
/// # Errors
/// As the system says it, when it is not because something is missing.
pub(crate) fn locate(path: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    for existing in absolute.ancestors() {
        match existing.canonicalize() {
            Ok(found) => {
                let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
                return Ok(extended(found, rest));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => (),
            Err(error) => return Err(error),
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

/// The text of a file without the byte order mark that some editors put in front.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

fn name(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_has_a_place_all_the_same() {
        let root = Path::new("/").canonicalize().unwrap();

        let place = locate(Path::new("/no-such-directory/../neither/this")).unwrap();

        assert_eq!(place, root.join("neither/this"));
    }

    #[test]
    fn what_is_no_regular_file_is_refused_at_once() {
        for (path, message) in [
            ("/dev/zero", "it is a device, not a regular file"),
            ("/", "Is a directory (os error 21)"),
        ] {
            assert_eq!(read(Path::new(path), 10).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let bytes = std::fs::read(path).unwrap();
        let length = bytes.len() as u64;

        assert_eq!(read(path, length).unwrap(), bytes);
        assert_eq!(read(path, length - 1).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }
}
