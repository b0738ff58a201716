// Runs the programs of the book from its pages. Only the reader adds it to them.
(() => {
  const { token } = document.currentScript.dataset;
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const make = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children); // text stays text
    return made;
  };

  /** The events of `body`, as `[name, data]`: an EventSource cannot POST. */
  async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = "", part; !(part = await reader.read()).done; ) {
      const blocks = (rest + part.value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const found = /^event: ?(.*?)\r?\ndata: ?(.*)/ms.exec(block);
        if (found) yield [found[1], JSON.parse(found[2])];
      }
    }
  }

  // A drawing becomes a part of the page: no script, no link, nothing from elsewhere.
  const shapes = /^(svg|g|title|desc|style|defs|pattern|line|path|rect|circle|polyline|text|tspan)$/;
  const elsewhere = /\\|@import|image-set|url\((?!#)/i;
  const harmless = ({ localName, attributes, textContent }) =>
    shapes.test(localName) && !(localName === "style" && elsewhere.test(textContent)) &&
    [...attributes].every(({ name, value }) => !/^on|href$/i.test(name) && !elsewhere.test(value));
  const drawing = (text) => {
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    return svg.localName === "svg" && [svg, ...all("*", svg)].every(harmless) && svg;
  };
  const figure = (title, svg, shown = svg) => {
    const total = / in ([\d.,]+ m?s)/.exec(svg.querySelector("desc")?.textContent);
    return make("figure", {}, make("figcaption", {}, total ? `${title}: ${total[1]}` : title), shown);
  };

  const ending = ({ how, code, elapsed_ms, cut }) => {
    const after = `after ${(elapsed_ms / 1000).toFixed(1)} s`;
    const words = {
      exit: `Ended ${after}, its start included, with exit code ${code}: ${code ? "not all went well. Some programs of this book fail on purpose" : "all went well"}.`,
      signal: `Ended by a signal ${after}.`,
      "time limit": `Ended by the reader ${after}: no run may take longer.`,
      "build failed": "It does not build. Cargo says:",
    };
    return (words[how] ?? "It could not be started.") + (cut ? " It printed more than fits here: the rest is left out." : "");
  };

  /** A labelled field, and what in it differs from the recording. */
  const field = ({ name, label, unit = "", kind, min, max, value, choices }) => {
    const number = kind === "number";
    const control =
      kind === "choice" ? make("select", {}, ...[...(value == null ? [""] : []), ...choices].map((one) => new Option(one || "not given", one, one === value)))
      : number ? make("input", { type: kind, min, max, defaultValue: value ?? "", placeholder: "not given" })
      : make("input", { type: "checkbox", defaultChecked: value });
    const read = () => (kind === "flag" ? control.checked : number && control.value ? Number(control.value) : control.value);
    const recorded = read();
    const given = () => (read() === recorded || read() === "" ? [] : [[name, read()]]);
    return { given, label: make("label", {}, number ? `${label} (${`${min} to ${max} ${unit}`.trim()})` : label, control) };
  };

  const frame = `<form class="run-bar">
      <button class="run-button"></button>
      <button class="run-change" type="button" aria-expanded="false">Change</button>
      <span class="run-said" role="status"></span> <span class="run-seconds"></span> <span class="run-line"></span>
      <div class="run-fields" hidden><button type="reset">As recorded</button></div>
    </form>
    <div class="run-panel" hidden>
      <div class="command-head"><strong>Your run</strong> <code class="command-line run-command"></code></div><div class="run-pictures"></div>
      <pre><code class="run-output hljs language-console" tabindex="0" role="region" aria-label="Output of your run"></code></pre>
    </div>`;

  const equip = (box, { name, inputs }) => {
    box.insertAdjacentHTML("beforeend", frame);
    const [bar, button, change, said, elapsed, line, inside, panel, command, pictures, output] =
      "bar,button,change,said,seconds,line,fields,panel,command,pictures,output".split(",").map((part) => all(`.run-${part}`, box)[0]);
    const fields = inputs.map(field);
    inside.prepend(...fields.map(({ label }) => label));
    change.hidden = !inputs.length;
    change.ariaLabel = `Change the inputs of ${name}`;
    let running, mine; // what ends the run under way; the last picture

    const label = (word) => {
      button.textContent = word;
      button.ariaLabel = `${word} ${name}`;
      button.type = word === "Run" ? "submit" : "button"; // Enter in a field never stops a run
    };
    const say = (text, more = "") => {
      if (said.textContent !== text) said.textContent = text; // read aloud, so not twice
      line.textContent = more;
    };
    const print = (text) => {
      const atEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 4; // or the reader scrolled up
      panel.hidden = output.hidden = false;
      output.append(text);
      if (atEnd) output.scrollTop = output.scrollHeight;
    };
    const show = async (svg) => {
      if (!svg) return;
      const found = pictures.firstChild ? {} : await fetch(`/recorded/${name}.svg`);
      const recorded = found.ok && drawing(await found.text());
      if (recorded) {
        // It moves here if it follows this command. Elsewhere it stays with its text, and this is a copy.
        const next = box.nextElementSibling;
        const here = next?.matches(`#${recorded.id}, :has(#${recorded.id})`);
        for (const node of [recorded, ...all(":scope > [id]", recorded)]) node.removeAttribute("id");
        recorded.removeAttribute("aria-labelledby"); // its title is enough
        pictures.append(figure("Recorded", recorded, here ? next : recorded));
      }
      pictures.append((mine = figure("Your run", svg)));
      requestAnimationFrame(() => { // by then each has its table
        const { top } = bar.getBoundingClientRect();
        if (top > 0 && top < innerHeight) mine.scrollIntoView({ block: "nearest" }); // or the reader reads elsewhere
      });
    };

    const run = async () => {
      const { signal } = (running = new AbortController());
      const begun = Date.now();
      const since = () => `${Math.round((Date.now() - begun) / 1000)} s`;
      const clock = setInterval(() => (elapsed.textContent = since()), 1000);
      let built = "";
      let end = "The reader is not running any more; start it with cargo run.";
      label("Stop");
      say("Starting");
      output.textContent = command.textContent = "";
      mine?.remove();
      const on = {
        queued: ({ ahead }) => say(ahead ? `Waiting: ${ahead} run${ahead > 1 ? "s" : ""} ahead of yours` : "Waiting"),
        building: (data) => {
          say("Building (the first time takes a minute or more)", data.line);
          built += `${data.line}\n`;
        },
        started: (data) => {
          say("Running");
          command.textContent = data.command;
          panel.hidden = false;
        },
        output: ({ text }) => print(text),
        picture: ({ svg }) => show(drawing(svg)),
        ended: (data) => {
          end = ending(data);
          if (data.how === "build failed") print(built);
        },
      };
      try {
        const response = await fetch("/.reader/runs", {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-Reader-Token": token },
          body: JSON.stringify({ run: name, inputs: Object.fromEntries(fields.flatMap(({ given }) => given())) }),
          signal,
        });
        if (response.ok) for await (const [event, data] of events(response.body)) await on[event]?.(data);
        else end = `Not run. ${(await response.json()).error}`;
      } catch {
        if (signal.aborted) end = `Stopped by you after ${since()}.`;
      }
      running.abort(); // an error of this page ends the run as well; otherwise it has ended
      clearInterval(clock);
      output.hidden = !output.textContent;
      elapsed.textContent = "";
      say(end);
      running = null;
      label("Run");
    };

    label("Run");
    // What returns false is not done.
    bar.onsubmit = () => {
      if (!running) run();
      return false;
    };
    button.onclick = ({ detail }) => {
      if (!running) return true;
      if (detail < 2) running.abort(); // a double click is meant once
      return false; // or it would submit: it is Run again by then
    };
    button.onkeydown = ({ key, repeat }) => !repeat || !/^(Enter| )$/.test(key); // so is a key held down
    change.onclick = () => (change.ariaExpanded = !(inside.hidden = !inside.hidden));
    bar.addEventListener("invalid", () => inside.hidden && change.click(), true); // a hidden field cannot say what is wrong
    addEventListener("pagehide", () => running?.abort());
  };

  const ask = async (what) => (await fetch(`/.reader/${what}`)).json();
  const ignore = () => {}; // then it is as it was built

  const missing = `<p class="run-bar">To run it here, type <code>just venv</code>
    (or see <a href="/set-up.html#the-python-twins">the Python twins</a>) and start the reader again.</p>`;
  ask("programs").then(({ python, runs }) => {
    for (const box of all(".command")) {
      const run = runs.find(({ command }) => command === box.dataset.command);
      if (run?.python && !python) box.insertAdjacentHTML("beforeend", missing);
      else if (run) equip(box, run);
    }
  }).catch(ignore);

  // The state of each exercise: in their list, and at each link from "Your turn".
  const mark = (place, text, state) => place.append(" ", make("span", { className: `exercise-state ${state}` }, text));
  const exercises = async () => {
    const states = Object.entries((await ask("exercises")).exercises);
    for (const old of all(".exercise-state")) old.remove();
    for (const [name, state] of states) {
      for (const place of all(`td:has(> #${name}), strong:has(> a[href$="exercises.html#${name}"])`)) mark(place, state, state);
    }
    const solved = all("td > .exercise-state.solved").length;
    if (all("td > .exercise-state").length) mark(all("main p")[0], `${solved} of ${states.length} solved.`, "");
  };
  const update = () => document.hidden || exercises().catch(ignore);
  document.addEventListener("visibilitychange", update); // back from the editor
  update();
})();
