// The page "Try it": its controls, and the pictures of what simulate.js computes. A timeline has the
// classes and colours of lab/src/timeline/svg.rs.
(() => {
  "use strict";
  const form = document.getElementById("explore");
  const { FIVE, plan, simulate, throughput, bound } = simulation;
  const part = (name) => document.getElementById(`explore-${name}`);
  const { model, five, gil } = form.elements;
  const questions = [...document.querySelectorAll(".try")];

  // --- the setting: number fields hold it; a slider has the stops that are worth a step ---

  const STOPS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400, 500, 640, 800, 1000];
  const knobs = [...form.querySelectorAll("input[type=range]")].map((slider) => {
    const field = slider.nextElementSibling, { min, max, defaultValue } = field;
    const stops = STOPS.filter((stop) => stop >= min && stop <= +max);
    slider.min = 0;
    slider.max = stops.length - 1;
    return {
      name: slider.name, slider, field, usual: +defaultValue,
      get value() {
        const typed = field.valueAsNumber;
        return Number.isFinite(typed) ? Math.min(max, Math.max(min, Math.round(typed))) : +defaultValue;
      },
      slid() { field.value = stops[slider.value]; },
      show() {
        const near = stops.findIndex((stop) => stop >= this.value);
        slider.value = near < 0 ? stops.length : near;
        slider.setAttribute("aria-valuetext", this.value);
      },
    };
  });

  function setting() {
    const s = Object.fromEntries(knobs.map(({ name, value }) => [name, value]));
    return { ...s, model: model.value, gil: gil.checked, waits: five.checked ? FIVE : [s.wait], work: [s.work] };
  }

  /** As in a link, `model=pool&workers=3`: what is not named is as in the HTML. */
  function apply(words) {
    const given = new URLSearchParams(words);
    form.reset();
    model.value = given.get("model");
    if (model.selectedIndex < 0) model.selectedIndex = 0;
    five.checked = !given.has("wait");
    gil.checked = given.has("gil");
    for (const knob of knobs) {
      knob.field.value = given.get(knob.name) ?? knob.usual;
      knob.field.value = knob.value;
    }
  }

  function words() {
    const out = new URLSearchParams({ model: model.value });
    for (const { name, value, usual } of knobs) {
      if (name === "wait" ? !five.checked : value !== usual) out.set(name, value);
    }
    if (gil.checked) out.set("gil", 1);
    return `${out}`;
  }

  // --- the pictures ---

  const number = (n, digits = n < 9.95 ? 1 : 0) => n.toLocaleString("en", { maximumFractionDigits: digits });
  const ms = (n) => `${number(n)} ms`;
  const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
  const text = (x, y, anchor, words) => `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
  const path = (name, d) => `<path class="${name}" d="${d}"/>`;
  const svg = (id, title, told, size, inside) =>
    `<svg class="timeline" id="${id}" role="img" aria-labelledby="${id}-title ${id}-desc" width="100%" ${size}>` +
    `<title id="${id}-title">${title}</title><desc id="${id}-desc">${told}</desc>${inside}</svg>`;

  const FULL = 12, MOST = 40; // rows with labels, and rows at all

  function timeline({ spans, total_ms, threads }) {
    const full = spans.length <= FULL, each = Math.ceil(spans.length / MOST);
    const rows = spans.filter((_, i) => i % each === 0), row = full ? 34 : 10;
    const height = 22 + rows.length * row + (full ? 0 : 20);
    const share = (at) => Math.round(Math.min(1, at / total_ms) * 1e5) / 1e3;
    const told = ({ begin_ms, end_ms, held, blocked }) =>
      `${ms(end_ms - begin_ms)} · thread ${held[0].thread}` + blocked.map((wait) => ` · ${ms(wait.end_ms - begin_ms)} in line`).join("");
    const step = total_ms / 4, power = 10 ** Math.floor(Math.log10(step));
    const round = [1, 2, 5, 10].find((n) => n * power >= step * 0.999) * power;
    let out = `<defs><pattern class="hatch" id="explore-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6"/><path d="M0 0V6"/></pattern></defs><g class="axis">`;
    for (let at = 0; at <= total_ms * 1.001; at += round) {
      const x = share(at);
      out += `<line x1="${x}%" x2="${x}%" y1="18" y2="${height}"/>` + text(`${x}%`, 13, x < 4 ? "start" : x > 88 ? "end" : "middle", at ? ms(at) : 0);
    }
    out += "</g>";
    rows.forEach((span, i) => {
      const top = 22 + i * row;
      const bar = (name, { begin_ms, end_ms }, fill) => {
        const width = Math.max(share(end_ms) - share(begin_ms), 0.4), x = Math.min(share(begin_ms), 100 - width);
        out += `<rect class="${name}" ${fill} x="${x}%" y="${top + (full ? 17 : 1)}" width="${width}%" height="${full ? 12 : 8}"/>`;
      };
      out += `<g class="row"><title>${span.label} · ${told(span)}</title>`;
      if (full) out += text(0, top + 13, "start", `<tspan font-weight="600">${span.label}</tspan> ${told(span)}`);
      bar("open", span, "");
      for (const held of span.held) bar("held", held, `fill="var(--tl-${(held.thread - 1) % 6 + 1})"`);
      for (const wait of span.blocked) bar("blocked", wait, `fill="url(#explore-hatch)"`);
      out += "</g>";
    });
    if (each > 1) out += text(0, height - 4, "start", `1 row of ${each}, and ${number(spans.length - rows.length)} more`);
    const first = spans.slice(0, FULL).map((span) => ` ${span.label}: from ${ms(span.begin_ms)}, ${told(span)}.`).join("");
    return svg("timeline-explore", "Simulated timeline",
      `${count(spans.length, "bar")}, ${count(threads, "thread")}, ${ms(total_ms)}.${first}${full ? "" : " The others are not told."}`, `height="${height}"`, out);
  }

  /** Pages a second over pages at once; both scales double from line to line. */
  function curve(s, { per_second }) {
    const { limit, slots, cores } = plan(s), steps = Math.max(3, Math.ceil(Math.log2(s.sites)));
    const doubled = Array.from({ length: steps + 1 }, (_, i) => 2 ** i), now = Math.min(limit, s.sites);
    const points = [...new Set([...doubled, now])].sort((a, b) => a - b).map((n) => ({ n, ...throughput(s, n) }));
    const least = points[0].predicted, rise = Math.max(1, Math.ceil(Math.log2(points.at(-1).predicted / least)));
    const left = 52, right = Math.max(280, part("curve").clientWidth) - 14, top = 24, bottom = 190;
    const x = (n) => left + Math.log2(n) / steps * (right - left);
    const y = (rate) => bottom - Math.log2(rate / least) / rise * (bottom - top);
    const line = (name, of) => path(name, "M" + points.map((point) => `${x(point.n)} ${y(point[of])}`).join("L"));
    let out = text(0, 12, "start", "pages a second") + text(right, 226, "end", "pages at once");
    for (const n of doubled) out += path("grid", `M${x(n)} ${top}V${bottom}`) + text(x(n), 207, "middle", n);
    for (let i = 0; i <= rise; i += rise > 6 ? 2 : 1) {
      const rate = least * 2 ** i;
      out += path("grid", `M${left} ${y(rate)}H${right}`) + text(left - 6, y(rate) + 4, "end", number(rate, rate < 100 ? 1 : 0));
    }
    const [full, what] = s.waits.some(Boolean) ? [slots, count(slots, "slot")] : [cores, cores < s.cores ? "the GIL" : count(cores, "core")];
    if (full <= 2 ** steps) {
      const late = x(full) > right - 80;
      out += path("mark", `M${x(full)} ${top}V${bottom}`) + text(x(full) + (late ? -5 : 5), bottom - 6, late ? "end" : "start", what);
    }
    out += line("simulated", "per_second") + line("law", "predicted") + `<circle cx="${x(now)}" cy="${y(per_second)}" r="6"/>`;
    const told = points.map((p) => `${p.n} at once: ${number(p.per_second)} a second, by Little's law ${number(p.predicted)}.`).join(" ");
    return svg("curve-explore", "Pages a second over pages at once",
      `${told} Your setting: ${now} at once, ${number(per_second)} a second.`, `viewBox="0 0 ${right + 14} 232"`, out);
  }

  /** Draws it all, and gives what there is to say of it. */
  function draw() {
    const s = setting(), result = simulate(s), something = result.total_ms > 0;
    const off = {
      workers: !["pool", "processes", "bounded", "hybrid"].includes(s.model),
      wait: five.checked, slots: !result.waits_ms, cores: !result.work_ms, gil: !result.work_ms,
    };
    for (const name in off) {
      for (const input of form.elements[name].closest(".knob").querySelectorAll("input")) input.disabled = off[name];
    }
    const figures = {
      bound: something ? bound(s).words : "No wait, no work: nothing to do.",
      total: ms(result.total_ms), longest: ms(result.longest_ms), sum: ms(result.waits_ms + result.work_ms),
      flight: number(result.peak_in_flight), rate: `${number(result.per_second)} /s`,
      threads: s.model === "processes" ? count(result.threads, "process", "processes") : count(result.threads, "thread"),
      page: ms(result.page_ms), line: ms(result.in_line_ms),
    };
    for (const knob of knobs) knob.show();
    for (const name in figures) part(name).textContent = figures[name];
    part("timeline").innerHTML = something ? timeline(result) : "";
    part("curve").innerHTML = something ? curve(s, result) : "";
    return `${figures.bound} Total ${figures.total}, ${figures.flight} in flight, ${figures.threads}, ${number(result.per_second)} pages a second.`;
  }

  /** When a control is let go, not at each step: it is said, and stands in the address. */
  function commit(fragment) {
    part("said").textContent = draw();
    history.replaceState(null, "", `#${fragment}`);
  }

  function ask(question) {
    for (const one of questions) one.classList.toggle("chosen", one === question);
    for (const button of form.querySelectorAll("button")) button.ariaPressed = button.value === question.id;
    apply(question.dataset.set);
  }

  function arrive() {
    const fragment = location.hash.slice(1), question = questions.find(({ id }) => id === fragment);
    if (question) ask(question);
    else if (fragment.includes("=")) apply(fragment);
    else return;
    draw();
    form.scrollIntoView();
  }

  form.addEventListener("input", ({ target }) => {
    knobs.find(({ slider }) => slider === target)?.slid();
    draw();
  });
  form.addEventListener("change", () => {
    for (const knob of knobs) knob.field.value = knob.value;
    commit(words());
  });
  form.addEventListener("click", ({ target }) => {
    const question = questions.find(({ id }) => id === target.value);
    if (!question) return;
    ask(question);
    commit(question.id);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", arrive);
  addEventListener("resize", draw);
  draw();
  arrive();
})();
