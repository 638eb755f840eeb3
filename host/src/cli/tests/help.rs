//! Snapshots of the help of every command.

mod running;
mod sketch;

use clap::CommandFactory;
use expect_test::{Expect, expect};

use crate::cli::Cli;

/// Wide enough for the longest line of the help, so that clap breaks none.
const WIDTH: usize = 100;

/// The help of the command at `path`.
#[track_caller]
fn helps(path: &[&str], expected: &Expect) {
    let mut root = Cli::command().term_width(WIDTH);
    root.build();
    let command = path.iter().fold(&mut root, |command, name| {
        command.find_subcommand_mut(name).expect("the command exists")
    });
    // clap indents empty lines as well.
    let help = command.render_long_help().to_string();
    let lines = help.lines().map(|line| format!("{}\n", line.trim_end()));
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn the_help_lists_the_commands() {
    helps(
        &[],
        &expect![[r"
            Runs a Mikros service, compiled to a WebAssembly component, from its `service.toml`

            Usage: mikros-host [OPTIONS] <COMMAND>

            Commands:
              new          Create a service: a crate that builds, passes its tests and runs
              init         Turn an existing crate into a service
              dev          Build and run a service, and do both again after every change, without a gap
              run          Run one or more services until they end or are stopped
              test         Test a service: the tests of its crate, then tests against the running service
              build        Compile a service with the command in `[host] build`
              check        Check a service without running it
              doctor       Find problems of this machine or a project, and fix those that are safe to fix
              inspect      Show what a service consists of
              generate     Print what a service needs to run elsewhere: a systemd unit, a Dockerfile, or
                           Kubernetes manifests
              status       Show how a running service is
              schema       Print the JSON Schema of `service.toml`
              completions  Print a script that completes `mikros-host` commands in a shell
              help         Print this message or the help of the given subcommand(s)

            Options:
              -h, --help
                      Print help (see a summary with '-h')

              -V, --version
                      Print version

            Log:
                  --log-format <FORMAT>
                      Format of log lines

                      Default: `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Lowest level that is logged

                      Default: `[log] level` for `run`, `dev` and `test`, and `warn` for the other commands.

                      [possible values: debug, internal, info, warn, error, fatal]

            Exit status:
              0      ended as asked
              1      the service failed, or the machine has a problem
              2      you must edit something: the command line, `service.toml`, the environment
              128+n  forced by signal n

            Environment:
              MIKROS_CONFIG      the `service.toml` or its directory, when none is given
              MIKROS_HOST_CACHE  directory for compiled components, by default
                                 `$XDG_CACHE_HOME/mikros-host` or `~/.cache/mikros-host`
              MIKROS_HOST_POLL   `1`: look for changed files every 2 s, as `--poll` does
              NO_COLOR           any value: no colour in log lines
        "]],
    );
}

#[test]
fn build_has_help() {
    helps(
        &["build"],
        &expect![[r"
            Compile a service with the command in `[host] build`

            The command runs in the directory of `service.toml`, and its output goes to standard error. If it
            builds for `wasm32-wasip2` and that target is missing, `rustup target add wasm32-wasip2` runs first.

            Usage: mikros-host build [OPTIONS] [SERVICE_TOML]...

            Arguments:
              [SERVICE_TOML]...
                      The services' `service.toml`, or the directories that hold them

                      Several services are those of one process. Default: `$MIKROS_CONFIG`, or else
                      `service.toml` in the current directory.

            Options:
                  --config <SERVICE_TOML>
                      The same; services of the other Mikros frameworks are started this way

              -h, --help
                      Print help (see a summary with '-h')

            Log:
                  --log-format <FORMAT>
                      Format of log lines

                      Default: `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Lowest level that is logged

                      Default: `[log] level` for `run`, `dev` and `test`, and `warn` for the other commands.

                      [possible values: debug, internal, info, warn, error, fatal]
        "]],
    );
}

#[test]
fn check_has_help() {
    helps(
        &["check"],
        &expect![[r"
            Check a service without running it

            Checks `service.toml`, the environment variables it names, and whether the component fits. Reports
            all problems at once. Warnings do not fail the check.

            Usage: mikros-host check [OPTIONS] [SERVICE_TOML]...

            Arguments:
              [SERVICE_TOML]...
                      The services' `service.toml`, or the directories that hold them

                      Several services are those of one process. Default: `$MIKROS_CONFIG`, or else
                      `service.toml` in the current directory.

            Options:
                  --config <SERVICE_TOML>
                      The same; services of the other Mikros frameworks are started this way

                  --json
                      Print one JSON document instead of text

              -h, --help
                      Print help (see a summary with '-h')

            Log:
                  --log-format <FORMAT>
                      Format of log lines

                      Default: `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Lowest level that is logged

                      Default: `[log] level` for `run`, `dev` and `test`, and `warn` for the other commands.

                      [possible values: debug, internal, info, warn, error, fatal]
        "]],
    );
}

#[test]
fn inspect_has_help() {
    helps(
        &["inspect"],
        &expect![[r"
            Show what a service consists of

            Lists its kinds, the exports and imports of its component, and every setting with its source. Values
            that may be secrets are shown as `***`.

            Usage: mikros-host inspect [OPTIONS] [SERVICE_TOML]...

            Arguments:
              [SERVICE_TOML]...
                      The services' `service.toml`, or the directories that hold them

                      Several services are those of one process. Default: `$MIKROS_CONFIG`, or else
                      `service.toml` in the current directory.

            Options:
                  --config <SERVICE_TOML>
                      The same; services of the other Mikros frameworks are started this way

                  --json
                      Print one JSON document instead of text

              -h, --help
                      Print help (see a summary with '-h')

            Log:
                  --log-format <FORMAT>
                      Format of log lines

                      Default: `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Lowest level that is logged

                      Default: `[log] level` for `run`, `dev` and `test`, and `warn` for the other commands.

                      [possible values: debug, internal, info, warn, error, fatal]
        "]],
    );
}

#[test]
fn schema_has_help() {
    helps(
        &["schema"],
        &expect![[r"
            Print the JSON Schema of `service.toml`

            Editors use it to complete and check the file.

            Usage: mikros-host schema [OPTIONS]

            Options:
              -h, --help
                      Print help (see a summary with '-h')

            Log:
                  --log-format <FORMAT>
                      Format of log lines

                      Default: `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Lowest level that is logged

                      Default: `[log] level` for `run`, `dev` and `test`, and `warn` for the other commands.

                      [possible values: debug, internal, info, warn, error, fatal]
        "]],
    );
}

#[test]
fn completions_has_help() {
    helps(
        &["completions"],
        &expect![[r#"
            Print a script that completes `mikros-host` commands in a shell

            Usage: mikros-host completions [OPTIONS] <SHELL>

            Arguments:
              <SHELL>
                      [possible values: bash, elvish, fish, powershell, zsh]

            Options:
              -h, --help
                      Print help (see a summary with '-h')

            Log:
                  --log-format <FORMAT>
                      Format of log lines

                      Default: `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Lowest level that is logged

                      Default: `[log] level` for `run`, `dev` and `test`, and `warn` for the other commands.

                      [possible values: debug, internal, info, warn, error, fatal]

            Where to put it:
              bash        mikros-host completions bash > ~/.local/share/bash-completion/completions/mikros-host
              zsh         mikros-host completions zsh > "${fpath[1]}/_mikros-host"
              fish        mikros-host completions fish > ~/.config/fish/completions/mikros-host.fish
              elvish      mikros-host completions elvish >> ~/.config/elvish/rc.elv
              powershell  mikros-host completions powershell >> $PROFILE
        "#]],
    );
}

#[test]
fn a_status_can_be_asked_of_an_address() {
    helps(
        &["status"],
        &expect![[r"
        Show how a running service is

        Asks the listener of `[features.admin]` in `service.toml`, which all services of the process share.
        Exits with 0 if all of them are ready, and with 1 if one is not or there is no answer.

        Usage: mikros-host status [OPTIONS] [SERVICE_TOML]

        Arguments:
          [SERVICE_TOML]
                  The service's `service.toml`, or the directory that holds it

                  Default: `$MIKROS_CONFIG`, or else `service.toml` in the current directory.

        Options:
              --address <HOST:PORT>
                  Ask the admin listener at this address, and do not read `service.toml`

              --token-env <NAME>
                  Environment variable that holds the token

                  Default: `token` of `[features.admin]`.

              --config <SERVICE_TOML>
                  The same; services of the other Mikros frameworks are started this way

              --json
                  Print one JSON document instead of text

          -h, --help
                  Print help (see a summary with '-h')

        Log:
              --log-format <FORMAT>
                  Format of log lines

                  Default: `json` for `run`, also in a terminal, and `text` for the other commands.

                  Possible values:
                  - json: One JSON object per line
                  - text: For people

              --log-level <LEVEL>
                  Lowest level that is logged

                  Default: `[log] level` for `run`, `dev` and `test`, and `warn` for the other commands.

                  [possible values: debug, internal, info, warn, error, fatal]
    "]],
    );
}
