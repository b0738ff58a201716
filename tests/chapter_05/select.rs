//! Which loops lose what they have read in part.

use std::time::Duration;

use asynchronous::select::{
    FRAME, new_read_each_turn, one_read_each_frame, reader_of_its_own,
};
use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{Instant, Interval, interval_at, sleep};

const TICK: Duration = Duration::from_millis(10);

/// The pieces come half-way between the ticks of a paused clock: one tick after each.
fn begin(pieces: &[&str]) -> (DuplexStream, Interval) {
    let (mut writer, reader) = duplex(64);
    let pieces: Vec<String> = pieces.iter().map(ToString::to_string).collect();
    tokio::spawn(async move {
        sleep(TICK / 2).await;
        for piece in pieces {
            writer.write_all(piece.as_bytes()).await.unwrap();
            sleep(TICK).await;
        }
    });
    (reader, interval_at(Instant::now() + TICK, TICK))
}

#[tokio::test(start_paused = true)]
async fn a_new_read_each_turn_loses_a_message_and_makes_one_up() {
    let (reader, ticks) = begin(&["alpha", "bra", "vodelta", "hotel"]);
    let frames = new_read_each_turn(reader, ticks).await;
    assert_eq!(frames, ["alpha", "vodel", "hotel"]);
}

#[tokio::test(start_paused = true)]
async fn the_two_repairs_lose_nothing_wherever_the_cut_is_and_the_first_loop_does() {
    let sent = "alphabravo";
    for cut in 1..sent.len() {
        let pieces = [&sent[..cut], &sent[cut..]];
        let (reader, ticks) = begin(&pieces);
        assert_eq!(one_read_each_frame(reader, ticks).await, ["alpha", "bravo"], "{cut}");
        let (reader, ticks) = begin(&pieces);
        assert_eq!(reader_of_its_own(reader, ticks).await, ["alpha", "bravo"], "{cut}");
        let (reader, ticks) = begin(&pieces);
        let whole = new_read_each_turn(reader, ticks).await == ["alpha", "bravo"];
        assert_eq!(whole, cut == FRAME, "{cut}: only a cut between frames is harmless");
    }
}
