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
}

impl Bounded {
    pub fn new(tcp: TcpListener) -> Self {
        Self { tcp, places: Arc::new(Semaphore::new(limits::CONNECTIONS)) }
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
            patience: Box::pin(sleep(limits::IDLE)),
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
            self.patience.as_mut().reset(Instant::now() + limits::IDLE);
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
