// Prints the built book's single page (print.html) as a PDF, and looks whether all of it is there: node pdf.mjs [FILE]
// It needs pdftotext and pdfinfo (on Debian: poppler-utils).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { book, launch, root } from "./common.mjs";

const file = path.resolve(process.argv[2] ?? path.join(root, "target/while-you-wait.pdf"));
const say = (program, ...args) => execFileSync(program, args, { encoding: "utf8", maxBuffer: 64 << 20 });
const plain = (text) => text.replace(/\s+/g, " ").trim();

const browser = await launch();
let titles, links;
try {
  const context = await browser.newContext({ colorScheme: "light" });
  const page = await context.newPage();
  // The page opens the dialogue for printing, which nobody would answer.
  await page.addInitScript(() => (window.print = () => {}));
  await page.goto(pathToFileURL(path.join(book, "print.html")).href, { timeout: 0 }); // it is long; .ci/run has the limit
  await page.evaluate(() => document.fonts.ready);
  titles = await page.locator("main h1").allTextContents();
  links = await page.locator("main a[href]").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  await page.pdf({
    format: "A4",
    path: file,
    preferCSSPageSize: true, // size and margins: @page in the style sheet
    printBackground: true, // the bars of the timelines
    outline: true,
    tagged: true,
    displayHeaderFooter: true,
    headerTemplate: "<span></span>",
    footerTemplate: '<div style="width:100%;text-align:center;font:9px sans-serif"><span class="pageNumber"></span></div>',
  });
} finally {
  await browser.close();
}

// Every page of the book begins a sheet, in order; no sheet is empty.
const sheets = say("pdftotext", "-layout", file, "-").split("\f").slice(0, -1).map(plain);
let at = -1;
for (const title of titles.map(plain)) {
  const found = sheets.findIndex((sheet, i) => i > at && sheet.startsWith(title));
  assert.ok(found >= 0, `no sheet after ${at + 1} begins with "${title}"`);
  at = found;
}
for (const [i, sheet] of sheets.entries()) {
  assert.notEqual(sheet.replace(/\d+$/, ""), "", `sheet ${i + 1} is empty`);
}

// Every link leads somewhere: to an address, or to a place in the PDF. The outline is there.
const addresses = new Set(say("pdfinfo", "-url", file).split("\n").map((line) => line.split(/\s+/).at(-1)));
const places = new Set([...say("pdfinfo", "-dests", file).matchAll(/"(.*)"$/gm)].map(([, name]) => name));
const decoded = (link) => decodeURIComponent(link.slice(1));
const lost = links.filter((link) => (link.startsWith("#") ? !places.has(decoded(link)) : !addresses.has(new URL(link).href)));
assert.deepEqual([...new Set(lost)], [], "links of the page that the PDF has not");
assert.match(execFileSync("grep", ["-ac", "/Type /Outlines", file], { encoding: "utf8" }), /^[1-9]/, "no outline");

console.log(`${file}: ${sheets.length} sheets, ${titles.length} pages of the book, ${links.length} links`);
