// What the tests in a browser share: the built book, the reader, and Chromium.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
/** The book as the stock mdBook builds it; `.ci/run book` puts it there. `BOOK` names another folder. */
export const book = path.resolve(process.env.BOOK ?? path.join(root, "target/book"));

export const sizes = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
];
/** The themes of mdBook that are tested: what a browser that asks for light or for dark gets. */
export const themes = { light: "light", dark: "navy" };

/** Every page of the built book, by its path from the root of the book, in order. */
export async function pages() {
  const files = await readdir(book, { recursive: true });
  return files.filter((file) => file.endsWith(".html") && !file.endsWith("toc.html")).sort();
}

const types = {
  ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
  ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2",
};

const packed = new Map(); // by file: what was sent, so that a book is packed once and not once for each page that is opened

async function pack(file) {
  const bytes = await readFile(file);
  const known = packed.get(file);
  if (known?.bytes.equals(bytes)) return known.gzip;
  const gzip = gzipSync(bytes);
  packed.set(file, { bytes, gzip });
  return gzip;
}

const fileOf = (url) => {
  const file = path.join(book, decodeURIComponent(new URL(url, "http://localhost").pathname));
  return file.endsWith("/") ? `${file}index.html` : file;
};

/** What `url` of the served book weighs on its way: the bytes of its body, packed by gzip. */
export const weight = async (url) => (await pack(fileOf(url))).length;

/** What page `name` and all that its HTML names to be loaded at once weigh, packed. A browser may fetch more, and `pages.test.mjs` counts that. */
export async function weightOfPage(name) {
  const html = await readFile(path.join(book, name), "utf8");
  const urls = [...html.matchAll(/<(?:script[^>]* src|link rel="(?:stylesheet|icon)"[^>]* href)="([^"]+)"/g)];
  const from = new URL(name, "http://localhost/");
  const weights = await Promise.all([from, ...urls.map(([, url]) => new URL(url, from))].map((url) => weight(url.pathname)));
  return weights.reduce((sum, bytes) => sum + bytes, 0);
}

/** Serves the built book on loopback as a plain host of files would, with gzip. Resolves to its address and what closes it. */
export async function serveBook() {
  const server = createServer(async (request, response) => {
    try {
      const file = fileOf(request.url);
      const body = await pack(file);
      response.writeHead(200, {
        "content-type": types[path.extname(file)] ?? "application/octet-stream",
        "content-encoding": "gzip",
        "content-length": body.length,
        "cache-control": "max-age=600",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => (server.closeAllConnections(), server.close()) };
}

/**
 * Starts the reader (`cargo run -- --no-open`, built already). Resolves, once it answers, to its address and what ends it. The book that
 * it builds lies apart: the one in `target/book` is what was checked, and what is published.
 */
export async function startReader(environment = {}) {
  const child = spawn(path.join(root, "target/debug/while-you-wait"), ["--no-open", "--port", "0"], {
    cwd: root, env: { ...process.env, MDBOOK_BUILD__BUILD_DIR: "target/book-reader", ...environment }, stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  process.once("exit", () => child.kill("SIGINT")); // where a test ends before it can
  for await (const line of createInterface(child.stdout)) {
    return { address: line.trim(), process: child, close: async () => (child.kill("SIGINT"), await ended) };
  }
  throw new Error("the reader ended before it told its address");
}

const patience = 2 * 60_000; // ms: nothing is waited for so long but on a machine that has much else to do

/** Debian's Chromium, without its sandbox, which root cannot use. */
export const launch = (...args) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", ...args], timeout: patience });

/**
 * A context of `browser` in the given size and theme (`light` or `dark`; `auto` follows the system, which `page.emulateMedia` can
 * change), with the sidebar closed unless it is to be `visible`. What a page says as an error, and each request to another host, goes
 * to `problems`, with the page's path.
 */
export async function openContext(browser, { size = sizes[0], theme = "light", sidebar = "hidden", problems = [] } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: theme === "auto" ? "light" : theme });
  context.setDefaultTimeout(patience);
  await context.addInitScript(([name, state]) => {
    if (origin === "null") return; // a blank page has no storage
    // Only where nothing is stored yet: what a test lets the page store has to outlive the next page.
    if (name && !localStorage.getItem("mdbook-theme")) localStorage.setItem("mdbook-theme", name);
    if (!localStorage.getItem("mdbook-sidebar")) localStorage.setItem("mdbook-sidebar", state);
  }, [themes[theme], sidebar]);
  const where = (page) => (page ? ` (${new URL(page.url()).pathname})` : "");
  context.on("console", (message) => message.type() === "error" && problems.push(`console: ${message.text()}${where(message.page())}`));
  context.on("weberror", (error) => problems.push(`error: ${error.error()}${where(error.page())}`));
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:" && protocol !== "file:" && hostname !== "127.0.0.1") problems.push(`asks ${request.url()}`);
  });
  return context;
}
