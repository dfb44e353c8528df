//! The project's data fields: the first write of a field fixes its kind for good.

use super::{
    kind,
    refusal::{Refusal, Result},
    work::Ctx,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most fields of a project, those inside objects counted.
const MOST: usize = 1_000;
/// Most bytes of a text.
const TEXT_BYTES: usize = 32_000;

/// What the vendor itself writes into a profile.
const MANAGED: &[(&str, &str)] = &[
    ("email", "string"),
    ("itblInternal", "object"),
    ("profileUpdatedAt", "date"),
    ("signupDate", "date"),
    ("signupSource", "string"),
    ("subscribedMessageTypeIds", "long"),
    ("unsubscribedChannelIds", "long"),
    ("unsubscribedMessageTypeIds", "long"),
];
/// Membership of lists; which of them a project has tells its type.
const LISTS: [&str; 2] = ["emailListIds", "userListIds"];

/// The fields as one call sees them, with what it adds.
#[derive(Debug)]
pub(super) struct Fields {
    kinds: BTreeMap<String, String>,
    make_new: bool,
    pub made: BTreeSet<String>,
    pub left_out: BTreeSet<String>,
}

/// Why a user's data is not taken.
#[derive(Debug)]
pub(super) enum Wrong {
    Misfit { field: String, incoming: &'static [&'static str], expected: String, value: Value },
    TooLong(String),
    TooMany,
}

/// What a project has from the beginning.
pub(super) fn managed(ctx: &Ctx<'_>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let user_id = (ctx.settings.project != super::settings::Project::Email).then_some(("userId", "string"));
    MANAGED.iter().copied().chain([(ctx.settings.project.lists_field(), "long")]).chain(user_id)
}

fn is_managed(name: &str) -> bool {
    MANAGED.iter().any(|(managed, _)| *managed == name) || LISTS.contains(&name) || name == "userId"
}

impl Fields {
    /// `make_new` as the call says, if it does.
    pub(super) fn load(ctx: &Ctx<'_>, make_new: Option<bool>) -> Result<Self> {
        let mut query = ctx.db.prepare_cached("SELECT name, kind FROM fields")?;
        let own = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<BTreeMap<String, String>>>()?;
        let managed = managed(ctx).map(|(name, kind)| (name.to_owned(), kind.to_owned()));
        let make_new = make_new.unwrap_or(ctx.settings.create_new_fields);
        Ok(Self { kinds: managed.chain(own).collect(), make_new, made: BTreeSet::new(), left_out: BTreeSet::new() })
    }

    pub(super) fn all(&self) -> &BTreeMap<String, String> {
        &self.kinds
    }

    /// What is kept of one user's data. New fields are made only if all of it is good.
    pub(super) fn take(&mut self, ctx: &mut Ctx<'_>, data: Map<String, Value>) -> std::result::Result<Map<String, Value>, Wrong> {
        let mut new = BTreeMap::new();
        let mut kept = Map::new();
        for (name, value) in data {
            let managed = is_managed(&name);
            if managed {
                ctx.note(format!("a write to the system's field {name}"));
            }
            let mut unknown = BTreeMap::new();
            self.look(&name, &value, &mut unknown)?;
            match unknown.is_empty() || self.make_new {
                _ if managed => {}
                true => {
                    new.extend(unknown);
                    kept.insert(name, value);
                }
                false => drop(self.left_out.insert(name)),
            }
        }
        if self.kinds.len() + new.len() > MOST {
            return Err(Wrong::TooMany);
        }
        self.made.extend(new.keys().cloned());
        self.kinds.extend(new);
        Ok(kept)
    }

    /// Compares a value, and what is in it, with the kinds that are known; collects those that are not.
    fn look(&self, name: &str, value: &Value, unknown: &mut BTreeMap<String, String>) -> std::result::Result<(), Wrong> {
        if value.as_str().is_some_and(|text| text.len() > TEXT_BYTES) {
            return Err(Wrong::TooLong(name.to_owned()));
        }
        let incoming = kind::possible(value);
        let Some(likeliest) = incoming.first() else { return Ok(()) };
        match self.kinds.get(name) {
            Some(expected) if !incoming.contains(&expected.as_str()) => {
                let (field, value) = (name.to_owned(), value.clone());
                return Err(Wrong::Misfit { field, incoming, expected: expected.clone(), value });
            }
            Some(_) => {}
            None => drop(unknown.insert(name.to_owned(), (*likeliest).to_owned())),
        }
        let inside = value.as_object().filter(|_| *likeliest == "object").into_iter().flatten();
        inside.into_iter().try_for_each(|(inner, value)| self.look(&format!("{name}.{inner}"), value, unknown))
    }

    /// Fixes the kinds of what was made.
    pub(super) fn save(&self, ctx: &Ctx<'_>) -> Result<()> {
        let mut insert = ctx.db.prepare_cached("INSERT OR IGNORE INTO fields(name, kind) VALUES (?, ?)")?;
        for name in &self.made {
            insert.execute([name, &self.kinds[name]])?;
        }
        Ok(())
    }
}

impl Wrong {
    /// As a call that takes all or nothing is told.
    pub(super) fn refusal(self, prefix: Option<&str>) -> Refusal {
        match self {
            Self::Misfit { field, incoming, expected, value } => misfit(&field, incoming, &expected, &value, prefix),
            Self::TooLong(field) => Refusal::bad_params(format!("Field '{field}' is too long.")),
            Self::TooMany => Refusal::new(400, "UniqueFieldsLimitExceeded", format!("The project has more than {MOST} user fields.")),
        }
    }
}

fn misfit(field: &str, incoming: &[&str], expected: &str, value: &Value, prefix: Option<&str>) -> Refusal {
    let key = prefix.map_or_else(|| field.to_owned(), |prefix| format!("{prefix}:::{field}"));
    let msg = format!(
        "Project {}: The request does not have the same data types as the data previously submitted. Field '{field}' already exists for \
         type 'user' and has a data type of '{expected}' but possible types '{}' in the request.",
        super::PROJECT,
        incoming.join(", ")
    );
    let error = json!({
        "incomingTypes": incoming, "expectedType": expected, "_type": "UnexpectedType", "offendingValue": value, "category": "user",
    });
    Refusal::new(400, "RequestFieldsTypesMismatched", msg).params(json!({"validationErrors": {key: error}}))
}
