// What every page does with a script: the theme switch, the copy buttons, one's place, the search field. All of it is extra; the page reads without.
(() => {
  "use strict";

  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remember = {
    read() { try { return localStorage.getItem("opsbook-theme") || "auto"; } catch { return "auto"; } },
    write(mode) { try { localStorage.setItem("opsbook-theme", mode); } catch { /* the choice lasts for this page */ } },
  };
  let mode = remember.read();

  const apply = () => {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
  };

  const themeSwitch = () => {
    const button = document.querySelector(".theme-switch");
    const name = button.querySelector(".theme-name");
    const show = () => {
      apply();
      name.textContent = { light: "Light", dark: "Dark", auto: "Auto" }[mode];
      button.title = "Colours of the page: light, dark, or as the device is set";
    };
    button.addEventListener("click", () => {
      mode = { auto: "light", light: "dark", dark: "auto" }[mode];
      remember.write(mode);
      show();
    });
    dark.addEventListener("change", apply);
    button.hidden = false;
    show();
  };

  const copyButtons = () => {
    if (!navigator.clipboard) return;
    for (const block of document.querySelectorAll("div.highlight")) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(block.querySelector("pre").innerText);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      });
      block.append(button);
    }
  };

  const markPlace = () => {
    const links = new Map([...document.querySelectorAll(".page-toc a")].map((link) => [link.hash.slice(1), link]));
    if (!links.size || !("IntersectionObserver" in window)) return;
    const inView = new Set();
    const watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) inView[isIntersecting ? "add" : "delete"](target.id);
      // The innermost comes last; above the first section there is none.
      const here = [...links.keys()].filter((id) => inView.has(id)).pop();
      for (const [id, link] of links) {
        if (id === here) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "-80px 0px -70% 0px" });
    for (const id of links.keys()) {
      const section = document.getElementById(id);
      if (section) watcher.observe(section);
    }
  };

  // Sphinx empties a search field named "q" when its scripts have come; words typed until then have to stay.
  const keepWords = () => {
    const words = document.getElementById("search-words");
    if (!words || new URLSearchParams(location.search).has("q")) return;
    words.removeAttribute("name");
    words.form.addEventListener("submit", () => { words.name = "q"; });
  };

  apply();
  keepWords();
  themeSwitch();
  copyButtons();
  markPlace();
})();
