// What pages do beyond showing themselves: clocks tick, texts are copied, a phone's own share sheet opens, rooms are live.
// Without it every page still works: times stand as text, and forms are sent by their buttons.
"use strict";

const two = (number) => String(number).padStart(2, "0");

function tick() {
  for (const clock of document.querySelectorAll("time[data-countdown]")) {
    const left = Math.floor((Date.parse(clock.dateTime) - Date.now()) / 1000);
    if (left <= 0) {
      clock.textContent = clock.dataset.over;
      clock.removeAttribute("data-soon");
      continue;
    }
    const days = Math.floor(left / 86400);
    const clockwise = `${two(Math.floor(left / 3600) % 24)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
    clock.textContent = days > 0 ? `${clock.dataset.days.replace("%d", days)} ${clockwise}` : clockwise;
    clock.toggleAttribute("data-soon", left < 600);
  }
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select();
    document.execCommand("copy");
  }
  const before = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.textContent = before; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-share]");
  if (!button) return;
  if (button.dataset.copy) copy(button);
  // A sheet that is closed again is no error.
  else navigator.share({ text: button.dataset.share }).catch(() => {});
});

// A second tap while the first is on its way: the server does it once anyway, the button says so.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  // What is answered by a file leaves the page as it is.
  if (!button || event.defaultPrevented || "file" in event.target.dataset) return;
  setTimeout(() => { button.disabled = true; }, 0);
});
// Back to a page as it was left: its buttons work again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[disabled]")) if (!button.dataset.off) button.disabled = false;
});

// A live part asks when it is told that something changed. Where nobody tells, it asks every second and a half, so that
// what changed shows within two. Only while somebody looks; and it says what it has seen: nothing new costs one small read.
document.addEventListener("htmx:configRequest", (event) => {
  const seen = event.detail.elt.dataset.seen;
  if (seen) event.detail.headers["If-None-Match"] = seen;
});
document.addEventListener("htmx:afterSwap", () => { tick(); watch(); });
function ask() {
  if (document.hidden || !window.htmx) return;
  for (const part of document.querySelectorAll("[data-live]")) window.htmx.trigger(part, "ask");
}

// The stream of what happens in a room, by the watch process; null while nobody looks or nobody tells.
let stream = null;
let isTold = false;
let soon = null;
const KINDS = ["seat_held", "seat_paid", "seat_confirmed", "seat_released", "host_changed", "filled", "expired", "cancelled", "deal_changed"];

// Several events at once are asked after once, and of the many who watch not all in the same instant.
function askSoon() {
  soon ??= setTimeout(() => { soon = null; ask(); }, 50 + Math.random() * 250);
}

function watch() {
  const part = document.querySelector("[data-live][data-watch]");
  if (document.hidden || !part) {
    stream?.close();
    stream = null;
    isTold = false;
    return;
  }
  if (stream && stream.readyState !== EventSource.CLOSED) return;
  stream = new EventSource(part.dataset.watch);
  // What changed before the stream began is asked for once.
  stream.onopen = () => { isTold = true; askSoon(); };
  stream.onerror = () => { isTold = false; };
  for (const kind of KINDS) stream.addEventListener(kind, askSoon);
}
document.addEventListener("visibilitychange", () => { watch(); ask(); });
// A page that is kept for going back holds no connection.
window.addEventListener("pagehide", () => { stream?.close(); });

function begin() {
  for (const button of document.querySelectorAll("[data-share]")) button.hidden = !navigator.share;
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest" });
  tick();
  setInterval(tick, 1000);
  if (document.querySelector("[data-again]")) setInterval(() => { if (!document.hidden) location.reload(); }, 2000);
  if (!document.querySelector("[data-live]")) return;
  watch();
  // A stream that was refused is tried again now and then; one that broke comes back by itself.
  setInterval(watch, 30000);
  // The stream tells of the room, not of a payment that fails.
  setInterval(() => { if (!isTold || document.querySelector("[data-paying]")) ask(); }, 1500);
}
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
