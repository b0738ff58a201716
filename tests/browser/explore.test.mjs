// The explorable in a browser: everything is drawn at once, the address keeps the setting, and it works by keyboard, on a
// telephone, in the dark, from a file, and without JavaScript.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { book, launch, openContext, serveBook, sizes } from "./common.mjs";

let browser, served, problems;
before(async () => {
  [browser, served] = await Promise.all([launch(), serveBook()]);
});
after(async () => {
  await browser.close();
  served.close();
});

async function open(fragment = "", { base = served.address, ...options } = {}) {
  problems = [];
  const context = await openContext(browser, { ...options, problems });
  const page = await context.newPage();
  await page.goto(`${base}explore.html${fragment}`, { waitUntil: "load" });
  return page;
}
async function close(page) {
  await page.context().close();
  assert.deepEqual(problems, []);
}

const text = (page, name) => page.locator(`#explore-${name}`).textContent();
const typed = (page, name) => page.locator(`.knob:has([name=${name}]) input[type=number]`);
const slider = (page, name) => page.locator(`input[type=range][name=${name}]`);
const rows = (page) => page.locator("#timeline-explore .row").count();
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const fragment = (page) => new URL(page.url()).hash;

test("it opens with the book's five sites, one after another", async () => {
  const page = await open();
  assert.equal(await text(page, "total"), "600 ms");
  assert.equal(await text(page, "bound"), "One at a time bounds it: the total is the sum.");
  assert.equal(await rows(page), 5);
  assert.equal(await page.locator("#timeline-explore .held").count(), 5);
  assert.equal(fragment(page), "", "an address that nobody asked for");
  assert.equal(await page.locator(".explore-still").isVisible(), false);
  await close(page);
});

test("each control redraws picture and figures at once", async () => {
  const page = await open();
  const picture = () => page.locator("#timeline-explore").innerHTML();
  let last = await picture();
  const changes = async (what, act) => {
    await act();
    const now = await picture();
    assert.notEqual(now, last, what);
    last = now;
  };
  await changes("model", () => page.getByLabel("model", { exact: true }).selectOption("pool"));
  assert.equal(await text(page, "total"), "320 ms");
  await changes("workers", () => typed(page, "workers").fill("3"));
  assert.equal(await text(page, "total"), "270 ms");
  assert.equal(await slider(page, "workers").getAttribute("aria-valuetext"), "3");
  await changes("sites", () => typed(page, "sites").fill("320"));
  assert.equal(await rows(page), 40);
  assert.match(await page.locator("#timeline-explore").textContent(), /1 row of 8, and 280 more/);
  await changes("the five", () => page.getByLabel("the waits of the book's five sites").uncheck());
  await changes("wait", () => typed(page, "wait").fill("20"));
  await changes("workers again", () => typed(page, "workers").fill("64"));
  await changes("slots", () => typed(page, "slots").fill("32"));
  assert.equal(await text(page, "bound"), "The web's 32 slots bound it: more at once would only wait in line.");
  assert.equal(await text(page, "rate"), "1,600 /s");
  assert.ok(await page.locator("#timeline-explore .blocked").count() > 10, "who stands in line is hatched");
  await changes("work", () => typed(page, "work").fill("10"));
  const curve = await page.locator("#curve-explore").innerHTML();
  await changes("cores", () => typed(page, "cores").fill("8"));
  assert.notEqual(await page.locator("#curve-explore").innerHTML(), curve);
  await changes("gil", () => page.getByLabel("threads share a GIL").check());
  assert.match(await text(page, "bound"), /^The GIL bounds it/);
  await close(page);
});

