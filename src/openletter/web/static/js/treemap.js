// Countries, and in each its networks, by what is exposed there. Data: nodes [{name, value, share, lines, href, children}];
// share, from 0 to 1, is how much of what answered is exposed: it gives the colour.

import { card, tooltip } from "./tooltip.js";

function step(theme, share) {
  const last = theme.steps.length - 1;
  return theme.steps[Math.min(last, Math.max(1, Math.ceil(share * last)))];
}

// Black or white, whichever is the easier to read on the colour, an rgb(…) (WCAG's relative luminance).
function inkOn(colour) {
  const [red, green, blue] = colour.match(/\d+/g).map((octet) => {
    const part = octet / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#111111" : "#ffffff";
}

function node(theme, one) {
  const colour = step(theme, one.share);
  return {
    name: one.name,
    value: one.value,
    lines: one.lines,
    href: one.children?.length ? undefined : one.href,
    itemStyle: { color: colour },
    label: { color: inkOn(colour) },
    ...(one.children?.length ? { children: one.children.map((child) => node(theme, child)) } : {}),
  };
}

export function treemap(data, theme) {
  return {
    tooltip: tooltip(theme, (event) => (event.data?.lines ? card(event.data.name, event.data.lines) : "")),
    series: [
      {
        type: "treemap",
        name: data.name,
        left: 0,
        right: 0,
        top: 0,
        bottom: 30,
        roam: false,
        nodeClick: "zoomToNode",
        leafDepth: null,
        visibleMin: 200,
        breadcrumb: {
          bottom: 0,
          height: 22,
          itemStyle: { color: theme.land, textStyle: { color: theme.ink } },
          emphasis: { itemStyle: { color: theme.line } },
        },
        label: { show: true, formatter: "{b}", overflow: "truncate" },
        upperLabel: { show: true, height: 20, color: theme.ink, backgroundColor: theme.land, padding: [0, 4] },
        itemStyle: { borderColor: theme.paper, gapWidth: 1, borderWidth: 1 },
        levels: [
          { itemStyle: { borderWidth: 0, gapWidth: 3 } },
          { itemStyle: { borderColor: theme.land, borderWidth: 2, gapWidth: 1 } },
        ],
        data: data.nodes.map((one) => node(theme, one)),
      },
    ],
  };
}
