//! Server reflection, in both versions of the protocol, which have the same messages.
//!
//! What cannot be found is said in the answer to the question; the stream goes on. Does not know where the
//! descriptors come from.

mod index;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use tonic::{Code, Request, Response, Status, Streaming, async_trait};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse as Answer;
use tonic_reflection::pb::v1::server_reflection_server::ServerReflection;
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};

pub(super) use self::index::Index;

/// Answers from an index.
#[derive(Debug, Clone)]
pub(super) struct Reflection(pub(super) Arc<Index>);

impl Reflection {
    fn answer(&self, request: ServerReflectionRequest) -> ServerReflectionResponse {
        let answer = self.find(request.message_request.as_ref()).unwrap_or_else(|missing| {
            let Missing { code, message } = missing;
            let error_code = code.into();
            Answer::ErrorResponse(ErrorResponse { error_code, error_message: message })
        });
        ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(answer),
        }
    }

    fn find(&self, question: Option<&Question>) -> Result<Answer, Missing> {
        let index = &*self.0;
        let file = match question {
            None => {
                let message = "the request asks nothing".to_owned();
                return Err(Missing { code: Code::InvalidArgument, message });
            }
            Some(Question::ListServices(_)) => {
                let names = index.services().map(|name| ServiceResponse { name: name.to_owned() });
                let service = names.collect();
                return Ok(Answer::ListServicesResponse(ListServiceResponse { service }));
            }
            Some(Question::AllExtensionNumbersOfType(name)) => {
                let numbers = index.extensions(name).ok_or_else(|| missing("type", name))?;
                return Ok(Answer::AllExtensionNumbersResponse(ExtensionNumberResponse {
                    base_type_name: name.clone(),
                    extension_number: numbers,
                }));
            }
            Some(Question::FileByFilename(name)) => {
                index.file(name).ok_or_else(|| missing("file", name))?
            }
            Some(Question::FileContainingSymbol(name)) => {
                index.symbol(name).ok_or_else(|| missing("symbol", name))?
            }
            Some(Question::FileContainingExtension(extension)) => {
                let (name, number) = (&extension.containing_type, extension.extension_number);
                let found = index.extension(name, number);
                found.ok_or_else(|| missing("extension", &format!("{number} of {name}")))?
            }
        };
        let file_descriptor_proto = vec![file.to_vec()];
        Ok(Answer::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto }))
    }
}

/// Why a question has no answer.
struct Missing {
    code: Code,
    message: String,
}

fn missing(what: &str, name: &str) -> Missing {
    Missing { code: Code::NotFound, message: format!("there is no {what} `{name}`") }
}

#[async_trait]
impl ServerReflection for Reflection {
    type ServerReflectionInfoStream =
        Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send + 'static>>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let reflection = self.clone();
        let answers =
            request.into_inner().map(move |request| request.map(|it| reflection.answer(it)));
        Ok(Response::new(Box::pin(answers)))
    }
}
