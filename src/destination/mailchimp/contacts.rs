//! Reads contacts back, page by page.
//!
//! Pages are offsets into a list that is sorted by the last change and changes while it is read. **Newest first**
//! loses nobody who stays as they are: whoever changes moves to the front and pushes the others towards the pages still
//! to come, so that some are read twice. (Oldest first, each change would pull one unread contact into the pages
//! already read.) Who changed meanwhile is found by the short reading with `changed_since` that ends every whole one.
//! What still pulls contacts backwards are deletions; pages overlap a little against those.
//!
//! Whether a plain reading includes archived contacts is not documented, so they are read on their own at the end: right
//! if it does not, a few double rows if it does.

use super::{
    super::{ContactPage, ContactRecord, ContainerId, Cursor, Error, PageRequest, PlaceId, SMALLEST_PAGE},
    api::{Api, Call, read},
    capabilities::PAGE_ROWS,
    errors, wire,
};
use crate::{http::Answer, member::Email, platform::SubscriptionStatus};
use serde::Deserialize;
use std::borrow::Cow;

/// Rows read again at a page's beginning.
const OVERLAP: u64 = 10;
const ONLY_WHAT_IS_USED: &str = "members.email_address,members.status,members.last_changed,total_items";
/// Of those who changed, who may be back on a list, also the tags: their ids are those of the static segments.
const WITH_TAGS: &str = "members.email_address,members.status,members.last_changed,members.tags,total_items";

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    members: Vec<Member<'a>>,
    total_items: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Member<'a> {
    #[serde(borrow, default)]
    pub email_address: Cow<'a, str>,
    #[serde(borrow, default)]
    pub status: Cow<'a, str>,
    #[serde(borrow, default)]
    pub last_changed: Cow<'a, str>,
    #[serde(borrow, default)]
    pub tags: Option<Vec<Tag<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Tag<'a> {
    #[serde(default)]
    pub id: u64,
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
}

/// Where a reading stands: which of its two parts, how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    archived: bool,
    offset: u64,
}

impl At {
    fn read(cursor: Option<&Cursor>) -> Result<Self, Error> {
        let Some(Cursor(text)) = cursor else { return Ok(Self { archived: false, offset: 0 }) };
        let parsed =
            text.split_once('/').and_then(|(part, offset)| Some(Self { archived: part == "archived", offset: offset.parse().ok()? }));
        parsed.ok_or_else(|| Error::stall(format!("{text:?} is not a place in a reading of Mailchimp contacts")))
    }

    fn cursor(self) -> Cursor {
        Cursor(format!("{}/{}", if self.archived { "archived" } else { "all" }, self.offset))
    }

    /// The page after one of `got` rows out of `asked`.
    fn next(self, asked: u64, got: u64, total: Option<u64>) -> Option<Self> {
        let end = self.offset + got;
        let more = got > 0 && total.map_or(got >= asked, |total| end < total);
        if more {
            // At least one row on, or a page of nothing but overlap would be read for ever.
            return Some(Self { offset: end.saturating_sub(OVERLAP).max(self.offset + 1), ..self });
        }
        (!self.archived).then_some(Self { archived: true, offset: 0 })
    }
}

pub(super) async fn of_place(api: &Api, place: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error> {
    let at = At::read(page.cursor.as_ref())?;
    let mut call = paged(Call::get("/lists/{id}/members", &["lists", &place.0, "members"]), page, at)
        .query("sort_field", "last_changed")
        .query("sort_dir", "DESC");
    match page.standing {
        Some(standing) => call = call.query("status", wire::status(standing)),
        None if at.archived => call = call.query("status", "archived"),
        None => {}
    }
    if let Some(since) = &page.changed_since {
        call = call.query("since_last_changed", since);
    }
    let answer = send(api, call, page).await?;
    let (contacts, got, total) = contacts(&answer)?;
    let next = at.next(asked(page), got, total).filter(|next| !next.archived || page.standing.is_none());
    Ok(ContactPage { contacts, total, next: next.map(At::cursor) })
}

/// A tag's members of every status. They are few enough to be read without the care of a whole audience; who comes or
/// goes meanwhile is seen by the next plan.
pub(super) async fn of_container(api: &Api, place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
    let at = At::read(page.cursor.as_ref())?;
    let path = ["lists", &place.0, "segments", &container.0, "members"];
    let call = paged(Call::get("/lists/{id}/segments/{id}/members", &path), page, at)
        .query("include_cleaned", true)
        .query("include_transactional", true)
        .query("include_unsubscribed", true);
    let answer = send(api, call, page).await?;
    let (contacts, got, total) = contacts(&answer)?;
    let next = at.next(asked(page), got, total).filter(|next| !next.archived).map(At::cursor);
    Ok(ContactPage { contacts, total, next })
}

/// The page behind this one in the same part of a reading, if nobody comes or goes.
pub(super) fn after(page: &PageRequest, total: u64) -> Option<Cursor> {
    let (at, asked) = (At::read(page.cursor.as_ref()).ok()?, asked(page));
    at.next(asked, asked, Some(total)).filter(|next| next.archived == at.archived).map(At::cursor)
}

/// A page that the vendor does not manage is for the caller to divide.
async fn send(api: &Api, call: Call<'_>, page: &PageRequest) -> Result<Answer, Error> {
    let rows = Some(asked(page) as usize).filter(|rows| *rows > SMALLEST_PAGE).unwrap_or(1);
    let answer = api.answer(call.rows(rows)).await?;
    if answer.is_success() { Ok(answer) } else { Err(errors::page_refused(&answer, rows)) }
}

fn asked(page: &PageRequest) -> u64 {
    page.rows.clamp(1, PAGE_ROWS) as u64
}

fn paged<'a>(call: Call<'a>, page: &PageRequest, at: At) -> Call<'a> {
    let fields = if page.changed_since.is_some() { WITH_TAGS } else { ONLY_WHAT_IS_USED };
    call.query("fields", fields).query("count", asked(page)).query("offset", at.offset)
}

