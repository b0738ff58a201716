//! slow web
