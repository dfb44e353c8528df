//! The same files give the same rows, wherever they are.

use super::world::{At, World, rows};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use rstest::rstest;
use std::{io::Write, sync::Arc};

/// More than what is fetched at once.
const ROWS: usize = 60_000;

fn csv() -> Vec<u8> {
    let row = |number| format!("{number},person-{number}@example.com,{}\n", "x".repeat(number % 60));
    ("Id,Email,More\n".to_owned() + &(0..ROWS).map(row).collect::<String>()).into_bytes()
}

fn gzip() -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&csv()).unwrap();
    gzip.finish().unwrap()
}

fn ndjson() -> Vec<u8> {
    (0..ROWS).map(|number| format!("{{\"Id\": {number}, \"Email\": \"person-{number}@example.com\"}}\n")).collect::<String>().into_bytes()
}

/// Several groups of rows, so that columns are far from each other.
fn parquet() -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..ROWS as i64));
    let texts = |salt: &str| -> ArrayRef {
        let text = |number| blake3::hash(format!("{salt}{number}").as_bytes()).to_hex().to_string();
        Arc::new(StringArray::from_iter_values((0..ROWS).map(text)))
    };
    let batch = RecordBatch::try_from_iter([("Id", ids), ("Email", texts("a")), ("More", texts("b"))]).unwrap();
    let groups = WriterProperties::builder().set_max_row_group_row_count(Some(25_000)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(groups)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[rstest]
#[case("people.csv", csv())]
#[case("people.csv.gz", gzip())]
#[case("people.csv.zst", zstd::encode_all(&*csv(), 1).unwrap())]
#[case("people.ndjson", ndjson())]
#[case("people.parquet", parquet())]
fn a_file(#[case] name: &str, #[case] content: Vec<u8>, #[values(At::S3, At::Azure)] at: At) {
    let Some(world) = World::new(at, "a_file") else { return };
    world.both(name, content);
    let local = format!("type: files\ntables: {{t: '{}'}}", world.path(name).display());
    let local = rows(&mut *world.reader(&local, "SELECT * FROM t")).unwrap();
    assert_eq!(local.len(), ROWS);
    assert!(rows(&mut *world.files(name)).unwrap() == local);
}

#[rstest]
#[case("people.csv", csv())]
#[case("people.parquet", parquet())]
fn a_file_of_a_web_server(#[case] name: &str, #[case] content: Vec<u8>) {
    let Some(world) = World::new(At::Open, "web_server") else { return };
    world.both(name, content);
    let read = |place: String| rows(&mut *world.reader(&format!("type: files\ntables: {{t: '{place}'}}"), "SELECT * FROM t")).unwrap();
    let address = format!("{}/lists/{}/{name}?day=1", At::Open.endpoint().unwrap(), world.prefix);
    assert!(read(address) == read(world.path(name).display().to_string()));
}

#[rstest]
#[case("*.csv")]
#[case("d/*.csv")]
#[case("**/*.csv")]
#[case("*/?.csv")]
#[case("[ab].csv")]
#[case("a b.csv")]
fn a_pattern(#[case] pattern: &str, #[values(At::S3, At::Azure)] at: At) {
    let Some(world) = World::new(at, "a_pattern") else { return };
    for (number, name) in ["b.csv", "a.csv", "a b.csv", "d/2.csv", "d/1.csv", "d/e/3.csv", "d-e/4.csv", "d/x.txt"].iter().enumerate() {
        world.both(name, format!("Id\n{number}\n").into_bytes());
    }
    let local = format!("type: files\ntables: {{t: '{}'}}", world.path(pattern).display());
    let local = rows(&mut *world.reader(&local, "SELECT * FROM t")).unwrap();
    assert_eq!(rows(&mut *world.files(pattern)).unwrap(), local);
}

#[rstest]
fn an_export_of_customer_insights(#[values(At::S3, At::Azure)] at: At) {
    let Some(world) = World::new(at, "insights") else { return };
    let settings = serde_json::json!({"$type": "CsvFormatSettings", "columnHeaders": true});
    let partition = |number: u32| {
        let location = format!("https://lake.example.com/container/Export/Vips/2026/11/26/0900/Vips_{number}.csv");
        serde_json::json!({"name": "Vips", "location": location, "refreshTime": "2026-11-26T09:00:00Z", "fileFormatSettings": settings})
    };
    let columns = serde_json::json!([{"name": "Id"}, {"name": "Email"}]);
    let vips = serde_json::json!({"name": "Vips", "attributes": columns, "partitions": [partition(1), partition(2)]});
    world.both("export/model.json", serde_json::json!({"entities": [vips]}).to_string().into_bytes());
    world.both("export/Vips/2026/11/26/0900/Vips_1.csv", b"Id,Email\n1,ann@example.com\n".to_vec());
    world.both("export/Vips/2026/11/26/0900/Vips_2.csv", b"2,bo@example.com\n".to_vec());
    world.both("export/Vips/2026/11/27/0900/Vips_1.csv", b"3,cy@example.com\n".to_vec());
    let query = "SELECT Email FROM vips ORDER BY Id";
    let local = format!("type: customer-insights\nfrom: folder\npath: {}", world.path("export").display());
    assert_eq!(rows(&mut *world.reader(&local, query)).unwrap(), ["ann@example.com", "bo@example.com"]);
    let bucket = format!("type: customer-insights\nfrom: folder\npath: {}\n{}", world.address("export"), world.storage());
    assert_eq!(rows(&mut *world.reader(&bucket, query)).unwrap(), ["ann@example.com", "bo@example.com"]);
    world.delete("export/Vips/2026/11/26/0900/Vips_2.csv");
    let error = rows(&mut *world.reader(&bucket, query)).unwrap_err();
    assert!(error.message.contains("Vips_2.csv is not there, though model.json names it"), "{error}");
}
