//! A stranger's SQL over file tables, in an in-memory SQLite of its own that is gone after the reading.
//!
//! May know: SQLite, the rows that `files/` gives. May not know: how files are written, members, vendors.
//!
//! # What a query sees
//! * **What is compared with a number is one**, or the comparison is unknown and the cell is counted (`numbers`): `Spent > 1000`
//!   never chooses `n/a`.
//! * Text cells compare with each other **as numbers when both read as numbers**, else as text (`collate`), so `ORDER BY Spent`
//!   means over a CSV what it says, while `0123` stays another postcode than `123`, and a selected value is exactly
//!   the text in the file. SQLite's own NUMERIC affinity, the obvious way, would make ids `007` and `7` join, lose rows
//!   where an index is built over the raw text, and still sort `9` after `10`.
//! * A double-quoted word is a name, never a text: a misspelt column is an error instead of a constant.
//! * Clocks may be read ("signed up in the last 30 days"); chance may not, or the same input would plan differently.
//!
//! # What a query may cost
//! Virtual-machine steps without a row, wall time, 1 MiB a value, small caches. Sorts and loaded tables beyond the
//! caches go to SQLite's temporary files (`SQLITE_TMPDIR`, `TMPDIR`, `/var/tmp`), which are 0600 and unlinked as soon as
//! they are open, so that nobody else sees them and a crash leaves none.

mod collate;
mod connection;
mod declared;
mod failure;
mod guard;
mod load;
mod numbers;
mod pinned;
mod scans;
mod session;
mod shared;
mod shown;
mod vital;
mod vtab;
mod watch;

pub use pinned::{Pinned, Tables};
pub use session::Sql;
