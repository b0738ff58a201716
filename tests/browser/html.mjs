// The HTML of the built book, checked by the Nu HTML checker (vnu). An error fails, unless html-known.json has it: mdBook's own, which
// no template can mend, each with its file, its message and a reason. One that is listed there and does not occur fails too.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { book, root } from "./common.mjs";

const here = path.join(root, "tests/browser");
const jar = path.join(here, "node_modules/vnu-jar/build/dist/vnu.jar");

/** All that vnu says of the built book. Its exit code is 1 as soon as it says anything, so the answer itself is what counts. */
const check = () =>
  new Promise((resolve, reject) => {
    const options = ["-Xss2m", "-jar", jar, "--skip-non-html", "--format", "json", book];
    execFile("java", options, { maxBuffer: 1 << 28 }, (error, _, said) => {
      try {
        resolve(JSON.parse(said).messages);
      } catch {
        reject(error ?? new Error(`vnu said no JSON: ${said.slice(0, 300)}`));
      }
    });
  });

const known = JSON.parse(await readFile(path.join(here, "html-known.json"), "utf8"));
await readFile(path.join(book, "index.html")); // vnu is content with an empty folder
const messages = await check();
const unused = new Set(known);
let wrong = 0;
for (const { type, url, lastLine, message, extract } of messages) {
  if (type === "info") continue;
  const file = path.relative(book, decodeURIComponent(new URL(url).pathname));
  const listed = known.find((each) => each.file === file && message.startsWith(each.message));
  if (listed) unused.delete(listed);
  else {
    wrong += 1;
    console.error(`${file}:${lastLine}: ${message}\n    ${extract?.trim().replaceAll("\n", "\n    ")}`);
  }
}
for (const { file, message } of unused) console.error(`html-known.json lists what does not occur any more: ${file}: ${message}`);
console.log(`vnu: ${wrong} errors, and ${known.length - unused.size} that are mdBook's own`);
process.exitCode = wrong || unused.size ? 1 : 0;
