// Predict questions, and pages read; what is kept: see `book/progress.md`.
(() => {
  "use strict";
  if (/\/print(\.html)?$/.test(location.pathname)) return; // the whole book on one page

  const KEY = "while-you-wait.progress.v1";
  const only = (all, isSound) => Object.fromEntries(Object.entries(Object(all)).filter(([, it]) => isSound(it)));
  let memory = null; // where storage is refused or full

  // Pages read, and of each question the first choice. Rubbish counts as nothing.
  function kept() {
    if (memory) return memory;
    let found;
    try {
      found = JSON.parse(localStorage.getItem(KEY));
    } catch {}
    return {
      pages: only(found?.pages, (it) => it === true),
      answers: only(found?.answers, (it) => typeof it?.right === "boolean"),
    };
  }

  function change(edit) {
    const now = kept(); // anew: another tab may have written
    edit(now);
    try {
      localStorage.setItem(KEY, JSON.stringify(now));
    } catch {
      memory = now;
    }
    show();
  }

  const root = new URL(path_to_root || "./", document.baseURI).href;
  const links = [...document.querySelectorAll("#mdbook-sidebar .chapter-link-wrapper > a[href]")];
  const page = (link) => link?.href.slice(root.length);
  const here = page(links.find((it) => it.matches(".active")));

  function show() {
    const { pages } = kept();
    for (const link of links) {
      const mark = link.querySelector(".read-mark");
      if (!pages[page(link)]) mark?.remove();
      else if (!mark) link.insertAdjacentHTML("beforeend", '<span class="read-mark"> <i aria-hidden="true">✓</i><span>(read)</span></span>');
    }
    dispatchEvent(new Event("progress"));
  }

  // An empty element: the last one may be taller than the screen.
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const main = document.querySelector("main");
  const end = main.appendChild(make("div"));
  const watch = new IntersectionObserver((changes) => {
    if (document.hidden || !changes.some((it) => it.isIntersecting)) return;
    watch.disconnect();
    change(({ pages }) => (pages[here] = true));
  });
  const look = () => (watch.unobserve(end), watch.observe(end));
  if (here) {
    look();
    document.addEventListener("visibilitychange", look);
  }

  // The answers stay <details>, buttons with a state. Radio buttons would choose at each arrow key.
  function ask(id, answers) {
    const right = answers.find((answer) => answer.matches("[data-right]"));
    const summary = (answer) => answer.querySelector("summary");
    const letter = (answer) => summary(answer).textContent.trim()[0];
    const group = make("div", { className: "question", role: "group", ariaLabel: "Answers" });
    const state = make("p", { className: "question-state" });
    const said = make("span", { role: "status" });
    const reveal = make("button", { type: "button", textContent: "Show the right answer", hidden: true });
    const run = make("a", { href: "#run-it", textContent: "Now run it", hidden: true });
    answers[0].before(group);
    state.append(said, reveal);
    if (document.getElementById("run-it")) state.append(run);
    group.append(...answers, state);

    function mark(answer, text) {
      const isRight = answer === right;
      if (!answer.dataset.verdict) {
        answer.dataset.verdict = isRight ? "right" : "wrong";
        const words = isRight ? "✓</i> Right." : "✗</i> Not quite.";
        summary(answer).insertAdjacentHTML("beforeend", `<span class="verdict"> <i aria-hidden="true">${words}</span>`);
      }
      said.textContent = text;
      reveal.hidden = !!right.dataset.verdict;
      run.hidden = false;
    }

    const before = kept().answers[id];
    const chosen = answers.find((answer) => letter(answer) === before?.choice && (answer === right) === before.right);
    if (chosen) mark(chosen, `Your first choice was ${before.choice}.`);

    group.addEventListener("click", ({ target }) => {
      const answer = target.closest("summary")?.parentElement;
      if (!answer || answer.open) return; // it is being closed
      change((now) => (now.answers[id] ??= { choice: letter(answer), right: answer === right, chapter: here?.split("/")[0] }));
      mark(answer, answer === right ? "Right." : "Not quite. Read why, and choose again.");
    });
    reveal.addEventListener("click", () => {
      right.open = true;
      mark(right, `The right answer is ${letter(right)}.`);
      summary(right).focus(); // the button is gone
    });
  }

  const questions = {};
  for (const answer of main.querySelectorAll("details[name]")) (questions[answer.getAttribute("name")] ??= []).push(answer);
  for (const id in questions) if (questions[id].some((it) => it.matches("[data-right]"))) ask(id, questions[id]);

  window.whileYouWait = { kept, change, links, page, isKept: () => !memory };
  addEventListener("storage", show);
  addEventListener("pageshow", show); // back from another page
  show();
})();
