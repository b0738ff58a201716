// Predict questions and progress: chosen, kept, counted, forgotten; and what is left where there is no storage or no JavaScript.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { book, launch, openContext, serveBook, sizes } from "./common.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const KEY = "while-you-wait.progress.v1";
// Site 4 is right here, and stands first: the id is `first-behind-a-lock`.
const lock = "02-threads-and-locks/a-lock.html";
const id = "first-behind-a-lock";

let browser, served;
const contexts = [];
before(async () => ([browser, served] = await Promise.all([launch(), serveBook()])));
afterEach(async () => await Promise.all(contexts.splice(0).map((context) => context.close())));
after(async () => (await browser.close(), served.close()));

/** A page in a context of its own, with what it complained of. */
async function open(address, options = {}) {
  const problems = [];
  const context = await openContext(browser, { problems, ...options });
  contexts.push(context);
  if (options.script) await context.addInitScript(options.script);
  const page = await context.newPage();
  await page.goto(new URL(address, served.address).href);
  return { page, context, problems };
}

const kept = (page) => page.evaluate((key) => JSON.parse(localStorage.getItem(key)), KEY);
const answer = (page, letter) => page.locator("details", { has: page.locator("summary", { hasText: new RegExp(`^\\s*${letter}\\. `) }) });
const choose = (page, letter) => answer(page, letter).locator("summary").click();
const isOpen = (locator) => locator.evaluate((it) => it.open);
const status = (page) => page.locator(".question [role=status]");
const readToTheEnd = async (page) => {
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.locator("#mdbook-sidebar .active .read-mark").waitFor({ state: "attached" });
};
/** The figures of a row of the table, without how many there are in all: a new page is not the business of these tests. */
const cells = async (page, row) => (await page.locator("#progress tbody tr").nth(row - 1).locator("td").allTextContents()).map((text) => text.replace(/ of [1-9]\d*$/, ""));

test("a wrong answer, then the right one: each says what it is, and the first is kept", async () => {
  const { page, problems } = await open(lock);
  assert.equal(await page.locator(".verdict").count(), 0);
  assert.equal(await status(page).textContent(), "");
  assert.equal(await page.locator(".question-state button, .question-state a").and(page.locator(":visible")).count(), 0);

  await choose(page, "B");
  assert.ok(await isOpen(answer(page, "B")));
  assert.match(await answer(page, "B").locator("summary").textContent(), /Not quite\.$/);
  assert.match(await status(page).textContent(), /^Not quite\./);
  assert.equal(await page.locator(".verdict").count(), 1, "the right one is not given away");
  assert.ok(!(await isOpen(answer(page, "A"))));
  assert.deepEqual((await kept(page)).answers, { [id]: { choice: "B", right: false, chapter: "02-threads-and-locks" } });

  await choose(page, "A");
  assert.ok(await isOpen(answer(page, "A")));
  assert.ok(!(await isOpen(answer(page, "B"))), "one at a time");
  assert.match(await answer(page, "A").locator("summary").textContent(), /Right\.$/);
  assert.equal(await status(page).textContent(), "Right.");
  assert.equal(await page.locator(".question-state button").isVisible(), false);
  assert.equal((await kept(page)).answers[id].choice, "B", "the first choice stays");

  await page.locator(".question-state a", { hasText: "Now run it" }).click();
  assert.equal(new URL(page.url()).hash, "#run-it");
  assert.deepEqual(problems, []);
});

test("the right one is shown when asked for", async () => {
  const { page } = await open(lock);
  await choose(page, "C");
  await page.getByRole("button", { name: "Show the right answer" }).click();
  assert.ok(await isOpen(answer(page, "A")));
  assert.equal(await status(page).textContent(), "The right answer is A.");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^A\. /, "the focus goes where the answer is");
  assert.equal((await kept(page)).answers[id].choice, "C");
});

test("after a reload the first choice is marked, and the right answer is not", async () => {
  const { page } = await open(lock);
  await choose(page, "B");
  await page.reload();
  assert.equal(await page.locator(".verdict").count(), 1);
  assert.match(await answer(page, "B").locator("summary").textContent(), /Not quite\.$/);
  assert.equal(await status(page).textContent(), "Your first choice was B.");
  assert.equal(await page.locator("details[open]").count(), 0);
  await page.getByRole("button", { name: "Show the right answer" }).waitFor();
  await choose(page, "A");
  assert.equal((await kept(page)).answers[id].choice, "B");
});

