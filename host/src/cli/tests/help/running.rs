//! The help of the commands that run services and of those that find out why they do not.

use expect_test::expect;

use super::helps;

#[test]
fn dev_has_help() {
    helps(
        &["dev"],
        &expect![[r"
            Build and run a service, and do both again after every change, without a gap

            If a change does not build or start, the previous version keeps running. Messages go to standard
            error, the log of the service goes to standard output.

            Usage: mikros-host dev [OPTIONS] [SERVICE_TOML]... [-- <ARGS>...]

            Arguments:
              [SERVICE_TOML]...
                      The services' `service.toml`, or the directories that hold them

                      Several services are those of one process. Default: `$MIKROS_CONFIG`, or else
                      `service.toml` in the current directory.

              [ARGS]...
                      Arguments for a service of kind `script`

            Options:
                  --address <IP>
                      Listen on this address instead of `[host] address`

                      `::` is every address of the machine. Default: `[host] address`, or else only this machine
                      can reach the service.

                  --poll
                      Compare files every 2 s instead of waiting for the system to report changes

                      For file systems that do not report changes and are not recognised. `MIKROS_HOST_POLL`
                      does the same.

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
fn run_has_help() {
    helps(
        &["run"],
        &expect![[r"
            Run one or more services until they end or are stopped

            SIGINT and SIGTERM stop it gracefully. A second one, at least a second later, ends `drain_delay` or,
            after that, aborts the process. SIGHUP reads `service.toml` and the component again and lets the new
            version take over without a gap. If the terminal is gone, SIGHUP stops the service; under `nohup` it
            is ignored. The log goes to standard output.

            Usage: mikros-host run [OPTIONS] [SERVICE_TOML]... [-- <ARGS>...]

            Arguments:
              [SERVICE_TOML]...
                      The services' `service.toml`, or the directories that hold them

                      Several services are those of one process. Default: `$MIKROS_CONFIG`, or else
                      `service.toml` in the current directory.

              [ARGS]...
                      Arguments for a service of kind `script`

            Options:
                  --build
                      Compile the service first, as `build` does

                  --watch
                      Replace the service when `service.toml` or the component changes

                      Builds nothing. If the new version does not start, the previous one keeps running.

                  --poll
                      With `--watch`: compare files every 2 s instead of waiting for the system to report
                      changes

                      For file systems that do not report changes and are not recognised. `MIKROS_HOST_POLL`
                      does the same.

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
fn doctor_has_help() {
    helps(
        &["doctor"],
        &expect![[r#"
            Find problems of this machine or a project, and fix those that are safe to fix

            Checks the Rust toolchain and its target `wasm32-wasip2`, the cache, `service.toml` and the
            environment, the crate and its SDK, the component, and the ports. Without a `service.toml` it checks
            only the machine. Changes nothing without `--fix`.

            Usage: mikros-host doctor [OPTIONS] [SERVICE_TOML]...

            Arguments:
              [SERVICE_TOML]...
                      The services' `service.toml`, or the directories that hold them

                      Several services are those of one process. Default: `$MIKROS_CONFIG`, or else
                      `service.toml` in the current directory.

            Options:
                  --fix
                      Apply the fixes that are safe

                      It installs the target, creates the cache, adds `crate-type = ["cdylib"]` to `Cargo.toml`,
                      and corrects `[host] component`.

                  --dry-run
                      Show exactly what `--fix` would do, and change nothing

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
        "#]],
    );
}

#[test]
fn generate_has_help() {
    helps(
        &["generate"],
        &expect![[r"
        Print what a service needs to run elsewhere: a systemd unit, a Dockerfile, or Kubernetes manifests

        Written from `service.toml`: ports, probes, timeouts, limits, and the names of environment
        variables, but never their values. What must be known beside the file goes to standard error.

        Usage: mikros-host generate [OPTIONS] <FORMAT> [SERVICE_TOML]

        Arguments:
          <FORMAT>
                  What to print

                  Possible values:
                  - systemd:    A unit with restrictions
                  - dockerfile: An image of the host, `service.toml`, and compiled components
                  - kubernetes: A workload, and what it needs beside an image

          [SERVICE_TOML]
                  The service's `service.toml`, or the directory that holds it

                  Default: `$MIKROS_CONFIG`, or else `service.toml` in the current directory.

        Options:
              --output <DIR>
                  Write a file into this directory instead of printing it

                  The file is `NAME.service`, `Dockerfile`, or `NAME.yaml`. An existing file is not
                  overwritten.

              --force
                  With `--output`: overwrite an existing file

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
