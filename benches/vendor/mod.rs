//! A Mailchimp for benchmarks: in memory, no rules, every answer after a fixed time at the server. What is measured against
//! it is Listkeeper, not the stand-in; the strict one is `listkeeper sandbox`.

#![allow(dead_code, reason = "each benchmark uses its part")]

mod held;
mod routes;

use held::Held;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// How long an answer takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    pub of_a_call: Duration,
    pub of_a_row: Duration,
}

/// What the vendor holds, and what it was asked.
pub struct Vendor {
    held: Mutex<Held>,
    latency: Latency,
    counts: Counts,
}

/// What it was asked since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// Bulk calls, tag calls and calls of one contact.
    pub writes: AtomicU64,
    pub reads: AtomicU64,
    /// Of those, pages of contacts.
    pub pages: AtomicU64,
    in_flight: AtomicU64,
    pub most_at_once: AtomicU64,
}

impl Vendor {
    /// Starts it on a free port.
    pub fn start(latency: Latency) -> std::io::Result<(Arc<Self>, String)> {
        let vendor = Arc::new(Self { held: Mutex::default(), latency, counts: Counts::default() });
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = format!("http://{}/3.0", listener.local_addr()?);
        let app = routes::app(Arc::clone(&vendor));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    let _ = axum::serve(listener, app).await;
                }
            });
        });
        Ok((vendor, address))
    }

    pub fn writes(&self) -> u64 {
        self.counts.writes.load(Relaxed)
    }

    pub fn pages(&self) -> u64 {
        self.counts.pages.load(Relaxed)
    }

    pub fn most_at_once(&self) -> u64 {
        self.counts.most_at_once.load(Relaxed)
    }

    /// Contacts, those with the first tag, and updates of one contact so far.
    pub fn holds(&self) -> (usize, usize, u64) {
        self.held().counts()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
