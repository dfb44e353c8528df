//! The same segment of the same customers, wherever they are.

use crate::kit::{Engine, engines, file, read, tell};
use arrow_array::{builder::*, cast::AsArray as _, *};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, Schema};
use listkeeper::{
    definition::{FieldType, Selection},
    member::{DayOrder, FieldKind, Value, canonical},
    source::{Access, Cell, SqlLimits, open},
};
use parquet::arrow::ArrowWriter;
use std::{fmt::Write, path::Path, sync::Arc};

const ROWS: i64 = 3000;
const COLUMNS: [(&str, FieldType); 9] = [
    ("id", FieldType::Integer),
    ("email", FieldType::Text),
    ("name", FieldType::Text),
    ("vip", FieldType::Boolean),
    ("spent", FieldType::Number),
    ("score", FieldType::Number),
    ("born", FieldType::Date),
    ("seen", FieldType::Datetime),
    ("tags", FieldType::Text),
];
const QUERY: &str = "SELECT * FROM customers WHERE id > 10 ORDER BY id;\n-- all but the first";

/// The customers, and each of their values as SQL and as CSV.
struct Customers(RecordBatch);

const NAMES: [Option<&str>; 6] = [Some("Zoë"), Some("O'Neil"), Some("a \"b\", c"), None, Some("two\nlines"), Some("日本 😀")];

fn customers() -> Customers {
    let ids = 0..ROWS;
    let (mut tags, mut spent) = (ListBuilder::new(StringBuilder::new()), Decimal128Builder::new());
    for id in ids.clone() {
        spent.append_option((id % 7 != 0).then_some(i128::from(id * 1234 - 5000)));
        tags.append_option((id % 5 != 0).then(|| (0..id % 3).map(|tag| Some(format!("tag \"{tag}\"")))));
    }
    let name = |id: i64| NAMES[id as usize % NAMES.len()];
    let columns: [(&str, ArrayRef); 9] = [
        ("id", Arc::new(ids.clone().collect::<Int64Array>())),
        ("email", Arc::new(ids.clone().map(|id| Some(format!("person{id}@example.com"))).collect::<StringArray>())),
        ("name", Arc::new(ids.clone().map(name).collect::<StringArray>())),
        ("vip", Arc::new(ids.clone().map(|id| (id % 4 != 0).then_some(id % 2 == 0)).collect::<BooleanArray>())),
        ("spent", Arc::new(spent.finish().with_precision_and_scale(12, 2).unwrap())),
        ("score", Arc::new(ids.clone().map(|id| Some(id as f64 / 8.0)).collect::<Float64Array>())),
        ("born", Arc::new(ids.clone().map(|id| Some(id as i32 * 7 - 2000)).collect::<Date32Array>())),
        ("seen", Arc::new(TimestampMicrosecondArray::from_iter_values(ids.map(|id| id * 86_400_123_000)).with_timezone("+00:00"))),
        ("tags", Arc::new(tags.finish())),
    ];
    let fields = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect::<Vec<_>>();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    Customers(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap())
}

impl Customers {
    fn parquet(&self, path: &Path) {
        let mut writer = ArrowWriter::try_new(std::fs::File::create(path).unwrap(), self.0.schema(), None).unwrap();
        writer.write(&self.0).unwrap();
        writer.close().unwrap();
    }

    fn value(&self, column: usize, row: usize) -> Option<String> {
        let array = self.0.column(column);
        if let DataType::List(_) = array.data_type() {
            let list = array.as_list::<i32>();
            let items = list.value(row);
            let items = items.as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<_>>();
            return list.is_valid(row).then(|| serde_json::to_string(&items).unwrap());
        }
        let options = FormatOptions::default();
        let shown = ArrayFormatter::try_new(array, &options).unwrap();
        array.is_valid(row).then(|| shown.value(row).to_string())
    }

    fn csv(&self, path: &Path) {
        let mut writer = csv::Writer::from_path(path).unwrap();
        writer.write_record(COLUMNS.map(|(name, _)| name)).unwrap();
        for row in 0..self.0.num_rows() {
            writer.write_record((0..COLUMNS.len()).map(|column| self.value(column, row).unwrap_or_default())).unwrap();
        }
        writer.flush().unwrap();
    }

