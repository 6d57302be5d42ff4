// Classes over surveys, stacked. Data: moments as in a trend, series [{key, name, values, shown}].

import { STRIPES, legend, valueAxis } from "./axes.js";
import { card, tooltip } from "./tooltip.js";
import { timeAxis } from "./trend.js";

const UNKNOWN = new Set(["silent", "refused_by_policy", "unknown_auth"]);

export function stack(data, theme, width) {
  return {
    legend: legend(theme, {
      selected: Object.fromEntries(data.series.map((series) => [series.name, series.shown])),
    }),
    grid: { left: 8, right: 24, top: 40, bottom: 8, containLabel: true },
    tooltip: tooltip(theme, (events) => {
      const moment = data.moments[events[0].dataIndex];
      return card(moment.label, moment.lines);
    }, { trigger: "axis" }),
    xAxis: timeAxis(data, theme, width),
    yAxis: valueAxis(theme, { min: 0 }),
    series: data.series.map((series) => ({
      type: "line",
      name: series.name,
      stack: "classes",
      color: theme.colours[series.key],
      symbol: "none",
      lineStyle: { width: 1, color: theme.paper },
      areaStyle: {
        color: theme.colours[series.key],
        opacity: 1,
        ...(UNKNOWN.has(series.key) ? { decal: STRIPES } : {}),
      },
      emphasis: { focus: "series" },
      data: data.moments.map((moment, place) => [moment.at, series.values[place]]),
    })),
  };
}
