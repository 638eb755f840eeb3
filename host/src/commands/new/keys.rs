//! What keys send that stand for no character: arrows, function keys, control.
//!
//! Does not know what is typed, nor what for.

const ESCAPE: char = '\u{1b}';

/// Whether a key was pressed that would have moved the cursor, had there been a line editor.
pub(super) fn moved_cursor(typed: &str) -> bool {
    typed.contains(ESCAPE)
}

/// `typed` without escape sequences and control characters.
pub(super) fn printable(typed: &str) -> String {
    let mut text = String::with_capacity(typed.len());
    let mut rest = typed.chars();
    while let Some(character) = rest.next() {
        match character {
            ESCAPE => skip_sequence(&mut rest),
            '\t' => text.push(' '),
            character if character.is_control() => (),
            character => text.push(character),
        }
    }
    text
}

/// Goes to the end of an escape sequence (ECMA-48), whose first character is gone.
fn skip_sequence(rest: &mut std::str::Chars<'_>) {
    match rest.next() {
        Some('[') => while rest.next().is_some_and(|next| !('@'..='~').contains(&next)) {},
        // Arrows in the other mode of terminals, and the first function keys.
        Some('O') => _ = rest.next(),
        _ => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keys_send_is_no_text() {
        for (typed, expected) in [
            ("hello", "hello"),
            ("\u{1b}[Bhello", "hello"),
            ("he\u{1b}[1;5Dllo", "hello"),
            ("\u{1b}OAhello\u{1b}OP", "hello"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("hel\u{7}lo\r", "hello"),
            ("http\tgrpc", "http grpc"),
            ("hello\u{1b}", "hello"),
            ("hello\u{1b}[", "hello"),
        ] {
            assert_eq!(printable(typed), expected);
        }
    }
}
