// The built book needs no server: it opens from its files, with its style, its sidebar and its scripts. And it can be read without scripts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { book, launch, openContext, pages } from "./common.mjs";

test("pages open from files without an error, and lead to each other", async () => {
  const problems = [];
  const browser = await launch();
  try {
    const context = await openContext(browser, { problems });
    const page = await context.newPage();
    page.on("requestfailed", (request) => {
      // The icon is asked for late, and given up where the next page is opened first.
      if (request.failure()?.errorText !== "net::ERR_ABORTED") problems.push(`not there: ${request.url()}`);
    });
    const names = (await pages()).filter((name) => name !== "print.html" && name !== "404.html");
    const every = Math.ceil(names.length / 10);
    const some = names.filter((name, index) => index % every === 0 || name === "explore.html");
    for (const name of some) {
      await page.goto(`${pathToFileURL(book)}/${name}`);
      const seen = await page.evaluate(() => ({
        styled: getComputedStyle(document.querySelector(".content main")).maxWidth !== "none",
        links: document.querySelectorAll("#mdbook-sidebar a[href]").length > 100,
        code: [...document.querySelectorAll("code[class*=language-rust], code[class*=language-python]")].every((code) => code.querySelector("[class^=hljs-]")),
      }));
      assert.deepEqual({ name, ...seen }, { name, styled: true, links: true, code: true });
    }
    // The sidebar's links lead from file to file.
    await page.goto(`${pathToFileURL(book)}/03-thread-pool/build-a-pool.html`);
    await page.evaluate(() => document.querySelector("#mdbook-sidebar a[href$='glossary.html']").click());
    await page.waitForURL(`${pathToFileURL(book)}/glossary.html`);
  } finally {
    await browser.close();
  }
  assert.deepEqual(problems, []);
});

test("without JavaScript, the menu bar leads to a table of contents with every page in sight", async () => {
  const browser = await launch();
  try {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${pathToFileURL(book)}/03-thread-pool/build-a-pool.html`);
    const buttons = page.locator("#mdbook-menu-bar button");
    for (let index = 0; index < (await buttons.count()); index += 1) assert.equal(await buttons.nth(index).isVisible(), false);
    await page.getByRole("link", { name: "Table of Contents" }).press("Enter");
    await page.waitForURL(`${pathToFileURL(book)}/toc.html`);
    const links = page.locator("main a[href]");
    assert((await links.count()) > 100);
    await page.locator("main a[href='03-thread-pool/build-a-pool.html']").press("Enter"); // it waits until the link can be seen
    await page.waitForURL(/build-a-pool\.html$/);
  } finally {
    await browser.close();
  }
});
