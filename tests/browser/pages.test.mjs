// Every page of the built book, as it is read: at 1280 and 390 pixels, light and dark.
//
// Each page is loaded twice, once for each size, and each time looked at in both themes: mdBook's "auto" follows the system, so the
// theme is changed in the open page. To be quick, axe is asked only what can differ:
//
//            light                                      dark
//   1280     every rule                                 the rules about colour
//   390      the rules about what is shown and where;   on each tenth page, every rule
//            on each tenth page, every rule
//
// `PAGES=regex` looks only at the pages whose path fits.

import assert from "node:assert/strict";
import { readFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { launch, openContext, pages, root, serveBook, sizes, themes, weight } from "./common.mjs";

const heaviest = 250 * 1024; // bytes, packed: all that a browser fetches until a page is there

// The whole book on one page, for printing. It weighs what all pages weigh, has the <h1> of each, and axe needs minutes for it;
// whatever axe would find is found on the page that it came from.
const whole = "print.html";

// What each page is asked in the browser. The functions are sent there as text, so they use nothing from outside.

const lookAt = () => {
  const problems = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const brief = (element) => element.cloneNode(false).outerHTML.slice(0, 160);

  const ids = new Set();
  for (const { id } of all("[id]")) ids.has(id) ? problems.push(`two elements have the id ${id}`) : ids.add(id);

  const headings = all("h1, h2, h3, h4, h5, h6").filter((heading) => heading.checkVisibility());
  const tops = headings.filter((heading) => heading.tagName === "H1").length;
  if (tops !== 1) problems.push(`${tops} <h1>`);
  let level = 0;
  for (const heading of headings) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) problems.push(`from heading level ${level} to ${next}: ${heading.textContent}`);
    level = next;
  }

  const references = ["aria-activedescendant", "aria-controls", "aria-describedby", "aria-details", "aria-errormessage", "aria-flowto",
    "aria-labelledby", "aria-owns", "for", "headers", "list", "form"];
  for (const name of references) {
    for (const element of all(`[${name}]`)) {
      for (const id of element.getAttribute(name).trim().split(/\s+/)) if (!ids.has(id)) problems.push(`${name}="${id}" is nowhere: ${brief(element)}`);
    }
  }

  const named = (element) => {
    const labelled = element.getAttribute("aria-labelledby")?.split(/\s+/).map((id) => document.getElementById(id)?.textContent).join("");
    return Boolean((labelled ?? element.getAttribute("aria-label") ?? element.getAttribute("alt") ?? element.querySelector(":scope > title")?.textContent)?.trim());
  };
  for (const image of all("img")) if (!image.hasAttribute("alt")) problems.push(`an image without a text: ${brief(image)}`);
  for (const svg of all("svg")) {
    if (svg.parentElement.closest("svg, [aria-hidden=true]") || svg.matches("[aria-hidden=true], [role=presentation], [role=none]")) continue;
    const control = svg.parentElement.closest("button, a, [role=button]");
    if (control) control.textContent.trim() || named(control) || problems.push(`a control that only has a picture: ${brief(control)}`);
    else if (svg.closest(".fa-svg") && svg.closest(".fa-svg").parentElement.textContent.trim()) continue; // an icon beside its word
    else if (!named(svg)) problems.push(`a picture without a name: ${brief(svg)}`);
  }
  const titleOfPage = document.title.trim();
  if (!titleOfPage) problems.push("no title");
  if (!document.querySelector("meta[name=description]")?.content.trim()) problems.push("no description");

  // Links inside the book, by their whole address; whether they lead anywhere is asked once that all pages are known.
  const links = all("a[href]").map((link) => link.href).filter((href) => href.startsWith(location.origin + "/"));
  return { problems, ids: [...ids], links: [...new Set(links)] };
};

// mdBook hides what is too wide for the body, so that the page cannot be scrolled but something is cut off. Each box is asked.
const tooWide = () => {
  const found = [];
  for (const selector of ["html", "body", "#mdbook-body-container", "#mdbook-page-wrapper", ".page", "#mdbook-menu-bar", "#mdbook-content", "main"]) {
    const box = document.querySelector(selector);
    if (box.scrollWidth <= box.clientWidth) continue;
    const edge = box.getBoundingClientRect().left + box.clientWidth;
    const scrolls = (element) => element !== box && /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
    const widest = [...box.querySelectorAll("*")].findLast((element) => {
      if (element.getBoundingClientRect().right <= edge + 1) return false;
      for (let parent = element.parentElement; parent && parent !== box; parent = parent.parentElement) if (scrolls(parent)) return false;
      return true;
    });
    found.push(`${selector} is ${box.scrollWidth - box.clientWidth} px too wide${widest ? `: ${widest.cloneNode(false).outerHTML.slice(0, 160)}` : ""}`);
  }
  return found;
};

const runAxe = async (options) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...options });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map((node) => `axe ${id}: ${help}: ${node.target.join(" ")} ${node.any[0]?.message ?? ""}`),
  );
};
const colours = ["color-contrast", "link-in-text-block"];
const targets = { "target-size": { enabled: true } }; // off by default: it is of WCAG 2.2
const rules = {
  all: { rules: targets },
  colours: { runOnly: colours },
  layout: {
    runOnly: ["target-size", "scrollable-region-focusable", "aria-hidden-focus", "region", "skip-link", "heading-order",
      "page-has-heading-one", "landmark-unique", "link-name", "button-name", "nested-interactive", "css-orientation-lock"],
  },
};

