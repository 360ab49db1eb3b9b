//! Connections: a bounded number at once, and none that idles.
//!
//! A connection may last as long as its request's job. It may not make the server wait for a request, or for an answer
//! to be received. So its idle time counts whenever none of its requests is being answered. If all places are taken,
//! the connection ends whose client the server has waited for longest.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::limits;
use super::waiting::{Pace, Waiting};

/// A listener with a bounded number of connections.
pub(super) struct Bounded {
    tcp: TcpListener,
    places: Arc<Semaphore>,
    waiting: Arc<Waiting>,
    idle: Duration,
}

impl Bounded {
    pub fn new(tcp: TcpListener, waiting: Arc<Waiting>) -> Self {
        Self::with(tcp, waiting, limits::CONNECTIONS, limits::IDLE)
    }

    fn with(tcp: TcpListener, waiting: Arc<Waiting>, connections: usize, idle: Duration) -> Self {
        Self { tcp, places: Arc::new(Semaphore::new(connections)), waiting, idle }
    }

    /// A place for one more connection. If no place is free, a connection ends whose client has sent half a request or
    /// none.
    async fn place(&self) -> OwnedSemaphorePermit {
        loop {
            if let Ok(place) = self.places.clone().try_acquire_owned() {
                return place;
            }
            self.waiting.make_way();
            // The semaphore is never closed. A connection that was told to end needs a moment, or its request has
            // become whole meanwhile.
            if let Ok(Ok(place)) = timeout(limits::MAKE_WAY, self.places.clone().acquire_owned()).await {
                return place;
            }
        }
    }
}

impl Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (tcp, address) = Listener::accept(&mut self.tcp).await;
        let place = self.place().await;
        let connection = Connection {
            tcp,
            pace: self.waiting.open(),
            idle: self.idle,
            patience: Box::pin(sleep(self.idle)),
            answered: 0,
            unwanted: None,
            _place: place,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
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
    /// The number of answered requests when `patience` began.
    answered: u64,
    /// When the connection is ending: the number of bytes that are still read and ignored.
    unwanted: Option<usize>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.pace.is_answering() {
            return Ok(());
        }
        let answered = self.pace.answered();
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

    /// Notes the result of writing.
    fn written(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(outcome, Poll::Ready(Ok(bytes)) if bytes > 0) {
            self.pace.has_written();
        }
        outcome
    }
}

impl AsyncRead for Connection {
    /// Bytes that have arrived are accepted even if the server reads them late: a busy server is not the client's
    /// fault.
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.tcp).poll_read(context, to);
        if read.is_ready() {
            self.pace.has_read();
            return read;
        }
        if self.pace.is_drained(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.check(context)?;
        Poll::Pending
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let outcome = Pin::new(&mut self.tcp).poll_write(context, from);
        self.written(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let outcome = Pin::new(&mut self.tcp).poll_write_vectored(context, from);
        self.written(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    /// Closing a connection with unread bytes resets it, and an answer on its way is lost. So the bytes that are still
    /// sent are read and ignored first. For a client that was refused, this goes on until it hangs up or must end.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let unwanted = match &mut this.unwanted {
            Some(unwanted) => unwanted,
            none => {
                ready!(Pin::new(&mut this.tcp).poll_shutdown(context))?;
                this.patience.as_mut().reset(Instant::now() + limits::LINGER);
                none.insert(limits::LINGER_BYTES)
            }
        };
        let mut bytes = [0; 4096];
        while *unwanted > 0 && this.patience.as_mut().poll(context).is_pending() {
            let mut part = ReadBuf::new(&mut bytes);
            match Pin::new(&mut this.tcp).poll_read(context, &mut part) {
                Poll::Pending if this.pace.is_refused() && !this.pace.is_drained(context) => return Poll::Pending,
                Poll::Ready(Ok(())) if !part.filled().is_empty() => {
                    *unwanted = unwanted.saturating_sub(part.filled().len());
                }
                // There are no bytes, or the client has hung up.
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::ConnectInfo;
    use axum::routing::{get, post};
    use std::io::{Read, Write};
    use std::net::TcpStream as Client;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    /// Serves two connections at once. Each may idle for a tenth of a second. A request is answered when `go` gets a
    /// permit for it. `before` connects before the server runs, so that what it sends arrives in time.
    fn serve<T>(go: Arc<Semaphore>, before: impl FnOnce(SocketAddr) -> T) -> (tokio::runtime::Runtime, SocketAddr, T) {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let tcp = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("bound");
        let address = tcp.local_addr().expect("an address");
        let connected = before(address);
        let handler = async move |ConnectInfo(pace): ConnectInfo<Pace>| {
            let _answering = pace.begin();
            go.acquire().await.expect("never closed").forget();
            "answer"
        };
        let app = axum::Router::new().route("/", get(handler)).into_make_service_with_connect_info::<Pace>();
        let listener = Bounded::with(tcp, Arc::default(), 2, Duration::from_millis(100));
        runtime.spawn(async move { axum::serve(listener, app).await });
        (runtime, address, connected)
    }

    /// A connection over which some bytes were sent.
    fn send(address: SocketAddr, bytes: &[u8]) -> Client {
        let mut client = Client::connect(address).expect("connected");
        client.set_read_timeout(Some(Duration::from_secs(300))).expect("set");
        // The connection may already be closed.
        let _ = client.write_all(bytes);
        client
    }

    /// Everything that arrives until the connection ends.
    fn rest(mut client: Client) -> String {
        let mut all = Vec::new();
        // A reset connection is an end too.
        let _ = client.read_to_end(&mut all);
        String::from_utf8(all).expect("text")
    }

    #[test]
    fn who_idles_is_hung_up_on_and_who_waits_for_an_answer_is_not() {
        let go = Arc::new(Semaphore::new(0));
        let (_runtime, address, waiting) = serve(go.clone(), |address| send(address, REQUEST));
        // A client waits for an answer for three times as long as a connection may idle.
        for part in [&b""[..], &REQUEST[..10], &REQUEST[..10]] {
            assert_eq!(rest(send(address, part)), "");
        }
        go.add_permits(1);
        let answer = rest(waiting);
        assert!(answer.ends_with("answer"), "the answer, and then the end: {answer:?}");
    }

    /// The refused client gets its answer, although the server never reads what it sends, and although that is more
    /// than any buffer holds.
    #[test]
    fn who_is_refused_while_sending_reads_the_answer() {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        let tcp = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("bound");
        let address = tcp.local_addr().expect("an address");
        let refuse = async |ConnectInfo(pace): ConnectInfo<Pace>| {
            let _answering = pace.begin();
            pace.refuse();
            "refused"
        };
        let app = axum::Router::new().route("/", post(refuse)).into_make_service_with_connect_info::<Pace>();
        let listener = Bounded::with(tcp, Arc::default(), 1, Duration::from_secs(300));
        runtime.spawn(async move { axum::serve(listener, app).await });
        let length = 16 << 20;
        let mut client =
            send(address, format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n").as_bytes());
        client.write_all(&vec![0; length]).expect("taken to the end");
        let answer = rest(client);
        assert!(answer.ends_with("refused"), "{answer:?}");
    }

    #[test]
    fn a_connection_too_many_waits_for_a_place() {
        let three = |address| [(); 3].map(|()| send(address, REQUEST));
        let (_runtime, _, clients) = serve(Arc::new(Semaphore::new(3)), three);
        assert!(clients.into_iter().map(rest).all(|answer| answer.ends_with("answer")));
    }
}
