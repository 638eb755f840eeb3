//! The public protobuf files of Google, as a service that compiles all of them.
//! Does not know what is in them.

use expect_test::expect;

use super::port;
use crate::commands::new::kinds::{make, wait_for_turn};
use crate::support::Host;
use crate::support::foreign::{Foreign, Language};

const BUILD: &str = r#"//! Compiles the corpus, and the well-known types as if nobody had them.

use mikros_sdk_build::{CompileError, configure};

const DIRECTORY: &str = "$DIRECTORY";
const FILES: &[&str] = &[$FILES];

fn main() -> Result<(), CompileError> {
    let builder = || configure().include_file("all.rs").generate_default_stubs(true);
    builder().compile_protos(FILES, &[DIRECTORY])?;
    let well_known = std::path::Path::new(&std::env::var("OUT_DIR").unwrap()).join("well-known");
    std::fs::create_dir_all(&well_known).unwrap();
    let files: Vec<_> = FILES.iter().filter(|file| file.starts_with("google/protobuf/")).collect();
    builder().compile_well_known_types().out_dir(well_known).compile_protos(&files, &[DIRECTORY])
}
"#;

const SERVICE: &str = r#"//! Serves what the corpus has, and does none of it.

use mikros_sdk::prelude::*;
use proto::google::cloud::location::locations_server::{Locations, LocationsServer};
use proto::google::longrunning::operations_server::{Operations, OperationsServer};

mod proto {
    include!(concat!(env!("OUT_DIR"), "/all.rs"));
}

pub mod well_known {
    include!(concat!(env!("OUT_DIR"), "/well-known/all.rs"));
}

struct Corpus;

impl Service for Corpus {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Grpc for Corpus {
    type Services = (OperationsServer<Self>, LocationsServer<Self>);
}

impl Operations for Corpus {}

impl Locations for Corpus {}

mikros_sdk::export!(Corpus: grpc);
"#;

#[test]
fn the_public_files_of_google_compile_and_are_reflected_whole() {
    let Some(client) = Foreign::of(Language::Python) else { return };
    let listed = client.run("corpus", ["--list"]);
    assert_eq!((listed.status, listed.stderr.as_str()), (0, ""));
    let (directory, files) = listed.stdout.split_once('\n').expect("the first line is a directory");
    let paths = files.lines().map(|file| {
        // Those of protobuf itself come with the compiler.
        let is_brought_along = file.starts_with("google/protobuf/");
        let path = if is_brought_along { file.to_owned() } else { format!("{directory}/{file}") };
        format!("{path:?}, ")
    });
    let build = BUILD.replace("$DIRECTORY", directory);
    let made = make("corpus", &["grpc:0"]);
    made.write("build.rs", &build.replace("$FILES", &paths.collect::<String>()));
    made.write("src/lib.rs", SERVICE);
    {
        let _turn = wait_for_turn();
        made.build();
    }
    let host = Host::launch(made.command(["run"]));

    let compared = client.run("corpus", ["--port", &port(&host)]);

    expect![[r#"
        71 of 71 files are the same
    "#]]
    .assert_eq(&compared.stdout);
    assert_eq!((compared.status, compared.stderr.as_str()), (0, ""));
    host.stop();
}
