//! Plans that wait for a person, and what a person approved (G1, G9).

use super::{Result, StateDir, StateError, Store, View, migrations, sql, view};
use crate::{
    definition::Name,
    member::Key,
    plan::{
        approval::{Approved as ApprovedPlan, Changes},
        guard::Verdict,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use std::collections::BTreeMap;

/// How long an approval holds.
const APPROVAL_HOURS: i64 = 24;
/// An approval from further ahead was given while the clock was wrong: for how long it holds is not known.
const CLOCKS: TimeDelta = TimeDelta::minutes(5);

/// A plan that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldPlan {
    pub digest: String,
    /// Of the export.
    pub export: String,
    pub made: DateTime<Utc>,
    pub reason: String,
    /// As shown to people: addresses masked.
    pub text: String,
    pub json: String,
    pub approved: Option<Approved>,
}

/// Who approved a plan, and when.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Approved {
    pub by: String,
    pub at: DateTime<Utc>,
}

/// Leave to do exactly what a held plan said (G1a), until a run has done it or it ran out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub id: ApprovalId,
    pub plan: ApprovedPlan,
}

/// One approval; the same plan approved again is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalId(i64);

impl Approved {
    /// Whether it still holds.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.at > holding_since(now) && self.at <= now + CLOCKS
    }
}

fn holding_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::hours(APPROVAL_HOURS)
}

const HELD: &str = "SELECT digest, export, made_ms, reason, text, json, approved_by, approved_ms FROM held";

/// Kinds of [`Changes`] in the state.
const REMOVED: u8 = 0;
const ADDED: u8 = 1;
const UNREADABLE: u8 = 2;

impl Store {
    /// Holds a plan, in place of the export's earlier one that nobody approved. `plan.approved` is not stored. What was
    /// approved is never written over: the same plan again waits for another approval.
    pub fn hold(&mut self, plan: &HeldPlan, changes: &Changes) -> Result<()> {
        self.note(|conn| {
            conn.execute("DELETE FROM held WHERE export = ?1 AND approved_by IS NULL", [&plan.export])?;
            conn.execute(
                "INSERT INTO held (digest, export, target, made_ms, reason, text, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![plan.digest, plan.export, changes.target, sql::millis(plan.made), plan.reason, plan.text, plan.json],
            )?;
            let held = conn.last_insert_rowid();
            let mut insert = conn.prepare_cached("INSERT INTO held_change VALUES (?1, ?2, ?3, ?4)")?;
            for (kind, lists) in [(REMOVED, &changes.removed), (ADDED, &changes.added), (UNREADABLE, &changes.unreadable)] {
                for (list, keys) in lists {
                    let keys: Vec<u8> = keys.iter().flat_map(|key| key.to_bytes()).collect();
                    insert.execute(params![held, kind, list, keys])?;
                }
            }
            Ok(())
        })
    }

    /// A run went through: what was held of the export is past, approvals stay as long as they hold.
    pub fn release_held(&mut self, export: &Name) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM held WHERE export = ?1 AND approved_by IS NULL", [export]).map(drop)?))
    }

    /// A run carried out what these allowed.
    pub fn use_up(&mut self, approvals: impl IntoIterator<Item = ApprovalId>, at: DateTime<Utc>) -> Result<()> {
        self.note(|conn| {
            let mut update = conn.prepare_cached("UPDATE held SET used_ms = ?2 WHERE id = ?1")?;
            approvals.into_iter().try_for_each(|id| Ok(update.execute(params![id.0, sql::millis(at)]).map(drop)?))
        })
    }

    /// The export is forgotten, and approvals with it: they were for what it had.
    pub fn forget_held(&mut self, export: &Name) -> Result<()> {
        self.note(|conn| Ok(conn.execute("DELETE FROM held WHERE export = ?1", [export]).map(drop)?))
    }
}

impl View {
    /// Plans that wait or were approved and not carried out; of one export or of all, the newest first.
    pub fn held(&self, export: Option<&Name>) -> Result<Vec<HeldPlan>> {
        held_where(&self.conn, "?1 IS NULL OR export = ?1", export.map(Name::as_str))
    }

    /// Held plans whose digest begins so.
    pub fn held_by_digest(&self, prefix: &str) -> Result<Vec<HeldPlan>> {
        held_where(&self.conn, "substr(digest, 1, length(?1)) = ?1", Some(prefix))
    }

