//! A platform in memory, for tests that start no server. What it can do, and how fields fit it, is asked of the real
//! destination; contacts, lists, calls and answers are its own.
//!
//! ```text
//! let mut world = World::new(Like::Mailchimp, "").await;      // a directory, a state, a platform
//! world.write("a@x.test,Ana\n");                              // rows of people.csv: Email,First
//! world.platform().answer(Operation::Join, "a@x.test", Outcome::NotDone);
//! let report = world.run().await;                             // a whole run
//! ```

#![allow(dead_code, unused_imports, reason = "a kit: each test takes what it needs")]

mod platform;
mod world;

pub(crate) use platform::{Call, Person, Platform};
pub(crate) use world::World;

/// Whose capabilities the platform has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Like {
    Mailchimp,
    Omnisend,
    ConstantContact,
    Iterable,
}

impl Like {
    pub(crate) const ALL: [Self; 4] = [Self::Mailchimp, Self::Omnisend, Self::ConstantContact, Self::Iterable];
}

#[tokio::test(start_paused = true)]
async fn a_first_run_puts_everyone_on_the_list_and_the_next_plans_nothing() {
    for like in Like::ALL {
        let world = World::new(like, "").await;
        world.write("a@x.test,Ana\nb@x.test,Bo\n");
        let report = world.run().await;
        assert!(matches!(report.end, crate::state::End::Succeeded { .. }), "{like:?}: {report:?}");
        assert_eq!(world.platform().members("Everyone"), ["a@x.test", "b@x.test"], "{like:?}");
        let again = world.run().await;
        assert!(again.is_empty(), "{like:?}: {again:?}");
    }
}
