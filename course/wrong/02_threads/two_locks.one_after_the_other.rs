// Wrong: lets the first lock go before it asks for the second, and for a while the money is nowhere.
// rejected by no_money_is_on_its_way_between_the_locks: the money was in neither

use std::sync::Mutex;

use course::lock;

type Bank = [Mutex<i64>; 2];

/// Moves `amount`. Calls `holding_one` when it holds one lock, and next takes the other.
fn transfer(bank: &Bank, from: usize, to: usize, amount: i64, holding_one: impl Fn()) {
    let mut debit = lock(&bank[from]);
    *debit -= amount;
    holding_one();
    drop(debit);
    let mut credit = lock(&bank[to]);
    *credit += amount;
}
