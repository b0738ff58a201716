// The explorable must not lie: what its simulation says is held against the recordings of the real programs, against the
// bench, and against the laws that it has to keep. Node alone, no browser.
//
// Recordings are fixed files, so milliseconds may be compared here. The tolerance is that of the page: a tenth of what was
// recorded, and 10 ms. What the simulation leaves out (connecting, starting threads, a client's own work) lies in it: the
// recorded waits of 50 to 200 ms took 2 to 8 ms longer than the web's own.

import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import "../../book/explore/simulate.js";

const { FIVE, LIMITS, MODELS, clean, plan, simulate, throughput, bound } = globalThis.simulation;
const book = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../book");
const recorded = (name) => readFile(path.join(book, "recorded", name), "utf8");
const recording = async (name) => JSON.parse(await recorded(`${name}.json`));

const SHARE = 0.1, MS = 10;
const near = (simulated, real, what) =>
  assert.ok(Math.abs(simulated - real) <= SHARE * real + MS, `${what}: simulated ${simulated} ms, recorded ${real} ms`);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const elapsed = (span) => span.end_ms - span.begin_ms;
const held = (span) => sum(span.held.map(elapsed));
const threads = (span) => [...new Set(span.held.map((held) => held.thread))];
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

// --- the recordings -------------------------------------------------------------------------------------------------

// Each waits for the book's five sites.
const WAITING = {
  "01-sequential-fetch": { model: "sequential" },
  "01-sequential-fetch-python": { model: "sequential" },
  "02-thread-per-site": { model: "threads" },
  "02-thread-per-site-python": { model: "threads" },
  "02-spawn-and-join": { model: "threads" },
  "02-slot-per-site": { model: "threads" },
  "02-slot-per-site-python": { model: "threads" },
  "02-channel": { model: "threads" },
  "05-spawn-blocking": { model: "threads" },
  "05-spawn-blocking-python": { model: "threads" },
  "03-pool": { model: "pool", workers: 2 },
  "03-pool-python": { model: "pool", workers: 2 },
  "05-spawn-blocking-queue": { model: "pool", workers: 2 },
  "04-process-pool": { model: "processes", workers: 2 },
  "04-process-pool-python": { model: "processes", workers: 2 },
  "05-one-thread": { model: "async" },
  "05-one-thread-python": { model: "async" },
  "05-as-completed": { model: "async" },
  "05-as-completed-python": { model: "async" },
  "05-bounded": { model: "bounded", workers: 2 },
  "05-bounded-python": { model: "bounded", workers: 2 },
  // Its work is what each digest took: one thread does it, so it had a core to itself.
  "05-hybrid": { model: "hybrid", workers: 1, of: "digest" },
  "05-hybrid-python": { model: "hybrid", workers: 1, of: "digest" },
};

// Each counts primes, on two cores. `of` says where the CPU time of a chunk is taken from: its own bar, where it had a core
// to itself, or the program that counts one chunk after another, scaled to the CPU time of this run.
const WORKING = {
  "01-sequential-crunch": { model: "sequential", of: "itself" },
  "01-sequential-crunch-python": { model: "sequential", gil: true, of: "itself" },
  "02-thread-per-chunk": { model: "threads", of: "01-sequential-crunch" },
  "02-thread-per-chunk-python": { model: "threads", gil: true, of: "01-sequential-crunch-python" },
  "03-rayon": { model: "pool", workers: 2, of: "itself" },
  "04-process-crunch": { model: "processes", workers: 2, of: "itself" },
  "04-process-crunch-python": { model: "processes", workers: 2, gil: true, of: "itself" },
  "04-procspawn": { model: "processes", workers: 2, of: "itself" },
  "05-crunch": { model: "hybrid", workers: 2, of: "itself" },
};

/** `fetch 3`: what the span does, and for which site or chunk. */
function keys(spans) {
  const first = (label) => Number(/\d+/.exec(label)[0]);
  const chunks = spans.filter(({ name }) => name === "crunch").map(({ label }) => first(label)).sort((a, b) => a - b);
  return spans.map(({ name, label }) => name === "crunch" ? `crunch ${chunks.indexOf(first(label)) + 1}` : `${name.replace("_text", "")} ${first(label)}`);
}

