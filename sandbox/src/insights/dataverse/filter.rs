//! `$filter`, as far as it is emulated: `contains`, `eq`, `gt`, `ge`, `lt`, `le`, `and`, `or`, parentheses. Texts are compared as the database behind
//! Dataverse does: without regard to case, and in `contains` a `_` is any one character.

use super::{
    super::store::Row,
    problem::Problem,
    tables::{Column, From, Set},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Contains(Column, String),
    Equals(Column, String),
    Compares(Column, Than, String),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

/// Before or behind it, as texts in the database's order: without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Than {
    Greater,
    NotLess,
    Less,
    NotGreater,
}

impl Than {
    const ALL: [(&'static str, Self); 4] = [("gt ", Self::Greater), ("ge ", Self::NotLess), ("lt ", Self::Less), ("le ", Self::NotGreater)];

    fn holds(self, text: &str, value: &str) -> bool {
        let order = text.to_ascii_lowercase().cmp(&value.to_ascii_lowercase());
        match self {
            Self::Greater => order.is_gt(),
            Self::NotLess => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::NotGreater => order.is_le(),
        }
    }
}

impl Filter {
    pub(super) fn parse(text: &str, columns: &[Column], set: Set) -> Result<Self, Problem> {
        let mut parser = Parser { rest: text, columns, set };
        let filter = parser.any()?;
        if parser.rest.trim().is_empty() { Ok(filter) } else { Err(parser.lost()) }
    }

    pub(super) fn fits(&self, set: Set, row: &Row<'_>) -> bool {
        match self {
            Self::Contains(column, part) => contains(column.value(set, row).as_bytes(), part.as_bytes()),
            Self::Equals(column, value) => column.value(set, row).eq_ignore_ascii_case(value),
            Self::Compares(column, than, value) => than.holds(&column.value(set, row), value),
            Self::And(one, other) => one.fits(set, row) && other.fits(set, row),
            Self::Or(one, other) => one.fits(set, row) || other.fits(set, row),
        }
    }

    /// The customers it names, where it does nothing but name customers.
    pub(super) fn customers(&self, columns: &[super::super::store::Column]) -> Option<Vec<&str>> {
        match self {
            Self::Equals(column, value) => {
                let named = match column.from {
                    From::Customer => true,
                    From::Cell(place) => columns.get(place).is_some_and(|column| column.name.eq_ignore_ascii_case("CustomerId")),
                    _ => false,
                };
                named.then(|| vec![value.as_str()])
            }
            Self::Or(one, other) => Some([one.customers(columns)?, other.customers(columns)?].concat()),
            _ => None,
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    let like = |(a, b): (&u8, &u8)| *b == b'_' || a.eq_ignore_ascii_case(b);
    part.is_empty() || text.windows(part.len()).any(|window| window.iter().zip(part).all(like))
}

struct Parser<'a> {
    rest: &'a str,
    columns: &'a [Column],
    set: Set,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Filter, Problem> {
        let mut filter = self.all()?;
        while self.eat("or ") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all()?));
        }
        Ok(filter)
    }

    fn all(&mut self) -> Result<Filter, Problem> {
        let mut filter = self.one()?;
        while self.eat("and ") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, Problem> {
        if self.eat("contains(") {
            let column = self.column()?;
            self.need(",")?;
            let part = self.text()?;
            self.need(")")?;
            return Ok(Filter::Contains(column, part));
        }
        if self.eat("(") {
            let filter = self.any()?;
            self.need(")")?;
            return Ok(filter);
        }
        let column = self.column()?;
        if let Some((_, than)) = Than::ALL.into_iter().find(|(word, _)| self.eat(word)) {
            return Ok(Filter::Compares(column, than, self.text()?));
        }
        if !self.eat("eq ") {
            return Err(Problem::not_emulated("filters other than contains, eq, gt, ge, lt, le, and, or"));
        }
        Ok(Filter::Equals(column, self.text()?))
    }

    fn column(&mut self) -> Result<Column, Problem> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        if rest.starts_with('(') {
            return Err(Problem::not_emulated(&format!("the function {name} in $filter")));
        }
        let found = self.columns.iter().find(|column| column.name == name).cloned();
        found.ok_or_else(|| Problem::no_column(name, self.set.kind()))
    }

    /// In single quotes; two of them are one.
    fn text(&mut self) -> Result<String, Problem> {
        self.need("'")?;
        let mut text = String::new();
        loop {
            let Some(end) = self.rest.find('\'') else { return Err(self.lost()) };
            text.push_str(&self.rest[..end]);
            self.rest = &self.rest[end + 1..];
            if !self.rest.starts_with('\'') {
                return Ok(text);
            }
            text.push('\'');
            self.rest = &self.rest[1..];
        }
    }

    fn eat(&mut self, word: &str) -> bool {
        match self.rest.trim_start().strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, word: &str) -> Result<(), Problem> {
        if self.eat(word) { Ok(()) } else { Err(self.lost()) }
    }

    fn lost(&self) -> Problem {
        Problem::query(format!("$filter cannot be understood, {} characters before its end.", self.rest.chars().count()))
    }
}
