//! How deep the tables of a TOML text nest, known before anything recurses over them.
//!
//! Does not know whether the text is valid TOML.

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::place::Place;

/// Where the text first nests deeper than `most` levels; counts tables, arrays and parts of dotted
/// keys.
///
/// The TOML parser limits brackets and dots, but not their product, which overflows the stack.
pub(super) fn too_deep(text: &str, most: usize) -> Option<Place> {
    let mut depth = Depth { header: 0, open: vec![0], is_line_start: true, is_header: false };
    Source::new(text)
        .lex()
        .find(|token| {
            depth.pass(token.kind());
            depth.total() > most
        })
        .map(|token| Place { start: token.span().start(), end: token.span().end() })
}

struct Depth {
    /// Parts of the key in the last `[table]`.
    header: usize,
    /// Parts of the current key on the line, then in each open bracket.
    open: Vec<usize>,
    is_line_start: bool,
    is_header: bool,
}

impl Depth {
    fn total(&self) -> usize {
        // A bracket is a level of its own, whatever is in it.
        self.header + self.open.len() + self.open.iter().sum::<usize>()
    }

    fn pass(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Whitespace | TokenKind::Comment => return,
            TokenKind::LeftSquareBracket if self.is_line_start && self.open.len() == 1 => {
                (self.header, self.is_header) = (0, true);
            }
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => self.open.push(0),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => self.close(),
            TokenKind::Dot if self.is_header => self.header += 1,
            TokenKind::Dot => self.count(|dots| dots + 1),
            TokenKind::Comma => self.count(|_| 0),
            TokenKind::Newline if self.open.len() == 1 => {
                self.count(|_| 0);
                self.is_header = false;
            }
            _ => (),
        }
        self.is_line_start = kind == TokenKind::Newline;
    }

    fn close(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    fn count(&mut self, change: impl Fn(usize) -> usize) {
        if let Some(dots) = self.open.last_mut() {
            *dots = change(*dots);
        }
    }
}
