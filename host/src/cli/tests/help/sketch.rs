//! The help of the commands that make services.

use expect_test::expect;

use super::helps;

#[test]
fn new_has_help() {
    helps(
        &["new"],
        &expect![[r"
            Create a service: a crate that builds, passes its tests and runs

            Asks for the name and the kinds when they are not given, and standard input and output are a
            terminal. Never overwrites a file.

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

                      Several are separated by commas, or each has an option of its own. As in `types`, a port
                      may follow: `http:8080`, and `worker` is another word for `native`. `script` stands alone.

                  --port <PORT>
                      Port of the only kind that listens

                      Default: 8080 for `http`, 7070 for `grpc`. Port 0 takes any free one.

                  --product <PRODUCT>
                      What the service belongs to: part of every log line

                      Default: the name of the service.

                  --sdk <DIR>
                      Checkout of the mikros-host repository that the SDK is taken from, by its path

                      Default: the one that this program was built from. When its commit is in its only remote
                      repository, cargo fetches the SDK from there, so that the project builds on other machines
                      as well.

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
fn init_has_help() {
    helps(
        &["init"],
        &expect![[r"
            Add what an existing crate lacks to be a service

            Never changes a file that is there; tells what to add to `Cargo.toml`.

            Usage: mikros-host init [OPTIONS] [DIR]

            Arguments:
              [DIR]
                      Directory of the crate

                      [default: .]

            Options:
                  --kind <KIND[:PORT]>
                      How the service is reached: `http`, `grpc`, `native`, `cronjob` or `script`

                      Several are separated by commas, or each has an option of its own. As in `types`, a port
                      may follow: `http:8080`, and `worker` is another word for `native`. `script` stands alone.

                  --port <PORT>
                      Port of the only kind that listens

                      Default: 8080 for `http`, 7070 for `grpc`. Port 0 takes any free one.

                  --product <PRODUCT>
                      What the service belongs to: part of every log line

                      Default: the name of the service.

                  --sdk <DIR>
                      Checkout of the mikros-host repository that the SDK is taken from, by its path

                      Default: the one that this program was built from. When its commit is in its only remote
                      repository, cargo fetches the SDK from there, so that the project builds on other machines
                      as well.

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
