//! Which number of a column's dates is the day: told by all cells of the column together, whatever the order of its rows, and never
//! by one cell alone (V3).
//!
//! | cells of the column | then |
//! |---|---|
//! | a day in one order only (`28/02`), none only in the other | all are read in that order |
//! | some only day first (`28/02`), some only month first (`12/25`) | refused |
//! | none tells, and some are two different days (`03/04`) | refused |

use super::value::{DayOrder, Reads};
use std::{collections::BTreeMap, fmt};

/// The order of each column of dates, by field and source; month first where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders(BTreeMap<(usize, u64), DayOrder>);

impl Orders {
    /// `field`: its place among a mapping's fields; `source`: whose the row is.
    pub fn of(&self, field: usize, source: u64) -> DayOrder {
        self.0.get(&(field, source)).copied().unwrap_or_default()
    }
}

/// A field, the order that its column has, and the cell that proves it.
type Proof = (usize, DayOrder, String);

/// What the cells of a reading's date columns allow.
#[derive(Clone, Debug, Default)]
pub struct Evidence(BTreeMap<(usize, u64), Seen>);

#[derive(Clone, Debug, Default)]
struct Seen {
    day_first: Option<String>,
    month_first: Option<String>,
    both: Option<String>,
}

/// A column whose dates cannot be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// Place among a mapping's fields.
    pub field: usize,
    why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    Either { cell: String },
    Mixed { day_first: String, month_first: String },
}

impl Undecided {
    /// How such cells may be declared: the type, and the format day first and month first.
    pub fn declared(&self) -> (&'static str, String, String) {
        let (Why::Either { cell } | Why::Mixed { day_first: cell, .. }) = &self.why;
        let (date, clock) = cell.split_once([' ', 'T', ',']).unwrap_or((cell, ""));
        let sign = date.chars().find(|c| !c.is_ascii_digit()).unwrap_or('/');
        let year = if date.trim_end_matches(sign).matches(sign).count() > 1 { format!("{sign}%Y") } else { String::new() };
        let end = if year.is_empty() && date.ends_with(sign) { sign.to_string() } else { String::new() };
        let time = match clock.matches(':').count() {
            0 => "",
            1 => " %H:%M",
            _ => " %H:%M:%S",
        };
        let like = |first: &str, second: &str| format!("{first}{sign}{second}{year}{end}{time}");
        (if time.is_empty() { "date" } else { "datetime" }, like("%d", "%m"), like("%m", "%d"))
    }
}

impl Evidence {
    /// A cell that is a date, but none of ISO's.
    pub fn add(&mut self, field: usize, source: u64, cell: &str, reads: Reads) {
        let seen = self.0.entry((field, source)).or_default();
        let example = match reads {
            Reads::Only(DayOrder::DayFirst) => &mut seen.day_first,
            Reads::Only(DayOrder::MonthFirst) => &mut seen.month_first,
            Reads::Both => &mut seen.both,
            Reads::Nothing => return,
        };
        // The least one, so that the order of rows shows nowhere.
        if example.as_ref().is_none_or(|example| cell < example.as_str()) {
            *example = Some(cell.to_owned());
        }
    }

    /// The order of each column, with the cell that proves it; or all columns that have none.
    pub fn decide(&self) -> Result<(Orders, Vec<Proof>), Vec<Undecided>> {
        let (mut orders, mut proofs, mut undecided) = (Orders::default(), Vec::new(), Vec::new());
        for ((field, source), seen) in &self.0 {
            let decided = match (&seen.day_first, &seen.month_first, &seen.both) {
                (None, None, None) => continue,
                (Some(day), Some(month), _) => Err(Why::Mixed { day_first: day.clone(), month_first: month.clone() }),
                (None, None, Some(both)) => Err(Why::Either { cell: both.clone() }),
                (Some(day), None, _) => Ok((DayOrder::DayFirst, day)),
                (None, Some(month), _) => Ok((DayOrder::MonthFirst, month)),
            };
            match decided {
                Ok((order, proof)) => {
                    orders.0.insert((*field, *source), order);
                    proofs.push((*field, order, proof.clone()));
                }
                Err(why) => undecided.push(Undecided { field: *field, why }),
            }
        }
        if undecided.is_empty() { Ok((orders, proofs)) } else { Err(undecided) }
    }

