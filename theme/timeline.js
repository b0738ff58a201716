// Details of a bar under pointer or focus, and each timeline as a table. Without this script a bar has its <title>.
(() => {
  const MOST = 50;
  const ms = (n) => `${n.toFixed(n > 0 && n < 9.95 ? 1 : 0)} ms`;
  const during = (what, begin, end) => `${what}from ${ms(begin)} to ${ms(end)}: ${ms(end - begin)}`;
  const lists = (text) => (text ? text.split(",").map((one) => one.split(" ").map(Number)) : []);
  const rowsOf = (svg) => [...svg.querySelectorAll(".row[data-at]")];
  const make = (name, text, className = "") => Object.assign(document.createElement(name), { textContent: text, className });

  /** What a row says; its stretches are in the order of its rectangles. */
  const read = (row) => {
    const { task, at, held, lock } = row.dataset;
    const [begin, end] = at.split(" ").map(Number);
    const threads = {}, stretches = [""];
    let alone = end - begin, locked = 0;
    for (const [thread, from, to] of lists(held)) {
      threads[thread] = (threads[thread] ?? 0) + to - from;
      alone -= to - from;
      stretches.push(during(`here: thread ${thread} `, from, to));
    }
    for (const [from, to] of lists(lock)) {
      locked += to - from;
      stretches.push(during("here: a lock ", from, to));
    }
    const holds = Object.entries(threads).map(([thread, time]) => `thread ${thread} for ${ms(time)}`).join(", ");
    const waits = [locked && `${ms(locked)} for a lock`, alone >= 0.05 && `${ms(alone)} without a thread`].filter(Boolean).join(", ");
    const { of } = row.parentNode.dataset;
    return { name: of ? `${of}: ${task}` : task, begin, end, holds: holds || "no thread", waits, stretches };
  };

  // A screen reader hears it. Empty, it is not seen.
  const box = document.body.appendChild(make("div", "", "timeline-box"));
  box.role = "status";
  let row = null;
  const hide = () => {
    row?.classList.remove("told");
    row = null;
    box.textContent = "";
  };
  const show = (which, part, pointer) => {
    hide();
    row = which;
    row.classList.add("told");
    const { name, begin, end, holds, waits, stretches } = read(row);
    const here = stretches.length > 2 && stretches[part];
    box.textContent = [name, during("", begin, end), `holds ${holds}`, waits && `waits ${waits}`, here].filter(Boolean).join("\n");

    // Below the row, or above it where the screen ends.
    const { left, top, bottom } = row.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box;
    const x = Math.min(pointer ? pointer.clientX + 12 : left, innerWidth - width - 24);
    box.style.left = `${Math.max(8, x)}px`;
    box.style.top = `${(bottom + height + 12 < innerHeight ? bottom + 6 : top - height - 6) + scrollY}px`;
  };

  let rests; // where the pointer is: a page that moves under it is no wish to see a bar
  const where = ({ clientX, clientY }) => `${clientX} ${clientY}`;
  addEventListener("pointermove", (event) => (rests = where(event)));
  addEventListener("pointerover", (event) => {
    if (where(event) === rests) return;
    const under = event.target.closest?.(".timeline[tabindex] .row");
    under ? show(under, [...under.querySelectorAll("rect")].indexOf(event.target), event) : hide();
  });
  addEventListener("focusin", ({ target }) => target.matches("svg.timeline[tabindex]:focus-visible") && show(rowsOf(target)[0]));
  addEventListener("focusout", hide);

  // Before all others: here the arrow keys turn no page.
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || !event.target.matches("svg.timeline[tabindex]")) return;
    event.preventDefault();
    event.stopPropagation();
    const rows = rowsOf(event.target);
    const next = rows[rows.indexOf(row) + step] ?? row ?? rows[0];
    next.scrollIntoView({ block: "nearest" });
    show(next);
  }, true);

  const equip = (svg) => {
    const rows = rowsOf(svg);
    if (!rows.length || svg.hasAttribute("tabindex")) return;
    svg.setAttribute("role", "application"); // so that a screen reader leaves the arrow keys to it
    svg.setAttribute("tabindex", 0);
    for (const title of svg.querySelectorAll(".row > title")) title.remove(); // the box says it

    const table = make("table", "");
    table.ariaLabel = svg.querySelector("title").textContent;
    const add = (part, name, cells) => part.insertRow().append(...cells.map((cell) => make(name, cell)));
    add(table.createTHead(), "th", ["Task", "Begins", "Ends", "Held on", "Waits"]);
    const body = table.createTBody();
    for (const { name, begin, end, holds, waits } of rows.slice(0, MOST).map(read)) add(body, "td", [name, ms(begin), ms(end), holds, waits]);
    const details = make("details", "", "timeline-table");
    details.append(make("summary", "As a table"), table);
    if (rows.length > MOST) details.append(make("p", `${rows.length - MOST} more are not in this table.`));
    const both = make("div", "", "timeline-figure");
    svg.replaceWith(both);
    both.append(svg, details);
  };

  // Also what comes later: the picture of a run.
  const look = () => document.querySelectorAll("svg.timeline:not([tabindex])").forEach(equip);
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
})();
