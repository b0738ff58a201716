//! Many want one thing, and one of them asks for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// What was asked for, by its key: answered already, or on its way.
#[derive(Debug)]
pub struct Once<T> {
    cells: Mutex<HashMap<String, Arc<OnceCell<T>>>>,
}

impl<T: Clone> Once<T> {
    /// Nothing was asked for yet.
    pub fn new() -> Self {
        Self { cells: Mutex::default() }
    }

    /// What `ask` comes to for this key. Of all who want it, one asks, and the others wait for the answer.
    /// Where it is not needed, `ask` is dropped, and was never begun.
    ///
    /// Who asks may be dropped on the way: then one of those who wait asks anew.
    ///
    /// # Errors
    ///
    /// That of `ask`. It is not kept: the next one asks again.
    // ANCHOR: get
    pub async fn get<E>(
        &self,
        key: &str,
        ask: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let cell = {
            let mut cells = locked(&self.cells);
            Arc::clone(cells.entry(key.to_owned()).or_default())
        }; // unlocked before anybody waits
        cell.get_or_try_init(|| ask).await.cloned()
    }
    // ANCHOR_END: get
}

impl<T: Clone> Default for Once<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The mistake: answers by their key, and nothing about what is on its way.
#[derive(Debug)]
pub struct Answers<T> {
    answers: Mutex<HashMap<String, T>>,
}

impl<T: Clone> Answers<T> {
    /// No answer yet.
    pub fn new() -> Self {
        Self { answers: Mutex::default() }
    }

    /// The answer for this key, if there is one already; else what `ask` comes to.
    ///
    /// # Errors
    ///
    /// That of `ask`.
    // ANCHOR: answers
    pub async fn get<E>(
        &self,
        key: &str,
        ask: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let known = locked(&self.answers).get(key).cloned();
        if let Some(answer) = known {
            return Ok(answer);
        }
        let answer = ask.await?; // whoever looks meanwhile finds nothing, and asks too
        locked(&self.answers).insert(key.to_owned(), answer.clone());
        Ok(answer)
    }
    // ANCHOR_END: answers
}

impl<T: Clone> Default for Answers<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Nothing panics while one of these is locked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
