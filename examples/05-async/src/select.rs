//! `select!` drops the branches that lose, with all that they have got so far.

use std::io;
use std::pin::pin;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::Interval;

/// How long a frame is, in bytes.
pub const FRAME: usize = 5;

// ANCHOR: read_frame
/// Reads one frame, however many pieces it comes in.
///
/// # Errors
///
/// `UnexpectedEof` when the other side has closed; whatever the reader says else.
pub async fn read_frame(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut frame = [0; FRAME];
    reader.read_exact(&mut frame).await?;
    Ok(String::from_utf8_lossy(&frame).into_owned())
}
// ANCHOR_END: read_frame

// ANCHOR: new_read_each_turn
/// Collects frames, and does something else at each tick. **It loses bytes.**
pub async fn new_read_each_turn(
    mut reader: impl AsyncRead + Unpin,
    mut ticks: Interval,
) -> Vec<String> {
    let mut frames = Vec::new();
    loop {
        select! {
            frame = read_frame(&mut reader) => match frame {
                Ok(frame) => frames.push(frame),
                Err(_) => return frames,
            },
            // A frame of which a part has been read is dropped here, part and all.
            _ = ticks.tick() => {}
        }
    }
}
// ANCHOR_END: new_read_each_turn

// ANCHOR: one_read_each_frame
/// The same, with one future for each frame, which outlives the ticks.
pub async fn one_read_each_frame(
    mut reader: impl AsyncRead + Unpin,
    mut ticks: Interval,
) -> Vec<String> {
    let mut frames = Vec::new();
    loop {
        let mut next = pin!(read_frame(&mut reader));
        let frame = loop {
            select! {
                frame = &mut next => break frame,
                _ = ticks.tick() => {}
            }
        };
        match frame {
            Ok(frame) => frames.push(frame),
            Err(_) => return frames,
        }
    }
}
// ANCHOR_END: one_read_each_frame

// ANCHOR: reader_of_its_own
/// The same, with a task that owns the reader; `recv` loses nothing when it is dropped.
/// The task ends with its connection, or with the next frame that nobody receives.
pub async fn reader_of_its_own(
    mut reader: impl AsyncRead + Unpin + Send + 'static,
    mut ticks: Interval,
) -> Vec<String> {
    let (tell, mut told) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok(frame) = read_frame(&mut reader).await {
            if tell.send(frame).await.is_err() {
                return;
            }
        }
    });
    let mut frames = Vec::new();
    loop {
        select! {
            frame = told.recv() => match frame {
                Some(frame) => frames.push(frame),
                None => return frames,
            },
            _ = ticks.tick() => {}
        }
    }
}
// ANCHOR_END: reader_of_its_own
