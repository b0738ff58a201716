//! How the stage, which knows nothing of the chapters, is told what became of a page.

use lab::stage::Report;

use crate::{FetchError, FetchErrorKind, Page};

impl From<Page> for Report {
    fn from(page: Page) -> Self {
        Self {
            url: page.url.into(),
            ok: true,
            status: Some(page.status),
            bytes: Some(page.bytes),
            elapsed_ms: page.elapsed.as_secs_f64() * 1e3,
            error: None,
            value: None,
        }
    }
}

impl From<FetchError> for Report {
    fn from(error: FetchError) -> Self {
        let text = error.to_string();
        let status = match error.kind {
            FetchErrorKind::Status(status) => Some(status),
            _ => None,
        };
        Self {
            url: error.url.into(),
            ok: false,
            status,
            bytes: None,
            elapsed_ms: error.elapsed.as_secs_f64() * 1e3,
            error: Some(text),
            value: None,
        }
    }
}
