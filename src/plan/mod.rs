//! Pure: desired × last applied × observed → a plan, the guard's verdict, the plan as text. No I/O, clock or async.

mod counts;

pub use counts::Counts;
