//! A member of a list, as it is kept.

use super::{
    email::{self, Hash},
    extra::{self, Extra},
    field_values::{self, Values},
    lists::List,
    merge_field::MergeField,
    problem::{Problem, Result},
    standing::{Standing, Status},
    work::Ctx,
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value};

#[derive(Clone, Debug)]
pub(super) struct Member {
    /// 0 until inserted.
    pub id: i64,
    pub hash: Hash,
    pub email: String,
    pub standing: Standing,
    pub values: Values,
    pub extra: Extra,
    /// Unix seconds, 0 is never.
    pub opted: i64,
    pub changed: i64,
    /// Made by this call, and tagged by nothing yet: no tags to be looked up.
    pub untagged: bool,
}

/// Columns in the order that `Member::read` takes them.
pub(super) const COLUMNS: &str = "id, hash, email, status, prior, blocked, merge, extra, opted, changed";

const INSERT: &str = "
INSERT INTO members(id, list, hash, email, status, prior, blocked, merge, extra, opted, changed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const UPDATE: &str = "
UPDATE members SET list = ?2, hash = ?3, email = ?4, status = ?5, prior = ?6, blocked = ?7, merge = ?8, extra = ?9, opted = ?10,
  changed = ?11 WHERE id = ?1";

const HINDERED: &str =
    "SELECT EXISTS (SELECT 1 FROM forgotten WHERE list = ?1 AND hash = ?2), EXISTS (SELECT 1 FROM too_many_lists WHERE hash = ?2)";

/// A row before its JSON columns are read: most readings want neither.
pub(super) struct Raw {
    member: Member,
    merge: String,
    extra: Option<String>,
}

impl Raw {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let standing = Standing {
            status: Status::from_code(row.get(3)?),
            prior: row.get::<_, Option<i64>>(4)?.map(Status::from_code),
            blocked: row.get(5)?,
        };
        let member = Member {
            id: row.get(0)?,
            hash: row.get(1)?,
            email: row.get(2)?,
            standing,
            values: Values::new(),
            extra: Extra::default(),
            opted: row.get(8)?,
            changed: row.get(9)?,
            untagged: false,
        };
        Ok(Self { member, merge: row.get(6)?, extra: row.get(7)? })
    }

    pub(super) fn member(self, with_values: bool) -> Result<Member> {
        let mut member = self.member;
        if with_values {
            member.values = serde_json::from_str(&self.merge)?;
        }
        if let Some(extra) = self.extra {
            member.extra = serde_json::from_str(&extra)?;
        }
        Ok(member)
    }
}

impl Member {
    fn new(email: &str, status: Status, now: i64) -> Self {
        Self {
            id: 0,
            hash: email::hash(email),
            email: email.to_owned(),
            standing: Standing::new(status),
            values: Values::new(),
            extra: Extra::default(),
            opted: if status == Status::Subscribed { now } else { 0 },
            changed: now,
            untagged: true,
        }
    }

    pub(super) fn by_hash(ctx: &Ctx<'_>, list: &List, hash: &Hash) -> Result<Option<Self>> {
        ctx.memo.addresses.get(list.row, hash).and_then(|id| Self::by_id(ctx, list, id).transpose()).transpose()
    }

    fn by_id(ctx: &Ctx<'_>, list: &List, id: i64) -> Result<Option<Self>> {
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM members WHERE id = ? AND list = ?"))?;
        query.query_row([id, list.row], Raw::read).optional()?.map(|raw| raw.member(true)).transpose()
    }

    /// By md5 of the address, the address, or the contact id.
    pub(super) fn find(ctx: &Ctx<'_>, list: &List, key: &str) -> Result<Option<Self>> {
        if key.contains('@') {
            return Self::by_hash(ctx, list, &email::hash(key));
        }
        let Ok(bytes) = hex::decode(key) else { return Ok(None) };
        let Ok(hash) = Hash::try_from(bytes) else { return Ok(None) };
        if let Some(member) = Self::by_hash(ctx, list, &hash)? {
            return Ok(Some(member));
        }
        id_of_contact(&hash).and_then(|id| Self::by_id(ctx, list, id).transpose()).transpose()
    }

