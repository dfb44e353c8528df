//! Comparisons: both sides as numbers where one of them is a number.

use super::{
    Wants,
    expression::{Done, Writer, joined, shown},
    not_understood,
    piece::{Collation, Piece},
    scope::Kind,
    value::{BESIDE, KNOWN},
};
use sqlite3_parser::ast::{Expr, Operator, QualifiedName, Select};

/// When a value is known, and what counts it where it is not.
pub type Known = (String, Option<String>);

/// Two sides, made comparable; and when they are not.
struct Pair {
    left: String,
    right: String,
    /// NULL where a side that must be a number or a date is none, and then what counts it.
    known: Option<Known>,
}

impl Writer<'_> {
    pub(super) fn comparison(&mut self, left: &Expr<'_>, operator: Operator, right: &Expr<'_>) -> Done<Piece> {
        if let (Some(left), Some(right)) = (row(left), row(right)) {
            return self.rows(left, operator, right);
        }
        self.one_value(left)?;
        self.one_value(right)?;
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        Ok(Piece::number(self.compared(&left, operator, &right)))
    }

    /// `left operator right` of two values.
    pub(super) fn compared(&mut self, left: &Piece, operator: Operator, right: &Piece) -> String {
        let Pair { left, right, known } = self.pair(left, right);
        let comparison = format!("{left} {} {right}", shown(&operator));
        match known.filter(|_| matches!(operator, Operator::Is | Operator::IsNot)) {
            // These are never unknown by themselves.
            Some((known, Some(counts))) => format!("CASE WHEN {known} THEN {comparison} ELSE {counts} END"),
            Some((known, None)) => format!("CASE WHEN {known} THEN {comparison} END"),
            None => comparison,
        }
    }

    fn pair(&mut self, left: &Piece, right: &Piece) -> Pair {
        use Kind::{Date, Null, Number, Text};
        let as_is = |left: &Piece, right: &Piece| Pair { left: left.sql.clone(), right: right.sql.clone(), known: None };
        match (left.kind, right.kind) {
            (Number | Null, Number | Null) | (Text | Null, Text | Null) => as_is(left, right),
            (Date, Date) | (Null, _) | (_, Null) => as_is(left, right),
            (Number, _) | (_, Number) => {
                let text = if left.kind == Number { right } else { left };
                let (known, counts) = (format!("{KNOWN}({})", text.sql), self.number(text));
                Pair { left: self.number(left), right: self.number(right), known: Some((known, Some(counts))) }
            }
            (Date, _) | (_, Date) => {
                let known = self.dated(if left.kind == Date { right } else { left });
                Pair { left: self.date(left), right: self.date(right), known }
            }
            _ => self.beside(left, right),
        }
    }

    /// What is compared is known only when both are.
    fn beside(&mut self, left: &Piece, right: &Piece) -> Pair {
        let known = |one: &Piece, other: &Piece| format!("{KNOWN}({}, {})", one.sql, other.sql);
        let (mut first, mut second) = (self.beside_others(left, &right.sql), self.beside_others(right, &left.sql));
        // A function's value has no collation: that of the sides goes with it, in SQLite's order.
        match (&left.collation, &right.collation) {
            (Collation::Named(name), _) => first = format!("{first} COLLATE {name}"),
            (_, Collation::Named(name)) => second = format!("{second} COLLATE {name}"),
            (Collation::Column, _) | (_, Collation::Column) => first = format!("{first} COLLATE cell"),
            (Collation::None, Collation::None) => {}
        }
        Pair { left: first, right: second, known: Some((format!("{} AND {}", known(left, right), known(right, left)), None)) }
    }

    /// Its value as it is compared with `others`.
    pub(super) fn beside_others(&mut self, piece: &Piece, others: &str) -> String {
        format!("{BESIDE}({}, {}, {others})", piece.sql, self.site(piece, Wants::Number))
    }

    /// Rows of as many values: `(a, b) = (1, 'x')`.
    fn rows(&mut self, left: &[Expr<'_>], operator: Operator, right: &[Expr<'_>]) -> Done<Piece> {
        let (left, right) = (self.all(left)?, self.all(right)?);
        if left.len() != right.len() {
            return Err(not_understood("it compares rows of different widths"));
        }
        let pairs = left.iter().zip(&right);
        if matches!(operator, Operator::Is | Operator::IsNot) {
            let each = pairs.map(|(left, right)| self.compared(left, Operator::Is, right)).collect::<Vec<_>>();
            let not = if operator == Operator::IsNot { "NOT " } else { "" };
            return Ok(Piece::number(format!("({not}({}))", each.join(" AND "))));
        }
        let (left, right): (Vec<_>, Vec<_>) = pairs
            .map(|(left, right)| {
                let pair = self.pair(left, right);
                (pair.left, pair.right)
            })
            .unzip();
        Ok(Piece::number(format!("({}) {} ({})", left.join(", "), shown(&operator), right.join(", "))))
    }

    /// Refuses what is a row, where one value is expected.
    fn one_value(&mut self, expr: &Expr<'_>) -> Done<()> {
        if row(expr).is_some() { Err(not_understood("it compares a row of values with something else")) } else { Ok(()) }
    }

    pub(super) fn between(&mut self, of: &Expr<'_>, not: bool, from: &Expr<'_>, to: &Expr<'_>) -> Done<Piece> {
        self.one_value(of)?;
        let (of, from, to) = (self.expr(of)?, self.expr(from)?, self.expr(to)?);
        let word = if not { "NOT BETWEEN" } else { "BETWEEN" };
        let is = |piece: &Piece, kind| piece.kind == kind || piece.kind == Kind::Null;
        let plain = |kind| [&of, &from, &to].into_iter().all(|piece| is(piece, kind));
        if plain(Kind::Text) || plain(Kind::Number) || plain(Kind::Date) {
            return Ok(Piece::number(format!("{} {word} {} AND {}", of.sql, from.sql, to.sql)));
        }
        if is(&of, Kind::Number) || (is(&from, Kind::Number) && is(&to, Kind::Number)) {
            let (of, from, to) = (self.number(&of), self.number(&from), self.number(&to));
            return Ok(Piece::number(format!("{of} {word} {from} AND {to}")));
        }
        let (of, from, to) = (of.grouped(), from.grouped(), to.grouped());
        let (low, high) = (self.compared(&of, Operator::GreaterEquals, &from), self.compared(&of, Operator::LessEquals, &to));
        Ok(Piece::number(format!("({}({low} AND {high}))", if not { "NOT " } else { "" })))
    }

    pub(super) fn in_list(&mut self, of: &Expr<'_>, not: bool, list: &[Expr<'_>]) -> Done<Piece> {
        self.one_value(of)?;
        list.iter().try_for_each(|one| self.one_value(one))?;
        let (of, list) = (self.expr(of)?, self.all(list)?);
        let word = if not { "NOT IN" } else { "IN" };
        let all = |kind| list.iter().all(|one| one.kind == kind || one.kind == Kind::Null);
        if of.kind == Kind::Null || list.is_empty() || (of.kind == Kind::Text && all(Kind::Text)) {
            return Ok(Piece::number(format!("{} {word} ({})", of.sql, joined(&list))));
        }
        if of.kind == Kind::Number || all(Kind::Number) {
            let list = list.iter().map(|one| self.number(one)).collect::<Vec<_>>().join(", ");
            return Ok(Piece::number(format!("{} {word} ({list})", self.number(&of))));
        }
        if all(Kind::Date) {
            return Ok(Piece::number(format!("{} {word} ({})", self.date(&of), joined(&list))));
        }
        let list = list.into_iter().map(Piece::grouped).collect::<Vec<_>>();
        let either = self.in_parts(&of.grouped(), &list);
        Ok(Piece::number(format!("({}({}))", if not { "NOT " } else { "" }, either.join(" OR "))))
    }

    /// Texts, numbers and dates each in a list of their own.
    fn in_parts(&mut self, of: &Piece, list: &[Piece]) -> Vec<String> {
        let of_kind = |kind| list.iter().filter(|one| one.kind == kind).map(|one| one.sql.as_str()).collect::<Vec<_>>().join(", ");
        let mut parts = Vec::new();
        let (texts, numbers, dates) = (of_kind(Kind::Text), of_kind(Kind::Number), of_kind(Kind::Date));
        if !numbers.is_empty() {
            parts.push(format!("{} IN ({numbers})", self.number(of)));
        }
        if !dates.is_empty() {
            parts.push(format!("{} IN ({dates})", self.date(of)));
        }
        if of.kind == Kind::Text && !texts.is_empty() {
            parts.push(format!("{} IN ({texts})", of.sql));
        }
        let done = |one: &&Piece| matches!(one.kind, Kind::Number | Kind::Date) || (of.kind == Kind::Text && one.kind == Kind::Text);
        parts.extend(list.iter().filter(|one| !done(one)).map(|one| self.compared(of, Operator::Equals, one)));
        parts
    }

    pub(super) fn in_select(&mut self, of: &Expr<'_>, not: bool, select: &Select<'_>) -> Done<Piece> {
        let of = match row(of) {
            Some(row) => self.all(row)?,
            None => vec![self.expr(of)?],
        };
        let (sql, columns) = self.select(select)?;
        let kinds = columns.map(|columns| columns.into_iter().map(|(_, kind)| kind).collect::<Vec<_>>());
        self.in_query(&of, not, &sql, kinds.as_deref())
    }

    pub(super) fn in_table(&mut self, of: &Expr<'_>, not: bool, table: &QualifiedName<'_>, arguments: &[Expr<'_>]) -> Done<Piece> {
        self.one_value(of)?;
        let (of, arguments) = (self.expr(of)?, self.all(arguments)?);
        let columns = self.names.table(&super::scope::unquoted(table.name.0), self.tables);
        let kinds = columns.map(|columns| columns.into_iter().map(|(_, kind)| kind).collect::<Vec<_>>());
        let call = if arguments.is_empty() { String::new() } else { format!("({})", joined(&arguments)) };
        self.in_query(&[of], not, &format!("SELECT * FROM {}{call}", shown(table)), kinds.as_deref())
    }

    fn in_query(&mut self, of: &[Piece], not: bool, query: &str, kinds: Option<&[Kind]>) -> Done<Piece> {
        use Kind::{Any, Date, Null, Number, Text};
        let word = if not { "NOT IN" } else { "IN" };
        let row = |pieces: &[String]| if pieces.len() == 1 { pieces[0].clone() } else { format!("({})", pieces.join(", ")) };
        let kinds = kinds.map_or_else(|| vec![Any; of.len()], <[Kind]>::to_vec);
        let fits = |(of, kind): (&Piece, &Kind)| match (of.kind, kind) {
            (Null, _) | (_, Null) | (Text, Text) | (Date, Date) => true,
            (_, Number) | (Text | Any, Date) => true,
            // What is no date equals none, so that a row of values may stay as it is.
            (Date, Text) => kinds.len() > 1,
            (Number, Text | Any | Date) | (Any, _) | (Text | Date, Any) => false,
        };
        if kinds.len() == of.len() && of.iter().zip(&kinds).all(fits) {
            let left = of.iter().zip(&kinds).map(|(of, kind)| match kind {
                Number => self.number(of),
                Date => self.date(of),
                _ => of.sql.clone(),
            });
            let left = left.collect::<Vec<_>>();
            return Ok(Piece::number(format!("{} {word} ({query})", row(&left))));
        }
        let ([of], [_]) = (of, kinds.as_slice()) else { return Err(not_understood("it looks for a row of values in a query")) };
        let given = "WITH \"listkeeper in\"(v) AS";
        if matches!(of.kind, Number | Date) {
            let column = Piece { label: Some(of.label().to_owned()), ..Piece::new("v", Any) };
            let column = if of.kind == Number { self.number(&column) } else { self.date(&column) };
            return Ok(Piece::number(format!("{} {word} ({given} ({query}) SELECT {column} FROM \"listkeeper in\")", of.sql)));
        }
        let part = |left: String, is: &str| {
            format!("{left} IN ({given} ({query}) SELECT v FROM \"listkeeper in\" WHERE typeof(v) {is} ('integer', 'real'))")
        };
        let (numbers, others) = (part(self.number(of), "IN"), part(of.sql.clone(), "NOT IN"));
        Ok(Piece::number(format!("({}({numbers} OR {others}))", if not { "NOT " } else { "" })))
    }

    pub(super) fn case(&mut self, base: Option<&Expr<'_>>, pairs: &[(Expr<'_>, Expr<'_>)], other: Option<&Expr<'_>>) -> Done<Piece> {
        let base = base.map(|base| self.one_value(base).and_then(|()| self.expr(base)).map(Piece::grouped)).transpose()?;
        let (mut whens, mut kind) = (String::new(), Kind::Null);
        for (when, then) in pairs {
            let when = match &base {
                None => self.expr(when).map(|when| self.number(&when))?,
                Some(base) => {
                    let when = self.expr(when)?.grouped();
                    self.compared(base, Operator::Equals, &when)
                }
            };
            let then = self.expr(then)?;
            kind = kind.or(then.kind);
            whens.push_str(&format!(" WHEN {when} THEN {}", then.sql));
        }
        if let Some(other) = other {
            let other = self.expr(other)?;
            kind = kind.or(other.kind);
            whens.push_str(&format!(" ELSE {}", other.sql));
        }
        Ok(Piece::new(format!("CASE{whens} END"), kind))
    }
}

/// The values of a row; `None`: one value.
fn row<'e, 'b>(expr: &'e Expr<'b>) -> Option<&'e [Expr<'b>]> {
    match expr {
        Expr::Parenthesized(several) if several.len() > 1 => Some(several),
        _ => None,
    }
}
