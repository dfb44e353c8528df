//! Customers that do not exist, the same for the same seed, for every benchmark.
//!
//! Ids are consecutive, so that a changed delivery can be told from its parameters alone: with `changed`, `gone` and
//! `new` each 0.01, 1 % of the customers have another value, 1 % are missing, and 1 % are added at the end.

#![allow(dead_code, reason = "each benchmark uses its part")]

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};
use std::{
    fmt::Write as _,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    sync::Arc,
};

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Customers {
    pub rows: u64,
    pub seed: u64,
    /// Fractions, 0 to 1, of `rows`.
    pub changed: f64,
    pub gone: f64,
    pub new: f64,
}

impl Customers {
    pub fn new(rows: u64) -> Self {
        Self { rows, seed: 1, changed: 0.0, gone: 0.0, new: 0.0 }
    }
}

pub const COLUMNS: [&str; 12] = [
    "CustomerId",
    "EMailAddress",
    "FirstName",
    "LastName",
    "LifetimeValue",
    "Country",
    "City",
    "PostalCode",
    "Phone",
    "BirthDate",
    "SignedUp",
    "Segment",
];

const FIRST: [&str; 16] =
    ["Anna", "Bram", "Chloe", "Daan", "Eva", "Femke", "Giel", "Hanna", "Ivo", "Julia", "Kees", "Lotte", "Mees", "Noor", "Otto", "Zo\u{eb}"];
const LAST: [&str; 16] = [
    "Bakker",
    "de Boer",
    "Dekker",
    "van Dijk",
    "Hendriks",
    "Jansen",
    "Koster",
    "Mulder",
    "Peters",
    "Schouten",
    "Smit",
    "Visser",
    "de Vries",
    "Vos",
    "de Wit",
    "O'Brien, Jr",
];
const COUNTRIES: [&str; 5] = ["NL", "BE", "DE", "FR", "AT"];
const CITIES: [&str; 8] = ["Amsterdam", "Antwerp", "Berlin", "Ghent", "Hamburg", "Lyon", "Utrecht", "Vienna"];
const SEGMENTS: [&str; 4] = ["gold", "silver", "bronze", "none"];

/// splitmix64: a value for each customer and purpose, without state.
fn mix(seed: u64, id: u64, purpose: u64) -> u64 {
    let mut z = seed ^ id.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn chance(seed: u64, id: u64, purpose: u64, fraction: f64) -> bool {
    (mix(seed, id, purpose) >> 11) as f64 / ((1_u64 << 53) as f64) < fraction
}

impl Customers {
    fn ids(self) -> impl Iterator<Item = u64> {
        let last = self.rows + (self.rows as f64 * self.new) as u64;
        (1..=last).filter(move |id| *id > self.rows || !chance(self.seed, *id, 100, self.gone))
    }

    fn cells(self, id: u64, cells: &mut [String; 12]) {
        let pick = |purpose: u64, from: u64| mix(self.seed, id, purpose) % from;
        let of = |purpose: u64, list: &'static [&'static str]| list[pick(purpose, list.len() as u64) as usize];
        cells.iter_mut().for_each(String::clear);
        let changed = u64::from(chance(self.seed, id, 101, self.changed));
        let values: [std::fmt::Arguments<'_>; 12] = [
            format_args!("C{id:08}"),
            format_args!("customer{id}@mail{}.example.com", pick(1, 50)),
            format_args!("{}", of(2, &FIRST)),
            format_args!("{}", of(3, &LAST)),
            format_args!("{}.{:02}", pick(4, 2000) + changed * 5000, pick(5, 100)),
            format_args!("{}", of(6, &COUNTRIES)),
            format_args!("{}", of(7, &CITIES)),
            format_args!("{:04} AB", pick(8, 10_000)),
            format_args!("+316{:08}", pick(9, 100_000_000)),
            format_args!("{}-{:02}-{:02}", 1940 + pick(10, 65), 1 + pick(11, 12), 1 + pick(12, 28)),
            format_args!("{}-{:02}-{:02}", 2015 + pick(13, 10), 1 + pick(14, 12), 1 + pick(15, 28)),
            format_args!("{}", of(16, &SEGMENTS)),
        ];
        for (cell, value) in cells.iter_mut().zip(values) {
            let _ = cell.write_fmt(value);
        }
    }

    /// Writes CSV, or Parquet where the path says so.
    pub fn write(self, path: &Path) -> io::Result<()> {
        if path.extension().is_some_and(|extension| extension == "parquet") { self.parquet(path) } else { self.csv(path) }
    }

    fn csv(self, path: &Path) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(BufWriter::new(File::create(path)?));
        let mut cells = Default::default();
        writer.write_record(COLUMNS)?;
        for id in self.ids() {
            self.cells(id, &mut cells);
            writer.write_record(&cells)?;
        }
        writer.flush()
    }

    fn parquet(self, path: &Path) -> io::Result<()> {
        let properties =
            WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(100_000)).build();
        let empty = batch(&vec![Vec::new(); 12])?;
        let mut writer = ArrowWriter::try_new(File::create(path)?, empty.schema(), Some(properties))?;
        let mut columns = vec![Vec::new(); 12];
        let mut cells = Default::default();
        for id in self.ids() {
            self.cells(id, &mut cells);
            columns.iter_mut().zip(&cells).for_each(|(column, cell): (&mut Vec<String>, _)| column.push(cell.clone()));
            if columns[0].len() == 10_000 {
                writer.write(&batch(&columns)?)?;
                columns.iter_mut().for_each(Vec::clear);
            }
        }
        writer.write(&batch(&columns)?)?;
        writer.close()?;
        Ok(())
    }
}

fn batch(columns: &[Vec<String>]) -> io::Result<RecordBatch> {
    let columns = COLUMNS.into_iter().zip(columns).map(|(name, cells)| (name, Arc::new(StringArray::from_iter_values(cells)) as ArrayRef));
    RecordBatch::try_from_iter(columns).map_err(io::Error::other)
}

/// Orders of those customers: `OrderId`, `CustomerId`, `Amount`, `OrderDate`, as CSV.
pub fn orders(customers: u64, rows: u64, seed: u64, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "OrderId,CustomerId,Amount,OrderDate")?;
    for order in 1..=rows {
        let pick = |purpose: u64, from: u64| mix(seed, order, purpose) % from;
        let (customer, euros, cents) = (1 + pick(20, customers), pick(21, 500), pick(22, 100));
        let (year, month, day) = (2020 + pick(23, 6), 1 + pick(24, 12), 1 + pick(25, 28));
        writeln!(out, "O{order:09},C{customer:08},{euros}.{cents:02},{year}-{month:02}-{day:02}")?;
    }
    out.flush()
}
