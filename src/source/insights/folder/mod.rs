//! What Customer Insights exported: a folder of dated CSV files for each table, and `model.json`, which names them.
//!
//! Nothing but `model.json` says which refresh is whole, so it alone decides what is read: a newer folder is one that is being
//! written, a table without an entry is one whose export has not ended, and a `model.json` that changes under way means
//! that the next refresh has begun to replace this one. All of these are worth another try later (`UnderWay`).

mod model;
mod refresh;

use super::REFRESHING;
use crate::{
    definition::{self, Format},
    source::{
        Access, SourceError, SourceErrorKind,
        files::{Buckets, FileTable, Folder, Known, Shape},
        sql::Tables,
    },
};
use model::{Entity, Model};
use refresh::Refresh;
use std::{collections::BTreeMap, sync::Arc};

const MODEL: &str = "model.json";

/// The tables of an export.
pub struct Exported {
    folder: Folder,
    seen: Option<Seen>,
}

/// The export as this reading found it.
struct Seen {
    /// Where `model.json` is.
    home: Folder,
    text: String,
    model: Model,
    /// The folders, of tables mostly.
    folders: Vec<String>,
}

impl Exported {
    pub fn new(folder: &definition::Folder, access: &Access) -> Self {
        let buckets = Buckets::new(folder.storage.clone(), Arc::clone(&access.cancel));
        Self { folder: Folder::new(folder.location.clone(), buckets), seen: None }
    }

    fn see(&self) -> Result<Seen, SourceError> {
        let entries = self.folder.entries("")?;
        let home = self.home(entries.files.iter().any(|name| name == MODEL))?;
        let text = home.read(MODEL)?;
        let model = Model::read(&text, &format!("{home}/{MODEL}"))?;
        Ok(Seen { home, text, model, folders: entries.folders })
    }

    fn home(&self, is_here: bool) -> Result<Folder, SourceError> {
        if is_here {
            return Ok(self.folder.clone());
        }
        let above = self.folder.parent();
        let mut looked = vec![format!("{}/{MODEL}", self.folder)];
        if let Some(above) = above {
            if above.entries("")?.files.iter().any(|name| name == MODEL) {
                return Ok(above);
            }
            looked.push(format!("{above}/{MODEL}"));
        }
        Err(SourceError::new(format!("there is no {MODEL}: looked for {}", looked.join(" and ")))
            .hint("`path` is the folder of one export of Customer Insights, with model.json and a folder for each table"))
    }
}

impl Tables for Exported {
    fn names(&mut self) -> Result<Vec<String>, SourceError> {
        let seen = self.see()?;
        // By the name in any case, so that a table's folder does not count as another table.
        let mut names = seen.folders.iter().map(|name| (name.to_lowercase(), name.clone())).collect::<BTreeMap<_, _>>();
        names.extend(seen.model.entities.iter().map(|entity| (entity.name.to_lowercase(), entity.name.clone())));
        self.seen = Some(seen);
        Ok(names.into_values().collect())
    }

    fn open(&mut self, name: &str) -> Result<FileTable, SourceError> {
        if self.seen.is_none() {
            self.seen = Some(self.see()?);
        }
        let Some(seen) = &self.seen else { return Err(under_way(format!("{name} was not looked for"))) };
        let Some(entity) = seen.model.entity(name) else {
            return Err(under_way(format!("{}/{MODEL} does not name the table {name}, which has a folder", seen.home))
                .hint("only model.json says which files are whole: wait until the export has ended, or export again"));
        };
        let folder = seen.folders.iter().find(|folder| **folder == entity.name);
        let folder = folder.or_else(|| seen.folders.iter().find(|folder| folder.eq_ignore_ascii_case(&entity.name)));
        let refresh = Refresh::of(entity, folder.unwrap_or(&entity.name), &self.folder)?;
        let files = refresh.files.iter().map(|file| self.folder.file(file)).collect();
        FileTable::over(&entity.name, files, shape(entity, &refresh)?, &self.folder.buckets)
    }

    fn unchanged(&mut self) -> Result<(), SourceError> {
        let Some(seen) = &self.seen else { return Ok(()) };
        match seen.home.read(MODEL) {
            Ok(now) if now == seen.text => return Ok(()),
            Err(error) if error.kind != SourceErrorKind::Broken => return Err(error),
            _ => {}
        }
        Err(under_way(format!("{}/{MODEL} changed while its tables were read", seen.home)).hint("the next run reads the new refresh"))
    }
}

fn shape(entity: &Entity, refresh: &Refresh) -> Result<Shape, SourceError> {
    let (delimiter, encoding, headers) = entity.format()?;
    let by = format!("{MODEL}, table {},", entity.name);
    let columns = Known { names: entity.columns()?, by, may_be_empty: !headers };
    let (delimiter, columns, made) = (Some(delimiter), Some(columns), refresh.made);
    Ok(Shape { format: Some(Format::Csv), delimiter, encoding, columns, made, ..Shape::default() })
}

fn under_way(what: String) -> SourceError {
    SourceError::new(what).kind(REFRESHING)
}
