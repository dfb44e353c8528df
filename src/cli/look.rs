//! What the commands share that only look at the state: they need no lock, and work while another process writes.

use super::{
    Globals,
    render::{self, Shown},
    session,
};
use crate::{
    definition::{self, Catalog, Name},
    state::{StateDir, StateError, View},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::{
    io::{self, Write},
    path::Path,
};

/// A state, if there is one.
pub struct Look {
    pub dir: StateDir,
    pub view: Option<View>,
}

impl Look {
    /// Opens the state, the sandbox's if asked, or says why not and gives the exit code.
    pub fn open(globals: &Globals, sandbox: bool, now: DateTime<Utc>) -> Result<Self, u8> {
        let dir = session::state_dir(globals, sandbox)?;
        let view = View::open(&dir, now).map_err(|error| state_failed(&error))?;
        Ok(Self { dir, view })
    }
}

/// Says what is wrong with the state; gives the exit code.
pub fn state_failed(error: &StateError) -> u8 {
    session::fail(&error.message, error.hint.as_deref())
}

/// Writes text for people to stdout. A reader that has seen enough (`| head`) is not an error.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), u8> {
    print_to(render::out(Shown::Text), write)
}

/// The same of JSON.
pub fn print_json(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), u8> {
    print_to(render::out(Shown::Json), write)
}

/// The same of other data.
pub fn print_data(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), u8> {
    print_to(render::data(), write)
}

fn print_to(to: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), u8> {
    let mut out = io::BufWriter::new(to);
    write(&mut out).and_then(|()| out.flush()).map_err(|error| stdout_failed(&error))
}

/// Says that what was to be shown is not whole; gives the exit code.
pub fn stdout_failed(error: &io::Error) -> u8 {
    session::fail(&format!("stdout cannot be written: {error}"), Some("what was written is incomplete: make room, or write it elsewhere"))
}

/// An export's name as given, or what is wrong with it.
pub fn export_name(text: &str) -> Result<Name, u8> {
    Name::new(text).map_err(|rule| session::fail(&format!("\"{text}\" is not an export's name: {rule}"), None))
}

/// Says that an export is not known, and which are.
pub fn unknown_export(name: &Name, view: Option<&View>) -> u8 {
    let known = view.map(|view| view.exports_with_runs().unwrap_or_default()).unwrap_or_default();
    let names: Vec<_> = known.iter().map(Name::as_str).collect();
    let hint = if names.is_empty() { "nothing has run yet".to_owned() } else { format!("exports that have run: {}", names.join(", ")) };
    session::fail(&format!("the state knows nothing of an export {name}"), Some(&hint))
}

/// The definitions, where there are some: the state is shown in any case.
pub fn definitions(dir: &Path) -> Option<Catalog> {
    let catalog = definition::read(dir);
    (!catalog.exports.is_empty()).then_some(catalog)
}

/// The zone in which an export's times are shown: that of its schedule, else UTC.
pub fn zone(catalog: Option<&Catalog>, export: &Name) -> Tz {
    let export = catalog.and_then(|catalog| catalog.exports.get(export));
    export.and_then(|export| export.schedule.as_ref()).map_or(Tz::UTC, |schedule| schedule.time_zone)
}
