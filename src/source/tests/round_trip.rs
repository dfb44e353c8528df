//! Any table, written in any format, reads back equal.

use super::Files;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use proptest::prelude::*;
use std::sync::Arc;

type Rows = Vec<Vec<Option<String>>>;

/// Text with all that delimited text has to escape; never empty, because an empty CSV cell is NULL; not as a spreadsheet marks texts.
fn cell() -> impl Strategy<Value = Option<String>> {
    let text = "([a-z0-9 ,;|\t\"'\r\n.é😀-]|[\u{80}-\u{2fff}]){1,12}";
    proptest::option::weighted(0.9, text.prop_filter("an apostrophe before a number", |text| !text.starts_with('\'')))
}

fn table() -> impl Strategy<Value = Rows> {
    (2usize..6).prop_flat_map(|width| proptest::collection::vec(proptest::collection::vec(cell(), width), 0..40))
}

fn names(rows: &Rows) -> Vec<String> {
    (0..rows.first().map_or(2, Vec::len)).map(|at| format!("c{at}")).collect()
}

fn shown(rows: &Rows) -> Vec<String> {
    rows.iter().map(|row| row.iter().map(|cell| cell.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join("|")).collect()
}

fn csv(rows: &Rows, delimiter: u8, crlf: bool) -> Vec<u8> {
    let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
    writer.write_record(names(rows)).unwrap();
    for row in rows {
        writer.write_record(row.iter().map(|cell| cell.as_deref().unwrap_or(""))).unwrap();
    }
    writer.into_inner().unwrap()
}

fn ndjson(rows: &Rows) -> Vec<u8> {
    let names = names(rows);
    let object = |row: &Vec<Option<String>>| {
        serde_json::Value::Object(names.iter().cloned().zip(row.iter().map(|cell| serde_json::json!(cell))).collect())
    };
    rows.iter().map(|row| format!("{}\n", object(row))).collect::<String>().into_bytes()
}

fn parquet(rows: &Rows) -> Vec<u8> {
    let columns = names(rows).into_iter().enumerate().map(|(at, name)| {
        let cells: StringArray = rows.iter().map(|row| row[at].as_deref()).collect();
        (name, Arc::new(cells) as ArrayRef)
    });
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn csv_reads_back(rows in table(), delimiter in prop::sample::select(b",;\t|".to_vec()), crlf: bool) {
        let files = Files::new().with("t.csv", csv(&rows, delimiter, crlf)).table_as("t", "t.csv", |table| table.delimiter = Some(delimiter));
        prop_assert_eq!(files.rows("SELECT * FROM t"), shown(&rows));
        // Only one column, the last: the others are not unescaped.
        let last = names(&rows).len() - 1;
        let expected = rows.iter().map(|row| row[last].clone().unwrap_or_else(|| "∅".to_owned())).collect::<Vec<_>>();
        prop_assert_eq!(files.rows(&format!("SELECT c{last} FROM t")), expected);
    }

    #[test]
    fn ndjson_reads_back(rows in table().prop_filter("a file without a line is an error", |rows| !rows.is_empty())) {
        let files = Files::new().with("t.ndjson", ndjson(&rows)).table("t", "t.ndjson");
        prop_assert_eq!(files.rows("SELECT * FROM t"), shown(&rows));
    }

    #[test]
    fn parquet_reads_back(rows in table()) {
        let files = Files::new().with("t.parquet", parquet(&rows)).table("t", "t.parquet");
        prop_assert_eq!(files.rows("SELECT * FROM t"), shown(&rows));
    }

    /// Cut anywhere, a file gives an error or only rows that it holds whole; never a row that is not in it.
    #[test]
    fn a_cut_csv_gives_no_row_that_was_not_there(rows in table(), at: prop::sample::Index) {
        let mut bytes = csv(&rows, b',', false);
        bytes.truncate(at.index(bytes.len() + 1));
        let files = Files::new().with("t.csv", bytes).table_as("t", "t.csv", |table| table.delimiter = Some(b','));
        if let Ok(read) = files.query("SELECT * FROM t") {
            let all = shown(&rows);
            // The last row may be cut inside its last, bare cell: nothing in the format tells.
            let whole = read.len().saturating_sub(1);
            prop_assert_eq!(&read[..whole], &all[..whole]);
        }
    }
}
