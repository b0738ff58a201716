// The built book with `src/run.js`, and a reader that says what a test tells it to say.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { book, root } from "./common.mjs";

const sites = { name: "sites", label: "sites", kind: "number", min: 1, max: 64, value: 5 };
const inputs = [
  sites,
  { name: "delay", label: "delay", unit: "ms", kind: "number", min: 1, max: 2000, value: null },
  { name: "job", label: "job", kind: "choice", choices: ["fetch", "crunch"], value: "fetch" },
  { name: "crash", label: "crash", kind: "flag", value: false },
];
export const first = { name: "01-sequential-fetch", command: "cargo run --example 01-sequential-fetch", python: false, inputs };
export const second = { name: "02-thread-per-site", command: "cargo run --example 02-thread-per-site", python: false, inputs: [sites] };
export const twin = { name: "02-thread-per-site-python", command: "python3 examples/02-threads-and-locks/python/thread_per_site.py", python: true, inputs: [] };

/**
 * The built book with `run.js`, and a reader that answers a run by what `answer(request)` does with `send(event, data)`
 * and `write(bytes)`. `runs` are the requests that came; each has `closed`, once its connection is.
 */
export async function fakeReader({ answer, python = "CPython 3.11.7", exercises = {} }) {
  const runs = [];
  const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const json = (status, value) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (pathname === "/.reader/programs") return json(200, { python, runs: [first, second, twin] });
    if (pathname === "/.reader/exercises") return json(200, { exercises });
    if (pathname === "/.reader/runs") {
      const body = Buffer.concat(await request.toArray()).toString();
      const run = { method: request.method, headers: request.headers, body: JSON.parse(body), closed: once(response, "close") };
      runs.push(run);
      return answer({
        run,
        refuse: json,
        begin: () => response.writeHead(200, { "content-type": "text/event-stream" }),
        write: (bytes) => response.write(bytes),
        send: (event, data) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
        end: () => response.end(),
        drop: () => response.destroy(),
      });
    }
    try {
      const file = pathname === "/.reader/run.js" ? path.join(root, "src/run.js") : path.join(book, pathname === "/" ? "index.html" : pathname);
      let bytes = await readFile(file);
      if (file.endsWith(".html")) bytes = bytes.toString().replace("</body>", '<script defer src="/.reader/run.js" data-token="a token"></script></body>');
      response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { runs, address: `http://127.0.0.1:${server.address().port}/`, close: () => (server.closeAllConnections(), server.close()) };
}
