//! Servers that do as a test says, and clients of them.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use h2::server::SendResponse;
use h2::{RecvStream, server};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tonic::Code;

use crate::client::local::LocalServices;
use crate::client::resolver::Resolve;
use crate::client::rpc::UnaryReply;
use crate::client::settings::{
    self, AddressClass, ClientTransport, Compression, KeepAlive, LoadBalancing, Protocol, Retries,
};
use crate::client::{CallTerms, Client, ClientError, Clients};
use crate::observe::Observers;

/// Longer than anything takes that works.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// A client that neither retries nor limits.
pub(super) fn settings(address: SocketAddr, protocol: Protocol) -> settings::Client {
    settings::Client {
        name: "user".to_owned(),
        host: address.ip().to_string(),
        port: address.port(),
        protocol,
        transport: ClientTransport::Network,
        tls: None,
        timeout: LONG,
        connect_timeout: LONG,
        retries: Retries {
            attempts: 1,
            backoff: Duration::from_millis(1),
            max_backoff: Duration::from_millis(10),
            codes: vec![Code::Unavailable],
            statuses: vec![502, 503, 504],
            budget: 20,
            max_buffer: 64 * 1024,
            all_methods: false,
        },
        circuit_breaker: None,
        outlier_ejection: None,
        max_concurrency: 1024,
        load_balancing: LoadBalancing::RoundRobin,
        resolve_interval: LONG,
        keep_alive: KeepAlive { interval: None, timeout: LONG },
        compression: Compression::Off,
        max_response: 4 * 1024 * 1024,
        egress: settings::Egress::Closed,
        allow: vec![AddressClass::Loopback],
    }
}

pub(super) fn client(settings: settings::Client) -> (Clients, Arc<Client>) {
    let clients = Clients::new(&[settings], &LocalServices::default(), &Observers::default());
    let client = clients.get("user").unwrap().clone();
    (clients, client)
}

/// A client that makes so many attempts.
pub(super) fn retrying(address: SocketAddr, protocol: Protocol, attempts: u32) -> settings::Client {
    let settings = settings(address, protocol);
    settings::Client { retries: Retries { attempts, ..settings.retries.clone() }, ..settings }
}

/// An RPC with the message `ada`.
pub(super) async fn get(client: &Client) -> Result<UnaryReply, ClientError> {
    let method = PathAndQuery::from_static("/user.Users/Get");
    client.unary(method, HeaderMap::new(), Bytes::from_static(b"ada"), &CallTerms::default()).await
}

/// The code of the status that an RPC failed with.
#[track_caller]
pub(super) fn code(error: ClientError) -> Code {
    match error {
        ClientError::Status { status, .. } => status.code(),
        error => panic!("{}", sentence(&error)),
    }
}

/// A socket on loopback whose connections a function handles.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// Ends with the server.
    _tasks: JoinSet<()>,
}

impl Server {
    pub(super) async fn new<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, serve)
    }

    pub(super) fn on<F>(
        listener: TcpListener,
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                open.spawn(serve(stream));
            }
        });
        Self { address, connections, _tasks: tasks }
    }

    /// A gRPC server that handles every stream with `handle`.
    pub(super) async fn grpc<F>(
        handle: impl Fn(Request<RecvStream>, SendResponse<Bytes>) -> F + Clone + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::new(move |stream| http2(stream, handle.clone())).await
    }

    /// How many connections it has had.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Serves one HTTP/2 connection.
pub(super) async fn http2<F>(
    stream: TcpStream,
    handle: impl Fn(Request<RecvStream>, SendResponse<Bytes>) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut streams = JoinSet::new();
    let Ok(mut connection) = server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        streams.spawn(handle(request, respond));
    }
}

/// All bytes of a body.
pub(super) async fn read(mut body: RecvStream) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(Ok(bytes)) = body.data().await {
        let _released = body.flow_control().release_capacity(bytes.len());
        all.extend_from_slice(&bytes);
    }
    all
}

/// `message` as gRPC frames it.
pub(super) fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat().into()
}

pub(super) fn head() -> Response<()> {
    Response::builder().header("content-type", "application/grpc").body(()).unwrap()
}

/// Responds with one message.
pub(super) fn respond(mut to: SendResponse<Bytes>, message: &[u8]) {
    let mut body = to.send_response(head(), false).unwrap();
    body.send_data(framed(message), false).unwrap();
    body.send_trailers(status(Code::Ok)).unwrap();
}

/// Responds with a status and nothing else.
pub(super) fn refuse(mut to: SendResponse<Bytes>, code: Code, more: &[(&'static str, &str)]) {
    let mut response = head();
    response.headers_mut().extend(status(code));
    for (name, value) in more {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    to.send_response(response, true).unwrap();
}

pub(super) fn status(code: Code) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", i32::from(code).into());
    trailers
}

/// The client's sentence and its causes.
pub(super) fn sentence(error: &dyn std::error::Error) -> String {
    crate::text::on_one_line(error)
}

/// Answers one after another; the last one for ever.
#[derive(Debug)]
struct Script(Mutex<VecDeque<Vec<&'static str>>>);

impl Resolve for Script {
    fn resolve(&self, _host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let answer = answer.unwrap().into_iter().map(|address| address.parse().unwrap()).collect();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

/// A client of a name that a test resolves.
pub(super) fn named(
    settings: settings::Client,
    answers: impl IntoIterator<Item = Vec<&'static str>>,
) -> (Clients, Arc<Client>) {
    let settings = settings::Client { host: "user.test".to_owned(), ..settings };
    let script: Arc<dyn Resolve> = Arc::new(Script(Mutex::new(answers.into_iter().collect())));
    let clients = Clients::with_resolver(
        &[settings],
        &script,
        &LocalServices::default(),
        &Observers::default(),
    );
    let client = clients.get("user").unwrap().clone();
    (clients, client)
}

/// Sockets on one port of several loopback addresses.
pub(super) async fn listeners<const N: usize>(addresses: [&'static str; N]) -> [TcpListener; N] {
    'again: loop {
        let mut port = 0;
        let mut listeners = Vec::new();
        for address in addresses {
            let Ok(listener) = TcpListener::bind((address, port)).await else { continue 'again };
            port = listener.local_addr().unwrap().port();
            listeners.push(listener);
        }
        return listeners.try_into().unwrap();
    }
}

/// Servers on one port of several loopback addresses; each is told its own.
pub(super) async fn servers<const N: usize>(
    handle: impl Fn(IpAddr, SendResponse<Bytes>) + Copy + Send + 'static,
    addresses: [&'static str; N],
) -> [Server; N] {
    listeners(addresses).await.map(|listener| {
        let address = listener.local_addr().unwrap().ip();
        Server::on(listener, move |stream| {
            http2(stream, move |_, to| async move { handle(address, to) })
        })
    })
}
