//! One line as it may be shown on a terminal that others write to as well.
//!
//! Does not know whose line it is.

use std::iter::Peekable;
use std::slice::Iter;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
const DELETE: u8 = 0x7f;

/// Removes everything that does something to a terminal other than showing the line: cursor
/// movements, titles, bells. Colours stay when they are wanted.
///
/// Of a line that is written several times over, as by a progress bar, the last version stays.
pub(super) fn clean(line: &[u8], keeps_colours: bool) -> Vec<u8> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.rsplit(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut kept = Vec::with_capacity(line.len());
    let mut bytes = line.iter().peekable();
    while let Some(byte) = bytes.next() {
        match (*byte, bytes.peek()) {
            (ESCAPE, _) => {
                let sequence = escape_sequence(&mut bytes);
                if keeps_colours && sequence.ends_with(b"m") {
                    kept.push(ESCAPE);
                    kept.extend(sequence);
                }
            }
            // The control characters beyond ASCII, in UTF-8.
            (0xc2, Some(0x80..=0x9f)) => {
                bytes.next();
            }
            (DELETE, _) => (),
            (b'\t' | b' '.., _) => kept.push(*byte),
            (_, _) => (),
        }
    }
    kept
}

/// Takes what belongs to an escape character; returns it if it is of the form of a colour.
fn escape_sequence(bytes: &mut Peekable<Iter<'_, u8>>) -> Vec<u8> {
    match bytes.next() {
        Some(b'[') => {
            let mut sequence = vec![b'['];
            for byte in bytes {
                sequence.push(*byte);
                if matches!(byte, 0x40..=0x7e) {
                    return sequence;
                }
            }
        }
        // A string for the terminal, such as its title or a link, ends at a bell or `ESC \`.
        Some(b']' | b'P' | b'_' | b'^' | b'X') => {
            while let Some(byte) = bytes.next() {
                match *byte {
                    BELL => break,
                    ESCAPE if bytes.next_if_eq(&&b'\\').is_some() => break,
                    _ => (),
                }
            }
        }
        // One or more characters in between, then the last one.
        Some(0x20..=0x2f) => {
            bytes.find(|byte| matches!(byte, 0x30..=0x7e));
        }
        _ => (),
    }
    Vec::new()
}

/// Whether a line that [`clean`] has left may end in a colour.
pub(super) fn is_painted(line: &[u8]) -> bool {
    line.contains(&ESCAPE)
}

/// The beginning of `text` that fits into `columns`, with dots where something is missing.
///
/// Characters of scripts that can be wide are taken to be wide. Where they are not, the text is a
/// little shorter than it could be, which does no harm; a line too long would.
pub(super) fn truncated(text: &str, columns: usize) -> String {
    let width = |character: char| if character < '\u{1100}' { 1 } else { 2 };
    if text.chars().map(width).sum::<usize>() <= columns {
        return text.to_owned();
    }
    let mut room = columns.saturating_sub(2);
    let fits = |character: &char| match room.checked_sub(width(*character)) {
        Some(rest) => {
            room = rest;
            true
        }
        None => false,
    };
    let mut start: String = text.chars().take_while(fits).collect();
    start.push_str(&".."[..columns.min(2)]);
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cleans(line: &str, coloured: &str, plain: &str) {
        assert_eq!(String::from_utf8_lossy(&clean(line.as_bytes(), true)), coloured);
        assert_eq!(String::from_utf8_lossy(&clean(line.as_bytes(), false)), plain);
    }

    #[test]
    fn only_colours_are_done_to_a_terminal() {
        cleans("\x1b[1;31merror\x1b[0m: no", "\x1b[1;31merror\x1b[0m: no", "error: no");
        cleans("a\x1b[2Kb\x1b[3Ac\x1bcd\x07e\x08f", "abcdef", "abcdef");
        cleans("\x1b]0;title\x07a\x1b]8;;file:///\x1b\\b\x1b(Bc", "abc", "abc");
        cleans("a\u{9b}2Jb\tc\0\x7f é", "a2Jb\tc é", "a2Jb\tc é");
        cleans("cut \x1b[1;3", "cut ", "cut ");
        cleans("cut \x1b", "cut ", "cut ");
    }

    #[test]
    fn what_is_not_utf8_is_passed_on() {
        assert_eq!(clean(b"\xff\xc2", true), b"\xff\xc2");
    }

    #[test]
    fn a_line_that_is_written_over_itself_has_its_last_version() {
        cleans("10 %\r20 %\rdone\r", "done", "done");
    }

    #[test]
    fn a_text_is_cut_where_the_terminal_ends() {
        assert_eq!(truncated("building", 8), "building");
        assert_eq!(truncated("building", 7), "build..");
        assert_eq!(truncated("源源源", 6), "源源源");
        assert_eq!(truncated("源源源", 5), "源..");
        assert_eq!(truncated("building", 1), ".");
        assert_eq!(truncated("building", 0), "");
    }
}
