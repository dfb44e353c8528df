//! The results of a finished batch: a tar.gz at an address of its own that takes no credentials, is good for ten minutes,
//! and answers 400 when it is fetched for the first time.

use super::{
    batches::{BatchRow, FINISHED},
    problem::{Problem, Result},
    work::{Ctx, Mailchimp, Reply},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

/// How long an address is good; asking for the batch again gives a new one.
const SECONDS: i64 = 600;

/// `{batch}-{expires}-{signature}.tar.gz`
pub(super) fn url(ctx: &Ctx<'_>, id: &str) -> String {
    let name = file_name(id, ctx.now + SECONDS);
    format!("{}{}", ctx.origin, super::RESULTS.replace("{file}", &name))
}

fn file_name(id: &str, expires: i64) -> String {
    let signature = xxhash_rust::xxh3::xxh3_64(format!("{id} {expires} result").as_bytes());
    format!("{id}-{expires}-{signature:016x}.tar.gz")
}

impl Mailchimp {
    /// The file at such an address.
    pub(super) fn result(&self, file: &str) -> Reply {
        let refuse = |problem: Problem| Reply::refuse(&problem);
        match self.transact(|ctx| ready(ctx, file)) {
            Err(fail) => refuse(fail.into_refusal()),
            Ok(None) => refuse(Problem::new(400, "Bad Request", "The file is not ready yet.")),
            Ok(Some(batch)) => match self.transact(|ctx| archive(ctx, &batch)) {
                Ok(body) => Reply { body, ..Reply::found() },
                Err(fail) => refuse(fail.into_refusal()),
            },
        }
    }
}

/// Counts the fetch; `None` the first time.
fn ready(ctx: &mut Ctx<'_>, file: &str) -> Result<Option<BatchRow>> {
    let expired = || Problem::new(403, "Forbidden", "This address is unknown or has expired; ask for the batch again.");
    let mut parts = file.split('-');
    let (id, expires) = (parts.next().unwrap_or_default(), parts.next().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0));
    if file_name(id, expires) != file || expires < ctx.now {
        return Err(expired().into());
    }
    let batch = BatchRow::find(ctx, id)?.filter(|batch| batch.state == FINISHED).ok_or_else(expired)?;
    let sql = "UPDATE batches SET fetches = fetches + 1 WHERE row = ? RETURNING fetches";
    let fetches: i64 = ctx.db.query_row(sql, [batch.row], |row| row.get(0))?;
    Ok((fetches > 1).then_some(batch))
}

fn archive(ctx: &Ctx<'_>, batch: &BatchRow) -> Result<Vec<u8>> {
    let mut query = ctx.db.prepare_cached("SELECT operation, status, response FROM operations WHERE batch = ? ORDER BY seq")?;
    let rows = query
        .query_map([batch.row], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, Option<String>>(2)?)))?;
    let mut results = Vec::new();
    for row in rows {
        let (operation, status, response) = row?;
        let operation: Value = serde_json::from_str(&operation)?;
        results.push(json!({"status_code": status, "operation_id": operation.get("operation_id"), "response": response}));
    }
    let json = serde_json::to_vec(&results)?;
    packed(&batch.id, &json).map_err(|error| serde_json::Error::io(error).into())
}

fn packed(id: &str, json: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut files = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(json.len() as u64);
    header.set_mode(0o644);
    files.append_data(&mut header, format!("{id}/{id}.json"), json)?;
    files.into_inner()?.finish()
}
