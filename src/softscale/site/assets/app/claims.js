// The claims of the paper, their verdicts, and what they were judged by.
"use strict";
(function (site) {
  const {el} = site;
  const TONES = {holds: "yes", "does not hold": "no", undecided: "open"};
  const tone = (verdict) => TONES[verdict] ?? "none";

  // A bar with a part a verdict, and how many claims have it.
  site.verdictBar = (claims) => {
    const counts = new Map();
    for (const {verdict} of claims) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    const known = [...counts].sort(([a], [b]) => order(a) - order(b));
    return [
      el("div", {class: "bars", "aria-hidden": "true"}, known.map(([verdict, count]) => el("span", {class: tone(verdict), style: `flex-grow: ${count}`}))),
      el("ul", {class: "legend"}, known.map(([verdict, count]) => el("li", {}, el("span", {class: `dot ${tone(verdict)}`, "aria-hidden": "true"}), `${verdict} ${count}`))),
    ];
  };
  const order = (verdict) => ["holds", "undecided", "does not hold"].indexOf(verdict) >>> 0;

  site.views.claims = async () => {
    const {claims} = await site.load("data/index");
    const all = claims.groups.flatMap((group) => group.rows);
    if (!all.length) return site.nothing("There is no claims.md in these results: softscale claims writes it.");
    const verdicts = [...new Set(all.map(({verdict}) => verdict))].sort((a, b) => order(a) - order(b));
    const on = new Set(verdicts);
    const holder = el("div");
    const chips = verdicts.map((verdict) => {
      const box = el("input", {type: "checkbox", checked: true, onchange: () => {
        if (box.checked) on.add(verdict); else on.delete(verdict);
        fill();
      }});
      return el("label", {class: "chip"}, box, el("span", {class: `dot ${tone(verdict)}`, "aria-hidden": "true"}), verdict);
    });
    const fill = () => holder.replaceChildren(...claims.groups.map((group) => groupOf(group, on)).filter(Boolean));
    fill();
    return {title: "Claims", body: [
      el("h1", {}, "The claims of the paper, one by one"),
      el("section", {class: "verdicts"}, site.verdictBar(all)),
      el("details", {}, el("summary", {}, "What the verdicts and the brackets mean"), claims.words.map((paragraph) => el("p", {}, paragraph))),
      el("fieldset", {class: "switches"}, el("legend", {}, "verdicts"), el("div", {}, chips)),
      holder,
    ]};
  };

  function groupOf(group, on) {
    const rows = group.rows.filter(({verdict}) => on.has(verdict));
    return rows.length ? site.section(group.title,
      el("p", {class: "quiet"}, group.experiments.map((name, index) => [index ? ", " : "Judged by ", el("a", {href: site.hash("experiment", name)}, name)])),
      rows.map(claim)) : null;
  }

  const claim = (row) => el("article", {class: "claim"},
    el("p", {class: `badge ${tone(row.verdict)}`}, row.verdict),
    el("div", {},
      el("h3", {}, row.claim, " ", el("span", {class: "quiet"}, row.paper)),
      el("p", {}, row.here),
      el("p", {class: "quiet"}, "Holds if ", row.rule, ".")));
})(window.softscale);
