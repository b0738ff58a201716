// Wrong: one order for all, and an account that pays itself is locked twice.
// rejected by a_transfer_to_itself_ends: it hangs

use std::sync::Mutex;

use course::lock;

type Bank = [Mutex<i64>; 2];

/// Moves `amount`. Calls `holding_one` when it holds one lock, and next takes the other.
fn transfer(bank: &Bank, from: usize, to: usize, amount: i64, holding_one: impl Fn()) {
    let first = lock(&bank[from.min(to)]);
    holding_one();
    let second = lock(&bank[from.max(to)]);
    let (mut debit, mut credit) =
        if from < to { (first, second) } else { (second, first) };
    *debit -= amount;
    *credit += amount;
}
