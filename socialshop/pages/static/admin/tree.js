// A member's team as a picture above the list that says the same; without scripts the list alone stands.
"use strict";

const place = document.querySelector("[data-tree]");
if (place && window.echarts) {
  const ink = getComputedStyle(document.documentElement);
  const shown = (node) => ({ name: `${node.name}\n${node.team}`, children: node.children.map(shown) });
  place.hidden = false;
  const chart = window.echarts.init(place);
  chart.setOption({
    animation: false,
    series: [{
      type: "tree",
      data: [shown(JSON.parse(place.dataset.tree))],
      orient: place.clientWidth < 500 ? "TB" : "LR",
      left: 90, right: 110, top: 24, bottom: 24,
      symbolSize: 10,
      initialTreeDepth: 2,
      roam: "move",
      lineStyle: { color: ink.getPropertyValue("--line-strong") },
      itemStyle: { color: ink.getPropertyValue("--accent"), borderColor: ink.getPropertyValue("--accent") },
      label: { position: "left", align: "right", color: ink.getPropertyValue("--ink"), fontSize: 12 },
      leaves: { label: { position: "right", align: "left" } },
    }],
  });
  addEventListener("resize", () => chart.resize());
}
