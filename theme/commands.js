// Each command of the book as a line of its own, with a button that copies it. The reader (`cargo run`) adds the one that runs it.
(() => {
  /** The command at the head of what a console showed, in one line, and what comes after it; null where there is none. */
  const parse = (text) => {
    const found = /^\$ ((?:.*\\\n)*.*)\n?/.exec(text);
    return found && { command: found[1].replace(/\\\n/g, " ").replace(/\s+/g, " ").trim(), output: text.slice(found[0].length) };
  };

  const element = (name, className, text = "") => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  for (const code of document.querySelectorAll("pre > code.language-console")) {
    const parts = parse(code.textContent);
    if (!parts) continue;
    const pre = code.parentElement;
    const box = element("div", "command");
    const head = element("div", "command-head");
    const line = element("code", "command-line", parts.command);
    const copy = element("button", "command-button", "Copy command");
    const said = element("span", "command-said");
    copy.type = "button";
    said.setAttribute("role", "status");
    head.append(line);
    if (/^python3? /.test(parts.command)) head.append(element("span", "command-language", "Python"));
    head.append(copy, said);

    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(parts.command); // undefined where the context is not secure, and may be refused
        said.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(line);
        said.textContent = "Selected: copy it with your keyboard or menu";
      }
    });
    copy.addEventListener("blur", () => (said.textContent = ""));

    // mdBook's own button would copy the output as well. What highlights a shell has nothing to say about output.
    pre.querySelector(".buttons")?.remove();
    code.textContent = parts.output;
    pre.hidden = !parts.output;
    box.dataset.command = parts.command;
    pre.replaceWith(box);
    box.append(head, pre);
  }
})();