    /// Every approval of the export that still holds, the oldest first.
    pub fn approvals(&self, export: &Name, now: DateTime<Utc>) -> Result<Vec<Approval>> {
        let sql = "SELECT id, target, json FROM held WHERE export = ?1 AND approved_ms > ?2 AND approved_ms <= ?3 AND used_ms IS NULL
                   ORDER BY approved_ms, id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![export, sql::millis(holding_since(now)), sql::millis(now + CLOCKS)])?;
        let mut approvals = Vec::new();
        while let Some(row) = rows.next()? {
            let id = ApprovalId(row.get(0)?);
            let verdict: Verdict = sql::from_json(&row.get::<_, String>(2)?)?;
            let changes = self.changes(id, row.get(1)?)?;
            approvals.push(Approval { id, plan: ApprovedPlan { changes, reasons: verdict.held } });
        }
        Ok(approvals)
    }

    fn changes(&self, of: ApprovalId, target: String) -> Result<Changes> {
        let mut statement = self.conn.prepare_cached("SELECT kind, list, keys FROM held_change WHERE held = ?1")?;
        let mut rows = statement.query([of.0])?;
        let mut kinds: [BTreeMap<String, Vec<Key>>; 3] = Default::default();
        while let Some(row) = rows.next()? {
            let keys = keys_of(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
            let kind =
                kinds.get_mut(usize::from(row.get::<_, u8>(0)?)).ok_or_else(|| StateError::damaged("an approved change of no kind"))?;
            kind.insert(row.get(1)?, keys);
        }
        let [removed, added, unreadable] = kinds;
        Ok(Changes { target, removed, added, unreadable })
    }
}

fn keys_of(bytes: &[u8]) -> Result<Vec<Key>> {
    let (keys, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(StateError::damaged("the members of an approval are cut off"));
    }
    Ok(keys.iter().map(|key| Key::from_bytes(*key)).collect())
}

/// Approves one held plan by its whole digest.
///
/// It needs no lock: people approve while a daemon holds the state. It is a single row that the writer never
/// changes once it is there, and SQLite itself keeps the two writes apart.
pub fn approve(dir: &StateDir, digest: &str, by: &str, at: DateTime<Utc>) -> Result<()> {
    let refused = |message: &str| StateError::refused(message).hint("`listkeeper approve` lists what is held");
    let gone = || refused("that plan is held no more: a newer one took its place");
    let Some(conn) = beside(dir)? else { return Err(gone()) };
    let sql = "UPDATE held SET approved_by = ?2, approved_ms = ?3 WHERE digest = ?1 AND approved_by IS NULL";
    if conn.execute(sql, params![digest, by, sql::millis(at)])? > 0 {
        return Ok(());
    }
    let before = "SELECT used_ms IS NOT NULL FROM held WHERE digest = ?1 ORDER BY id DESC LIMIT 1";
    match conn.query_row(before, [digest], |row| row.get(0)).optional()? {
        Some(true) => Err(refused("that plan was approved and carried out")),
        Some(false) => Err(refused("that plan is approved already")),
        None => Err(gone()),
    }
}

/// A way to write a single row beside the one writer; `None`: there is no state.
pub(super) fn beside(dir: &StateDir) -> Result<Option<Connection>> {
    if !view::present(dir)? {
        return Ok(None);
    }
    dir.protect_for_reading()?;
    let conn = Connection::open_with_flags(dir.database(), OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    view::tune(&conn)?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    if migrations::fit(&conn)? == migrations::Fit::Older {
        return Err(
            StateError::refused("the state is of an older format").hint("run `listkeeper apply` or `run` once, which brings it up to date")
        );
    }
    Ok(Some(conn))
}

fn held_where(conn: &Connection, condition: &str, value: Option<&str>) -> Result<Vec<HeldPlan>> {
    let mut statement = conn.prepare_cached(&format!("{HELD} WHERE used_ms IS NULL AND ({condition}) ORDER BY made_ms DESC, id DESC"))?;
    let mut rows = statement.query([value])?;
    let mut plans = Vec::new();
    while let Some(row) = rows.next()? {
        plans.push(plan(row)?);
    }
    Ok(plans)
}

fn plan(row: &Row<'_>) -> Result<HeldPlan> {
    let approved = match (row.get(6)?, row.get::<_, Option<i64>>(7)?) {
        (Some(by), Some(at)) => Some(Approved { by, at: sql::time(at)? }),
        _ => None,
    };
    Ok(HeldPlan {
        digest: row.get(0)?,
        export: row.get(1)?,
        made: sql::time(row.get(2)?)?,
        reason: row.get(3)?,
        text: row.get(4)?,
        json: row.get(5)?,
        approved,
    })
}
