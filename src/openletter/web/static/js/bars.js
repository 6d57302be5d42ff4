// Bars from the left, each of one or several parts. Data: parts [{key, name}], rows [{name, values, title, lines, href}].
// ``overlaid`` where a part lies within the one before it (strict within wide), else they are stacked.

import { categoryAxis, legend, valueAxis } from "./axes.js";
import { card, tooltip } from "./tooltip.js";

export function bars(data, theme, width) {
  const room = Math.min(220, Math.max(110, width * 0.32));
  const words = data.rows.map((row) => row.name);
  return {
    legend: data.parts.length > 1 ? legend(theme) : { show: false },
    grid: { left: room, right: 56, top: data.parts.length > 1 ? 34 : 6, bottom: 26, containLabel: false },
    tooltip: tooltip(theme, (events) => {
      const row = data.rows[events[0].dataIndex];
      return card(row.title || row.name, row.lines);
    }, { trigger: "axis", axisPointer: { type: "shadow" } }),
    xAxis: valueAxis(theme, { splitNumber: width < 560 ? 3 : 5, max: data.most ?? null }),
    yAxis: categoryAxis(theme, words, {
      inverse: true,
      axisLabel: {
        color: theme.ink,
        width: room - 10,
        overflow: "break",
        lineHeight: 13,
        interval: 0,
        fontSize: width < 560 ? 11 : 12,
      },
    }),
    series: data.parts.map((part, place) => ({
      type: "bar",
      name: part.name,
      stack: data.overlaid ? undefined : "all",
      barGap: "-100%",
      barMaxWidth: 20,
      itemStyle: { color: theme.colours[part.key] || theme.colours.wide },
      z: 2 + place,
      label: {
        show: Boolean(data.labelled) && place === 0,
        position: "right",
        color: theme.ink,
        formatter: (event) => data.rows[event.dataIndex].label ?? "",
      },
      data: data.rows.map((row) => ({
        value: row.values[place],
        href: row.href,
        ...(row.key && theme.colours[row.key] ? { itemStyle: { color: theme.colours[row.key] } } : {}),
      })),
    })),
  };
}
