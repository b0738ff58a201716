// The pictures of runs: details of a bar by pointer and by keyboard, and a table of what they show.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch, openContext, root, serveBook, sizes } from "./common.mjs";

const PAGE = "02-threads-and-locks/lock-held-too-long.html"; // threads that are held, and wait for a lock
const NAME = "02-lock-during-fetch";

let browser, served;
before(async () => ([browser, served] = await Promise.all([launch(), serveBook()])));
after(async () => (await browser.close(), served.close()));

/** A page of the book in a context of its own, with the picture of the recording `name`. */
async function open(t, file = PAGE, name = NAME, size = sizes[0]) {
  const problems = [];
  const context = await openContext(browser, { size, problems });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(served.address + file, { waitUntil: "load" });
  const svg = page.locator(`#timeline-${name}`);
  await svg.scrollIntoViewIfNeeded();
  return { page, svg, box: page.locator(".timeline-box"), problems };
}

const recorded = async (name) => JSON.parse(await readFile(path.join(root, "book/recorded", `${name}.json`), "utf8"));
const ms = (n) => `${n.toFixed(n > 0 && n < 9.95 ? 1 : 0)} ms`;

test("the pointer on a bar shows its task, its times, its thread and its waits", async (t) => {
  const { page, svg, box, problems } = await open(t);
  const { spans } = await recorded(NAME);
  assert.equal(await box.isVisible(), false);
  for (const [i, span] of spans.entries()) {
    await svg.locator(".row .open").nth(i).hover({ force: true });
    const text = await box.innerText();
    assert.ok(text.startsWith(`${span.label}\n`), text);
    assert.ok(text.includes(`from ${ms(span.begin_ms)} to ${ms(span.end_ms)}`), text);
    assert.ok(text.includes(`thread ${span.held[0].thread} for`), text);
  }
  assert.match(await box.innerText(), /for a lock/);
  await page.mouse.move(5, 300);
  await box.waitFor({ state: "hidden" });
  assert.deepEqual(problems, []);
});

// A browser tells of the bar that came under the pointer as of one that the pointer came to. Chromium without a screen may not, so
// this says it in its place.
test("a bar that comes under a pointer at rest, because the page moves, says nothing", async (t) => {
  const { page, svg, box } = await open(t);
  await page.mouse.move(30, 40);
  const over = (clientX, clientY) =>
    svg.evaluate((element, at) => element.querySelector(".row .open").dispatchEvent(new PointerEvent("pointerover", { bubbles: true, ...at })), { clientX, clientY });
  await over(30, 40);
  assert.equal(await box.innerText(), "");
  await over(31, 40);
  assert.notEqual(await box.innerText(), "");
});

test("the keyboard goes from bar to bar, turns no page meanwhile, and Escape puts the box away", async (t) => {
  const { page, svg, box } = await open(t);
  const { spans } = await recorded(NAME);
  const address = page.url();
  // The picture is one stop of the Tab key: the table's summary is the next.
  await svg.evaluate((element) => element.parentElement.previousElementSibling.scrollIntoView());
  await svg.focus();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "As a table");
  await page.keyboard.press("Shift+Tab");
  assert.ok((await box.innerText()).startsWith(`${spans[0].label}\n`));
  const seen = [];
  for (const key of ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowLeft"]) {
    await page.keyboard.press(key);
    seen.push((await box.innerText()).split("\n")[0]);
  }
  assert.deepEqual(seen, [1, 2, 1, 0, 0].map((i) => spans[i].label));
  assert.equal(await box.getAttribute("role"), "status");
  await page.keyboard.press("Escape");
  await box.waitFor({ state: "hidden" });
  assert.equal(page.url(), address);
});

test("on a telephone the box stays on the screen", async (t) => {
  const { page, svg, box } = await open(t, PAGE, NAME, sizes[1]);
  const check = async () => {
    const { x, width } = await box.boundingBox();
    assert.ok(x >= 0 && x + width <= sizes[1].width, `${x} + ${width}`);
  };
  const { x, y, width } = await svg.locator(".row .open").last().boundingBox();
  for (const share of [0.02, 0.5, 0.98]) {
    await page.mouse.move(x + width * share, y + 6);
    await check();
  }
  await svg.focus();
  await page.keyboard.press("ArrowDown");
  await check();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

test("the table has a row for each span of the recording, with its times and threads", async (t) => {
  for (const [file, name] of [[PAGE, NAME], ["05-async/work-off-the-loop.html", "05-hybrid"]]) {
    const { svg, page } = await open(t, file, name);
    const { spans } = await recorded(name);
    const table = svg.locator("xpath=following-sibling::details");
    await table.locator("summary").click();
    const rows = await table.locator("tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
    assert.deepEqual(rows.map((cells) => cells.slice(0, 3)), spans.map((span) => [span.label, ms(span.begin_ms), ms(span.end_ms)]));
    rows.forEach(([, , , on], i) => {
      const threads = [...new Set(spans[i].held.map(({ thread }) => thread))];
      assert.deepEqual([...on.matchAll(/thread (\d+) for/g)].map(([, thread]) => Number(thread)).sort(), threads.sort(), on);
    });
    assert.deepEqual(await table.locator("thead th").allTextContents(), ["Task", "Begins", "Ends", "Held on", "Waits"]);
    await page.close();
  }
});

test("a picture that is added later has the same, and a long one a short table", async (t) => {
  const { page, svg } = await open(t);
  await svg.evaluate((element) => {
    const copy = element.cloneNode(true);
    copy.id = "added";
    copy.removeAttribute("tabindex");
    const row = copy.querySelector(".row");
    for (let i = 0; i < 60; i++) row.after(row.cloneNode(true));
    document.querySelector("main").append(copy);
  });
  const added = page.locator(".timeline-figure:has(#added)");
  await added.waitFor();
  await added.locator("summary").click();
  assert.equal(await added.locator("tbody tr").count(), 50);
  assert.equal(await added.locator("details > p").innerText(), "15 more are not in this table.");
  await added.locator("svg").focus();
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator(".timeline-box").isVisible(), true);
});

test("without JavaScript each bar has its title", async (t) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(served.address + PAGE);
  const titles = await page.locator(`#timeline-${NAME} .row > title`).allTextContents();
  assert.equal(titles.length, 5);
  assert.match(titles[0], /ms · thread \d/);
});
