// The table of "How far you have come": from the sidebar's chapters, and from what `theme/questions.js` has kept.
// Deferred scripts run in the order of the page, and this one stands before those of the book.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const book = window.whileYouWait;
  const place = document.getElementById("progress");
  if (!book || !place) return; // the whole book on one page
  const questions = JSON.parse(place.dataset.questions);

  /** The pages of each folder, in the book's order; those without a number of their own come last, in one row. */
  function chapters() {
    const rows = new Map();
    const others = { title: "Other pages", folder: "", pages: [] };
    for (const link of book.links) {
      const page = book.page(link);
      const folder = page.split("/")[0];
      if (page === "progress.html") continue;
      if (!link.querySelector("strong")) others.pages.push(page);
      else if (rows.has(folder)) rows.get(folder).pages.push(page);
      else rows.set(folder, { title: titleOf(link), folder, href: link.href, pages: [page] });
    }
    return [...rows.values(), others];
  }

  function titleOf(link) {
    const copy = link.cloneNode(true);
    copy.querySelector(".read-mark")?.remove();
    return copy.textContent.trim();
  }

  function cell(name, text, properties) {
    return Object.assign(document.createElement(name), { textContent: text, ...properties });
  }

  const table = document.createElement("table");
  const state = cell("p", "", { role: "status" });
  const forget = cell("button", "Forget all of it", { type: "button" });
  const undo = cell("button", "Undo", { type: "button", hidden: true });
  const wrapper = cell("div", "", { className: "table-wrapper" });
  wrapper.append(table);
  place.replaceChildren(wrapper, state, forget, undo);

  function draw() {
    const { pages, answers } = book.kept();
    const all = { title: "All", read: 0, pages: 0, answered: 0, right: 0, questions: 0 };
    const head = document.createElement("tr");
    for (const title of ["Chapter", "Pages read", "Questions answered", "Right at first try"]) head.append(cell("th", title, { scope: "col" }));
    const body = document.createElement("tbody");
    const row = (it) => {
      const line = document.createElement("tr");
      const title = cell("th", "", { scope: "row" });
      title.append(it.href ? cell("a", it.title, { href: it.href }) : it.title);
      line.append(title, cell("td", `${it.read} of ${it.pages}`));
      line.append(cell("td", it.questions ? `${it.answered} of ${it.questions}` : ""), cell("td", it.questions ? `${it.right}` : ""));
      body.append(line);
    };
    for (const chapter of chapters()) {
      const here = Object.values(answers).filter((it) => it.chapter === chapter.folder);
      const counts = {
        read: chapter.pages.filter((page) => pages[page]).length,
        pages: chapter.pages.length,
        answered: here.length,
        right: here.filter((it) => it.right).length,
        questions: questions[chapter.folder] ?? 0,
      };
      row({ ...chapter, ...counts });
      for (const [name, count] of Object.entries(counts)) all[name] += count;
    }
    row(all);
    const header = document.createElement("thead");
    header.append(head);
    table.replaceChildren(header, body);
    if (!book.isKept()) state.textContent = "This browser keeps nothing for this book: what you see is lost when you leave the page.";
  }

  let forgotten = null; // until the page is left

  forget.addEventListener("click", () => {
    forgotten = book.kept();
    book.change((now) => Object.assign(now, { pages: {}, answers: {} }));
    state.textContent = "All of it is forgotten.";
    undo.hidden = false;
    undo.focus();
    forget.hidden = true;
  });

  undo.addEventListener("click", () => {
    // Another tab may have gone on meanwhile. Of an answer, the older one is the first choice.
    book.change((now) => {
      Object.assign(now.pages, forgotten.pages);
      Object.assign(now.answers, forgotten.answers);
    });
    state.textContent = "It is all there again.";
    forget.hidden = false;
    forget.focus();
    undo.hidden = true;
  });

  book.change(() => {}); // so that a browser that keeps nothing is found out now
  addEventListener("progress", draw);
  draw();
});
