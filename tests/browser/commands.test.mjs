// The commands of the plain book: each can be copied, and nothing else is there.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { book, launch, openContext, pages, root, serveBook } from "./common.mjs";

const at = "02-threads-and-locks/a-thread-a-site.html";
const rust = "cargo run --example 02-thread-per-site";
const python = "python3 examples/02-threads-and-locks/python/thread_per_site.py";

let browser, served;
before(async () => ([browser, served] = await Promise.all([launch(), serveBook()])));
after(async () => (await browser.close(), served.close()));

/** A page of the plain book, and what it asked for. It is closed after the test. */
async function open(t, address, options = {}) {
  const problems = [];
  const context = await openContext(browser, { problems });
  t.after(() => context.close());
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  if (options.before) await page.addInitScript(options.before);
  await page.goto(address);
  const box = (command) => page.locator(`.command[data-command="${command}"]`);
  return { context, page, asked, problems, box, copy: (command) => box(command).getByRole("button", { name: "Copy command" }) };
}

/** Each recorded command by the text of its recording. */
async function recorded(name) {
  const text = await readFile(path.join(root, `book/recorded/${name}.txt`), "utf8");
  const [head] = /^(?:.*\\\n)*.*\n/.exec(text);
  return { command: head.slice(2).replace(/\\\n/g, " ").replace(/\s+/g, " ").trim(), output: text.slice(head.length) };
}

test("the command is told apart from what it printed, and alone is copied", async (t) => {
  const { context, page, box, copy, problems } = await open(t, served.address + at);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await copy(rust).press("Enter");
  await box(rust).getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), rust);
  const { command, output } = await recorded("02-thread-per-site");
  assert.equal(await box(rust).locator(".command-line").textContent(), command);
  assert.equal(await box(rust).locator("pre").textContent(), output);
  assert.equal(await box(python).locator(".command-language").textContent(), "Python");
  assert.equal(await box(rust).locator(".command-language").count(), 0);
  assert.equal(await page.locator(".command .clip-button").count(), 0, "mdBook's own button copies the whole block");
  assert.deepEqual(problems, []);
});

test("a command in several lines is joined", async (t) => {
  const { command, output } = await recorded("01-sequential-fetch-failures");
  assert.match(command, / -- \/delay\/100 /);
  const { box } = await open(t, `${served.address}01-sequential-fetch/when-a-site-fails.html`);
  assert.equal(await box(command).locator("pre").textContent(), output);
});

test("each console block that begins with a command has its toolbar", async (t) => {
  const { page } = await open(t, "about:blank");
  let commands = 0;
  // Every third page: the whole book on one page (print.html) would be the same again, and asks for the printer.
  for (const file of (await pages()).filter((file, at) => file !== "print.html" && at % 3 === 0)) {
    const html = await readFile(path.join(book, file), "utf8");
    const expected = html.match(/<code class="language-console">\$ /g)?.length ?? 0;
    if (!expected) continue;
    await page.goto(served.address + file);
    assert.equal(await page.locator(".command").count(), expected, file);
    assert.equal(await page.getByRole("button", { name: "Copy command" }).count(), expected, file);
    commands += expected;
  }
  assert.ok(commands > 30, `${commands} commands`);
});

for (const [why, refuse] of [
  ["is refused", () => Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new DOMException("no", "NotAllowedError")) } })],
  ["does not exist, as in a context that is not secure", () => Object.defineProperty(navigator, "clipboard", { value: undefined })],
]) {
  test(`where the clipboard ${why}, the command is selected`, async (t) => {
    const { page, box, copy, problems } = await open(t, served.address + at, { before: refuse });
    await copy(python).click();
    await box(python).getByText("Selected: copy it with your keyboard or menu").waitFor();
    assert.equal(await page.evaluate(() => String(getSelection())), python);
    assert.deepEqual(problems, []);
  });
}

for (const [place, address] of [["a host of files", () => served.address], ["file://", () => `${pathToFileURL(book)}/`]]) {
  test(`from ${place} there is nothing to run, and nothing is asked of any other place`, async (t) => {
    const base = address();
    const { page, asked, problems, box, copy } = await open(t, base + at);
    await copy(rust).click();
    await box(rust).getByText(/^(Copied|Selected: )/).waitFor();
    for (const file of ["welcome.html", "course/exercises.html"]) await page.goto(base + file);
    await page.goto(base + at);
    assert.equal(await page.getByRole("main").getByRole("button", { name: /Run|Stop|Change/ }).count(), 0);
    assert.equal(await page.locator(".run-bar, .exercise-state").count(), 0);
    assert.deepEqual(asked.filter((url) => !url.startsWith(base) || url.includes("/.reader/")), []);
    assert.deepEqual(problems, []);
  });
}
