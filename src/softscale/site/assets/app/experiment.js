// One experiment: chart, table, what must be known of it.
"use strict";
(function (site) {
  const {el} = site;

  // The data of the experiment of that name; null where there is none.
  site.experiment = async (name) => {
    const contents = await site.load("data/index");
    const entry = contents.experiments.find((experiment) => experiment.name === name);
    return entry ? site.load(`data/experiment-${entry.file}`) : null;
  };

  site.views.experiment = async (name) => {
    const experiment = await site.experiment(name);
    if (!experiment) return site.nothing(`There is no experiment ${name} here.`);
    const {chart} = experiment;
    const leads = (row) => (experiment.runs_of[row].length === 1 ? site.hash("run", experiment.runs_of[row][0]) : site.hash("point", name, row));
    const hint = experiment.runs ? "Point at a mark for its numbers; click it for its runs." : "Point at a mark for its numbers; click it for its row.";
    return {title: experiment.title, body: [
      el("h1", {}, experiment.title),
      el("p", {class: "lead"}, site.prose(experiment.claim)),
      chart ? site.chart(chart, {open: (at) => { location.hash = leads(chart.rows[at]); }, said: (at, state) => site.saidOf(experiment, at, state)}) : null,
      chart ? el("p", {class: "quiet"}, hint, intervalWords(chart), guideWords(chart)) : null,
      site.section("Table", tableOf(experiment, leads)),
      Object.entries(experiment.others).map(([file, table]) => site.section(file.replace(/\.csv$/, "").replaceAll("_", " "), otherTable(experiment, file, table))),
      experiment.words.map((paragraph) => el("p", {class: "quiet"}, site.prose(paragraph))),
      Object.entries(experiment.sections).map(([heading, lines]) => el("details", {}, el("summary", {}, heading), el("ul", {}, lines.map((line) => el("li", {}, site.prose(line)))))),
      experiment.runs ? el("p", {class: "quiet"}, "Made by ", el("code", {}, `softscale report experiment=${name}`), ".") : null,
    ]};
  };

  const intervalWords = (chart) => {
    const interval = (chart.mark === "dots" ? chart.x : chart.y)[0].interval;
    return interval ? ` Bands and bars: ${interval}.` : "";
  };
  const guideWords = (chart) => (chart.guide.some((value) => value !== null) ? ` Dotted: ${chart.guide_title}.` : "");

  // What a point says: its series, then value, interval, n, trained parameters and what else its row tells.
  site.saidOf = (experiment, at, state) => {
    const {chart, table} = experiment;
    const row = chart.rows[at];
    const texts = table.rows[row];
    const of = (name) => texts[table.columns.findIndex((column) => column.name === name)] ?? "";
    const [x, y] = [chart.x[state.x], chart.y[state.y]];
    const value = (axis, number) => (axis.percent ? site.percent(number) : site.number(number));
    const main = chart.mark === "dots" ? x : y;
    const low = main.low[at] ?? null;
    const whole = (text) => (text === "" ? "" : site.whole(Number(text)));
    const series = chart.groups[x.group][chart.series_of[x.group][at]];
    return [series.label, [
      [main.title, value(main, main.values[at])],
      [main.interval, low === null ? "" : `${value(main, low)} to ${value(main, main.high[at])}`],
      ["task", chart.panels.length > 1 ? chart.panels[chart.panel[at]] : chart.categories[chart.category[at]] ?? ""],
      ["rung", chart.rungs[chart.rung[at]] ?? ""],
      [chart.mark === "dots" ? "" : x.title, chart.mark === "dots" ? "" : value(x, x.values[at])],
      ["n", of("n")],
      ["trained parameters", x.title === "trained parameters" ? "" : whole(of("trained") || experiment.trained[row])],
      ["total parameters", x.title === "total parameters" ? "" : whole(of("total") || of("backbone"))],
      ...Object.entries(chart.more).map(([name, values]) => [name, values[at]]),
    ].filter(([name]) => name)];
  };

  function tableOf(experiment, leads) {
    const {table} = experiment;
    const holder = el("div");
    const box = el("input", {type: "checkbox", onchange: () => fill()});
    const rows = table.rows.map((texts, index) => ({texts, index}));
    const runs = {
      title: "runs",
      numeric: false,
      sort: (row) => experiment.runs_of[row.index].length,
      cell: (row) => el("a", {href: leads(row.index)}, site.many(experiment.runs_of[row.index].length, "run")),
    };
    const fill = () => {
      const columns = [...(experiment.runs ? [runs] : []), ...site.csvColumns(table.columns, box.checked)];
      holder.replaceChildren(site.table({columns, rows, label: `Table of ${experiment.title}`}));
    };
    fill();
    return [el("p", {class: "bar"}, el("label", {class: "chip"}, box, "all columns"), csvLink(experiment, "table.csv")), holder];
  }

  const otherTable = (experiment, file, table) => [
    el("p", {class: "bar"}, csvLink(experiment, file)),
    site.table({columns: site.csvColumns(table.columns, true), rows: table.rows.map((texts, index) => ({texts, index})), label: file, page: 10}),
  ];

  const csvLink = (experiment, file) =>
    el("a", {href: `tables/${encodeURIComponent(experiment.file)}/${encodeURIComponent(file)}`, download: `${experiment.file}-${file}`}, file);
})(window.softscale);
