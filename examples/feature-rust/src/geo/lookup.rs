//! What the feature adds to the imports of services: `acme:geo/lookup`.
//!
//! Does not know which services import it.

use std::net::IpAddr;

use mikros_host::extension::{Disabled, ErrorKind, ServiceError, State, service_error};
use mikros_host::wasmtime;
use mikros_host::wasmtime::component::{HasSelf, Linker};

use self::bindings::acme::geo::lookup;
use super::{NAME, Running};

mod bindings {
    //! The package `acme:geo` as Rust, generated.
    //! Deliberately without the types of the contract, which the host has.

    mikros_host::wasmtime::component::bindgen!({
        path: ["../../wit", "wit"],
        world: "acme:geo/client",
        with: { "mikros:service/errors": mikros_host::extension::errors },
        wasmtime_crate: mikros_host::wasmtime,
    });
}

pub(super) const INTERFACE: &str = "acme:geo/lookup@0.1.0";

/// Links the interface, whether the feature is enabled or not.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    lookup::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl lookup::Host for State {
    fn country_of(&mut self, address: String) -> Result<String, ServiceError> {
        let running: &Running = self.feature().ok_or(Disabled(NAME))?;
        let address: IpAddr = address.parse().map_err(|_not_one| {
            let message = "`address` must be an IPv4 or IPv6 address";
            service_error(ErrorKind::InvalidArguments, message)
        })?;
        let place = running.atlas.place(address);
        let place = place
            .ok_or_else(|| service_error(ErrorKind::NotFound, "no network holds this address"))?;
        Ok(place.country.as_str().to_owned())
    }
}
