//! Functions: what they want, and what they give.

use super::{
    expression::{Done, Writer, joined, shown},
    piece::Piece,
    scope::Kind,
    value::KNOWN,
};
use sqlite3_parser::ast::{Distinctness, Expr, FunctionCallOrder, FunctionTail, Literal, Operator, Over, Window};

/// What a function does with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// Numbers in, a number out.
    Numeric,
    /// Anything in, a number out.
    Counts,
    /// Anything in, a text out.
    Writes,
    /// A moment in, a moment or a part of it out.
    Dates,
    /// Gives one of its arguments.
    Chooses,
    /// The like, as a number where the others are.
    Extreme,
    /// Its arguments are conditions and what follows from them.
    Conditional,
    /// The first argument unless it equals the second.
    Unless,
    /// The text that its first argument describes.
    Prints,
    Other,
}

fn nature(name: &str) -> Nature {
    match name {
        "abs" | "acos" | "asin" | "atan" | "atan2" | "avg" | "ceil" | "ceiling" | "cos" | "degrees" | "exp" | "floor" | "ln" | "log"
        | "log10" | "log2" | "median" | "mod" | "ntile" | "percentile" | "percentile_cont" | "percentile_disc" | "pi" | "pow" | "power"
        | "radians" | "round" | "sign" | "sin" | "sqrt" | "sum" | "tan" | "total" | "trunc" => Nature::Numeric,
        "count"
        | "cume_dist"
        | "dense_rank"
        | "glob"
        | "instr"
        | "json_array_length"
        | "json_error_position"
        | "json_valid"
        | "length"
        | "like"
        | "octet_length"
        | "percent_rank"
        | "rank"
        | "row_number"
        | "unicode" => Nature::Counts,
        "char" | "concat" | "concat_ws" | "group_concat" | "hex" | "json" | "json_array" | "json_group_array" | "json_group_object"
        | "json_insert" | "json_object" | "json_patch" | "json_pretty" | "json_quote" | "json_remove" | "json_replace" | "json_set"
        | "json_type" | "lower" | "ltrim" | "quote" | "replace" | "rtrim" | "soundex" | "string_agg" | "substr" | "substring" | "trim"
        | "typeof" | "unistr" | "unistr_quote" | "upper" => Nature::Writes,
        "date" | "datetime" | "julianday" | "strftime" | "time" | "timediff" | "unixepoch" => Nature::Dates,
        "coalesce" | "ifnull" => Nature::Chooses,
        "max" | "min" => Nature::Extreme,
        "if" | "iif" => Nature::Conditional,
        "nullif" => Nature::Unless,
        "format" | "printf" => Nature::Prints,
        _ => Nature::Other,
    }
}

