// What a page looks like, as far as it has a structure: labels, side by side, nothing wider than the screen.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { book, launch, openContext, pages, serveBook, sizes } from "./common.mjs";

const PAGE = "02-threads-and-locks/a-thread-a-site.html";

let browser, served;
before(async () => ([browser, served] = await Promise.all([launch(), serveBook()])));
after(async () => (await browser.close(), served.close()));

async function open(t, file, size) {
  const context = await openContext(browser, { size });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(served.address + file, { waitUntil: "load" });
  return page;
}

/** The words above each listing in which `language` stands, and the colour of its edge. */
const labels = (page, language) =>
  page.locator(`pre:has(> code.language-${language})`).evaluateAll((all) =>
    all.map((pre) => [getComputedStyle(pre, "::before").content, getComputedStyle(pre).borderInlineStartColor]));

test("each listing says in words and by colour what it is", async (t) => {
  const page = await open(t, "02-threads-and-locks/spawn-and-join.html", sizes[0]);
  const rust = await labels(page, "rust");
  const compiler = await labels(page, "text");
  assert.deepEqual([...new Set(rust.map(([words]) => words))].sort(), ['"Rust"', '"Rust, refused by the compiler"']);
  assert.deepEqual(new Set(compiler.map(([words]) => words)), new Set(['"The compiler says"']));
  await page.goto(served.address + PAGE);
  const python = await labels(page, "python");
  assert.deepEqual(new Set(python.map(([words]) => words)), new Set(['"Python"']));
  assert.equal(new Set([...rust, ...compiler, ...python].map(([, colour]) => colour)).size, 3);
});

test("Python and Rust stand side by side on a wide screen and one above the other on a narrow one", async (t) => {
  for (const [width, beside] of [[1920, true], [1280, false], [800, false], [390, false]]) {
    const page = await open(t, PAGE, { width, height: 1080 });
    const [python, rust] = await Promise.all(["#in-python", "#in-rust"].map((id) => page.locator(id).boundingBox()));
    assert.equal(python.y === rust.y, beside, `${width}`);
    assert.equal(rust.x > python.x + 300, beside, `${width}`);
    if (!beside) assert.ok(rust.y > python.y);
  }
});

test("beside a long Rust, the short Python stays in sight", async (t) => {
  const page = await open(t, "05-async/ten-thousand.html", { width: 1920, height: 1080 });
  const [python, end] = [page.locator(".side-by-side #in-python"), page.locator(".side-by-side > div:last-child > :last-child")];
  const before = await python.boundingBox();
  await end.scrollIntoViewIfNeeded();
  const after = await python.boundingBox();
  assert.ok(before.y > 300 && (await page.evaluate(() => scrollY)) > 300);
  assert.ok(after.y >= 0 && after.y < 200, `${after.y}`);
});

test("the pages with the most in them are not wider than a telephone", async (t) => {
  const sized = await Promise.all((await pages()).filter((file) => file !== "print.html").map(async (file) => [(await stat(path.join(book, file))).size, file]));
  const page = await open(t, PAGE, sizes[1]);
  for (const [, file] of sized.sort(([a], [b]) => b - a).slice(0, 10)) {
    await page.goto(served.address + file, { waitUntil: "load" });
    await page.locator(".timeline-table summary").evaluateAll((all) => all.forEach((summary) => (summary.parentElement.open = true)));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), file);
    const wide = await page.locator("main > *").evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.tagName));
    assert.deepEqual(wide, [], file);
  }
});

test("on paper each answer is shown with what is said to it, and no button", async (t) => {
  const page = await open(t, PAGE, sizes[0]);
  await page.emulateMedia({ media: "print" });
  const answers = await page.locator("main details:not(.timeline-table) > p").evaluateAll((all) => all.map((one) => one.checkVisibility() && one.getBoundingClientRect().height > 0));
  assert.ok(answers.length >= 3 && answers.every(Boolean), `${answers}`);
  assert.equal(await page.locator(".buttons:visible, .menu-bar:visible, .sidebar:visible, .timeline-table:visible").count(), 0);
});
