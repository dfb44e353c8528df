//! Segments that compare with numbers, over cells of which some are none (V2).

use super::world::{Defined, Row, World, row};

/// Someone whose value is written like this.
fn worth(id: u64, value: &str) -> Row {
    Row { value: value.into(), ..row(id) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_number_is_more_than_none_and_the_plan_says_so() {
    let rich = ("rich", "SELECT Id, Email, First, trim(Value) AS Value FROM people WHERE Value > 100".into());
    let people = [worth(1, "2500"), worth(2, "n/a"), worth(3, " 50 "), worth(4, "9 000 €"), worth(5, ""), worth(6, " 150 ")];
    let world = World::new(&Defined { segments: vec![rich], ..Defined::default() }, &people).await;
    let plan = world.plan().await;
    let text = listkeeper::plan::text(&plan);
    assert!(text.contains("! segment rich: Value: 2 cells are not numbers (\"n/a\", \"9 000 €\"): "), "{text}");
    world.apply().await;
    let held: Vec<_> = world.held().await.into_keys().collect();
    assert_eq!(held, [row(1).email, row(6).email]);
}
