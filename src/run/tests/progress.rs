//! Progress: never more than was planned.

use super::*;
use crate::{
    destination::{Operation, Outcome},
    run::Watch,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Each phase with a total: what was to do, and what was said to be done.
#[derive(Default)]
struct Phases(Mutex<Vec<(Option<u64>, u64)>>);

impl Watch for Phases {
    fn phase(&self, _: &str, total: Option<u64>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((total, 0));
    }

    fn advance(&self, by: u64) {
        if let Some((_, done)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            *done += by;
        }
    }

    fn note(&self, _: &str) {}
}

/// Rows that a platform leaves undone are sent again, and are done once.
#[tokio::test(start_paused = true)]
async fn rows_that_are_sent_again_are_counted_once() {
    for like in Like::ALL {
        let mut world = World::new(like, "").await;
        let phases = Arc::new(Phases::default());
        world.watch = phases.clone();
        world.write("a@x.test,Ana\nb@x.test,Bo\nc@x.test,Cy\n");
        for operation in [Operation::Create, Operation::Update, Operation::Join] {
            world.platform().answer(operation, "b@x.test", Outcome::NotDone);
        }
        world.run().await;
        let phases = phases.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted: Vec<_> = phases.iter().filter_map(|(total, done)| Some((*done, (*total)?))).collect();
        assert!(!counted.is_empty() && counted.iter().all(|(done, total)| done <= total), "{like:?}: {counted:?}");
    }
}
