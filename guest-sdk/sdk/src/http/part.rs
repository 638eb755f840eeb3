//! Handlers of a part of a service, or of a value next to it, as handlers of the service.
//! Deliberately knows nothing about routing.

use std::rc::Rc;

use futures_util::future::LocalBoxFuture;

use super::handler::Erased;
use super::{Request, Response};

/// A handler of `P` for the service `S`.
pub(super) struct OfPart<S: 'static, P: 'static> {
    part: Rc<dyn Fn(&'static S) -> &'static P>,
    handler: Box<dyn Erased<P>>,
}

impl<S, P> OfPart<S, P> {
    pub(super) fn new(
        part: Rc<dyn Fn(&'static S) -> &'static P>,
        handler: Box<dyn Erased<P>>,
    ) -> Self {
        Self { part, handler }
    }
}

impl<S: 'static, P: 'static> Erased<S> for OfPart<S, P> {
    fn check_route(&self, parameters: &[&str]) -> Result<(), String> {
        self.handler.check_route(parameters)
    }

    fn call(
        &'static self,
        service: &'static S,
        request: Request,
    ) -> LocalBoxFuture<'static, Response> {
        self.handler.call((self.part)(service), request)
    }
}
