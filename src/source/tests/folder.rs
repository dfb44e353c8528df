//! An export of Customer Insights: the refresh that model.json names, whole, or an error.

use super::rows;
use crate::{
    definition::{Folder, Location, Name, Rows, Selection, Source, SourceKind, Storage},
    source::{Access, Reader, Report, SourceError, SourceErrorKind, SqlLimits, open},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

const DAY: &str = "2020/08/24/1433";

/// An export of `Customer` and `HighValue`, whose one file holds the members.
struct Export {
    dir: tempfile::TempDir,
    model: Value,
}

fn partition(table: &str, file: &str) -> Value {
    let location = format!("https://contosolake.blob.core.windows.net/Dynamics%20365/Export/{table}/{file}");
    let settings = json!({"$type": "CsvFormatSettings", "columnHeaders": true, "delimiter": ","});
    json!({"name": file, "refreshTime": "2020-08-24T14:33:10.0000000+00:00", "location": location, "fileFormatSettings": settings})
}

fn entity(table: &str, columns: &[&str], files: &[&str]) -> Value {
    let attributes = columns.iter().map(|name| json!({"name": name, "dataType": "string"})).collect::<Vec<_>>();
    let partitions = files.iter().map(|file| partition(table, file)).collect::<Vec<_>>();
    json!({"$type": "LocalEntity", "name": table, "attributes": attributes, "partitions": partitions})
}

impl Export {
    fn new() -> Self {
        let customer = entity("Customer", &["CustomerId", "EMail", "City"], &[&format!("{DAY}/Customer_1.csv")]);
        let high = entity("HighValue", &["CustomerId", "EMail"], &[&format!("{DAY}/HighValue_1.csv")]);
        let elsewhere = json!({"$type": "ReferenceEntity", "name": "Elsewhere"});
        let export = Self { dir: tempfile::tempdir().unwrap(), model: json!({"name": "Export", "entities": [customer, high, elsewhere]}) };
        export
            .with(&format!("Customer/{DAY}/Customer_1.csv"), "CustomerId,EMail,City\n1,ann@example.com,Utrecht\n2,bo@example.com,Aarhus\n")
            .with(&format!("HighValue/{DAY}/HighValue_1.csv"), "\"CustomerId\",\"EMail\"\n\"1\",\"ann@example.com\"\n")
            .saved()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    fn saved(self) -> Self {
        let text = self.model.to_string();
        self.with("model.json", text)
    }

    fn model(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.model);
        self.saved()
    }

    fn partitions(self, files: &[&str]) -> Self {
        let partitions = files.iter().map(|file| partition("HighValue", file)).collect::<Vec<_>>();
        self.model(|model| model["entities"][1]["partitions"] = partitions.into())
    }

    fn reader_of(&self, path: &str, select: Selection) -> Box<dyn Reader> {
        let folder = Folder { path: path.to_owned(), location: Location::Local(self.path(path)), storage: Storage::default() };
        let source = Arc::new(Source { name: Name::new("ci").unwrap(), kind: SourceKind::Folder(folder), export_user: None });
        let of = Rows { segment: Name::new("vips").unwrap(), file: PathBuf::from("vips.yaml"), source, select, written: None };
        open(&of, &Access::local(SqlLimits::default(), Arc::default())).unwrap()
    }

    fn table(&self, name: &str) -> Result<(Vec<String>, Report), SourceError> {
        rows(&mut *self.reader_of("", Selection::Table(name.to_owned())))
    }

    fn rows(&self, name: &str) -> Vec<String> {
        self.table(name).unwrap_or_else(|error| panic!("{error} ({:?})", error.hint)).0
    }

    /// The error, with its kind and hint, the folder's path left out.
    fn error(&self, name: &str) -> String {
        self.told(&self.table(name).expect_err(name))
    }

    fn told(&self, error: &SourceError) -> String {
        let kind = if error.kind == SourceErrorKind::Broken { "broken" } else { "under way" };
        let text = format!("{kind}: {error}\n{}", error.hint.as_deref().unwrap_or("-"));
        text.replace(&self.dir.path().display().to_string(), "~").replace("~/", "")
    }
}

#[test]
fn a_segment_is_a_table_by_its_name_in_any_case() {
    let (rows, report) = Export::new().table("highVALUE").unwrap();
    assert_eq!(rows, ["1|ann@example.com"]);
    assert_eq!(report.newest, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_598_279_590)));
}

#[test]
fn tables_are_joined() {
    let query = "SELECT c.City FROM HighValue h JOIN Customer c USING (CustomerId)";
    assert_eq!(rows(&mut *Export::new().reader_of("", Selection::Query(query.to_owned()))).unwrap().0, ["Utrecht"]);
}