test("what a model has no use for is off", async () => {
  const page = await open("#model=async");
  for (const [name, on] of [["workers", false], ["wait", false], ["sites", true], ["slots", true], ["work", true], ["cores", false]]) {
    assert.equal(await slider(page, name).isEnabled(), on, name);
    assert.equal(await typed(page, name).isEnabled(), on, `${name}, typed`);
  }
  await page.getByLabel("model", { exact: true }).selectOption("bounded");
  assert.ok(await slider(page, "workers").isEnabled());
  await typed(page, "work").fill("5");
  assert.ok(await slider(page, "cores").isEnabled() && await page.getByLabel("threads share a GIL").isEnabled());
  await close(page);
});

test("bars are solid where a thread is held, and hollow where none is", async () => {
  const page = await open("#a-thread-each");
  const widths = (name) => page.locator(`#timeline-explore rect.${name}`).evaluateAll((all) => all.map((rect) => parseFloat(rect.getAttribute("width"))));
  assert.deepEqual(await widths("held"), await widths("open"));
  await press(page, "Async, one thread");
  assert.deepEqual(await widths("held"), Array(10).fill(0.4));
  assert.equal(Math.max(...await widths("open")), 100);
  assert.equal(await text(page, "threads"), "1 thread");
  await close(page);
});

test("each question sets what it asks about, shows itself alone, and has an address", async () => {
  const page = await open();
  const expected = {
    "one-after-another": "600 ms", "a-thread-each": "200 ms", "a-pool-of-three": "270 ms", "on-one-thread": "200 ms",
    "more-workers-than-slots": "200 ms", "work-under-a-gil": "400 ms", "work-on-the-loop": "350 ms",
  };
  const buttons = page.locator(".questions button");
  assert.deepEqual(await buttons.evaluateAll((all) => all.map(({ value }) => value)), Object.keys(expected));
  for (const [id, total] of Object.entries(expected)) {
    await page.locator(`.questions button[value=${id}]`).click();
    assert.equal(await text(page, "total"), total, id);
    assert.equal(fragment(page), `#${id}`);
    assert.deepEqual(await page.locator(".try:visible").evaluateAll((all) => all.map((one) => one.id)), [id]);
    assert.deepEqual(await page.locator("button[aria-pressed=true]").evaluateAll((all) => all.map(({ value }) => value)), [id]);
  }
  // From a link, the same.
  for (const [id, total] of Object.entries(expected)) {
    await page.evaluate((id) => new Promise((arrived) => {
      addEventListener("hashchange", arrived, { once: true });
      location.hash = id;
    }), id);
    assert.equal(await text(page, "total"), total, `${id}, by its address`);
    assert.ok(await page.locator(`#${id}`).isVisible());
  }
  await close(page);
});

test("what the answers say, the page shows", async () => {
  const page = await open("#work-under-a-gil");
  await page.getByLabel("threads share a GIL").uncheck();
  assert.equal(await text(page, "total"), "200 ms");
  await page.getByLabel("threads share a GIL").check();
  await page.getByLabel("model", { exact: true }).selectOption("processes");
  assert.equal(await text(page, "total"), "200 ms");
  assert.equal(await text(page, "threads"), "2 processes");
  await press(page, "A pool of three");
  await typed(page, "workers").fill("4");
  assert.equal(await text(page, "total"), "200 ms");
  await press(page, "64 workers, 32 slots");
  const [rate, took] = [await text(page, "rate"), await text(page, "page")];
  await typed(page, "workers").fill("32");
  assert.equal(await text(page, "rate"), rate);
  assert.deepEqual([took, await text(page, "page")], ["38 ms", "20 ms"]);
  await press(page, "Work on the loop");
  await page.getByLabel("model", { exact: true }).selectOption("hybrid");
  assert.equal(await text(page, "total"), "260 ms");
  await close(page);
});

