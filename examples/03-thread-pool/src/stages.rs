//! How the pool came to be: each stage compiles, and adds one thing to the one before.
//!
//! The names stay the same, so that two neighbours can be compared line by line.

pub mod pool_1;
pub mod pool_2;
pub mod pool_3;
