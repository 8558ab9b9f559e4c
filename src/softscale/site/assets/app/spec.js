// A chart's data as a specification of Vega-Lite: one view a panel. Texts of records are data here, never expressions.
"use strict";
(function (site) {
  // Markers as matplotlib names them, each a path in the square from -1 to 1.
  const SHAPES = {
    o: "M-1,0A1,1,0,0,0,1,0A1,1,0,0,0,-1,0Z",
    s: "M-.88,-.88H.88V.88H-.88Z",
    D: "M0,-1.15L1.15,0L0,1.15L-1.15,0Z",
    d: "M0,-1.2L.75,0L0,1.2L-.75,0Z",
    "^": "M0,-1.1L1.15,.9H-1.15Z",
    v: "M0,1.1L1.15,-.9H-1.15Z",
    "<": "M-1.1,0L.9,1.15V-1.15Z",
    ">": "M1.1,0L-.9,1.15V-1.15Z",
    P: "M-.4,-1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4Z",
    X: "M-.62,-1.15L0,-.5L.62,-1.15L1.15,-.62L.5,0L1.15,.62L.62,1.15L0,.5L-.62,1.15L-1.15,.62L-.5,0L-1.15,-.62Z",
    "*": "M0,-1.35L.34,-.44L1.3,-.42L.54,.17L.82,1.1L0,.56L-.82,1.1L-.54,.17L-1.3,-.42L-.34,-.44Z",
    p: "M0,-1.1L1.07,-.32L.66,.93H-.66L-1.07,-.32Z",
    h: "M0,-1.15L1,-.58V.58L0,1.15L-1,.58V-.58Z",
  };
  const SHORT = "replace(format(datum.value, '.2~s'), 'G', 'B')"; // 75k, 4.7M, 11B
  site.shape = (marker) => SHAPES[marker] ?? SHAPES.o;

  const parts = (hex) => [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16));
  const luminance = (rgb) => rgb.map((part) => (part <= 10.3 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const WHITE = [255, 255, 255];

  // The colour of a series on the page as it is. A dark page has it lighter, in the same hue: what is darker than others
  // on white, as the variants of a method are, is lighter than they there.
  site.seriesColour = ({colour}) => {
    const [page, own] = [parts(site.colour("page")), parts(colour)];
    if (luminance(page) > 0.5) return colour;
    const wanted = Math.min(9, 1 + 0.75 * contrast(own, WHITE));
    const [hue, saturation, from] = hsl(own);
    let lightness = from;
    while (lightness < 0.95 && contrast(rgb(hue, saturation, lightness), page) < wanted) lightness += 0.01;
    return `rgb(${rgb(hue, saturation, lightness).map(Math.round).join(" ")})`;
  };

  function hsl(own) {
    const [red, green, blue] = own.map((part) => part / 255);
    const [least, most] = [Math.min(red, green, blue), Math.max(red, green, blue)];
    const [lightness, span] = [(least + most) / 2, most - least];
    if (!span) return [0, 0, lightness];
    const hue = most === red ? (green - blue) / span : most === green ? 2 + (blue - red) / span : 4 + (red - green) / span;
    return [(60 * hue + 360) % 360, span / (1 - Math.abs(2 * lightness - 1)), lightness];
  }

  function rgb(hue, saturation, lightness) {
    const reach = saturation * Math.min(lightness, 1 - lightness);
    const part = (shift) => {
      const turn = (shift + hue / 30) % 12;
      return 255 * (lightness - reach * Math.max(-1, Math.min(turn - 3, 9 - turn, 1)));
    };
    return [part(0), part(8), part(4)];
  }

  // The points of one panel as they are drawn: {x, y, low, high, series, at}, where `at` is their index in the chart.
  site.pointsOf = (chart, state, panel) => {
    const [x, y] = [chart.x[state.x], chart.y[state.y]];
    const scaled = (axis, value) => (value === null || value === undefined ? null : axis.percent ? 100 * value : value);
    const zero = floor(x.values);
    const points = [];
    chart.rows.forEach((_, at) => {
      if (chart.panel[at] !== panel || !state.panels.has(panel)) return;
      if (chart.rungs.length && !state.rungs.has(chart.rung[at])) return;
      if (!state.series[x.group].has(chart.series_of[x.group][at])) return;
      const along = scaled(x, x.values[at]);
      const up = chart.mark === "dots" ? chart.categories[chart.category[at]] : scaled(y, y.values[at]);
      if (along === null || up === null || (state.logY && up <= 0)) return;
      const spread = chart.mark === "dots" ? x : y;
      points.push({
        x: state.logX && along <= 0 ? zero : along,
        y: up,
        low: scaled(spread, spread.low[at]),
        high: scaled(spread, spread.high[at]),
        series: chart.series_of[x.group][at],
        at,
      });
    });
    return points;
  };

  // Where a logarithmic axis shows nothing: a decade and a half left of the least.
  const floor = (values) => Math.min(...values.filter((value) => value > 0)) / 30;

  site.specOf = (chart, state, panel, height) => {
    const points = site.pointsOf(chart, state, panel);
    const series = chart.groups[chart.x[state.x].group];
    const order = series.map((_, index) => index);
    const colour = {field: "series", type: "nominal", legend: null, scale: {domain: order, range: series.map(site.seriesColour)}};
    const shape = {field: "series", type: "nominal", legend: null, scale: {domain: order, range: series.map(({marker}) => site.shape(marker))}};
    const layers = chart.mark === "dots" ? dots(chart, state, points, colour, shape) : lines(chart, state, points, panel, colour, shape);
    return {
      width: "container",
      height,
      autosize: {type: "fit", contains: "padding"},
      data: {values: points},
      layer: layers,
      config: look(),
    };
  };

  function lines(chart, state, points, panel, colour, shape) {
    const x = xOf(chart, state, points);
    const y = {field: "y", type: "quantitative", title: null, scale: state.logY ? {type: "log"} : {zero: false, nice: true},
      axis: {tickCount: 6, ...(chart.y[state.y].percent ? {format: "~r"} : {labelExpr: SHORT})}};
    const series = new Set(points.map((point) => point.series));
    const linked = points.filter((point) => points.some((other) => other.series === point.series && other.x !== point.x));
    const detail = {field: "series", type: "nominal"};
    const guide = chart.guide[panel];
    const layers = [];
    if (state.y === 0 && guide !== null && guide !== undefined) {
      layers.push({data: {values: [{y: 100 * guide}]}, mark: {type: "rule", strokeDash: [2, 4], color: site.colour("muted")}, encoding: {y: {...y, field: "y"}}});
    }
    if (points.some((point) => point.low !== null)) {
      if (linked.length) layers.push({data: {values: linked}, mark: {type: "area", opacity: series.size > 4 ? 0.07 : 0.13}, encoding: {x, y: {...y, field: "low"}, y2: {field: "high"}, color: colour, detail}});
      const single = points.filter((point) => !linked.includes(point));
      if (single.length) layers.push({data: {values: single}, mark: {type: "rule", opacity: 0.6}, encoding: {x, y: {...y, field: "low"}, y2: {field: "high"}, color: colour}});
    }
    if (linked.length) layers.push({data: {values: linked}, mark: {type: "line", strokeWidth: 1.8}, encoding: {x, y, color: colour, detail}});
    layers.push({mark: {type: "point", filled: true, size: 58, opacity: 1, cursor: "pointer"}, encoding: {x, y, color: colour, shape}});
    return layers;
  }

  function dots(chart, state, points, colour, shape) {
    const shown = chart.categories.filter((name) => points.some((point) => point.y === name));
    const y = {field: "y", type: "nominal", title: null, sort: shown, axis: {grid: true, ticks: false}};
    const x = {field: "x", type: "quantitative", title: chart.x[state.x].title, scale: {zero: false, nice: true}};
    return [
      {mark: {type: "rule", opacity: 0.6}, encoding: {x: {...x, field: "low"}, x2: {field: "high"}, y, color: colour}},
      {mark: {type: "point", filled: true, size: 70, opacity: 0.9, cursor: "pointer"}, encoding: {x, y, color: colour, shape}},
    ];
  }

  function xOf(chart, state, points) {
    const axis = chart.x[state.x];
    const values = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
    const from = state.logX ? floor(axis.values) : -Infinity;
    const zero = state.logX && values.some((value) => value <= from * 1.001);
    const least = values.find((value) => !zero || value > from * 1.001) ?? 1;
    const powers = Array.from({length: 40}, (_, power) => 10 ** (power - 12)).filter((value) => value >= least / 3 && value <= values.at(-1) * 3);
    const rungs = rungValues(chart, axis);
    const few = rungs.length > 1 && rungs.length <= 7 ? rungs : values.length <= 7 && !zero ? values : null;
    const ticks = state.logX ? {values: few ? few : zero ? [values[0], ...powers] : powers.length > 1 ? powers : undefined} : {};
    return {
      field: "x",
      type: "quantitative",
      title: axis.title,
      scale: {type: state.logX ? "log" : "linear", nice: !state.logX, padding: 12, ...(state.logX ? {} : {zero: false})},
      axis: {...ticks, grid: false, labelOverlap: "greedy", ...(zero ? {labelExpr: `datum.value <= ${values[0] * 1.001} ? '0' : ${SHORT}`} : values[0] < 1 ? {format: "~g"} : {labelExpr: SHORT})},
    };
  }

  // The least value of each rung, where the rungs stand apart along this axis; nothing where they do not.
  function rungValues(chart, axis) {
    const ends = chart.rungs.map((_, rung) => {
      const own = axis.values.filter((value, at) => value > 0 && chart.rung[at] === rung);
      return [Math.min(...own), Math.max(...own)];
    }).sort(([a], [b]) => a - b);
    const apart = ends.every(([, most], index) => index + 1 === ends.length || most < ends[index + 1][0]);
    return apart ? ends.map(([least]) => least) : [];
  }

  function look() {
    const [ink, muted, line] = ["ink", "muted", "line"].map(site.colour);
    const font = getComputedStyle(document.body).fontFamily;
    return {
      background: null,
      font,
      view: {stroke: null},
      axis: {labelColor: muted, titleColor: ink, titleFontWeight: 500, titleFontSize: 12, labelFontSize: 11.5, gridColor: line, domainColor: line, tickColor: line, titlePadding: 10, labelPadding: 6},
    };
  }

  // A curve over steps, for the page of a run: points {x, y}, the best marked.
  site.curveSpec = (points, title, best, colour) => {
    const x = {field: "x", type: "quantitative", title: "step", scale: {nice: false, padding: 10},
      axis: {grid: false, format: ",d", labelOverlap: "greedy", ...(points.length <= 12 ? {values: points.map((point) => point.x)} : {tickCount: 6})}};
    const y = {field: "y", type: "quantitative", title, scale: {zero: false, nice: true}, axis: {tickCount: 5}};
    return {
      width: "container",
      height: 220,
      autosize: {type: "fit", contains: "padding"},
      data: {values: points},
      layer: [
        {mark: {type: "line", color: colour, strokeWidth: 1.8}, encoding: {x, y}},
        {mark: {type: "point", filled: true, size: 45, color: colour, opacity: 1}, encoding: {x, y}},
        {transform: [{filter: {field: "x", equal: best}}], mark: {type: "point", size: 190, color: colour, strokeWidth: 1.5}, encoding: {x, y}},
      ],
      config: look(),
    };
  };
})(window.softscale);
