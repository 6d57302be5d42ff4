// Draws every <figure data-chart="kind" data-source="address of its data"> of the page.
//
// The data come from the server with all their words: in the reader's language, numbers written out, nothing that has to
// be computed. What a network or a certificate calls itself is among them, so words become text nodes and never markup.
// When all charts of the page stand, <html data-ready="true"> says so.

import { draw } from "./draw.js";
import { loadMap } from "./world.js";
import { savePicture } from "./picture.js";
import { theme, whenThemeChanges } from "./theme.js";

const drawn = new Map();
const root = document.documentElement;

function still() {
  return (
    new URLSearchParams(location.search).get("still") === "1" ||
    matchMedia("(prefers-reduced-motion: reduce)").matches
  );
}

async function fetched(source) {
  const answer = await fetch(source, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${source}: ${answer.status}`);
  return answer.json();
}

function complain(figure) {
  const place = figure.querySelector(".chart");
  place.classList.add("chart-failed");
  place.textContent = figure.dataset.failed ?? "";
}

function paint(figure, data) {
  drawn.get(figure)?.chart?.dispose();
  const place = figure.querySelector(".chart");
  // In a folded or hidden part of the page: it is painted when it gets a size.
  if (!place.clientWidth || !place.clientHeight) {
    drawn.set(figure, { data });
    return Promise.resolve();
  }
  const locale = root.lang.startsWith("ja") ? "JA" : "EN";
  const chart = echarts.init(place, null, { renderer: "canvas", locale });
  const option = draw(figure.dataset.chart, data, theme(), place.clientWidth);
  chart.setOption({ animation: !still(), ...option });
  chart.on("click", (event) => follow(event.data?.href));
  drawn.set(figure, { chart, data });
  return new Promise((finished) => {
    chart.on("finished", finished);
    // A tab that is not looked at is not painted; the page is ready all the same.
    setTimeout(finished, 1500);
  });
}

function follow(href) {
  // Only places of this site: the address comes with the data.
  if (typeof href === "string" && href.startsWith("/") && !href.startsWith("//")) location.assign(href);
}

async function show(figure) {
  try {
    const data = await fetched(figure.dataset.source);
    if (figure.dataset.chart === "map") await loadMap(figure.dataset.geo);
    await paint(figure, data);
    for (const button of figure.querySelectorAll("[data-chart-action]")) button.hidden = false;
  } catch (error) {
    console.warn(error);
    complain(figure);
  }
}

function act(event) {
  const button = event.target.closest("[data-chart-action]");
  if (!button) return;
  const figure = button.closest("figure");
  const chart = drawn.get(figure)?.chart;
  if (!chart) return;
  if (button.dataset.chartAction === "picture") {
    savePicture(chart, theme().paper, figure.dataset.name ?? "chart");
    return;
  }
  const zoom = chart.getOption().series[0].zoom ?? 1;
  const factor = { "zoom-in": 1.5, "zoom-out": 1 / 1.5 }[button.dataset.chartAction];
  chart.setOption({
    series: [factor ? { zoom: Math.min(20, Math.max(1, zoom * factor)) } : { zoom: 1, center: null }],
  });
}

function repaintAll() {
  for (const [figure, { data }] of drawn) if (figure.isConnected) paint(figure, data);
}

function watchSizes() {
  const known = new WeakMap();
  const observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const before = known.get(target) ?? contentRect.width;
      known.set(target, contentRect.width);
      const figure = target.closest("figure");
      const one = drawn.get(figure);
      // A chart lays out its legend and labels by its width, so another width is another option.
      if (one && (!one.chart || Math.abs(before - contentRect.width) > 1)) paint(figure, one.data);
    }
  });
  return (figure) => observer.observe(figure.querySelector(".chart"));
}

async function begin() {
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  const watch = watchSizes();
  // Sizes and colours come from style sheets.
  if (document.readyState !== "complete") {
    await new Promise((loaded) => addEventListener("load", loaded, { once: true }));
  }
  await document.fonts.ready;
  await Promise.all(figures.map(show));
  figures.forEach(watch);
  document.addEventListener("click", act);
  whenThemeChanges(repaintAll);
  root.dataset.ready = "true";
}

begin();
