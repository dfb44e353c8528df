//! Every type of Arrow: its cell, or why it has none.

use super::super::cells::Cells;
use crate::{
    definition::{Adbc, Name, Rows, Selection, Source, SourceKind},
    source::{Cell, SourceError},
};
use arrow_array::{builder::*, types::Int32Type, *};
use arrow_schema::{DataType, Field, IntervalUnit, Schema, TimeUnit};
use rstest::rstest;
use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

/// The cells of one column, as text.
fn cells(array: ArrayRef, extension: &[(&str, &str)]) -> Result<Vec<String>, SourceError> {
    let metadata = extension.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<HashMap<_, _>>();
    let schema = Arc::new(Schema::new(vec![Field::new("c", array.data_type().clone(), true).with_metadata(metadata)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![array]).unwrap();
    let mut all = Vec::new();
    let mut sink = |batch: crate::source::RowBatch| {
        all.extend((0..batch.len()).map(|row| match batch.cell(row, 0) {
            Cell::Null => "∅".to_owned(),
            Cell::Integer(value) => format!("i:{value}"),
            Cell::Real(value) => format!("r:{value}"),
            Cell::Text(text) => text.to_owned(),
        }));
        Ok(())
    };
    let mut cells = Cells::of(&schema, vec![0], &rows())?;
    cells.take(&batch, &mut sink)?;
    cells.finish(&mut sink)?;
    Ok(all)
}

fn rows() -> Rows {
    let adbc = Adbc { driver: "x".to_owned(), uri: None, options: Default::default(), max_rows: 1, timeout: Duration::ZERO };
    let source = Arc::new(Source { name: Name::new("db").unwrap(), kind: SourceKind::Adbc(adbc), export_user: None });
    Rows {
        segment: Name::new("vips").unwrap(),
        file: PathBuf::from("vips.yaml"),
        source,
        select: Selection::Table("t".to_owned()),
        written: None,
    }
}

const NUMERIC: &[(&str, &str)] =
    &[("ARROW:extension:name", "arrow.opaque"), ("ARROW:extension:metadata", r#"{"type_name": "numeric", "vendor_name": "PostgreSQL"}"#)];
const UUID: &[(&str, &str)] = &[("ARROW:extension:name", "arrow.uuid")];
const JSON: &[(&str, &str)] = &[("ARROW:extension:name", "arrow.json")];

fn strings(of: &[Option<&str>]) -> ListArray {
    let mut list = ListBuilder::new(StringBuilder::new());
    list.append_value(of.iter().copied());
    list.append_null();
    list.finish()
}

fn numerics(values: &[&str]) -> ListArray {
    let item = Field::new("item", DataType::Utf8, true)
        .with_metadata(NUMERIC.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<HashMap<_, _>>());
    let mut list = ListBuilder::new(StringBuilder::new()).with_field(item);
    list.append_value(values.iter().map(Some));
    list.finish()
}

#[rstest]
#[case::boolean(Arc::new(BooleanArray::from(vec![Some(true), None])), &[], &["i:1", "∅"])]
#[case::unsigned(Arc::new(UInt64Array::from(vec![7])), &[], &["i:7"])]
#[case::float(Arc::new(Float32Array::from(vec![0.1])), &[], &["r:0.1"])]
#[case::decimal(Arc::new(Decimal128Array::from(vec![123_450]).with_precision_and_scale(12, 2).unwrap()), &[], &["1234.50"])]
#[case::numeric(Arc::new(StringArray::from(vec!["1234.50"])), NUMERIC, &["1234.50"])]
#[case::text_view(Arc::new(StringViewArray::from(vec!["é"])), &[], &["é"])]
#[case::date(Arc::new(Date32Array::from(vec![20_000])), &[], &["2024-10-04"])]
#[case::local_time(Arc::new(TimestampMicrosecondArray::from(vec![1_700_000_000_123_000])), &[], &["2023-11-14T22:13:20.123"])]
#[case::instant(Arc::new(TimestampMicrosecondArray::from(vec![1_700_000_000_000_000]).with_timezone("Europe/Amsterdam")), &[], &["2023-11-14T22:13:20Z"])]
#[case::uuid(Arc::new(FixedSizeBinaryArray::try_from_iter([[0x3fu8; 16]].into_iter()).unwrap()), UUID, &["3f3f3f3f-3f3f-3f3f-3f3f-3f3f3f3f3f3f"])]
#[case::json(Arc::new(StringArray::from(vec![r#"{"a": 1}"#])), JSON, &[r#"{"a": 1}"#])]
#[case::null(Arc::new(NullArray::new(1)), &[], &["∅"])]
#[case::numbers(Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None])])), &[], &["[1,null]"])]
#[case::texts(Arc::new(strings(&[Some("a"), Some("b\"c"), None])), &[], &[r#"["a","b\"c",null]"#, "∅"])]
#[case::numerics(Arc::new(numerics(&["1.50", "NaN"])), &[], &[r#"[1.50,"NaN"]"#])]
fn a_cell_of_each_type(#[case] array: ArrayRef, #[case] extension: &[(&str, &str)], #[case] expected: &[&str]) {
    assert_eq!(cells(array, extension).unwrap(), expected);
}

#[rstest]
#[case::binary(DataType::Binary, "Binary, which cannot be a cell", "CAST(c AS VARCHAR)")]
#[case::interval(DataType::Interval(IntervalUnit::MonthDayNano), "Interval(MonthDayNano), which cannot be a cell", "CAST(c AS VARCHAR)")]
#[case::duration(DataType::Duration(TimeUnit::Second), "Duration(s), which cannot be a cell", "CAST(c AS VARCHAR)")]
#[case::parts(DataType::Struct(vec![Field::new("a", DataType::Utf8, true)].into()), "which cannot be a cell", "each a column of its own")]
#[case::binaries(DataType::List(Arc::new(Field::new("item", DataType::Binary, true))), "which cannot be a cell", "JSON text")]
fn a_type_without_a_cell_is_refused_with_the_way_out(#[case] of: DataType, #[case] what: &str, #[case] hint: &str) {
    let error = cells(new_null_array(&of, 1), &[]).unwrap_err();
    assert!(error.message.starts_with("vips.yaml, segment vips: the column \"c\" is ") && error.message.contains(what), "{error}");
    assert!(error.hint.clone().unwrap().contains(hint), "{:?}", error.hint);
}

#[test]
fn an_integer_beyond_63_bits_is_an_error_that_says_where() {
    let error = cells(Arc::new(UInt64Array::from(vec![1, u64::MAX])), &[]).unwrap_err();
    assert!(error.message.starts_with("rows 1 to 2, column \"c\": "), "{error}");
}

#[test]
fn a_batch_of_any_size_becomes_batches_of_ours() {
    let array = ListArray::from_iter_primitive::<Int32Type, _, _>((0..5000).map(|n| Some([Some(n)])));
    let all = cells(Arc::new(array), &[]).unwrap();
    assert_eq!((all.len(), all[4999].as_str()), (5000, "[4999]"));
}
