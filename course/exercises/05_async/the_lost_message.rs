// A loop puts numbers into pairs, and at each tick says how far it is. It works as long
// as no tick comes between the halves of a pair; then one is lost, without any error.
// The page: book/05-async/select.md

use course::asynchronous::block_on_paused;
use tokio::select;
use tokio::sync::mpsc::{self, Receiver};

async fn next_pair(numbers: &mut Receiver<u32>) -> Option<(u32, u32)> {
    let first = numbers.recv().await?;
    let second = numbers.recv().await?;
    Some((first, second))
}

/// Pairs up the numbers until there are no more; each tick is taken when it comes.
async fn pairs(mut numbers: Receiver<u32>, mut ticks: Receiver<()>) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    loop {
        // TODO: `select!` drops the branch that loses. Keep what it has got so far.
        select! {
            pair = next_pair(&mut numbers) => match pair {
                Some(pair) => pairs.push(pair),
                None => return pairs,
            },
            Some(()) = ticks.recv() => println!("{} pairs so far", pairs.len()),
        }
    }
}

fn main() {
    let (number, numbers) = mpsc::channel(4);
    (1..=4).for_each(move |n| number.try_send(n).expect("room for four"));
    println!("without a tick: {:?}", block_on_paused(pairs(numbers, mpsc::channel(1).1)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use {futures_util::future::join, tokio::time::timeout};

    #[test]
    fn nothing_is_lost_to_a_tick() {
        let (number, numbers) = mpsc::channel(1);
        let (tick, ticks) = mpsc::channel(1);
        // There is room in the channel again when what was sent has been taken.
        let tell_all = async move {
            for n in 1..=6 {
                let _ = number.send(n).await;
                let _ = number.reserve().await;
                let _ = tick.send(()).await;
                let _ = tick.reserve().await;
            }
        };
        let tell_all = async { timeout(course::PATIENCE, tell_all).await };
        let (told, pairs) = block_on_paused(join(tell_all, pairs(numbers, ticks)));
        assert!(told.is_ok(), "nobody takes the tick that comes in the middle of a pair");
        let wanted = [(1, 2), (3, 4), (5, 6)];
        assert!(pairs == wanted, "the pairs are {pairs:?}, and {wanted:?} were wanted");
    }
}