    /// Whether these orders are those that the cells ask for.
    pub fn agrees_with(&self, orders: &Orders) -> bool {
        self.decide()
            .is_ok_and(|(decided, _)| decided.0.keys().all(|(field, source)| decided.of(*field, *source) == orders.of(*field, *source)))
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Either { cell } => write!(f, "{cell:?} is one date day first and another month first, and no cell tells which is meant"),
            Why::Mixed { day_first, month_first } => {
                write!(f, "{day_first:?} is a date only day first, and {month_first:?} only month first")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{definition::FieldType, member::value::reads, source::Cell};
    use rstest::rstest;

    fn decided(cells: &[&str]) -> String {
        let mut evidence = Evidence::default();
        for cell in cells {
            if let Some(reads) = reads(Cell::Text(cell), FieldType::Birthday) {
                evidence.add(0, 7, cell, reads);
            }
        }
        match evidence.decide() {
            Ok((orders, proofs)) => {
                assert!(evidence.agrees_with(&orders));
                proofs.iter().map(|(_, order, cell)| format!("{order} by {cell}")).collect()
            }
            Err(undecided) => undecided.iter().map(ToString::to_string).collect(),
        }
    }

    #[rstest]
    #[case(&["28/02", "29/02", "03/04"], "day first by 28/02")]
    #[case(&["12/25", "03/04", "1980-06-09"], "month first by 12/25")]
    #[case(&["05/05", "1980-06-09", "", "31/02"], "")]
    #[case(&["3.4.", "05/05"], "\"3.4.\" is one date day first and another month first, and no cell tells which is meant")]
    #[case(&["12/25", "03/04", "25/12"], "\"25/12\" is a date only day first, and \"12/25\" only month first")]
    fn a_column_is_read_as_a_whole_whatever_the_order_of_its_rows(#[case] cells: &[&str], #[case] expected: &str) {
        let mut cells = cells.to_vec();
        for _ in 0..cells.len() {
            cells.rotate_left(1);
            assert_eq!(decided(&cells), expected);
        }
        cells.reverse();
        assert_eq!(decided(&cells), expected);
    }

    #[rstest]
    #[case("03/04", "date", "%d/%m")]
    #[case("3.4.", "date", "%d.%m.")]
    #[case("9.6.1980", "date", "%d.%m.%Y")]
    #[case("06-09-1980 08:00", "datetime", "%d-%m-%Y %H:%M")]
    fn a_column_is_declared_as_its_cells_are_written(#[case] cell: &str, #[case] kind: &str, #[case] format: &str) {
        let undecided = Undecided { field: 0, why: Why::Either { cell: cell.into() } };
        let (word, day_first, month_first) = undecided.declared();
        assert_eq!((word, day_first.as_str()), (kind, format));
        assert_ne!(day_first, month_first);
        assert_eq!(crate::definition::bad_format(&day_first, word == "datetime"), None);
    }

    #[test]
    fn sources_write_dates_each_in_their_own_way() {
        let mut evidence = Evidence::default();
        evidence.add(0, 1, "28/02", Reads::Only(DayOrder::DayFirst));
        evidence.add(0, 2, "02/28", Reads::Only(DayOrder::MonthFirst));
        let (orders, _) = evidence.decide().unwrap();
        assert_eq!((orders.of(0, 1), orders.of(0, 2), orders.of(0, 3)), (DayOrder::DayFirst, DayOrder::MonthFirst, DayOrder::MonthFirst));
        assert!(!evidence.agrees_with(&Orders::default()));
    }
}
