//! Questions to the user on a terminal, each repeated until its answer makes sense.
//!
//! Does not know what the answers are for, nor that there is a terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use super::kinds::Kinds;
use super::{CreateError, keys, name};
use crate::cli::{KindName, SketchedKind, parse_kind};
use crate::text::harmless;

/// Whether there is somebody to ask.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Somebody who reads questions and types answers.
pub(super) struct Questions<R, W> {
    pub(super) input: R,
    pub(super) output: W,
}

impl<R: BufRead, W: Write> Questions<R, W> {
    pub(super) fn name(&mut self) -> Result<String, CreateError> {
        self.ask("name of the service: ", |answer| {
            name::check(answer)
                .map(|()| answer.to_owned())
                .map_err(|error| format!("{error}: {}", error.help().unwrap_or_default()))
        })
    }

    pub(super) fn kinds(&mut self) -> Result<Vec<SketchedKind>, CreateError> {
        let names = KindName::ALL.map(KindName::as_str).join(", ");
        self.ask(&format!("kinds, separated by commas ({names}) [http]: "), |answer| {
            let answer = if answer.is_empty() { "http" } else { answer };
            let words = answer.split([' ', ',']).filter(|word| !word.is_empty());
            let kinds = words.map(parse_kind).collect::<Result<Vec<_>, _>>()?;
            Kinds::choose(&kinds, None).map_err(|error| error.to_string())?;
            Ok(kinds)
        })
    }

    /// Asks until `parse` takes the answer.
    fn ask<T>(
        &mut self,
        question: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, CreateError> {
        loop {
            let answer =
                self.answer(question).map_err(|source| CreateError::CallRequest { source })?;
            let answer = answer.ok_or(CreateError::Unanswered)?;
            // What it shows and what it holds may be two things.
            let parsed = if keys::moved_cursor(&answer) {
                Err("arrow keys do not work here, type the whole answer".to_owned())
            } else {
                parse(keys::printable(&answer).trim())
            };
            match parsed {
                Ok(parsed) => return Ok(parsed),
                Err(problem) => writeln!(self.output, "{}", harmless(&problem))
                    .map_err(|source| CreateError::CallRequest { source })?,
            }
        }
    }

    /// `None`: there will be no answers any more.
    fn answer(&mut self, question: &str) -> io::Result<Option<String>> {
        write!(self.output, "{question}")?;
        self.output.flush()?;
        let mut line = Vec::new();
        if self.input.read_until(b'\n', &mut line)? > 0 {
            return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
        }
        // What follows is not an answer.
        writeln!(self.output)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_question_is_repeated_until_the_answer_makes_sense() {
        let input = b"Hello World\nh\xc3\xa9llo\n\xff\nhel\x1b[Dlo\nhel\x07lo\n\
            http gprc\n\x1b[B\nhttp script\nhttp,\tgrpc:0\n"
            .as_slice();
        let mut questions = Questions { input, output: Vec::new() };

        let name = questions.name().unwrap();
        let kinds = questions.kinds().unwrap();

        let kinds: Vec<_> = kinds.iter().map(|kind| (kind.name, kind.port)).collect();
        assert_eq!(name, "hello");
        assert_eq!(kinds, [(KindName::Http, None), (KindName::Grpc, Some(0))]);
        expect![[r"
            name of the service: `Hello World` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens: for example `hello-world`
            name of the service: `héllo` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens: for example `hello`
            name of the service: `�` cannot be the name of a service: it must be in kebab-case: small letters from `a` to `z`, digits and hyphens: for example `hello`
            name of the service: arrow keys do not work here, type the whole answer
            name of the service: kinds, separated by commas (http, grpc, native, cronjob, script) [http]: unknown kind `gprc`, expected one of `http`, `grpc`, `native`, `cronjob`, `script`; did you mean `grpc`?
            kinds, separated by commas (http, grpc, native, cronjob, script) [http]: arrow keys do not work here, type the whole answer
            kinds, separated by commas (http, grpc, native, cronjob, script) [http]: kind `script` must be the only kind of a service
            kinds, separated by commas (http, grpc, native, cronjob, script) [http]: "]].assert_eq(&String::from_utf8(questions.output).unwrap());
    }

    #[test]
    fn http_is_the_usual_kind() {
        let mut questions = Questions { input: b"\n".as_slice(), output: Vec::new() };

        assert_eq!(questions.kinds().unwrap()[0].name, KindName::Http);
    }

    #[test]
    fn nothing_is_made_without_answers() {
        let mut questions = Questions { input: b"".as_slice(), output: Vec::new() };

        assert!(matches!(questions.name(), Err(CreateError::Unanswered)));
    }
}
