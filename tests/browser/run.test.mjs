// `src/run.js` against a server that says what the test tells it to say: the states that a real reader is seldom in.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openContext, sizes } from "./common.mjs";
import { fakeReader, first, twin } from "./fake-reader.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** A page of the book served by such a reader, and the box of one command on it. Everything is closed after the test. */
async function open(t, { at = "welcome.html", run = first, size = sizes[0], ...reader }) {
  const fake = await fakeReader(reader);
  const problems = [];
  const context = await openContext(browser, { size, problems });
  t.after(async () => (await context.close(), fake.close()));
  const page = await context.newPage();
  await page.goto(fake.address + at);
  const box = page.locator(`.command[data-command="${run.command}"]`);
  return {
    ...fake, page, box, problems, context,
    start: box.getByRole("button", { name: /^Run/ }),
    stop: box.getByRole("button", { name: /^Stop/ }),
    said: box.locator(".run-said"),
    output: box.getByRole("region", { name: /^Output/ }),
    says: (text) => box.locator(".run-said", { hasText: text }).waitFor(),
  };
}

const picture = '<svg xmlns="http://www.w3.org/2000/svg" class="timeline" id="mine"><desc>5 spans on 1 thread in 700 ms.</desc><rect width="9"/></svg>';
const finished = { how: "exit", code: 0, elapsed_ms: 412, cut: false };

test("a run says where it is: waiting, building, running, ended", async (t) => {
  let go;
  const step = () => new Promise((resolve) => (go = resolve));
  const { page, box, runs, start, stop, says, output } = await open(t, {
    async answer({ begin, send, end }) {
      begin();
      send("queued", { ahead: 2 });
      await step();
      send("queued", { ahead: 1 });
      await step();
      send("building", { line: "Compiling tokio v1.48.0" });
      await step();
      send("started", { command: "cargo run --example 01-sequential-fetch -- --sites 12" });
      send("output", { text: "5 sites on a slow web\n" });
      await step();
      send("output", { text: "<b>done</b>\n" });
      send("picture", { svg: picture });
      send("ended", finished);
      end();
    },
  });
  await start.focus();
  await page.keyboard.press("Enter");
  await says("Waiting: 2 runs ahead of yours");
  assert.equal(await stop.evaluate((button) => button === document.activeElement), true, "the focus stays when Run becomes Stop");
  go();
  await says("Waiting: 1 run ahead of yours");
  go();
  await says("Building (the first time takes a minute or more)");
  await box.getByText("Compiling tokio v1.48.0").waitFor();
  await box.getByText(/^\d+ s$/).waitFor(); // the seconds count by themselves
  go();
  await says("Running");
  await output.getByText("5 sites on a slow web").waitFor();
  assert.equal(await box.locator(".run-command").textContent(), "cargo run --example 01-sequential-fetch -- --sites 12");
  go();
  await says("Ended after 0.4 s, its start included, with exit code 0: all went well.");
  assert.equal(await output.textContent(), "5 sites on a slow web\n<b>done</b>\n");
  assert.deepEqual(await box.locator("figcaption").allTextContents(), ["Recorded: 614 ms", "Your run: 700 ms"]);
  assert.equal(await box.locator("figure #timeline-01-sequential-fetch").count(), 1, "the recorded picture has moved here");
  assert.equal(await start.evaluate((button) => button === document.activeElement), true);
  assert.deepEqual(runs.map(({ method, headers, body }) => [method, headers["content-type"], headers["x-reader-token"], body]), [
    ["POST", "application/json", "a token", { run: "01-sequential-fetch", inputs: {} }],
  ]);
});

test("events are read whatever the borders of the chunks", async (t) => {
  const event = (text) => `event: output\r\ndata: ${JSON.stringify({ text })}\r\n\r\n`;
  const whole = Buffer.from(`: hello\r\n\r\n${event("0 ä█\n")}${event("1 \u2028😀 event: x\n")}${event("2\n")}${event("3\n")}event:ended\ndata:${JSON.stringify(finished)}\n\n`);
  // Each border lies in the event after the one that the page shows by then: in a letter, in a line, between \r and \n.
  const borders = [whole.indexOf("😀") + 2, whole.indexOf('"2') - 4, whole.indexOf("\r\n\r\n", whole.indexOf('"3')) + 1];
  let reply;
  const { start, says, output } = await open(t, { answer: (given) => ((reply = given).begin(), reply.write(whole.subarray(0, borders[0]))) });
  await start.click();
  for (const [shown, border] of borders.entries()) {
    await output.getByText(new RegExp(`^${shown}`, "m")).waitFor(); // so that what was sent has come
    reply.write(whole.subarray(border, borders[shown + 1]));
  }
  reply.end();
  await says("exit code 0");
  assert.equal(await output.textContent(), "0 ä█\n1 \u2028😀 event: x\n2\n3\n");
});

