//! The help of the commands that make services.

use expect_test::expect;

use super::helps;

#[test]
fn new_has_help() {
    helps(
        &["new"],
        &expect![[r"
            Create a service: a crate that builds, passes its tests and runs

            Asks for a missing name and kinds if standard input and output are a terminal. Never overwrites a
            file.

            Usage: mikros-host new [OPTIONS] [NAME]

            Arguments:
              [NAME]
                      Name of the service and of its crate, in kebab-case

            Options:
                  --path <DIR>
                      Directory of the crate

                      Default: NAME in the current directory.

                  --kind <KIND[:PORT]>
                      How the service is reached: `http`, `grpc`, `native`, `cronjob` or `script`

                      Separate several with commas, or repeat the option. As in `types`, a port may follow:
                      `http:8080`. `worker` is another word for `native`. `script` cannot be combined.

                  --port <PORT>
                      Port of the only kind that listens

                      Default: 8080 for `http`, 7070 for `grpc`. `0` takes any free port.

                  --product <PRODUCT>
                      Product that the service belongs to: part of every log line

                      Default: the name of the service.

                  --sdk <DIR>
                      Checkout of the mikros-host repository to take the SDK from

                      Default: the one that this program was built from. If its commit is in its only remote
                      repository, cargo fetches the SDK from there, so that the project builds on other machines
                      as well.

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
fn init_has_help() {
    helps(
        &["init"],
        &expect![[r"
            Turn an existing crate into a service

            Adds the files that are missing and prints what to add to `Cargo.toml`. Never changes a file.

            Usage: mikros-host init [OPTIONS] [DIR]

            Arguments:
              [DIR]
                      Directory of the crate

                      [default: .]

            Options:
                  --kind <KIND[:PORT]>
                      How the service is reached: `http`, `grpc`, `native`, `cronjob` or `script`

                      Separate several with commas, or repeat the option. As in `types`, a port may follow:
                      `http:8080`. `worker` is another word for `native`. `script` cannot be combined.

                  --port <PORT>
                      Port of the only kind that listens

                      Default: 8080 for `http`, 7070 for `grpc`. `0` takes any free port.

                  --product <PRODUCT>
                      Product that the service belongs to: part of every log line

                      Default: the name of the service.

                  --sdk <DIR>
                      Checkout of the mikros-host repository to take the SDK from

                      Default: the one that this program was built from. If its commit is in its only remote
                      repository, cargo fetches the SDK from there, so that the project builds on other machines
                      as well.

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
