// The real reader, end to end: programs run from the page, in a browser. The first run builds the programs, so patience is long;
// nothing waits for a time, only for what the page shows.

import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch, openContext, root, sizes, startReader } from "./common.mjs";

const patience = 5 * 60_000;
const first = "cargo run --example 01-sequential-fetch";
const threads = "cargo run --example 02-thread-per-site";
const twin = "python3 examples/02-threads-and-locks/python/thread_per_site.py";

let browser, reader;
before(async () => ([browser, reader] = await Promise.all([launch(), startReader()])));
after(async () => (await browser.close(), await reader.close()));

/** A page of the reader, and how to use the box of a command on it. It is closed after the test. */
async function open(t, at = "welcome.html", { size = sizes[0], theme = "light" } = {}) {
  const problems = [];
  const context = await openContext(browser, { size, theme, problems });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  await page.goto(reader.address + at);
  const command = (line) => {
    const box = page.locator(`.command[data-command="${line}"]`);
    const mine = box.locator("figure", { hasText: "Your run" });
    return {
      box, mine,
      start: box.getByRole("button", { name: /^Run/ }),
      stop: box.getByRole("button", { name: /^Stop/ }),
      output: box.getByRole("region", { name: "Output of your run" }),
      says: (text) => box.locator(".run-said", { hasText: text }).waitFor(),
      bars: () => mine.locator("svg.timeline .row").count(),
      /** Opens the inputs and sets some, by their labels. */
      set: async (values) => {
        const change = box.getByRole("button", { name: "Change" });
        if ((await change.getAttribute("aria-expanded")) === "false") await change.click();
        for (const [label, value] of Object.entries(values)) await box.getByLabel(label).fill(String(value));
      },
    };
  };
  return { context, page, problems, command };
}

/** What would take a minute and a half, if nobody stopped it. */
const long = { "sites": 40, "delay": 2000 };

/** The processes below the reader, without it. Where there is no /proc, there is nothing to look at. */
async function children() {
  const parents = new Map();
  for (const pid of await readdir("/proc").catch(() => [])) {
    const stat = /^\d+$/.test(pid) && (await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null));
    if (stat) parents.set(Number(pid), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const below = (pid) => [...parents].filter(([, parent]) => parent === pid).flatMap(([child]) => [child, ...below(child)]);
  return below(reader.process.pid);
}

/** Waits until the reader has no child that runs a program. */
async function nothingRuns(t) {
  for (;;) {
    if (!(await children()).length) return;
    t.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100)); // each look reads all of /proc
  }
}

const axe = await readFile(path.join(root, "tests/browser/node_modules/axe-core/axe.min.js"), "utf8");
async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run({ include: [[".command"]] }, { resultTypes: ["violations"] }));
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, any }) => `${id}: ${target.join(" ")} ${any[0]?.message ?? ""}`));
}
const wide = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

test("on the first page: run, change a number, and see the picture change", { timeout: 2 * patience }, async (t) => {
  const { page, problems, command } = await open(t, "");
  const { box, start, mine, says, bars, set } = command(first);
  const recorded = page.locator("#timeline-01-sequential-fetch");
  assert.equal(await recorded.locator(".row").count(), 5);
  await start.click();
  await says(/exit code 0: all went well\.$/);
  assert.equal(await bars(), 5);
  assert.notEqual(await mine.locator("svg.timeline").getAttribute("id"), "timeline-01-sequential-fetch");
  const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
  assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), [], "no id is there twice");
  assert.match(await mine.locator("figcaption").textContent(), /^Your run: [\d,.]+ m?s$/);
  assert.equal(await recorded.locator("xpath=ancestor::figure").locator("figcaption").textContent(), "Recorded: 614 ms");

  await set({ sites: 12 });
  await box.getByLabel("sites").press("Enter");
  await mine.waitFor({ state: "detached" });
  await says(/exit code 0: all went well\.$/);
  assert.equal(await bars(), 12);
  assert.equal(await box.locator(".run-command").textContent(), `${first} -- --sites 12`);
  assert.deepEqual(problems, []);
});

