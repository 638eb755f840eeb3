//! The help of the commands that run services and of those that find out why they do not.

use expect_test::expect;

use super::helps;

#[test]
fn dev_has_help() {
    helps(
        &["dev"],
        &expect![[r"
            Build, run and watch a service: every change takes over without a gap

            Whatever does not build or start is told, and the version before goes on. What there is to say goes
            to standard error, the log of the service to standard output.

            Usage: mikros-host dev [OPTIONS] [SERVICE_TOML] [-- <ARGS>...]

            Arguments:
              [SERVICE_TOML]
                      The service's `service.toml`, or the directory that holds it

                      Default: `$MIKROS_CONFIG`, or else `service.toml` in the current directory.

              [ARGS]...
                      Arguments for a service of kind `script`

            Options:
                  --address <IP>
                      Listen on this address, whatever `[host] address` says

                      `::` is every address of the machine. Without both, the service is reached from this
                      machine only.

                  --poll
                      Look for changes every 2 s instead of waiting until the system tells about them

                      For file systems that do not tell and are not recognised. `MIKROS_HOST_POLL` asks for the
                      same.

                  --config <SERVICE_TOML>
                      The same, as services of the other Mikros frameworks are started

              -h, --help
                      Print help (see a summary with '-h')

            Log:
                  --log-format <FORMAT>
                      Form of log lines

                      By default `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Least level that is logged

                      By default what `[log] level` says for `run`, `dev` and `test`, and `warn` for the other
                      commands.

                      [possible values: debug, internal, info, warn, error, fatal]
        "]],
    );
}

#[test]
fn run_has_help() {
    helps(
        &["run"],
        &expect![[r"
            Run a service until it ends or is told to stop

            SIGINT and SIGTERM stop it in order. Another one, at least a second later, ends `drain_delay` or,
            when that is over, the process. SIGHUP lets it read `service.toml` and its component again, and what
            it finds takes over without a gap; it stops the service if its terminal is gone, and is ignored
            under `nohup`. The log goes to standard output.

            Usage: mikros-host run [OPTIONS] [SERVICE_TOML] [-- <ARGS>...]

            Arguments:
              [SERVICE_TOML]
                      The service's `service.toml`, or the directory that holds it

                      Default: `$MIKROS_CONFIG`, or else `service.toml` in the current directory.

              [ARGS]...
                      Arguments for a service of kind `script`

            Options:
                  --build
                      Compile the service first, as `build` does

                  --watch
                      Replace the service when `service.toml` or the component changes

                      Nothing is built. The version before goes on when the new one does not start.

                  --poll
                      With `--watch`: look every 2 s instead of waiting until the system tells about changes

                      For file systems that do not tell and are not recognised. `MIKROS_HOST_POLL` asks for the
                      same.

                  --config <SERVICE_TOML>
                      The same, as services of the other Mikros frameworks are started

              -h, --help
                      Print help (see a summary with '-h')

            Log:
                  --log-format <FORMAT>
                      Form of log lines

                      By default `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Least level that is logged

                      By default what `[log] level` says for `run`, `dev` and `test`, and `warn` for the other
                      commands.

                      [possible values: debug, internal, info, warn, error, fatal]
        "]],
    );
}

#[test]
fn doctor_has_help() {
    helps(
        &["doctor"],
        &expect![[r#"
            Find what on this machine or in a project is in the way, and fix what is safe to fix

            Looks at the Rust toolchain and its target `wasm32-wasip2`, the cache, `service.toml` and the
            environment, the crate with its SDK, the component and the ports. Without a `service.toml` only the
            machine is examined. Changes nothing unless `--fix` is given.

            Usage: mikros-host doctor [OPTIONS] [SERVICE_TOML]

            Arguments:
              [SERVICE_TOML]
                      The service's `service.toml`, or the directory that holds it

                      Default: `$MIKROS_CONFIG`, or else `service.toml` in the current directory.

            Options:
                  --fix
                      Make the fixes that are safe

                      Those are: installing the target, creating the cache, adding `crate-type = ["cdylib"]` to
                      `Cargo.toml`, and correcting `[host] component`.

                  --dry-run
                      Show exactly what `--fix` would do, and change nothing

                  --config <SERVICE_TOML>
                      The same, as services of the other Mikros frameworks are started

                  --json
                      Print one JSON document instead of text

              -h, --help
                      Print help (see a summary with '-h')

            Log:
                  --log-format <FORMAT>
                      Form of log lines

                      By default `json` for `run`, also in a terminal, and `text` for the other commands.

                      Possible values:
                      - json: One JSON object per line
                      - text: For people

                  --log-level <LEVEL>
                      Least level that is logged

                      By default what `[log] level` says for `run`, `dev` and `test`, and `warn` for the other
                      commands.

                      [possible values: debug, internal, info, warn, error, fatal]
        "#]],
    );
}
