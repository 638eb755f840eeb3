//! Server reflection, question by question.
//! Descriptors as whole are in `interop`.

use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse as Answer;
use tonic_reflection::pb::v1::{
    ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse,
};

use super::{connect, probe};
use crate::support::grpc::Request;

const PATHS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

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
