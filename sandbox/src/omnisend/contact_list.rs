//! Many contacts, page by page: by tag, segment, address, phone, status or time of change.

use super::{
    consent::Status,
    contact::{COLUMNS, Contact, Raw},
    contact_view::View,
    cursor::{Page, Place},
    problem::{Problem, Result},
    request::{Answer, Call, Query},
    segments,
    work::Ctx,
};
use rusqlite::{params_from_iter, types::Value as Sql};
use serde_json::json;

const NAMES: &[&str] = &["limit", "after", "before", "sort", "direction", "email", "phone", "status", "segmentID", "tag", "updatedAtFrom"];

/// Conditions and their values.
#[derive(Debug, Default)]
struct Where {
    text: Vec<String>,
    values: Vec<Sql>,
}

impl Where {
    fn and(&mut self, text: impl Into<String>, values: impl IntoIterator<Item = Sql>) {
        self.text.push(text.into());
        self.values.extend(values);
    }
}

#[derive(Debug)]
struct Order {
    by_update: bool,
    ascending: bool,
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let mut query = call.query(NAMES);
    exclude(&mut query);
    let mut filter = filter(ctx, &mut query)?;
    let by_update = query.word("sort", &["createdAt", "updatedAt"]) == Some("updatedAt");
    let ascending = query.word("direction", &["asc", "desc"]) == Some("asc");
    let page = Page::read(&mut query, 100, 250, &[]);
    query.done()?;
    let found = select(ctx, &mut filter, &Order { by_update, ascending }, &page)?;
    let key = |contact: &Contact| if by_update { contact.updated.into() } else { contact.row.into() };
    let (found, paging) = page.cut(found, |contact| Place { key: key(contact), row: contact.row });
    let view = View::new(ctx)?;
    let shown = found.iter().map(|contact| view.json(ctx, contact)).collect::<Result<Vec<_>>>()?;
    Ok(Answer::new(200, json!({"contacts": shown, "paging": paging})))
}

fn exclude(query: &mut Query<'_>) {
    if query.text("tag").is_some() && query.text("status").is_some() {
        query.refuse("tag", "invalid_value", "Cannot be combined with status");
    }
    let others = ["email", "phone", "status", "segmentID", "tag"];
    if query.text("updatedAtFrom").is_some() && others.iter().any(|name| query.text(name).is_some()) {
        query.refuse("updatedAtFrom", "invalid_value", "Cannot be combined with other filters");
    }
}

fn filter(ctx: &Ctx<'_>, query: &mut Query<'_>) -> Result<Where> {
    let mut filter = Where::default();
    if let Some(email) = query.email("email") {
        filter.and("c.folded = ?", [email.to_lowercase().into()]);
        filter.and("(? OR c.email = ?)", [i64::from(!ctx.settings.case_sensitive).into(), email.to_owned().into()]);
    }
    if let Some(phone) = query.text("phone") {
        filter.and("c.row IN (SELECT contact FROM phones WHERE phone = ?)", [phone.to_owned().into()]);
    }
    if let Some(status) = query.word("status", Status::NAMES).and_then(Status::parse) {
        filter.and("c.email IS NOT NULL AND c.status = ?", [(status as i64).into()]);
    }
    if let Some(tag) = query.text("tag") {
        filter.and(
            "EXISTS (SELECT 1 FROM tagged WHERE tag = (SELECT row FROM tags WHERE name = ?) AND contact = c.row)",
            [tag.to_owned().into()],
        );
    }
    if let Some(id) = query.text("segmentID") {
        let rule = segments::rule(ctx, id)?.ok_or_else(|| Problem::field("segmentID", "invalid_value", "There is no such segment"))?;
        let tags = vec!["?"; rule.tags.len()].join(", ");
        let sql = "EXISTS (SELECT 1 FROM tags t CROSS JOIN tagged g ON g.tag = t.row WHERE g.contact = c.row AND t.name IN";
        filter.and(format!("{sql} ({tags}))"), rule.tags.iter().map(|tag| tag.clone().into()));
        filter.and("?", [i64::from(rule.ready <= ctx.now).into()]);
    }
    if let Some(from) = query.moment("updatedAtFrom") {
        filter.and("c.updated >= ?", [from.into()]);
    }
    Ok(filter)
}

/// One more than the page holds.
fn select(ctx: &Ctx<'_>, filter: &mut Where, order: &Order, page: &Page) -> Result<Vec<Contact>> {
    let down = order.ascending == page.is_backwards();
    let (beyond, direction) = if down { ("<", "DESC") } else { (">", "ASC") };
    let keys: &[&str] = if order.by_update { &["c.updated", "c.row"] } else { &["c.row"] };
    if let Some((place, _)) = &page.from {
        let values = [place.key.as_i64().unwrap_or_default().into(), place.row.into()];
        match order.by_update {
            true => filter.and(format!("(c.updated, c.row) {beyond} (?, ?)"), values),
            false => filter.and(format!("c.row {beyond} ?"), values.into_iter().skip(1)),
        }
    }
    let conditions = if filter.text.is_empty() { "1".to_owned() } else { filter.text.join(" AND ") };
    let order_by: Vec<_> = keys.iter().map(|key| format!("{key} {direction}")).collect();
    let sql = format!("SELECT {COLUMNS} FROM contacts c WHERE {conditions} ORDER BY {} LIMIT {}", order_by.join(", "), page.limit + 1);
    let mut select = ctx.db.prepare_cached(&sql)?;
    let raw = select.query_map(params_from_iter(&filter.values), Raw::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    raw.into_iter().map(Raw::contact).collect()
}
