// Each account has a lock of its own, so that transfers between others need not wait. But
// two transfers in opposite directions hang, and so does one from an account to itself.
// The page: book/02-threads-and-locks/deadlock.md

use std::sync::Mutex;

use course::lock;

type Bank = [Mutex<i64>; 2];

/// Moves `amount`. Calls `holding_one` when it holds one lock, and next takes the other.
fn transfer(bank: &Bank, from: usize, to: usize, amount: i64, holding_one: impl Fn()) {
    if from == to {
        return; // CHANGED: with one lock taken twice, this thread would wait for itself.
    }
    let (mut debit, mut credit);
    // CHANGED: the lower number first, whoever pays. Who holds the second lock has the
    // first already, and waits for nobody.
    if from < to {
        debit = lock(&bank[from]);
        holding_one();
        credit = lock(&bank[to]);
    } else {
        credit = lock(&bank[to]);
        holding_one();
        debit = lock(&bank[from]);
    }
    *debit -= amount;
    *credit += amount;
}

fn main() {
    let bank = [Mutex::new(100), Mutex::new(100)];
    transfer(&bank, 0, 1, 10, || println!("one account is locked: {bank:?}"));
}

#[cfg(test)]
mod tests {
    use super::{Bank, Mutex, lock, transfer};

    /// The balances at the end. `other` begins when a transfer holds its first lock.
    fn beside(other: fn(&Bank)) -> [i64; 2] {
        let bank = [Mutex::new(100), Mutex::new(100)];
        let (bank, _) = course::in_the_middle(bank, other, |bank, holding_one| {
            transfer(bank, 0, 1, 10, holding_one);
        });
        bank.map(|account| *lock(&account))
    }

    #[test]
    fn transfers_that_cross_both_end() {
        let seen = beside(|bank| transfer(bank, 1, 0, 30, || {}));
        assert_eq!(seen, [120, 80], "seen, and wanted after 10 there and 30 back");
    }

    #[test]
    fn a_transfer_to_itself_ends() {
        let seen = beside(|bank| transfer(bank, 0, 0, 30, || {}));
        assert_eq!(seen, [90, 110], "seen, and wanted after 10 there and 30 to itself");
    }

    #[test]
    fn no_money_is_on_its_way_between_the_locks() {
        beside(|bank| {
            let there = lock(&bank[1]);
            std::thread::sleep(std::time::Duration::from_millis(900));
            let total = bank[0].try_lock().map_or(200, |here| *here + *there);
            assert_eq!(total, 200, "both accounts together: the money was in neither");
        });
    }
}
