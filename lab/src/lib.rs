//! The instruments of *While You Wait*.
//!
//! - [`slow_web`]: an HTTP server on loopback whose waits are known, and which counts what it sees;
//! - [`timeline`]: what ran when, and on which thread, drawn as text, SVG or a Chrome trace;
//! - [`command_line`]: what all command lines have in common;
//! - [`stage`]: what every program of the book shares: arguments, addresses, timing, report;
//! - `machine`: what figures are measured on, behind a feature of that name;
//! - `plot`: curves and bars as SVG, behind another one;
//! - `postgres`: a PostgreSQL for one program only, behind a third;
//! - `scratch`: a folder for one program only, behind a fourth.
//!
//! Nothing here knows of the chapters.

#[cfg(feature = "stage")]
pub mod command_line;
#[cfg(feature = "machine")]
pub mod machine;
#[cfg(feature = "plot")]
pub mod plot;
#[cfg(all(unix, feature = "postgres"))]
pub mod postgres;
#[cfg(feature = "scratch")]
pub mod scratch;
pub mod slow_web;
#[cfg(feature = "stage")]
pub mod stage;
pub mod timeline;
