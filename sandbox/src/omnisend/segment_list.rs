//! All segments, page by page. A cursor remembers the order, which need not be said again.

use super::{
    cursor::{self, Page, Place},
    problem::Result,
    request::{Answer, Call, Query},
    segments::Segment,
    work::Ctx,
};
use serde_json::json;
use std::cmp::Ordering;

const NAMES: &[&str] = &["limit", "after", "before", "sort", "direction"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Order {
    by_name: bool,
    ascending: bool,
}

impl Order {
    fn compare(self, a: (&str, i64), b: (&str, i64)) -> Ordering {
        let by_name = if self.by_name { a.0.cmp(b.0) } else { Ordering::Equal };
        let ordering = by_name.then(a.1.cmp(&b.1));
        if self.ascending { ordering } else { ordering.reverse() }
    }
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let mut query = call.query(NAMES);
    let page = Page::read(&mut query, 10, 50, &["sort", "direction"]);
    let order = order(&mut query, &page);
    query.done()?;
    let sql = format!("SELECT {} FROM segments", Segment::COLUMNS);
    let all = ctx.db.prepare_cached(&sql)?.query_map([], Segment::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let place = |segment: &Segment| Place {
        key: json!({"name": segment.name, "byName": order.by_name, "ascending": order.ascending}),
        row: segment.row,
    };
    let (found, paging) = page.cut(select(all, order, &page), place);
    let shown = found.iter().map(|segment| segment.to_json(ctx)).collect::<Result<Vec<_>>>()?;
    Ok(Answer::new(200, json!({"segments": shown, "paging": paging})))
}

fn order(query: &mut Query<'_>, page: &Page) -> Order {
    let by_name = query.word("sort", &["createdAt", "name"]).map(|sort| sort == "name");
    let ascending = query.word("direction", &["asc", "desc"]).map(|direction| direction == "asc");
    let Some((place, _)) = &page.from else {
        return Order { by_name: by_name.unwrap_or_default(), ascending: ascending.unwrap_or_default() };
    };
    let order = Order { by_name: place.key["byName"] == true, ascending: place.key["ascending"] == true };
    if by_name.is_some_and(|by_name| by_name != order.by_name) || ascending.is_some_and(|ascending| ascending != order.ascending) {
        query.refuse("sort", "invalid_value", cursor::DIFFERS);
    }
    order
}

/// One more than the page holds, in the direction that was asked for.
fn select(mut all: Vec<Segment>, order: Order, page: &Page) -> Vec<Segment> {
    let (backwards, key) = (page.is_backwards(), |segment: &Segment| (segment.name.clone(), segment.row));
    all.sort_by(|a, b| order.compare((&a.name, a.row), (&b.name, b.row)));
    if let Some((place, _)) = &page.from {
        let here = (place.key["name"].as_str().unwrap_or_default(), place.row);
        let wanted = if backwards { Ordering::Less } else { Ordering::Greater };
        all.retain(|segment| {
            let (name, row) = key(segment);
            order.compare((&name, row), here) == wanted
        });
    }
    if backwards {
        all.reverse();
    }
    all.truncate(page.limit + 1);
    all
}
