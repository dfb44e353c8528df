//! Files that are made to cost more than they look like.

use super::kit::{segment, stopped, world};
use crate::world::World;
use arrow_array::{RecordBatch, StringArray};
use flate2::{Compression, write::GzEncoder};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression as Packed, ZstdLevel},
    file::properties::WriterProperties,
};
use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    sync::Arc,
};

const SELECT: &str = "SELECT Id, Email, First, Value FROM people";
const ANY: &[&str] = &["readLimits."];

/// The source's table is this file instead.
fn reads(world: &World, file: &str) {
    world.define(&segment(SELECT));
    let at = world.directory().join("listkeeper.yaml");
    let text = fs::read_to_string(&at).unwrap().replace("people: people.csv", &format!("people: {file}"));
    assert!(text.contains(file));
    fs::write(at, text).unwrap();
}

/// `piece` so many times, packed.
fn packed(to: impl Write, head: &str, piece: &str, times: usize) {
    let mut gz = GzEncoder::new(to, Compression::best());
    gz.write_all(head.as_bytes()).unwrap();
    for _ in 0..times {
        gz.write_all(piece.as_bytes()).unwrap();
    }
    gz.finish().unwrap();
}

fn parquet(path: &Path) {
    let long = "x".repeat(2 << 20);
    let column = |text: &str| Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, 1_000))) as _;
    let columns = [("Id", column("1")), ("Email", column("a@contoso.test")), ("First", column(&long)), ("Value", column("1"))];
    // One row at a time keeps the test's own memory small: the dictionary holds the long value once.
    let batch = RecordBatch::try_from_iter(columns.map(|(name, values): (_, arrow_array::ArrayRef)| (name, values.slice(0, 1)))).unwrap();
    let properties =
        WriterProperties::builder().set_compression(Packed::ZSTD(ZstdLevel::default())).set_dictionary_page_size_limit(8 << 20);
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties.build())).unwrap();
    (0..1_000).for_each(|_| writer.write(&batch).unwrap());
    writer.close().unwrap();
    assert!(fs::metadata(path).unwrap().len() < 100 << 10, "{}", fs::metadata(path).unwrap().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_files_that_grow() {
    let world = world(super::kit::LIMITS).await;
    let at = |name: &str| world.directory().join(name);
    parquet(&at("bomb.parquet"));
    packed(File::create(at("rows.csv.gz")).unwrap(), "Id,Email,First,Value\n", &"1,a@contoso.test,a,1\n".repeat(1000), 5_000);
    packed(File::create(at("row.csv.gz")).unwrap(), "Id,Email,First,Value\n1,a@contoso.test,", &"x".repeat(1 << 20), 100);
    packed(
        File::create(at("blank.ndjson.gz")).unwrap(),
        "{\"Id\":1,\"Email\":\"\",\"First\":\"\",\"Value\":1}\n",
        &" \n".repeat(1 << 19),
        2_000,
    );
    let mut zst = zstd::Encoder::new(File::create(at("rows.csv.zst")).unwrap(), 3).unwrap();
    zst.write_all(b"Id,Email,First,Value\n").unwrap();
    (0..5_000).for_each(|_| zst.write_all("1,a@contoso.test,a,1\n".repeat(1000).as_bytes()).unwrap());
    zst.finish().unwrap();
    for (file, by) in [
        ("bomb.parquet", &["readLimits.memory"][..]),
        ("rows.csv.gz", ANY),
        ("rows.csv.zst", ANY),
        ("row.csv.gz", &["a row of more than 8 MiB", "readLimits."]),
        ("blank.ndjson.gz", &["readLimits.cpu", "readLimits.time"]),
    ] {
        reads(&world, file);
        _ = stopped(&world, file, by);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_files_of_odd_shapes() {
    let world = world(super::kit::LIMITS).await;
    let write = |name: &str, text: String| fs::write(world.directory().join(name), text).unwrap();
    let names = (0..200_000).map(|at| format!("c{at}")).collect::<Vec<_>>();
    write("wide.csv", format!("Id,Email,First,Value,{}\n1,a@contoso.test,a,1{}\n", names.join(","), ",".repeat(names.len())));
    write(
        "wide.ndjson",
        format!("{{\"Id\":1,\"Email\":\"\",{}}}\n", names.iter().map(|n| format!("\"{n}\":1")).collect::<Vec<_>>().join(",")),
    );
    write("deep.ndjson", format!("{{\"Id\":{}{},\"Email\":1,\"First\":1,\"Value\":1}}\n", "[".repeat(3_000_000), "]".repeat(3_000_000)));
    write("quote.csv", format!("Id,Email,First,Value\n1,\"{}", "a\n".repeat(10 << 20)));
    symlink("/dev/zero", world.directory().join("zero.csv")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(world.directory().join("pipe.csv")).status().unwrap();
    assert!(made.success());
    for (file, by) in [
        ("wide.csv", &["columns; at most 2,000", "readLimits."][..]),
        // Only the columns that a query names are SQLite's: width alone is no fault.
        ("wide.ndjson", &["no such column: First", "readLimits."]),
        ("deep.ndjson", &["a value of more than 1 MiB", "recursion limit exceeded"]),
        ("quote.csv", &["a row of more than 8 MiB", "readLimits."]),
        ("zero.csv", &["is a link that leads out of"]),
        ("pipe.csv", &["is not a file"]),
    ] {
        reads(&world, file);
        _ = stopped(&world, file, by);
    }
}
