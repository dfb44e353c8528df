//! Parquet, a batch of rows and the used columns at a time. What the types become is said in `source/arrow.rs`.

use super::super::{
    Cell, SourceError,
    arrow::{Values, kind},
};
use super::disguise;
use super::doubles::Doubles;
use super::pass::{Column, Kind, Pass, Used};
use super::place::{Opened, Place};
use super::union::{self, Found, Places};
use arrow_array::{Array, ArrayRef, StringArray, builder::StringBuilder, cast::AsArray};
use arrow_schema::{DataType, Field, FieldRef};
use bytes::Bytes;
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    },
    file::{
        metadata::RowGroupMetaData,
        reader::{ChunkReader, Length},
    },
};
use rusqlite::types::ValueRef;
use std::io::Read;

const ROWS: usize = 1024;
/// Looked at where a file may be no Parquet.
const HEAD_BYTES: usize = 4096;

/// The columns of a file. One of which the statistics say that it is all NULL may be of any kind.
pub fn columns(place: &Place) -> Result<Vec<Found>, SourceError> {
    let (_, builder) = open(place)?;
    let groups = builder.metadata().row_groups();
    let nothing = |field: &FieldRef| {
        let of_group = |group: &RowGroupMetaData| {
            let chunk = group.columns().iter().find(|chunk| chunk.column_path().parts() == std::slice::from_ref(field.name()));
            chunk.and_then(|chunk| chunk.statistics()?.null_count_opt()) == u64::try_from(group.num_rows()).ok()
        };
        field.data_type() == &DataType::Null || (!groups.is_empty() && groups.iter().all(of_group))
    };
    let column = |field: &FieldRef| Found { name: field.name().clone(), kind: (!nothing(field)).then(|| cell_kind(field)) };
    Ok(builder.schema().fields().iter().map(column).collect())
}

/// Bytes of which the file does not say that they are text: older programs write all text so. Whether it is text, each value tells.
fn is_bytes(field: &Field) -> bool {
    matches!(field.data_type(), DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

fn cell_kind(field: &Field) -> Kind {
    if is_bytes(field) { Kind::Text } else { kind(field) }
}

fn open(place: &Place) -> Result<(Opened, ParquetRecordBatchReaderBuilder<Opened>), SourceError> {
    let file = place.open()?;
    if let Ok(head) = file.range(0, HEAD_BYTES.min(file.len() as usize))
        && !head.starts_with(b"PAR1")
    {
        return Err(file.or_changed(disguise::other_than(&place.name(), "a Parquet file", &head)));
    }
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
    used: Places,
    /// Of each column of a batch: what the table has it as.
    kinds: Vec<Kind>,
    batch: Vec<Values>,
    rows: usize,
    row: usize,
    /// Rows in the batches before this one.
    before: u64,
}

impl Rows {
    pub fn open(place: &Place, columns: &[Column], doubles: &Doubles, used: Used) -> Result<Self, SourceError> {
        let (file, builder) = open(place)?;
        let fields = builder.schema().fields().clone();
        let names = doubles.named(fields.iter().map(|field| field.name().as_str()));
        let at = union::places(columns, names.iter().map(String::as_str));
        let mut wanted =
            (0..columns.len()).filter(|column| used.has(*column)).filter_map(|column| Some((at[column]?, column))).collect::<Vec<_>>();
        wanted.sort_unstable();
        if let Some((field, _)) = wanted.iter().find(|(field, _)| cell_kind(&fields[*field]) == Kind::Refused) {
            return Err(refused(place, &fields[*field]));
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().map(|(field, _)| *field));
        let reader = builder.with_projection(mask).with_batch_size(ROWS).build().map_err(|error| broken(place, &error))?;
        let place_of = |column: usize| wanted.iter().position(|(_, wanted)| *wanted == column);
        Ok(Self {
            place: place.clone(),
            file,
            reader,
            used: (0..columns.len()).map(place_of).collect(),
            kinds: wanted.iter().map(|(_, column)| columns[*column].kind).collect(),
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
        self.before += self.rows as u64;
        (self.rows, self.row) = (batch.num_rows(), 0);
        let values = batch.columns().iter().zip(schema.fields()).zip(&self.kinds);
        self.batch = values.map(|((array, field), kind)| self.values(array, field, *kind)).collect::<Result<_, _>>()?;
        Ok(true)
    }

    fn values(&self, array: &ArrayRef, field: &Field, wanted: Kind) -> Result<Values, SourceError> {
        if is_bytes(field) {
            return self.texts(array, field);
        }
        let fail = |error| {
            let rows = format!("rows {} to {}", self.before + 1, self.before + array.len() as u64);
            SourceError::new(format!("{} {rows}, column {:?}: {error}", self.place.name(), field.name()))
        };
        match kind(field) {
            _ if array.logical_null_count() == array.len() => Ok(Values::Texts(StringArray::new_null(array.len()))),
            found if found == wanted => Values::of(array, field).map_err(fail),
            Kind::Integer if wanted == Kind::Real => Values::reals(array).map_err(fail),
            found => Err(self.differs(field, found, wanted)),
        }
    }

    /// Bytes that must be text.
    fn texts(&self, array: &ArrayRef, field: &Field) -> Result<Values, SourceError> {
        let bytes = arrow_cast::cast(array, &DataType::LargeBinary).map_err(|error| broken(&self.place, &error))?;
        let mut texts = StringBuilder::with_capacity(array.len(), 0);
        for (row, bytes) in bytes.as_binary::<i64>().iter().enumerate() {
            let text = bytes.map(std::str::from_utf8).transpose();
            texts.append_option(text.map_err(|_| self.no_text(field, self.before + row as u64 + 1))?);
        }
        Ok(Values::Texts(texts.finish()))
    }

    fn no_text(&self, field: &Field, row: u64) -> SourceError {
        let what = format!("{} row {row}, column {:?}: bytes that are no text", self.place.name(), field.name());
        SourceError::new(what).hint("name the columns the query needs instead of *, without this one")
    }

    fn differs(&self, field: &Field, found: Kind, wanted: Kind) -> SourceError {
        let (name, found, wanted) = (field.name(), found.word(), wanted.word());
        let what = format!("the column {name:?} is {found} in {}, and {wanted} in another file of the table", self.place.name());
        SourceError::new(what).hint("write it alike in all files, or name the columns the query needs without this one")
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
