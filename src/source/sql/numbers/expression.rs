//! Expressions, written anew with numbers where numbers are wanted.

use super::{
    super::{super::SourceError, shown::Shown},
    Site, Wants, day, not_understood,
    piece::{Collation, Piece},
    scope::{Found, Kind, Names, unquoted},
    value::NUMBER,
};
use sqlite3_parser::ast::{Expr, Literal, Operator, Type, UnaryOperator};
use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write,
};

/// Nested expressions and queries; SQLite itself takes 200.
const DEEPEST: usize = 1_000;

/// Writes a query anew.
pub struct Writer<'a> {
    pub tables: &'a [Shown],
    pub names: Names,
    depth: usize,
    sites: Vec<Site>,
    by_place: HashMap<(usize, String, usize), usize>,
    clause: Clause,
    clauses: usize,
    functions: BTreeSet<String>,
}

/// Where in a SELECT the writer is. What stands in the SELECT list, GROUP BY, HAVING and ORDER BY must be the same text in all of them.
#[derive(Default)]
pub struct Clause {
    id: usize,
    /// How often each text was there.
    seen: HashMap<String, usize>,
}

pub type Done<T> = Result<T, SourceError>;

impl<'a> Writer<'a> {
    pub fn over(tables: &'a [Shown]) -> Self {
        Self {
            tables,
            names: Names::default(),
            depth: 0,
            sites: Vec::new(),
            by_place: HashMap::new(),
            clause: Clause::default(),
            clauses: 0,
            functions: BTreeSet::new(),
        }
    }

    /// Every function that the query names.
    pub fn into_functions(self) -> Vec<String> {
        self.functions.into_iter().collect()
    }

    pub fn names_function(&mut self, name: &str) {
        self.functions.insert(unquoted(name).to_ascii_lowercase());
    }

    pub fn into_sites(self) -> Vec<Site> {
        self.sites
    }

    /// A clause whose places are its own.
    pub fn new_clause(&mut self) -> usize {
        self.clauses += 1;
        self.clauses
    }

    /// Writes within a clause.
    pub fn within<T>(&mut self, id: usize, write: impl FnOnce(&mut Self) -> Done<T>) -> Done<T> {
        let outer = std::mem::replace(&mut self.clause, Clause { id, seen: HashMap::new() });
        let written = write(self);
        self.clause = outer;
        written
    }

