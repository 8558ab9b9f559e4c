// An interactive chart: what is switched on and off, the panels, what a point says and where a click on it leads.
"use strict";
(function (site) {
  const {el, svg} = site;
  const MANY = 12; // switches in a row, of which at first those are seen that are on
  let waiting = []; // what is drawn as soon as it is on the page, for only then has it a width
  let drawn = []; // what is on the page: it is drawn anew when the theme changes

  const draw = (parts) => {
    const here = parts.filter(({root}) => root.isConnected);
    here.forEach((part) => part.fill());
    return here;
  };
  document.addEventListener("themechange", () => { drawn = draw(drawn); });

  // Have `fill` draw into `root`, which the router calls for once it has put a view on the page.
  site.drawing = (root, fill) => {
    waiting.push({root, fill});
    return root;
  };
  site.drawWaiting = () => {
    const parts = waiting;
    waiting = [];
    drawn = [...drawn.filter(({root}) => root.isConnected), ...draw(parts)];
  };

  // A view of Vega in `holder`; `hover(datum, event)` and `click(datum)` where a point is.
  site.embed = async (holder, spec, {hover, click} = {}) => {
    const {view} = await window.vegaEmbed(holder, spec, {mode: "vega-lite", actions: false, renderer: "svg", tooltip: false});
    holder.finalize?.();
    holder.finalize = () => view.finalize();
    const point = (item) => (item?.datum && item.mark.marktype === "symbol" ? item.datum : null);
    if (hover) view.addEventListener("mousemove", (event, item) => (point(item) ? hover(point(item), event) : site.hideTooltip()));
    view.addEventListener("mouseout", site.hideTooltip);
    if (click) view.addEventListener("click", (event, item) => point(item) && click(point(item)));
  };

  // The whole chart of an experiment. open(at): where a click on a point leads; said(at): [title, lines] of a point.
  site.chart = (chart, {open, said}) => {
    const state = {
      x: 0,
      y: 0,
      logX: chart.x[0].log,
      logY: chart.y[0].log,
      panels: new Set(chart.shown),
      rungs: new Set(chart.rungs.keys()),
      series: chart.groups.map((group) => new Set([...group.keys()].filter((index) => group[index].shown))),
    };
    const unfolded = new Set(); // rows of many switches that are seen whole
    const first = new Map(); // of each row, what was on at first
    const controls = el("div", {class: "controls"});
    const panels = el("div", {class: "panels"});
    const root = el("div", {class: "chart"}, controls, panels);
    const redraw = () => { showControls(); showPanels(); };

    function showControls() {
      const focused = controls.contains(document.activeElement) ? document.activeElement.id : null;
      const group = chart.x[state.x].group;
      const series = chart.groups[group];
      const byRung = series.length === chart.rungs.length && series.every(({label}, index) => label === chart.rungs[index]);
      const rows = [
        series.length > 1 && switches("series", group ? "lines" : chart.mark === "dots" ? "marks" : "methods", series, state.series[group], (each) => [swatch(each), each.label]),
        chart.panels.length > 1 && switches("panels", chart.panel_title, chart.panels, state.panels, (name) => name),
        chart.rungs.length > 1 && !byRung && switches("rungs", "rungs", chart.rungs, state.rungs, (name) => name),
        axes(),
      ];
      controls.replaceChildren(...rows.filter(Boolean));
      if (focused) document.getElementById(focused)?.focus();
    }

    // A row of switches: one an item, and all or none at once where there are many.
    function switches(id, title, items, on, content) {
      const folded = items.length > MANY && !unfolded.has(id);
      if (!first.has(on)) first.set(on, new Set(on));
      const chips = items.map((item, index) => {
        if (folded && !first.get(on).has(index)) return null;
        const box = el("input", {type: "checkbox", id: `${id}-${index}`, checked: on.has(index), onchange: () => {
          if (box.checked) on.add(index); else on.delete(index);
          redraw();
        }});
        return el("label", {class: "chip"}, box, content(item));
      });
      const button = (name, act) => el("button", {type: "button", class: "quiet", id: `${id}-${name}`, onclick: () => { unfolded.add(id); act(); redraw(); }}, name);
      const hidden = chips.filter((chip) => !chip).length;
      return el("fieldset", {class: "switches"}, el("legend", {}, title), el("div", {}, chips,
        hidden ? button(`${hidden} more`, () => {}) : null,
        items.length > 3 ? [button("all", () => items.forEach((_, index) => on.add(index))), button("none", () => on.clear())] : null));
    }

    function axes() {
      const choice = (id, label, options, chosen, act) => options.length < 2 ? null :
        el("span", {class: "choice"}, el("label", {for: id}, label), el("select", {id, onchange: (event) => { act(Number(event.target.value)); redraw(); }},
          options.map((option, index) => el("option", {value: index, selected: index === chosen}, option.title))));
      const log = (id, label, name, on) => el("label", {class: "chip"},
        el("input", {type: "checkbox", id, checked: on, onchange: () => { state[name] = !on; redraw(); }}), label);
      const parts = [
        choice("axis-y", "y", chart.y, state.y, (index) => { state.y = index; state.logY = chart.y[index].log; }),
        choice("axis-x", "x", chart.x, state.x, (index) => { state.x = index; state.logX = chart.x[index].log; }),
        chart.x[state.x].log ? log("log-x", "log x axis", "logX", state.logX) : null,
        chart.y[state.y].log ? log("log-y", "log y axis", "logY", state.logY) : null,
      ];
      return parts.some(Boolean) && el("fieldset", {class: "switches"}, el("legend", {}, "axes"), el("div", {}, parts));
    }

    function showPanels() {
      const shown = [...state.panels].sort((a, b) => a - b);
      const alone = shown.length === 1;
      panels.className = alone ? "panels one" : "panels";
      panels.replaceChildren(...(shown.length ? shown.map((panel) => onePanel(panel, alone)) : [el("p", {class: "quiet"}, "Nothing is switched on.")]));
    }

    function onePanel(panel, alone) {
      const holder = el("div", {class: "view"});
      const points = site.pointsOf(chart, state, panel);
      const height = chart.mark === "dots" ? 70 + 30 * chart.categories.length : alone ? 380 : 210;
      const up = chart.mark === "dots" ? "" : chart.y[state.y].title;
      const figure = el("figure", {}, el("figcaption", {}, el("strong", {}, chart.panels[panel]), " ", el("span", {class: "quiet"}, up)), holder);
      holder.setAttribute("role", "group");
      holder.setAttribute("aria-label", `${chart.panels[panel]}: ${points.length} points; the table below has the same numbers and links`);
      if (!points.length) holder.append(el("p", {class: "quiet"}, "No point of this panel is switched on."));
      else queueMicrotask(() => holder.isConnected && site.embed(holder, site.specOf(chart, state, panel, height), {
        hover: (datum, event) => site.showTooltip(...said(datum.at, state), event),
        click: (datum) => open(datum.at),
      }).catch((error) => { if (holder.isConnected) throw error; }));
      return figure;
    }

    function swatch(series) {
      const colour = site.seriesColour(series);
      const path = svg("path", {d: site.shape(series.marker), fill: colour, transform: "translate(10 7) scale(4.2)"});
      return svg("svg", {width: 20, height: 14, "aria-hidden": "true"}, svg("line", {x1: 0, x2: 20, y1: 7, y2: 7, stroke: colour, "stroke-width": 2}), path);
    }

    return site.drawing(root, redraw);
  };
})(window.softscale);
