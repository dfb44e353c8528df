//! How a run goes, on stderr: bars on a terminal, a line now and then elsewhere.

use crate::{
    plan::words::{grouped, plain},
    run::Watch,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::{
    io::IsTerminal,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Where there is no terminal: at most one line in this long, besides a phase's last.
const EVERY: Duration = Duration::from_secs(5);

/// Progress of one run.
pub struct Progress {
    sink: Sink,
    /// Before everything it says, where several runs are told of.
    prefix: String,
    /// The phase that [`Watch`] speaks of.
    current: Mutex<Option<Arc<Bar>>>,
}

#[derive(Clone)]
enum Sink {
    Bars(MultiProgress),
    Lines(Arc<dyn Lines>),
}

/// Where lines go, and the time; replaced in tests.
trait Lines: Send + Sync {
    fn print(&self, line: &str);
    fn now(&self) -> Instant;
}

struct Stderr;

impl Lines for Stderr {
    fn print(&self, line: &str) {
        super::talk(line);
    }

    fn now(&self) -> Instant {
        Instant::now()
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Bars if stderr is a terminal that can redraw a line.
    pub fn new() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let bars = std::io::stderr().is_terminal() && !dumb;
        Self::with(if bars { Sink::Bars(MultiProgress::new()) } else { Sink::Lines(Arc::new(Stderr)) })
    }

    fn with(sink: Sink) -> Self {
        Self { sink, prefix: String::new(), current: Mutex::new(None) }
    }

    /// Of another run at the same time, in the same place.
    pub fn beside(&self, name: &str) -> Self {
        Self { sink: self.sink.clone(), prefix: format!("{name}: "), current: Mutex::new(None) }
    }

    /// Begins a phase; several may be open at once.
    pub fn phase(&self, name: &str, total: Option<u64>) -> Bar {
        let name = format!("{}{}", self.prefix, plain(name));
        let bar = match &self.sink {
            Sink::Bars(all) => Shown::Bar(all.add(bar(&name, total))),
            Sink::Lines(lines) => Shown::Lines { lines: Arc::clone(lines), said: Mutex::new(lines.now()) },
        };
        Bar { name, total, done: AtomicU64::new(0), bar }
    }

    /// A line that does not tear a bar.
    pub fn note(&self, text: &str) {
        let text = format!("{}{}", self.prefix, plain(text));
        match &self.sink {
            Sink::Bars(all) => all.suspend(|| super::talk(&text)),
            Sink::Lines(lines) => lines.print(&text),
        }
    }
}

impl Watch for Progress {
    fn phase(&self, label: &str, total: Option<u64>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // The one before it ends, and says so, first.
        drop(current.take());
        *current = Some(Arc::new(Progress::phase(self, label, total)));
    }

    fn advance(&self, by: u64) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(bar) = current {
            bar.add(by);
        }
    }

    fn note(&self, text: &str) {
        Progress::note(self, text);
    }
}

/// One phase under way; it ends when it is dropped or [`Bar::done`].
pub struct Bar {
    name: String,
    total: Option<u64>,
    done: AtomicU64,
    bar: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { lines: Arc<dyn Lines>, said: Mutex<Instant> },
}

impl Bar {
    /// So many more steps are done.
    pub fn add(&self, by: u64) {
        let done = self.done.fetch_add(by, Ordering::Relaxed) + by;
        match &self.bar {
            Shown::Bar(bar) => {
                // A platform's own count may be old: then nobody knows how many there are.
                if self.total.is_some_and(|total| done > total) {
                    shape(bar, None);
                }
                bar.inc(by);
            }
            Shown::Lines { lines, said } => {
                // Whoever finds it locked leaves the line to whoever holds it.
                let Ok(mut said) = said.try_lock() else { return };
                let now = lines.now();
                if now.duration_since(*said) >= EVERY {
                    *said = now;
                    lines.print(&self.line(done));
                }
            }
        }
    }

    pub fn done(self) {
        drop(self);
    }

    fn line(&self, done: u64) -> String {
        match self.total {
            Some(total) if total >= done && total > 0 => {
                format!("{}: {} of {} ({} %)", self.name, grouped(done), grouped(total), done.saturating_mul(100) / total)
            }
            _ => format!("{}: {}", self.name, grouped(done)),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        let done = self.done.load(Ordering::Relaxed);
        match &self.bar {
            Shown::Bar(bar) => bar.finish(),
            Shown::Lines { lines, .. } if done > 0 => lines.print(&self.line(done)),
            Shown::Lines { .. } => {}
        }
    }
}

fn bar(name: &str, total: Option<u64>) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    shape(&bar, total);
    bar.set_message(plain(name));
    bar
}

fn shape(bar: &ProgressBar, total: Option<u64>) {
    let template = match total {
        Some(_) => "{msg:26} [{bar:30}] {human_pos} of {human_len}  {eta}",
        None => "{msg:26} {spinner} {human_pos}  {elapsed}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Script {
        start: Instant,
        elapsed: AtomicU64,
        printed: Mutex<Vec<String>>,
    }

    impl Lines for Script {
        fn print(&self, line: &str) {
            self.printed.lock().unwrap().push(line.to_owned());
        }

        fn now(&self) -> Instant {
            self.start + Duration::from_secs(self.elapsed.load(Ordering::Relaxed))
        }
    }

    fn scripted() -> (Arc<Script>, Progress) {
        let script = Arc::new(Script { start: Instant::now(), elapsed: AtomicU64::new(0), printed: Mutex::default() });
        (Arc::clone(&script), Progress::with(Sink::Lines(script)))
    }

    #[test]
    fn lines_come_every_five_seconds_and_at_the_end_of_a_phase() {
        let (script, progress) = scripted();
        let watch: &dyn Watch = &progress;
        watch.phase("Creating", Some(2000));
        for second in 0..=11 {
            script.elapsed.store(second, Ordering::Relaxed);
            watch.advance(100);
        }
        watch.note("too many calls; waiting");
        watch.phase("Joining", None);
        watch.advance(7);
        drop(progress);
        let printed = script.printed.lock().unwrap();
        let expected = [
            "Creating: 600 of 2,000 (30 %)",
            "Creating: 1,100 of 2,000 (55 %)",
            "too many calls; waiting",
            "Creating: 1,200 of 2,000 (60 %)",
            "Joining: 7",
        ];
        assert_eq!(*printed, expected);
    }

    #[test]
    fn a_phase_without_steps_says_nothing_and_phases_may_be_open_at_once() {
        let (script, progress) = scripted();
        let (one, other) = (progress.phase("One", Some(0)), progress.phase("Other", Some(4)));
        other.add(4);
        one.done();
        other.done();
        assert_eq!(*script.printed.lock().unwrap(), ["Other: 4 of 4 (100 %)"]);
    }

    #[test]
    fn more_than_the_total_is_no_share_of_it() {
        let (script, progress) = scripted();
        let reading = progress.phase("Reading", Some(5));
        reading.add(300);
        reading.done();
        assert_eq!(*script.printed.lock().unwrap(), ["Reading: 300"]);
    }
}
