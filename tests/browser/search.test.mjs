// The search finds, by keyboard alone, served and from files.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { book, launch, openContext, serveBook } from "./common.mjs";

let browser, served;
before(async () => ([browser, served] = await Promise.all([launch(), serveBook()])));
after(async () => {
  await browser?.close();
  served?.close();
});

const places = { "from a server": () => served.address, "from files": () => `${pathToFileURL(book)}/` };

for (const [place, address] of Object.entries(places)) {
  test(`it finds, ${place}, by keyboard alone`, async () => {
    const problems = [];
    const context = await openContext(browser, { problems });
    const page = await context.newPage();
    const results = page.locator("#mdbook-searchresults li");
    const search = async (words) => {
      await page.keyboard.press("/");
      await page.waitForFunction(() => document.activeElement.id === "mdbook-searchbar");
      await page.keyboard.type(words);
      await page.locator("#mdbook-searchresults-header", { hasText: words }).waitFor();
      return results.evaluateAll((items) => items.map((item) => item.querySelector("a").getAttribute("href")));
    };

    await page.goto(`${address()}welcome.html`);
    const pools = await search("thread pool");
    const built = pools.findIndex((href) => href.startsWith("03-thread-pool/build-a-pool.html"));
    assert(built >= 0 && built < 3, `the page that builds a pool is no. ${built + 1} of ${pools.length}`);

    // Down to that result, and open it.
    for (let index = 0; index <= built; index += 1) await page.keyboard.press("ArrowDown");
    assert.equal(await results.nth(built).getAttribute("class"), "focus");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.href.includes("build-a-pool.html"));
    await page.locator("main mark").first().waitFor(); // what was searched for is marked

    const moved = await search("E0382");
    assert(moved.length > 0);
    await page.keyboard.press("Enter"); // from the field: the first result
    await page.waitForURL((url) => url.href.includes(moved[0].replace(/^(\.\.\/)+/, "").split("?")[0]));
    assert.match(await page.locator("main").innerText(), /E0382/);

    await search("no such word as qwxyz");
    assert.equal(await results.count(), 0);
    await page.keyboard.press("Escape");
    await page.locator("#mdbook-search-wrapper").waitFor({ state: "hidden" });
    await context.close();
    assert.deepEqual(problems, []);
  });
}