/** Which spans share a thread, whatever its number: real threads are numbered in the order in which they begin. */
function sharing(spans) {
  const groups = new Map(), names = keys(spans);
  spans.forEach((span, i) => threads(span).forEach((thread) => groups.set(thread, [...groups.get(thread) ?? [], names[i]].sort())));
  return [...groups.values()].map(String).sort();
}

function compare(simulated, real) {
  const names = keys(simulated.spans), byName = new Map(keys(real.spans).map((name, i) => [name, real.spans[i]]));
  assert.deepEqual(names.toSorted(), [...byName.keys()].sort(), "the same spans");
  assert.equal(simulated.spans.length, real.spans.length, "as many spans");
  assert.equal(simulated.peak_in_flight, real.peak_in_flight ?? 0, "peak in flight");
  assert.equal(simulated.threads, real.threads, "threads");
  assert.deepEqual(sharing(simulated.spans), sharing(real.spans), "who shares a thread");
  near(simulated.total_ms, real.wall_ms, "total");
  simulated.spans.forEach((span, i) => {
    const other = byName.get(names[i]);
    const solid = held(span) > elapsed(span) / 2;
    assert.ok(solid ? held(other) > 0.9 * elapsed(other) : held(other) < 0.1 * elapsed(other), `${names[i]} is ${solid ? "solid" : "hollow"}`);
    assert.ok(solid ? held(span) === elapsed(span) : held(span) === 0, `${names[i]} is simulated wholly ${solid ? "solid" : "hollow"}`);
  });
  return names.map((name, i) => [name, simulated.spans[i], byName.get(name)]);
}

for (const [name, { of, ...setting }] of Object.entries(WAITING)) {
  test(`it waits as ${name} did`, async () => {
    const real = await recording(name);
    const work = of ? FIVE.map((_, i) => elapsed(real.spans.find((span) => span.name === of && span.label === `site-${i + 1}`))) : [0];
    const bars = compare(simulate({ sites: 5, waits: FIVE, work, slots: 0, cores: 2, ...setting }), real);
    for (const [key, span, other] of bars) {
      near(span.begin_ms, other.begin_ms, `${key} begins`);
      near(span.end_ms, other.end_ms, `${key} ends`);
    }
    for (const [key, span, other] of bars) {
      for (const [, earlier, otherEarlier] of bars.filter(([, { end_ms }]) => end_ms < span.end_ms)) {
        assert.ok(otherEarlier.end_ms < other.end_ms, `${earlier.label} is done before ${key}`);
      }
    }
  });
}

for (const [name, { of, ...setting }] of Object.entries(WORKING)) {
  test(`it works as ${name} did`, async () => {
    const real = await recording(name), measured = of === "itself" ? real : await recording(of);
    const chunks = measured.spans.toSorted((a, b) => parseInt(a.label) - parseInt(b.label)).map(elapsed);
    const work = of === "itself" ? chunks : chunks.map((ms) => ms * real.cpu_ms / sum(chunks));
    compare(simulate({ sites: work.length, waits: [0], work, cores: 2, ...setting }), real);
  });
}

test("every model is held against a recording", () => {
  const held = [...Object.values(WAITING), ...Object.values(WORKING)].map(({ model }) => model);
  assert.deepEqual(MODELS.filter((model) => !held.includes(model)), []);
});

const EVERY = {
  "one after another": { model: "sequential" }, "a thread each": { model: "threads" },
  "a pool of threads": { model: "pool", workers: 2 }, "a pool of processes": { model: "processes", workers: 2 },
  "async on one thread": { model: "async" }, "async, bounded": { model: "bounded", workers: 2 },
  // rayon's threads halve a list until somebody is idle, and do not take from one queue; the other adds a thread to share the news.
  rayon: undefined, "async on all cores": undefined,
};

test("one run of every model, waiting and working, has the simulated totals", async () => {
  for (const [file, job] of [["06-every-model.txt", "fetch"], ["06-every-model-crunch.txt", "crunch"]]) {
    const blocks = [...(await recorded(file)).matchAll(/^(\S.*?) {2,}(\d+) ms, (.*)\n((?:.+\n?)*)/gm)];
    assert.ok(blocks.length >= 5, "models in the recording");
    let alone; // how long each chunk takes when no other one wants a core: the first model tells
    for (const [, name, total, rest, rows] of blocks) {
      assert.ok(name in EVERY, `${name} is not known`);
      if (!EVERY[name]) continue;
      const [, count] = /(\d+) threads?/.exec(rest), chunks = [...rows.matchAll(/ (\d+) ms/g)].map(([, ms]) => Number(ms));
      assert.equal(chunks.length, 5, rows);
      // A thread each shares the cores, so its bars are longer than its work: the sum that it held, on two cores, is not.
      alone ??= chunks;
      const work = name === "a thread each" ? alone : chunks;
      const s = job === "fetch" ? { sites: 5 } : { sites: 5, waits: [0], work };
      const result = simulate({ ...s, ...EVERY[name], cores: 2 });
      near(result.total_ms, Number(total), `${file}, ${name}`);
      assert.equal(result.threads, Number(count), `${file}, ${name}: threads`);
      if (job === "fetch") assert.equal(result.peak_in_flight, Number(/at most (\d+)/.exec(rest)[1]), `${name}: in flight`);
    }
  }
});

