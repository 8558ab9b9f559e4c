// The list of all runs.
"use strict";
(function (site) {
  const {el} = site;

  // A table of rows of data/runs: [id, model, label, task, seed, score, trained, steps, examples].
  site.runsTable = (runs) => {
    const text = (title, index) => ({title, numeric: false, sort: (run) => run[index], cell: (run) => run[index]});
    const number = (title, index, said) => ({title, numeric: true, sort: (run) => run[index], cell: (run) => said(run[index])});
    return site.table({label: "Runs", rows: runs, columns: [
      {title: "run", numeric: false, sort: (run) => run[0], cell: (run) => el("a", {href: site.hash("run", run[0])}, el("code", {}, run[0]))},
      text("model", 1), text("method", 2), text("task", 3), number("seed", 4, String),
      number("dev score (%)", 5, site.percent), number("trained", 6, site.whole), number("steps", 7, site.whole),
    ]});
  };

  site.views.runs = async () => {
    const runs = await site.load("data/runs");
    const holder = el("div");
    const field = el("input", {type: "search", id: "filter-runs", autocomplete: "off", oninput: () => fill()});
    const count = el("span", {class: "quiet", role: "status"});
    const fill = () => {
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = runs.filter((run) => wanted.every((word) => run.slice(0, 5).join(" ").toLowerCase().includes(word)));
      count.textContent = site.many(found.length, "run");
      holder.replaceChildren(site.runsTable(found));
    };
    fill();
    return {title: "Runs", body: [
      el("h1", {}, "Runs"),
      el("p", {class: "bar"}, el("label", {for: "filter-runs"}, "Filter "), field, " ", count),
      el("p", {class: "quiet"}, "Words of model, method, task, seed or id: ", el("code", {}, "mini_3 lora wic"), "."),
      holder,
    ]};
  };
})(window.softscale);
