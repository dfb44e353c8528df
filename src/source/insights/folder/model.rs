//! `model.json`, as the Common Data Model describes it: the tables, their columns, the files of their last refresh.

use super::under_way;
use crate::source::SourceError;
use serde::Deserialize;
use std::collections::HashSet;

#[derive(Debug, Deserialize)]
pub struct Model {
    #[serde(default)]
    pub entities: Vec<Entity>,
}

#[derive(Debug, Deserialize)]
pub struct Entity {
    pub name: String,
    /// Others than `LocalEntity` have their files elsewhere.
    #[serde(rename = "$type", default = "local")]
    sort: String,
    #[serde(default)]
    attributes: Vec<Attribute>,
    #[serde(default)]
    pub partitions: Vec<Partition>,
}

#[derive(Debug, Deserialize)]
struct Attribute {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    #[serde(default)]
    pub name: String,
    pub refresh_time: Option<String>,
    pub location: Option<String>,
    #[serde(default)]
    file_format_settings: Settings,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default)]
struct Settings {
    column_headers: bool,
    delimiter: Option<String>,
    quote_style: Option<String>,
    encoding: Option<String>,
}

fn local() -> String {
    "LocalEntity".to_owned()
}

impl Model {
    pub fn read(text: &str, name: &str) -> Result<Self, SourceError> {
        let mut model: Self = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            let what = format!("{name} is not understood: {error}");
            if error.is_eof() {
                return under_way(what).hint("it ends too early: the export is writing it, or was cut off; export again");
            }
            SourceError::new(what).hint("it must be the model.json of a Common Data Model folder; export again")
        })?;
        model.entities.retain(|entity| entity.sort == local());
        for (at, entity) in model.entities.iter().enumerate() {
            if model.entities[..at].iter().any(|other| other.name.eq_ignore_ascii_case(&entity.name)) {
                return Err(SourceError::new(format!("{name} names the table {} twice", entity.name))
                    .hint("SQL does not tell upper from lower case; rename one of them in Customer Insights"));
            }
        }
        Ok(model)
    }

    /// By its name in any case.
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name.eq_ignore_ascii_case(name))
    }
}

impl Entity {
    pub fn columns(&self) -> Result<Vec<String>, SourceError> {
        let names = self.attributes.iter().map(|attribute| attribute.name.trim().to_owned()).collect::<Vec<_>>();
        let mut seen = HashSet::new();
        let double = names.iter().find(|name| !seen.insert(name.to_ascii_lowercase()));
        match double {
            _ if names.is_empty() => Err(self.odd("has no columns")),
            Some(name) => Err(self.odd(&format!("has two columns {name}"))),
            None => Ok(names),
        }
    }

    /// The delimiter, the encoding, and whether files are said to have a header. They do not always do as is said.
    pub fn format(&self) -> Result<(u8, Option<String>, bool), SourceError> {
        let mut all = self.partitions.iter().map(|partition| &partition.file_format_settings);
        let first = all.next().cloned().unwrap_or_default();
        if all.any(|other| *other != first) {
            return Err(self.odd("has files of several formats"));
        }
        if first.quote_style.as_deref() == Some("QuoteStyle.None") {
            return Err(self.odd("is written without quotes (QuoteStyle.None), so that a delimiter in a cell cannot be told"));
        }
        let delimiter = match first.delimiter.as_deref().unwrap_or(",").as_bytes() {
            [one] if one.is_ascii() && *one != b'"' => *one,
            b"\\t" => b'\t',
            _ => return Err(self.odd("has a delimiter of more than one character")),
        };
        Ok((delimiter, first.encoding, first.column_headers))
    }

    fn odd(&self, what: &str) -> SourceError {
        SourceError::new(format!("model.json: the table {} {what}", self.name)).hint("change the export, and export again")
    }
}
