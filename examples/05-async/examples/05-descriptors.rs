//! Where the operating system says no to one more connection: descriptors, and local ports.

use std::env;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use asynchronous::many::{
    connect_from, connect_until_refused, descriptor_limits, fits, leave_descriptors,
    local_ports, ports_in_time_wait, raise_descriptor_limit, still_answers,
};
use asynchronous::{Client, Url, client, fetch};
use lab::command_line::number;
use lab::slow_web::{Elsewhere, SlowWeb, serve_until_stdin_closes};
use lab::stage::{self, Screen};
use tokio::runtime;

/// Shows where connections end: at the limit of descriptors, and at local ports.
#[derive(clap::Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many descriptors may be opened before one is refused
    #[arg(long, value_name = "N", default_value = "20", value_parser = number(1, 200))]
    more: usize,
    /// How many requests are made, one after another
    #[arg(long, value_name = "N", default_value = "20", value_parser = number(1, 500))]
    requests: usize,
    /// Be a slow web, until standard input closes
    #[arg(long, hide = true)]
    serve: bool,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        if arguments.serve {
            return Ok(serve_until_stdin_closes(SlowWeb::builder())?);
        }
        if cfg!(not(target_os = "linux")) {
            return Ok(screen.line("shown on Linux only")?);
        }
        limits(screen)?;
        // A process of its own: only this one's ends of the connections count here.
        let this = env::current_exe()?;
        let web = Elsewhere::start(Command::new(this).arg("--serve"))?;
        until_refused(arguments.more, &web, screen)?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(one_port(&web, screen))?;
        runtime.block_on(clients(arguments.requests, screen))
    })
}

fn limits(screen: &Screen) -> Result<(), Box<dyn Error>> {
    let (soft, hard) = descriptor_limits();
    let (low, high) = local_ports().ok_or("the range of local ports is not told")?;
    let ports = high - low + 1;
    screen.line("the limits here")?;
    screen.line(&format!("  soft limit     {soft:7} descriptors"))?;
    screen.line(&format!("  hard limit     {hard:7} descriptors"))?;
    screen.line(&format!("  to one server  {ports:7} ports"))?;
    let most = fits(ports, hard);
    screen.line(&format!("  so at most     {most:7} connections at once"))?;
    Ok(())
}

fn until_refused(
    more: usize,
    web: &Elsewhere,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let address = address_of(&web.url("/"))?;
    leave_descriptors(more)?;
    // ANCHOR: until_refused
    let (mut open, refused) = connect_until_refused(address, more + 10);
    screen.line(&format!("a process that may open {more} descriptors more"))?;
    screen.line(&format!("  open:       {}", open.len()))?;
    if let Err(error) = refused {
        screen.line(&format!("  one more:   {error}"))?;
    }
    let well = open.iter().filter(|stream| matches!(still_answers(stream), Ok(true)));
    screen.line(&format!("  answer:     {}", well.count()))?;
    drop(open.pop());
    let (again, _) = connect_until_refused(address, more + 10);
    screen.line(&format!("  one closed: {} can be opened", again.len()))?;
    // ANCHOR_END: until_refused
    raise_descriptor_limit();
    Ok(())
}

async fn one_port(web: &Elsewhere, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let (to, elsewhere) = (address_of(&web.url("/"))?, SlowWeb::builder().start()?);
    // ANCHOR: one_port
    let localhost = Ipv4Addr::LOCALHOST;
    // Port 0 is any that is free.
    let first = connect_from((localhost, 0).into(), to).await?;
    let port = first.local_addr()?.port();
    screen.line("one local port, used again while it is in use")?;
    for (what, from, to) in [
        ("to the same server:", localhost, to),
        ("from 127.0.0.2:", Ipv4Addr::new(127, 0, 0, 2), to),
        ("to another server:", localhost, elsewhere.address()),
    ] {
        let said = match connect_from((from, port).into(), to).await {
            Ok(_) => "connected".to_owned(),
            Err(error) => error.to_string(),
        };
        screen.line(&format!("  {what:<20} {said}"))?;
    }
    // ANCHOR_END: one_port
    Ok(())
}

async fn clients(n: usize, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let timeout = Duration::from_secs(10);
    screen.line(&format!("{n} requests, one after another"))?;
    // ANCHOR: clients
    let web = SlowWeb::builder().start()?;
    for _ in 0..n {
        fetch(&client(timeout)?, &web.url("/empty")).await?;
    }
    tell("a client each:", &web, n, screen).await?;

    let web = SlowWeb::builder().start()?;
    let client: Client = client(timeout)?;
    for _ in 0..n {
        fetch(&client, &web.url("/empty")).await?;
    }
    drop(client);
    tell("one client:", &web, 1, screen).await
    // ANCHOR_END: clients
}

/// Says what the requests have cost, once they have closed their connections.
async fn tell(
    who: &str,
    web: &SlowWeb,
    expected: usize,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let kept = || ports_in_time_wait(web.address().port()).unwrap_or(0);
    let began = Instant::now();
    while kept() < expected && began.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (connections, kept) = (web.connections(), kept());
    screen.line(&format!(
        "  {who:<15} connections: {connections}, ports in TIME_WAIT: {kept}"
    ))?;
    Ok(())
}

fn address_of(url: &Url) -> Result<SocketAddr, Box<dyn Error>> {
    let addresses = url.socket_addrs(|| None)?;
    Ok(*addresses.first().ok_or("no address")?)
}
