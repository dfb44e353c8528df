//! The columns of a segment's table, in the order that its CSV files have them.

use super::{
    super::super::{SourceError, SourceErrorKind},
    instance::Instance,
};
use serde::Deserialize;

const ROUTE: &str = "/manage/entities";

pub struct Attributes {
    pub names: Vec<String>,
}

#[derive(Deserialize)]
struct Model {
    entities: Vec<Entity>,
}

#[derive(Deserialize)]
struct Entity {
    name: Option<String>,
    #[serde(rename = "qualifiedEntityName")]
    qualified: Option<String>,
    attributes: Option<Vec<Attribute>>,
}

#[derive(Deserialize)]
struct Attribute {
    name: String,
}

impl Attributes {
    pub fn ask(instance: &mut Instance, segment: &str) -> Result<Self, SourceError> {
        let model: Model = instance.ask(ROUTE, ["manage", "entities"], "")?;
        let is = |name: &Option<String>| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(segment));
        let mut entities = model.entities.into_iter();
        let entity = entities.find(|entity| is(&entity.qualified) || is(&entity.name));
        let names = entity.and_then(|entity| entity.attributes).unwrap_or_default().into_iter().map(|attribute| attribute.name);
        let names: Vec<_> = names.collect();
        if names.is_empty() {
            return Err(SourceError::new(format!("Customer Insights does not say which columns the segment {segment} has"))
                .kind(SourceErrorKind::Unfit)
                .hint("a segment has its table from its first refresh on"));
        }
        Ok(Self { names })
    }

    /// Where the column is, by its name in any letter case.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|there| there.eq_ignore_ascii_case(name))
    }
}
