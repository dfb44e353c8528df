//! What the values of a reading show as a whole, in words.

use super::words::{counted, plain, quoted};
use crate::member::ValueNote;

/// One sentence, for the notes of a plan.
pub fn line(note: &ValueNote) -> String {
    match note {
        ValueNote::Order { field, column, order, proof } => format!(
            "{}: the dates in column {} are read {order}: {} can be nothing else, and no cell is against it",
            plain(field),
            quoted(column),
            quoted(proof)
        ),
        ValueNote::Incomplete { field, rows, parts, cleared } => {
            let then = if *cleared { "the field is emptied (onEmpty: clear)" } else { "what the contact has stays (onEmpty: keep)" };
            format!(
                "{}: {} an address without {}, which the platform requires: the address is not sent, the member is; {then}",
                plain(field),
                counted(*rows, "row has", "rows have"),
                parts.join(", ")
            )
        }
        ValueNote::Word { field, column, cells, words } => format!(
            "{}: {} of column {} {} {}, and {} sent as that text; where it means nothing, list it in the Source's `nulls:`",
            plain(field),
            counted(*cells, "cell", "cells"),
            quoted(column),
            if *cells == 1 { "holds" } else { "hold" },
            words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", "),
            if *cells == 1 { "is" } else { "are" }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::DayOrder;

    #[test]
    fn each_says_what_is_where_and_what_becomes_of_it() {
        let order = ValueNote::Order { field: "BDAY".into(), column: "Born".into(), order: DayOrder::DayFirst, proof: "28/02".into() };
        assert_eq!(
            line(&order),
            "BDAY: the dates in column \"Born\" are read day first: \"28/02\" can be nothing else, and no cell is against it"
        );
        let parts = ValueNote::Incomplete { field: "ADDR".into(), rows: 3, parts: vec!["state"], cleared: false };
        assert_eq!(
            line(&parts),
            "ADDR: 3 rows have an address without state, which the platform requires: the address is not sent, the member is; what the \
             contact has stays (onEmpty: keep)"
        );
        let word = ValueNote::Word { field: "FNAME".into(), column: "First".into(), cells: 1, words: vec!["NULL"] };
        assert_eq!(
            line(&word),
            "FNAME: 1 cell of column \"First\" holds \"NULL\", and is sent as that text; where it means nothing, list it in the Source's \
             `nulls:`"
        );
    }
}
