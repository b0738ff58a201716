// Wrong: the account that is paid is locked first, in both transfers: still two orders.
// rejected by transfers_that_cross_both_end: it hangs
// rejected by a_transfer_to_itself_ends: it hangs

use std::sync::Mutex;

use course::lock;

type Bank = [Mutex<i64>; 2];

/// Moves `amount`. Calls `holding_one` when it holds one lock, and next takes the other.
fn transfer(bank: &Bank, from: usize, to: usize, amount: i64, holding_one: impl Fn()) {
    let mut credit = lock(&bank[to]);
    holding_one();
    let mut debit = lock(&bank[from]);
    *debit -= amount;
    *credit += amount;
}