    /// Goes one deeper.
    pub fn deeper<T>(&mut self, write: impl FnOnce(&mut Self) -> Done<T>) -> Done<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(not_understood("it is nested too deep"));
        }
        let written = write(self);
        self.depth -= 1;
        written
    }

    pub fn expr(&mut self, expr: &Expr<'_>) -> Done<Piece> {
        let piece = self.deeper(|writer| writer.any(expr))?;
        // Doubled again and again, a short query would become a long one.
        if piece.sql.len() > super::LONGEST {
            return Err(not_understood("it is too long once its comparisons with numbers are made safe"));
        }
        Ok(piece)
    }

    fn any(&mut self, expr: &Expr<'_>) -> Done<Piece> {
        Ok(match expr {
            Expr::Literal(literal) => of_literal(literal),
            Expr::Id(id) => self.column(id.0),
            Expr::Name(name) => self.column(name.0),
            Expr::Qualified(table, name) => {
                let found = self.names.column_of(&unquoted(table.0), &unquoted(name.0));
                column(format!("{}.{}", table.0, name.0), name.0, found)
            }
            Expr::DoublyQualified(schema, table, name) => {
                let found = self.names.column_of(&unquoted(table.0), &unquoted(name.0));
                column(format!("{}.{}.{}", schema.0, table.0, name.0), name.0, found)
            }
            Expr::Parenthesized(several) if several.len() == 1 => {
                let inner = self.expr(&several[0])?;
                let sql = format!("({})", inner.sql);
                inner.written(sql)
            }
            Expr::Parenthesized(several) => {
                let pieces = self.all(several)?;
                Piece::new(format!("({})", joined(&pieces)), Kind::Any)
            }
            Expr::Unary(operator, of) => self.unary(*operator, of)?,
            Expr::Binary(left, operator, right) => self.binary(left, *operator, right)?,
            Expr::Collate(of, name) => {
                let of = self.expr(of)?;
                let sql = format!("{} COLLATE {name}", of.sql);
                Piece { collation: Collation::Named((*name).to_owned()), as_number: None, as_date: None, column: None, ..of }.written(sql)
            }
            Expr::Cast { expr, type_name } => self.cast(expr, type_name.as_ref())?,
            Expr::Case { base, when_then_pairs, else_expr } => self.case(*base, when_then_pairs, *else_expr)?,
            Expr::Between { lhs, not, start, end } => self.between(lhs, *not, start, end)?,
            Expr::InList { lhs, not, rhs } => self.in_list(lhs, *not, rhs.unwrap_or_default())?,
            Expr::InSelect { lhs, not, rhs } => self.in_select(lhs, *not, rhs)?,
            Expr::InTable { lhs, not, rhs, args } => self.in_table(lhs, *not, rhs, args.unwrap_or_default())?,
            Expr::Like { lhs, not, op, rhs, escape } => {
                let (left, right) = (self.expr(lhs)?, self.expr(rhs)?);
                let not = if *not { "NOT " } else { "" };
                let mut sql = format!("{} {not}{} {}", left.sql, shown(op), right.sql);
                if let Some(escape) = escape {
                    write!(sql, " ESCAPE {}", self.expr(escape)?.sql).ok();
                }
                Piece::number(sql)
            }
            Expr::IsNull(of) => Piece::number(format!("{} ISNULL", self.expr(of)?.sql)),
            Expr::NotNull(of) => Piece::number(format!("{} NOTNULL", self.expr(of)?.sql)),
            Expr::Exists(select) => Piece::number(format!("EXISTS ({})", self.select(select)?.0)),
            Expr::Subquery(select) => {
                let (sql, columns) = self.select(select)?;
                let kind = match columns.as_deref() {
                    Some([(_, kind)]) => *kind,
                    _ => Kind::Any,
                };
                Piece::new(format!("({sql})"), kind)
            }
            Expr::FunctionCall { name, distinctness, args, order_by, filter_over } => {
                self.call(name.0, distinctness.as_ref(), args.unwrap_or_default(), order_by.as_ref(), filter_over.as_ref())?
            }
            Expr::FunctionCallStar { name, filter_over } => {
                self.names_function(name.0);
                let tail = self.tail(filter_over.as_ref())?;
                Piece::number(format!("{}(*){tail}", name.0))
            }
            Expr::Raise(..) | Expr::Variable(_) => return Err(not_understood("it holds what only programs use")),
        })
    }

    fn column(&self, name: &str) -> Piece {
        match self.names.column(&unquoted(name)) {
            None if ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(name)) => Piece::number(name),
            found => column(name.to_owned(), name, found),
        }
    }

    pub fn all(&mut self, exprs: &[Expr<'_>]) -> Done<Vec<Piece>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn unary(&mut self, operator: UnaryOperator, of: &Expr<'_>) -> Done<Piece> {
        let of = self.expr(of)?;
        Ok(match operator {
            UnaryOperator::Not => Piece::number(format!("NOT {}", self.number(&of))),
            UnaryOperator::Negative => Piece::number(format!("- {}", self.number(&of))),
            UnaryOperator::BitwiseNot => Piece::number(format!("~ {}", self.number(&of))),
            UnaryOperator::Positive => {
                let sql = format!("+ {}", of.sql);
                Piece { column: None, as_number: None, as_date: None, ..of }.written(sql)
            }
        })
    }

    fn binary(&mut self, left: &Expr<'_>, operator: Operator, right: &Expr<'_>) -> Done<Piece> {
        use Operator::*;
        match operator {
            Equals | NotEquals | Greater | GreaterEquals | Less | LessEquals | Is | IsNot => return self.comparison(left, operator, right),
            _ => {}
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let word = shown(&operator);
        Ok(match operator {
            Concat => Piece::text(format!("{} {word} {}", left.sql, right.sql)),
            ArrowRight => Piece::text(format!("{} {word} {}", left.sql, right.sql)),
            ArrowRightShift => Piece::new(format!("{} {word} {}", left.sql, right.sql), Kind::Any),
            _ => Piece::number(format!("{} {word} {}", self.number(&left), self.number(&right))),
        })
    }

    /// What WHERE, ON and HAVING ask: a condition, or several that must all hold.
    pub fn condition(&mut self, expr: &Expr<'_>) -> Done<String> {
        self.deeper(|writer| match expr {
            Expr::Binary(left, Operator::And, right) => Ok(format!("{} AND {}", writer.condition(left)?, writer.condition(right)?)),
            Expr::Parenthesized(several) if several.len() == 1 => Ok(format!("({})", writer.condition(&several[0])?)),
            Expr::Binary(left, Operator::Equals, right) if writer.joins(left, right)? || writer.joins_dates(left, right)? => {
                Ok(format!("{} = {}", writer.expr(left)?.sql, writer.expr(right)?.sql))
            }
            _ => {
                let piece = writer.expr(expr)?;
                Ok(writer.number(&piece))
            }
        })
    }

    /// Columns of two tables, one text, one numbers: SQLite makes numbers of texts here and keeps its index; what is none equals none.
    fn joins(&mut self, left: &Expr<'_>, right: &Expr<'_>) -> Done<bool> {
        if !is_name(left) || !is_name(right) {
            return Ok(false);
        }
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let other = |(one, other): (Found, Found)| one.table.is_some() && other.table.is_some() && one.table != other.table;
        let kinds = matches!((left.kind, right.kind), (Kind::Text, Kind::Number) | (Kind::Number, Kind::Text));
        Ok(kinds && left.column.zip(right.column).is_some_and(other))
    }

    fn cast(&mut self, expr: &Expr<'_>, to: Option<&Type<'_>>) -> Done<Piece> {
        let of = self.expr(expr)?;
        let (name, full) = to.map_or_else(Default::default, |to| (to.name.to_ascii_uppercase(), shown(to)));
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        // In SQLite's order.
        Ok(match () {
            () if has(&["INT"]) => Piece::number(format!("CAST({} AS {full})", self.number(&of))),
            () if has(&["CHAR", "CLOB", "TEXT"]) => {
                let sql = format!("CAST({} AS {full})", of.sql);
                let kind = if of.kind == Kind::Date { Kind::Date } else { Kind::Text };
                Piece { kind, as_number: None, as_date: None, column: None, ..of }.written(sql)
            }
            () if has(&["BLOB"]) || name.is_empty() => Piece::new(format!("CAST({} AS {full})", of.sql), Kind::Any),
            () => Piece::number(format!("CAST({} AS {full})", self.number(&of))),
        })
    }

    /// Its value as a number.
    pub fn number(&mut self, piece: &Piece) -> String {
        match (&piece.as_number, piece.kind) {
            (_, Kind::Number | Kind::Null) => piece.sql.clone(),
            (Some(sql), _) => sql.clone(),
            (None, _) => format!("{NUMBER}({}, {})", piece.sql, self.site(piece, Wants::Number)),
        }
    }

    /// The same texts in the same order are the same place, within what must be written alike.
    pub(super) fn site(&mut self, piece: &Piece, wants: Wants) -> usize {
        let seen = self.clause.seen.entry(piece.sql.clone()).or_default();
        *seen += 1;
        let place = (self.clause.id, piece.sql.clone(), *seen);
        let next = self.sites.len();
        let site = *self.by_place.entry(place).or_insert(next);
        if site == next {
            let subject = piece.label().to_owned();
            let is_column = self.tables.iter().any(|table| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&subject)));
            self.sites.push(Site { subject, wants, is_column });
        }
        site
    }
}

