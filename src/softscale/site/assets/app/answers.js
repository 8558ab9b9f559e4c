// What a run answered, example by example, and how it differs from what another run answered.
"use strict";
(function (site) {
  const {el} = site;
  const PAGE = 10;

  // The section of a run's page. state: {show, other} of the address; keep(state): puts it there.
  site.answersSection = async (run, state, keep) => {
    if (!run.examples) return site.section("Predictions", el("p", {class: "quiet"}, "None are published for this run; a mixture of tasks has none."));
    const [examples, own, runs] = await Promise.all([site.load(`data/examples-${run.examples}`), site.answersOf(run.id), site.load("data/runs")]);
    const alike = runs.filter((each) => each.at(-1) === run.examples && each[0] !== run.id);
    const known = (id) => alike.some((each) => each[0] === id);
    const chosen = {show: state.show ?? "all", other: known(state.other) ? state.other : "", seen: PAGE, other_answers: null};
    const controls = el("div", {class: "controls"});
    const list = el("ol", {class: "examples"});
    const more = el("button", {type: "button", class: "more", onclick: () => { chosen.seen += PAGE; fill(); }});
    const status = el("p", {class: "quiet", role: "status"});
    const [wrong, illegal] = [new Set(own.wrong), new Set(own.illegal ?? [])];
    const filters = {
      all: ["all", () => true],
      wrong: ["wrong", (index) => wrong.has(index)],
      illegal: ["no label of the task", (index) => illegal.has(index)],
      differs: ["differs from the other run", (index) => differs(index)],
    };
    const answer = (answers, index) => answers.texts[answers.given[index]];
    const differs = (index) => chosen.other_answers !== null && answer(own, index) !== answer(chosen.other_answers, index);
    const all = [...examples.input.keys()];
    const possible = (name) => (name === "illegal" ? own.illegal !== null : name !== "differs" || chosen.other_answers !== null);

    function showControls() {
      const radios = Object.entries(filters).map(([name, [words, keeps]]) => {
        const count = possible(name) ? ` ${all.filter(keeps).length}` : "";
        return el("label", {class: "chip"},
          el("input", {type: "radio", name: "show", value: name, id: `show-${name}`, checked: chosen.show === name, disabled: !possible(name), onchange: () => choose({show: name})}),
          words, el("span", {class: "quiet"}, count));
      });
      const select = el("select", {id: "other", onchange: (event) => choose({other: event.target.value})},
        el("option", {value: ""}, "no other run"),
        groups(alike).map(([label, members]) => el("optgroup", {label}, members.map((each) =>
          el("option", {value: each[0], selected: each[0] === chosen.other}, `${each[1]}, ${each[2]}, seed ${each[4]} (${site.percent(each[5])})`)))));
      const focused = controls.contains(document.activeElement) ? document.activeElement.id : null;
      controls.replaceChildren(
        el("fieldset", {class: "switches"}, el("legend", {}, "show"), el("div", {}, radios)),
        el("p", {class: "bar"}, el("label", {for: "other"}, "Beside"), select));
      if (focused) document.getElementById(focused)?.focus();
    }

    async function choose(change) {
      Object.assign(chosen, change, {seen: PAGE});
      chosen.other_answers = chosen.other ? await site.answersOf(chosen.other) : null;
      if (!possible(chosen.show)) chosen.show = "all";
      keep({show: chosen.show === "all" ? "" : chosen.show, other: chosen.other});
      showControls();
      fill();
    }

    function fill() {
      const found = all.filter(filters[chosen.show]?.[1] ?? (() => true));
      status.textContent = `${site.whole(found.length)} of ${site.many(all.length, "example")}`;
      list.replaceChildren(...found.slice(0, chosen.seen).map(example));
      more.hidden = chosen.seen >= found.length;
      more.textContent = `Show ${Math.min(PAGE, found.length - chosen.seen)} more`;
    }

    function example(index) {
      const right = [...new Set([examples.target[index], ...(examples.answers?.[index] || [])])].join(" or ");
      const mark = illegal.has(index) ? "no label" : wrong.has(index) ? "wrong" : "right";
      const other = chosen.other_answers;
      return el("li", {value: index + 1, class: mark === "right" ? "right" : "wrong"},
        el("div", {class: "example"}, el("p", {}, examples.input[index]), site.pairs([
          ["target", right],
          ["gold label", examples.label?.[index] ?? ""],
          ["answer", [quoted(answer(own, index)), " ", el("span", {class: `mark ${mark === "right" ? "yes" : "no"}`}, mark)]],
          ["written", Object.hasOwn(own.written, index) ? quoted(own.written[index]) : ""],
          ["other run", other ? quoted(answer(other, index)) : ""],
        ])));
    }

    await choose({});
    return site.section("Predictions", controls, status, list, more);
  };

  const quoted = (text) => (text.trim() ? el("q", {}, text) : el("span", {class: "quiet"}, "(nothing)"));

  // Runs by model: the list of a select.
  function groups(runs) {
    const found = new Map();
    for (const run of runs) found.set(run[1], [...(found.get(run[1]) ?? []), run]);
    return [...found].sort(([a], [b]) => a.localeCompare(b, "en", {numeric: true}))
      .map(([model, members]) => [model, members.sort((a, b) => a[2].localeCompare(b[2], "en", {numeric: true}) || a[4] - b[4])]);
  }
})(window.softscale);
