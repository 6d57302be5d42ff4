// What stands beside the pointer: a title and lines, as text nodes. ECharts would take a string as markup.

export function card(title, lines) {
  const box = document.createElement("div");
  box.className = "chart-card";
  const head = document.createElement("strong");
  head.textContent = title;
  box.append(head);
  for (const line of lines ?? []) {
    const row = document.createElement("div");
    row.textContent = line;
    box.append(row);
  }
  return box;
}

export function tooltip(theme, formatter, more = {}) {
  return {
    confine: true,
    backgroundColor: theme.paper,
    borderColor: theme.line,
    textStyle: { color: theme.ink, fontFamily: theme.font },
    formatter,
    ...more,
  };
}
