//! Sockets for this machine alone, in both versions of the protocol.
//!
//! Does not know who wants them.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use super::socket::{bind, lacks_ipv6};
use crate::definition::Address;

/// How often a port that is free in one version of the protocol is tried in the other one.
const MOST_ATTEMPTS: usize = 20;

/// Binds `count` sockets to each address, all with the same port; see `bind`.
///
/// # Errors
/// As the system says it.
pub(crate) fn bind_each(
    address: Address,
    port: u16,
    count: usize,
) -> io::Result<Vec<Vec<TcpListener>>> {
    match address {
        Address::Of(address) => Ok(vec![bind(address, port, count)?]),
        Address::Loopback => bind_loopback(port, count),
    }
}

fn bind_loopback(port: u16, count: usize) -> io::Result<Vec<Vec<TcpListener>>> {
    let mut attempts = 1;
    loop {
        let first = bind(Ipv4Addr::LOCALHOST.into(), port, count)?;
        let same = first[0].local_addr()?.port();
        match bind(Ipv6Addr::LOCALHOST.into(), same, count) {
            Ok(second) => return Ok(vec![first, second]),
            Err(error) if lacks_ipv6(&error) => return Ok(vec![first]),
            Err(error) if error.kind() != ErrorKind::AddrInUse => return Err(error),
            // When any port will do, another one.
            Err(_) if port == 0 && attempts < MOST_ATTEMPTS => attempts += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn the_names_of_this_machine_lead_to_the_same_port() {
        let sockets = bind_each(Address::Loopback, 0, 2).unwrap();
        let port = sockets[0][0].local_addr().unwrap().port();

        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        if sockets.len() == 2 {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
        }
        assert!(sockets.iter().all(|set| set.len() == 2));
    }

    #[test]
    fn a_port_that_others_have_in_one_version_is_in_use() {
        let Ok(others) = bind(Ipv6Addr::LOCALHOST.into(), 0, 1) else { return };
        let port = others[0].local_addr().unwrap().port();

        let error = bind_each(Address::Loopback, port, 1).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }
}
