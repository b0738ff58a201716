//! Three fetches, of which one fails: what is in hand then, and what became of the other two.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use asynchronous::together::{all_or_none, all_results, group, in_slots, spawn_all};
use asynchronous::{Client, FetchError, Page, client, fetch};
use clap::Parser;
use futures_util::future::{BoxFuture, FutureExt as _};
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use tokio::runtime;
use tokio::time::{error::Elapsed, sleep, timeout};

/// Fetches two slow pages and one that fails, in four ways.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

type Fetched = Result<Page, FetchError>;

/// No wait here takes that long, unless something is broken.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(show(screen))
    })
}

// ANCHOR: show
async fn show(screen: &Screen) -> Result<(), Box<dyn Error>> {
    screen
        .line("one of three fetches fails          pages  errors | answered  given up")?;

    // Where somebody waits for the slow pages, they come after a while.
    let scene = Scene::start("/delay/100")?;
    let results = all_results(scene.fetches()).await;
    scene.tell(screen, "join_all", results).await?;

    // Where nobody does, they never come: that they end at all is somebody's doing.
    let scene = Scene::start("/never")?;
    let result = all_or_none(scene.fetches()).await;
    scene.tell(screen, "try_join_all", each(result)).await?;

    let scene = Scene::start("/delay/100")?;
    let slots = in_slots(spawn_all(scene.fetches()), |_, _| ()).await;
    scene.tell(screen, "JoinSet, to its end", slots.into_iter().flatten()).await?;

    let scene = Scene::start("/never")?;
    let result = group(scene.fetches()).await;
    scene.tell(screen, "JoinSet, to the first error", each(result)).await
}
// ANCHOR_END: show

fn each(result: Result<Vec<Page>, FetchError>) -> Vec<Fetched> {
    match result {
        Ok(pages) => pages.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    }
}

/// A slow web, and the path of its two slow pages.
struct Scene {
    web: Arc<SlowWeb>,
    slow: &'static str,
    client: Client,
}

impl Scene {
    fn start(slow: &'static str) -> Result<Self, Box<dyn Error>> {
        let web = Arc::new(SlowWeb::builder().start()?);
        Ok(Scene { web, slow, client: client(PATIENCE)? })
    }

    // ANCHOR: fetches
    /// Two fetches of a slow page, and one that fails when the web has the other two.
    fn fetches(&self) -> Vec<BoxFuture<'static, Fetched>> {
        let slow = || {
            let (client, url) = (self.client.clone(), self.web.url(self.slow));
            async move { fetch(&client, &url).await }.boxed()
        };
        let (web, client) = (Arc::clone(&self.web), self.client.clone());
        let fails = async move {
            // If it took too long, the table would show it.
            let _ = until(|| web.in_flight() == 2).await;
            fetch(&client, &web.url("/status/500")).await
        };
        vec![slow(), fails.boxed(), slow()]
    }
    // ANCHOR_END: fetches

    /// Prints a line, when nothing is in flight any more.
    async fn tell(
        &self,
        screen: &Screen,
        way: &str,
        results: impl IntoIterator<Item = Fetched>,
    ) -> Result<(), Box<dyn Error>> {
        let (pages, errors): (Vec<_>, Vec<_>) =
            results.into_iter().partition(Result::is_ok);
        until(|| self.web.in_flight() == 0).await?;
        let given_up = self.web.given_up();
        // All requests but the one that failed.
        let answered = (self.web.requests() - given_up).saturating_sub(1);
        screen.line(&format!(
            "  {way:<32} {:>6} {:>7} | {answered:>8} {given_up:>9}",
            pages.len(),
            errors.len()
        ))?;
        Ok(())
    }
}

/// Waits until the web has come to that.
async fn until(condition: impl Fn() -> bool) -> Result<(), Elapsed> {
    let wait = async {
        while !condition() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, wait).await
}
