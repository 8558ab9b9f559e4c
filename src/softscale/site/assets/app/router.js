// The part of the address after # says what is seen: #experiment/…, #point/…, #run/…, #experiments, #claims, #runs.
"use strict";
(function (site) {
  const {el} = site;
  let turn = 0; // a view that was slow to load must not replace a later one

  site.nothing = (words) => ({title: "Not here", body: [el("h1", {}, "Not here"), el("p", {}, words), el("p", {}, el("a", {href: "#experiments"}, "All experiments"))]});

  // {view, rest, state} of an address: #run/0123456789ab?show=wrong&other=….
  function parsed(hash) {
    const [path, query = ""] = hash.replace(/^#/, "").split("?");
    const [view, ...rest] = path.split("/");
    return {view: view || "experiments", rest: decoded(rest.join("/")), state: Object.fromEntries(new URLSearchParams(query))};
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // as it was typed
    }
  }

  // Keep what is chosen in the address, without a step back for each choice.
  function keep(state) {
    const kept = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
    const query = kept.size ?? [...kept].length;
    history.replaceState(null, "", `${location.hash.split("?")[0]}${query ? `?${kept}` : ""}`);
  }

  async function show() {
    const own = ++turn;
    const {view, rest, state} = parsed(location.hash);
    if (location.hash === "#view") return; // the link that skips to the content
    const make = Object.hasOwn(site.views, view) ? site.views[view] : () => site.nothing(`There is no part ${view} of this page.`);
    const here = document.getElementById("view");
    let made;
    try {
      made = await make(rest, state, keep);
    } catch (error) {
      made = {title: "Not shown", body: [el("h1", {}, "Not shown"), el("p", {}, error.message)]};
      if (!(error instanceof Error && error.message.startsWith("There is no"))) console.error(error);
    }
    if (own !== turn) return;
    document.title = `${made.title} – softscale`;
    here.replaceChildren(...[made.body].flat(Infinity).filter(Boolean));
    here.dataset.view = view;
    site.drawWaiting();
    for (const link of document.querySelectorAll("header nav a")) {
      const current = link.hash === `#${view}` || (link.hash === "#experiments" && ["experiment", "point"].includes(view)) || (link.hash === "#runs" && view === "run");
      if (current) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    if (own > 1) {
      scrollTo(0, 0);
      here.focus({preventScroll: true});
    }
  }

  addEventListener("hashchange", show);
  show();
})(window.softscale);
