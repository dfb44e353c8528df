//! What every vendor is built of: how paths fit routes, and how a call ends without its answer.

pub mod fail;
pub mod path;
