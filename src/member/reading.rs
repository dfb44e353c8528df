//! Rows of one export's segments → its desired members: one entry an address, sorted by key, the rest on disk.

use super::{
    ChangeFlags, ConsentNotes, Email, Entry, Given, IdNotes, Key, Mapping, Noticed, Orders, Person, Reject, Rejects, RowResult,
    SegmentMask, SegmentSets, SetId, Shared, Spool, SpoolWriter, Undecided, ValueNote, WantedEntry, WantedFlags, entry::MAX_OFFSET,
    shared::IdIndex, spool::encode_value,
};
use crate::source::RowBatch;
use std::{cmp::Ordering, collections::BTreeMap, io, path::Path, sync::Arc};

/// How rows without an address are listed; none of them is rejected.
pub const UNADDRESSABLE: &str = "unaddressable";
/// A source may have millions of them.
const UNADDRESSABLE_LISTED: u64 = 1_000;

/// Takes rows, segment after segment.
pub struct Collector<'a> {
    mapping: &'a Mapping,
    entries: Vec<WantedEntry>,
    spool: SpoolWriter,
    sets: SegmentSets,
    set: SetId,
    bit: u8,
    rejects: Rejects,
    tally: Tally,
    protected: Vec<Person>,
    ids: IdIndex,
    noticed: Noticed,
    consent: ConsentNotes,
    values: Vec<u8>,
    prefer: Vec<u8>,
}

/// Where the rows went that are no entries, and how many people each segment holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub read: u64,
    pub not_addressable: u64,
    /// Rows refused because of their address or a value.
    pub rejected: u64,
    pub duplicates: u64,
    /// Of the duplicates: people who are in several segments.
    pub across_segments: u64,
    pub suppressed: u64,
    /// Slot → distinct people.
    pub members: BTreeMap<u8, u64>,
    /// Rows with an address and good values, by segment in the order of reading.
    pub addressable: Vec<u64>,
}

/// Everything one export wants, read completely; with what changes for each, once it was compared.
pub struct Desired<F = WantedFlags> {
    /// Sorted by key, one an address.
    pub entries: Vec<Entry<F>>,
    pub spool: Arc<Spool>,
    pub sets: SegmentSets,
    pub rejects: Rejects,
    pub tally: Tally,
    /// Keys that are never sent, sorted.
    pub suppressed: Vec<Key>,
    /// People (`match.id`) whose row had a bad address, sorted: their old address is not taken out on that doubt.
    pub protected: Vec<Person>,
    /// People with several addresses in this reading.
    pub shared: Shared,
    pub id_notes: IdNotes,
    pub value_notes: Vec<ValueNote>,
    /// Rows of people who are no entries under that id: suppressed, or another row of the address won.
    pub aside: Vec<u64>,
    /// What the consent column holds.
    pub consent: ConsentNotes,
    /// Addresses of people (`match.id`) one of whose addresses is without consent, sorted.
    pub said_no: Vec<Key>,
}

impl<'a> Collector<'a> {
    /// Spools into nameless files in `dir`.
    pub fn new(mapping: &'a Mapping, dir: &Path) -> io::Result<Self> {
        Ok(Self {
            mapping,
            entries: Vec::new(),
            spool: SpoolWriter::create(dir)?,
            sets: SegmentSets::default(),
            set: SetId(0),
            bit: 0,
            rejects: Rejects::create(dir)?,
            tally: Tally::default(),
            protected: Vec::new(),
            ids: IdIndex::default(),
            noticed: Noticed::default(),
            consent: ConsentNotes { column: mapping.consent_column(), at: mapping.consent_at(), ..ConsentNotes::default() },
            values: Vec::new(),
            prefer: Vec::new(),
        })
    }

    /// The rows that follow are of this segment.
    pub fn segment(&mut self, bit: u8) -> io::Result<()> {
        self.bit = bit;
        self.set = self.sets.id(SegmentMask::of(bit)).ok_or_else(too_many_sets)?;
        self.tally.members.entry(bit).or_default();
        self.tally.addressable.push(0);
        Ok(())
    }

    /// Takes a batch of rows, in the mapping's columns.
    pub fn push(&mut self, batch: &RowBatch) -> io::Result<()> {
        (0..batch.len()).try_for_each(|row| self.row(batch, row))
    }

