// The templates in theme/ are copies of mdBook's, changed. A newer mdBook may have another template, with what its scripts and style
// sheets then need: these tests fail until somebody has looked at it. They need no browser.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { root } from "./common.mjs";

const read = (file) => readFileSync(path.join(root, file), "utf8");
const mdbook = (...options) => execFileSync(path.join(root, ".tools/bin/mdbook"), options, { encoding: "utf8" });

const copies = ["index.hbs", "toc.html.hbs"].map((name) => {
  const text = read(`theme/${name}`);
  const head = text.slice(0, text.indexOf("--}}"));
  return { name, text, version: /of mdBook (\S+), changed/.exec(head)?.[1], sum: /sha256 of the original: (\w+)/.exec(head)?.[1], head };
});

test("mdBook is of the version that the templates were copied from, as a program and as a library", () => {
  const program = mdbook("--version").trim().replace(/^mdbook v/, "");
  const library = /name = "mdbook-html"\nversion = "(.+)"/.exec(read("Cargo.lock"))[1];
  for (const { name, version } of copies) assert.deepEqual({ name, program, library }, { name, program: version, library: version });
});

// `mdbook init --theme` writes mdBook's own template of the page (and not that of the table of contents).
test("the template of mdBook is the one that was copied, and nothing that it fills in is lost", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "while-you-wait-theme-"));
  try {
    mdbook("init", "--theme", "--force", "--title", "t", "--ignore", "none", folder);
    const stock = readFileSync(path.join(folder, "theme/index.hbs"));
    const { text, sum } = copies[0];
    assert.equal(createHash("sha256").update(stock).digest("hex"), sum);

    const filledIn = (template) => new Set(template.replace(/\{\{!--.*?--\}\}/gs, "").match(/\{\{[^}]+\}\}/g));
    const left = [...filledIn(stock.toString()).difference(filledIn(text))];
    assert.deepEqual(left, ['{{ resource "fonts/fonts.css" }}'], "these are in mdBook's template and not in ours");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("each copy keeps the licence of what it was copied from", () => {
  for (const { name, head } of copies) assert.match(head.replaceAll("\n", " "), /Mozilla Public License, v\. 2\.0/, name);
});

// 30 KB are what the page that runs its own code may cost: what the book adds to each page, and what the reader adds.
test("the scripts of a page are small", () => {
  const scripts = [...["menu", "timeline", "commands", "questions"].map((name) => `theme/${name}.js`), "src/run.js", "src/reload.js"];
  const configured = [...read("book.toml").matchAll(/theme\/\w+\.js/g)].map(([name]) => name);
  assert.deepEqual(scripts.slice(0, 4), configured, "what book.toml names");
  const bytes = scripts.reduce((sum, name) => sum + Buffer.byteLength(read(name)), 0);
  assert(bytes < 30_000, `${bytes} bytes`);
});
