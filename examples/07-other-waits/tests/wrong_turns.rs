//! The wrong turns of this chapter.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

include!("../../../tests/common/wrong_turns.rs");
