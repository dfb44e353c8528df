//! Members by pages: a hundred a call.

use super::{
    super::{
        super::SourceError,
        odata::{Page, Row, Value},
    },
    instance::Instance,
    taking::Taking,
};

const ROUTE: &str = "/data/{segment}";
const TOP: u64 = 100;

/// A page may hold fewer rows than asked for, so only an empty one is the end.
pub fn read(instance: &mut Instance, taking: &mut Taking<'_>) -> Result<(), SourceError> {
    let segment = taking.segment;
    loop {
        let query = format!("$top={TOP}&$skip={}", taking.rows());
        let page: Page<Row> = instance.ask(ROUTE, ["data", &segment.name], &query)?;
        if page.value.is_empty() {
            return Ok(());
        }
        page.value.iter().try_for_each(|row| take(row, taking))?;
    }
}

fn take(row: &Row, taking: &mut Taking<'_>) -> Result<(), SourceError> {
    let attributes = taking.attributes;
    let value = |at: usize| Value::of(row, attributes.names.get(at).map_or("", String::as_str));
    let values = taking.wanted.iter().map(|at| value(*at)).collect::<Result<Vec<_>, _>>()?;
    match taking.id.map(value).transpose()? {
        Some(Value::Text(id)) => taking.row(Some(&id), values.iter().map(Value::cell)),
        _ => taking.row(None, values.iter().map(Value::cell)),
    }
}