#[rstest]
#[case::header("CustomerId,EMail\n1,a\n", &["1|a"])]
#[case::header_in_another_case("customerid,email\n1,a\n", &["1|a"])]
#[case::no_header("1,a\n2,\"b\"\n", &["1|a", "2|b"])]
#[case::header_only("CustomerId,EMail\n", &[])]
fn a_header_is_one_if_it_repeats_the_columns(#[case] text: &str, #[case] expected: &[&str], #[values(true, false)] said: bool) {
    let export = Export::new().with(&format!("HighValue/{DAY}/HighValue_1.csv"), text);
    let export = export.model(|model| model["entities"][1]["partitions"][0]["fileFormatSettings"]["columnHeaders"] = said.into());
    assert_eq!(export.rows("HighValue"), expected);
}

#[test]
fn another_delimiter_and_gzip_are_read_as_model_json_says() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, b"1;a,b\n").unwrap();
    let export = Export::new().with("highvalue/HighValue_1.csv.gz", gzip.finish().unwrap());
    std::fs::remove_dir_all(export.path("HighValue")).unwrap();
    let export = export
        .partitions(&["HighValue_1.csv.gz"])
        .model(|model| model["entities"][1]["partitions"][0]["fileFormatSettings"]["delimiter"] = ";".into());
    assert_eq!(export.rows("HighValue"), ["1|a,b"]);
}

