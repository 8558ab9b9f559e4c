// One run: what it was, how it learned, what it scored, where it comes from, what it answered.
"use strict";
(function (site) {
  const {el} = site;

  site.views.run = async (id, state, keep) => {
    const run = await site.record(id);
    if (!run) return site.nothing(`There is no run ${id} here.`);
    const [contents, deviations, runs] = await Promise.all([site.load("data/index"), site.load("data/deviations"), site.load("data/runs")]);
    const {study} = run;
    const label = runs.find(([each]) => each === id)?.[2] ?? study.method.name;
    const title = `${label} · ${study.model.name} · ${study.task.name} · seed ${study.seed}`;
    return {title, body: [
      el("p", {class: "crumbs"}, shownIn(run, contents)),
      el("h1", {}, title),
      el("p", {class: "quiet"}, "run ", el("code", {}, run.id), run.provenance.dirty === false ? "" : " · not known to come from committed code"),
      facts(run),
      run.notes.length ? site.section("Notes", el("ul", {}, run.notes.map((note) => el("li", {}, note)))) : null,
      run.curve.length > 1 ? site.section("Dev curve", curves(run)) : null,
      site.section("Scores", scores(run)),
      await site.answersSection(run, state, keep),
      site.section("Study", el("div", {class: "columns"}, parts(study))),
      deviationsSection(run, deviations),
      site.section("Provenance", provenance(run)),
    ]};
  };

  function shownIn(run, contents) {
    const titles = new Map(contents.experiments.map(({name, title}) => [name, title]));
    const links = run.experiments.map((name, index) => [index ? " · " : "", el("a", {href: site.hash("experiment", name)}, titles.get(name) ?? name)]);
    return links.length ? ["In ", links] : "In no experiment of these results";
  }

  function facts(run) {
    const {best, data, parameters, predictions, provenance} = run;
    const fact = (value, name) => el("div", {}, el("dd", {}, value), el("dt", {}, name));
    const share = parameters.total ? ` (${site.number(Number((100 * parameters.trained / parameters.total).toPrecision(2)))} %)` : "";
    return el("dl", {class: "facts"},
      fact(site.percent(best["dev/score"]), `dev score (%), at step ${site.whole(best.step)}`),
      "majority" in data ? fact(site.percent(data.majority), "best constant answer (%)") : null,
      fact(site.whole(parameters.trained), `trained parameters${share}`),
      predictions.illegal >= 0 && predictions.count ? fact(site.whole(predictions.illegal), `of ${site.whole(predictions.count)} answers no label`) : null,
      fact(site.duration(provenance.seconds), "in all"));
  }

  function curves(run) {
    const lines = [["dev/score", "dev score (%)", 100, "accent"], ["train/loss", "training loss a target token", 1, "muted"]];
    return el("div", {class: "panels two"}, lines.map(([name, title, scale, colour]) => {
      const points = run.curve.filter((point) => typeof point[name] === "number").map((point) => ({x: point.step, y: scale * point[name]}));
      if (!points.length) return null;
      const holder = el("div", {class: "view", role: "group", "aria-label": `${title} over ${points.length} steps`});
      const draw = () => site.embed(holder, site.curveSpec(points, title, run.best.step, site.colour(colour)), {
        hover: (datum, event) => site.showTooltip(title, [["step", site.whole(datum.x)], [title, site.number(Number(datum.y.toPrecision(4)))]], event),
      });
      return el("figure", {}, site.drawing(holder, draw));
    }), el("p", {class: "quiet"}, "Ring: the best step, whose tensors and answers are kept."));
  }

  function scores(run) {
    const names = Object.keys(run.best).filter((name) => name !== "step");
    const row = (name, best, last) => ({name, best, last});
    const rows = [
      ...names.map((name) => row(name, run.best[name], run.last[name])),
      ...Object.entries(run.transfer).map(([name, value]) => row(name, value, null)),
    ];
    const said = (name, value) => (value === null || value === undefined ? "" : name.startsWith("train/") ? site.number(Number(value.toPrecision(4))) : site.percent(value));
    const column = (title, field) => ({title, numeric: true, sort: (each) => each[field] ?? null, cell: (each) => said(each.name, each[field])});
    return site.table({label: "Scores", rows, columns: [
      {title: "metric", numeric: false, sort: (each) => each.name, cell: (each) => each.name},
      column(`best, step ${site.whole(run.best.step)}`, "best"), column(`last, step ${site.whole(run.last.step)}`, "last"),
    ]});
  }

  // The study by its parts: model, method, task, data, optimiser, and what stands beside them.
  function parts(study) {
    const groups = Object.entries(study).filter(([, value]) => value !== null && typeof value === "object" && !Array.isArray(value));
    const single = Object.entries(study).filter(([name]) => !groups.some(([group]) => group === name));
    return [...groups.map(([name, values]) => [name, site.dotted(values)]), ["seed and transfer", single]].map(([name, values]) =>
      el("div", {}, el("h3", {}, name), site.pairs(values.map(([field, value]) => [field, site.said(value)]))));
  }

  function deviationsSection(run, {recipes, lists}) {
    const found = run.deviations === null ? null : lists[run.deviations];
    if (!found) return site.section("Deviations from the recipes", el("p", {class: "quiet"}, "Not known: this softscale lacks the method, the task or the recipe."));
    const text = (title, index) => ({title, numeric: false, sort: (row) => row[index], cell: (row) => site.prose(row[index])});
    return site.section("Deviations from the paper’s recipe", Object.entries(recipes).map(([recipe, words], index) =>
      el("details", {open: index === 0}, el("summary", {}, `${recipe}, ${words}: ${site.many(found[recipe].length, "deviation")}`),
        found[recipe].length ? site.table({label: `Deviations, ${recipe}`, rows: found[recipe], columns: [text("field", 0), text("here", 1), text("there", 2), text("source", 3)]}) : null)));
  }

  function provenance(run) {
    const {provenance: from, backbone, parameters, data, predictions, runtime} = run;
    const hashes = backbone.before === backbone.after ? [["backbone, before and after", code(backbone.before)]]
      : [["backbone before", code(backbone.before)], ["backbone after", code(backbone.after)]];
    return el("div", {class: "columns"},
      el("div", {}, el("h3", {}, "run"), site.pairs([
        ["command", from.command ? code(from.command) : null],
        ...Object.entries(from).filter(([name]) => !["command", "versions"].includes(name)).map(([name, value]) => [name, site.said(value)]),
        ...hashes,
      ])),
      el("div", {}, el("h3", {}, "versions"), site.pairs(Object.entries(from.versions ?? {}))),
      ...[["parameters", parameters], ["data", data], ["predictions", predictions], ["runtime", runtime]].map(([name, values]) =>
        el("div", {}, el("h3", {}, name), site.pairs(site.dotted(values).map(([field, value]) => [field, site.said(value)])))));
  }

  const code = (text) => el("code", {}, text);
})(window.softscale);
