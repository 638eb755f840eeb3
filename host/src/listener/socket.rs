//! Makes listening sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: i32 = 1024;

/// Silence after which the system asks whether a client is still there, how often it asks then, and how
/// many questions may stay without an answer: who vanishes without a word is noticed after two minutes.
const KEEPALIVE_IDLE: Duration = Duration::from_mins(1);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 4;
/// How many bytes the system takes for a client without sending them, so that one that reads slowly is seen
/// to read, and does not have megabytes waiting.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

/// Binds `count` sockets to the same address, so that each thread can accept by itself. Port 0 is
/// the same free port for all of them.
///
/// `::` takes IPv4 connections as well, and becomes `0.0.0.0` on a machine without IPv6.
///
/// # Errors
/// As the system says it; `AddrInUse` also when the other user of the port would share it.
pub(super) fn bind(address: IpAddr, port: u16, count: usize) -> io::Result<Vec<TcpListener>> {
    let address = SocketAddr::new(address, port);
    match bind_all(address, count) {
        Err(error) if address.ip().is_unspecified() && address.is_ipv6() && lacks_ipv6(&error) => {
            bind_all(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port), count)
        }
        bound => bound,
    }
}

pub(super) fn lacks_ipv6(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

fn bind_all(address: SocketAddr, count: usize) -> io::Result<Vec<TcpListener>> {
    if count <= 1 {
        return Ok(vec![listen(address, false)?]);
    }
    // A shared port can be shared with a stranger of the same user, who would then get half of the
    // connections. A socket that does not share finds out whether the port is free.
    let probe = listen(address, false)?;
    let address = probe.local_addr()?;
    drop(probe);
    (0..count).map(|_| listen(address, true)).collect()
}

fn listen(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A port that was used by a process that has just ended is free.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    tune(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Connections inherit all of it.
fn tune(socket: &Socket) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(UNSENT)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    #[test]
    fn several_sockets_share_one_free_port() {
        let sockets = bind(Ipv4Addr::LOCALHOST.into(), 0, 3).unwrap();

        let ports: Vec<_> = sockets.iter().map(|s| s.local_addr().unwrap().port()).collect();
        assert_eq!(ports, [ports[0]; 3]);
    }

    #[test]
    fn a_port_that_others_share_is_in_use() {
        let others = bind(Ipv4Addr::LOCALHOST.into(), 0, 2).unwrap();
        let port = others[0].local_addr().unwrap().port();

        for count in [1, 2] {
            let error = bind(Ipv4Addr::LOCALHOST.into(), port, count).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        }
    }

    #[test]
    fn the_unspecified_address_takes_both_protocols() {
        let sockets = bind(Ipv6Addr::UNSPECIFIED.into(), 0, 1).unwrap();
        let port = sockets[0].local_addr().unwrap().port();

        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }

    #[test]
    fn connections_inherit_how_clients_are_looked_after() {
        let sockets = bind(Ipv4Addr::LOCALHOST.into(), 0, 1).unwrap();
        let _client = std::net::TcpStream::connect(sockets[0].local_addr().unwrap()).unwrap();
        sockets[0].set_nonblocking(false).unwrap();

        let (accepted, _) = sockets[0].accept().unwrap();

        let accepted = socket2::SockRef::from(&accepted);
        assert!(accepted.keepalive().unwrap());
        assert_eq!(accepted.tcp_keepalive_time().unwrap(), KEEPALIVE_IDLE);
        #[cfg(target_os = "linux")]
        assert_eq!(accepted.tcp_notsent_lowat().unwrap(), UNSENT);
    }
}