test("by keyboard alone, and the arrows do not turn the page", async () => {
  const { page } = await open(lock);
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  for (let n = 0; !(await focused()).startsWith("A. Site 4"); n++) {
    assert.ok(n < 40, "the answers are reached by Tab");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.ok(await isOpen(answer(page, "B")));
  for (const key of ["ArrowLeft", "ArrowRight"]) await page.keyboard.press(key);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  assert.ok(await isOpen(answer(page, "C")));
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Show the right answer");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  assert.ok(await isOpen(answer(page, "A")));
  assert.equal(new URL(page.url()).pathname, `/${lock}`);

  // Elsewhere mdBook's keys are as they were: this is the counterproof that the page could have been turned.
  await page.evaluate(() => document.activeElement.blur());
  await Promise.all([page.waitForURL(/lock-held-too-long/), page.keyboard.press("ArrowRight")]);
});

test("an answer is a button with a name and a state, in a group", async () => {
  const { page } = await open(lock);
  await choose(page, "B");
  const tree = await page.locator(".question").ariaSnapshot();
  assert.match(tree, /group "Answers"/);
  assert.match(tree, /A\. Site 4: its page arrives first/);
  assert.match(tree, /B\. Site 1: its thread was started first Not quite\./);
  assert.match(tree, /status: Not quite\. Read why, and choose again\./);
});

test("a page counts as read when its end has been on the screen, and not before", async () => {
  const { page, context } = await open(lock);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(await kept(page), null, "opened is not read");
  await readToTheEnd(page);
  assert.deepEqual((await kept(page)).pages, { [lock]: true });
  assert.match(await page.locator("#mdbook-sidebar .active").textContent(), /Results behind a lock\s+✓\(read\)$/);

  const second = await context.newPage();
  await second.goto(served.address); // the index is the first page of the book
  await readToTheEnd(second);
  assert.deepEqual((await kept(second)).pages, { [lock]: true, "welcome.html": true });
  await page.locator('#mdbook-sidebar a[href$="welcome.html"] .read-mark').waitFor({ state: "attached" });
});

test("two tabs at once lose nothing of each other", async () => {
  const { page, context } = await open(lock);
  const other = await context.newPage();
  await other.goto(new URL("02-threads-and-locks/deadlock.html", served.address).href);
  await choose(page, "A");
  await choose(other, "B");
  await readToTheEnd(page);
  await readToTheEnd(other);
  const { pages, answers } = await kept(page);
  assert.deepEqual(Object.keys(answers).sort(), [id, "transfers-both-ways"]);
  assert.deepEqual(Object.keys(pages).sort(), [lock, "02-threads-and-locks/deadlock.html"]);
});

test("the page of progress counts, forgets, and brings back", async () => {
  const { page, context, problems } = await open(lock);
  await choose(page, "A");
  await readToTheEnd(page);
  await page.goto(new URL("02-threads-and-locks/deadlock.html", served.address).href);
  await choose(page, "B");
  await page.goto(new URL("progress.html", served.address).href);
  assert.deepEqual(await cells(page, 2), ["1", "2", "1"]);
  assert.deepEqual(await cells(page, 1), ["0", "0", "0"]);
  assert.match(await page.locator("#progress tbody th").nth(1).textContent(), /^2\. A thread a site$/);
  assert.equal((await cells(page, 9))[1], "2");

  // Another tab goes on: this one shows it.
  const other = await context.newPage();
  await other.goto(new URL("03-thread-pool/rayon.html", served.address).href);
  await choose(other, "A");
  await page.locator("#progress tbody tr").nth(2).getByText(/^1 of/).waitFor();

  const all = await kept(page);
  await page.getByRole("button", { name: "Forget all of it" }).press("Enter");
  assert.deepEqual(await cells(page, 2), ["0", "0", "0"]);
  assert.deepEqual((await kept(page)).answers, {});
  assert.equal(await page.locator(`#mdbook-sidebar a[href$="${lock}"] .read-mark`).count(), 0);

  await page.getByRole("button", { name: "Undo" }).press("Enter");
  assert.deepEqual((await kept(page)).answers, all.answers);
  assert.equal((await kept(page)).pages[lock], true);
  assert.deepEqual(problems, []);
});

test("what is forgotten comes back, beside what came since", async () => {
  const { page, context } = await open(lock);
  await choose(page, "B");
  await page.goto(new URL("progress.html", served.address).href);
  await page.getByRole("button", { name: "Forget all of it" }).click();
  assert.equal(await page.locator("#progress [role=status]").textContent(), "All of it is forgotten.");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Undo");
  const other = await context.newPage();
  await other.goto(new URL("03-thread-pool/rayon.html", served.address).href);
  await choose(other, "B");
  await page.locator("#progress tbody tr").nth(2).getByText(/^1 of/).waitFor();
  await page.getByRole("button", { name: "Undo" }).press("Enter");
  assert.deepEqual(await cells(page, 2), ["0", "1", "0"]);
  assert.deepEqual(await cells(page, 3), ["0", "1", "1"]);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Forget all of it");
  assert.equal(await page.getByRole("button", { name: "Undo" }).count(), 0);
});

for (const [what, rubbish] of Object.entries({
  "no JSON": "{", "a number": "7", "null": "null", "a list": "[1]",
  "other types": `{"pages": "all", "answers": {"${id}": 7, "x": null, "y": {"right": "yes"}}}`,
  "wrong values": `{"pages": {"${lock}": 1}, "answers": [["A"]]}`,
  "a letter that is not there": `{"pages": {}, "answers": {"${id}": {"choice": "Z", "right": true}}}`,
})) {
  test(`storage with rubbish is no obstacle: ${what}`, async () => {
    const { page, problems } = await open("welcome.html");
    await page.evaluate(([key, text]) => localStorage.setItem(key, text), [KEY, rubbish]);
    await page.goto(new URL(lock, served.address).href);
    assert.equal(await page.locator(".verdict").count(), 0);
    await choose(page, "A");
    await readToTheEnd(page);
    assert.equal((await kept(page)).pages[lock], true);
    await page.goto(new URL("progress.html", served.address).href);
    assert.equal((await cells(page, 2))[0], "1");
    assert.deepEqual(problems, []);
  });
}

test("where storage is refused, everything works and nothing is kept", async () => {
  const refuse = () => Object.defineProperty(window, "localStorage", { get: () => { throw new DOMException("refused", "SecurityError"); } });
  const problems = [];
  const context = await browser.newContext({ viewport: sizes[1] });
  contexts.push(context);
  await context.addInitScript(refuse);
  const page = await context.newPage();
  // mdBook itself does not complain of it either; whoever throws is heard here.
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(new URL(lock, served.address).href);
  await choose(page, "B");
  assert.match(await status(page).textContent(), /^Not quite\./);
  await choose(page, "A");
  assert.equal(await status(page).textContent(), "Right.");
  await readToTheEnd(page);
  await page.goto(new URL("progress.html", served.address).href);
  assert.deepEqual(await cells(page, 2), ["0", "0", "0"]);
  assert.match(await page.locator("#progress [role=status]").textContent(), /keeps nothing/);
  assert.deepEqual(problems, []);
});

test("from a file", async () => {
  const { page, problems } = await open(pathToFileURL(path.join(book, lock)).href);
  await choose(page, "A");
  await readToTheEnd(page);
  assert.equal((await kept(page)).pages[lock], true);
  await page.goto(pathToFileURL(path.join(book, "progress.html")).href);
  assert.deepEqual(await cells(page, 2), ["1", "1", "1"]);
  assert.deepEqual(problems, []);
});

test("without JavaScript the explanations open one at a time, and progress says that nothing counts", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: sizes[1] });
  contexts.push(context);
  const page = await context.newPage();
  await page.goto(new URL(lock, served.address).href);
  const shown = page.locator("details p:visible");
  assert.equal(await shown.count(), 0);
  await choose(page, "B");
  assert.match(await shown.textContent(), /^Its thread asks first/);
  await choose(page, "A");
  assert.equal(await shown.count(), 1);
  assert.match(await shown.textContent(), /^Yes\./);
  await page.goto(new URL("progress.html", served.address).href);
  await page.getByText("Here it does not run, so nothing is counted.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Forget" }).count(), 0);
});

