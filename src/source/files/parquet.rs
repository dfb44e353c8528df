//! Parquet, a batch of rows and the used columns at a time. What the types become is said in `source/arrow.rs`.

use super::super::{
    Cell, SourceError,
    arrow::{Values, kind},
};
use super::pass::{Column, Kind, Pass, Used};
use super::place::{Opened, Place};
use arrow_array::ArrayRef;
use arrow_schema::{Field, FieldRef};
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
    let column = |field: &FieldRef| Column { name: field.name().clone(), kind: kind(field) };
    Ok(builder.schema().fields().iter().map(column).collect())
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
    batch: Vec<Values>,
    rows: usize,
    row: usize,
    /// Rows in the batches before this one.
    before: u64,
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
            batch: Vec::new(),
            rows: 0,
            row: 0,
            before: 0,
        })
    }

    fn next_batch(&mut self) -> Result<bool, SourceError> {
        let Some(batch) = self.reader.next() else { return Ok(false) };
        let batch = batch.map_err(|error| broken(&self.place, &error))?;
        let schema = batch.schema();
        let values = batch.columns().iter().zip(schema.fields());
        self.batch = values.map(|(array, field)| self.values(array, field)).collect::<Result<_, _>>()?;
        self.before += self.rows as u64;
        (self.rows, self.row) = (batch.num_rows(), 0);
        Ok(true)
    }

    fn values(&self, array: &ArrayRef, field: &Field) -> Result<Values, SourceError> {
        let fail = |error| {
            let rows = format!("rows {} to {}", self.before + self.rows as u64 + 1, self.before + (self.rows + array.len()) as u64);
            SourceError::new(format!("{} {rows}, column {:?}: {error}", self.place.name(), field.name()))
        };
        Values::of(array, field).map_err(fail)
    }
}

fn refused(place: &Place, field: &Field) -> SourceError {
    let what = format!("the column {:?} of {} is {}, which cannot be a cell", field.name(), place.name(), field.data_type());
    SourceError::new(what).hint("name the columns the query needs instead of *, without this one")
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
        match values.cell(self.row) {
            Cell::Null => ValueRef::Null,
            Cell::Integer(value) => ValueRef::Integer(value),
            Cell::Real(value) => ValueRef::Real(value),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
        }
    }
}
