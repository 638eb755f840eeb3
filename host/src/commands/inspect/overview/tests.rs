//! Tests of the two forms of an overview.

use std::path::Path;

use expect_test::expect;

use super::*;
use crate::definition::{FeatureEntry, LoadContext, NoSettings, SettingsType, Variables};
use crate::engine::{Method, Services};

const TEXT: &str = r#"name = "Greeter"
types = ["http:0", "native"]
version = "v1.2.0"
language = "rust"
product = "Matrix"
envs = ["DATABASE_URL"]
[log.attributes]
team = "line\nbreak"
[host]
component = "greeter.wasm"
"#;

fn definition() -> Definition {
    let variables = [("DATABASE_URL".to_owned(), "postgres://ada:secret@db".to_owned())];
    let variables = variables.into_iter().collect::<Variables>();
    Definition::parse(Path::new("greeter/service.toml"), TEXT, &variables.into()).unwrap()
}

fn surface() -> Surface {
    Surface {
        imports: vec!["mikros:service/logger@0.2.0".to_owned()],
        exports: vec![
            "mikros:service/lifecycle@0.2.0".to_owned(),
            "mikros:service/http@0.2.0".to_owned(),
        ],
        services: Ok(Services {
            services: vec![Service {
                name: "helloworld.Greeter".to_owned(),
                methods: vec![Method {
                    name: "SayHellos".to_owned(),
                    client_streaming: false,
                    server_streaming: true,
                }],
            }],
            descriptors: Vec::new(),
        }),
    }
}