    fn row(&mut self, batch: &RowBatch, row: usize) -> io::Result<()> {
        self.tally.read += 1;
        self.noticed.see(self.mapping, batch, row);
        self.values.clear();
        if let Some(id) = self.mapping.rounded_id(batch, row) {
            self.ids.rounded(&id);
        }
        match self.mapping.row(batch, row, &mut self.values) {
            RowResult::Member { email, person, consent } => {
                let flags = self.consent(&consent);
                let consent_at = if let Given::Yes { at, .. } = consent { at } else { None };
                self.prefer.clear();
                self.mapping.prefer(batch, row, &mut self.prefer);
                if let Some(people) = self.tally.addressable.last_mut() {
                    *people += 1;
                }
                self.keep(&email, person, consent_at, flags)
            }
            RowResult::NotAddressable => {
                self.tally.not_addressable += 1;
                if self.tally.not_addressable > UNADDRESSABLE_LISTED { Ok(()) } else { self.unaddressable(batch, row) }
            }
            RowResult::BadAddress { error, person } => {
                self.protected.extend(person);
                self.reject(self.mapping.raw_address(batch, row), error.code(), error.to_string(), None)
            }
            RowResult::BadValue { email, person, field, error, consent } => {
                let flags = self.consent(&consent).with(WantedFlags::REJECTED);
                let code = if field.is_some() { "value" } else { "consent-date" };
                self.reject(email.as_str().to_owned(), code, error.to_string(), field)?;
                self.values.clear();
                self.mapping.fields().iter().for_each(|_| encode_value(&mut self.values, &super::Value::Empty));
                self.prefer.clear();
                self.keep(&email, person, None, flags)
            }
        }
    }

    /// Notes what the row says, and what that means for its person.
    fn consent(&mut self, given: &Given) -> WantedFlags {
        self.consent.note(given);
        if given.is_consent() { WantedFlags::default() } else { WantedFlags::NO_CONSENT }
    }

    fn unaddressable(&mut self, batch: &RowBatch, row: usize) -> io::Result<()> {
        let id = self.mapping.id_text(batch, row).map(|id| format!(" (id {id})")).unwrap_or_default();
        self.rejects.list(&no_address(self.bit, format!("no e-mail address{id}: counted, and sent nowhere")))
    }

    /// When someone consented is no part of the fingerprint: it is told once, when the contact is created.
    fn keep(&mut self, email: &Email, person: Option<Person>, consent_at: Option<String>, flags: WantedFlags) -> io::Result<()> {
        let fingerprint = self.mapping.fingerprint(&self.values);
        let quiet = !flags.has(WantedFlags::REJECTED) && self.mapping.says_nothing(&self.values);
        let flags = if quiet { flags.with(WantedFlags::QUIET) } else { flags };
        consent_at.into_iter().for_each(|at| encode_value(&mut self.values, &super::Value::Text(at)));
        let offset = self.spool.write(&self.prefer, email.as_str(), person, &self.values)?;
        if offset > MAX_OFFSET {
            return Err(io::Error::other("this export's rows take more than 1 TiB"));
        }
        let (key, signature) = (Key::of(email), fingerprint.with(person.map(Person::id)));
        person.into_iter().for_each(|person| self.ids.add(self.mapping.ids().same(person), key));
        self.entries.push(WantedEntry::new(key, signature, offset, self.set, flags));
        Ok(())
    }

    fn reject(&mut self, address: String, code: &str, detail: String, field: Option<String>) -> io::Result<()> {
        self.tally.rejected += 1;
        self.rejects.add(&Reject { address, segment: self.bit, code: code.to_owned(), detail, field })
    }

    /// How the rows read so far write their dates.
    pub fn orders(&self) -> Result<Orders, Vec<Undecided>> {
        self.noticed.orders()
    }

    /// Whether that is how they were read.
    pub fn is_in_order(&self) -> bool {
        self.noticed.dates.agrees_with(self.mapping.orders())
    }

    /// All rows were read: sorts, merges duplicates (E10), takes out the suppressed. `suppressed` is sorted.
    pub fn finish(self, suppressed: Vec<Key>) -> io::Result<Desired> {
        let Self { mut entries, spool, mut sets, mut rejects, mut tally, mut protected, ids, mapping, noticed, mut consent, .. } = self;
        let value_notes = noticed.notes(mapping);
        let more = tally.not_addressable.saturating_sub(UNADDRESSABLE_LISTED);
        if more > 0 {
            rejects.list(&no_address(0, format!("and {more} more rows without an e-mail address")))?;
        }
        let spool = spool.finish()?;
        entries.sort_unstable_by_key(WantedEntry::key);
        let (shared, id_notes) = ids.finish(&entries, &spool, mapping)?;
        let said_no = shared.groups_with(|key| said_no(&entries, key));
        let mut aside = Vec::new();
        merge_duplicates(&mut entries, &spool, &mut Merging { sets: &mut sets, tally: &mut tally, aside: &mut aside })?;
        entries.retain(|e| {
            let out = suppressed.binary_search(&e.key()).is_ok();
            aside.extend(out.then_some(e.offset()));
            // A refused row is counted as that; its person goes all the same.
            tally.suppressed += u64::from(out && !e.flags().has(WantedFlags::REJECTED));
            !out
        });
        for entry in &entries {
            let people = if entry.flags().has(WantedFlags::NO_CONSENT) { &mut consent.without } else { &mut consent.consented };
            *people += 1;
            sets.mask(entry.set()).bits().for_each(|bit| *tally.members.entry(bit).or_default() += 1);
        }
        protected.sort_unstable();
        protected.dedup();
        let spool = Arc::new(spool);
        Ok(Desired { entries, spool, sets, rejects, tally, suppressed, protected, shared, id_notes, value_notes, aside, consent, said_no })
    }
}

