//! Tables that read without colour and lines, and how times and counts stand in them.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// A table of text. On a terminal the widest columns wrap; elsewhere nothing does.
pub struct Grid {
    table: Table,
    columns: usize,
}

impl Grid {
    /// Columns by their heads; one that begins with `>` holds numbers.
    pub fn new(heads: &[&str]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(heads.iter().map(|head| Cell::new(head.trim_start_matches('>'))));
        for (n, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if heads.get(n).is_some_and(|head| head.starts_with('>')) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self { table, columns: heads.len() }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.columns);
        self.table.add_row(cells.iter().map(|cell| one_line(cell)));
    }

    /// The table with a line end after each row, nothing after the last cell.
    pub fn text(&self) -> String {
        self.table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}

/// Text from files and vendors must not move a terminal's cursor or break a row.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `2026-11-22 07:00 CET`.
pub fn time(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
}

/// `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`.
pub fn took(time: TimeDelta) -> String {
    let seconds = time.num_seconds().max(0);
    match seconds {
        0..10 => format!("{:.1} s", time.as_seconds_f64().max(0.0)),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Enough of a digest to name it by.
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn a_table_reads_without_lines_and_keeps_to_its_rows() {
        let mut grid = Grid::new(&["EXPORT", ">READ", "WHY"]);
        grid.row(vec!["news".into(), "1,200".into(), "two\nlines\u{1b}[2J".into()]);
        grid.row(vec!["offers-to-everyone".into(), "7".into(), String::new()]);
        insta::assert_snapshot!(grid.text(), @r"
        EXPORT               READ  WHY
        news                1,200  two lines [2J
        offers-to-everyone      7
        ");
    }

    #[rstest]
    #[case(400, "0.4 s")]
    #[case(-5, "0.0 s")]
    #[case(42_900, "42 s")]
    #[case(185_000, "3 min 5 s")]
    #[case(7_800_000, "2 h 10 min")]
    fn durations(#[case] millis: i64, #[case] expected: &str) {
        assert_eq!(took(TimeDelta::milliseconds(millis)), expected);
    }

    #[test]
    fn times_are_shown_in_their_zone() {
        let at = DateTime::from_timestamp(1_795_327_200, 0).unwrap();
        assert_eq!(time(at, Tz::UTC), "2026-11-22 06:00 UTC");
        assert_eq!(time(at, Tz::Europe__Amsterdam), "2026-11-22 07:00 CET");
    }
}
