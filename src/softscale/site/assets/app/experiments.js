// The list of experiments, the first view.
"use strict";
(function (site) {
  const {el} = site;

  site.views ??= {};
  site.views.experiments = async () => {
    const contents = await site.load("data/index");
    const claims = contents.claims.groups.flatMap((group) => group.rows);
    const verdicts = site.verdictBar(claims);
    return {title: "Results", body: [
      el("h1", {}, "Results"),
      el("p", {class: "lead"}, "Prompt tuning against every other way to adapt a frozen T5, as models grow: ",
        `${site.many(contents.experiments.length, "experiment")}, ${site.many(contents.runs, "run")}, `,
        `${site.many(claims.length, "claim")} of the paper.`),
      claims.length ? el("section", {class: "verdicts"}, verdicts, el("p", {}, el("a", {href: "#claims"}, "All claims and their verdicts"))) : null,
      grouped(contents.experiments).map(([ladder, experiments]) => el("section", {}, el("h2", {}, words(ladder)),
        el("ul", {class: "cards"}, experiments.filter(ofThePaper).map(card)),
        el("ul", {class: "others"}, experiments.filter((each) => !ofThePaper(each)).map(other)))),
    ]};
  };

  const ladderOf = ({name}) => (name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "");
  const words = (ladder) => ({miniature: "Miniature ladder", paper: "Paper scale", "": "Experiments"})[ladder] ?? ladder;

  const ofThePaper = ({name}) => /(^|\/)(figure|table)_[^/]*$/.test(name);

  function grouped(experiments) {
    const groups = new Map();
    for (const each of experiments) groups.set(ladderOf(each), [...(groups.get(ladderOf(each)) ?? []), each]);
    return [...groups];
  }

  const card = (experiment) => el("li", {},
    el("a", {href: site.hash("experiment", experiment.name)}, experiment.title),
    el("p", {}, site.prose(experiment.claim)),
    el("p", {class: "quiet"}, amount(experiment)));
  const other = (experiment) => el("li", {}, el("a", {href: site.hash("experiment", experiment.name)}, experiment.title), " ", el("span", {class: "quiet"}, amount(experiment)));
  const amount = ({runs, rows}) => (runs ? site.many(runs, "run") : `counted, ${site.many(rows, "row")}`);
})(window.softscale);
