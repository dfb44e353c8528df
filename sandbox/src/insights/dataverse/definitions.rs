//! Which tables there are, and which keep track of changes.

use super::{API, BASE, Dataverse, options::Options, problem::Problem, tables::Set};
use crate::{
    kit::fail::Fail,
    vendor::{Ask, Reply},
};
use serde_json::{Map, Value, json};

pub(super) const PATH: &str = "/api/data/v9.2/EntityDefinitions";
/// For the log: of any table.
pub(super) const ATTRIBUTES: &str = "/api/data/v9.2/EntityDefinitions({table})/Attributes";

/// The table whose attributes are asked for.
pub(super) fn attributes_of(path: &str) -> Option<Result<Set, Problem>> {
    let path = path.replace("%27", "'");
    let name = path.strip_prefix(PATH)?.strip_prefix("(LogicalName='")?.strip_suffix("')/Attributes")?;
    Some(Set::ALL.into_iter().find(|set| set.kind() == name).ok_or_else(Problem::nowhere))
}

impl Dataverse {
    pub(super) fn definitions(&self, ask: &Ask) -> Result<Reply, Fail<Problem>> {
        let options = Options::read(&ask.query, &["$select", "$filter"])?;
        self.may_define()?;
        let tracking = self.0.settings().change_tracking;
        let wanted = match options.get("$filter").map(str::trim) {
            None => None,
            Some("ChangeTrackingEnabled eq true") => Some(true),
            Some("ChangeTrackingEnabled eq false") => Some(false),
            Some(_) => return Err(Problem::not_emulated("filters of EntityDefinitions other than by ChangeTrackingEnabled").into()),
        };
        let rows: Vec<Map<String, Value>> = Set::ALL.iter().map(|set| described(*set, tracking)).collect();
        let rows = rows.into_iter().filter(|_| wanted.is_none_or(|wanted| wanted == tracking));
        let rows: Vec<Map<String, Value>> = rows.map(|row| selected(row, &options)).collect::<Result<_, _>>()?;
        let context = format!("{}{BASE}{API}/$metadata#EntityDefinitions", self.0.origin);
        Ok(Reply::json(200, &json!({"@odata.context": context, "value": rows})))
    }

    pub(super) fn attributes(&self, ask: &Ask, set: Set) -> Result<Reply, Fail<Problem>> {
        let options = Options::read(&ask.query, &["$select"])?;
        self.may_define()?;
        let form = self.0.settings().segments_as;
        let columns = set.columns(&self.0.store(), form);
        let rows = columns.iter().map(|column| selected(attribute(set, &column.name), &options)).collect::<Result<Vec<_>, _>>()?;
        let context = format!("{}{BASE}{API}/$metadata#EntityDefinitions('{}')/Attributes", self.0.origin, set.kind());
        Ok(Reply::json(200, &json!({"@odata.context": context, "value": rows})))
    }

    fn may_define(&self) -> Result<(), Problem> {
        if self.0.settings().definitions { Ok(()) } else { Err(Problem::forbidden()) }
    }
}

fn attribute(set: Set, name: &str) -> Map<String, Value> {
    let row = json!({"MetadataId": set.key(name), "LogicalName": name, "AttributeType": "String"});
    if let Value::Object(row) = row { row } else { Map::new() }
}

fn described(set: Set, tracking: bool) -> Map<String, Value> {
    let id = set.key("definition");
    let row = json!({
        "MetadataId": id,
        "SchemaName": set.schema(),
        "LogicalName": set.kind(),
        "EntitySetName": set.name(),
        "ChangeTrackingEnabled": tracking,
        "IsCustomEntity": true,
    });
    if let Value::Object(row) = row { row } else { Map::new() }
}

/// The key always stays.
fn selected(row: Map<String, Value>, options: &Options) -> Result<Map<String, Value>, Problem> {
    let Some(names) = options.list("$select") else { return Ok(row) };
    if let Some(unknown) = names.iter().find(|name| !row.contains_key(**name)) {
        return Err(Problem::no_column(unknown, "EntityMetadata"));
    }
    Ok(row.into_iter().filter(|(name, _)| name == "MetadataId" || names.contains(&name.as_str())).collect())
}
