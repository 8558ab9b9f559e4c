// The list of experiments, the first view.
"use strict";
(function (site) {
  const {el} = site;

  site.views ??= {};
  site.views.experiments = async () => {
    const index = await site.load("data/index");
    const ladders = Map.groupBy?.(index.experiments, ladderOf) ?? grouped(index.experiments);
    const claims = index.claims.groups.flatMap((group) => group.rows);
    const verdicts = site.verdictBar(claims);
    return {title: "Results", body: [
      el("h1", {}, "Results"),
      el("p", {class: "lead"}, "Prompt tuning against every other way to adapt a frozen T5, as models grow: ",
        `${site.many(index.experiments.length, "experiment")}, ${site.many(index.runs, "run")}, `,
        `${site.many(claims.length, "claim")} of the paper.`),
      claims.length ? el("section", {class: "verdicts"}, verdicts, el("p", {}, el("a", {href: "#claims"}, "All claims and their verdicts"))) : null,
      [...ladders].map(([ladder, experiments]) => el("section", {}, el("h2", {}, words(ladder)), el("ul", {class: "cards"}, experiments.map(card)))),
    ]};
  };

  const ladderOf = ({name}) => (name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "");
  const words = (ladder) => ({miniature: "Miniature ladder", paper: "Paper scale", "": "Experiments"})[ladder] ?? ladder;

  function grouped(experiments) {
    const groups = new Map();
    for (const each of experiments) groups.set(ladderOf(each), [...(groups.get(ladderOf(each)) ?? []), each]);
    return groups;
  }

  const card = (experiment) => el("li", {},
    el("a", {href: site.hash("experiment", experiment.name)}, experiment.title),
    el("p", {}, site.prose(experiment.claim)),
    el("p", {class: "quiet"}, experiment.runs ? site.many(experiment.runs, "run") : "no runs of its own", `, ${site.many(experiment.rows, "row")}`));
})(window.softscale);
