//! What values are on their way to another process: how many bytes, and what is lost.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use lab::stage::{self, Screen};
use processes::Page;
use processes::cost::{cross, is_where_it_was};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;

/// Shows what values become on their way to another process.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        let floats = vec![1.5; 1000];
        row(screen, "5_u64", &5_u64)?;
        row(screen, "u64::MAX", &u64::MAX)?;
        row(screen, "\"über\"", &"über".to_owned())?;
        row(screen, "a Page", &page()?)?;
        row(screen, "1000 times 1.5, a Vec<f64>", &floats)?;
        row(screen, "1000 times 7, a Vec<u8>", &vec![7_u8; 1000])?;
        // References stand for what they point to: it is written twice.
        tell(
            screen,
            "one Vec<f64> in two places",
            postcard::to_stdvec(&(&floats, &floats))?.len(),
        )?;
        speed(screen)?;
        misread(screen)?;
        let moved = is_where_it_was(vec![7; 16 << 20])?;
        screen
            .line(&format!("\nto a thread: 16 MiB, where they were before: {moved}"))?;
        Ok(())
    })
}

fn page() -> Result<Page, Box<dyn Error>> {
    let url = "http://127.0.0.1/site-1".parse()?;
    Ok(Page { url, status: 200, bytes: 1234, elapsed: Duration::from_millis(120) })
}

/// How many bytes a value becomes, once it is known that the same value arrives.
fn row<T>(screen: &Screen, name: &str, value: &T) -> Result<(), Box<dyn Error>>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let (bytes, there) = cross(value)?;
    if there != *value {
        return Err(format!("{name}: something else arrived").into());
    }
    tell(screen, name, bytes.len())
}

fn tell(screen: &Screen, name: &str, bytes: usize) -> Result<(), Box<dyn Error>> {
    let unit = if bytes == 1 { "byte" } else { "bytes" };
    Ok(screen.line(&format!("{name:<30}{bytes:>8} {unit}"))?)
}

/// The same 16 MiB, as a list of numbers and as bytes.
fn speed(screen: &Screen) -> Result<(), Box<dyn Error>> {
    let numbers = vec![7_u8; 16 << 20];
    let bytes = ByteBuf::from(numbers.clone());
    let as_numbers = quickest(|| cross(&numbers))?;
    let as_bytes = quickest(|| cross(&bytes))?;
    screen.line("\n16 MiB, written and read again")?;
    screen.line(&format!("  as a Vec<u8>, a list      {as_numbers:>8.1} ms"))?;
    screen.line(&format!("  as a ByteBuf, bytes       {as_bytes:>8.1} ms"))?;
    Ok(())
}

/// The shortest of five runs, in milliseconds.
fn quickest<T>(job: impl Fn() -> postcard::Result<T>) -> postcard::Result<f64> {
    let mut shortest = f64::INFINITY;
    for _ in 0..5 {
        let began = Instant::now();
        let outcome = job()?;
        shortest = shortest.min(began.elapsed().as_secs_f64() * 1e3);
        drop(outcome);
    }
    Ok(shortest)
}

/// Bytes say nothing of their type. Whoever reads them has to know.
fn misread(screen: &Screen) -> Result<(), Box<dyn Error>> {
    let pair = postcard::to_stdvec(&(1_u8, 65_u8))?;
    let text: &str = postcard::from_bytes(&pair)?;
    screen.line(&format!("\nthe pair (1, 65), read as a text: {text:?}"))?;
    let pair = postcard::to_stdvec(&(9_u8, 65_u8))?;
    let outcome: postcard::Result<&str> = postcard::from_bytes(&pair);
    let problem = outcome.err().map_or_else(String::new, |error| error.to_string());
    screen.line(&format!("the pair (9, 65), read as a text: {problem}"))?;
    Ok(())
}
