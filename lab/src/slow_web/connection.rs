//! Accepted connections: counted, without delay of small packets, and able to end in a TCP reset.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use super::Counters;

/// Hands axum its connections.
pub(super) struct CountingListener {
    pub(super) listener: TcpListener,
    pub(super) counters: Arc<Counters>,
}

impl Listener for CountingListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // axum's own accept, because it waits a second and tries again when the process has run out of descriptors.
        let (stream, address) =
            <TcpListener as Listener>::accept(&mut self.listener).await;
        self.counters.connections.fetch_add(1, SeqCst);
        // Without it, Nagle's algorithm may hold an answer back by up to 40 ms. It fails only for a dead connection.
        let _ = stream.set_nodelay(true);
        (Connection { stream, reset: Reset::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A handler's lever: once pulled, the connection ends with a reset in place of an orderly close.
#[derive(Clone, Default)]
pub(super) struct Reset(Arc<AtomicBool>);

impl Reset {
    pub(super) fn pull(&self) {
        self.0.store(true, SeqCst);
    }
}

impl Connected<IncomingStream<'_, CountingListener>> for Reset {
    fn connect_info(stream: IncomingStream<'_, CountingListener>) -> Self {
        stream.io().reset.clone()
    }
}

/// A TCP stream that does as its [`Reset`] says when it is dropped.
pub(super) struct Connection {
    stream: TcpStream,
    reset: Reset,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.reset.0.load(SeqCst) {
            // Closing with a linger time of zero is how a program asks for RST instead of FIN. If it cannot be set,
            // the peer sees an orderly close, which cuts the body short as well.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    // Head and body in one system call: the default would write them one by one.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
