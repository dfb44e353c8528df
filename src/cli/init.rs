//! `listkeeper init`.

use super::{exit, look, render};
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Write a small first definition, with comments
///
/// Writes listkeeper.yaml, a few customers to try it with, and the JSON Schema for your editor. Nothing that exists is
/// overwritten.
#[derive(clap::Args)]
pub struct Args {
    /// Directory to write to; it is created if it does not exist
    #[arg(default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

/// What a start consists of. The schema is a copy beside the definitions, because only that is always there, of the
/// version in use, and readable without a network; the reader skips dot-folders.
fn files() -> [(&'static str, String); 3] {
    [
        ("listkeeper.yaml", include_str!("init/listkeeper.yaml").to_owned()),
        ("data/customers.csv", include_str!("init/customers.csv").to_owned()),
        (".listkeeper/schema.json", super::schema::text() + "\n"),
    ]
}

pub fn run(args: &Args) -> u8 {
    match write(&args.dir) {
        Ok(()) => {
            let dir = args.dir.display();
            let (wrote, next) = (files().map(|(name, _)| name).join(", "), format!("listkeeper plan {dir} --sandbox"));
            let printed = look::print(|out| {
                writeln!(out, "Wrote {wrote} to {dir}.")?;
                writeln!(out, "Next: read listkeeper.yaml, then `{next}` shows what it would do, without an account.")
            });
            printed.map_or_else(|code| code, |()| exit::DONE)
        }
        Err(error) => {
            render::error(&error.to_string(), &[]);
            exit::FAILED
        }
    }
}

fn write(dir: &Path) -> io::Result<()> {
    let existing = files().map(|(name, _)| dir.join(name)).into_iter().find(|path| path.symlink_metadata().is_ok());
    if let Some(path) = existing {
        let text = format!("{} exists and is not overwritten; choose another directory", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    files().into_iter().try_for_each(|(name, text)| {
        let path = dir.join(name);
        create(&path, &text).map_err(|error| io::Error::new(error.kind(), format!("{} cannot be written: {error}", path.display())))
    })
}

/// Never overwrites, even what appeared a moment ago.
fn create(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use crate::{
        cli::exit,
        definition::{Location, Table},
    };

    #[test]
    fn a_start_is_valid_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let args = super::Args { dir: dir.path().join("new") };
        assert_eq!(super::run(&args), exit::DONE);
        let catalog = crate::definition::read(&args.dir);
        assert!(catalog.diagnostics.is_empty(), "{:?}", catalog.diagnostics);
        assert_eq!((catalog.exports.len(), catalog.segments.len()), (1, 2));
        let is_there = |table: &Table| matches!(&table.location, Location::Local(path) if path.exists());
        assert!(catalog.sources.values().all(|source| source.files().is_some_and(|files| files.tables.values().all(is_there))));

        std::fs::write(args.dir.join("listkeeper.yaml"), "mine").unwrap();
        assert_eq!(super::run(&args), exit::FAILED);
        assert_eq!(std::fs::read_to_string(args.dir.join("listkeeper.yaml")).unwrap(), "mine");
    }
}