/// Whether it is the name of a column and nothing else.
pub fn is_name(expr: &Expr<'_>) -> bool {
    matches!(expr, Expr::Id(_) | Expr::Name(_) | Expr::Qualified(..) | Expr::DoublyQualified(..))
}

fn column(sql: String, name: &str, found: Option<Found>) -> Piece {
    let kind = found.map_or(Kind::Any, |found| found.kind);
    let label = Some(unquoted(name));
    Piece { label, column: found, collation: Collation::Column, ..Piece::new(sql, kind) }
}

fn of_literal(literal: &Literal<'_>) -> Piece {
    match literal {
        Literal::Numeric(text) => Piece::number(*text),
        Literal::String(text) => day::literal(text),
        Literal::Blob(_) => Piece::new(shown(literal), Kind::Any),
        Literal::Null => Piece::new("NULL", Kind::Null),
        Literal::CurrentDate => Piece::new("CURRENT_DATE", Kind::Date),
        Literal::CurrentTime => Piece::text("CURRENT_TIME"),
        Literal::CurrentTimestamp => Piece::new("CURRENT_TIMESTAMP", Kind::Date),
        Literal::Keyword(word) => Piece::new(*word, Kind::Any),
    }
}

/// As the parser writes it.
pub fn shown(of: &impl sqlite3_parser::ast::fmt::ToTokens) -> String {
    struct Shown<'a, T>(&'a T);
    impl<T: sqlite3_parser::ast::fmt::ToTokens> std::fmt::Display for Shown<'_, T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.to_fmt(f)
        }
    }
    Shown(of).to_string()
}

/// With commas.
pub fn joined(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.sql.as_str()).collect::<Vec<_>>().join(", ")
}
