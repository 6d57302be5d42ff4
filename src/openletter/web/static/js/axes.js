// Axes and legends, alike in all charts.

const language = () => document.documentElement.lang || "en";

export const number = (value) => new Intl.NumberFormat(language()).format(value);
export const short = (value) =>
  new Intl.NumberFormat(language(), { notation: "compact", maximumFractionDigits: 1 }).format(value);

export function valueAxis(theme, more = {}) {
  return {
    type: "value",
    axisLabel: { color: theme.faint, formatter: short },
    nameTextStyle: { color: theme.faint },
    splitLine: { lineStyle: { color: theme.line } },
    axisLine: { show: false },
    ...more,
  };
}

export function categoryAxis(theme, words, more = {}) {
  return {
    type: "category",
    data: words,
    axisLabel: { color: theme.ink, hideOverlap: true },
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
    ...more,
  };
}

export function legend(theme, more = {}) {
  return {
    type: "scroll",
    top: 0,
    left: 0,
    right: 0,
    icon: "roundRect",
    itemWidth: 14,
    itemHeight: 10,
    textStyle: { color: theme.ink },
    pageTextStyle: { color: theme.ink },
    pageIconColor: theme.ink,
    pageIconInactiveColor: theme.line,
    inactiveColor: theme.inactive,
    ...more,
  };
}

// Stripes, beside the colour, for what is not known: so it is told from the rest without seeing colours.
export const STRIPES = {
  symbol: "rect",
  dashArrayX: [1, 0],
  dashArrayY: [2, 4],
  rotation: -Math.PI / 4,
  color: "rgba(128, 128, 128, 0.55)",
};