impl Writer<'_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        distinct: Option<&Distinctness>,
        arguments: &[Expr<'_>],
        order: Option<&FunctionCallOrder<'_>>,
        tail: Option<&FunctionTail<'_>>,
    ) -> Done<Piece> {
        self.names_function(name);
        let mut pieces = self.all(arguments)?;
        let distinct = distinct.map(|distinct| format!("{} ", shown(distinct))).unwrap_or_default();
        let order = match order {
            Some(FunctionCallOrder::SortList(order)) => format!(" ORDER BY {}", self.sorted(order)?),
            _ => String::new(),
        };
        let tail = self.tail(tail)?;
        let kind = match nature(&super::scope::unquoted(name).to_ascii_lowercase()) {
            Nature::Numeric => {
                self.as_numbers(&mut pieces);
                Kind::Number
            }
            Nature::Counts => Kind::Number,
            Nature::Dates => self.of_moments(name, &mut pieces),
            Nature::Writes => Kind::Text,
            Nature::Prints => {
                let known = self.printed(arguments, &mut pieces);
                let call = format!("{name}({distinct}{}{order}){tail}", joined(&pieces));
                let sql = known.map_or(call.clone(), |(known, counts)| format!("CASE WHEN {known} THEN {call} ELSE {counts} END"));
                return Ok(Piece::text(sql));
            }
            Nature::Chooses => pieces.iter().fold(Kind::Null, |kind, piece| kind.or(piece.kind)),
            Nature::Extreme if pieces.len() == 1 => return Ok(self.extreme(name, &distinct, &pieces[0], &tail)),
            Nature::Extreme => self.extreme_of(&mut pieces),
            Nature::Conditional => self.conditional(&mut pieces),
            Nature::Unless if pieces.len() == 2 => return Ok(self.unless(&pieces[0], &pieces[1])),
            Nature::Unless => Kind::Any,
            // Likelihoods and windows give their first argument, or another default.
            Nature::Other => Kind::Any,
        };
        Ok(Piece::new(format!("{name}({distinct}{}{order}){tail}", joined(&pieces)), kind))
    }

    fn as_numbers(&mut self, pieces: &mut [Piece]) {
        for piece in pieces {
            *piece = Piece::number(self.number(piece));
        }
    }

    /// The greatest of a column: of its numbers, where it is compared with one.
    fn extreme(&mut self, name: &str, distinct: &str, piece: &Piece, tail: &str) -> Piece {
        let as_number = (piece.kind != Kind::Number).then(|| format!("{name}({distinct}{}){tail}", self.number(piece)));
        let as_date = matches!(piece.kind, Kind::Text | Kind::Any).then(|| format!("{name}({distinct}{}){tail}", self.date(piece)));
        let label = Some(piece.label().to_owned());
        Piece {
            as_number,
            as_date,
            label,
            collation: piece.collation.clone(),
            ..Piece::new(format!("{name}({distinct}{}){tail}", piece.sql), piece.kind)
        }
    }

    /// The greatest of several values: numbers, where one of them is one.
    fn extreme_of(&mut self, pieces: &mut [Piece]) -> Kind {
        let is = |kind| pieces.iter().any(|piece: &Piece| piece.kind == kind);
        if is(Kind::Number) {
            self.as_numbers(pieces);
            return Kind::Number;
        }
        if is(Kind::Date) {
            return self.as_dates(pieces);
        }
        if !is(Kind::Any) {
            return Kind::Text;
        }
        let all = pieces.iter().map(|piece| piece.sql.clone()).collect::<Vec<_>>();
        for (at, piece) in pieces.iter_mut().enumerate() {
            let others = all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, sql)| sql.as_str()).collect::<Vec<_>>();
            *piece = Piece::new(self.beside_others(piece, &others.join(", ")), Kind::Any);
        }
        Kind::Any
    }

    fn conditional(&mut self, pieces: &mut [Piece]) -> Kind {
        let mut kind = Kind::Null;
        let last = pieces.len().saturating_sub(1);
        for (at, piece) in pieces.iter_mut().enumerate() {
            if at % 2 == 0 && at < last {
                *piece = Piece::number(self.number(piece));
            } else {
                kind = kind.or(piece.kind);
            }
        }
        kind
    }

    /// Its own words, so that the value stays as the file has it.
    fn unless(&mut self, value: &Piece, other: &Piece) -> Piece {
        let (value, other) = (value.clone().grouped(), other.clone().grouped());
        let same = self.compared(&value, Operator::Equals, &other);
        Piece { label: value.label.clone(), ..Piece::new(format!("CASE WHEN {same} THEN NULL ELSE {} END", value.sql), value.kind) }
    }

    /// Makes numbers of what is printed as one, where the format is a literal; and when all of them are: SQLite prints 0 for what is none.
    fn printed(&mut self, arguments: &[Expr<'_>], pieces: &mut [Piece]) -> Option<(String, String)> {
        let Some(Expr::Literal(Literal::String(format))) = arguments.first() else { return None };
        let (mut known, mut counts) = (Vec::new(), Vec::new());
        for at in numeric(format) {
            if let Some(piece) = pieces.get_mut(at).filter(|piece| piece.kind != Kind::Number) {
                known.push(format!("{KNOWN}({})", piece.sql));
                let number = self.number(piece);
                counts.push(number.clone());
                *piece = Piece::number(number);
            }
        }
        (!known.is_empty()).then(|| (known.join(" AND "), format!("NULL + {}", counts.join(" + "))))
    }

    pub(super) fn tail(&mut self, tail: Option<&FunctionTail<'_>>) -> Done<String> {
        let Some(tail) = tail else { return Ok(String::new()) };
        let mut sql = String::new();
        if let Some(filter) = tail.filter_clause {
            let condition = self.expr(filter)?;
            sql.push_str(&format!(" FILTER (WHERE {})", self.number(&condition)));
        }
        match tail.over_clause {
            Some(Over::Name(name)) => sql.push_str(&format!(" OVER {}", name.0)),
            Some(Over::Window(window)) => sql.push_str(&format!(" OVER ({})", self.window(window)?)),
            None => {}
        }
        Ok(sql)
    }

    pub(super) fn window(&mut self, window: &Window<'_>) -> Done<String> {
        let mut parts = Vec::new();
        parts.extend(window.base.as_ref().map(|name| name.0.to_owned()));
        if let Some(by) = window.partition_by {
            parts.push(format!("PARTITION BY {}", joined(&self.all(by)?)));
        }
        if let Some(order) = window.order_by {
            parts.push(format!("ORDER BY {}", self.sorted(order)?));
        }
        parts.extend(window.frame_clause.as_ref().map(shown));
        Ok(parts.join(" "))
    }
}

/// Which arguments a format prints as numbers.
fn numeric(format: &str) -> Vec<usize> {
    let (mut numbers, mut next, mut characters) = (Vec::new(), 1, format.chars());
    while characters.by_ref().any(|c| c == '%') {
        let conversion = characters.by_ref().find(|c| {
            // A width that is an argument.
            next += usize::from(*c == '*');
            (c.is_ascii_alphabetic() && *c != 'l') || *c == '%'
        });
        match conversion {
            Some('%') => continue,
            Some('d' | 'i' | 'f' | 'e' | 'E' | 'g' | 'G' | 'x' | 'X' | 'o' | 'u') => numbers.push(next),
            _ => {}
        }
        next += 1;
    }
    numbers
}
