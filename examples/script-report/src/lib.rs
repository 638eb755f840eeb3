//! One piece of work that takes arguments and may fail.

use std::cell::Cell;

use mikros_sdk::prelude::*;

struct Report {
    lines: Cell<usize>,
}

impl Service for Report {
    async fn on_start() -> Result<Self> {
        Ok(Self { lines: Cell::new(0) })
    }
}

impl Script for Report {
    async fn run(&self, arguments: Vec<String>) -> Result<()> {
        for argument in &arguments {
            if argument == "--fail" {
                return Err(ServiceError::precondition_failed("told to fail by `--fail`"));
            }
            self.lines.set(self.lines.get() + 1);
            log::info!("reported", argument, characters = argument.chars().count());
        }
        Ok(())
    }

    /// Runs whatever came of `run`.
    async fn cleanup(&self) -> Result<()> {
        log::info!("the report is closed", lines = self.lines.get());
        Ok(())
    }
}

mikros_sdk::export!(Report: script);

#[cfg(test)]
mod tests {
    use mikros_sdk::testing::Context;

    use super::*;

    /// Runs the script as the host does: `cleanup` whatever came of `run`.
    fn run(arguments: &[&str]) -> (Result<()>, Vec<String>) {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let context = Context::new();
        let outcome = context.run(async {
            let report = Report::on_start().await?;
            let outcome = report.run(arguments).await;
            report.cleanup().await?;
            outcome
        });
        (outcome, context.logs().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_argument_is_reported() {
        let (outcome, lines) = run(&["one", "zwölf"]);

        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(
            lines,
            [
                r#"info reported {"argument":"one","characters":3}"#,
                r#"info reported {"argument":"zwölf","characters":5}"#,
                r#"info the report is closed {"lines":2}"#,
            ]
        );
    }

    #[test]
    fn it_fails_on_request_and_still_cleans_up() {
        let (outcome, lines) = run(&["one", "--fail", "two"]);

        let error = outcome.expect_err("it was told to fail");
        assert_eq!(error.message(), "told to fail by `--fail`");
        assert_eq!(
            lines.last().map(String::as_str),
            Some(r#"info the report is closed {"lines":1}"#)
        );
    }
}
