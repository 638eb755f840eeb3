//! `[tests]`: what `mikros-host test` runs against the service, and what changes for that time.
//!
//! Does not know how anything is run.

use std::time::Duration;

use schemars::JsonSchema;

use super::document::Place;
use super::reader::{Reader, Section};
use super::typed;
use super::valid::Text;
use super::{Address, Definition, Kind, KindTls, Origin};

/// `[tests]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tests {
    /// A line for the shell, run in the directory of the file while the service runs.
    pub command: Option<String>,
    /// What becomes of the service's log; `None`: it is shown when something fails.
    pub discards_log: Option<bool>,
}

#[derive(Default, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TestsTable {
    /// Command that `mikros-host test` runs with `sh -c` in the directory of this file while the service runs.
    /// Default: `cargo test` for the files in `tests/`.
    #[schemars(example = "pytest tests")]
    command: Option<Text>,
    /// The service's log during `mikros-host test`: `false` shows it live, `true` never. Default: it is shown if
    /// something fails.
    #[schemars(example = false)]
    discard_log_messages: Option<bool>,
    /// The service always goes through its lifecycle: `false` has no effect.
    #[schemars(example = true)]
    execute_lifecycle: Option<bool>,
}

impl typed::DeclaredTable for TestsTable {}

pub(super) fn read<'t>(reader: &mut Reader<'t>, root: &Section<'t>) -> Tests {
    let section = root.section("tests");
    let table: TestsTable = typed::read_host(reader, &section);
    if table.execute_lifecycle == Some(false)
        && let Some(place) = section.value("execute_lifecycle").map(Place::of)
    {
        let message =
            "`tests.execute_lifecycle = false` has no effect: the service always goes through its \
                       lifecycle"
                .to_owned();
        reader.warning(place, message, None);
    }
    Tests { command: table.command.map(String::from), discards_log: table.discard_log_messages }
}

impl Definition {
    /// The same service on free loopback ports, so that only the tests connect to it, and without TLS: certificates are for
    /// the names of other machines.
    #[must_use]
    pub fn for_tests(mut self) -> Self {
        for kind in &mut self.kinds {
            let (port, tls) = match kind {
                Kind::Http(http) => (&mut http.port, &mut http.tls),
                Kind::Grpc(grpc) => (&mut grpc.port, &mut grpc.tls),
                // Their kind alone knows where they listen.
                Kind::Native | Kind::Script(_) | Kind::Custom(_) => continue,
            };
            (port.number, port.source) = (0, Origin::Test);
            *tls = KindTls::Off;
        }
        self.host.address = Address::Loopback;
        // No load balancer has to notice.
        self.host.drain_delay = Duration::ZERO;
        self
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::definition::{Deployment, LoadContext, Variables};

    const TEXT: &str = "name = 'greeter'\ntypes = ['http:80', 'grpc:81', 'native']\nversion = 'v1'\n\
        language = 'rust'\nproduct = 'Matrix'\n[host]\ncomponent = 'app.wasm'\naddress = '::'\ndrain_delay = '9s'\n";

    #[test]
    fn a_service_under_test_is_where_nobody_else_is() {
        let definition =
            Definition::parse(Path::new("service.toml"), TEXT, &LoadContext::default());

        let definition = definition.unwrap().for_tests();

        for kind in &definition.kinds {
            if let Kind::Http(super::super::Http { port, .. })
            | Kind::Grpc(super::super::Grpc { port, .. }) = kind
            {
                assert_eq!((port.number, &port.source), (0, &Origin::Test), "{}", kind.name());
            }
        }
        assert_eq!(definition.host.address, Address::Loopback);
        assert_eq!(definition.host.drain_delay, Duration::ZERO);
    }

    #[test]
    fn the_deployment_is_what_the_environment_says() {
        let deployment = |variables: Variables| {
            let context = LoadContext::from(variables.or("MIKROS_SERVICE_DEPLOY", "test"));
            let definition = Definition::parse(Path::new("service.toml"), TEXT, &context);
            definition.unwrap().environment.deployment
        };
        let variable = |name: &str| [(name.to_owned(), "stage".to_owned())].into_iter().collect();

        assert_eq!(deployment(Variables::default()), Deployment::Test);
        assert_eq!(deployment(variable("MIKROS_SERVICE_DEPLOY")), Deployment::Stage);
        assert_eq!(deployment(variable("GREETER__MIKROS_SERVICE_DEPLOY")), Deployment::Stage);
    }
}
