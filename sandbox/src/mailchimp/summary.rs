//! What the account holds, for the page and the control surface; as of now, not five minutes old.

use super::{
    batches,
    lists::{self, List},
    member::{COLUMNS, Raw},
    merge_field,
    problem::Result,
    request::moment,
    segments::Included,
    standing::Status,
    tags,
    view::View,
    work::{Ctx, Mailchimp},
};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
pub(crate) struct ListSummary {
    pub id: String,
    pub name: String,
    /// Contacts of every status.
    pub members: i64,
    pub statuses: BTreeMap<&'static str, i64>,
    pub tags: Vec<TagSummary>,
    pub merge_fields: Vec<FieldSummary>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TagSummary {
    pub id: i64,
    pub name: String,
    /// Everybody who carries it, whatever the status.
    pub members: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct FieldSummary {
    pub tag: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub required: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Batch {
    pub id: String,
    pub status: &'static str,
    pub operations: i64,
    pub finished: i64,
    pub errored: i64,
    pub submitted_at: String,
}

/// A list and one page of its members.
#[derive(Debug)]
pub(crate) struct ListDetail {
    pub list: ListSummary,
    pub rows: Vec<MemberRow>,
}

#[derive(Debug)]
pub(crate) struct MemberRow {
    pub email: String,
    pub status: &'static str,
    pub reason: Option<&'static str>,
    pub values: Vec<(String, String)>,
    pub tags: Vec<String>,
    pub changed: String,
}

type Outcome<T> = std::result::Result<T, crate::Error>;

impl Mailchimp {
    pub(crate) fn lists(&self) -> Outcome<Vec<ListSummary>> {
        Ok(self.transact(|ctx| lists::every(ctx)?.iter().map(|list| summary(ctx, list)).collect())?)
    }

    pub(crate) fn batches(&self) -> Outcome<Vec<Batch>> {
        Ok(self.transact(|ctx| Ok(batches::every(ctx)?.iter().map(batch).collect()))?)
    }

    /// The list and its members from `offset` on, by address; `None` if there is no such list.
    pub(crate) fn list(&self, id: &str, offset: i64, count: i64) -> Outcome<Option<ListDetail>> {
        Ok(self.transact(|ctx| {
            let Some(list) = List::find(ctx, id)? else { return Ok(None) };
            Ok(Some(ListDetail { list: summary(ctx, &list)?, rows: rows(ctx, &list, offset, count)? }))
        })?)
    }
}

fn summary(ctx: &mut Ctx<'_>, list: &List) -> Result<ListSummary> {
    let counts = lists::counts(ctx, list.row)?;
    let statuses = Status::ALL.into_iter().map(|status| (status.name(), counts[status as usize])).collect();
    let mut tags = Vec::new();
    for tag in tags::every(ctx, list.row, "")? {
        let members = Included::everyone().count(ctx, list, tag.id)?;
        tags.push(TagSummary { id: tag.id, name: tag.name, members });
    }
    let fields = merge_field::load(ctx, list)?;
    let field = |f: merge_field::MergeField| FieldSummary { tag: f.tag, name: f.name, kind: f.kind, required: f.required };
    Ok(ListSummary {
        id: list.id.clone(),
        name: list.name.clone(),
        members: counts.iter().sum(),
        statuses,
        tags,
        merge_fields: fields.into_iter().map(field).collect(),
    })
}

fn batch(row: &batches::BatchRow) -> Batch {
    Batch {
        id: row.id.clone(),
        status: row.state_name(),
        operations: row.operations,
        finished: row.finished,
        errored: row.errored,
        submitted_at: moment(row.submitted),
    }
}

fn rows(ctx: &mut Ctx<'_>, list: &List, offset: i64, count: i64) -> Result<Vec<MemberRow>> {
    let sql = format!("SELECT {COLUMNS} FROM members WHERE list = ? ORDER BY changed DESC, id DESC LIMIT ? OFFSET ?");
    let raw = ctx.db.prepare_cached(&sql)?.query_map([list.row, count, offset], Raw::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let view = View::new(ctx, list, &[])?;
    raw.into_iter().map(|raw| row(ctx, &view, raw)).collect()
}

fn row(ctx: &Ctx<'_>, view: &View<'_>, raw: Raw) -> Result<MemberRow> {
    let member = raw.member(true)?;
    let tags = tags::all_of(ctx, member.id)?;
    let named = |tag: &serde_json::Value| tag.get("name").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    Ok(MemberRow {
        status: member.standing.status.name(),
        reason: member.standing.unsubscribe_reason(),
        values: view.filled(&member),
        tags: tags.iter().map(named).collect(),
        changed: moment(member.changed),
        email: member.email,
    })
}