    /// As PostgreSQL has it.
    fn insert(&self) -> String {
        let mut sql = "INSERT INTO customers VALUES ".to_owned();
        for row in 0..self.0.num_rows() {
            let value = |column: usize| self.value(column, row).map(|text| format!("'{}'", text.replace('\'', "''")));
            let mut cells = (0..COLUMNS.len()).map(|column| value(column).unwrap_or("NULL".to_owned())).collect::<Vec<_>>();
            if cells[8] != "NULL" {
                cells[8] = format!("ARRAY(SELECT json_array_elements_text({}))", cells[8]);
            }
            write!(sql, "{}({})", if row == 0 { "" } else { "," }, cells.join(",")).unwrap();
        }
        sql
    }
}

const TABLE: &str = "CREATE TABLE customers (id bigint, email text, name text, vip boolean, spent numeric(12,2), score float8, born date, \
                     seen timestamptz, tags text[])";

#[test]
fn files_and_engines_give_the_same_rows() {
    let Some(folder) = engines() else { return };
    let customers = customers();
    let (csv, parquet) = (folder.join("customers.csv"), folder.join("customers.parquet"));
    customers.csv(&csv);
    customers.parquet(&parquet);
    let [postgresql, duckdb, spark] = ["postgresql", "duckdb", "spark"].map(|driver| Engine::new(&folder, driver));
    tell(&folder, &postgresql, &["SET TIME ZONE 'Asia/Tokyo'", "DROP TABLE IF EXISTS customers", TABLE, &customers.insert()]);
    let own = folder.join("same.duckdb");
    let duckdb = Engine { uri: own.display().to_string(), ..duckdb };
    tell(&folder, &duckdb, &[&format!("CREATE OR REPLACE TABLE customers AS SELECT * FROM read_parquet('{}')", parquet.display())]);
    tell(
        &folder,
        &spark,
        &["DROP TABLE IF EXISTS customers", &format!("CREATE TABLE customers USING parquet LOCATION '{}'", parquet.display())],
    );

    // Each of another run: what is read with one access under one name is one source.
    let access = || Access::local(SqlLimits::default(), Arc::default());
    let columns = COLUMNS.map(|(name, _)| name.to_owned());
    let expected = read(&file(&parquet, QUERY), &access(), &columns, &mut |_| ()).unwrap();
    assert_eq!(expected.len() as i64, ROWS - 11);
    for engine in [&postgresql, &duckdb, &spark] {
        assert_eq!(
            open(&engine.segment(Selection::Table("customers".to_owned())), &access()).unwrap().columns().unwrap(),
            columns,
            "{}",
            engine.driver
        );
        assert_eq!(engine.query(QUERY).unwrap(), expected, "{}", engine.driver);
        let whole = engine.rows(Selection::Table("customers".to_owned()), &mut |_| ()).unwrap();
        assert_eq!(whole.len() as i64, ROWS, "{}", engine.driver);
    }
    let of_parquet = values(&file(&parquet, QUERY), &access());
    assert_eq!(of_parquet.len(), expected.len());
    assert_eq!(values(&file(&csv, "SELECT * FROM customers WHERE id > 10"), &access()), of_parquet);
    assert_eq!(values(&postgresql.segment(Selection::Query(QUERY.to_owned())), &access()), of_parquet);
}

/// Rows as members have them.
fn values(rows: &listkeeper::definition::Rows, access: &Access) -> Vec<Vec<Value>> {
    let kinds = COLUMNS.map(|(_, field_type)| FieldKind::plain(field_type));
    let of = |cell: Cell<'_>, column: usize| canonical(cell, &kinds[column], DayOrder::default()).unwrap();
    let mut all = Vec::new();
    let read = open(rows, access).unwrap().read(&COLUMNS.map(|(name, _)| name), &mut |batch| {
        all.extend((0..batch.len()).map(|row| (0..COLUMNS.len()).map(|column| of(batch.cell(row, column), column)).collect()));
        Ok(())
    });
    read.unwrap();
    all
}
