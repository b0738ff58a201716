//! The link checker: its parts, its engine, and what it makes of a web where much goes wrong.

mod engine;
mod extract;
mod faults;
mod plan;
mod program;
mod schedules;
mod simulated;
