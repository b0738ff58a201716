// The keyboard alone reaches and works everything that mdBook and the template put around a page.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, test } from "node:test";
import { launch, openContext, serveBook, sizes } from "./common.mjs";

const name = "02-threads-and-locks/a-thread-a-site.html"; // has listings, a picture, questions, footnotes

let browser, served, context, page;
const problems = [];
before(async () => ([browser, served] = await Promise.all([launch(), serveBook()])));
after(async () => {
  await browser?.close();
  served?.close();
});
afterEach(async () => {
  await context?.close();
  assert.deepEqual(problems.splice(0), []);
});

const open = async (options, path = name) => {
  context = await openContext(browser, { sidebar: "visible", problems, ...options });
  page = await context.newPage();
  await page.goto(served.address + path);
};
const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
const focused = (selector) => page.waitForFunction((wanted) => document.activeElement.matches(wanted), selector);

// What has the focus: a mark on it, and how it shows.
const look = () => {
  const element = document.activeElement;
  if (element === document.body || element.dataset.reached) return null;
  element.dataset.reached = "yes";
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const problems = [];
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) problems.push("no ring");
  if (!box.width || !box.height) problems.push("no size");
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) problems.push("not visible");
  if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) problems.push("out of sight");
  return problems.map((problem) => `${problem}: ${element.outerHTML.slice(0, 120)}`);
};

// What can be worked and was not reached. Of the radio buttons of a group, Tab stops at one.
const missed = () =>
  [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0'], .chapter-fold-toggle")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled && !element.dataset.reached)
    .filter((element) => element.type !== "radio" || ![...document.getElementsByName(element.name)].some((other) => other.dataset.reached))
    .map((element) => element.outerHTML.slice(0, 120));

for (const size of sizes) {
  test(`Tab reaches every control at ${size.width} pixels, and shows where it is`, async () => {
    await open({ size });
    await page.emulateMedia({ reducedMotion: "reduce" }); // else what is being faded in counts as not there yet
    const wrong = [];
    let stops = 0;
    for (; stops < 400; stops += 1) {
      await press("Tab");
      const found = await page.evaluate(look);
      if (!found) break;
      wrong.push(...found);
    }
    assert.deepEqual({ wrong, missed: await page.evaluate(missed) }, { wrong: [], missed: [] });
    assert(stops > 40, `only ${stops} stops`);
  });
}

test("the skip link is the first stop, and leads past menu and sidebar", async () => {
  await open();
  await press("Tab");
  await focused(".skip-link");
  await press("Enter");
  await focused("#mdbook-content");
  await press("Tab");
  await focused("main *");
});

test("the sidebar closes and opens by keyboard, and the next page remembers it", async () => {
  await open();
  const sidebar = page.locator("#mdbook-sidebar");
  const toggle = page.locator("#mdbook-sidebar-toggle");
  for (const [key, state] of [["Enter", "hidden"], ["Space", "visible"], ["Space", "hidden"]]) {
    await toggle.focus();
    await press(key);
    await sidebar.waitFor({ state });
    assert.equal(await toggle.getAttribute("aria-expanded"), String(state === "visible"));
    assert.equal(await sidebar.getAttribute("aria-hidden"), String(state === "hidden"));
    await page.reload();
    await sidebar.waitFor({ state });
    assert.equal(await toggle.getAttribute("aria-expanded"), String(state === "visible"));
  }
});

test("a chapter in the sidebar unfolds by keyboard, and says so", async () => {
  await open();
  const sign = page.locator(".chapter-fold-toggle[aria-expanded=false]").first();
  const item = await sign.evaluateHandle((element) => element.closest("li"));
  const shown = () => item.evaluate((element) => element.querySelector("ol").checkVisibility());
  const handle = await sign.elementHandle();
  assert.equal(await shown(), false);
  for (const key of ["Enter", "Space"]) {
    await handle.focus();
    await press(key);
    const open = key === "Enter";
    await page.waitForFunction(([element, wanted]) => element.getAttribute("aria-expanded") === wanted, [handle, String(open)]);
    assert.equal(await shown(), open);
  }
  assert.equal(new URL(page.url()).pathname, `/${name}`);
});

test("the theme menu works by keyboard, and the next page remembers the theme", async () => {
  await open();
  await page.locator("#mdbook-theme-toggle").focus();
  await press("Enter");
  await focused("#mdbook-theme-light");
  await press("ArrowRight"); // wanted by nobody here, and it does not turn the page
  await press("ArrowDown");
  await focused("#mdbook-theme-rust");
  await press("End");
  await focused("#mdbook-theme-ayu");
  await press("ArrowUp", "Enter");
  await page.locator("html.navy").waitFor();
  await press("Escape");
  await focused("#mdbook-theme-toggle");
  assert.equal(await page.locator("#mdbook-theme-list").isVisible(), false);
  await page.reload();
  await page.locator("html.navy").waitFor();
  assert.equal(new URL(page.url()).pathname, `/${name}`);
});

// Whether a script took each key that follows: mdBook prevents the default of a key that turns the page.
const watchKeys = () =>
  page.evaluate(() => {
    window.taken = [];
    addEventListener("keydown", (event) => setTimeout(() => window.taken.push(event.defaultPrevented)), { capture: true });
  });
const taken = async (count) => {
  await page.waitForFunction((count) => window.taken.length >= count, count);
  return page.evaluate(() => window.taken.splice(0));
};

test("arrow keys turn the page while the page or a link has the focus, and with Alt they are the browser's", async () => {
  await open();
  const here = served.address + name;
  const next = await page.locator(".nav-chapters.next").evaluate((link) => link.href);
  await press("ArrowRight");
  await page.waitForURL(next);
  await press("ArrowLeft");
  await page.waitForURL(here);
  await page.locator("main a[href]").first().focus();
  await watchKeys();
  await press("Alt+ArrowRight");
  assert(!(await taken(2)).includes(true)); // two keys went down
  await press("ArrowRight");
  await page.waitForURL(next);
});

test("arrow keys belong to what has the focus, if that may want them", async () => {
  await open({ size: sizes[1] });
  await watchKeys();
  const code = page.locator(".content pre > code[tabindex='0']").first(); // it is wider than a telephone, and scrolls
  await code.focus();
  await press("ArrowRight");
  await code.evaluate((element) => new Promise((resolve) => {
    if (element.scrollLeft > 0) resolve();
    else element.addEventListener("scroll", resolve, { once: true });
  }));
  for (const selector of ["summary, main input[type=radio]", "#mdbook-theme-toggle"]) {
    await page.locator(selector).first().focus();
    await press("ArrowLeft");
  }
  const found = await taken(3);
  assert.equal(page.url(), served.address + name);
  assert.deepEqual(found, [false, false, false]);
});
