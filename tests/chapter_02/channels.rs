//! Values handed from thread to thread.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use crate::patience::{PATIENCE, ends, ends_within};
use crossbeam_channel::{SendTimeoutError, TrySendError, bounded, unbounded};
use lab::slow_web::SlowWeb;
use threads_and_locks::channels::{
    Messages, fetch_all, fetch_each, hand_over, receive, resident,
};
use threads_and_locks::pipeline::{CAPACITY, each, fetch_text, parse, tally_all};
use threads_and_locks::{FetchErrorKind, Page, Url, client};

/// For what never comes: every handshake that could let it come is over.
const MOMENT: Duration = Duration::from_millis(50);

fn path(page: &Page) -> &str {
    page.url.path()
}

/// A site that answers when it is told to; the address to ask, and what tells it.
fn gated() -> (Url, mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/gated", listener.local_addr().unwrap());
    let (open, gate) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        if gate.recv_timeout(PATIENCE).is_ok() {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        }
    });
    (url.parse().unwrap(), open)
}

#[test]
fn a_result_is_received_before_the_slower_sites_have_answered() {
    // The first site answers only when the second one's result has been received.
    let web = SlowWeb::builder().start().unwrap();
    let (gated, open) = gated();
    let urls = [gated, web.url("/empty")];
    let client = client(PATIENCE).unwrap();
    let mut received = Vec::new();
    fetch_each(&client, &urls, |result| {
        received.push(path(&result.unwrap()).to_owned());
        let _ = open.send(());
    });
    assert_eq!(received, ["/empty", "/gated"]);
}

#[test]
fn all_sites_are_asked_at_once_and_a_failure_is_a_message_like_any_other() {
    let five = [Duration::ZERO; 5];
    let web = SlowWeb::builder().sites(five).barrier(5, PATIENCE).start().unwrap();
    let mut urls = web.urls();
    urls.push(web.url("/status/404"));
    let results = fetch_all(&client(PATIENCE).unwrap(), &urls);
    assert_eq!(results.len(), 6);
    let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0].kind, FetchErrorKind::Status(404));
    assert!(web.peak_in_flight() >= 5);
}

#[test]
fn a_channel_closes_when_its_last_sender_is_dropped_and_not_before() {
    let (tx, rx) = mpsc::channel();
    for n in 1..=3 {
        let tx = tx.clone();
        thread::spawn(move || tx.send(n)).join().unwrap().unwrap();
    }
    // Nobody is left who could send, and still it does not end: `tx` is there.
    assert_eq!(receive(&rx, MOMENT), (vec![1, 2, 3], RecvTimeoutError::Timeout));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(tx);
    assert_eq!(receive(&rx, PATIENCE), (vec![], RecvTimeoutError::Disconnected));
}

