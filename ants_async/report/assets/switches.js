
"use strict";
/* Language and colours. What was chosen is kept, where the browser lets a page keep something. */
(() => {
  const root = document.documentElement;
  const kept = (name) => { try { return localStorage.getItem("ants-" + name); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem("ants-" + name, value); } catch { /* then it is not kept */ } };
  const press = (name, value) => {
    for (const button of document.querySelectorAll("[data-" + name + "]")) {
      if (button !== root) button.setAttribute("aria-pressed", String(button.dataset[name] === value));
    }
  };
  const speak = (language) => {
    root.lang = language;
    press("language", language);
    document.dispatchEvent(new Event("language"));
  };
  const paint = (theme) => {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    press("theme", theme);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-language], button[data-theme]");
    if (!button) return;
    const name = button.dataset.language ? "language" : "theme";
    keep(name, button.dataset[name]);
    (name === "language" ? speak : paint)(button.dataset[name]);
  });
  paint(["light", "dark"].includes(kept("theme")) ? kept("theme") : "auto");
  document.addEventListener("DOMContentLoaded", () => speak(["en", "th"].includes(kept("language")) ? kept("language") : root.lang));
})();
