//! Servers that tonic's build step has generated, as services of the kind `grpc`.
//!
//! Needs the feature `tonic` of this crate, and tonic without its default features, which are the server: `tonic = {
//! version = "0.14", default-features = false, features = ["codegen"] }`. In the build script `tonic_prost_build` stays as it
//! is, but for `build_transport(false)` and a file for the descriptors, with which the component declares its services:
//!
//! ```ignore
//! // build.rs
//! let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("greeter.bin");
//! tonic_prost_build::configure()
//!     .build_transport(false)
//!     .file_descriptor_set_path(descriptors)
//!     .compile_protos(&["proto/greeter.proto"], &["proto"])?;
//!
//! // src/lib.rs
//! mod proto {
//!     tonic::include_proto!("helloworld");
//!     pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("greeter");
//! }
//!
//! // Was `Server::builder().add_service(GreeterServer::new(MyGreeter::default())).serve(address)`.
//! mikros_sdk::export_tonic!(
//!     proto::DESCRIPTORS;
//!     GreeterServer<MyGreeter> = GreeterServer::new(MyGreeter::default()),
//! );
//! ```
//!
//! A service that has more to it, such as another kind or a step when it stops, is a [`Service`]
//! that [`Serves`] the generated servers:
//!
//! ```ignore
//! impl Serves<GreeterServer<MyGreeter>> for Hello {
//!     const DESCRIPTORS: &'static [u8] = proto::DESCRIPTORS;
//!
//!     fn server(&'static self) -> GreeterServer<MyGreeter> {
//!         self.greeter.clone()
//!     }
//! }
//!
//! impl Grpc for Hello {
//!     type Services = Served<Self, GreeterServer<MyGreeter>>;
//! }
//!
//! mikros_sdk::export!(Hello: grpc, http);
//! ```
//!
//! # What runs unchanged
//!
//! All four shapes, interceptors (`GreeterServer::with_interceptor`, or an
//! [`InterceptedService`](crate::grpc::InterceptedService) around [`Served`]), layers around one server
//! (`tonic::service::LayerExt`), metadata both ways, statuses with details. [`ServiceError`](struct@crate::ServiceError) becomes a
//! `tonic::Status` by `?`, and what the host then makes of it is what it makes of those of other services.
//!
//! # What is the host's
//!
//! HTTP/2, compression (`[services.grpc] compression`; `send_compressed` has no effect), the limits of message sizes on the wire, the
//! health check, reflection, deadlines: when one passes, the future of the method is dropped. What else does not work in a
//! component, and what takes its place, is a table in [`tower`](crate::tower#what-does-not-and-what-takes-its-place).

mod answer;
mod frames;
mod request;
mod servers;
mod status;

use std::marker::PhantomData;

use ::tonic::server::NamedService;
use http_body::Body;
use tower_service::Service as TowerService;

use crate::grpc::Status;
use crate::grpc::call::{StreamingCall, UnaryCall, UnaryReply};
use crate::grpc::reply_stream::StreamingReply;
use crate::grpc::services::ProtoService;
use crate::service::Service;
use crate::tower::BoxError;

pub use request::Messages;
pub use servers::Servers;

/// A service that serves what tonic has generated as `T`, for example `GreeterServer<MyGreeter>`.
pub trait Serves<T>: Service {
    /// The file that `file_descriptor_set_path` names: a `FileDescriptorSet` with all imports.
    const DESCRIPTORS: &'static [u8];

    /// The server, for one call; a clone.
    fn server(&'static self) -> T;
}

/// What stands in [`Grpc::Services`](crate::Grpc::Services) for a server `T` that tonic has generated, alone or in a tuple.
#[derive(Debug)]
pub struct Served<S, T>(PhantomData<fn() -> (S, T)>);

#[diagnostic::do_not_recommend]
impl<S, T, B> ProtoService for Served<S, T>
where
    S: Serves<T>,
    T: NamedService,
    T: TowerService<::http::Request<Messages>, Response = ::http::Response<B>>,
    T::Error: Into<BoxError>,
    B: Body<Error: Into<BoxError>> + 'static,
{
    type Service = S;
    const NAME: &'static str = T::NAME;
    const DESCRIPTORS: &'static [u8] = S::DESCRIPTORS;

    async fn unary(service: &'static S, call: UnaryCall) -> Result<UnaryReply, Status> {
        let request = request::of(call.into_request().map(Messages::one))?;
        answer::unary(request::send(service.server(), request).await?).await
    }

    async fn streaming(service: &'static S, call: StreamingCall) -> Result<StreamingReply, Status> {
        let request = request::of(call.into_request().map(Messages::many))?;
        answer::streaming(request::send(service.server(), request).await?)
    }
}

/// Makes servers that tonic has generated the exports of a component that is of the kind `grpc`:
/// `export_tonic!(DESCRIPTORS; GreeterServer<MyGreeter> = GreeterServer::new(MyGreeter::default()))`.
///
/// First comes the constant with the descriptors, then for each server its type and an expression that makes it. The
/// expressions are evaluated once per instance, when that starts; `.await` and `?` may be used in them. There is an
/// example in [`tonic`](crate::tonic).
///
/// Write it once per component, and not next to [`export!`](crate::export!).
#[macro_export]
macro_rules! export_tonic {
    ($descriptors:expr; $($server:ty = $make:expr),+ $(,)?) => {
        const _: () = {
            struct __Servers($crate::__private::Servers);

            impl $crate::Service for __Servers {
                async fn on_start() -> $crate::Result<Self> {
                    let servers = $crate::__private::Servers::default();
                    $(let servers = servers.with::<$server>($make);)+
                    $crate::Result::Ok(Self(servers))
                }
            }

            $(
                impl $crate::tonic::Serves<$server> for __Servers {
                    const DESCRIPTORS: &'static [u8] = $descriptors;

                    fn server(&'static self) -> $server {
                        self.0.get()
                    }
                }
            )+

            impl $crate::Grpc for __Servers {
                type Services = ($($crate::tonic::Served<Self, $server>,)+);
            }

            $crate::export!(__Servers: grpc);
        };
    };
}