#[test]
fn partitions_are_read_in_the_order_of_their_numbers() {
    let names = (1..=11).map(|number| format!("{DAY}/HighValue_{number}.csv")).collect::<Vec<_>>();
    let mut export = Export::new();
    for (number, name) in names.iter().enumerate() {
        export = export.with(&format!("HighValue/{name}"), format!("{number},a\n"));
    }
    let export = export.partitions(&names.iter().rev().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(export.rows("HighValue"), (0..11).map(|number| format!("{number}|a")).collect::<Vec<_>>());
}

#[test]
fn a_refresh_that_is_being_written_is_not_read() {
    let export = Export::new().with("HighValue/2020/08/25/0900/HighValue_1.csv", "CustomerId,EMail\n");
    assert_eq!(export.rows("HighValue"), ["1|ann@example.com"]);
    let export = export.partitions(&[&format!("{DAY}/HighValue_1.csv"), "2020/08/25/0900/HighValue_1.csv"]);
    assert_eq!(export.rows("HighValue"), [""; 0]);
}

#[test]
fn model_json_may_be_one_level_up() {
    let export = Export::new().with(&format!("tables/HighValue/{DAY}/HighValue_1.csv"), "9,z\n");
    let read = |path: &str| rows(&mut *export.reader_of(path, Selection::Table("HighValue".to_owned()))).map(|(rows, _)| rows);
    assert_eq!(read("tables").unwrap(), ["9|z"]);
    insta::assert_snapshot!(export.told(&read("Customer/2020").unwrap_err()), @r"
    broken: there is no model.json: looked for Customer/2020/model.json and Customer/model.json
    `path` is the folder of one export of Customer Insights, with model.json and a folder for each table
    ");
}

#[test]
fn what_is_wrong_with_an_export_is_told() {
    insta::assert_snapshot!(Export::new().error("HighValues"), @r"
    broken: vips.yaml, segment vips: no such table: HighValues
    did you mean HighValue? the tables of ci are Customer, HighValue
    ");
    insta::assert_snapshot!(Export::new().with("Lapsed/2020/08/24/1433/Lapsed_1.csv", "1,a\n").error("Lapsed"), @r"
    under way: model.json does not name the table Lapsed, which has a folder
    only model.json says which files are whole: wait until the export has ended, or export again
    ");
    insta::assert_snapshot!(Export::new().partitions(&[&format!("{DAY}/HighValue_1.csv"), &format!("{DAY}/HighValue_2.csv")]).error("HighValue"), @r"
    under way: the refresh of HighValue is not complete: HighValue/2020/08/24/1433/HighValue_2.csv is not there, though model.json names it
    a refresh is being written, or was cut off: wait, or export again
    ");
    insta::assert_snapshot!(Export::new().with(&format!("HighValue/{DAY}/HighValue_2.csv"), "2,b\n").error("HighValue"), @r"
    under way: the refresh of HighValue is not complete: HighValue/2020/08/24/1433/HighValue_2.csv is there, though model.json does not name it
    a refresh is being written, or was cut off: wait, or export again
    ");
    insta::assert_snapshot!(Export::new().with(&format!("HighValue/{DAY}/HighValue_3.csv"), "2,b\n")
        .partitions(&[&format!("{DAY}/HighValue_1.csv"), &format!("{DAY}/HighValue_3.csv")]).error("HighValue"), @r"
    under way: the refresh of HighValue is not complete: its files are not numbered without a gap: HighValue_1.csv, HighValue_3.csv
    a refresh is being written, or was cut off: wait, or export again
    ");
    insta::assert_snapshot!(Export::new().partitions(&[]).error("HighValue"), @r"
    under way: the refresh of HighValue is not complete: model.json names no file of it
    nobody is taken out of anything for it; a table without rows is believed where model.json names its file
    ");
    insta::assert_snapshot!(Export::new().partitions(&["../../Customer/x.csv"]).error("HighValue"), @r"
    under way: the refresh of HighValue is not complete: the location of ../../Customer/x.csv in model.json is not a path
    a refresh is being written, or was cut off: wait, or export again
    ");
    insta::assert_snapshot!(Export::new().with(&format!("HighValue/{DAY}/HighValue_1.csv"), "").error("HighValue"), @r"
    broken: HighValue/2020/08/24/1433/HighValue_1.csv line 1: the file is empty: not even a header
    an empty delivery is an error, never an empty source
    ");
    insta::assert_snapshot!(Export::new().with(&format!("HighValue/{DAY}/HighValue_1.csv"), "EMail,CustomerId\na,1\n").error("HighValue"), @r"
    broken: HighValue/2020/08/24/1433/HighValue_1.csv line 1: the header is EMail, CustomerId, where model.json, table HighValue, names CustomerId, EMail
    both must name the same columns in the same order; export it again
    ");
    insta::assert_snapshot!(Export::new().with(&format!("HighValue/{DAY}/HighValue_1.csv"), "1,a\n2,b,c\n").error("HighValue"), @r"
    broken: HighValue/2020/08/24/1433/HighValue_1.csv line 2: 3 cells where the header has 2
    a cell that holds the delimiter or a line end must be in quotes; was the file cut off?
    ");
    insta::assert_snapshot!(Export::new().with("model.json", "{\"entities\": [{\"name\": \"High").error("HighValue"), @r"
    under way: model.json is not understood: EOF while parsing a string at line 1 column 28
    it ends too early: the export is writing it, or was cut off; export again
    ");
    insta::assert_snapshot!(Export::new().with("model.json", "[1]").error("HighValue"), @r"
    broken: model.json is not understood: invalid type: integer `1`, expected a sequence at line 1 column 2
    it must be the model.json of a Common Data Model folder; export again
    ");
    insta::assert_snapshot!(Export::new().model(|model| model["entities"][0]["name"] = "HIGHVALUE".into()).error("HighValue"), @r"
    broken: model.json names the table HighValue twice
    SQL does not tell upper from lower case; rename one of them in Customer Insights
    ");
}

/// What a reading gives in which `happens` between its first batch and the rest.
fn meanwhile(export: &Export, happens: impl FnOnce(&Export)) -> Result<u64, SourceError> {
    let mut happens = Some(happens);
    let mut reader = export.reader_of("", Selection::Table("HighValue".to_owned()));
    let report = reader.read(&["EMail"], &mut |_| {
        if let Some(happens) = happens.take() {
            happens(export);
        }
        Ok(())
    });
    report.map(|report| report.rows)
}

#[test]
fn a_refresh_that_ends_under_way_ends_the_reading() {
    let model = |export: &Export| std::fs::write(export.path("model.json"), export.model.to_string() + " ").unwrap();
    let export = Export::new();
    insta::assert_snapshot!(export.told(&meanwhile(&export, model).unwrap_err()), @r"
    under way: model.json changed while its tables were read
    the next run reads the new refresh
    ");
    assert_eq!(meanwhile(&Export::new(), |_| {}).unwrap(), 1);
}

/// Cut or changed anywhere, at any time of the reading: an error that says so, or all rows as they were.
#[test]
fn a_file_that_changes_under_way_is_never_taken_for_whole() {
    let text = (0..8_000).map(|number| format!("{number},p{number}@example.com\n")).collect::<String>();
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..100 {
        let export = Export::new().with(&format!("HighValue/{DAY}/HighValue_1.csv"), &text);
        let (at, batch) = (random.usize(..text.len()), random.usize(..10));
        let happens = |export: &Export| {
            let mut bytes = text.clone().into_bytes();
            match random.u8(..3) {
                0 => bytes.truncate(at),
                1 => bytes[at] = b'\n',
                _ => bytes[at] = b'"',
            }
            std::fs::write(export.path(&format!("HighValue/{DAY}/HighValue_1.csv")), bytes).unwrap();
        };
        let mut happens = Some(happens);
        let mut batches = 0;
        let mut reader = export.reader_of("", Selection::Table("HighValue".to_owned()));
        let read = reader.read(&["EMail"], &mut |_| {
            batches += 1;
            if batches > batch
                && let Some(mut happens) = happens.take()
            {
                happens(&export);
            }
            Ok(())
        });
        match read {
            Ok(report) => assert!(happens.is_some() && report.rows == 8_000, "{at}, batch {batch}: {report:?}"),
            Err(error) => assert!(error.message.contains("changed while it was read"), "{at}, batch {batch}: {error}"),
        }
    }
}
