// Wrong: the second half is awaited inside of the branch: nothing is lost, and no tick is taken meanwhile.
// rejected by nothing_is_lost_to_a_tick: nobody takes the tick that comes in the middle of a pair

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
            first = numbers.recv() => {
                let Some(first) = first else { return pairs };
                let Some(second) = numbers.recv().await else { return pairs };
                pairs.push((first, second));
            }
            Some(()) = ticks.recv() => println!("{} pairs so far", pairs.len()),
        }
    }
}