#[test]
fn text_is_aligned_and_hides_what_comes_from_the_environment() {
    let (definition, surface) = (definition(), surface());
    let overview = Overview::new((&definition, &[]), &Catalogue::default(), Some(&surface));

    assert!(!overview.to_string().contains("secret"));
    expect![[r#"
        service     greeter v1.2.0
        product     Matrix
        language    rust
        definition  greeter/service.toml
        component   greeter/greeter.wasm
        kinds       http on any free port
                    native
        exports     mikros:service/http@0.2.0
                    mikros:service/lifecycle@0.2.0
        imports     mikros:service/logger@0.2.0
        methods     /helloworld.Greeter/SayHellos  unary -> stream

        setting                           value          from
        name                              Greeter        service.toml:1
        types                             http:0 native  service.toml:2
        version                           v1.2.0         service.toml:3
        language                          rust           service.toml:4
        product                           Matrix         service.toml:5
        envs                              DATABASE_URL   service.toml:6
        http.port                         0              service.toml:2
        services.http.base_path           ""             default
        services.http.health              /health        default
        services.http.header_timeout      10s            default
        services.http.read_timeout        15s            default
        services.http.write_timeout       15s            default
        services.http.idle_timeout        1m             default
        services.http.keepalive_interval  1m             default
        services.http.keepalive_timeout   20s            default
        services.http.max_header_bytes    64KiB          default
        host.component                    greeter.wasm   service.toml:10
        host.instances                    1              default
        host.address                      ::             default
        host.tls                          false          default
        host.start_timeout                30s            default
        host.drain_delay                  0s             default
        host.shutdown_timeout             30s            default
        host.limits.memory                256MiB         default
        host.limits.call_timeout          30s            default
        host.limits.max_concurrency       256            default
        host.limits.max_queue             1024           default
        host.limits.max_body              4MiB           default
        host.egress                       closed         default
        log.level                         info           default
        log.error_stack_trace             structured     default
        log.attributes.team               line\nbreak    service.toml:8
        log.max_line                      16KiB          default
        log.local_timestamp               true           default
        log.display_errors                true           default
        MIKROS_TRACKER_HEADER_NAME        X-Request-ID   default
        MIKROS_SERVICE_DEPLOY             local          default
        MIKROS_HIDE_RESPONSE_FIELDS       ""             default
        MIKROS_COUPLED_NAMESPACE          localhost      default
        MIKROS_COUPLED_PORT               7070           default
        MIKROS_CICD_TEST                  false          default
        envs.DATABASE_URL                 ***            DATABASE_URL
    "#]]
    .assert_eq(&overview.to_string());
}

#[test]
fn without_a_component_the_rest_is_shown() {
    let definition = definition();

    let text = Overview::new((&definition, &[]), &Catalogue::default(), None).to_string();

    let facts = text.split("\n\n").next().unwrap_or_default();
    expect![[r"
        service     greeter v1.2.0
        product     Matrix
        language    rust
        definition  greeter/service.toml
        component   greeter/greeter.wasm
        kinds       http on any free port
                    native
        exports     unknown
        imports     unknown"]]
    .assert_eq(facts);
}

#[test]
fn json_names_everything() {
    let definition = definition();
    let surface = surface();
    let mut overview = Overview::new((&definition, &[]), &Catalogue::default(), Some(&surface));
    overview.settings = &overview.settings[..1];

    let text = serde_json::to_string_pretty(&overview).unwrap();

    expect![[r#"
        {
          "name": "greeter",
          "version": "v1.2.0",
          "product": "Matrix",
          "language": "rust",
          "path": "greeter/service.toml",
          "component": {
            "path": "greeter/greeter.wasm",
            "exports": [
              "mikros:service/http@0.2.0",
              "mikros:service/lifecycle@0.2.0"
            ],
            "imports": [
              "mikros:service/logger@0.2.0"
            ],
            "services": [
              {
                "name": "helloworld.Greeter",
                "methods": [
                  {
                    "name": "SayHellos",
                    "client_streaming": false,
                    "server_streaming": true
                  }
                ]
              }
            ]
          },
          "kinds": [
            {
              "kind": "http",
              "port": 0,
              "tls": false
            },
            {
              "kind": "native",
              "port": null,
              "tls": false
            }
          ],
          "features": [],
          "clients": [],
          "settings": [
            {
              "key": "name",
              "value": "Greeter",
              "origin": "service.toml:1"
            }
          ]
        }"#]]
    .assert_eq(&text);
}

#[test]
fn enabled_features_are_shown_in_the_order_in_which_they_start() {
    let text = format!(
        "{TEXT}[features.audit]\nenabled = true\ncomponent = \"audit.wasm\"\nneeds = [\"geo\"]\n\
         [features.geo]\nenabled = true\n[features.off]\n"
    );
    let geo = FeatureEntry {
        name: "geo",
        summary: "Knows where clients are.",
        needs: &[],
        stage: Stage::Track,
        settings: SettingsType::of::<NoSettings>(),
    };
    let catalogue = Catalogue { features: vec![geo], kinds: Vec::new() };
    let load_context = LoadContext {
        variables: Variables::default().incomplete(),
        catalogue: catalogue.clone().into(),
        ..LoadContext::default()
    };
    let definition =
        Definition::parse(Path::new("greeter/service.toml"), &text, &load_context).unwrap();

    let overview = Overview::new((&definition, &[]), &catalogue, None);

    let shown = overview.to_string();
    let lines = shown.lines().skip_while(|line| !line.starts_with("features"));
    expect![[r"
        features    geo at stage track, native
                    audit at stage adapt, component greeter/audit.wasm"]]
    .assert_eq(&lines.take(2).collect::<Vec<_>>().join("\n"));
    let json = serde_json::to_string(&overview.features).unwrap();
    expect![[r#"[{"feature":"geo","stage":"track","component":null},{"feature":"audit","stage":"adapt","component":"greeter/audit.wasm"}]"#]].assert_eq(&json);
}

#[test]
fn clients_are_shown_with_their_addresses() {
    let text = TEXT.to_owned()
        + "[clients.orders]\nhost = \"::1\"\nport = 7071\ntls = true\n\
           [clients.billing]\nhost = \"billing\"\nprotocol = \"http\"\n";
    let variables = [("DATABASE_URL".to_owned(), "x".to_owned())].into_iter();
    let variables = variables.collect::<Variables>();
    let definition =
        Definition::parse(Path::new("service.toml"), &text, &variables.into()).unwrap();

    let overview = Overview::new((&definition, &[]), &Catalogue::default(), None);

    let text = overview.to_string();
    let lines = text.lines().skip_while(|line| !line.starts_with("clients ")).take(2);
    expect![[r"
        clients     orders at [::1]:7071, grpc with TLS
                    billing at billing:80, http"]]
    .assert_eq(&lines.collect::<Vec<_>>().join("\n"));
    let document = serde_json::to_value(&overview).unwrap();
    expect![[r#"[{"client":"orders","protocol":"grpc","address":"[::1]:7071","tls":true,"in_process":false},{"client":"billing","protocol":"http","address":"billing:80","tls":false,"in_process":false}]"#]].assert_eq(&document["clients"].to_string());
}
