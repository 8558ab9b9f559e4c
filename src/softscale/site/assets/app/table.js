// A table that a click on a column's name, or a key press there, sorts; long ones are cut until one asks for the rest.
"use strict";
(function (site) {
  const {el} = site;
  const PAGE = 30; // rows that are seen at first

  // columns: {title, numeric, sort: row → number | text | null, cell: row → node or text}; label: for screen readers.
  site.table = ({columns, rows, label, page = PAGE}) => {
    let order = null; // {column, down}
    let seen = page;
    const body = el("tbody");
    const more = el("button", {type: "button", class: "more", onclick: () => { seen = rows.length; fill(); }});
    const heads = columns.map((column) => {
      const button = el("button", {type: "button", onclick: () => sort(column)}, column.title, el("span", {class: "arrow", "aria-hidden": "true"}));
      return el("th", {scope: "col", class: column.numeric ? "numeric" : null, "aria-sort": "none"}, button);
    });

    function sort(column) {
      order = {column, down: order?.column === column ? !order.down : false};
      columns.forEach((each, index) => heads[index].setAttribute("aria-sort", each !== column ? "none" : order.down ? "descending" : "ascending"));
      fill();
    }

    function sorted() {
      if (!order) return rows;
      const {column, down} = order;
      return rows.map((row) => [column.sort(row), row]).sort(([a], [b]) => {
        const missing = (a === null || a === "") - (b === null || b === "");
        if (missing) return missing; // what is not known stands last, whichever way
        const way = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
        return down ? -way : way;
      }).map(([, row]) => row);
    }

    function fill() {
      body.replaceChildren(...sorted().slice(0, seen).map((row) =>
        el("tr", {}, columns.map((column) => el("td", {class: column.numeric ? "numeric" : null}, column.cell(row))))));
      more.hidden = seen >= rows.length;
      more.textContent = `Show all ${site.whole(rows.length)} rows`;
    }

    fill();
    const scroller = el("div", {class: "scroller", tabindex: "0", role: "region", "aria-label": label},
      el("table", {}, el("thead", {}, el("tr", {}, heads)), body));
    return el("div", {}, scroller, more);
  };

  // The columns of a CSV for `site.table`, whose rows are {texts, index}; those that are shown at first, or all.
  site.csvColumns = (columns, all) => columns.flatMap((column, index) => {
    if (!all && !column.shown) return [];
    const numeric = column.kind !== "text";
    const title = column.kind === "percent" ? `${column.title} (%)` : column.title;
    return [{
      title,
      numeric,
      sort: (row) => (numeric && row.texts[index] !== "" ? Number(row.texts[index]) : row.texts[index]),
      cell: (row) => el("span", {title: numeric ? row.texts[index] : null}, site.cell(row.texts[index], column.kind)),
    }];
  });
})(window.softscale);