test("the keyboard alone runs, stops, and changes", { timeout: patience }, async (t) => {
  const { page, command } = await open(t);
  const { box, start, stop, says, set } = command(first);
  await set(long);
  const focused = (locator) => locator.evaluate((one) => one === document.activeElement);
  await box.getByRole("button", { name: "Copy command" }).focus();
  for (let tabs = 0; !(await focused(start)); tabs++) {
    assert.ok(tabs < 3, "Run is near after the command");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await says("Running");
  assert.equal(await focused(stop), true);
  assert.ok((await children()).length > 0, "a program runs");
  await page.keyboard.press("Enter");
  await says(/^Stopped by you after \d+ s\.$/);
  assert.equal(await focused(start), true);
  await nothingRuns(t);
});

test("a Python twin runs, with its picture beside the recorded one", { timeout: patience }, async (t) => {
  const { command } = await open(t, "02-threads-and-locks/a-thread-a-site.html");
  const { box, start, says, bars, output } = command(twin);
  await start.click();
  await says(/exit code 0: all went well\.$/);
  assert.equal(await bars(), 5);
  assert.equal(await box.locator("figure", { hasText: "Recorded" }).locator(".row").count(), 5);
  assert.match(await output.textContent(), /at most 5 in flight/);
});

test("the second of two tabs waits for the first, and runs when that is closed", { timeout: patience }, async (t) => {
  const one = await open(t), two = await open(t);
  const slow = one.command(first), quick = two.command(threads);
  await slow.set(long);
  await slow.start.click();
  await slow.says("Running");
  await quick.start.click();
  await quick.says("Waiting: 1 run ahead of yours");
  await one.page.close();
  await quick.says(/exit code 0: all went well\.$/);
  await nothingRuns(t);
});

test("a run that fails says how", { timeout: patience }, async (t) => {
  const { command } = await open(t, "01-sequential-fetch/when-a-site-fails.html");
  const text = await readFile(path.join(root, "book/recorded/01-sequential-fetch-failures.txt"), "utf8");
  const line = /^\$ ((?:.*\\\n)*.*)/.exec(text)[1].replace(/\\\n/g, " ").replace(/\s+/g, " ");
  const { start, says, output } = command(line);
  await start.click();
  await says(/^Ended after .* with exit code 1: not all went well\./);
  assert.match(await output.textContent(), /cut/);
});

for (const [size, theme] of [[sizes[0], "light"], [sizes[1], "dark"]]) {
  test(`axe finds nothing in a finished run at ${size.width} pixels, ${theme}`, { timeout: patience }, async (t) => {
    const { page, command } = await open(t, "welcome.html", { size, theme });
    const { start, says, set } = command(first);
    await set({ sites: 40, delay: 10 });
    await start.click();
    await says(/exit code 0: all went well\.$/);
    assert.deepEqual(await violations(page), []);
    assert.equal(await wide(page), 0);
  });
}

test("the exercises show what the course knows", { timeout: patience }, async (t) => {
  const file = path.join(root, "course/.rustlings-state.txt");
  // What somebody has solved is never touched: a test that is killed could not put it back. run.test.mjs shows states too.
  const text = "DON'T EDIT THIS FILE!\n\none_client\n\nfirst_fetch\na_thread_a_site\n";
  const kept = await readFile(file, "utf8").catch(() => text);
  if (kept !== text) return t.skip("there is a course under way here");
  t.after(() => rm(file, { force: true }));
  await writeFile(file, text);
  const { page } = await open(t, "course/exercises.html");
  await page.getByText(/^2 of \d\d solved\.$/).waitFor();
  assert.match(await page.locator("td:has(#first_fetch)").textContent(), / solved$/);
  assert.match(await page.locator("td:has(#one_client)").textContent(), / unsolved$/);
  await page.goto(`${reader.address}02-threads-and-locks/a-thread-a-site.html`);
  await page.getByText("Exercise a_thread_a_site solved").waitFor();
});