/// What the answer holds; rows whose address could never be one of ours are counted, not kept.
fn contacts(answer: &Answer) -> Result<(Vec<ContactRecord>, u64, Option<u64>), Error> {
    let page: Page<'_> = read(answer)?;
    let got = page.members.len() as u64;
    Ok((page.members.iter().filter_map(record).collect(), got, page.total_items))
}

fn record(member: &Member<'_>) -> Option<ContactRecord> {
    let email = Email::parse(&member.email_address).ok().flatten()?;
    // A status newer than this program: known, and not to be touched.
    let standing = wire::standing(&member.status).unwrap_or(SubscriptionStatus::NonSubscribed);
    Some(ContactRecord {
        changed_at: (!member.last_changed.is_empty()).then(|| member.last_changed.clone().into_owned()),
        containers: member.tags.as_ref().map(|tags| tags.iter().map(|tag| ContainerId(tag.id.to_string())).collect()),
        ..ContactRecord::new(email, standing)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `world` (newest first) page by page while `meanwhile` changes it.
    fn read_all(world: &mut Vec<u32>, rows: u64, mut meanwhile: impl FnMut(&mut Vec<u32>, u64)) -> Vec<u32> {
        let (mut at, mut seen) = (At { archived: false, offset: 0 }, Vec::new());
        loop {
            let page: Vec<u32> = world.iter().copied().skip(at.offset as usize).take(rows as usize).collect();
            let total = world.len() as u64;
            match at.next(rows, page.len() as u64, Some(total)) {
                Some(next) if !next.archived => at = next,
                _ => {
                    seen.extend(page);
                    return seen;
                }
            }
            seen.extend(page);
            meanwhile(world, at.offset);
        }
    }

    proptest::proptest! {
        /// Whoever does not change is read, whatever others do: changes anywhere, newcomers, a few deletions a page.
        #[test]
        fn nobody_who_stays_is_missed(size in 0u32..400, rows in 11u64..60, dice in proptest::collection::vec((0u32..400, 0u8..3), 0..200)) {
            let mut world: Vec<u32> = (0..size).collect();
            let (mut touched, mut fresh, mut dice) = (std::collections::BTreeSet::new(), 1000, dice.into_iter());
            let seen = read_all(&mut world, rows, |world, _| {
                let mut deleted = 0;
                for (who, what) in dice.by_ref().take(20) {
                    let place = world.iter().position(|w| *w == who);
                    match (what, place) {
                        (0, Some(place)) => { let w = world.remove(place); world.insert(0, w); touched.insert(who); }
                        (1, _) => { world.insert(0, fresh); fresh += 1; }
                        (_, Some(place)) if deleted < OVERLAP => { world.remove(place); touched.insert(who); deleted += 1; }
                        _ => {}
                    }
                }
            });
            for who in (0..size).filter(|who| !touched.contains(who)) {
                proptest::prop_assert!(seen.contains(&who), "{who} was missed");
            }
        }
    }

    #[test]
    fn cursors_are_read_back_and_strange_ones_refused() {
        for at in [At { archived: false, offset: 990 }, At { archived: true, offset: 0 }] {
            assert_eq!(At::read(Some(&at.cursor())).unwrap(), at);
        }
        assert!(At::read(Some(&Cursor("7".into()))).is_err());
    }

    #[test]
    fn a_page_of_one_row_goes_on() {
        let at = At { archived: false, offset: 5 };
        assert_eq!(at.next(1, 1, Some(9)), Some(At { archived: false, offset: 6 }));
        assert_eq!(at.next(1, 0, Some(9)), Some(At { archived: true, offset: 0 }), "an empty page ends the part");
    }
}
