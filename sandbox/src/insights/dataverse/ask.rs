//! What one request asks of a table.

use super::{
    super::{settings::Settings, store::Store},
    cursor::{self, Cursor},
    filter::Filter,
    options::Options,
    problem::Problem,
    tables::{Column, Set},
};
use crate::{kit::fail::Fail, vendor::Ask};

const LONGEST_PAGE: usize = 5_000;
const KNOWN: [&str; 5] = ["$select", "$filter", "$count", "$skiptoken", "$deltatoken"];

#[derive(Debug)]
pub(super) struct Question {
    pub set: Set,
    /// The key is always among them, first.
    pub columns: Vec<Column>,
    /// `$select` as written, for links and contexts.
    pub select: Option<String>,
    pub filter: Option<(String, Filter)>,
    pub count: bool,
    pub cursor: Cursor,
    /// Rows a page.
    pub page: usize,
    pub page_asked: bool,
    /// Rows until the reading is cut off.
    pub left: usize,
    /// Columns without a value are left out.
    pub sparse: bool,
}

impl Question {
    pub(super) fn read(ask: &Ask, set: Set, store: &Store, settings: &Settings) -> Result<Self, Fail<Problem>> {
        let options = Options::read(&ask.query, &KNOWN)?;
        let (all, tracking) = (set.columns(store, settings.segments_as), settings.change_tracking);
        let columns = chosen(&options, &all, set)?;
        let filter = match options.get("$filter") {
            Some(text) => Some((text.to_owned(), Filter::parse(text, &all, set)?)),
            None => None,
        };
        let (track, asked) = (prefers(ask, "odata.track-changes").is_some(), page_size(ask)?);
        if (track || options.get("$deltatoken").is_some()) && !tracking {
            return Err(Problem::untracked().into());
        }
        if track && filter.is_some() {
            return Err(Problem::query("Tracked changes cannot be filtered.").into());
        }
        let cursor = start(&options, set, store, track)?;
        let count = options.get("$count") == Some("true");
        let select = options.get("$select").map(str::to_owned);
        let page = asked.unwrap_or(LONGEST_PAGE).min(LONGEST_PAGE);
        let cut = match set {
            Set::Memberships => settings.cut_memberships,
            Set::Profiles => settings.cut_profiles,
        };
        let given = (cursor.page as usize - 1) * page;
        let left = if cut == 0 { usize::MAX } else { cut.saturating_sub(given) };
        Ok(Self { set, columns, select, filter, count, cursor, page, page_asked: asked.is_some(), left, sparse: settings.sparse })
    }

    pub(super) fn seal(&self) -> u64 {
        seal(self.set, self.select.as_deref(), self.filter.as_ref().map(|(text, _)| text.as_str()))
    }
}

/// Where it begins, or goes on.
fn start(options: &Options, set: Set, store: &Store, track: bool) -> Result<Cursor, Fail<Problem>> {
    let seal = seal(set, options.get("$select"), options.get("$filter"));
    if let Some(token) = options.get("$skiptoken") {
        return Ok(Cursor::of_skip_token(token, seal)?);
    }
    if let Some(token) = options.get("$deltatoken") {
        return Ok(Cursor::start(cursor::of_delta_token(token, seal)?, Some(store.version()?)));
    }
    Ok(Cursor::start(0, if track { Some(store.version()?) } else { None }))
}

/// What the query is, for telling its links from another's.
fn seal(set: Set, select: Option<&str>, filter: Option<&str>) -> u64 {
    let query = [set.name(), select.unwrap_or_default(), filter.unwrap_or_default()].join("\n");
    xxhash_rust::xxh3::xxh3_64(query.as_bytes())
}

fn chosen(options: &Options, all: &[Column], set: Set) -> Result<Vec<Column>, Problem> {
    let Some(names) = options.list("$select") else { return Ok(all.to_vec()) };
    let mut columns: Vec<Column> = all.iter().take(1).cloned().collect();
    for name in names {
        let found = all.iter().find(|column| column.name == name);
        let column = found.ok_or_else(|| Problem::no_column(name, set.kind()))?;
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    Ok(columns)
}

/// A word of `Prefer`, with what is after its `=`.
fn prefers<'a>(ask: &'a Ask, word: &str) -> Option<&'a str> {
    let headers = ask.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut words = headers.flat_map(|value| value.split([',', ';'])).map(str::trim);
    words.find_map(|text| text.strip_prefix(word).map(|rest| rest.trim_start_matches('=').trim_matches('"')))
}

fn page_size(ask: &Ask) -> Result<Option<usize>, Problem> {
    let Some(text) = prefers(ask, "odata.maxpagesize") else { return Ok(None) };
    match text.parse() {
        Ok(size) if size > 0 => Ok(Some(size)),
        _ => Err(Problem::query("odata.maxpagesize is a whole number from 1 to 5000.")),
    }
}
