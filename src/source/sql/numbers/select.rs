//! SELECTs, and what their columns are.

use super::{
    expression::{Done, Writer, joined, shown},
    not_understood,
    piece::Piece,
    scope::{Columns, From, Scope, unquoted},
};
use sqlite3_parser::ast::{
    As, CommonTableExpr, Expr, FromClause, JoinConstraint, JoinOperator, JoinType, Materialized, OneSelect, ResultColumn, Select,
    SelectBody, SelectTable, SortedColumn, With,
};
use std::fmt::Write;

impl Writer<'_> {
    /// A query, and its columns.
    pub(super) fn select(&mut self, select: &Select<'_>) -> Done<(String, Columns)> {
        self.deeper(|writer| {
            let outer = writer.names.with.len();
            let written = writer.whole(select);
            writer.names.with.truncate(outer);
            written
        })
    }

    fn whole(&mut self, select: &Select<'_>) -> Done<(String, Columns)> {
        let with = select.with.as_ref().map(|with| self.with(with)).transpose()?.unwrap_or_default();
        let clause = self.new_clause();
        let (body, columns, scope) = self.body(&select.body, clause)?;
        // What it is ordered by sees the tables and aliases of a single SELECT.
        self.names.scopes.push(scope);
        let end = self.within(clause, |writer| writer.end(select));
        self.names.scopes.pop();
        Ok((format!("{with}{body}{}", end?), columns))
    }

    fn end(&mut self, select: &Select<'_>) -> Done<String> {
        let mut sql = String::new();
        if let Some(order) = select.order_by {
            write!(sql, " ORDER BY {}", self.sorted(order)?).ok();
        }
        if let Some(limit) = select.limit {
            write!(sql, " LIMIT {}", self.expr(&limit.expr)?.sql).ok();
            if let Some(offset) = &limit.offset {
                write!(sql, " OFFSET {}", self.expr(offset)?.sql).ok();
            }
        }
        Ok(sql)
    }

    pub(super) fn sorted(&mut self, order: &[SortedColumn<'_>]) -> Done<String> {
        let each = order.iter().map(|column| {
            let mut sql = self.expr(&column.expr)?.sql;
            column.order.iter().for_each(|order| sql.push_str(&format!(" {}", shown(order))));
            column.nulls.iter().for_each(|nulls| sql.push_str(&format!(" {}", shown(nulls))));
            Ok(sql)
        });
        Ok(each.collect::<Done<Vec<_>>>()?.join(", "))
    }

    fn with(&mut self, with: &With<'_>) -> Done<String> {
        let each = with.ctes.iter().map(|table| self.common(table)).collect::<Done<Vec<_>>>()?;
        Ok(format!("WITH {}{} ", if with.recursive { "RECURSIVE " } else { "" }, each.join(", ")))
    }

    fn common(&mut self, table: &CommonTableExpr<'_>) -> Done<String> {
        let name = unquoted(table.tbl_name.0);
        // It may name itself.
        self.names.with.push((name.clone(), None));
        let here = self.names.with.len() - 1;
        let (sql, mut columns) = self.select(table.select)?;
        let mut names = String::new();
        if let Some(given) = table.columns {
            let given = given.iter().map(|column| column.col_name.0).collect::<Vec<_>>();
            names = format!("({})", given.join(", "));
            columns = columns.filter(|columns| columns.len() == given.len());
            columns.iter_mut().flatten().zip(given).for_each(|(column, name)| column.0 = unquoted(name));
        }
        self.names.with[here] = (name, columns);
        let how = match table.materialized {
            Materialized::Any => "",
            Materialized::Yes => "MATERIALIZED ",
            Materialized::No => "NOT MATERIALIZED ",
        };
        Ok(format!("{}{names} AS {how}({sql})", table.tbl_name.0))
    }

    fn body(&mut self, body: &SelectBody<'_>, clause: usize) -> Done<(String, Columns, Scope)> {
        let (mut sql, mut columns, mut scope) = self.one(&body.select, clause)?;
        for compound in body.compounds.iter().flatten() {
            let (next, others, _) = self.one(&compound.select, clause)?;
            write!(sql, " {} {next}", shown(&compound.operator)).ok();
            columns = both(columns, others);
            scope = Scope { from: Vec::new(), aliases: columns.clone().unwrap_or_default() };
        }
        Ok((sql, columns, scope))
    }

    fn one(&mut self, select: &OneSelect<'_>, clause: usize) -> Done<(String, Columns, Scope)> {
        match select {
            OneSelect::Values(rows) => self.values(rows.iter().map(|row| row.as_slice())),
            OneSelect::Select { .. } => {
                self.names.scopes.push(Scope::default());
                let written = self.core(select, clause);
                let scope = self.names.scopes.pop().unwrap_or_default();
                written.map(|(sql, columns)| (sql, columns, scope))
            }
        }
    }

    fn core(&mut self, select: &OneSelect<'_>, clause: usize) -> Done<(String, Columns)> {
        let OneSelect::Select { distinctness, columns, from, where_clause, group_by, having, window_clause } = select else {
            return Err(not_understood("it is not a SELECT"));
        };
        let from = from.as_ref().map(|from| self.from(from)).transpose()?;
        let (list, given) = self.within(clause, |writer| writer.columns(columns, from.as_ref().is_some_and(|from| from.merges)))?;
        let mut sql = String::from("SELECT ");
        distinctness.iter().for_each(|distinct| sql.push_str(&format!("{} ", shown(distinct))));
        sql.push_str(&list);
        if let Some(from) = from {
            write!(sql, " FROM {}", from.sql).ok();
        }
        if let Some(condition) = where_clause {
            let own = self.new_clause();
            write!(sql, " WHERE {}", self.within(own, |writer| writer.condition(condition))?).ok();
        }
        if let Some(by) = group_by {
            write!(sql, " GROUP BY {}", self.within(clause, |writer| Ok(joined(&writer.all(by)?)))?).ok();
        }
        if let Some(condition) = having {
            write!(sql, " HAVING {}", self.within(clause, |writer| writer.condition(condition))?).ok();
        }
        if let Some(windows) = window_clause {
            let each = windows.iter().map(|window| Ok(format!("{} AS ({})", window.name.0, self.window(&window.window)?)));
            write!(sql, " WINDOW {}", each.collect::<Done<Vec<_>>>()?.join(", ")).ok();
        }
        Ok((sql, given))
    }

    /// `merges`: tables share columns, which `*` gives once.
    fn columns(&mut self, columns: &[ResultColumn<'_>], merges: bool) -> Done<(String, Columns)> {
        let (mut list, mut given) = (Vec::new(), Some(Vec::new()));
        for column in columns {
            match column {
                ResultColumn::Star => {
                    list.push("*".to_owned());
                    let all = self.names.scopes.last().map(|scope| scope.from.iter().map(|from| from.columns.clone()).collect::<Vec<_>>());
                    extend(
                        &mut given,
                        all.filter(|_| !merges).and_then(|all| all.into_iter().collect::<Option<Vec<_>>>()).map(|all| all.concat()),
                    );
                }
                ResultColumn::TableStar(table) => {
                    list.push(format!("{}.*", table.0));
                    let name = unquoted(table.0);
                    let from =
                        self.names.scopes.last().and_then(|scope| scope.from.iter().find(|from| from.name.eq_ignore_ascii_case(&name)));
                    extend(&mut given, from.and_then(|from| from.columns.clone()));
                }
                ResultColumn::Expr(expr, alias) => {
                    let piece = self.expr(expr)?;
                    let name = alias.as_ref().map(|alias| unquoted(name_of(alias)));
                    let known = name.clone().unwrap_or_else(|| piece.label().to_owned());
                    extend(&mut given, Some(vec![(known, piece.kind)]));
                    if let (Some(name), Some(scope)) = (name, self.names.scopes.last_mut()) {
                        scope.aliases.push((name, piece.kind));
                    }
                    list.push(format!(
                        "{}{}",
                        piece.sql,
                        alias.as_ref().map(|alias| format!(" AS {}", name_of(alias))).unwrap_or_default()
                    ));
                }
            }
        }
        Ok((list.join(", "), given))
    }

    fn values<'e, 'b: 'e>(&mut self, rows: impl IntoIterator<Item = &'e [Expr<'b>]>) -> Done<(String, Columns, Scope)> {
        let (mut written, mut columns) = (Vec::new(), None);
        for (at, row) in rows.into_iter().enumerate() {
            let pieces = self.all(row)?;
            let named = |(at, piece): (usize, &Piece)| (format!("column{}", at + 1), piece.kind);
            let these: Columns = Some(pieces.iter().enumerate().map(named).collect());
            columns = if at == 0 { these } else { both(columns, these) };
            written.push(format!("({})", joined(&pieces)));
        }
        Ok((format!("VALUES {}", written.join(", ")), columns, Scope::default()))
    }
}

/// A FROM as it is written anew.
struct Written {
    sql: String,
    /// USING or NATURAL makes one column of several.
    merges: bool,
}

impl Writer<'_> {
    fn from(&mut self, from: &FromClause<'_>) -> Done<Written> {
        let mut written = Written { sql: String::new(), merges: false };
        if let Some(table) = from.select {
            self.table(table, &mut written)?;
        }
        for join in from.joins.iter().flatten() {
            match join.operator {
                JoinOperator::Comma => written.sql.push(','),
                operator @ JoinOperator::TypedJoin(kind) => {
                    written.merges |= kind.is_some_and(|kind| kind.contains(JoinType::NATURAL));
                    write!(written.sql, " {}", shown(&operator)).ok();
                }
            }
            written.sql.push(' ');
            self.table(&join.table, &mut written)?;
            match &join.constraint {
                Some(JoinConstraint::On(condition)) => {
                    let own = self.new_clause();
                    write!(written.sql, " ON {}", self.within(own, |writer| writer.condition(condition))?).ok();
                }
                Some(using @ JoinConstraint::Using(_)) => {
                    written.merges = true;
                    write!(written.sql, " {}", shown(using)).ok();
                }
                None => {}
            }
        }
        Ok(written)
    }

    fn table(&mut self, table: &SelectTable<'_>, to: &mut Written) -> Done<()> {
        let alias = |alias: &Option<As<'_>>| alias.as_ref().map(|alias| format!(" AS {}", name_of(alias))).unwrap_or_default();
        let named = |alias: &Option<As<'_>>, name: &str| alias.as_ref().map_or_else(|| unquoted(name), |alias| unquoted(name_of(alias)));
        let (name, columns) = match table {
            SelectTable::Table(name, as_name, indexed) => {
                let indexed = indexed.as_ref().map(|indexed| format!(" {}", shown(indexed))).unwrap_or_default();
                write!(to.sql, "{}{}{indexed}", shown(name), alias(as_name)).ok();
                (named(as_name, name.name.0), self.names.table(&unquoted(name.name.0), self.tables))
            }
            SelectTable::TableCall(name, arguments, as_name) => {
                let arguments = self.all(arguments.unwrap_or_default())?;
                write!(to.sql, "{}({}){}", shown(name), joined(&arguments), alias(as_name)).ok();
                (named(as_name, name.name.0), None)
            }
            SelectTable::Select(select, as_name) => {
                // It does not see the tables beside it.
                let beside = self.names.scopes.last_mut().map(std::mem::take);
                let (sql, columns) = self.select(select)?;
                if let (Some(scope), Some(beside)) = (self.names.scopes.last_mut(), beside) {
                    *scope = beside;
                }
                write!(to.sql, "({sql}){}", alias(as_name)).ok();
                (named(as_name, ""), columns)
            }
            SelectTable::Sub(from, as_name) => {
                let before = self.names.scopes.last().map_or(0, |scope| scope.from.len());
                let inner = self.from(from)?;
                to.merges |= inner.merges;
                write!(to.sql, "({}){}", inner.sql, alias(as_name)).ok();
                let tables = self.names.scopes.last().map(|scope| scope.from[before..].iter().map(|from| from.columns.clone()));
                let columns =
                    tables.filter(|_| !inner.merges).and_then(|tables| tables.collect::<Option<Vec<_>>>()).map(|all| all.concat());
                match as_name {
                    // Its tables are there already.
                    None => return Ok(()),
                    Some(_) => {
                        // Only its own name is known outside.
                        self.names.scopes.iter_mut().next_back().into_iter().for_each(|scope| scope.from.truncate(before));
                        (named(as_name, ""), columns)
                    }
                }
            }
        };
        if let Some(scope) = self.names.scopes.last_mut() {
            scope.from.push(From { name, columns });
        }
        Ok(())
    }
}

fn name_of<'a>(alias: &As<'a>) -> &'a str {
    match alias {
        As::As(name) | As::Elided(name) => name.0,
    }
}

fn extend(given: &mut Columns, more: Columns) {
    match (given.as_mut(), more) {
        (Some(given), Some(more)) => given.extend(more),
        _ => *given = None,
    }
}

/// Columns that are sometimes the one's, sometimes the other's.
fn both(one: Columns, other: Columns) -> Columns {
    let (one, other) = (one?, other?);
    (one.len() == other.len()).then(|| one.into_iter().zip(other).map(|((name, kind), (_, other))| (name, kind.or(other))).collect())
}
