//! Segments that compare with dates, over cells of which some are written otherwise (V2, V3).

use super::world::{Defined, Row, World, row};

/// Someone who bought last on a day written like this.
fn bought(id: u64, day: &str) -> Row {
    Row { first: day.into(), ..row(id) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_written_otherwise_selects_nobody_and_the_plan_says_so() {
    for condition in ["First > '2024-01-01'", "date(First) >= date('2024-01-01')"] {
        let recent = ("recent", format!("SELECT * FROM people WHERE {condition}"));
        let people = [bought(1, "31.12.2019"), bought(2, "01.02.2025"), bought(3, "2024-06-09"), bought(4, "2019-06-09"), bought(5, "")];
        let world = World::new(&Defined { segments: vec![recent], ..Defined::default() }, &people).await;
        let text = listkeeper::plan::text(&world.plan().await);
        assert!(text.contains("! segment recent: First: 2 cells are not ISO dates (\"31.12.2019\", \"01.02.2025\"): "), "{text}");
        assert!(text.contains("columns: {First: {type: date, format: \"%d.%m.%Y\"}}"), "{text}");
        world.apply().await;
        assert_eq!(world.held().await.into_keys().collect::<Vec<_>>(), [row(3).email], "{condition}");
    }
}