// Kept in target/screenshots, for a look at what a change did: pages of each kind, whole.
const screenshots = path.join(root, "target/screenshots");
const photographed = ["welcome", "02-threads-and-locks/a-thread-a-site", "03-thread-pool/speed-up", "06-choosing/which-model", "course/exercises",
  "phrasebook", "explore"].map((name) => `${name}.html`);

let browser, served, axe, list, existing;
const seen = new Map(); // by page: its ids, its links, what it fetched
const problems = new Map(); // by test: what is wrong, each with its page, size and theme
const report = (kind, found, page, ...view) => {
  if (!problems.has(kind)) problems.set(kind, []);
  for (const problem of found) problems.get(kind).push(`${[page, ...view].join(" ")}: ${problem}`);
};

before(async () => {
  [browser, served, axe, list] = await Promise.all([
    launch(), serveBook(), readFile(path.join(root, "tests/browser/node_modules/axe-core/axe.min.js"), "utf8"), pages(),
  ]);
  assert(list.length > 100, `only ${list.length} pages: is the book built?`);
  existing = new Set(list);
  await mkdir(screenshots, { recursive: true });
  if (process.env.PAGES) list = list.filter((name) => new RegExp(process.env.PAGES).test(name));
  // The two sizes at the same time, one page of each.
  await Promise.all(sizes.map(lookAtAll));
});

after(async () => {
  await browser?.close();
  served?.close();
});

async function lookAtAll(size) {
  const said = [];
  // At 1280 pixels the sidebar is open, as it is for someone who comes for the first time. At 390 it is closed, as it always is there.
  const context = await openContext(browser, { size, theme: "auto", sidebar: "visible", problems: said });
  const page = await context.newPage();
  const wide = size === sizes[0];
  let fetched = [];
  page.on("request", (request) => fetched.push(request.url()));
  for (const [index, name] of list.entries()) {
    const ask = async (theme, which) => {
      if (name !== whole) report("axe", await page.evaluate(runAxe, rules[which]), name, size.width, theme);
    };
    const photograph = async (theme) => {
      if (!photographed.includes(name)) return;
      const file = `${name.replace(/\.html$/, "").replaceAll("/", "-")}-${size.width}-${theme}.png`;
      await page.screenshot({ path: path.join(screenshots, file), fullPage: true });
    };
    fetched = [];
    try {
      await page.emulateMedia({ colorScheme: "light" });
      await page.goto(served.address + name, { waitUntil: "load", timeout: 120_000 }); // long: one page is the whole book
      if (wide) {
        const { problems: found, ids, links } = await page.evaluate(lookAt);
        seen.set(name, { ids: new Set(ids), links, fetched: [...new Set(fetched)] });
        report("structure", found.filter((problem) => name !== whole || !/<h1>$/.test(problem)), name);
      }
      report("width", await page.evaluate(tooWide), name, size.width);
      await page.evaluate(axe);
      const sample = index % 10 === 0;
      await ask("light", wide || sample ? "all" : "layout");
      await photograph("light");
      await page.emulateMedia({ colorScheme: "dark" });
      await page.waitForFunction((dark) => document.documentElement.classList.contains(dark), themes.dark);
      if (wide) await ask("dark", "colours");
      else if (sample) await ask("dark", "all");
      await photograph("dark");
    } catch (error) {
      report("said", [`not looked at to the end: ${error.message}`], name, size.width); // and on to the next page
    }
  }
  report("said", said, "", size.width);
  await context.close();
}

const nothing = (kind) => assert.deepEqual(problems.get(kind) ?? [], []);

test("no page reports an error or asks another host", () => nothing("said"));

test("one <h1>, levels without a jump, no id twice, no reference to nowhere, no picture without a name", () => nothing("structure"));

test("nothing is wider than the page, at 1280 and at 390 pixels", () => nothing("width"));

test("axe finds nothing, at both sizes, light and dark", () => nothing("axe"));

test("every link inside the book leads to a page and to a place on it", () => {
  const dead = [];
  for (const [name, { links }] of seen) {
    for (const link of links) {
      const { pathname, hash } = new URL(link);
      const target = decodeURIComponent(pathname).slice(1).replace(/(^|\/)$/, "$1index.html");
      // The link that mdBook puts around its own heading there: with the <base> that the page needs, "#" is the first page.
      if (name === "404.html" && hash === "#document-not-found-404") continue;
      if (!existing.has(target)) dead.push(`${name}: no page ${target}`);
      else if (hash && seen.get(target)?.ids.has(decodeURIComponent(hash.slice(1))) === false) dead.push(`${name}: no ${hash} on ${target}`);
    }
  }
  assert.deepEqual(dead, []);
});

test("the first load of each page stays within 250 KiB", async (t) => {
  const weights = [];
  for (const [name, { fetched }] of seen) {
    let sum = 0;
    for (const url of fetched) sum += await weight(url);
    weights.push([sum, name, fetched.length]);
  }
  weights.sort(([a], [b]) => b - a);
  const kib = ([sum, name, requests]) => `${(sum / 1024).toFixed(1)} KiB in ${requests} requests: ${name}`;
  const others = weights.filter(([, name]) => name !== whole);
  for (const each of weights.slice(0, 6)) t.diagnostic(kib(each));
  t.diagnostic(`median: ${kib(others[Math.floor(others.length / 2)])}`);
  assert.deepEqual(others.filter(([sum]) => sum > heaviest).map(kib), []);
});
