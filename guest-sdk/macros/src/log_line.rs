//! The message of a log line: finds placeholders, which nobody would fill in.
//! Deliberately knows nothing about attributes; it only repeats them where it shows the right form.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, LitStr, Token};

/// One line as the author wrote it: `level, "message", attributes`.
struct Line {
    level: Expr,
    message: LitStr,
    rest: TokenStream,
}

/// Hands the line on with its message's `{{` and `}}` made braces. A message with other braces is a
/// `compile_error!` that points at it.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let parse = |input: ParseStream<'_>| {
        let level = input.parse()?;
        input.parse::<Token![,]>()?;
        let message = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Line { level, message, rest: input.parse()? })
    };
    let line = match parse.parse2(input) {
        Ok(line) => line,
        Err(error) => return error.into_compile_error(),
    };
    match plain(&line.message.value()) {
        Some(text) => {
            let message = LitStr::new(&text, line.message.span());
            let Line { level, rest, .. } = line;
            quote!(::mikros_sdk::__log_line!(#level, #message, #rest))
        }
        None => syn::Error::new(line.message.span(), advice(&line)).into_compile_error(),
    }
}

/// The text with doubled braces made single ones; `None` when there are others.
fn plain(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if matches!(character, '{' | '}') && rest.next() != Some(character) {
            return None;
        }
        plain.push(character);
    }
    Some(plain)
}

fn advice(line: &Line) -> String {
    let name = macro_name(&line.level);
    let text = line.message.value();
    let arguments = arguments(line.rest.clone());
    let Parts { constant, attributes, positional, placeholders } = split(&text, &arguments);
    let mut lines = vec!["the message of a log line is not a format string".to_owned()];
    if !constant.is_empty() && !attributes.is_empty() {
        let attributes = attributes.join(", ");
        lines.push(format!("values are attributes: `{name}{constant:?}, {attributes})`"));
    }
    if placeholders > 0 {
        let (values, rest) = arguments.split_at(positional);
        let list =
            |items: &[String]| items.iter().fold(String::new(), |list, item| list + ", " + item);
        let formatted = format!("{name}format!({text:?}{}){})", list(values), list(rest));
        lines.push(format!("a text that is formatted: `{formatted}`"));
    }
    lines.push("a brace: `{{` or `}}`".to_owned());
    lines.join("\n")
}

/// How the author began the line, for example `log::info!(`.
fn macro_name(level: &Expr) -> String {
    const NAMES: [&str; 6] = ["debug", "internal", "info", "warn", "error", "fatal"];
    let text = quote!(#level).to_string();
    let last = text.rsplit(':').next().unwrap_or_default().trim().to_ascii_lowercase();
    if NAMES.contains(&last.as_str()) {
        format!("log::{last}!(")
    } else {
        format!("log::write!({text}, ")
    }
}

/// What stands between the commas.
fn arguments(rest: TokenStream) -> Vec<String> {
    let mut arguments = vec![TokenStream::new()];
    for token in rest {
        match (&token, arguments.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => {
                arguments.push(TokenStream::new());
            }
            (_, Some(argument)) => argument.extend([token]),
            (_, None) => {}
        }
    }
    let arguments = arguments.into_iter().filter(|argument| !argument.is_empty());
    arguments.map(|argument| argument.to_string()).collect()
}

/// What a format string consists of.
#[derive(Default)]
struct Parts {
    constant: String,
    /// What its placeholders would be, and what follows the values of these.
    attributes: Vec<String>,
    placeholders: usize,
    /// How many arguments are values of placeholders.
    positional: usize,
}

fn split(text: &str, arguments: &[String]) -> Parts {
    let mut parts = Parts::default();
    let mut constant = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((placeholder, after)) = after.split_once('}') else { break };
        constant.push_str(before);
        rest = after;
        parts.placeholders += 1;
        let (name, format) = placeholder.split_once(':').unwrap_or((placeholder, ""));
        let value = if syn::parse_str::<syn::Ident>(name).is_ok() {
            Some(name)
        } else {
            let value = arguments.get(parts.positional);
            parts.positional += usize::from(value.is_some());
            value.map(String::as_str)
        };
        parts.attributes.extend(value.map(|value| attribute(value, format.contains('?'))));
    }
    constant.push_str(rest);
    parts.attributes.extend_from_slice(&arguments[parts.positional..]);
    let is_word = |word: &&str| word.contains(|character: char| !character.is_ascii_punctuation());
    let words: Vec<&str> = constant.split_whitespace().filter(is_word).collect();
    parts.constant = words.join(" ");
    let length = parts.constant.trim_end_matches([' ', ':', '=', ',', '-']).len();
    parts.constant.truncate(length);
    parts
}

/// A value as an attribute, by its name if it has one.
fn attribute(value: &str, is_debug: bool) -> String {
    let name = if syn::parse_str::<syn::Ident>(value).is_ok() { value } else { "value" };
    match (is_debug, name == value) {
        (true, _) => format!("{name} = ?{value}"),
        (false, true) => name.to_owned(),
        (false, false) if value.contains(" = ") => value.to_owned(),
        (false, false) => format!("{name} = {value}"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use quote::quote;

    use super::*;

    fn check(input: TokenStream, expected: &Expect) {
        let expansion = expand(input).to_string();
        let message = expansion.rsplit_once("{ \"").and_then(|(_, rest)| rest.rsplit_once("\" }"));
        let text = message
            .map_or(expansion.clone(), |(text, _)| text.replace("\\n", "\n").replace("\\\"", "\""));
        expected.assert_eq(&text);
    }

    #[test]
    fn doubled_braces_are_braces() {
        assert_eq!(plain("{{a}} }}{{").as_deref(), Some("{a} }{"));
        assert_eq!(plain("{a}"), None);
        assert_eq!(plain("a}"), None);
    }

    #[test]
    fn a_captured_name_becomes_an_attribute() {
        check(
            quote!(Level::Info, "hello {name}, {other:?}!"),
            &expect![[r#"
            the message of a log line is not a format string
            values are attributes: `log::info!("hello", name, other = ?other)`
            a text that is formatted: `log::info!(format!("hello {name}, {other:?}!"))`
            a brace: `{{` or `}}`"#]],
        );
    }

    #[test]
    fn positional_values_become_attributes() {
        check(
            quote!(Level::Warn, "took {} of {}: {:?}", limit, a.len(), x),
            &expect![[r#"
            the message of a log line is not a format string
            values are attributes: `log::warn!("took of", limit, value = a . len (), x = ?x)`
            a text that is formatted: `log::warn!(format!("took {} of {}: {:?}", limit, a . len (), x))`
            a brace: `{{` or `}}`"#]],
        );
    }

    #[test]
    fn without_constant_text_there_is_only_the_formatted_one() {
        check(
            quote!(level, "{error}"),
            &expect![[r#"
            the message of a log line is not a format string
            a text that is formatted: `log::write!(level, format!("{error}"))`
            a brace: `{{` or `}}`"#]],
        );
    }
}
