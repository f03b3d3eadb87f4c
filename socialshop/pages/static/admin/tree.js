// A member's team as a picture above the list that says the same; without scripts the list alone stands.
"use strict";

const ROW = 34;
const MOST = 20;
const place = document.querySelector("[data-tree]");
const rows = place ? JSON.parse(place.dataset.tree).children.length : 0;
// On a phone, or with very many, the picture would be a smear: the list says it all, and the charts are not fetched.
if (place && rows <= MOST && matchMedia("(min-width: 52rem)").matches) {
  const charts = document.createElement("script");
  charts.src = place.dataset.charts;
  charts.addEventListener("load", draw);
  document.head.append(charts);
}

// The slider of days tells the day under the thumb; without scripts its button shows it.
const days = document.querySelector("input[data-first]");
if (days) {
  days.addEventListener("input", () => {
    const day = new Date(`${days.dataset.first}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + Number(days.value));
    document.querySelector("[data-day]").textContent = day.toISOString().slice(0, 10);
  });
  days.addEventListener("change", () => days.form.requestSubmit());
}

function draw() {
  const ink = getComputedStyle(document.documentElement);
  const shown = (node) => ({ name: `${node.name}\n${node.team}`, children: node.children.map(shown) });
  place.hidden = false;
  place.style.height = `${Math.max(rows, 4) * ROW + 48}px`;
  const chart = window.echarts.init(place);
  chart.setOption({
    animation: false,
    series: [{
      type: "tree",
      data: [shown(JSON.parse(place.dataset.tree))],
      orient: "LR",
      left: 90, right: 110, top: 24, bottom: 24,
      symbolSize: 10,
      initialTreeDepth: 1,
      roam: "move",
      lineStyle: { color: ink.getPropertyValue("--line-strong") },
      itemStyle: { color: ink.getPropertyValue("--accent"), borderColor: ink.getPropertyValue("--accent") },
      label: { position: "left", align: "right", color: ink.getPropertyValue("--ink"), fontSize: 12 },
      leaves: { label: { position: "right", align: "left" } },
    }],
  });
  addEventListener("resize", () => chart.resize());
}
