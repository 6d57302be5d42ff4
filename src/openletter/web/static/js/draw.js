// From a chart's kind and data to the option of ECharts. One function a kind; the page's word for it is data-chart.

import { bars } from "./bars.js";
import { curve } from "./curve.js";
import { map } from "./map.js";
import { stack } from "./stack.js";
import { treemap } from "./treemap.js";
import { trend } from "./trend.js";

const KINDS = { bars, curve, map, stack, treemap, trend };

export function draw(kind, data, theme, width) {
  return {
    textStyle: { fontFamily: theme.font, color: theme.ink },
    ...KINDS[kind](data, theme, width),
  };
}
