// What a point says when the pointer is on it.
"use strict";
(function (site) {
  const {el} = site;
  const box = el("div", {class: "tooltip", role: "tooltip", hidden: true});
  document.body.append(box);

  // title: text; lines: [[name, value]]; at: the event.
  site.showTooltip = (title, lines, event) => {
    box.replaceChildren(el("strong", {}, title), site.pairs(lines));
    box.hidden = false;
    const {width, height} = box.getBoundingClientRect();
    const left = event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
    box.style.left = `${Math.max(6, left)}px`;
    box.style.top = `${Math.max(6, Math.min(event.clientY + 14, innerHeight - height - 6))}px`;
  };
  site.hideTooltip = () => { box.hidden = true; };
  addEventListener("scroll", site.hideTooltip, {passive: true});
  addEventListener("hashchange", site.hideTooltip);
})(window.softscale);
