//! Connections: so many at once, and none that idles.
//!
//! A connection may take as long as its request's job does; what it may not is keep the server waiting, for a request or for
//! an answer to be taken. So the time counts whenever no request of it is being answered.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

use super::limits;

/// A listener that has a bounded number of connections.
pub(super) struct Bounded {
    tcp: TcpListener,
    places: Arc<Semaphore>,
    idle: Duration,
}

impl Bounded {
    pub fn new(tcp: TcpListener) -> Self {
        Self::with(tcp, limits::CONNECTIONS, limits::IDLE)
    }

    fn with(tcp: TcpListener, connections: usize, idle: Duration) -> Self {
        Self { tcp, places: Arc::new(Semaphore::new(connections)), idle }
    }
}

impl Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let place = loop {
            // The semaphore is never closed.
            if let Ok(place) = self.places.clone().acquire_owned().await {
                break place;
            }
        };
        let (tcp, address) = Listener::accept(&mut self.tcp).await;
        let connection = Connection {
            tcp,
            pace: Pace::default(),
            idle: self.idle,
            patience: Box::pin(sleep(self.idle)),
            answered: 0,
            _place: place,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// How far a connection's requests are: begun and answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Arc<(AtomicU64, AtomicU64)>);

impl Pace {
    /// A request is being answered until this is dropped.
    pub fn begin(&self) -> Answering {
        self.0.0.fetch_add(1, Ordering::Relaxed);
        Answering(self.clone())
    }
}

pub(super) struct Answering(Pace);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.1.fetch_add(1, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, Bounded>> for Pace {
    fn connect_info(stream: IncomingStream<'_, Bounded>) -> Self {
        stream.io().pace.clone()
    }
}

/// A connection that ends by itself when it idles.
pub(super) struct Connection {
    tcp: TcpStream,
    pace: Pace,
    idle: Duration,
    patience: Pin<Box<Sleep>>,
    /// Requests that were answered when `patience` began.
    answered: u64,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let (begun, answered) = (self.pace.0.0.load(Ordering::Relaxed), self.pace.0.1.load(Ordering::Relaxed));
        if begun > answered {
            return Ok(());
        }
        if answered > self.answered {
            self.answered = answered;
            let end = Instant::now() + self.idle;
            self.patience.as_mut().reset(end);
        }
        match self.patience.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_read(context, to)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_write(context, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_write_vectored(context, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::ConnectInfo;
    use axum::routing::get;
    use std::io::{Read, Write};
    use std::net::TcpStream as Client;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    /// Serves two connections at once, each of which may idle for a tenth of a second. Requests are answered once `go` is given
    /// a permit for each.
    fn serve(go: Arc<Semaphore>) -> (tokio::runtime::Runtime, SocketAddr) {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let tcp = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("bound");
        let address = tcp.local_addr().expect("an address");
        let handler = async move |ConnectInfo(pace): ConnectInfo<Pace>| {
            let _answering = pace.begin();
            go.acquire().await.expect("never closed").forget();
            "answer"
        };
        let app = axum::Router::new().route("/", get(handler)).into_make_service_with_connect_info::<Pace>();
        let listener = Bounded::with(tcp, 2, Duration::from_millis(100));
        runtime.spawn(async move { axum::serve(listener, app).await });
        (runtime, address)
    }

    fn connect(address: SocketAddr) -> Client {
        let client = Client::connect(address).expect("connected");
        client.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
        client
    }

    /// What comes until the connection is ended.
    fn rest(mut client: Client) -> String {
        let mut all = Vec::new();
        // Being hung up on is an end as well.
        let _ = client.read_to_end(&mut all);
        String::from_utf8(all).expect("text")
    }

    #[test]
    fn who_idles_is_hung_up_on_and_who_waits_for_an_answer_is_not() {
        let go = Arc::new(Semaphore::new(0));
        let (_runtime, address) = serve(go.clone());
        let mut waiting = connect(address);
        waiting.write_all(REQUEST).expect("sent");
        // Three times as long as a connection may idle, somebody waits for an answer.
        for part in [&b""[..], &REQUEST[..10], &REQUEST[..10]] {
            let mut idle = connect(address);
            idle.write_all(part).expect("sent");
            assert_eq!(rest(idle), "");
        }
        go.add_permits(1);
        let answer = rest(waiting);
        assert!(answer.ends_with("answer"), "the answer, and then the end: {answer:?}");
    }

    #[test]
    fn a_connection_too_many_waits_for_a_place() {
        let go = Arc::new(Semaphore::new(3));
        let (_runtime, address) = serve(go);
        let ask = |_| {
            let mut client = connect(address);
            client.write_all(REQUEST).expect("sent");
            client
        };
        let clients: Vec<Client> = (0..3).map(ask).collect();
        assert!(clients.into_iter().map(rest).all(|answer| answer.ends_with("answer")));
    }
}
