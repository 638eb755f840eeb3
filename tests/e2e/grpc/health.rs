//! What the service says of its health. Its beginning and end are in `interop`.

use std::collections::{BTreeMap, HashMap};

use prost::Message;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::{connect, probe, service, wait_until_dropped};
use crate::support::Host;
use crate::support::grpc::{Client, Request, Rpc};
use crate::support::probe::{Empty, SET_SERVING, ServingRequest};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const SERVING: i32 = 1;
const NOT_SERVING: i32 = 2;
const SERVICE_UNKNOWN: i32 = 3;
const PROBE: &str = "probe.Probe";

fn asking(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[track_caller]
fn check(client: &mut Client, service: &str) -> i32 {
    client.unary(CHECK, &asking(service)).reply::<HealthCheckResponse>().status
}

#[track_caller]
fn set(client: &mut Client, service: &str, serving: bool) {
    let request = ServingRequest { service: service.to_owned(), serving };
    client.unary(SET_SERVING, &request).reply::<Empty>();
}

#[track_caller]
fn next(watch: &mut Rpc<'_>) -> i32 {
    let message = watch.next().expect("a status");
    HealthCheckResponse::decode(message.data.as_slice()).expect("a status").status
}

#[test]
fn the_service_speaks_for_the_whole_and_for_each_service() {
    let host = probe("");
    let mut client = connect(&host);
    assert_eq!([check(&mut client, ""), check(&mut client, PROBE)], [SERVING; 2]);

    set(&mut client, PROBE, false);
    assert_eq!(check(&mut client, ""), SERVING);
    assert_eq!(check(&mut client, PROBE), NOT_SERVING);

    set(&mut client, PROBE, true);
    set(&mut client, "", false);
    assert_eq!(check(&mut client, ""), NOT_SERVING);
    assert_eq!(check(&mut client, PROBE), SERVING);

    set(&mut client, "another.Service", false);
    assert_eq!(check(&mut client, "another.Service"), NOT_SERVING);
    host.stop();
}

#[derive(Clone, PartialEq, Message)]
struct HealthListResponse {
    #[prost(map = "string, message", tag = "1")]
    statuses: HashMap<String, HealthCheckResponse>,
}

#[test]
fn all_are_listed_with_how_they_are() {
    let host = probe("");
    let mut client = connect(&host);
    set(&mut client, "another.Service", false);

    let list = client.unary("/grpc.health.v1.Health/List", &Empty {});

    let statuses = list.reply::<HealthListResponse>().statuses;
    let statuses: BTreeMap<_, _> = statuses.iter().map(|(name, it)| (&**name, it.status)).collect();
    let expected = [
        ("", SERVING),
        ("Acme.self.V1.Vault", SERVING),
        ("another.Service", NOT_SERVING),
        ("clinic.Patients", SERVING),
        (PROBE, SERVING),
    ];
    assert_eq!(statuses, BTreeMap::from(expected));
    host.stop();
}

#[test]
fn who_watches_is_told_of_every_change() {
    let host = probe("");
    let mut client = connect(&host);
    let mut other = connect(&host);
    let mut watch = client.open(Request::new(WATCH).message(&asking("new.Service")));
    watch.finish();

    assert_eq!(next(&mut watch), SERVICE_UNKNOWN);
    set(&mut other, "new.Service", true);
    assert_eq!(next(&mut watch), SERVING);
    set(&mut other, "new.Service", false);
    assert_eq!(next(&mut watch), NOT_SERVING);
    watch.cancel();
    host.stop();
}

#[test]
fn a_compressed_question_is_understood() {
    let host = probe("");
    let question = crate::support::grpc::compress("gzip", &asking(PROBE).encode_to_vec());
    let request = Request::new(CHECK).header("grpc-encoding", "gzip");

    let answer = connect(&host).call(request.bytes(crate::support::grpc::frame_of(1, &question)));

    assert_eq!(answer.reply::<HealthCheckResponse>().status, SERVING);
    host.stop();
}

#[test]
fn health_is_answered_while_the_service_is_busy() {
    let host =
        Host::start(&service().limits("max_concurrency = 1\nmax_queue = 0\ncall_timeout = '2s'"));
    let mut client = connect(&host);
    let mut other = connect(&host);
    let spin = crate::support::probe::SpinRequest { ms: 600_000 };
    let mut spinning =
        client.open(Request::new(crate::support::probe::SPIN).timeout("1S").message(&spin));
    spinning.finish();

    assert_eq!(check(&mut other, ""), SERVING);

    assert_eq!(spinning.answer().code(), 4);
    host.wait_for("instance-lost");
    super::still_echoes(&mut other);
    host.stop();
}

#[test]
fn a_name_beyond_all_measure_is_the_service_s_fault() {
    let host = probe("");
    let mut client = connect(&host);
    let request = ServingRequest { service: "x".repeat(300), serving: true };

    let answer = client.unary(SET_SERVING, &request);

    assert_eq!(answer.code(), 13);
    assert!(host.wait_for("instance-lost").text("error.message").contains("longer than 256 bytes"));
    wait_until_dropped(&mut client, 0);
    host.stop();
}
