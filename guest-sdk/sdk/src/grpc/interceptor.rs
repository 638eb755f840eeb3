//! What happens to the calls of a protobuf service before they reach their methods.
//! Deliberately a type around the generated server, so that services without one pay nothing.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use super::call::{StreamingCall, UnaryCall, UnaryReply};
use super::reply_stream::StreamingReply;
use super::services::ProtoService;
use super::{Request, Status};

/// Sees every call of a protobuf service before its method does, see [`InterceptedService`].
///
/// It may change the metadata, add [`extensions`](Request::extensions_mut) for the method, wait, or end the call. It
/// sees no message: those are decoded, or read, after it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not intercept calls of `{S}`",
    label = "`Interceptor<{S}>` is not implemented for this type",
    note = "write `impl Interceptor<{S}> for {Self} {{ async fn intercept(service: &{S}, request: Request<()>) -> Result<Request<()>, Status> {{ .. }} }}`"
)]
pub trait Interceptor<S: 'static> {
    /// Returns the request for the method. `service` is what implements the methods.
    ///
    /// # Errors
    ///
    /// The status that the client gets; the method is not called.
    fn intercept(
        service: &'static S,
        request: Request<()>,
    ) -> impl Future<Output = Result<Request<()>, Status>>;
}

/// A generated server `P` whose calls an [`Interceptor`] sees first. They can be nested: the outer one comes first.
///
/// ```
/// use mikros_sdk::grpc::{Interceptor, Request, Status};
/// use mikros_sdk::prelude::*;
///
/// struct Hello {
///     token: String,
/// }
/// # impl Service for Hello {
/// #     async fn on_start() -> Result<Self> { Ok(Self { token: String::new() }) }
/// # }
///
/// /// Who calls, for the methods: `request.extensions().get::<User>()`.
/// #[derive(Clone)]
/// struct User(String);
///
/// struct Authenticated;
///
/// impl Interceptor<Hello> for Authenticated {
///     async fn intercept(service: &Hello, mut request: Request<()>) -> Result<Request<()>, Status> {
///         if request.metadata().get("x-token") != Some(service.token.as_str()) {
///             return Err(Status::unauthenticated("the token is wrong"));
///         }
///         request.extensions_mut().insert(User("Ada".to_owned()));
///         Ok(request)
///     }
/// }
///
/// // impl Grpc for Hello {
/// //     type Services = InterceptedService<GreeterServer<Self>, Authenticated>;
/// // }
/// ```
pub struct InterceptedService<P, I>(PhantomData<(P, I)>);

#[diagnostic::do_not_recommend]
impl<P: ProtoService, I: Interceptor<P::Service>> ProtoService for InterceptedService<P, I> {
    type Service = P::Service;
    const NAME: &'static str = P::NAME;
    const DESCRIPTORS: &'static [u8] = P::DESCRIPTORS;

    async fn unary(service: &'static Self::Service, call: UnaryCall) -> Result<UnaryReply, Status> {
        P::unary(service, call.intercept(|request| I::intercept(service, request)).await?).await
    }

    async fn streaming(
        service: &'static Self::Service,
        call: StreamingCall,
    ) -> Result<StreamingReply, Status> {
        P::streaming(service, call.intercept(|request| I::intercept(service, request)).await?).await
    }
}

impl<P, I> fmt::Debug for InterceptedService<P, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterceptedService").finish()
    }
}
