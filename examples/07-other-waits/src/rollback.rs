//! A transfer of money in two steps, and everything that can end it between them.
//!
//! The two databases have the same [`Bank`] in front, so that the same things can be done to both.

pub mod postgres;
pub mod sqlite;

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::select;
use tokio::time::timeout;

/// So much from one account to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The account that is to have less.
    pub from: i64,
    /// The account that is to have more.
    pub to: i64,
    /// How much.
    pub amount: i64,
}

/// Accounts, numbered from 0, in one of the two databases.
#[expect(async_fn_in_trait, reason = "a bank stays on the thread that it was opened on")]
pub trait Bank: Sized {
    /// What the database says when it cannot.
    type Error: Error + 'static;

    /// Makes the accounts anew, with these balances.
    ///
    /// # Errors
    ///
    /// When the database cannot do it, or is locked by somebody else.
    async fn set_up(&mut self, balances: &[i64]) -> Result<(), Self::Error>;

    /// What is in each account.
    ///
    /// # Errors
    ///
    /// When the database cannot tell.
    async fn balances(&mut self) -> Result<Vec<i64>, Self::Error>;

    /// Takes from one account, waits for `approval`, and gives to the other one: both or neither, also when this is dropped.
    ///
    /// # Errors
    ///
    /// When a step cannot be done; then none is.
    async fn transfer(
        &mut self,
        order: Order,
        approval: impl Future<Output = ()>,
    ) -> Result<(), Self::Error>;

    /// The same accounts, for another task.
    ///
    /// # Errors
    ///
    /// When there can be no other connection.
    fn another(&self) -> Result<Self, Self::Error>;
}

// ANCHOR: give_up
/// Transfers, unless `limit` passes first. `None` when it has.
pub async fn transfer_within<B: Bank>(
    bank: &mut B,
    order: Order,
    approval: impl Future<Output = ()>,
    limit: Duration,
) -> Option<Result<(), B::Error>> {
    timeout(limit, bank.transfer(order, approval)).await.ok()
}

/// Transfers, unless `stop` is ready first: on Ctrl-C, say. `None` when it was.
pub async fn transfer_unless<B: Bank>(
    bank: &mut B,
    order: Order,
    approval: impl Future<Output = ()>,
    stop: impl Future<Output = ()>,
) -> Option<Result<(), B::Error>> {
    select! {
        done = bank.transfer(order, approval) => Some(done),
        () = stop => None,
    }
}
// ANCHOR_END: give_up

/// A future that is given up when it has been polled so many times and is still not ready.
///
/// With every number from 0 on, it ends at each `.await` there is.
#[derive(Debug)]
pub struct Polled<F> {
    future: Option<Pin<Box<F>>>,
    left: usize,
}

impl<F: Future> Polled<F> {
    /// Lets `future` be polled `times` times.
    pub fn new(future: F, times: usize) -> Self {
        Self { future: Some(Box::pin(future)), left: times }
    }
}

impl<F: Future> Future for Polled<F> {
    /// `None` when the future was dropped.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            self.future = None;
        }
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        let polled = future.as_mut().poll(context).map(Some);
        self.left -= 1;
        if self.left == 0 && polled.is_pending() {
            self.future = None;
            return Poll::Ready(None);
        }
        polled
    }
}