// --- the bench ------------------------------------------------------------------------------------------------------
//
// Rust's rows: the clients in Python need so much of a core for each page that the slots are not what bends their sweep, and
// the simulation leaves out what a client needs.

async function runs() {
  const [head, ...lines] = (await recorded("bench/runs.csv")).trim().split("\n").map((line) => line.split(","));
  const rows = lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i]])));
  return (table, by, row) => {
    const of = rows.filter((one) => one.table === table && one.by === by && one.row === row);
    assert.ok(of.length >= 3, `runs of ${table} ${by} ${row}`);
    return { ms: median(of.map(({ job_ms }) => Number(job_ms))), flights: of.map(({ in_flight }) => Number(in_flight)) };
  };
}

const AT_ONCE = [1, 2, 4, 8, 16, 32, 64, 128, 256], SLOTS = 32;
const pages = (atOnce) => Math.max(40, atOnce * 10);

for (const [row, model] of [["pool", "pool"], ["async-bounded", "bounded"]]) {
  test(`the sweep of the bench, ${row} in Rust: the same totals, the same peaks, the same bend`, async () => {
    const of = await runs();
    // As the book predicts: with what a page takes when nobody queues, which is the web's 20 ms and the way there and back.
    const alone = of("sweep-1", "rust", row).ms / pages(1);
    assert.ok(alone > 20 && alone < 25, `a page alone took ${alone} ms`);
    const measured = [], simulated = [];
    for (const workers of AT_ONCE) {
      const { ms, flights } = of(`sweep-${workers}`, "rust", row), sites = pages(workers);
      const result = simulate({ model, sites, waits: [alone], workers, slots: SLOTS });
      near(result.total_ms, ms, `${workers} at once`);
      for (const flight of flights) assert.equal(result.peak_in_flight, flight, `${workers} at once: in flight`);
      measured.push(sites / ms);
      simulated.push(sites / result.total_ms);
    }
    AT_ONCE.slice(1).forEach((workers, i) => {
      for (const rates of [measured, simulated]) {
        const step = rates[i + 1] / rates[i];
        if (workers <= SLOTS) assert.ok(step > 1.7 && step < 2.2, `${workers} at once: ${step} times as many as half of them`);
        else assert.ok(step > 0.9 && step < 1.15, `${workers} at once: ${step} times as many, past the knee`);
      }
    });
  });
}

// --- its laws -------------------------------------------------------------------------------------------------------

