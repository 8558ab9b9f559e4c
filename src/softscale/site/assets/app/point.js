// One row of a table, as a point of the chart leads to it: its numbers, and the runs that it is made of.
"use strict";
(function (site) {
  const {el} = site;

  site.views.point = async (path) => {
    const [, name, row] = /^(.*)\/(\d+)$/.exec(path) ?? [];
    const experiment = name ? await site.experiment(name) : null;
    const texts = experiment?.table.rows[Number(row)];
    if (!texts) return site.nothing("There is no such point here.");
    const {columns} = experiment.table;
    const of = (wanted) => texts[columns.findIndex((column) => column.name === wanted)] || null;
    const title = [of("label") ?? of("method"), of("model"), of("task") ?? of("scored_on") ?? of("skill")].filter(Boolean).join(" · ");
    const ids = new Set(experiment.runs_of[Number(row)]);
    const runs = (await site.load("data/runs")).filter(([id]) => ids.has(id));
    const numbers = (keeps) => site.pairs(columns.map((column, index) => [
      column.kind === "percent" ? `${column.title} (%)` : column.title,
      texts[index] === "" || !keeps(column) ? null : site.cell(texts[index], column.kind),
    ]));
    return {title, body: [
      el("p", {class: "crumbs"}, el("a", {href: site.hash("experiment", name)}, experiment.title)),
      el("h1", {}, title),
      numbers((column) => column.shown),
      el("details", {}, el("summary", {}, "What else the row says"), numbers((column) => !column.shown)),
      runs.length ? site.section(site.many(runs.length, "run"), site.runsTable(runs)) : el("p", {class: "quiet"}, "No run of its own: it is counted, or its runs have no record here."),
    ]};
  };
})(window.softscale);