test("each way to end is said in words", async (t) => {
  const ways = [
    [{ ...finished, code: 1 }, /exit code 1: not all went well\. Some programs of this book fail on purpose/],
    [{ how: "signal", code: null, elapsed_ms: 1234, cut: false }, /Ended by a signal after 1\.2 s\./],
    [{ how: "time limit", code: null, elapsed_ms: 60_000, cut: false }, /Ended by the reader after 60\.0 s: no run may take longer\./],
    [{ how: "cannot run", code: null, elapsed_ms: 0, cut: false }, /It could not be started\./],
    [{ ...finished, cut: true }, /It printed more than fits here: the rest is left out\./],
  ];
  let way;
  const { start, said, says } = await open(t, {
    answer: ({ begin, send, end }) => (begin(), send("ended", way), end()),
  });
  for (const [ended, words] of ways) {
    way = ended;
    await start.click();
    await says(words);
    await start.waitFor();
    assert.match(await said.textContent(), words);
  }
});

test("of a build that failed the page shows what cargo said", async (t) => {
  const { start, says, output } = await open(t, {
    answer({ begin, send, end }) {
      begin();
      send("building", { line: "Compiling sequential-fetch" });
      send("building", { line: "error[E0425]: cannot find value `x`" });
      send("ended", { how: "build failed", code: 101, elapsed_ms: 0, cut: false });
      end();
    },
  });
  await start.click();
  await says("It does not build.");
  assert.equal(await output.textContent(), "Compiling sequential-fetch\nerror[E0425]: cannot find value `x`\n");
});

test("a refusal is shown, and so is a reader that is gone", async (t) => {
  let what = ({ refuse }) => refuse(429, { error: "Too many runs are waiting." });
  const { start, says, close } = await open(t, { answer: (reply) => what(reply) });
  await start.click();
  await says("Not run. Too many runs are waiting.");
  what = ({ refuse }) => refuse(403, { error: "The token is wrong." });
  await start.click();
  await says("Not run. The token is wrong.");
  what = ({ begin, send, drop }) => (begin(), send("started", { command: "c" }), setImmediate(drop));
  await start.click();
  await says("The reader is not running any more; start it with cargo run.");
  await close();
  await start.click();
  await says("The reader is not running any more; start it with cargo run.");
});

test("Stop, and leaving the page, drop the connection", { timeout: 120_000 }, async (t) => {
  const { page, start, stop, says, runs } = await open(t, {
    answer: ({ begin, send }) => (begin(), send("started", { command: "c" })),
  });
  await start.click();
  await says("Running");
  await stop.press("Enter");
  await says(/^Stopped by you after /);
  await runs[0].closed;
  await start.click();
  await says("Running");
  await page.goto("about:blank");
  await runs[1].closed;
});

test("inputs are offered with their bounds, and only what differs is sent", async (t) => {
  const { page, box, start, says, runs } = await open(t, {
    answer: ({ begin, send, end }) => (begin(), send("ended", finished), end()),
  });
  const change = box.getByRole("button", { name: "Change" });
  const number = box.getByLabel("sites (1 to 64)");
  assert.equal(await number.isVisible(), false);
  await change.click();
  assert.equal(await change.getAttribute("aria-expanded"), "true");
  await number.fill("12");
  await box.getByLabel("delay (1 to 2000 ms)").fill("5");
  await box.getByLabel("job").selectOption("crunch");
  await box.getByLabel("crash").check();
  await number.press("ArrowLeft"); // mdBook's key for the page before
  await number.press("Enter");
  await says("exit code 0");
  assert.deepEqual(runs[0].body.inputs, { sites: 12, delay: 5, job: "crunch", crash: true });
  await box.getByRole("button", { name: "As recorded" }).click();
  assert.equal(await number.inputValue(), "5");
  await start.click();
  await page.waitForFunction(() => document.querySelector(".run-button").type === "submit");
  assert.deepEqual(runs[1].body.inputs, {});
  await number.fill("65");
  await change.click(); // closed: a field out of its bounds opens it
  await start.click();
  await number.waitFor();
  assert.equal(await number.evaluate((field) => field === document.activeElement && !field.validity.valid), true);
  assert.equal(runs.length, 2);
});

