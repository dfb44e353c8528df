//! What happened behind the answers: journeys started by list subscribes, consent touched.

use super::{
    person::Person,
    refusal::Result,
    work::{Ctx, Iterable},
};
use crate::Error;
use rusqlite::params;
use serde_json::{Map, Value, json};

/// Repeated subscribes that are listed one by one.
const LISTED: i64 = 100;

/// Counters that are there from the beginning.
const NAMES: [&str; 2] = ["channelUnsubscribes", "madeByUnsubscribe"];

/// Every accepted list subscribe is an event, also of somebody who is on the list already.
pub(super) fn joined(ctx: &Ctx<'_>, list: i64, people: &[Person]) -> Result<()> {
    let mut insert = ctx.db.prepare_cached("INSERT INTO joined(list, who) VALUES (?, ?)")?;
    for person in people {
        insert.execute(params![list, person.who()])?;
    }
    Ok(())
}

pub(super) fn count(ctx: &Ctx<'_>, name: &str, by: i64) -> Result<()> {
    let sql = "INSERT INTO counts(name, count) VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET count = count + ?2";
    ctx.db.prepare_cached(sql)?.execute(params![name, by])?;
    Ok(())
}

impl Iterable {
    /// `listSubscribes` in all, `joins` by different user and list, who did so more than once, and what touched consent.
    pub(super) fn seen(&self) -> std::result::Result<Value, Error> {
        Ok(self.transact(|ctx| seen(ctx))?)
    }
}

fn seen(ctx: &Ctx<'_>) -> Result<Value> {
    let sum = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let joins = "(SELECT list, who, count(*) AS times FROM joined GROUP BY list, who)";
    let (events, pairs) = ctx.db.query_row(&format!("SELECT coalesce(sum(times), 0), count(*) FROM {joins}"), [], sum)?;
    let mut query = ctx.db.prepare(&format!("SELECT list, who, times FROM {joins} WHERE times > 1 ORDER BY list, who LIMIT ?"))?;
    let repeated = query.query_map([LISTED], |row| {
        Ok(json!({"list": row.get::<_, i64>(0)?, "who": row.get::<_, String>(1)?, "times": row.get::<_, i64>(2)?}))
    })?;
    let mut all: Map<String, Value> = NAMES.iter().map(|name| ((*name).to_owned(), json!(0))).collect();
    let mut counts = ctx.db.prepare("SELECT name, count FROM counts")?;
    for row in counts.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))? {
        let (name, count) = row?;
        all.insert(name, count.into());
    }
    all.insert("listSubscribes".into(), events.into());
    all.insert("joins".into(), pairs.into());
    all.insert("repeated".into(), repeated.collect::<rusqlite::Result<Vec<_>>>()?.into());
    let pending: i64 = ctx.db.query_row("SELECT count(*) FROM pending", [], |row| row.get(0))?;
    all.insert("callsNotYetVisible".into(), pending.into());
    Ok(Value::Object(all))
}
