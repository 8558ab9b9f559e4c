// Data on demand: a script beside the page calls `softscale.take` with its name and the text of its JSON.
"use strict";
(function (site) {
  const taken = new Map();
  const asked = new Map();

  site.take = (name, text) => taken.set(name, JSON.parse(text));

  // The data of that name. Rejects where there is no such file.
  site.load = (name) => {
    if (!asked.has(name)) asked.set(name, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${name.split("/").map(encodeURIComponent).join("/")}.js`;
      script.addEventListener("load", () => (taken.has(name) ? resolve(taken.get(name)) : reject(missing(name))));
      script.addEventListener("error", () => reject(missing(name)));
      document.head.append(script);
    }));
    return asked.get(name);
  };

  const missing = (name) => new Error(`There is no ${name}.js beside this page, or it holds nothing.`);

  // The record of a run, and what it answered; null where there is none.
  site.record = async (id) => {
    if (!/^[0-9a-f]{12}$/.test(id)) return null;
    const chunk = await site.load(`data/records-${id[0]}`).catch(() => ({}));
    return Object.hasOwn(chunk, id) ? chunk[id] : null;
  };
  site.answersOf = async (id) => (await site.load(`predictions/${id.slice(0, 2)}`))[id];
})(window.softscale);
