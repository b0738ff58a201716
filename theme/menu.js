// What keyboards and screen readers need and mdBook leaves out: signs that open a chapter in the sidebar, boxes that scroll sideways,
// arrow keys that belong to what has the focus, and the corner of a table.
(() => {
  "use strict";

  // mdBook turns the page at ArrowLeft and ArrowRight unless a field has the focus. Anything else that has it may want these keys too
  // (a box that scrolls, a picture, a menu), so they turn pages only while the focus is on the page itself, on a link or on a plain
  // button. book.js listens on the document: what stops here, after the element's own listeners, does not reach it.
  const plain = "body, #mdbook-content, a[href]:not([role], svg *), button:not([role], [aria-haspopup], .question *)";
  document.body.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    if (event.defaultPrevented || !event.target.matches(plain)) event.stopPropagation();
  });

  // The signs are links without an address: no key reaches them, and nothing says what they are.
  const setUpFold = (sign) => {
    const item = sign.closest("li");
    const link = sign.parentElement.querySelector("a[href]");
    const say = () => sign.setAttribute("aria-expanded", item.classList.contains("expanded"));
    sign.setAttribute("role", "button");
    sign.setAttribute("aria-label", `Parts of ${link.textContent.trim()}`);
    if (!sign.hasAttribute("tabindex")) sign.tabIndex = 0;
    sign.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sign.click();
    });
    new MutationObserver(say).observe(item, { attributes: true, attributeFilter: ["class"] });
    say();
  };

  // A box that scrolls sideways is reached by Tab, so that the arrow keys scroll it; one that does not scroll is no stop.
  const boxes = document.querySelectorAll(".content pre > code, .content .table-wrapper");
  const setUpScrolling = () => {
    const scrolls = [...boxes].map((box) => box.scrollWidth > box.clientWidth); // measured first: one layout for all
    boxes.forEach((box, index) => {
      if (scrolls[index]) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  };

  // Markdown cannot say that the corner of a table is no heading, and mdBook writes it as a heading of nothing.
  for (const corner of document.querySelectorAll("thead th:empty")) corner.replaceWith(document.createElement("td"));

  // toc.js adds the headings of this page to the sidebar at this event too, and was there first.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".chapter-fold-toggle").forEach(setUpFold);
    // The observer calls once by itself, when the page has its first layout: to measure earlier would cost one more.
    new ResizeObserver(setUpScrolling).observe(document.querySelector(".content main"));
  });
})();
