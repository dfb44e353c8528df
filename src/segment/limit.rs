//! The first people of a segment by an order.
//!
//! The segment is read twice: who is first is known only at the end, and keeping every row until then would take as much
//! memory as there are rows. A source that is another one the second time makes the reading an error.

use super::{Asked, Read, keys::Keys, part, take::Columns};
use crate::{
    definition::{Limit, Order, Segment},
    member::{Key, order_bytes},
    source::{Access, Notices, RowBatch, SourceError, SourceErrorKind},
};

/// Who is first, and of which reading.
pub struct First {
    pub people: Keys,
    read: Read,
}

impl First {
    /// Fails unless the second reading was of the same.
    pub fn same(&self, segment: &Segment, second: &Read) -> Result<(), SourceError> {
        // The two ask for other columns, and so may meet other oddities.
        if self.read == (Read { notices: self.read.notices.clone(), ..second.clone() }) {
            return Ok(());
        }
        Err(SourceError::new(format!("the source of segment {} changed while it was read", segment.name))
            .hint("the next run reads it again")
            .kind(SourceErrorKind::UnderWay { after: None }))
    }

    pub fn notices(self) -> Notices {
        self.read.notices
    }
}

pub fn first(segment: &Segment, limit: &Limit, asked: Asked<'_>, access: &Access) -> Result<First, SourceError> {
    let only = [asked.email];
    let columns = Columns::with(Asked { columns: &only, ..asked }, limit.order.iter().map(|order| order.column.as_str()));
    let most = usize::try_from(limit.people).unwrap_or(usize::MAX);
    let mut best = Best { most, people: Vec::new() };
    let (read, _) = part(segment, columns.asked(), access, None, &mut |batch| {
        for row in 0..batch.len() {
            if let Some(email) = columns.email_of(&batch, row) {
                best.add(place(&limit.order, &columns, &batch, row), Key::of(&email));
            }
        }
        Ok(())
    })?;
    best.cut();
    Ok(First { people: Keys::new(best.people.into_iter().map(|(_, key)| key).collect()), read })
}

/// The best place of each person, of those that may be among the first.
struct Best {
    most: usize,
    people: Vec<(Box<[u8]>, Key)>,
}

impl Best {
    /// People beyond `most` before they are sorted out.
    const SLACK: usize = 65_536;

    fn add(&mut self, place: Box<[u8]>, key: Key) {
        self.people.push((place, key));
        if self.people.len() >= self.most.saturating_add(Self::SLACK) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.people.sort_unstable_by(|(place, key), (other_place, other)| key.cmp(other).then_with(|| place.cmp(other_place)));
        self.people.dedup_by_key(|(_, key)| *key);
        self.people.sort_unstable();
        self.people.truncate(self.most);
    }
}

/// Bytes that sort as the order says. Nothing comes last, whichever way.
fn place(order: &[Order], columns: &Columns<'_>, batch: &RowBatch, row: usize) -> Box<[u8]> {
    let mut place = Vec::new();
    for Order { column, descending } in order {
        let begin = place.len();
        order_bytes(columns.cell(batch, row, column), &mut place);
        if place.len() == begin {
            place.push(u8::MAX);
            continue;
        }
        place.push(0);
        if *descending {
            place[begin..].iter_mut().for_each(|byte| *byte = !*byte);
        }
    }
    place.into()
}
