//! A stream whose reader may be slow, but not for ever.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Longest that nothing of an answer is taken.
const STALL: Duration = Duration::from_secs(30);

pub(super) struct Patient<S> {
    stream: S,
    /// Since nothing was taken.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, stalled: None }
    }

    fn patience<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALL)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.patience(written, cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.patience(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.patience(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.patience(shut, cx)
    }
}

#[cfg(test)]
mod tests {
    mod server {
        use super::super::*;
        use tokio::io::AsyncWriteExt;

        #[tokio::test(start_paused = true)]
        async fn attack_an_answer_that_nobody_reads_is_given_up() {
            let (near, mut far) = tokio::io::duplex(16);
            let mut near = Patient::new(near);
            let write = tokio::spawn(async move { near.write_all(&[7; 64]).await });
            tokio::time::sleep(STALL - Duration::from_secs(1)).await;
            let mut some = [0; 16];
            tokio::io::AsyncReadExt::read_exact(&mut far, &mut some).await.unwrap();
            tokio::time::sleep(STALL - Duration::from_secs(1)).await;
            assert!(!write.is_finished(), "a slow reader is waited for");
            assert_eq!(write.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        }
    }
}