test("a drawing with more in it than a drawing is not shown", async (t) => {
  const svg = (inside, attributes = "") => `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inside}</svg>`;
  const bad = [
    svg("<script>window.hit = 1</script>"),
    svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">window.hit = 1</h:script>'),
    svg("<foreignObject/>"),
    svg('<rect onclick="1"/>'),
    svg("", 'onload="window.hit = 1"'),
    svg('<image href="http://192.0.2.1/x.png"/>'),
    svg('<use xlink:href="http://192.0.2.1/x.svg#a"/>'),
    svg('<a href="javascript:1"><rect/></a>'),
    svg('<rect fill="url(http://192.0.2.1/x.svg#a)"/>'),
    svg('<style>@import "http://192.0.2.1/x.css";</style>'),
    svg("<style>.command{background:\\75rl(http://192.0.2.1/x.png)}</style>"),
    "<html><body>no drawing</body></html>",
    "no XML at all",
  ];
  let text;
  const { page, box, start, says, problems } = await open(t, {
    answer: ({ begin, send, end }) => (begin(), send("picture", { svg: text }), send("ended", finished), end()),
  });
  const run = async (next) => {
    text = next;
    await start.click();
    await says("exit code 0");
    await start.waitFor();
  };
  await run(svg("<rect/>"));
  assert.equal(await box.locator("figure:has-text('Your run') svg").count(), 1, "a plain drawing is shown");
  for (const one of bad) {
    await run(one);
    assert.equal(await box.locator("figure:has-text('Your run')").count(), 0, one);
  }
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.deepEqual(problems, []);
});

test("long output scrolls by itself, and follows its end unless the reader has scrolled up", async (t) => {
  let more;
  const { page, start, output, says } = await open(t, {
    size: sizes[1],
    answer({ begin, send, end }) {
      begin();
      send("started", { command: "c" });
      const lines = (from) => Array.from({ length: 100 }, (_, line) => `line ${from + line} ${"x".repeat(100)}\n`).join("");
      send("output", { text: lines(0) });
      more = (from, last) => (send("output", { text: lines(from) }), last && (send("ended", finished), end()));
    },
  });
  await start.click();
  await output.getByText("line 99").waitFor();
  const place = () => output.evaluate((pre) => ({
    fromEnd: pre.scrollHeight - pre.scrollTop - pre.clientHeight, lines: pre.clientHeight / parseFloat(getComputedStyle(pre).lineHeight),
    wide: document.documentElement.scrollWidth - innerWidth,
  }));
  const { fromEnd, lines, wide } = await place();
  assert.ok(fromEnd < 2, `${fromEnd} pixels from the end`);
  assert.ok(lines > 32 && lines < 40, `${lines} lines`);
  assert.equal(wide, 0);
  more(100);
  await output.getByText("line 199").waitFor();
  assert.ok((await place()).fromEnd < 2);
  await output.focus();
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector(".run-output").scrollTop === 0);
  more(200, true);
  await says("exit code 0");
  assert.ok((await place()).fromEnd > 1000);
});

test("a recorded picture that does not follow its command stays with its text, and is copied", async (t) => {
  const { page, box, start, says } = await open(t, {
    at: "02-threads-and-locks/a-thread-a-site.html",
    run: twin,
    answer: ({ begin, send, end }) => (begin(), send("picture", { svg: picture }), send("ended", finished), end()),
  });
  const ids = () => page.locator("svg.timeline").evaluateAll((all) => all.map(({ id }) => id).filter((id) => id));
  const before = await ids();
  await start.click();
  await says("exit code 0");
  assert.deepEqual(await box.locator("figcaption").allTextContents(), ["Recorded: 210 ms", "Your run: 700 ms"]);
  assert.deepEqual((await ids()).sort(), [...before, "mine"].sort(), "nothing on the page was moved or doubled");
});

test("where Python is missing, a twin says what to type", async (t) => {
  const { box } = await open(t, { at: "02-threads-and-locks/a-thread-a-site.html", run: twin, python: null, answer() {} });
  await box.getByText("just venv").waitFor();
  assert.equal(await box.getByRole("button", { name: /^Run/ }).count(), 0);
});

test("each exercise shows its state, in the list and at its link", async (t) => {
  const exercises = { first_fetch: "unsolved", a_thread_a_site: "solved" };
  const { page } = await open(t, { at: "course/exercises.html", exercises, answer() {} });
  await page.getByText("1 of 2 solved.").waitFor();
  assert.match(await page.locator("td:has(#a_thread_a_site)").textContent(), / solved$/);
  assert.match(await page.locator("td:has(#first_fetch)").textContent(), /unsolved$/);
  assert.equal(await page.locator(".exercise-state").count(), 3);
  await page.goto(new URL("/02-threads-and-locks/a-thread-a-site.html", page.url()).href);
  await page.getByText("Exercise a_thread_a_site solved").waitFor();
});
