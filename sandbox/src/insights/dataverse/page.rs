//! One page of a table, written row by row: with 5,000 rows a tree of values would cost more than the rows.

use super::super::store::{Row, Store, Walk};
use super::{
    API, BASE, Dataverse,
    ask::Question,
    cursor::{Cursor, delta_token},
    problem::Problem,
    tables::Set,
};
use crate::{
    kit::fail::Fail,
    vendor::{Ask, Reply},
};
use axum::http::{HeaderName, HeaderValue};
use std::{collections::BTreeMap, io::Write as _, ops::ControlFlow};
use url::form_urlencoded;

/// More are not counted.
const MOST_COUNTED: i64 = 5_000;

/// A page being written.
struct Page<'a> {
    question: &'a Question,
    rows: Vec<u8>,
    given: usize,
    last: i64,
    /// There is a row after the page.
    more: bool,
}

impl Dataverse {
    pub(super) fn rows(&self, ask: &Ask, set: Set) -> Result<Reply, Fail<Problem>> {
        let settings = self.0.settings().clone();
        let store = self.0.store();
        let question = Question::read(ask, set, &store, &settings)?;
        let mut page = Page { question: &question, rows: Vec::new(), given: 0, last: question.cursor.after, more: false };
        page.fill(&store)?;
        let count = if question.count { Some(count(&store, &question)?) } else { None };
        let body = self.body(&store, &page, count)?;
        Ok(Reply { rows: page.given, ..headed(body, &question) })
    }

    /// The rows between what is said of them.
    fn body(&self, store: &Store, page: &Page<'_>, count: Option<i64>) -> Result<Vec<u8>, Fail<Problem>> {
        let question = page.question;
        let mut body = Vec::with_capacity(page.rows.len() + 1_000);
        // Writing to memory cannot fail.
        let _ = write!(body, "{{\"@odata.context\":{}", quoted(&self.context(question)));
        if let Some(count) = count {
            let _ = write!(body, ",\"@odata.count\":{count}");
        }
        body.extend_from_slice(b",\"value\":[");
        body.extend_from_slice(&page.rows);
        let last = !page.more;
        if question.cursor.since > 0 && last {
            self.write_gone(store, page, &mut body)?;
        }
        body.push(b']');
        if page.more {
            let cursor = Cursor { after: page.last, page: question.cursor.page + 1, ..question.cursor };
            let link = self.link(question, &format!("$skiptoken={}", cursor.skip_token(question.seal())));
            let _ = write!(body, ",\"@odata.nextLink\":{}", quoted(&link));
        } else if let Some(version) = question.cursor.tracked {
            let link = self.link(question, &format!("$deltatoken={}", delta_token(version, question.seal())));
            let _ = write!(body, ",\"@odata.deltaLink\":{}", quoted(&link));
        }
        body.push(b'}');
        Ok(body)
    }

    /// Rows that went since.
    fn write_gone(&self, store: &Store, page: &Page<'_>, body: &mut Vec<u8>) -> Result<(), Fail<Problem>> {
        let set = page.question.set;
        let context = format!("{}{BASE}{API}/$metadata#{}/$deletedEntity", self.0.origin, set.name());
        for (number, customer) in store.gone_since(set.table(), page.question.cursor.since)?.iter().enumerate() {
            if page.given + number > 0 {
                body.push(b',');
            }
            let id = set.key(customer);
            let _ = write!(body, "{{\"@odata.context\":{},\"id\":\"{id}\",\"reason\":\"deleted\"}}", quoted(&context));
        }
        Ok(())
    }

    fn context(&self, question: &Question) -> String {
        let columns = question.select.as_ref().map(|select| format!("({select})")).unwrap_or_default();
        let delta = if question.cursor.since > 0 { "/$delta" } else { "" };
        format!("{}{BASE}{API}/$metadata#{}{columns}{delta}", self.0.origin, question.set.name())
    }

    fn link(&self, question: &Question, token: &str) -> String {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let select = question.select.as_ref().map(|select| format!("$select={}&", encoded(select)));
        let filter = question.filter.as_ref().map(|(text, _)| format!("$filter={}&", encoded(text)));
        let query = select.into_iter().chain(filter).collect::<String>() + token;
        format!("{}{BASE}{}?{query}", self.0.origin, question.set.path())
    }
}

impl Page<'_> {
    fn fill(&mut self, store: &Store) -> rusqlite::Result<()> {
        let question = self.question;
        // Those who are asked for by their ids are looked up.
        let named = question.filter.as_ref().and_then(|(_, filter)| filter.customers(store.columns()));
        if let Some(customers) = named {
            return self.look_up(store, customers);
        }
        let cursor = question.cursor;
        let walk = Walk { after: cursor.after, since: cursor.since, ..Walk::all(question.set.table()) };
        store.walk(walk, |row| self.take(&row))
    }

    /// In the order of the table, as a walk gives them.
    fn look_up(&mut self, store: &Store, customers: Vec<&str>) -> rusqlite::Result<()> {
        let table = self.question.set.table();
        let mut found = BTreeMap::new();
        for customer in customers {
            store.show(table, customer, |row| {
                found.insert(row.id, customer);
            })?;
        }
        for (_, customer) in found.range(self.question.cursor.after + 1..) {
            store.show(table, customer, |row| {
                // The page says itself when it is full.
                let _ = self.take(&row);
            })?;
        }
        Ok(())
    }

    fn take(&mut self, row: &Row<'_>) -> ControlFlow<()> {
        if !fits(self.question, row) {
            return ControlFlow::Continue(());
        }
        if self.given == self.question.left {
            return ControlFlow::Break(());
        }
        if self.given == self.question.page {
            self.more = true;
            return ControlFlow::Break(());
        }
        self.write(row);
        self.given += 1;
        self.last = row.id;
        ControlFlow::Continue(())
    }

    fn write(&mut self, row: &Row<'_>) {
        if self.given > 0 {
            self.rows.push(b',');
        }
        let _ = write!(self.rows, "{{\"@odata.etag\":\"W/\\\"{}\\\"\"", 70_000_000 + row.version);
        for column in &self.question.columns {
            let value = column.value(self.question.set, row);
            if value.is_empty() && self.question.sparse {
                continue;
            }
            let _ = write!(self.rows, ",\"{}\":", column.name);
            column.kind.write(&value, &mut self.rows);
        }
        self.rows.push(b'}');
    }
}

fn fits(question: &Question, row: &Row<'_>) -> bool {
    question.filter.as_ref().is_none_or(|(_, filter)| filter.fits(question.set, row))
}

fn count(store: &Store, question: &Question) -> rusqlite::Result<i64> {
    let mut count = 0;
    store.walk(Walk::all(question.set.table()), |row| {
        count += i64::from(fits(question, &row));
        if count < MOST_COUNTED { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(count)
}

fn headed(body: Vec<u8>, question: &Question) -> Reply {
    let mut reply = Reply { body, ..Reply::json(200, &()) };
    let mut applied = Vec::new();
    if question.page_asked {
        applied.push(format!("odata.maxpagesize={}", question.page));
    }
    if question.cursor.tracked.is_some() {
        applied.push("odata.track-changes".to_owned());
    }
    if let Ok(value) = HeaderValue::from_str(&applied.join(","))
        && !applied.is_empty()
    {
        reply.headers.push((HeaderName::from_static("preference-applied"), value));
    }
    reply.headers.push((HeaderName::from_static("odata-version"), HeaderValue::from_static("4.0")));
    reply
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
