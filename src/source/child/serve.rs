//! The child's side: bound by its limits first, then order after order, with the same code that reads without a child.

use super::{
    super::{Access, RowBatch, SourceError, SqlLimits, open},
    batch, disk,
    ended::{DISK, says_no_memory},
    frames::{self, hear},
    limits,
    process::GRACE,
    protocol::{Begin, Failed, Kind, Order, Take, Told},
};
use crate::definition::{ReadLimits, Rows, Source, SourceKind};
use rustix::process::{Signal, getpid, kill_process};
use std::{
    io::{self, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

/// Between looks at what is kept on disk.
const LOOK: Duration = Duration::from_millis(100);
const NICE: i32 = 5;
/// The reading's own clock rings after the parent's, which kills.
const LATER: Duration = Duration::from_secs(60);

/// Reads for the process that started this one, until it has no more orders or is gone.
pub fn serve() -> ExitCode {
    match begin() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("listkeeper: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn begin() -> io::Result<()> {
    let mut parent = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut out = Out { to: parent.try_clone()?, buffer: Vec::new() };
    let Some(Begin { source, limits, home }) = hear(&mut parent) else { return Ok(()) };
    step_back();
    if let Err(error) = limits::bind(&limits) {
        out.fail(error)?;
        return Ok(());
    }
    let cancel = Arc::new(AtomicBool::new(false));
    let ending = Ending { driver: matches!(source.kind, SourceKind::Adbc(_)), cancel: Arc::clone(&cancel), home: home.clone() };
    let orders = orders(parent, ending)?;
    let most = limits.disk_bytes;
    thread::Builder::new().name("disk".to_owned()).spawn(move || watch_disk(&home, most))?;
    let sql = SqlLimits { time: limits.time + LATER, ..SqlLimits::default() };
    let child = Serving { source: Arc::new(source), limits, access: Access::local(sql, cancel) };
    orders.iter().try_for_each(|order| child.carry_out(order, &mut out))
}

/// What is in a hurry goes first, and where memory is short this process goes first. Neither has to work.
fn step_back() {
    rustix::process::nice(NICE).ok();
    std::fs::write("/proc/self/oom_score_adj", "500").ok();
}

/// Orders as they come. When whoever gives them is gone, this process ends, whatever it is at.
fn orders(mut parent: UnixStream, ending: Ending) -> io::Result<Receiver<Order>> {
    let (to, orders) = channel();
    let hearing = move || {
        while let Some(order) = hear(&mut parent) {
            to.send(order).ok();
        }
        ending.end();
    };
    thread::Builder::new().name("orders".to_owned()).spawn(hearing)?;
    Ok(orders)
}

/// How this process ends when nobody needs it any more.
struct Ending {
    driver: bool,
    cancel: Arc<AtomicBool>,
    home: PathBuf,
}

impl Ending {
    fn end(&self) {
        self.cancel.store(true, Ordering::Relaxed);
        if self.driver {
            // Its engine is told to stop.
            thread::sleep(GRACE);
        }
        std::fs::remove_dir_all(&self.home).ok();
        end(Signal::KILL);
    }
}

/// To the parent, which reads what is written here.
#[expect(clippy::print_stderr, reason = "a child of ours talks to nobody else")]
fn say(text: &str) {
    eprintln!("{text}");
}

fn watch_disk(home: &Path, most: u64) {
    loop {
        if disk::used(home) > most {
            say(DISK);
            end(Signal::KILL);
        }
        thread::sleep(LOOK);
    }
}

/// Not by way of `exit`: what libraries do at the end may never end.
fn end(signal: Signal) {
    kill_process(getpid(), signal).ok();
}

struct Serving {
    source: Arc<Source>,
    limits: ReadLimits,
    access: Access,
}

impl Serving {
    fn carry_out(&self, order: Order, out: &mut Out) -> io::Result<()> {
        let done = match order {
            Order::Columns(take, wanted) => self.columns(take, &wanted).map(|columns| out.json(Kind::Columns, &columns)),
            Order::Check(take) => open(&self.rows(take), &self.access)
                .and_then(|mut reader| reader.check())
                .map(|()| out.json(Kind::Columns, &Vec::<String>::new())),
            Order::Read(take, columns) => self.read(take, &columns, out).map(|told| out.json(Kind::Report, &told)),
            Order::Finish => self.access.finish().map(|several| out.json(Kind::Finished, &several.is_empty())),
        };
        done.unwrap_or_else(|error| out.fail(self.named(error)))
    }

    fn columns(&self, take: Take, wanted: &[String]) -> Result<Vec<String>, SourceError> {
        let wanted = wanted.iter().map(String::as_str).collect::<Vec<_>>();
        let access = self.access(&take);
        open(&self.rows(take), &access)?.columns_for(&wanted)
    }

    fn read(&self, take: Take, columns: &[String], out: &mut Out) -> Result<Told, SourceError> {
        let columns = columns.iter().map(String::as_str).collect::<Vec<_>>();
        let (mut rows, access) = (0, self.access(&take));
        let report = open(&self.rows(take), &access)?.read(&columns, &mut |batch| {
            rows += batch.len() as u64;
            if rows > self.limits.rows {
                return Err(limits::rows(&self.limits));
            }
            out.rows(&batch)
        })?;
        Ok(report.into())
    }

    fn access(&self, take: &Take) -> Access {
        Access { vital: take.vital.clone().into(), ..self.access.clone() }
    }

    fn rows(&self, Take { segment, file, select, .. }: Take) -> Rows {
        Rows { segment, file, select, source: Arc::clone(&self.source), written: None }
    }

    /// What failed for want of memory is said to be that.
    fn named(&self, error: SourceError) -> SourceError {
        if says_no_memory(&error.message) { limits::memory(&self.limits) } else { error }
    }
}

struct Out {
    to: UnixStream,
    buffer: Vec<u8>,
}

impl Out {
    fn json(&mut self, kind: Kind, answer: &impl serde::Serialize) -> io::Result<()> {
        let json = serde_json::to_vec(answer)?;
        frames::write(&mut self.to, &mut self.buffer, kind, |body| body.extend(json))
    }

    fn fail(&mut self, error: SourceError) -> io::Result<()> {
        self.json(Kind::Error, &Failed::from(error))
    }

    fn rows(&mut self, batch: &RowBatch) -> Result<(), SourceError> {
        let Self { to, buffer } = self;
        if batch.bytes() > frames::MAX_FRAME_BYTES {
            let most = frames::MAX_FRAME_BYTES >> 20;
            return Err(SourceError::new(format!("a row has more than {most} MiB")).hint("take fewer or shorter columns"));
        }
        let written = frames::write(to, buffer, Kind::Rows, |body| batch::encode(batch, body));
        written.and_then(|()| to.flush()).map_err(|_| SourceError::new("nobody reads on"))
    }
}