test("on the page to be printed the answers are as written", async () => {
  const { page, problems } = await open("print.html", { script: () => (window.print = () => {}) });
  assert.equal(await page.locator(".question").count(), 0);
  await page.getByText("Here it does not run, so nothing is counted.").waitFor();
  assert.deepEqual(problems, []);
});

for (const size of sizes) {
  for (const theme of ["light", "dark"]) {
    test(`an answered question at ${size.width} px, ${theme}: axe finds nothing, nothing is too wide or too small`, async () => {
      const { page } = await open(lock, { size, theme });
      await choose(page, "A");
      await choose(page, "B");
      await page.addScriptTag({ path: axe });
      // The listings are looked at with the whole page, in `pages.test.mjs`.
      const check = () => page.evaluate(async () => (await axe.run({ include: ["main"], exclude: ["pre"] })).violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(" ")}`));
      assert.deepEqual(await check(), []);
      const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.equal(await isWide(), false);
      const small = () => page.locator(".question :is(summary, button, .question-state a), #progress :is(button, tbody a)").evaluateAll((all) =>
        all.filter((it) => it.checkVisibility() && it.getBoundingClientRect().height < 24).map((it) => it.textContent));
      assert.deepEqual(await small(), []);
      await page.goto(new URL("progress.html", served.address).href);
      await page.addScriptTag({ path: axe });
      assert.deepEqual(await check(), []);
      assert.equal(await isWide(), false);
      assert.deepEqual(await small(), []);
    });
  }
}
