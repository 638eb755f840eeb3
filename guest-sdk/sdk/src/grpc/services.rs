//! Which protobuf services a component serves, and which of them a call is for.
//! Deliberately without tables: names are compared, so that finding a method allocates nothing.

use std::future::Future;

use super::Status;
use super::call::{StreamingCall, UnaryCall, UnaryReply};
use super::reply_stream::StreamingReply;

/// What `mikros-sdk-build` makes of a service; implemented by generated code only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no gRPC service of this type",
    label = "expected what `mikros-sdk-build` generates, for example `GreeterServer<Self>`",
    note = "`GreeterServer<MyService>` needs `impl Greeter for MyService`"
)]
pub trait ProtoService {
    /// What implements the methods.
    type Service: 'static;
    /// The full name, `helloworld.Greeter`.
    const NAME: &'static str;
    /// A `FileDescriptorSet` with the service's file and what it imports.
    const DESCRIPTORS: &'static [u8];

    /// Answers a call of which both sides are one message.
    fn unary(
        service: &'static Self::Service,
        call: UnaryCall,
    ) -> impl Future<Output = Result<UnaryReply, Status>>;

    /// Answers a call of which a side is a stream.
    fn streaming(
        service: &'static Self::Service,
        call: StreamingCall,
    ) -> impl Future<Output = Result<StreamingReply, Status>>;
}

/// What is declared of one service.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    pub(super) name: &'static str,
    pub(super) descriptors: &'static [u8],
}

impl Declaration {
    const fn of<P: ProtoService>() -> Self {
        Self { name: P::NAME, descriptors: P::DESCRIPTORS }
    }
}

/// What stands in [`Grpc::Services`](crate::Grpc::Services): a generated server such as
/// `GreeterServer<Self>`, or a tuple of up to eight of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the services of a component",
    label = "expected `GreeterServer<Self>`, or a tuple of up to eight such types",
    note = "`GreeterServer<MyService>` needs `impl Greeter for MyService`"
)]
pub trait Services {
    /// What implements the methods of all of them.
    type Service: 'static;
    #[doc(hidden)]
    const DECLARATIONS: &'static [Declaration];

    #[doc(hidden)]
    fn unary(
        service: &'static Self::Service,
        call: UnaryCall,
    ) -> impl Future<Output = Result<UnaryReply, Status>>;

    #[doc(hidden)]
    fn streaming(
        service: &'static Self::Service,
        call: StreamingCall,
    ) -> impl Future<Output = Result<StreamingReply, Status>>;
}

macro_rules! dispatch {
    ($function:ident $service:ident $call:ident: $($part:ident)*) => {{
        let name = $call.service();
        $(
            if name == $part::NAME {
                return $part::$function($service, $call).await;
            }
        )*
        Err($call.unimplemented())
    }};
}

/// The part of the implementations that is the same for one service and for a tuple.
macro_rules! services {
    ($($part:ident)*) => {
        const DECLARATIONS: &'static [Declaration] = &[$(Declaration::of::<$part>()),*];

        async fn unary(
            service: &'static Self::Service,
            call: UnaryCall,
        ) -> Result<UnaryReply, Status> {
            dispatch!(unary service call: $($part)*)
        }

        async fn streaming(
            service: &'static Self::Service,
            call: StreamingCall,
        ) -> Result<StreamingReply, Status> {
            dispatch!(streaming service call: $($part)*)
        }
    };
}

impl<P: ProtoService> Services for P {
    type Service = P::Service;
    services! { P }
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<S: 'static, $first, $($rest),*> Services for ($first, $($rest,)*)
        where
            $first: ProtoService<Service = S>,
            $($rest: ProtoService<Service = S>,)*
        {
            type Service = S;
            services! { $first $($rest)* }
        }
        tuples! { $($rest)* }
    };
    () => {};
}

tuples! { A B C D E F G H }
