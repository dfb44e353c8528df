//! What exports that are no longer defined left at the platform (E8, `onDelete: keep`), for whoever asks.

use super::{ExportId, Result, View, sql};
use crate::{definition::Name, destination::ContainerId};
use rusqlite::params;
use std::collections::BTreeSet;

/// An export with a state and without a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptExport {
    pub export: Name,
    /// The place's name; `None`: it never had one.
    pub place: Option<String>,
    /// In the order of their names; those that no segment used any more included.
    pub containers: Vec<KeptContainer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptContainer {
    pub name: String,
    pub id: ContainerId,
    /// Members by our last word, those who were there before us included; `None`: of a segment dropped earlier, not known.
    pub members: Option<u64>,
}

impl View {
    /// Every export that has a state and is not among `defined`, in the order of their names.
    pub fn kept(&self, defined: &BTreeSet<Name>) -> Result<Vec<KeptExport>> {
        let gone = self.exports()?.into_iter().filter(|(name, _)| !defined.contains(name));
        gone.map(|(export, id)| {
            let place = self.export(&export)?.and_then(|state| state.place).map(|place| place.name);
            Ok(KeptExport { export, place, containers: self.kept_containers(id)? })
        })
        .collect()
    }

    fn kept_containers(&self, export: ExportId) -> Result<Vec<KeptContainer>> {
        let sql = "SELECT c.name, c.remote, c.bit,
                     (SELECT count(*) FROM member m WHERE m.export = c.export AND m.state != ?2 AND (m.segments | m.found) & (1 << c.bit))
                   FROM container c WHERE c.export = ?1 ORDER BY c.name, c.remote";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![export.0, super::MemberStateKind::Left as u8])?;
        let mut containers = Vec::new();
        while let Some(row) = rows.next()? {
            let members = if row.get::<_, Option<u8>>(2)?.is_some() { Some(sql::unsigned(row.get(3)?)?) } else { None };
            containers.push(KeptContainer { name: row.get(0)?, id: ContainerId(row.get(1)?), members });
        }
        Ok(containers)
    }
}
