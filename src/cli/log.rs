//! Log lines, on stderr: quiet unless something is wrong, or `LISTKEEPER_LOG` asks for more.

use super::{
    Globals, LogFormat,
    render::{Harmless, Shown},
};
use tracing_subscriber::{EnvFilter, fmt};

/// Begins logging. `LISTKEEPER_LOG=debug` tells every call (never addresses, never secrets).
pub fn init(globals: &Globals) {
    // JSON is read by machines: there the daemon's own lines are what the terminal would show.
    let quiet = if globals.log_format == LogFormat::Json { "warn,listkeeper=info" } else { "warn" };
    let filter = EnvFilter::try_from_env("LISTKEEPER_LOG").unwrap_or_else(|_| EnvFilter::new(quiet));
    let shown = if globals.log_format == LogFormat::Json { Shown::Json } else { Shown::Text };
    let log = fmt().with_env_filter(filter).with_writer(move || Harmless::new(std::io::stderr(), shown));
    // A second call (tests in one process) leaves the first as it is.
    let _ = match globals.log_format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}