    pub(super) fn get(ctx: &Ctx<'_>, list: &List, key: &str) -> Result<Self> {
        Ok(Self::find(ctx, list, key)?.ok_or_else(Problem::not_found)?)
    }

    /// A new member, after the checks that only new ones meet. Not yet inserted.
    pub(super) fn admit(ctx: &Ctx<'_>, list: &List, email: &str, status: Status) -> Result<Self> {
        let member = Self::new(email, status, ctx.now);
        let mut query = ctx.db.prepare_cached(HINDERED)?;
        match query.query_row(params![list.row, member.hash], |row| Ok((row.get(0)?, row.get(1)?)))? {
            (true, _) => Err(Problem::forgotten(email).into()),
            (_, true) => Err(Problem::too_many_lists(email).into()),
            (false, false) => Ok(member),
        }
    }

    /// Takes what a body says; refuses without having changed anything in the database.
    pub(super) fn apply(
        &mut self,
        ctx: &Ctx<'_>,
        body: &Map<String, Value>,
        status: Option<Status>,
        fields: &[MergeField],
        skip_required: bool,
    ) -> Result<()> {
        self.standing = self.standing.set(status).map_err(|_| Problem::compliance(&self.email))?;
        let given = body.get("merge_fields").and_then(Value::as_object);
        self.values = field_values::merged(&self.values, given, fields, skip_required).map_err(Problem::merge_fields)?;
        self.extra.apply(body).map_err(|error| Problem::schema(vec![error]))?;
        let opted = extra::time(body, "timestamp_opt").map_err(|error| Problem::schema(vec![error]))?;
        if opted.is_some() || (self.opted == 0 && self.standing.status == Status::Subscribed) {
            self.opted = opted.unwrap_or(ctx.now);
        }
        self.changed = ctx.now;
        Ok(())
    }

    /// Inserts or updates.
    pub(super) fn save(&mut self, ctx: &mut Ctx<'_>, list: &List) -> Result<()> {
        let id = (self.id != 0).then_some(self.id);
        let (status, prior) = (self.standing.status.code(), self.standing.prior.map(Status::code));
        let (merge, extra) = (serde_json::to_string(&self.values)?, self.extra.to_text()?);
        let (blocked, opted, changed) = (self.standing.blocked, self.opted, self.changed);
        let mut write = ctx.db.prepare_cached(if id.is_none() { INSERT } else { UPDATE })?;
        let row = params![id, list.row, self.hash, self.email, status, prior, blocked, merge, extra, opted, changed];
        write.execute(row)?;
        self.id = id.unwrap_or_else(|| ctx.db.last_insert_rowid());
        ctx.memo.addresses.set(list.row, self.hash, Some(self.id));
        ctx.memo.touch(list.row);
        Ok(())
    }

    /// Removes the row and its tags.
    pub(super) fn remove(&self, ctx: &mut Ctx<'_>, list: &List) -> Result<()> {
        ctx.db.execute("DELETE FROM tagged WHERE member = ?", [self.id])?;
        ctx.db.execute("DELETE FROM members WHERE id = ?", [self.id])?;
        ctx.memo.addresses.set(list.row, self.hash, None);
        ctx.memo.touch(list.row);
        Ok(())
    }

    /// 32 hexadecimal digits from which the row can be found again.
    pub(super) fn contact_id(&self) -> String {
        format!("{:016x}{:016x}", mixed(self.id), self.id as u64 ^ CONTACT)
    }
}

const CONTACT: u64 = 0x6c6b_5f73_616e_6462;

fn mixed(id: i64) -> u64 {
    xxhash_rust::xxh3::xxh3_64(&id.to_le_bytes())
}

fn id_of_contact(bytes: &Hash) -> Option<i64> {
    let (check, id) = bytes.split_at(8);
    let id = (u64::from_be_bytes(id.try_into().ok()?) ^ CONTACT) as i64;
    (mixed(id).to_be_bytes() == check).then_some(id)
}
