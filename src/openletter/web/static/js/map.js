// Countries of the world, in steps of a count or a rate. Data: pieces [{low, high, label}], places [{code, name, value,
// lines, href, small}]; low and high are of the value, low within and high not.

import { STRIPES, short } from "./axes.js";
import { card, tooltip } from "./tooltip.js";
import { equalEarth } from "./world.js";

export function map(data, theme, width) {
  const narrow = width < 560;
  return {
    tooltip: tooltip(theme, (event) => (event.data ? card(event.data.title, event.data.lines) : "")),
    visualMap: {
      type: "piecewise",
      orient: narrow ? "horizontal" : "vertical",
      left: narrow ? "center" : 0,
      bottom: 0,
      itemGap: 6,
      itemWidth: narrow ? 12 : 16,
      itemHeight: 12,
      // Of several pieces that hold a value ECharts takes the first, so the highest stands first.
      pieces: data.pieces
        .map((piece, step) => ({
          gte: piece.low,
          ...(piece.high === null ? {} : { lt: piece.high }),
          label: narrow ? `${short(piece.low)}+` : piece.label,
          color: theme.steps[step],
        }))
        .reverse(),
      outOfRange: { color: theme.land },
      textStyle: { color: theme.ink, fontFamily: theme.font },
    },
    series: [
      {
        type: "map",
        map: "world",
        nameProperty: "name",
        projection: equalEarth,
        roam: "move",
        scaleLimit: { min: 1, max: 20 },
        selectedMode: false,
        left: 0,
        right: 0,
        top: 4,
        bottom: narrow ? 40 : 8,
        label: { show: false },
        itemStyle: { areaColor: theme.land, borderColor: theme.paper, borderWidth: 0.6 },
        emphasis: { label: { show: false }, itemStyle: { areaColor: null, borderColor: theme.ink, borderWidth: 1.4 } },
        data: data.places.map((place) => ({
          name: place.code,
          title: place.name,
          value: place.small ? NaN : place.value,
          lines: place.lines,
          href: place.href,
          ...(place.small ? { itemStyle: { areaColor: theme.land, decal: STRIPES } } : {}),
        })),
      },
    ],
  };
}
