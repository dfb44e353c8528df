//! Activities that undo one another while both are unfinished: which of them has the last word is chance.

use super::{activity::Job, problem::Result, tally::Event, work::Ctx};

/// A number for an address; two addresses that share one are not worth a thought.
pub(super) fn hash(key: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(key.as_bytes())
}

/// Notes everybody whom an unfinished activity puts onto a list that this one takes them off, or the other way round.
pub(super) fn check(ctx: &mut Ctx<'_>, on: bool, lists: &[i64], people: Option<&[u64]>) -> Result<()> {
    let mut query = ctx.db.prepare_cached("SELECT job, people FROM activities WHERE outcome IS NULL")?;
    let mut rows = query.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let job: Job = serde_json::from_str(row.get_ref(0)?.as_str().unwrap_or_default())?;
        if opposes(&job, on, lists) {
            count += in_both(row.get_ref(1)?.as_blob_or_null().unwrap_or_default(), people);
        }
    }
    drop(rows);
    drop(query);
    ctx.tally.add(Event::Raced, count);
    ctx.note(count, if on { "put on a list while a removal is unfinished" } else { "removed while an import is unfinished" });
    Ok(())
}

fn opposes(job: &Job, on: bool, lists: &[i64]) -> bool {
    let (other, theirs) = match job {
        Job::Import { lists, .. } => (true, lists),
        Job::Members { on, lists, .. } => (*on, lists),
        _ => return false,
    };
    other != on && theirs.iter().any(|list| lists.contains(list))
}

/// How many are in both; where one of them is not known before it runs, it counts once.
fn in_both(stored: Option<&[u8]>, people: Option<&[u64]>) -> u64 {
    let (Some(stored), Some(people)) = (stored, people) else { return 1 };
    let (stored, _) = stored.as_chunks::<8>();
    people.iter().filter(|one| stored.binary_search_by_key(*one, |bytes| u64::from_le_bytes(*bytes)).is_ok()).count() as u64
}
