// A table as a chart: bars for its first columns (`data-bars`, or two), lines for the others. It reads what the table says, in the
// table's own words and language, so the two never differ; without it the table stands alone.
"use strict";

function draw(place) {
  const table = document.getElementById(place.dataset.chart);
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  const column = (number) => rows.map((row) => Number(row.cells[number].dataset.value));
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const soft = { color: colour("--soft") };
  const dashed = { lineStyle: { color: colour("--line") } };
  const bars = Number(place.dataset.bars ?? 2);
  const series = names.map((name, number) => ({
    name,
    type: number < bars ? "bar" : "line",
    yAxisIndex: number < bars ? 0 : 1,
    symbol: ["circle", "diamond", "triangle"][number - bars] ?? "",
    symbolSize: 7,
    data: column(number + 1),
  }));
  place.hidden = false;
  // A picture on a canvas and words drawn into it: the page's policy allows no style that a script writes as text.
  const chart = window.echarts.init(place, null, { renderer: "canvas" });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  chart.setOption({
    animation: !still,
    color: ["--hue-3", "--hue-2", "--accent", "--wait", "--hue-4"].map(colour),
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    legend: { top: 0, textStyle: { color: colour("--ink") } },
    grid: { left: 8, right: 8, top: 56, bottom: 0, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: rows.map((row) => row.cells[0].textContent), axisLabel: soft },
    yAxis: [
      { type: "value", minInterval: 1, axisLabel: soft, splitLine: dashed },
      { type: "value", axisLabel: soft, splitLine: { show: false } },
    ],
    series,
  });
  addEventListener("resize", () => chart.resize());
}

if (window.echarts) for (const place of document.querySelectorAll("[data-chart]")) draw(place);
