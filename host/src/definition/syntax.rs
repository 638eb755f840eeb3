//! What is wrong with a text that is not TOML: the first thing, and where it began.
//!
//! Behind a bracket or a quote that is not closed everything is read as something that it is not. So the parser's
//! further errors are consequences, and its first one is far from the line that has to be edited.
//!
//! Does not know which keys mean something.

use toml::de::Error;
use toml_parser::lexer::{Token, TokenKind};
use toml_parser::{Source, Span};

use super::place::Place;

/// A longer list does not help.
const MOST_DUPLICATES: usize = 20;

/// What the parser calls a key that is there twice. Such errors have no consequences.
const DUPLICATE: &str = "duplicate key";

/// One thing to edit.
pub(super) struct Flaw {
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// The first error with its cause, and duplicate keys before it.
pub(super) fn flaws(text: &str, errors: &[Error]) -> Vec<Flaw> {
    let mut errors = errors.iter().collect::<Vec<_>>();
    errors.sort_by_key(|error| place(error).start);
    let is_duplicate = |error: &&&Error| error.message().starts_with(DUPLICATE);
    let duplicates = errors.iter().take_while(is_duplicate).count();
    let mut flaws: Vec<_> =
        errors[..duplicates].iter().take(MOST_DUPLICATES).map(|error| in_place(error)).collect();
    if let Some(error) = errors.get(duplicates) {
        flaws.push(unclosed(text, place(error).start).unwrap_or_else(|| in_place(error)));
    }
    flaws
}

fn place(error: &Error) -> Place {
    error.span().map_or(Place::FILE, Place::from)
}

fn in_place(error: &Error) -> Flaw {
    let message = format!("invalid TOML: {}", error.message());
    Flaw { place: place(error), message, help: None }
}

/// The quote or the bracket that an error at `at` is a consequence of.
fn unclosed(text: &str, at: usize) -> Option<Flaw> {
    let tokens = Source::new(text).lex().collect::<Vec<_>>();
    let string = tokens.iter().find(|token| {
        token.span().start() <= at && at <= token.span().end() && is_open_string(text, token)
    });
    if let Some(string) = string {
        let quote = quote(string.kind())?;
        let start = string.span().start();
        return Some(Flaw {
            place: Place { start, end: start + quote.len() },
            message: "invalid TOML: this string is not closed".to_owned(),
            help: Some(format!("add `{quote}` where it ends")),
        });
    }
    let next = tokens.iter().position(|token| token.span().start() >= at).unwrap_or(tokens.len());
    let (before, after) = tokens.split_at(next);
    let open = open_brackets(before);
    let (bracket, depth) = (open.last()?, open.len());
    let is_its_fault = if bracket.is_header {
        closers_on_line(after) < depth
    } else {
        let is_far = text[bracket.span.start()..at].contains('\n') || is_end(after);
        is_far && (is_never_closed(after, depth) || bracket.is_array && starts_statement(text, at))
    };
    let (opening, closing) = if bracket.is_array { ('[', ']') } else { ('{', '}') };
    is_its_fault.then(|| Flaw {
        place: Place { start: bracket.span.start(), end: bracket.span.end() },
        message: format!("invalid TOML: this `{opening}` is not closed"),
        help: Some(format!("add `{closing}`")),
    })
}

fn quote(kind: TokenKind) -> Option<&'static str> {
    Some(match kind {
        TokenKind::LiteralString => "'",
        TokenKind::BasicString => "\"",
        TokenKind::MlLiteralString => "'''",
        TokenKind::MlBasicString => "\"\"\"",
        _ => return None,
    })
}

fn is_open_string(text: &str, token: &Token) -> bool {
    let (Some(quote), Some(text)) =
        (quote(token.kind()), text.get(token.span().start()..token.span().end()))
    else {
        return false;
    };
    let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) else {
        return true;
    };
    let escapes = inner.bytes().rev().take_while(|byte| *byte == b'\\').count();
    quote.starts_with('"') && escapes % 2 == 1
}

struct Bracket {
    span: Span,
    is_array: bool,
    /// Of a `[table]`, which ends with its line.
    is_header: bool,
}

/// What is open behind these tokens, the innermost last.
fn open_brackets(tokens: &[Token]) -> Vec<Bracket> {
    let mut open: Vec<Bracket> = Vec::new();
    let mut is_line_start = true;
    for token in tokens {
        let kind = token.kind();
        match kind {
            TokenKind::Whitespace | TokenKind::Comment => continue,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                let is_array = kind == TokenKind::LeftSquareBracket;
                let is_header =
                    is_array && open.last().map_or(is_line_start, |outer| outer.is_header);
                open.push(Bracket { span: token.span(), is_array, is_header });
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => drop(open.pop()),
            TokenKind::Newline if open.last().is_some_and(|bracket| bracket.is_header) => {
                open.clear();
            }
            _ => (),
        }
        is_line_start = kind == TokenKind::Newline;
    }
    open
}

fn closers_on_line(tokens: &[Token]) -> usize {
    let line = tokens.iter().take_while(|token| token.kind() != TokenKind::Newline);
    line.filter(|token| token.kind() == TokenKind::RightSquareBracket).count()
}

/// Whether the innermost of `depth` brackets is still open at the end of the file.
fn is_never_closed(tokens: &[Token], depth: usize) -> bool {
    let mut now = depth;
    for token in tokens {
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => now += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => now -= 1,
            _ => (),
        }
        if now < depth {
            return false;
        }
    }
    true
}

fn is_end(tokens: &[Token]) -> bool {
    use TokenKind::{Comment, Eof, Newline, Whitespace};
    tokens.iter().all(|token| matches!(token.kind(), Comment | Eof | Newline | Whitespace))
}

/// Whether a line that begins at `at` is `key = ..` or `[table]`, neither of which can be in an array.
fn starts_statement(text: &str, at: usize) -> bool {
    let is_key = |c: char| c.is_alphanumeric() || "-_.\"' ".contains(c);
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    if !text[line_start..at].trim().is_empty() {
        return false;
    }
    let line = text[at..].lines().next().unwrap_or_default().trim();
    let header = line.trim_start_matches('[');
    if header.len() < line.len() {
        // `[1, 2]` and `["a"]` are arrays.
        let name = header.split(']').next().unwrap_or_default().trim();
        return name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(is_key);
    }
    line.split_once('=').is_some_and(|(key, _)| !key.trim().is_empty() && key.chars().all(is_key))
}
