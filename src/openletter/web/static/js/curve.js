// How long endpoints stay exposed: a falling staircase (Kaplan and Meier 1958). Data: axis, steps [{day, share, title,
// lines}], median (days, or null), medianLabel.

import { valueAxis } from "./axes.js";
import { card, tooltip } from "./tooltip.js";

export function curve(data, theme) {
  const percent = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" });
  return {
    grid: { left: 8, right: 24, top: 24, bottom: 28, containLabel: true },
    tooltip: tooltip(theme, (events) => {
      const step = data.steps[events[0].dataIndex];
      return card(step.title, step.lines);
    }, { trigger: "axis" }),
    xAxis: valueAxis(theme, { min: 0, minInterval: 1, name: data.axis, nameLocation: "middle", nameGap: 26 }),
    yAxis: valueAxis(theme, { min: 0, max: 1, axisLabel: { color: theme.faint, formatter: (v) => percent.format(v) } }),
    series: [
      {
        type: "line",
        step: "end",
        symbol: "none",
        color: theme.colours.wide,
        lineStyle: { width: 2.5 },
        data: data.steps.map((step) => [step.day, step.share]),
        markLine:
          data.median === null
            ? undefined
            : {
                silent: true,
                symbol: "none",
                lineStyle: { color: theme.faint, type: "dashed" },
                label: { color: theme.ink, formatter: data.medianLabel, position: "insideEndTop" },
                data: [{ xAxis: data.median }],
              },
      },
    ],
  };
}
