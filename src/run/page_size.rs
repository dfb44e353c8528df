//! How many contacts a page is asked for: fewer where the platform did not manage more, and more again once it does.

use crate::{destination::SMALLEST_PAGE, state::PlaceRow};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Good pages in a row after which twice as many contacts are asked for; twice as long after each time that this was too many.
const GROWS_AFTER: u32 = 16;

/// Of one audience, shared by all readings of a run.
#[derive(Debug)]
pub struct PageSize {
    /// What the platform documents.
    most: usize,
    now: Mutex<Now>,
}

#[derive(Clone, Copy, Debug)]
struct Now {
    rows: usize,
    good: u32,
    grows_after: u32,
    /// The audience, and what was on record of it.
    known: Option<(PlaceRow, usize)>,
}

impl PageSize {
    pub fn new(most: usize) -> Self {
        Self { most, now: Mutex::new(Now { rows: most, good: 0, grows_after: GROWS_AFTER, known: None }) }
    }

    /// An earlier run learnt this of the audience; `None`: nothing.
    pub fn begin(&self, place: PlaceRow, rows: Option<usize>) {
        let rows = rows.unwrap_or(self.most).min(self.most);
        let mut now = self.lock();
        *now = Now { rows, known: Some((place, rows)), ..*now };
    }

    /// Contacts of the next page.
    pub fn rows(&self) -> usize {
        self.lock().rows
    }

    /// A page of so many was answered.
    pub fn managed(&self, rows: usize) {
        let mut now = self.lock();
        if rows != now.rows || rows >= self.most {
            return;
        }
        now.good += 1;
        if now.good >= now.grows_after {
            *now = Now { rows: (rows * 2).min(self.most), good: 0, grows_after: now.grows_after.saturating_mul(2), ..*now };
        }
    }

    /// A page of so many was too large; `false`: it cannot be smaller. Of several under way at one time only the first counts.
    pub fn too_large(&self, rows: usize) -> bool {
        let mut now = self.lock();
        if rows <= SMALLEST_PAGE {
            return false;
        }
        if rows <= now.rows {
            *now = Now { rows: (rows / 2).max(SMALLEST_PAGE), good: 0, ..*now };
        }
        true
    }

    /// What is to be put on record; `None`: it is there already, or there is no audience.
    pub fn learnt(&self) -> Option<(PlaceRow, Option<usize>)> {
        let now = *self.lock();
        let (place, known) = now.known?;
        (now.rows != known).then(|| (place, (now.rows < self.most).then_some(now.rows)))
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_down_to_the_smallest() {
        let size = PageSize::new(1_000);
        let mut sizes = vec![size.rows()];
        while size.too_large(size.rows()) {
            sizes.push(size.rows());
        }
        assert_eq!(sizes, [1_000, 500, 250, 125, 62, 50]);
        assert!(!size.too_large(50));
    }

    #[test]
    fn pages_under_way_at_one_time_fail_once() {
        let size = PageSize::new(1_000);
        assert!((0..8).all(|_| size.too_large(1_000)));
        assert_eq!(size.rows(), 500);
    }

    /// One lost page in good weather is not paid for by the rest of a reading; a size that fails is tried ever more seldom.
    #[test]
    fn grows_again_and_less_often_each_time() {
        let size = PageSize::new(1_000);
        assert!(size.too_large(1_000));
        let mut pages = Vec::new();
        for _ in 0..3 {
            pages.push(
                (0..)
                    .find(|_| {
                        size.managed(size.rows());
                        size.rows() == 1_000
                    })
                    .unwrap()
                    + 1,
            );
            assert!(size.too_large(1_000));
        }
        assert_eq!(pages, [16, 32, 64]);
    }

    #[test]
    fn what_changed_is_put_on_record() {
        let (size, place) = (PageSize::new(1_000), PlaceRow::numbered(7));
        assert!(size.too_large(1_000));
        assert_eq!(size.learnt(), None, "of no audience");
        size.begin(place, Some(500));
        assert_eq!((size.rows(), size.learnt()), (500, None));
        assert!(size.too_large(500));
        assert_eq!(size.learnt(), Some((place, Some(250))));
        size.begin(place, None);
        assert_eq!((size.rows(), size.learnt()), (1_000, None));
        size.begin(place, Some(5_000));
        assert_eq!(size.rows(), 1_000, "another version documents fewer");
    }
}