impl Desired {
    /// To be compared with what was applied; no entry is copied to other memory.
    pub fn changes(self) -> Desired<ChangeFlags> {
        let Self { entries, spool, sets, rejects, tally, suppressed, protected, shared, id_notes, value_notes, aside, consent, said_no } =
            self;
        let entries = entries.into_iter().map(WantedEntry::change).collect();
        Desired { entries, spool, sets, rejects, tally, suppressed, protected, shared, id_notes, value_notes, aside, consent, said_no }
    }
}

/// Whether a row of the address is without consent; entries are sorted by key, several an address.
fn said_no(entries: &[WantedEntry], key: Key) -> bool {
    let first = entries.partition_point(|entry| entry.key() < key);
    entries[first..].iter().take_while(|entry| entry.key() == key).any(|entry| entry.flags().has(WantedFlags::NO_CONSENT))
}

fn no_address(segment: u8, detail: String) -> Reject {
    Reject { address: String::new(), segment, code: UNADDRESSABLE.to_owned(), detail, field: None }
}

fn too_many_sets() -> io::Error {
    io::Error::other("people are in more than 65,536 different combinations of this export's segments: split the export")
}

/// One entry an address: the winner of each group stays, with the union of the group's segments. Where one of the rows is
/// without consent, so is the winner (E10), whatever else is preferred.
fn merge_duplicates(entries: &mut Vec<WantedEntry>, spool: &Spool, merging: &mut Merging<'_>) -> io::Result<()> {
    let (mut write, mut at) = (0, 0);
    while at < entries.len() {
        let key = entries[at].key();
        let end = at + entries[at..].iter().take_while(|e| e.key() == key).count();
        entries[write] = if end - at == 1 { entries[at] } else { merge(&entries[at..end], spool, merging)? };
        write += 1;
        at = end;
    }
    entries.truncate(write);
    Ok(())
}

/// What merging rows changes beside the rows.
struct Merging<'a> {
    sets: &'a mut SegmentSets,
    tally: &'a mut Tally,
    aside: &'a mut Vec<u64>,
}

fn merge(group: &[WantedEntry], spool: &Spool, Merging { sets, tally, aside }: &mut Merging<'_>) -> io::Result<WantedEntry> {
    let mut union = SegmentMask::NONE;
    let mut best: Option<WantedEntry> = None;
    let (mut good, mut good_in) = (0_u64, SegmentMask::NONE);
    for entry in group {
        let mask = sets.mask(entry.set());
        union = union.union(mask);
        if !entry.flags().has(WantedFlags::REJECTED) {
            good += 1;
            good_in = good_in.union(mask);
        }
        best = match best {
            Some(held) if !beats(entry, &held, spool)? => Some(held),
            _ => Some(*entry),
        };
    }
    let duplicates = good.saturating_sub(1);
    tally.duplicates += duplicates;
    tally.across_segments += duplicates.min(u64::from(good_in.len()).saturating_sub(1));
    let mut winner = best.unwrap_or(group[0]);
    winner.set_set(sets.id(union).ok_or_else(too_many_sets)?);
    if group.iter().any(|entry| entry.flags().has(WantedFlags::NO_CONSENT)) {
        winner.flag(WantedFlags::NO_CONSENT);
    }
    set_aside(group, &winner, spool, aside)?;
    Ok(winner)
}

/// The address is also that of everyone whose row it was, though one of them is the member.
fn set_aside(group: &[WantedEntry], winner: &WantedEntry, spool: &Spool, aside: &mut Vec<u64>) -> io::Result<()> {
    let person = |entry: &WantedEntry| Ok::<_, io::Error>(spool.read(entry.offset())?.person);
    let chosen = person(winner)?;
    for entry in group.iter().filter(|entry| entry.offset() != winner.offset()) {
        aside.extend(person(entry)?.filter(|person| Some(*person) != chosen).map(|_| entry.offset()));
    }
    Ok(())
}

/// The greater preference wins, ties by the greater canonical bytes, never by reading order; a refused row never wins over a
/// good one.
fn beats(one: &WantedEntry, other: &WantedEntry, spool: &Spool) -> io::Result<bool> {
    match (one.flags().has(WantedFlags::REJECTED), other.flags().has(WantedFlags::REJECTED)) {
        (true, false) => return Ok(false),
        (false, true) => return Ok(true),
        (true, true) | (false, false) => {}
    }
    let (a, b) = (spool.read(one.offset())?, spool.read(other.offset())?);
    let order = a.prefer.cmp(&b.prefer).then_with(|| a.values.cmp(&b.values)).then(a.person.cmp(&b.person));
    Ok(order == Ordering::Greater)
}
