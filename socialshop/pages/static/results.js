// A table as a chart: bars for its first columns (`data-bars`, or two), lines for the others. It reads what the table says, in the
// table's own words and language, so the two never differ; without it the table stands alone.
"use strict";

// How far down the picture begins: below the names, which stand in as many lines as the window's width makes of them.
function below(names, place, font) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = font;
  const widths = names.map((name) => pen.measureText(name).width + 30 + 10);
  const room = place.clientWidth - 20;
  let lines = 1;
  let used = 0;
  for (const width of widths) {
    if (used && used + width > room) { lines += 1; used = 0; }
    used += width;
  }
  return lines * 24 + 28;
}

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
  // Nothing yet, or nothing that may be told: a picture of it would be an empty box.
  if (!series.some((one) => one.data.some((value) => value > 0))) return;
  place.hidden = false;
  // A picture on a canvas and words drawn into it: the page's policy allows no style that a script writes as text.
  const chart = window.echarts.init(place, null, { renderer: "canvas" });
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  chart.setOption({
    animation: !still,
    color: ["--hue-3", "--hue-2", "--accent", "--wait", "--hue-4"].map(colour),
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    legend: { top: 0, textStyle: { color: colour("--ink") } },
    grid: { left: 8, right: 8, top: below(names, place, font), bottom: 0, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText" },
    xAxis: { type: "category", data: rows.map((row) => row.cells[0].textContent), axisLabel: soft },
    yAxis: [
      { type: "value", minInterval: 1, axisLabel: soft, splitLine: dashed },
      { type: "value", minInterval: 1, axisLabel: soft, splitLine: { show: false } },
    ],
    series,
  });
  addEventListener("resize", () => {
    chart.resize();
    chart.setOption({ grid: { top: below(names, place, font) } });
  });
}

if (window.echarts) for (const place of document.querySelectorAll("[data-chart]")) draw(place);
