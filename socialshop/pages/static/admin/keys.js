// Keys on a desk: j and k walk through rows or cases, other keys follow a link or put the focus on an act, x ticks the
// row. A key never acts by itself: Enter does. Without it everything is reached by Tab.
"use strict";

// What a key opens before it puts the focus there.
const field = { h: "hold_reason", r: "reject_reason" };

function walk(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const here = rows.indexOf(document.activeElement);
  const next = rows[here < 0 ? 0 : Math.min(Math.max(here + step, 0), rows.length - 1)];
  if (next) next.focus();
}

document.addEventListener("keydown", (event) => {
  // Where no legend says what the keys do they do nothing: a phone hears speech as keys.
  if (matchMedia("(hover: none)").matches) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`) || document.getElementById(field[event.key]);
  if (found) {
    event.preventDefault();
    found.closest("details")?.setAttribute("open", "");
    if (found.matches("a")) found.click();
    else found.focus();
  } else if (event.key === "x") {
    document.activeElement.closest("tr")?.querySelector("input[name=pick]")?.click();
  } else if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    walk(event.key === "j" ? 1 : -1);
  }
});
