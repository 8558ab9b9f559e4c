// Numbers and words as people read them.
"use strict";
(function (site) {
  const WHOLE = new Intl.NumberFormat("en-US", {maximumFractionDigits: 0});

  site.whole = (value) => WHOLE.format(value);

  // A fraction in percent, without the sign: one digit, or two significant ones where it is small.
  site.percent = (fraction) => {
    const value = 100 * fraction;
    if (value !== 0 && Math.abs(value) < 0.05) return value.toPrecision(2);
    return value.toFixed(1).replace(/^-0\.0$/, "0.0");
  };

  // Any number with four significant digits; very small and very large ones with a power of ten.
  site.number = (value) => {
    if (Number.isInteger(value)) return WHOLE.format(value);
    const size = Math.abs(value);
    return size >= 1e-4 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
  };

  // 75 thousand, 4.7 million: for running text.
  site.short = (value) => {
    const units = [[1e9, " B"], [1e6, " M"], [1e3, " k"]];
    const [size, unit] = units.find(([least]) => Math.abs(value) >= least) ?? [1, ""];
    const number = value / size;
    return (size === 1 ? WHOLE.format(number) : number.toFixed(number < 10 ? 2 : number < 100 ? 1 : 0)) + unit;
  };

  site.duration = (seconds) => {
    if (seconds < 90) return `${seconds.toFixed(1)} s`;
    const minutes = Math.round(seconds / 60);
    return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  };

  // What stands in a CSV, by the kind of its column.
  site.cell = (text, kind) => {
    if (text === "" || kind === "text") return text.replace(/^None$/, "");
    const value = Number(text);
    return kind === "percent" ? site.percent(value) : kind === "whole" ? WHOLE.format(value) : site.number(value);
  };

  // Values of a nested object by their full names: {"optim.lr": 0.3}.
  site.dotted = (node, prefix = "") => Object.entries(node).flatMap(([name, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? site.dotted(value, `${prefix}${name}.`)
      : [[prefix + name, value]]);

  site.said = (value) => (value === null ? "null" : Array.isArray(value) ? value.map(site.said).join(", ") : String(value));

  site.many = (count, noun) => `${WHOLE.format(count)} ${noun}${count === 1 ? "" : "s"}`;
})(window.softscale);
