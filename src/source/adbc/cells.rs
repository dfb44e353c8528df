//! Arrow batches, of whatever size the engine likes, as batches of rows.

use super::super::{
    Ends, Notices, Report, RowBatch, SourceError,
    arrow::{Values, kind},
    files::Kind,
};
use crate::definition::Rows;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};

type Sink<'a> = &'a mut dyn FnMut(RowBatch) -> Result<(), SourceError>;

/// The columns wanted of a stream, and the rows so far.
pub struct Cells {
    /// Positions in the engine's batches, in the order wanted.
    wanted: Vec<usize>,
    batch: RowBatch,
    pub rows: u64,
}

impl Cells {
    /// Fails when a column wanted has a type that cannot be a cell.
    pub fn of(schema: &Schema, wanted: Vec<usize>, of: &Rows) -> Result<Self, SourceError> {
        let refused = wanted.iter().map(|at| schema.field(*at)).find(|field| kind(field) == Kind::Refused);
        match refused {
            Some(field) => Err(refuse(field, of)),
            None => Ok(Self { batch: RowBatch::new(wanted.len()), wanted, rows: 0 }),
        }
    }

    /// Takes a batch of the engine, and hands on what is full.
    pub fn take(&mut self, batch: &RecordBatch, sink: Sink<'_>) -> Result<(), SourceError> {
        for start in (0..batch.num_rows()).step_by(RowBatch::ROWS) {
            let rows = RowBatch::ROWS.min(batch.num_rows() - start);
            self.part(&batch.slice(start, rows), sink)?;
        }
        Ok(())
    }

    fn part(&mut self, batch: &RecordBatch, sink: Sink<'_>) -> Result<(), SourceError> {
        let columns = self.wanted.iter().map(|at| self.values(batch, *at)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            columns.iter().for_each(|column| self.batch.push(column.cell(row)));
            if self.batch.is_full() {
                sink(std::mem::replace(&mut self.batch, RowBatch::new(self.wanted.len())))?;
            }
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn values(&self, batch: &RecordBatch, at: usize) -> Result<Values, SourceError> {
        let field = batch.schema_ref().field(at);
        let fail = |error| {
            let (first, last) = (self.rows + 1, self.rows + batch.num_rows() as u64);
            SourceError::new(format!("rows {first} to {last}, column {:?}: {error}", field.name())).hint("CAST it to text in the query")
        };
        Values::of(batch.column(at), field).map_err(fail)
    }

    /// All was read: hands on the rest.
    pub fn finish(self, sink: Sink<'_>) -> Result<Report, SourceError> {
        if !self.batch.is_empty() {
            sink(self.batch)?;
        }
        Ok(Report { rows: self.rows, newest: None, notices: Notices::default(), ends: Ends::default() })
    }
}

fn refuse(field: &Field, of: &Rows) -> SourceError {
    let name = field.name();
    let what =
        format!("{}, segment {}: the column {name:?} is {}, which cannot be a cell", of.file.display(), of.segment, field.data_type());
    SourceError::new(what).hint(match field.data_type() {
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => {
            format!("name the parts that are needed, each a column of its own, instead of {name}, or make it JSON text in the query")
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            format!("make it JSON text in the query, or leave {name} out")
        }
        _ => format!("write CAST({name} AS VARCHAR) AS {name} in the query (binary data: as hex or base64), or leave it out"),
    })
}
