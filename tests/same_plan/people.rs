//! The customers, as files and as Customer Insights exports them. The same as SQL are in `places`.

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use serde_json::json;
use std::{
    fs,
    io::{BufWriter, Write},
    path::PathBuf,
    sync::Arc,
};

pub struct People {
    pub rows: u64,
    pub dir: PathBuf,
}

/// One customer.
pub struct Person {
    pub id: String,
    pub email: String,
    pub first: String,
    pub cents: u64,
}

impl Person {
    pub fn number(n: u64) -> Self {
        Self { id: format!("{n:032}"), email: format!("user{n}@example.com"), first: format!("First{}", n % 1000), cents: n * 37 % 100_000 }
    }

    pub fn is_high_spender(&self) -> bool {
        self.cents > 50_000
    }

    fn line(&self) -> String {
        format!("{},{},{},{}.{:02}\n", self.id, self.email, self.first, self.cents / 100, self.cents % 100)
    }
}

const HEADER: &str = "CustomerId,EMail,FirstName,LifetimeValue\n";
const BATCH: u64 = 8192;

impl People {
    fn all(&self) -> impl Iterator<Item = Person> {
        (0..self.rows).map(Person::number)
    }

    pub fn high_spenders(&self) -> usize {
        self.all().filter(Person::is_high_spender).count()
    }

    /// `customers.csv`, `customers.parquet`, and the folder `exported`.
    pub fn write(&self) {
        self.csv("customers.csv", true, |_| true);
        self.parquet();
        self.csv("exported/Customer/2026/11/26/0600/Customer_1.csv", false, |_| true);
        self.csv("exported/HighSpenders/2026/11/26/0600/HighSpenders_1.csv", true, Person::is_high_spender);
        fs::write(self.dir.join("exported/model.json"), self.model()).unwrap();
    }

    fn csv(&self, name: &str, header: bool, keep: fn(&Person) -> bool) {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = BufWriter::new(fs::File::create(path).unwrap());
        file.write_all(if header { HEADER.as_bytes() } else { b"" }).unwrap();
        self.all().filter(keep).for_each(|person| file.write_all(person.line().as_bytes()).unwrap());
        file.flush().unwrap();
    }

    fn parquet(&self) {
        let field = |name: &str, kind| Field::new(name, kind, false);
        let text = [field("CustomerId", DataType::Utf8), field("EMail", DataType::Utf8), field("FirstName", DataType::Utf8)];
        let schema = Arc::new(Schema::new(text.into_iter().chain([field("LifetimeValue", DataType::Float64)]).collect::<Vec<_>>()));
        let file = fs::File::create(self.dir.join("customers.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), None).unwrap();
        for start in (0..self.rows).step_by(BATCH as usize) {
            let people: Vec<_> = (start..self.rows.min(start + BATCH)).map(Person::number).collect();
            let of = |get: fn(&Person) -> &str| -> ArrayRef { Arc::new(people.iter().map(|p| Some(get(p))).collect::<StringArray>()) };
            let spent = people.iter().map(|p| p.cents as f64 / 100.0).collect::<Float64Array>();
            let columns = vec![of(|p| &p.id), of(|p| &p.email), of(|p| &p.first), Arc::new(spent) as ArrayRef];
            writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()).unwrap();
        }
        writer.close().unwrap();
    }

    fn model(&self) -> String {
        let attributes = HEADER.trim().split(',').map(|name| json!({"name": name, "dataType": "string"})).collect::<Vec<_>>();
        let entity = |name: &str, header: bool| {
            let location = format!("https://contoso.example/exports/BlobExport/{name}/2026/11/26/0600/{name}_1.csv");
            let settings = json!({"$type": "CsvFormatSettings", "columnHeaders": header, "delimiter": ","});
            let partition = json!({"name": format!("{name}_1"), "refreshTime": "2026-11-26T06:00:00Z", "location": location, "fileFormatSettings": settings});
            json!({"$type": "LocalEntity", "name": name, "attributes": attributes, "partitions": [partition]})
        };
        let entities = [entity("Customer", false), entity("HighSpenders", true)];
        json!({"name": "BlobExport", "version": "1.0", "modifiedTime": "2026-11-26T06:00:00Z", "entities": entities}).to_string()
    }
}
