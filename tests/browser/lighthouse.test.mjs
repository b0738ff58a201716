// Lighthouse on the heaviest and on the median page, as on a telephone, served with gzip.
//
// Accessibility, best practices and SEO are facts about the page and have to be 100. Performance is computed from what this machine did
// while it loaded the page, so a busy machine lowers it: the best of up to three runs is reported with its reasons, and it fails only
// with LIGHTHOUSE=strict, which is for an idle machine. What makes a page fast is asserted always: bytes, requests, no layout that
// shifts. With strict, also that scripts of ours cost no more than those that mdBook brings.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import lighthouse from "lighthouse";
import { launch, pages, serveBook, weightOfPage } from "./common.mjs";

const enough = 95;
const runs = 3; // at most

let browser, served, port, chosen;

async function freePort() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

before(async () => {
  port = await freePort();
  [browser, served] = await Promise.all([launch(`--remote-debugging-port=${port}`), serveBook()]);
  // Not the two that nobody comes to by a link: all pages on one, for printing, and the one that says that there is no such page.
  const names = (await pages()).filter((name) => name !== "print.html" && name !== "404.html");
  const weights = await Promise.all(names.map(async (name) => [await weightOfPage(name), name]));
  weights.sort(([a], [b]) => b - a);
  chosen = { heaviest: weights[0][1], median: weights[Math.floor(weights.length / 2)][1] };
});

after(async () => {
  await browser?.close();
  served?.close();
});

const flags = { output: "json", logLevel: "error", onlyCategories: ["performance", "accessibility", "best-practices", "seo"] };

// A page that a busy machine did not paint in time is asked once more.
async function measure(name) {
  for (const again of [true, false]) {
    const { lhr } = await lighthouse(served.address + name, { ...flags, port });
    if (!lhr.runtimeError || !again) {
      assert.equal(lhr.runtimeError, undefined);
      return lhr;
    }
  }
}

const score = ({ categories }, category) => Math.round(categories[category].score * 100);

// What costs points in a category: its audits that are not passed.
const lost = ({ categories, audits }, category) =>
  categories[category].auditRefs
    .filter(({ id, weight }) => weight && audits[id].score !== null && audits[id].score < (category === "performance" ? 0.9 : 1))
    .map(({ id }) => `${id}: ${audits[id].displayValue ?? audits[id].title} ${JSON.stringify(audits[id].details?.items?.slice(0, 3) ?? "").slice(0, 600)}`);

for (const kind of ["heaviest", "median"]) {
  test(`the ${kind} page`, async (t) => {
    let best = await measure(chosen[kind]);
    for (const category of ["accessibility", "best-practices", "seo"]) {
      assert.deepEqual([score(best, category), ...lost(best, category)], [100], `${category} of ${chosen[kind]}`);
    }
    for (let run = 1; run < runs && score(best, "performance") < enough; run += 1) {
      const other = await measure(chosen[kind]);
      if (score(other, "performance") > score(best, "performance")) best = other;
    }

    const { categories, audits, environment } = best;
    const requests = audits["network-requests"].details.items;
    const bytes = requests.reduce((sum, { transferSize }) => sum + transferSize, 0);
    const metrics = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "speed-index", "cumulative-layout-shift"];
    t.diagnostic(`${chosen[kind]}: ${Object.keys(categories).map((category) => `${category} ${score(best, category)}`).join(", ")}`);
    t.diagnostic(metrics.map((id) => `${audits[id].title} ${audits[id].displayValue}`).join(", "));
    t.diagnostic(`${(bytes / 1024).toFixed(1)} KiB in ${requests.length} requests; speed of this machine ${environment.benchmarkIndex}`);
    if (score(best, "performance") < enough) {
      for (const reason of lost(best, "performance")) t.diagnostic(`performance: ${reason}`);
      for (const { url, scripting } of audits["bootup-time"].details.items.slice(0, 5)) t.diagnostic(`${Math.round(scripting)} ms of scripts: ${url}`);
      if (process.env.LIGHTHOUSE === "strict") assert.fail(`performance ${score(best, "performance")}`);
    }

    assert(bytes <= 250 * 1024, `${bytes} bytes`);
    assert(requests.length <= 30, `${requests.length} requests`);
    assert(audits["cumulative-layout-shift"].numericValue < 0.01, `the layout shifts: ${audits["cumulative-layout-shift"].displayValue}`);
    if (process.env.LIGHTHOUSE !== "strict") return;
    // A ratio of one run: what slows this machine down slows both.
    const scripts = audits["bootup-time"].details.items.filter(({ url }) => url.endsWith(".js"));
    const time = (items) => items.reduce((sum, { scripting }) => sum + scripting, 0);
    const ours = scripts.filter(({ url }) => /\/(theme|explore)\//.test(url));
    assert(time(ours) <= time(scripts) / 2, `our scripts: ${time(ours)} of ${time(scripts)} ms`);
  });
}
