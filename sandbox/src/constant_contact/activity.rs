//! Activities: accepted at once, carried out later, side by side.

use super::{
    BASE,
    problem::{Problem, Result},
    request::moment,
    settings::Settings,
    shape,
    work::{Ctx, new_id},
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Activities that may be unfinished at one time.
const QUEUE: i64 = 1_000;

/// What is to be done. Lists and contacts by their rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Job {
    /// `headed`: the file had a line of headings, which the vendor counts as an item.
    Import {
        lists: Vec<i64>,
        headed: bool,
    },
    Members {
        on: bool,
        lists: Vec<i64>,
        who: Who,
    },
    DeleteContacts(Who),
    DeleteLists(Vec<i64>),
    Export {
        who: Who,
        status: Option<String>,
        fields: Vec<String>,
    },
    /// Nothing: it fails, as was asked for.
    Fail,
}

/// Whom it is done to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Who {
    Contacts(Vec<i64>),
    /// Everybody on any of the lists at that time.
    OnLists {
        lists: Vec<i64>,
        except: Vec<i64>,
    },
    /// Everybody whom the account may write to.
    Active {
        except: Vec<i64>,
    },
    Everybody {
        except: Vec<i64>,
    },
}

/// An activity that was asked for.
#[derive(Debug)]
pub(super) struct Order {
    pub kind: &'static str,
    pub job: Job,
    /// As the vendor counts before it begins.
    pub counts: Value,
    /// The rows of an import, as a JSON array.
    pub rows: Option<String>,
    /// Hashes of the addresses it concerns, in order; `None` if that is only known when it runs.
    pub people: Option<Vec<u64>>,
}

#[derive(Debug)]
pub(super) struct Activity {
    pub row: i64,
    pub id: String,
    kind: String,
    created: i64,
    starts: i64,
    ends: i64,
    outcome: Option<String>,
    counts: Value,
    errors: Value,
}

pub(super) const COLUMNS: &str = "row, id, kind, created, starts, ends, outcome, counts, errors";

impl Activity {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let json = |text: String| serde_json::from_str(&text).unwrap_or_default();
        Ok(Self {
            row: row.get(0)?,
            id: row.get(1)?,
            kind: row.get(2)?,
            created: row.get(3)?,
            starts: row.get(4)?,
            ends: row.get(5)?,
            outcome: row.get(6)?,
            counts: json(row.get(7)?),
            errors: json(row.get(8)?),
        })
    }

    pub(super) fn get(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        if !shape::is_id(id) {
            return Err(Problem::no_id("activity_id").into());
        }
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM activities WHERE id = ?"))?;
        let found = query.query_row([id.to_ascii_lowercase()], Self::read).optional()?;
        Ok(found.ok_or_else(|| Problem::not_found("activity_id"))?)
    }

    /// Takes an order into the queue.
    pub(super) fn enqueue(ctx: &mut Ctx<'_>, mut order: Order) -> Result<Self> {
        let unfinished = "SELECT count(*) FROM activities WHERE outcome IS NULL";
        if ctx.db.query_row(unfinished, [], |row| row.get::<_, i64>(0))? >= QUEUE {
            return Err(Problem::queue_full().into());
        }
        if Settings::take(&mut ctx.settings.failures) {
            order.job = Job::Fail;
        }
        let id = new_id();
        let sql = "INSERT INTO activities(id, kind, created, starts, ends, lot, counts, errors, job, rows, people)
                   VALUES (?, ?, ?, 0, 0, 0, ?, '[]', ?, ?, ?)";
        let (counts, job) = (order.counts.to_string(), serde_json::to_string(&order.job)?);
        let people = order.people.map(|people| people.into_iter().flat_map(u64::to_le_bytes).collect::<Vec<u8>>());
        let row = ctx.db.prepare_cached(sql)?.insert(params![id, order.kind, ctx.now, counts, job, order.rows, people])?;
        schedule(ctx, row)?;
        Self::get(ctx, &id)
    }

    pub(super) fn href(&self) -> String {
        format!("{BASE}/activities/{}", self.id)
    }

    /// As the vendor shows it at this time.
    pub(super) fn to_json(&self, now: i64) -> Value {
        let state = self.state(now);
        let mut shown = json!({
            "activity_id": self.id, "state": state, "created_at": moment(self.created), "percent_done": self.percent(now),
            "activity_errors": self.errors, "_links": {"self": {"href": self.href()}},
        });
        if !self.counts.is_null() {
            shown["status"] = self.counts.clone();
        }
        let updated = [self.created, self.starts, self.ends].into_iter().filter(|at| *at <= now).max();
        shown["updated_at"] = moment(updated.unwrap_or(self.created)).into();
        if state != "initialized" {
            shown["started_at"] = moment(self.starts).into();
        }
        if self.outcome.is_some() {
            shown["completed_at"] = moment(self.ends).into();
        }
        if self.kind == "contact_exports" && state == "completed" {
            shown["_links"]["results"] = json!({"href": format!("{BASE}/contact_exports/{}", self.id)});
        }
        shown
    }

    fn state(&self, now: i64) -> &str {
        match &self.outcome {
            Some(outcome) => outcome,
            None if now < self.starts => "initialized",
            None => "processing",
        }
    }

    fn percent(&self, now: i64) -> i64 {
        match self.outcome {
            Some(_) => 100,
            None => (1 + (now - self.starts) * 99 / (self.ends - self.starts).max(1)).clamp(1, 99),
        }
    }
}

/// When it starts and ends; activities that end at the same time take turns by lot.
fn schedule(ctx: &Ctx<'_>, row: i64) -> Result<()> {
    let (number, settings) = (row as u64, &*ctx.settings);
    let starts = ctx.now + settings.delay_ms(number, 0);
    let ends = starts + settings.delay_ms(number, 1);
    let sql = "UPDATE activities SET starts = ?, ends = ?, lot = ? WHERE row = ?";
    ctx.db.prepare_cached(sql)?.execute([starts, ends, settings.lot(number), row])?;
    Ok(())
}
