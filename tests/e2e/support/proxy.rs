//! A proxy on loopback that passes connections on to a server, counts their bytes, and injects faults.
//! Does not look into what it forwards.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// What happens to a connection. The numbers are how many bytes of the server the client still gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Each piece of the server is passed on so much later.
    Delay(Duration),
    /// The server's direction ends, and the client's goes on.
    HalfClose(usize),
    /// Both directions are reset.
    Reset(usize),
    /// What follows is replaced by bytes that mean nothing, and the end.
    Garbage(usize),
    /// Nothing follows, and the connection stays open.
    Stall(usize),
}

/// Ends with all its connections when it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    target: AtomicU16,
    /// Of the next connections; further ones have none.
    faults: Mutex<Vec<Fault>>,
    open: Mutex<Vec<Weak<TcpStream>>>,
    sent: AtomicUsize,
    returned: AtomicUsize,
    is_over: AtomicBool,
}

impl Proxy {
    /// To a server at this port of `127.0.0.1`. The first connection has the first fault, and so on.
    pub(crate) fn start(target: u16, faults: impl IntoIterator<Item = Fault>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let mut faults: Vec<_> = faults.into_iter().collect();
        faults.reverse();
        let state = Arc::new(State {
            target: AtomicU16::new(target),
            faults: Mutex::new(faults),
            open: Mutex::default(),
            sent: AtomicUsize::new(0),
            returned: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let shared = state.clone();
        thread::spawn(move || shared.accept(&listener));
        Self { port, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// New connections lead to this port from now on.
    pub(crate) fn retarget(&self, target: u16) {
        self.state.target.store(target, Ordering::SeqCst);
    }

    /// Bytes of all clients so far. They are counted before they are passed on, so that what the other side has
    /// seen is among them.
    pub(crate) fn sent(&self) -> usize {
        self.state.sent.load(Ordering::SeqCst)
    }

    /// Bytes of the server so far.
    pub(crate) fn returned(&self) -> usize {
        self.state.returned.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        for stream in locked(&self.state.open).iter().filter_map(Weak::upgrade) {
            // Fails when it has ended, which is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the thread that accepts.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        while let Ok((client, _)) = listener.accept() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let fault = locked(&self.faults).pop().unwrap_or(Fault::None);
            // A server that is gone is to the client what it is without a proxy: a connection that ends.
            drop(self.clone().connect(client, fault));
        }
    }

    fn connect(self: Arc<Self>, client: TcpStream, fault: Fault) -> io::Result<()> {
        let target = self.target.load(Ordering::SeqCst);
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        // Not cloned: a socket is reset when the last handle is closed.
        let (client, server) = (Arc::new(client), Arc::new(server));
        locked(&self.open).extend([Arc::downgrade(&client), Arc::downgrade(&server)]);
        let (state, from, to) = (self.clone(), client.clone(), server.clone());
        thread::spawn(move || drop(forward(&from, &to, &state.sent)));
        thread::spawn(move || drop(self.answer(&server, &client, fault)));
        Ok(())
    }

    /// Passes on what the server sends, until the fault happens.
    fn answer(&self, server: &TcpStream, client: &TcpStream, fault: Fault) -> io::Result<()> {
        let left = match fault {
            Fault::None => return forward(server, client, &self.returned),
            Fault::Delay(time) => return delay(server, client, time),
            Fault::HalfClose(left)
            | Fault::Reset(left)
            | Fault::Garbage(left)
            | Fault::Stall(left) => left,
        };
        let (mut from, mut to) = (server, client);
        io::copy(&mut from.take(left as u64), &mut to)?;
        // Waits for more: before that, nothing is at fault.
        if from.read(&mut [0; 1])? == 0 {
            return client.shutdown(Shutdown::Write);
        }
        match fault {
            Fault::HalfClose(_) => client.shutdown(Shutdown::Write)?,
            Fault::Garbage(_) => {
                to.write_all(&[0xff; 256])?;
                client.shutdown(Shutdown::Write)?;
            }
            Fault::Reset(_) => {
                SockRef::from(client).set_linger(Some(Duration::ZERO))?;
                // Ends the thread that reads, so that this handle is the last one.
                return client.shutdown(Shutdown::Read);
            }
            _ => (),
        }
        // The server goes on as if it were heard.
        io::copy(&mut from, &mut io::sink()).map(drop)
    }
}

fn forward(mut from: &TcpStream, mut to: &TcpStream, count: &AtomicUsize) -> io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut bytes)?;
        if length == 0 {
            return to.shutdown(Shutdown::Write);
        }
        count.fetch_add(length, Ordering::SeqCst);
        to.write_all(&bytes[..length])?;
    }
}

fn delay(mut from: &TcpStream, mut to: &TcpStream, time: Duration) -> io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut bytes)?;
        if length == 0 {
            return to.shutdown(Shutdown::Write);
        }
        thread::sleep(time);
        to.write_all(&bytes[..length])?;
    }
}
