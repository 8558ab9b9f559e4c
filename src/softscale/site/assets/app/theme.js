// Light or dark: what the system says, until the reader says otherwise. Runs before anything is drawn.
"use strict";
window.softscale = {};
(function (site) {
  const THEMES = ["system", "light", "dark"];
  let chosen = stored();

  function stored() {
    try {
      const theme = localStorage.getItem("softscale.theme");
      return THEMES.includes(theme) ? theme : "system";
    } catch {
      return "system"; // a browser may refuse to store anything for a file
    }
  }

  function apply() {
    const root = document.documentElement;
    if (chosen === "system") delete root.dataset.theme;
    else root.dataset.theme = chosen;
    const button = document.getElementById("theme");
    if (button) button.textContent = `Theme: ${chosen}`;
    document.dispatchEvent(new Event("themechange"));
  }

  function next() {
    chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length];
    try {
      localStorage.setItem("softscale.theme", chosen);
    } catch {
      // it holds until the page is closed
    }
    apply();
  }

  // A colour of the style sheet by its name, as it is now.
  site.colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  apply();
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme").addEventListener("click", next);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
})(window.softscale);
