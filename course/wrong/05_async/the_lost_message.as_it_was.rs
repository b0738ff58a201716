// Wrong: a new future for each turn of the loop: at a tick, it is dropped with the half that it has.
// rejected by nothing_is_lost_to_a_tick: and [(1, 2), (3, 4), (5, 6)] were wanted

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
        select! {
            pair = next_pair(&mut numbers) => match pair {
                Some(pair) => pairs.push(pair),
                None => return pairs,
            },
            Some(()) = ticks.recv() => println!("{} pairs so far", pairs.len()),
        }
    }
}