#[test]
fn what_was_sent_before_the_end_arrives_after_it() {
    let (tx, rx) = mpsc::channel();
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    drop(tx);
    assert_eq!(rx.into_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_send_to_nobody_gives_the_value_back() {
    let (tx, rx) = mpsc::channel();
    drop(rx);
    let page = String::from("200, 1024 bytes");
    let address = page.as_ptr();
    let back = tx.send(page).unwrap_err().0;
    assert_eq!(back.as_ptr(), address, "the very same String");
}

#[test]
fn a_sender_that_panics_ends_the_loop_one_message_short() {
    let (tx, rx) = mpsc::channel();
    for n in 1..=3 {
        let tx = tx.clone();
        thread::spawn(move || {
            if n == 2 {
                // As a panic, but without the message on the screen.
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            tx.send(n)
        });
    }
    drop(tx);
    let (mut received, end) = receive(&rx, PATIENCE);
    received.sort_unstable();
    assert_eq!((received, end), (vec![1, 3], RecvTimeoutError::Disconnected));
}

#[test]
fn each_message_goes_to_one_of_the_receivers() {
    let (tx, rx) = unbounded();
    let other = rx.clone();
    tx.send('a').unwrap();
    tx.send('b').unwrap();
    assert_eq!((rx.recv(), other.recv()), (Ok('a'), Ok('b')));
    assert!(rx.try_recv().is_err() && other.try_recv().is_err());
}

#[test]
fn an_unbounded_queue_takes_all_and_a_bounded_one_what_it_holds() {
    let messages = Messages { number: 100, size: 64 };
    for (channel, peak, is_waited_for) in
        [(unbounded(), 100, false), (bounded(7), 7, true), (bounded(0), 0, true)]
    {
        let traffic = ends(move || hand_over(messages, channel));
        assert_eq!(traffic.peak, peak);
        assert_eq!(traffic.received, 100);
        assert_eq!(traffic.waits > 0, is_waited_for, "{traffic:?}");
    }
    // With room for all, a bound changes nothing.
    let traffic = hand_over(messages, bounded(100));
    assert_eq!((traffic.peak, traffic.waits), (100, 0));
}

#[test]
#[cfg(target_os = "linux")]
fn the_queue_is_in_memory() {
    // Far more than what the other tests of this process take and give back meanwhile.
    let messages = Messages { number: 128, size: 1 << 20 };
    let traffic = hand_over(messages, unbounded());
    assert!(traffic.growth.unwrap() > 100 << 20, "{traffic:?}");
    assert!(resident().unwrap() > 1 << 20);
}

#[test]
fn a_full_queue_refuses_or_gives_up_and_gives_the_value_back() {
    let (tx, rx) = bounded(1);
    tx.send('a').unwrap();
    assert_eq!(tx.try_send('b'), Err(TrySendError::Full('b')));
    assert_eq!(tx.send_timeout('b', MOMENT), Err(SendTimeoutError::Timeout('b')));
    assert_eq!(rx.recv(), Ok('a'));
    assert_eq!(tx.try_send('b'), Ok(()));
    drop(rx);
    assert_eq!(tx.try_send('c'), Err(TrySendError::Disconnected('c')));
}

#[test]
fn a_receiver_that_is_kept_keeps_the_sender_waiting() {
    let (tx, rx) = bounded(1);
    let kept = rx.clone();
    drop(rx);
    tx.send('a').unwrap();
    // Nobody receives, and still it is not told so.
    assert_eq!(tx.send_timeout('b', MOMENT), Err(SendTimeoutError::Timeout('b')));
    drop(kept);
    assert_eq!(tx.send_timeout('b', PATIENCE), Err(SendTimeoutError::Disconnected('b')));
}

#[test]
fn a_rendezvous_takes_a_message_only_from_hand_to_hand() {
    for _ in 0..10 {
        let (tx, rx) = mpsc::sync_channel(0);
        assert_eq!(tx.try_send(1), Err(mpsc::TrySendError::Full(1)));
        let (tell, told) = mpsc::channel();
        let sender = thread::spawn(move || {
            tx.send(1).unwrap();
            // Only now: `send` has returned, so the message was taken.
            told.try_recv()
        });
        tell.send("about to receive").unwrap();
        assert_eq!(rx.recv(), Ok(1));
        assert_eq!(sender.join().unwrap(), Ok("about to receive"));
    }
}

#[test]
fn a_page_is_fetched_with_its_text_and_its_words_are_counted() {
    const LINE: &str = "site-1: good things come to those who wait.";
    let web = SlowWeb::builder().sites([Duration::ZERO]).body_size(87).start().unwrap();
    let fetched = fetch_text(&client(PATIENCE).unwrap(), &web.urls()[0]).unwrap();
    assert_eq!(fetched.text, format!("{LINE}\n{LINE}").as_bytes());
    assert_eq!((fetched.page.status, fetched.page.bytes), (200, 87));
    let words = parse(fetched).words;
    assert_eq!(words.len(), 8);
    assert!(words.values().all(|&times| times == 2), "{words:?}");
}

#[test]
fn a_pipeline_fetches_with_all_its_fetchers_and_loses_no_page() {
    let delays = [Duration::ZERO; 6];
    let web = SlowWeb::builder()
        .sites(delays)
        .body_size(43)
        .barrier(3, PATIENCE)
        .start()
        .unwrap();
    let mut urls = web.urls();
    urls.push(web.url("/cut"));
    urls.push(web.url("/status/404"));
    let fetching = urls.clone();
    let tally = ends(move || tally_all(&client(PATIENCE).unwrap(), &fetching, 3));
    // The barrier lets nobody pass before three have come, and a fourth there is not.
    assert_eq!(web.peak_in_flight(), 3);
    let mut seen: Vec<Url> = Vec::new();
    let mut failures = 0;
    for page in tally.pages {
        failures += usize::from(page.is_err());
        seen.push(page.map_or_else(|error| error.url, |page| page.url));
    }
    seen.sort();
    urls.sort();
    assert_eq!(seen, urls);
    assert_eq!(failures, 2);
    // Six names, and seven words that all six have.
    assert_eq!(tally.words.len(), 6 + 7);
    assert_eq!(tally.words["good"], 6);
}

#[test]
fn more_sites_than_the_queues_hold_are_no_problem() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = vec![web.url("/empty"); 20 * CAPACITY];
    let tally = ends(move || tally_all(&client(PATIENCE).unwrap(), &urls, 1));
    assert_eq!(tally.pages.len(), 20 * CAPACITY);
}

#[test]
fn stages_work_at_the_same_time() {
    // Each item must meet the next one, which is a stage behind: nothing passes unless both stages are at work at once.
    let meet = Arc::new(Barrier::new(2));
    let (first, second) = (Arc::clone(&meet), meet);
    let done = ends(move || {
        let (source, to_first) = unbounded();
        let (from_first, to_second) = bounded(1);
        let (from_second, sink) = unbounded();
        thread::spawn(move || {
            each(to_first, from_first, |n: u32| {
                if n > 1 {
                    first.wait();
                }
                n
            });
        });
        thread::spawn(move || {
            each(to_second, from_second, |n| {
                if n < 4 {
                    second.wait();
                }
                n
            });
        });
        for n in 1..=4 {
            source.send(n).unwrap();
        }
        drop(source);
        sink.into_iter().collect::<Vec<_>>()
    });
    assert_eq!(done, [1, 2, 3, 4]);
}

#[test]
fn the_queue_before_the_slowest_stage_is_full_and_the_one_after_it_empty() {
    let (source, to_slow) = bounded(CAPACITY);
    let (from_slow, sink) = bounded::<u32>(CAPACITY);
    let (before, after) = (to_slow.clone(), sink.clone());
    let (began, has_begun) = mpsc::channel();
    let (open, gate) = mpsc::channel();
    let slow = thread::spawn(move || {
        each(to_slow, from_slow, |n| {
            let _ = began.send(n);
            let _ = gate.recv_timeout(PATIENCE);
            n
        });
    });
    source.send(0).unwrap();
    for n in 0..5 {
        // The slow stage has item n in hand, and what it has made so far is taken by the last stage, which is fast.
        assert_eq!(has_begun.recv_timeout(PATIENCE), Ok(n));
        // The stage before it is fast: it sends until it would have to wait.
        let mut next = n + 1 + u32::try_from(before.len()).unwrap();
        while source.try_send(next).is_ok() {
            next += 1;
        }
        assert_eq!((before.len(), after.len()), (CAPACITY, 0), "at item {n}");
        open.send(()).unwrap();
        assert_eq!(sink.recv_timeout(PATIENCE), Ok(n));
    }
    drop((open, source, before, after));
    // Nothing holds it up any more: what is queued runs through.
    assert_eq!(sink.into_iter().count(), CAPACITY);
    slow.join().unwrap();
}

#[test]
fn a_million_messages_are_neither_lost_nor_doubled() {
    const MESSAGES: usize = 1_000_000;
    // A busy machine takes its time over so many.
    let (sum, doubled, missing) = ends_within(10 * PATIENCE, || {
        let (source, to_first) = bounded(1024);
        let (from_first, to_middle) = bounded(1024);
        let (from_middle, sink) = bounded(1024);
        thread::scope(|scope| {
            scope.spawn(move || (0..MESSAGES).try_for_each(|n| source.send(n)));
            scope.spawn(move || each(to_first, from_first, |n: usize| n + 1));
            for _ in 0..3 {
                let (input, output) = (to_middle.clone(), from_middle.clone());
                scope.spawn(move || each(input, output, |n: usize| n - 1));
            }
            drop((to_middle, from_middle));
            let (mut sum, mut doubled, mut seen) = (0, 0, vec![false; MESSAGES]);
            for n in sink {
                sum += n;
                doubled += usize::from(std::mem::replace(&mut seen[n], true));
            }
            (sum, doubled, seen.iter().filter(|seen| !**seen).count())
        })
    });
    assert_eq!((doubled, missing), (0, 0));
    assert_eq!(sum, MESSAGES * (MESSAGES - 1) / 2);
}

#[test]
fn a_stage_that_dies_hangs_neither_the_one_before_nor_the_one_after() {
    let (sent, died, received) = ends(|| {
        let (source, to_middle) = bounded(CAPACITY);
        let (from_middle, sink) = bounded(CAPACITY);
        let middle = thread::spawn(move || {
            each(to_middle, from_middle, |n: usize| {
                if n == 10 {
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
                n
            });
        });
        // It would wait for room for ever, if it were not told that there is none to come.
        let before = thread::spawn(move || {
            (0..1_000_000).take_while(|&n| source.send(n).is_ok()).count()
        });
        let received: Vec<_> = sink.into_iter().collect();
        (before.join().unwrap(), middle.join().is_err(), received)
    });
    assert!(died);
    assert_eq!(received, (0..10).collect::<Vec<_>>());
    // The item that it died of, and what was queued behind it, are lost with it.
    assert!((11..=11 + CAPACITY).contains(&sent), "{sent}");
}

#[test]
fn one_worker_of_several_that_dies_takes_one_item_with_it() {
    let received = ends(|| {
        let (source, to_middle) = unbounded();
        let (from_middle, sink) = unbounded();
        for _ in 0..3 {
            let (input, output) = (to_middle.clone(), from_middle.clone());
            thread::spawn(move || {
                each(input, output, |n: usize| {
                    if n == 10 {
                        std::panic::resume_unwind(Box::new("on purpose"));
                    }
                    n
                });
            });
        }
        drop((to_middle, from_middle));
        (0..100).for_each(|n| source.send(n).unwrap());
        drop(source);
        sink.into_iter().count()
    });
    assert_eq!(received, 99);
}
