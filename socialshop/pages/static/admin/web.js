// The evidence of a finding as a graph above the tables that say the same; without scripts the tables alone stand.
"use strict";

const place = document.querySelector("[data-web]");
if (place && place.dataset.graph) {
  // Cytoscape would write a style of its own into the page, which the shop's policy forbids; it asks for this id first.
  const styled = document.createElement("meta");
  styled.id = "__________cytoscape_stylesheet";
  document.head.append(styled);
  const library = document.createElement("script");
  library.src = place.dataset.graph;
  library.addEventListener("load", draw);
  document.head.append(library);
}

function draw() {
  const page = getComputedStyle(document.documentElement);
  const ink = (name) => page.getPropertyValue(name).trim();
  const said = JSON.parse(place.dataset.web);
  place.hidden = false;
  const elements = [
    ...said.nodes.map((node) => ({ group: "nodes", data: node })),
    ...said.edges.map((edge, number) => ({ group: "edges", data: { id: `e${number}`, ...edge } })),
  ];
  const graph = window.cytoscape({
    container: place.querySelector("[data-canvas]"),
    elements,
    layout: { name: "cose", animate: false, randomize: true, padding: 24, nodeRepulsion: () => 20000, idealEdgeLength: () => 70 },
    // The page scrolls under a finger or a wheel; two fingers and the mouse still move the graph.
    userZoomingEnabled: false,
    maxZoom: 1.3,
    boxSelectionEnabled: false,
    style: [
      {
        selector: "node",
        style: {
          label: "data(label)", color: ink("--ink"), "font-size": 12, "text-wrap": "wrap", "text-max-width": 110,
          "text-valign": "bottom", "text-background-color": ink("--card"), "text-background-opacity": 0.8, "text-margin-y": 4, width: 22, height: 22, "background-color": ink("--accent"),
        },
      },
      { selector: "node[sort = 'beside']", style: { "background-color": ink("--line-strong") } },
      { selector: "node[sort = 'hard']", style: { shape: "diamond", "background-color": ink("--bad"), width: 18, height: 18 } },
      { selector: "node[sort = 'soft']", style: { shape: "rectangle", "background-color": ink("--wait"), width: 14, height: 14 } },
      { selector: "edge", style: { width: 1.5, "line-color": ink("--line-strong"), "curve-style": "bezier" } },
      { selector: "edge[sort = 'hard']", style: { "line-color": ink("--bad"), width: 2.5 } },
      {
        selector: "edge[sort = 'brought'], edge[sort = 'bought']",
        style: { "target-arrow-shape": "triangle", "target-arrow-color": ink("--line-strong"), "arrow-scale": 0.9 },
      },
      {
        selector: "edge[sort = 'bought']",
        style: { "line-style": "dashed", "line-color": ink("--good"), "target-arrow-color": ink("--good") },
      },
      { selector: ".aside", style: { opacity: 0.2 } },
    ],
  });
  graph.on("tap", "node", (event) => tell(graph, event.target));
  graph.on("tap", (event) => {
    if (event.target === graph) graph.elements().removeClass("aside");
  });
  place.graph = graph;
}

// What ties this one: its neighbours stay bright, and each tie is said in words.
function tell(graph, node) {
  const near = node.closedNeighborhood();
  graph.elements().addClass("aside");
  near.removeClass("aside");
  place.querySelector("[data-hint]").hidden = true;
  const who = place.querySelector("[data-who]");
  who.hidden = false;
  who.textContent = node.data("label");
  place.querySelector("[data-ties]").replaceChildren(...node.connectedEdges().map((edge) => {
    const other = edge.source().same(node) ? edge.target() : edge.source();
    const arrow = ["hard", "soft"].includes(edge.data("sort")) ? "" : edge.source().same(node) ? " →" : " ←";
    const line = document.createElement("li");
    line.textContent = other.data("label") === edge.data("words") ? others(other, node) : `${edge.data("words")}${arrow} ${other.data("label")}`;
    return line;
  }));
  const link = place.querySelector("[data-link]");
  link.hidden = !node.data("address");
  if (node.data("address")) link.firstElementChild.href = node.data("address");
}

// Of something shared: what it is, and who else shares it.
function others(sign, node) {
  const names = sign.neighborhood("node").filter((one) => !one.same(node)).map((one) => one.data("label"));
  return `${sign.data("label")}: ${names.join(", ")}`;
}