/** The same settings each time: xorshift. */
function* settings(count, change = (s) => s) {
  let state = 2463534242;
  const random = (n) => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    return (state >>> 0) % n;
  };
  const list = (most) => Array.from({ length: 1 + random(5) }, () => random(4) ? random(most) : 0);
  for (let i = 0; i < count; i++) {
    yield change({
      model: MODELS[i % MODELS.length], sites: 1 + random(60), waits: list(200), work: random(2) ? list(50) : [0],
      workers: 1 + random(12), slots: random(2) && 1 + random(10), cores: 1 + random(4), gil: Boolean(random(2)),
    });
  }
}
const at = (list, i) => list[i % list.length];
const close = (a, b, what) => assert.ok(Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b)), `${what}: ${a} and ${b}`);
const each = (s) => Array.from({ length: s.sites }, (_, i) => at(s.waits, i) + at(s.work, i));
/** So many at once, at any moment: what ends at a moment is gone when another begins. */
function most(stretches) {
  const events = stretches.filter((it) => elapsed(it) > 1e-6).flatMap(({ begin_ms, end_ms }) => [[begin_ms + 1e-7, 1], [end_ms - 1e-7, -1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  return Math.max(0, ...events.map(([, change]) => now += change));
}

test("the sum, the longest, and as many rounds as are needed", () => {
  for (const s of settings(300)) {
    const alone = each(s);
    close(simulate({ ...s, model: "sequential" }).total_ms, sum(alone), "one after another: the sum");
    for (const model of ["threads", "async"]) {
      close(simulate({ ...s, model, work: [0], slots: 0 }).total_ms, Math.max(...alone.map((_, i) => at(s.waits, i))), `${model}: the longest`);
    }
    for (const model of ["pool", "processes", "bounded"]) {
      const rounds = Math.ceil(s.sites / Math.min(s.workers, s.slots || Infinity));
      close(simulate({ ...s, model, waits: [30], work: [0] }).total_ms, 30 * rounds, `${model}: rounds`);
    }
    const shared = simulate({ ...s, model: "threads", waits: [0], work: [7], gil: false });
    close(shared.total_ms, 7 * Math.max(1, s.sites / s.cores), "threads share the cores");
    close(simulate({ ...s, model: "threads", waits: [0], work: [7], gil: true }).total_ms, 7 * s.sites, "under a GIL: the sum");
    close(simulate({ ...s, model: "pool", waits: [0], gil: true }).total_ms, sum(each({ ...s, waits: [0] })), "a pool under a GIL: the sum");
  }
});

test("no setting is faster than its bounds, or slower than one after another", () => {
  for (const s of settings(1400)) {
    const r = simulate(s), { limit, slots, hands, cores } = plan(s), waits = each({ ...s, work: [0] }), work = each({ ...s, waits: [0] });
    const alone = each(s), floor = Math.max(...alone, sum(alone) / limit, sum(waits) / slots, sum(work) / Math.min(hands, cores));
    assert.ok(r.total_ms >= floor - 1e-6, `${JSON.stringify(s)}: ${r.total_ms} is below ${floor}`);
    assert.ok(r.total_ms <= sum(alone) + 1e-6, `${JSON.stringify(s)}: ${r.total_ms} is above the sum ${sum(alone)}`);
    const { predicted } = throughput(s, Math.min(limit, s.sites));
    const law = s.sites / Math.max(sum(alone) / Math.min(limit, s.sites), sum(waits) / slots, sum(work) / Math.min(hands, cores)) * 1000;
    assert.ok(predicted === law || Math.abs(predicted - law) < 1e-6 * law, `${JSON.stringify(s)}: ${predicted} and ${law} by the law`);
    assert.ok(r.per_second <= predicted * (1 + 1e-9) || !r.total_ms, "no faster than Little's law");
  }
});

test("at no moment are there more than there may be, and a thread does one thing at a time", () => {
  for (const s of settings(1400)) {
    const { spans, threads: count, peak_in_flight } = simulate(s), { limit, slots, hands, holds } = plan(s);
    const fetches = spans.filter(({ name }) => name === "fetch");
    const arrived = (span) => span.begin_ms, wait = (span) => at(s.waits, Number(/\d+/.exec(span.label)) - 1);
    const served = fetches.map((span) => {
      const begin_ms = span.blocked.length ? span.blocked[0].end_ms : span.begin_ms;
      return { begin_ms, end_ms: begin_ms + wait(span) };
    });
    assert.ok(most(served) <= slots, "slots");
    assert.equal(most(fetches.map((span, i) => ({ begin_ms: arrived(span), end_ms: served[i].end_ms }))), peak_in_flight, "peak in flight");
    assert.ok(peak_in_flight <= limit, "limit");
    if (!plan(s).apart) assert.ok(most(spans) <= limit, "under way");
    // First in, first out.
    assert.deepEqual(served.map(({ begin_ms }) => begin_ms), served.map(({ begin_ms }) => begin_ms).sort((a, b) => a - b), "the line");
    const byThread = new Map();
    for (const span of spans) for (const part of span.held) byThread.set(part.thread, [...byThread.get(part.thread) ?? [], part]);
    assert.equal(byThread.size, count, "threads");
    for (const [thread, parts] of byThread) assert.ok(most(parts) <= 1, `thread ${thread} does two things at once`);
    if (hands < Infinity) assert.ok(most(spans.flatMap((span) => span.held.filter((part) => elapsed(part) > 0))) <= hands, "hands");
    for (const span of spans) {
      assert.ok(span.begin_ms <= span.end_ms);
      for (const part of [...span.held, ...span.blocked]) assert.ok(span.begin_ms <= part.begin_ms && part.begin_ms <= part.end_ms && part.end_ms <= span.end_ms, "inside its bar");
      if (holds) close(held(span), elapsed(span), "solid");
    }
  }
});

test("Little's law: what is under way is the throughput times the time of a page", () => {
  for (const s of settings(1400)) {
    const r = simulate(s);
    if (!r.total_ms) continue;
    // The left side from the bars, the right side from the figures.
    const begun = new Map(), ended = new Map();
    for (const { label, begin_ms, end_ms } of r.spans) {
      begun.set(label, Math.min(begun.get(label) ?? Infinity, begin_ms));
      ended.set(label, Math.max(ended.get(label) ?? 0, end_ms));
    }
    assert.equal(begun.size, s.sites);
    const underWay = sum([...begun].map(([label, begin]) => ended.get(label) - begin)) / r.total_ms;
    close(underWay, r.per_second / 1000 * r.page_ms, "L = X W");
    close(sum(r.spans.flatMap((span) => span.blocked.map(elapsed))) / s.sites, r.in_line_ms, "in line");
  }
});

test("twice the workers past the slots: the same pages a second, and each takes twice as long", () => {
  const s = { model: "pool", sites: 3200, waits: [20], slots: 32 };
  const [knee, past] = [32, 64].map((workers) => simulate({ ...s, workers }));
  assert.equal(past.per_second, knee.per_second);
  assert.ok(past.page_ms / knee.page_ms > 1.97 && past.page_ms / knee.page_ms <= 2);
});

test("the same setting gives the same result, and is left as it was", () => {
  for (const s of settings(70)) {
    const before = structuredClone(s);
    assert.deepEqual(simulate(Object.freeze(s)), simulate(s));
    assert.deepEqual(bound(s), bound(s));
    assert.deepEqual(s, before);
  }
});

test("silly input is made sensible", () => {
  const silly = [undefined, null, 7, "pool", {}, [], NaN, { model: "fibers", sites: -3, workers: 0, slots: -1, cores: 0 },
    { sites: NaN, workers: Infinity, waits: [], work: "x" }, { sites: 1e12, waits: [1], model: "pool", workers: 1e12 },
    { sites: 2.6, waits: [-5, NaN, 1e300], work: null }, { model: "__proto__" }, { waits: 40, work: [[3]] }];
  for (const given of silly) {
    const s = clean(given), r = simulate(given);
    assert.ok(MODELS.includes(s.model));
    for (const [name, [least, most]] of Object.entries(LIMITS)) assert.ok(Number.isInteger(s[name]) && s[name] >= least && s[name] <= most, `${name} of ${JSON.stringify(given)}`);
    assert.ok(Number.isFinite(r.total_ms) && r.total_ms >= 0 && r.spans.length >= s.sites);
    assert.equal(typeof bound(given).words, "string");
  }
  assert.deepEqual(simulate({ waits: [0], work: [0] }).total_ms, 0);
  assert.equal(simulate({ waits: [0], work: [0] }).per_second, 0);
});

// --- the sentence ---------------------------------------------------------------------------------------------------

const SENTENCES = [
  [{ model: "sequential" }, "One at a time bounds it: the total is the sum."],
  [{ model: "threads" }, "The longest page bounds it: only a faster site would help."],
  [{ model: "async" }, "The longest page bounds it: only a faster site would help."],
  [{ model: "pool", workers: 3 }, "The 3 workers bound it: more would end sooner."],
  [{ model: "pool", workers: 1 }, "The 1 worker bounds it: more would end sooner."],
  [{ model: "pool", workers: 5 }, "The longest page bounds it: only a faster site would help."],
  [{ model: "processes", workers: 2 }, "The 2 processes bound it: more would end sooner."],
  [{ model: "bounded", workers: 2 }, "The 2 permits bound it: more would end sooner."],
  [{ model: "bounded", workers: 1 }, "The 1 permit bounds it: more would end sooner."],
  [{ model: "pool", sites: 320, waits: [20], workers: 64, slots: 32 }, "The web's 32 slots bound it: more at once would only wait in line."],
  [{ model: "async", sites: 320, waits: [20], slots: 1 }, "The web's 1 slot bounds it: more at once would only wait in line."],
  [{ model: "pool", sites: 320, waits: [20], workers: 32, slots: 32 }, "The 32 workers and the web's 32 slots bound it together: more of one alone changes little."],
  [{ model: "pool", sites: 320, waits: [20], workers: 8, slots: 32 }, "The 8 workers bound it: more would end sooner."],
  [{ model: "threads", sites: 4, waits: [0], work: [100], cores: 2 }, "The 2 cores bound it: more threads would only share them."],
  [{ model: "threads", sites: 4, waits: [0], work: [100], cores: 2, gil: true }, "The GIL bounds it: one thread at a time runs Python, on however many cores."],
  [{ model: "processes", sites: 4, workers: 4, waits: [0], work: [100], cores: 1, gil: true }, "The 1 core bounds it: more threads would only share them."],
  [{ model: "async", work: [60] }, "The one thread bounds it: while it works, answers wait."],
  [{ model: "async", waits: [0], work: [60] }, "One at a time bounds it: the total is the sum."],
  [{ model: "hybrid", work: [60], workers: 1 }, "The 1 computing thread bounds it: more would end sooner."],
  [{ model: "sequential", waits: [0], work: [9], gil: true }, "One at a time and the GIL bound it together: more of one alone changes little."],
  [{ model: "threads", sites: 2, waits: [0], work: [9], cores: 2 }, "The longest piece of work bounds it: only smaller pieces would help."],
];

test("the sentence says what bounds a setting", () => {
  for (const [s, words] of SENTENCES) assert.equal(bound({ sites: 5, ...s }).words, words);
});

test("what it names is what decides, when much is to be done", () => {
  // Counted without the simulation: the largest of what each part alone would need, where one is clearly the largest.
  let decided = 0;
  for (const s of settings(2800, (s) => ({ ...s, sites: 400 + s.sites }))) {
    const { limit, slots, hands, cores, holds } = plan(s), waits = sum(each({ ...s, work: [0] })), work = sum(each({ ...s, waits: [0] }));
    const alone = { limit: (waits + work) / limit, slots: waits / slots, hands: hands < Infinity ? work / hands : 0, cores: work / cores };
    const [[name, ms], [, second]] = Object.entries(alone).sort((a, b) => b[1] - a[1]);
    if (!(ms > 3 * second) || ms < 20 * Math.max(...each(s)) || !holds && name === "cores") continue;
    decided++;
    assert.deepEqual(bound(s).by, [name], JSON.stringify(s));
  }
  assert.ok(decided > 300, `${decided} settings decide`);
});

test("what it names helps most, and where it names nothing, nothing can", () => {
  const fields = { limit: "workers", slots: "slots", cores: "cores" };
  let several = 0;
  for (const s of settings(700)) {
    const { total_ms, longest_ms } = simulate(s), { by } = bound(s);
    if (!by.length) assert.ok(total_ms <= 1.01 * longest_ms, JSON.stringify(s));
    const has = { limit: ["pool", "processes", "bounded"].includes(s.model), slots: s.slots > 0, cores: !s.gil || s.model === "processes" };
    const twice = Object.keys(fields).filter((name) => has[name]).map((name) => [name, simulate({ ...s, [fields[name]]: 2 * s[fields[name]] }).total_ms]);
    if (by.length !== 1 || !has[by[0]]) continue;
    const [, best] = twice.find(([name]) => name === by[0]);
    assert.ok(best < 0.99 * total_ms, `twice the ${by[0]} of ${JSON.stringify(s)}`);
    for (const [name, other] of twice) assert.ok(best <= other + 1e-9, `${name} helps more than ${by[0]}: ${JSON.stringify(s)}`);
    several += twice.filter(([, other]) => other < 0.99 * total_ms).length > 1;
  }
  assert.ok(several > 5, `${several} settings with several parts that help`);
});

test("the page says how it is checked, as it is", async () => {
  const page = (await readFile(path.join(book, "explore.md"), "utf8")).replace(/\s+/g, " ");
  const count = Object.keys(WAITING).length + Object.keys(WORKING).length;
  assert.ok(page.includes(`${count} recordings`), `${count} recordings`);
  assert.ok(SHARE === 0.1 && page.includes(`a tenth and ${MS} ms`), "the tolerance");
});

test("the two scripts are small", async () => {
  const sizes = await Promise.all(["simulate.js", "explore.js"].map(async (file) => (await stat(path.join(book, "explore", file))).size));
  assert.ok(sum(sizes) <= 20 * 1024, `${sizes} bytes`);
});
