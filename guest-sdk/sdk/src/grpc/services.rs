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

/// A service whose protobuf services, or one of them, are implemented by `T`: the service itself, or a part of it.
///
/// Every service has itself as a part, so that `type Services = GreeterServer<Self>` needs no more. Implement it where
/// another type implements the methods. There is one value of it per instance, as in tonic, and all calls get a
/// reference to it:
///
/// ```
/// use mikros_sdk::grpc::AsPart;
/// use mikros_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct MyGreeter {
///     greeted: std::cell::Cell<u64>,
/// }
///
/// // impl Greeter for MyGreeter { async fn say_hello(&self, ..) .. }
///
/// struct Hello {
///     greeter: MyGreeter,
/// }
///
/// impl Service for Hello {
///     async fn on_start() -> Result<Self> {
///         Ok(Self { greeter: MyGreeter::default() })
///     }
/// }
///
/// impl AsPart<MyGreeter> for Hello {
///     fn as_part(&self) -> &MyGreeter {
///         &self.greeter
///     }
/// }
///
/// // impl Grpc for Hello {
/// //     type Services = (GreeterServer<MyGreeter>, OrdersServer<Self>);
/// // }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{T}`, which implements the methods, is no part of the service `{Self}`",
    label = "expected methods that `{Self}` implements itself",
    note = "write `impl AsPart<{T}> for {Self} {{ fn as_part(&self) -> &{T} {{ .. }} }}`"
)]
pub trait AsPart<T> {
    /// The part.
    fn as_part(&self) -> &T;
}

impl<T> AsPart<T> for T {
    fn as_part(&self) -> &T {
        self
    }
}

/// What stands in [`Grpc::Services`](crate::Grpc::Services) of a service `S`: a generated server such as
/// `GreeterServer<Self>`, or a tuple of up to eight of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the services of a component",
    label = "expected `GreeterServer<Self>`, or a tuple of up to eight such types",
    note = "`GreeterServer<MyService>` needs `impl Greeter for MyService`"
)]
pub trait Services<S: 'static> {
    #[doc(hidden)]
    const DECLARATIONS: &'static [Declaration];

    #[doc(hidden)]
    fn unary(
        service: &'static S,
        call: UnaryCall,
    ) -> impl Future<Output = Result<UnaryReply, Status>>;

    #[doc(hidden)]
    fn streaming(
        service: &'static S,
        call: StreamingCall,
    ) -> impl Future<Output = Result<StreamingReply, Status>>;
}

macro_rules! dispatch {
    ($function:ident $service:ident $call:ident: $($part:ident)*) => {{
        let name = $call.service();
        $(
            if name == <$part as ProtoService>::NAME {
                let part = <S as AsPart<$part::Service>>::as_part($service);
                return <$part as ProtoService>::$function(part, $call).await;
            }
        )*
        Err($call.unimplemented())
    }};
}

/// The part of the implementations that is the same for one service and for a tuple.
macro_rules! services {
    ($($part:ident)*) => {
        const DECLARATIONS: &'static [Declaration] = &[$(Declaration::of::<$part>()),*];

        async fn unary(service: &'static S, call: UnaryCall) -> Result<UnaryReply, Status> {
            dispatch!(unary service call: $($part)*)
        }

        async fn streaming(
            service: &'static S,
            call: StreamingCall,
        ) -> Result<StreamingReply, Status> {
            dispatch!(streaming service call: $($part)*)
        }
    };
}

impl<S: AsPart<P::Service> + 'static, P: ProtoService> Services<S> for P {
    services! { P }
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<S: 'static, $first: ProtoService, $($rest: ProtoService),*> Services<S>
            for ($first, $($rest,)*)
        where
            S: AsPart<$first::Service> $(+ AsPart<$rest::Service>)*,
        {
            services! { $first $($rest)* }
        }
        tuples! { $($rest)* }
    };
    () => {};
}

tuples! { A B C D E F G H }
