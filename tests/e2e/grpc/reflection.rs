//! Server reflection, question by question.
//! Descriptors as whole are in `interop`.

use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse as Answer;
use tonic_reflection::pb::v1::{
    ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse,
};

use super::{connect, probe};
use crate::support::grpc::{Client, Request};

const PATHS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The file that is the answer to `question`, as it is sent.
#[track_caller]
fn file(client: &mut Client, question: Question) -> Vec<u8> {
    let mut stream = client.open(Request::new(PATHS[0]));
    let message_request = Some(question);
    stream.send(&ServerReflectionRequest { host: String::new(), message_request });
    let answer: ServerReflectionResponse = stream.next().expect("an answer").decode();
    stream.finish();
    match answer.message_response {
        Some(Answer::FileDescriptorResponse(answer)) => answer.file_descriptor_proto.concat(),
        answer => panic!("{answer:?}"),
    }
}

/// Name and imports of the file that has `symbol`.
#[track_caller]
fn name_and_imports(client: &mut Client, symbol: &str) -> (String, Vec<String>) {
    let encoded = file(client, Question::FileContainingSymbol(symbol.to_owned()));
    let file = FileDescriptorProto::decode(&*encoded).expect("it is a file");
    (file.name().to_owned(), file.dependency)
}

#[test]
fn files_of_one_name_are_all_found_also_beside_the_hosts() {
    let host = probe("");
    let mut client = connect(&host);
    let mut found = |symbol| name_and_imports(&mut client, symbol);

    let file = |name: &str, imports: &[&str]| {
        (name.to_owned(), imports.iter().map(|&import| import.to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(found("Acme.self.V1.Vault"), file("health.proto", &["common.proto"]));
    assert_eq!(found("clinic.Patients"), file("clinic.proto", &["common.proto~2"]));
    assert_eq!(found("clinic.Patient"), file("common.proto~2", &[]));
    let options = file("common.proto", &["google/protobuf/descriptor.proto"]);
    assert_eq!(found("Acme.self.V1.Key"), options);
    assert_eq!(found("grpc.health.v1.Health"), file("grpc/health/v1/health.proto", &[]));
    host.stop();
}

#[test]
fn options_of_authors_are_there_and_what_they_mean() {
    let host = probe("");
    let mut client = connect(&host);

    let encoded =
        file(&mut client, Question::FileContainingSymbol("Acme.self.V1.Vault.Open".to_owned()));
    let containing_type = "google.protobuf.MethodOptions".to_owned();
    let extension = ExtensionRequest { containing_type, extension_number: 50001 };
    let definition = file(&mut client, Question::FileContainingExtension(extension));

    // Number 50001, with a text of ten bytes.
    let option = b"\x8a\xb5\x18\x0avault.read";
    assert!(encoded.windows(option.len()).any(|window| window == option), "{encoded:?}");
    let definition = FileDescriptorProto::decode(&*definition).expect("it is a file");
    assert_eq!(definition.extension[0].name(), "scope");
    host.stop();
}

#[test]
fn a_stream_goes_on_after_a_question_without_an_answer() {
    let host = probe("");
    let mut client = connect(&host);
    let missing = || "missing".to_owned();
    let extension = ExtensionRequest { containing_type: missing(), extension_number: 7 };
    let questions = [
        Some(Question::FileByFilename(missing())),
        Some(Question::FileContainingSymbol(missing())),
        Some(Question::AllExtensionNumbersOfType(missing())),
        Some(Question::FileContainingExtension(extension)),
        None,
    ];

    for path in PATHS {
        let mut stream = client.open(Request::new(path));
        let mut ask = |message_request: Option<Question>| {
            let request = ServerReflectionRequest { host: "here".to_owned(), message_request };
            stream.send(&request);
            let answer: ServerReflectionResponse = stream.next().expect("an answer").decode();
            assert_eq!((&*answer.valid_host, answer.original_request), ("here", Some(request)));
            answer.message_response.expect("it says something")
        };
        let codes = questions.clone().map(|question| match ask(question) {
            Answer::ErrorResponse(error) => error.error_code,
            answer => panic!("{answer:?}"),
        });
        assert_eq!(codes, [5, 5, 5, 5, 3]);
        let found = ask(Some(Question::FileContainingSymbol("probe.Probe".to_owned())));
        assert!(matches!(found, Answer::FileDescriptorResponse(_)), "{found:?}");
        stream.finish();
        assert_eq!(stream.answer().code(), 0);
    }
    host.stop();
}
