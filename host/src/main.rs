//! Process entry point: read what was typed, do it, report. Everything else lives in the library.

use std::process::ExitCode;

use clap::Parser;
use mikros_host::cli::{Cli, Surroundings};
use mikros_host::{commands, report};

fn main() -> ExitCode {
    match commands::run(Cli::parse(), &Surroundings::of_process()) {
        Ok(status) => status.into(),
        Err(error) => {
            report::tell(report::Report::new(&error, error.help()));
            error.status().into()
        }
    }
}
