//! Parquet, a batch of rows and the used columns at a time.
//!
//! Integers are integers (an unsigned one beyond 63 bits is an error), floats are reals, booleans 1 and 0, decimals
//! their exact text, dates and times ISO 8601 text, strings text however they are encoded. Binary and nested columns
//! have no cell in SQL and are refused when a query uses them.

use super::super::SourceError;
use super::pass::{Column, Kind, Pass, Used};
use super::place::{Opened, Place};
use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Float64Type, Int64Type},
};
use bytes::Bytes;
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    },
    file::reader::{ChunkReader, Length},
};
use rusqlite::types::ValueRef;
use std::io::Read;

const ROWS: usize = 1024;

/// The columns of a file.
pub fn columns(place: &Place) -> Result<Vec<Column>, SourceError> {
    let (_, builder) = open(place)?;
    let column = |field: &arrow::datatypes::FieldRef| Column { name: field.name().clone(), kind: kind(field.data_type()) };
    Ok(builder.schema().fields().iter().map(column).collect())
}

fn kind(of: &DataType) -> Kind {
    match of {
        of if of.is_integer() => Kind::Integer,
        DataType::Boolean => Kind::Integer,
        of if of.is_floating() => Kind::Real,
        DataType::Dictionary(_, values) => kind(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Kind::Text,
        of if of.is_decimal() || (of.is_temporal() && !matches!(of, DataType::Duration(_) | DataType::Interval(_))) => Kind::Text,
        _ => Kind::Refused,
    }
}

fn open(place: &Place) -> Result<(Opened, ParquetRecordBatchReaderBuilder<Opened>), SourceError> {
    let file = place.open()?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone()).map_err(|error| file.or_changed(broken(place, &error)))?;
    Ok((file, builder))
}

impl Length for Opened {
    fn len(&self) -> u64 {
        Opened::len(self)
    }
}

impl ChunkReader for Opened {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(self.from(start)?)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        Ok(self.range(start, length)?)
    }
}

fn broken(place: &Place, error: &dyn std::fmt::Display) -> SourceError {
    SourceError::new(format!("{} is not a whole Parquet file: {error}", place.name()))
        .hint("the file seems cut off or damaged; deliver it again")
}

/// Rows of one file.
pub struct Rows {
    place: Place,
    file: Opened,
    reader: ParquetRecordBatchReader,
    /// Column of the table → column of a batch.
    used: Vec<Option<usize>>,
    names: Vec<String>,
    batch: Vec<Values>,
    rows: usize,
    row: usize,
    /// Rows in the batches before this one.
    before: u64,
}

enum Values {
    Integers(Int64Array),
    Reals(Float64Array),
    Texts(StringArray),
}

impl Rows {
    pub fn open(place: &Place, columns: &[Column], used: Used) -> Result<Self, SourceError> {
        let (file, builder) = open(place)?;
        let wanted = (0..columns.len()).filter(|column| used.has(*column)).collect::<Vec<_>>();
        if let Some(column) = wanted.iter().find(|column| columns[**column].kind == Kind::Refused) {
            return Err(refused(place, builder.schema().field(*column)));
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
        let reader = builder.with_projection(mask).with_batch_size(ROWS).build().map_err(|error| broken(place, &error))?;
        let place_of = |column: usize| wanted.iter().position(|wanted| *wanted == column);
        Ok(Self {
            place: place.clone(),
            file,
            reader,
            used: (0..columns.len()).map(place_of).collect(),
            names: wanted.iter().map(|column| columns[*column].name.clone()).collect(),
            batch: Vec::new(),
            rows: 0,
            row: 0,
            before: 0,
        })
    }

    fn next_batch(&mut self) -> Result<bool, SourceError> {
        let Some(batch) = self.reader.next() else { return Ok(false) };
        let batch = batch.map_err(|error| broken(&self.place, &error))?;
        let values = batch.columns().iter().zip(&self.names);
        self.batch = values.map(|(array, name)| self.values(array, name)).collect::<Result<_, _>>()?;
        self.before += self.rows as u64;
        (self.rows, self.row) = (batch.num_rows(), 0);
        Ok(true)
    }

    fn values(&self, array: &ArrayRef, name: &str) -> Result<Values, SourceError> {
        let fail = |error| {
            let rows = format!("rows {} to {}", self.before + self.rows as u64 + 1, self.before + (self.rows + array.len()) as u64);
            SourceError::new(format!("{} {rows}, column {name:?}: {error}", self.place.name()))
        };
        values(array).map_err(fail)
    }
}

fn refused(place: &Place, field: &arrow::datatypes::Field) -> SourceError {
    let what = format!("the column {:?} of {} is {}, which cannot be a cell", field.name(), place.name(), field.data_type());
    SourceError::new(what).hint("name the columns the query needs instead of *, without this one")
}

fn values(array: &ArrayRef) -> Result<Values, arrow::error::ArrowError> {
    let to = |array: &ArrayRef, of: &DataType| cast_with_options(array, of, &CastOptions { safe: false, ..CastOptions::default() });
    Ok(match kind(array.data_type()) {
        Kind::Integer => Values::Integers(to(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone()),
        // By way of text: 0.1 as a 32-bit float is 0.1, not 0.10000000149011612.
        Kind::Real if array.data_type() != &DataType::Float64 => {
            let texts = to(array, &DataType::Utf8)?;
            Values::Reals(to(&texts, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
        }
        Kind::Real => Values::Reals(array.as_primitive::<Float64Type>().clone()),
        Kind::Text | Kind::Refused => {
            let array = match array.data_type() {
                // An instant, whatever zone it is shown in, is given in UTC.
                DataType::Timestamp(unit, Some(_)) => to(array, &DataType::Timestamp(*unit, Some("+00:00".into())))?,
                _ => array.clone(),
            };
            Values::Texts(to(&array, &DataType::Utf8)?.as_string::<i32>().clone())
        }
    })
}

impl Pass for Rows {
    fn next(&mut self) -> Result<bool, SourceError> {
        self.row += 1;
        while self.row >= self.rows {
            match self.next_batch() {
                Ok(true) => {}
                Ok(false) => return self.file.finished().map(|()| false),
                Err(error) => return Err(self.file.or_changed(error)),
            }
        }
        Ok(true)
    }

    fn cell(&self, column: usize) -> ValueRef<'_> {
        let Some(values) = self.used.get(column).copied().flatten().and_then(|at| self.batch.get(at)) else { return ValueRef::Null };
        match values {
            Values::Integers(array) if array.is_valid(self.row) => ValueRef::Integer(array.value(self.row)),
            Values::Reals(array) if array.is_valid(self.row) => ValueRef::Real(array.value(self.row)),
            Values::Texts(array) if array.is_valid(self.row) => ValueRef::Text(array.value(self.row).as_bytes()),
            _ => ValueRef::Null,
        }
    }
}