test("the address keeps a setting, and a silly one is made sensible", async () => {
  const page = await open();
  await press(page, "A pool of three");
  await typed(page, "workers").fill("4");
  await typed(page, "workers").press("Tab");
  assert.equal(fragment(page), "#model=pool&workers=4");
  await page.getByLabel("the waits of the book's five sites").uncheck();
  assert.equal(fragment(page), "#model=pool&workers=4&wait=100");
  const address = page.url();
  await page.goto("about:blank");
  await page.goto(address);
  assert.equal(await typed(page, "workers").inputValue(), "4");
  assert.equal(await text(page, "total"), "200 ms");
  await close(page);

  const silly = await open("#model=fibers&sites=1e9&workers=-3&wait=<b>&slots=NaN&cores=2.4&gil=");
  assert.equal(await text(silly, "total"), "100,000 ms");
  assert.equal(await typed(silly, "sites").inputValue(), "1000");
  assert.equal(await typed(silly, "workers").inputValue(), "1");
  assert.equal(await typed(silly, "slots").inputValue(), "0");
  await silly.evaluate(() => { location.hash = "#what-it-leaves-out"; });
  assert.equal(await text(silly, "total"), "100,000 ms", "a heading is no setting");
  await silly.evaluate(() => { location.hash = "#model=threads"; });
  await silly.waitForFunction(() => document.getElementById("explore-total").textContent === "200 ms");
  await close(silly);
});

test("a number that is being typed is not touched, and is set right when it is left", async () => {
  const page = await open("#a-pool-of-three");
  const field = typed(page, "workers");
  await field.fill("");
  assert.equal(await field.inputValue(), "");
  await field.fill("999");
  assert.equal(await field.inputValue(), "999");
  await field.press("Enter");
  assert.equal(await field.inputValue(), "256");
  assert.equal(new URL(page.url()).search, "", "Enter sends nothing");
  await typed(page, "sites").fill("5.5");
  await typed(page, "sites").press("Tab");
  assert.equal(await typed(page, "sites").inputValue(), "6");
  await close(page);
});

test("with nothing to wait for and nothing to do, it says so", async () => {
  const page = await open("#model=pool&wait=0");
  assert.match(await text(page, "bound"), /nothing to do/);
  assert.equal(await text(page, "total"), "0 ms");
  assert.equal(await page.locator("#timeline-explore").count(), 0);
  await close(page);
});

