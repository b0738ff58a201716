//! Accepted connections: without delay of small packets, and able to end in a TCP reset.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// A handler's lever: once pulled, the connection ends with a reset in place of an orderly close.
#[derive(Clone, Default)]
pub(super) struct Reset(Arc<AtomicBool>);

impl Reset {
    pub(super) fn pull(&self) {
        self.0.store(true, SeqCst);
    }
}

/// A TCP stream that does as its [`Reset`] says when it is dropped.
pub(super) struct Connection {
    stream: TcpStream,
    reset: Reset,
}

impl Connection {
    /// The next connection that a client opens.
    pub(super) async fn accept(listener: &mut TcpListener) -> Self {
        // axum's own accept, because it waits a second and tries again when the process has run out of descriptors.
        let (stream, _) = <TcpListener as Listener>::accept(listener).await;
        // Without it, Nagle's algorithm may hold an answer back by up to 40 ms. It fails only for a dead connection.
        let _ = stream.set_nodelay(true);
        Self { stream, reset: Reset::default() }
    }

    /// The lever of this connection.
    pub(super) fn reset(&self) -> Reset {
        self.reset.clone()
    }
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
