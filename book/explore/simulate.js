// A simulation of the book's programs: which page waits or is worked on when, and which thread it holds.
//
// It goes from event to event, without a clock and without chance. A page waits at the web, where `slots` pages are served
// at once and the others stand in line, first in, first out. Then it is worked on. Threads at work share the cores evenly;
// under a GIL there is one core for all of them. Processes have a GIL each.
//
// Left out: connecting and sending, starting threads and processes, switching between them, jitter, what a client needs
// of the CPU, locks, failures. So a real program takes a little longer: tests/browser/simulation.test.mjs says how much.
(() => {
  "use strict";

  /** The waits of the book's five sites, in milliseconds. */
  const FIVE = [120, 80, 200, 50, 150];
  const MODELS = ["sequential", "threads", "pool", "processes", "async", "bounded", "hybrid"];
  /** Least, most and usual value of each number in a setting; 0 slots is no limit. */
  const LIMITS = { sites: [1, 10_000, 5], workers: [1, 10_000, 2], slots: [0, 10_000, 0], cores: [1, 1024, 2] };

  /** The nearest that can be simulated. `waits` and `work`: milliseconds of each page, from the first again when there are more. */
  function clean(given) {
    const s = Object(given);
    const times = (list, usual) => {
      const good = [list].flat().filter((ms) => Number.isFinite(ms) && ms >= 0 && ms <= 1e6);
      return good.length ? good : usual;
    };
    const out = {
      model: MODELS.includes(s.model) ? s.model : MODELS[0], gil: Boolean(s.gil),
      waits: times(s.waits, FIVE), work: times(s.work, [0]),
    };
    for (const [name, [least, most, usual]] of Object.entries(LIMITS)) {
      out[name] = Number.isFinite(s[name]) ? Math.min(most, Math.max(least, Math.round(s[name]))) : usual;
    }
    return out;
  }

  /**
   * What a model is made of. `limit`: so many pages are under way at once. `hands`: so many are worked on at once.
   * `holds`: a page keeps its thread while it waits. `apart`: the work has threads of its own.
   */
  function plan({ model, waits, workers, slots, cores, gil }) {
    const waiting = waits.some(Boolean), loop = model === "async" || model === "bounded";
    const apart = model === "hybrid" && waiting;
    // A task that only works has no await: it runs to its end before the loop begins another.
    const one = model === "sequential" || loop && !waiting;
    const all = model === "threads" || model === "async" || apart;
    return {
      limit: one ? 1 : all ? Infinity : workers, hands: apart ? workers : loop && !one ? 1 : Infinity,
      slots: waiting && slots || Infinity, cores: gil && model !== "processes" ? 1 : cores,
      holds: !loop && !apart, apart,
    };
  }

  /** Puts a task where its key belongs, behind its equals. */
  function insert(queue, key, task) {
    task.key = key;
    let at = queue.length;
    while (at && queue[at - 1].key > key) at--;
    if (at === queue.length) queue.push(task);
    else queue.splice(at, 0, task);
  }

  function run(s, { limit, hands, slots, cores, holds, apart }, draws) {
    const spans = [], idle = [], line = [], served = [], ready = [], working = [];
    let now = 0, begun = 0, underWay = 0, inFlight = 0, peak = 0, threads = holds ? 0 : 1; // thread 1 is the loop's
    let waits_ms = 0, work_ms = 0, longest_ms = 0, pages_ms = 0, lined_ms = 0;
    let done = 0; // how long each that works would have had a core, had it begun with the first

    const open = (task, name, thread) => {
      task.thread = thread;
      task.since = now;
      if (!draws) return;
      const label = `${task.wait ? "site" : "chunk"}-${begun}`;
      task.span = { name, label: task.span?.label ?? label, begin_ms: now, end_ms: now, held: [], blocked: [] };
      spans.push(task.span);
    };
    const close = ({ span, thread, since }) => {
      if (!draws) return;
      span.end_ms = now;
      span.held.push({ thread, begin_ms: since, end_ms: now });
    };
    const begin = () => {
      while (begun < s.sites && underWay < limit) {
        const wait = s.waits[begun % s.waits.length], work = s.work[begun % s.work.length];
        const task = { wait, work, began: now, thread: 0, since: 0, key: 0 };
        begun++;
        underWay++;
        waits_ms += wait;
        work_ms += work;
        longest_ms = Math.max(longest_ms, wait + work);
        open(task, wait ? "fetch" : "crunch", holds ? idle.pop() ?? ++threads : 1);
        if (!holds) close(task); // asked, and left with the loop
        if (wait) peak = Math.max(peak, ++inFlight);
        if (!wait) answered(task);
        else if (served.length < slots) serve(task);
        else line.push(task);
      }
    };
    const serve = (task) => {
      lined_ms += now - task.began;
      if (draws && now > task.began) task.span.blocked.push({ begin_ms: task.began, end_ms: now });
      insert(served, now + task.wait, task);
    };
    const answered = (task) => {
      if (!holds) task.since = now;
      if (!task.work) return end(task);
      if (apart) close(task);
      if (working.length < hands) toWork(task);
      else ready.push(task);
    };
    const toWork = (task) => {
      if (apart) open(task, "digest", idle.pop() ?? ++threads);
      else if (!holds) task.since = now;
      insert(working, done + task.work, task);
    };
    const end = (task) => {
      close(task);
      if (holds || apart && task.work) idle.push(task.thread);
      underWay--;
      pages_ms += now - task.began;
    };

    for (begin(); underWay; begin()) {
      const rate = Math.min(1, cores / working.length);
      const worked = working.length ? now + Math.max(0, working[0].key - done) / rate : Infinity;
      if (served.length && served[0].key <= worked) {
        const task = served.shift();
        done += (task.key - now) * rate;
        now = task.key;
        inFlight--;
        if (line.length) serve(line.shift());
        answered(task);
      } else {
        const task = working.shift();
        done = task.key; // exactly: sums of fractions drift
        now = worked;
        end(task);
        if (ready.length) toWork(ready.shift());
      }
    }
    return {
      spans, threads, total_ms: now, peak_in_flight: peak, per_second: now && s.sites / now * 1000,
      // All pages, each as if it were alone, and the longest of them.
      waits_ms, work_ms, longest_ms,
      // The mean of a page, and what of it was in line at the web.
      page_ms: pages_ms / s.sites, in_line_ms: lined_ms / s.sites,
    };
  }

  /** Spans in the shape of a recording (`blocked` is the time in line at the web), and what can be counted of them. */
  function simulate(given) {
    const s = clean(given);
    return run(s, plan(s), true);
  }

  /** The same with so many at once, whatever the model: pages a second, simulated and by Little's law. */
  function throughput(given, limit) {
    const s = clean(given), parts = { ...plan(s), limit }, { per_second, waits_ms, work_ms } = run(s, parts);
    const most = Math.min(
      limit / (waits_ms + work_ms), parts.slots / waits_ms, Math.min(parts.hands, parts.cores) / work_ms);
    return { per_second, predicted: most * s.sites * 1000 };
  }

  /**
   * What bounds a setting: the fewest of its parts of which twice as many would end sooner, by a hundredth or more; none
   * where the longest page decides. The simulation itself is asked.
   */
  function bound(given) {
    const s = clean(given), parts = plan(s), now = run(s, parts);
    let by = [], sets = [[]];
    for (const name of ["limit", "slots", "hands", "cores"]) {
      if (parts[name] < Infinity) sets = sets.concat(sets.map((set) => [...set, name]));
    }
    if (now.total_ms > now.longest_ms * 1.01) {
      let least = now.total_ms * 0.99;
      for (const set of sets.sort((a, b) => a.length - b.length)) {
        if (by.length && set.length > by.length) break;
        const twice = Object.fromEntries(set.map((name) => [name, 2 * parts[name]]));
        const { total_ms } = run(s, { ...parts, ...twice });
        if (total_ms < least) [by, least] = [set, total_ms];
      }
    }
    return { by, words: inWords(s, parts, by) };
  }

  function inWords({ model, waits, gil }, { limit, slots, hands, cores, apart }, by) {
    const few = (n, one, many = `${one}s`) => [`the ${n} ${n === 1 ? one : many}`, n > 1, "more would end sooner"];
    const of = {
      limit: model === "processes" ? few(limit, "process", "processes") : model === "bounded" && waits.some(Boolean) ? few(limit, "permit")
        : model === "pool" || model === "hybrid" ? few(limit, "worker") : ["one at a time", false, "the total is the sum"],
      slots: [`the web's ${slots} slot${slots > 1 ? "s" : ""}`, slots > 1, "more at once would only wait in line"],
      hands: apart ? few(hands, "computing thread") : ["the one thread", false, "while it works, answers wait"],
      cores: gil && model !== "processes" ? ["the GIL", false, "one thread at a time runs Python, on however many cores"]
        : [...few(cores, "core").slice(0, 2), "more threads would only share them"],
    };
    if (!by.length) {
      return waits.some(Boolean) ? "The longest page bounds it: only a faster site would help."
        : "The longest piece of work bounds it: only smaller pieces would help.";
    }
    const names = by.map((name) => of[name][0]).join(" and "), [, many, why] = of[by[0]];
    return `${names[0].toUpperCase()}${names.slice(1)} ${by.length > 1 ? "bound it together: more of one alone changes little"
      : `${many ? "bound" : "bounds"} it: ${why}`}.`;
  }

  globalThis.simulation = { FIVE, LIMITS, MODELS, clean, plan, simulate, throughput, bound };
})();