test("it speaks when a control is let go, and not at each step", async () => {
  const page = await open("#a-pool-of-three");
  const said = () => page.locator("#explore [role=status]").textContent();
  assert.equal(await said(), "");
  await slider(page, "workers").evaluate((input) => {
    input.value = 3;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  assert.equal(await text(page, "total"), "200 ms");
  assert.equal(await said(), "");
  await slider(page, "workers").dispatchEvent("change");
  assert.equal(await said(), "The longest page bounds it: only a faster site would help. Total 200 ms, 4 in flight, 4 threads, 25 pages a second.");
  assert.equal(await page.locator("#explore [aria-live], #explore output").count(), 0, "nothing else speaks");
  await close(page);
});

test("the pictures are told in words", async () => {
  const page = await open("#a-pool-of-three");
  const told = await page.locator("#timeline-explore desc").textContent();
  assert.match(told, /^5 bars, 3 threads, 270 ms\. site-1: from 0 ms, 120 ms · thread 1\./);
  assert.match(told, /site-5: from 120 ms, 150 ms · thread 1\.$/);
  assert.match(await page.locator("#curve-explore desc").textContent(), /2 at once: 16 a second, by Little's law 17\./);
  for (const id of ["timeline-explore", "curve-explore"]) assert.equal(await page.locator(`#${id}`).getAttribute("role"), "img");
  await close(page);
});

test("the keyboard alone reaches and moves everything, and leaves the page where it is", async () => {
  const page = await open();
  const address = page.url().split("#")[0];
  await page.locator(".questions button").first().focus();
  const focused = () => page.evaluate(() => {
    const { activeElement: it } = document;
    return it.closest("#explore") && (it.name || it.value || it.ariaLabel || it.tagName);
  });
  const reached = [];
  for (let name; (name = await focused()); await page.keyboard.press("Tab")) reached.push(name);
  assert.deepEqual(reached, ["one-after-another", "a-thread-each", "a-pool-of-three", "on-one-thread", "more-workers-than-slots",
    "work-under-a-gil", "work-on-the-loop", "SUMMARY", "model", "five", "sites", "5", "slots", "0", "work", "0"]);

  await page.locator(".questions button[value=a-pool-of-three]").focus();
  await page.keyboard.press("Enter");
  assert.equal(await text(page, "total"), "270 ms");
  await slider(page, "workers").focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await text(page, "total"), "200 ms");
  assert.equal(await typed(page, "workers").inputValue(), "4");
  await page.keyboard.press("Home");
  assert.equal(await text(page, "total"), "600 ms");
  await page.keyboard.press("End");
  assert.equal(await typed(page, "workers").inputValue(), "256");
  await page.getByLabel("model", { exact: true }).focus();
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.getByLabel("model", { exact: true }).inputValue(), "processes");
  await page.getByLabel("the waits of the book's five sites").focus();
  await page.keyboard.press("Space");
  assert.equal(await text(page, "longest"), "100 ms");
  assert.equal(page.url().split("#")[0], address, "arrows turn no page here");
  await close(page);
});

for (const [name, options] of Object.entries({
  "1280, light": { size: sizes[0], theme: "light" }, "1280, dark": { size: sizes[0], theme: "dark" },
  "390, light": { size: sizes[1], theme: "light" }, "390, dark": { size: sizes[1], theme: "dark" },
})) {
  test(`at ${name}: nothing scrolls sideways, targets are large, axe has nothing to say`, async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    const page = await open("", options);
    await page.evaluate(axe);
    for (const id of ["one-after-another", "more-workers-than-slots", "work-on-the-loop"]) {
      await page.locator(`.questions button[value=${id}]`).click();
      await page.locator(".try:visible summary").click();
      // The page itself never scrolls sideways: mdBook's `.content` would, inside it.
      const wide = await page.locator("#explore").evaluate((it) => {
        const scrolling = [];
        for (; it; it = it.parentElement) if (it.scrollWidth > it.clientWidth) scrolling.push(`${it.tagName} ${it.className}: ${it.scrollWidth} pixels on ${it.clientWidth}`);
        return scrolling;
      });
      assert.deepEqual(wide, [], id);
      const small = await page.locator("#explore :is(button, select, input, summary)").evaluateAll((all) =>
        all.filter((it) => it.offsetParent).map((it) => it.getBoundingClientRect()).filter(({ width, height }) => width < 24 || height < 24).length);
      assert.equal(small, 0, `${id}: targets below 24 pixels`);
      const { violations } = await page.evaluate(() => globalThis.axe.run("#explore", { resultTypes: ["violations"] }));
      assert.deepEqual(violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(" ").slice(0, 300)}`), [], id);
    }
    await close(page);
  });
}

test("it works from a file", async () => {
  const page = await open("#a-pool-of-three", { base: `${pathToFileURL(book)}${path.sep}` });
  assert.equal(await text(page, "total"), "270 ms");
  await typed(page, "workers").fill("1");
  await typed(page, "workers").press("Tab");
  assert.equal(await text(page, "total"), "600 ms");
  assert.equal(fragment(page), "#model=pool&workers=1");
  await close(page);
});

test("without JavaScript there is a recorded picture, every question, and no dead control", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${served.address}explore.html`);
  assert.ok(await page.locator(".explore-still svg.timeline").isVisible());
  assert.match(await page.locator(".explore-still").textContent(), /controls need JavaScript/);
  assert.equal(await page.locator("#explore :is(input, select, button):visible").count(), 0);
  assert.equal(await page.locator(".try:visible").count(), 7);
  await page.locator(".try summary").first().click();
  assert.match(await page.locator(".try").first().textContent(), /The sum/);
  await context.close();
});
