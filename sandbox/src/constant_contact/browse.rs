//! Reading contacts page by page.

use super::{
    contact::{COLUMNS, Contact, MAILABLE, key},
    contact_view::View,
    cursor,
    lists::List,
    problem::{Problem, Result},
    request::{Answer, Call},
    shape,
    work::Ctx,
};
use rusqlite::{params_from_iter, types::Value as Sql};
use serde_json::json;

const STATUSES: &[&str] = &["all", "active", "deleted", "not_set", "pending_confirmation", "temp_hold", "unsubscribed"];

/// Conditions of a reading, and their values in order.
#[derive(Debug, Default)]
struct Filter {
    conditions: Vec<String>,
    values: Vec<Sql>,
    /// In the order of the last change, so that a reading of changes does not pass over everybody else.
    by_change: bool,
}

impl Filter {
    fn of(ctx: &Ctx<'_>, call: &Call) -> Result<Self> {
        let mut filter = Self::default();
        filter.statuses(call)?;
        filter.times(call)?;
        if let Some(email) = call.query.text("email") {
            filter.add("key = ?", key(email).into());
        }
        filter.lists(ctx, call)?;
        Ok(filter)
    }

    fn add(&mut self, condition: &str, value: Sql) {
        self.conditions.push(condition.to_owned());
        self.values.push(value);
    }

    /// Without a status: everybody who is not deleted.
    fn statuses(&mut self, call: &Call) -> Result<()> {
        let words = call.query.words("status", STATUSES)?;
        if words.contains(&"all") {
            return Ok(());
        }
        let one = |word: &&str| match *word {
            "deleted" => "deleted IS NOT NULL".to_owned(),
            "active" => format!("(deleted IS NULL AND permission IN ({MAILABLE}))"),
            other => format!("(deleted IS NULL AND permission = '{other}')"),
        };
        self.conditions.push(match words.is_empty() {
            true => "deleted IS NULL".to_owned(),
            false => format!("({})", words.iter().map(one).collect::<Vec<_>>().join(" OR ")),
        });
        Ok(())
    }

    fn times(&mut self, call: &Call) -> Result<()> {
        for (name, column) in [("updated", "updated"), ("created", "created"), ("optout", "opt_out")] {
            for (end, sign) in [("after", ">"), ("before", "<")] {
                if let Some(at) = call.query.time(&format!("{name}_{end}"))? {
                    self.by_change |= name == "updated";
                    self.add(&format!("{column} {sign} ?"), at.into());
                }
            }
        }
        Ok(())
    }

    /// On any of the lists.
    fn lists(&mut self, ctx: &Ctx<'_>, call: &Call) -> Result<()> {
        let ids = call.query.values("lists", 25)?;
        if ids.iter().any(|id| !shape::is_id(id)) {
            return Err(Problem::invalid("lists is in an invalid format").into());
        }
        if ids.is_empty() {
            return Ok(());
        }
        let mut rows = Vec::new();
        for id in ids {
            rows.extend(List::find(ctx, id)?.map(|list| list.row.to_string()));
        }
        let rows = rows.join(",");
        self.conditions.push(format!("EXISTS (SELECT 1 FROM memberships m WHERE m.contact = contacts.row AND m.list IN ({rows}))"));
        Ok(())
    }

    fn sql(&self) -> String {
        if self.conditions.is_empty() { "1".to_owned() } else { self.conditions.join(" AND ") }
    }
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let (limit, filter, view) = (call.query.limit(500)?, Filter::of(ctx, call)?, View::of(ctx, call)?);
    let mut contacts = page(ctx, &filter, call.after, limit + 1)?;
    let by_change = filter.by_change;
    let next = cursor::cut(&mut contacts, limit, |contact| (if by_change { contact.updated } else { 0 }, contact.row));
    let shown = contacts.iter().map(|contact| view.json(ctx, contact)).collect::<Result<Vec<_>>>()?;
    ctx.rows += shown.len();
    let mut answer = json!({"contacts": shown, "_links": cursor::links(call, next)});
    if call.query.flag("include_count")? {
        answer["contacts_count"] = count(ctx, &filter)?.into();
    }
    Answer::json(200, answer)
}

fn page(ctx: &Ctx<'_>, filter: &Filter, after: Option<(i64, i64)>, limit: i64) -> Result<Vec<Contact>> {
    let (position, order) = match filter.by_change {
        true => ("(updated, row) > (?, ?)", "updated, row"),
        false => ("? = 0 AND row > ?", "row"),
    };
    let (first, second) = after.unwrap_or_default();
    let sql = format!("SELECT {COLUMNS} FROM contacts WHERE {} AND {position} ORDER BY {order} LIMIT ?", filter.sql());
    let values = filter.values.iter().cloned().chain([first.into(), second.into(), limit.into()]);
    let mut query = ctx.db.prepare_cached(&sql)?;
    Ok(query.query_map(params_from_iter(values), Contact::read)?.collect::<rusqlite::Result<_>>()?)
}

fn count(ctx: &Ctx<'_>, filter: &Filter) -> Result<i64> {
    let sql = format!("SELECT count(*) FROM contacts WHERE {}", filter.sql());
    Ok(ctx.db.prepare_cached(&sql)?.query_row(params_from_iter(&filter.values), |row| row.get(0))?)
}
