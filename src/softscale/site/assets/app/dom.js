// Elements. Text from records becomes text nodes; nowhere on this page is a text read as markup.
"use strict";
(function (site) {
  const SVG = "http://www.w3.org/2000/svg";

  // el("a", {class: "x", href: "#y", onclick: f}, "text", child, …): children that are null are left out.
  site.el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  site.svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined) continue;
      element.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return element;
  }

  // A sentence in which `code` stands between backquotes.
  site.prose = (text) =>
    text.split("`").map((part, index) => (index % 2 ? site.el("code", {}, part) : part));

  // Names and values, one pair a line; values that are null are left out.
  site.pairs = (entries) =>
    site.el("dl", {class: "pairs"}, entries.filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => site.el("div", {}, site.el("dt", {}, name), site.el("dd", {}, value))));

  site.section = (title, ...children) => site.el("section", {}, site.el("h2", {}, title), ...children);

  // Addresses of views. Names of experiments keep their slashes.
  site.hash = (view, ...names) => `#${view}/${names.map((name) => encodeURI(String(name)).replace(/[?#]/g, encodeURIComponent)).join("/")}`;
})(window.softscale);
