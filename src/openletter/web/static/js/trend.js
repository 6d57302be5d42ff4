// Lines over surveys. Data: moments [{at (milliseconds), label, lines}], series [{key, name, values, low, high}];
// low and high, where a survey was a sample, are the ends of its interval.

import { legend, valueAxis } from "./axes.js";
import { card, tooltip } from "./tooltip.js";

const band = (series, data, colour) => {
  const at = (values) => data.moments.map((moment, place) => [moment.at, values[place]]);
  const common = {
    type: "line",
    stack: `band ${series.key}`,
    stackStrategy: "all",
    symbol: "none",
    silent: true,
    lineStyle: { opacity: 0 },
    tooltip: { show: false },
  };
  const height = series.high.map((high, place) => high - series.low[place]);
  return [
    { ...common, data: at(series.low) },
    { ...common, data: at(height), areaStyle: { color: colour, opacity: 0.18 } },
  ];
};

export function trend(data, theme, width) {
  return {
    legend: legend(theme, { data: data.series.map((series) => series.name) }),
    grid: { left: 8, right: 24, top: 40, bottom: 8, containLabel: true },
    tooltip: tooltip(theme, (events) => {
      const moment = data.moments[events[0].dataIndex];
      return card(moment.label, moment.lines);
    }, { trigger: "axis" }),
    xAxis: timeAxis(data, theme, width),
    yAxis: valueAxis(theme, { min: 0 }),
    series: data.series.flatMap((series, place) => {
      const colour = theme.colours[series.key];
      const line = {
        type: "line",
        name: series.name,
        color: colour,
        lineStyle: { width: 2.5, type: place % 2 ? "solid" : [7, 4] },
        symbol: place % 2 ? "circle" : "rect",
        symbolSize: 7,
        showSymbol: data.moments.length <= 40,
        data: data.moments.map((moment, index) => [moment.at, series.values[index]]),
      };
      return series.low ? [...band(series, data, colour), line] : [line];
    }),
  };
}

const DAY = 86_400_000;

// True to time: a gap between two surveys is seen as one.
export function timeAxis(data, theme, width) {
  const day = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
    month: "short",
    day: "numeric",
    timeZone: "UTC",
  });
  const year = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
    year: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  const times = data.moments.map((moment) => moment.at);
  const long = Math.max(...times) - Math.min(...times) > 300 * DAY;
  // Few surveys are marked each at its own time; of many only round dates.
  const few = times.length <= (width < 560 ? 4 : 10) ? { customValues: times } : {};
  return {
    type: "time",
    minInterval: DAY,
    splitNumber: width < 560 ? 3 : 7,
    axisLabel: { ...few, color: theme.faint, hideOverlap: true, formatter: (at) => (long ? year : day).format(at) },
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { ...few, lineStyle: { color: theme.line } },
    splitLine: { show: false },
  };
}
