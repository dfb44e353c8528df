//! Comparisons with dates, and the functions that read moments.

use super::{
    Wants,
    compare::Known,
    day::{self, DATE, DATED, MOMENT},
    expression::{Done, Writer, is_name},
    piece::Piece,
    scope::{Found, Kind, unquoted},
};
use sqlite3_parser::ast::Expr;

/// Modifiers after which a number is a moment.
const OF_NUMBERS: [&str; 3] = ["unixepoch", "julianday", "auto"];

impl Writer<'_> {
    /// Its value as it is compared with a date.
    pub(super) fn date(&mut self, piece: &Piece) -> String {
        if matches!(piece.kind, Kind::Date | Kind::Null) || piece.literal.as_deref().is_some_and(day::is_part) {
            return piece.sql.clone();
        }
        match &piece.as_date {
            Some(sql) => sql.clone(),
            None => format!("{DATE}({}, {})", piece.sql, self.site(piece, Wants::Date)),
        }
    }

    /// When it is known as a date.
    pub(super) fn dated(&mut self, piece: &Piece) -> Option<Known> {
        let date = self.date(piece);
        (date != piece.sql).then(|| (format!("{DATED}({})", piece.sql), Some(date)))
    }

    pub(super) fn as_dates(&mut self, pieces: &mut [Piece]) -> Kind {
        for piece in pieces {
            *piece = Piece::new(self.date(piece), Kind::Date);
        }
        Kind::Date
    }

    /// What a date function reads becomes a moment or NULL; modifiers stay as they are.
    pub(super) fn of_moments(&mut self, name: &str, pieces: &mut [Piece]) -> Kind {
        let name = unquoted(name).to_ascii_lowercase();
        let read = match name.as_str() {
            "strftime" => 1..2,
            "timediff" => 0..2,
            _ => 0..1,
        };
        let of_number = |piece: &Piece| piece.literal.as_ref().is_none_or(|word| OF_NUMBERS.iter().any(|of| of.eq_ignore_ascii_case(word)));
        let numbers = pieces.iter().skip(read.end).any(of_number);
        let clocks = matches!(name.as_str(), "time" | "strftime");
        let form = day::Form { numbers, clocks };
        for piece in pieces.iter_mut().take(read.end).skip(read.start) {
            *piece = Piece { literal: piece.literal.clone(), ..Piece::new(self.moment(piece, form), piece.kind) };
        }
        match name.as_str() {
            "date" | "datetime" => Kind::Date,
            "strftime" if pieces.first().and_then(|format| format.literal.as_deref()).is_some_and(day::is_format) => Kind::Date,
            "julianday" | "unixepoch" => Kind::Number,
            _ => Kind::Text,
        }
    }

    fn moment(&mut self, piece: &Piece, form: day::Form) -> String {
        let stays = match (&piece.literal, piece.kind) {
            (Some(text), _) => day::is_moment(text, form),
            (None, kind) => matches!(kind, Kind::Number | Kind::Date | Kind::Null),
        };
        if stays {
            return piece.sql.clone();
        }
        let of = piece.as_date.as_ref().unwrap_or(&piece.sql);
        format!("{MOMENT}({of}, {}, {})", self.site(piece, Wants::Date), form.bits())
    }

    /// A column of texts, and dates of another table: SQLite keeps its index; what is no date equals none.
    pub(super) fn joins_dates(&mut self, left: &Expr<'_>, right: &Expr<'_>) -> Done<bool> {
        for (one, other) in [(left, right), (right, left)] {
            if !is_name(one) {
                continue;
            }
            let column = self.expr(one)?;
            let Some(Found { table: Some(table), kind: Kind::Text }) = column.column else { continue };
            if self.expr(other)?.kind == Kind::Date && self.is_of_another(other, table)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_of_another(&mut self, expr: &Expr<'_>, table: (usize, usize)) -> Done<bool> {
        match expr {
            Expr::Parenthesized(several) if several.len() == 1 => self.is_of_another(&several[0], table),
            Expr::FunctionCall { args, .. } => {
                let mut any = false;
                for argument in args.unwrap_or_default() {
                    any |= self.is_of_another(argument, table)?;
                }
                Ok(any)
            }
            name if is_name(name) => Ok(self.expr(name)?.column.and_then(|found| found.table).is_some_and(|other| other != table)),
            _ => Ok(false),
        }
    }
}
