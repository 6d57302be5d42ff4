// The colours of the page, for the charts. They are written once, in the style sheet (as custom properties, for the light
// and for the dark page), so that a class has one colour in charts, tables and legends.

const CLASSES = [
  "no_tls",
  "cleartext_on_tls_port",
  "cleartext_port_open",
  "tls_optional",
  "starttls_broken_cleartext_open",
  "challenge_only_no_tls",
  "preauth_exposed",
  "starttls_broken",
  "implicit_broken",
  "implicit_on_cleartext_port",
  "no_secure_login",
  "tls_required",
  "implicit_tls",
  "silent",
  "refused_by_policy",
  "unknown_auth",
  "not_mail",
  "unreachable",
];
const ROLES = ["strict", "wide", "rest", "appeared", "regressed", "fixed", "gone", "unclear", "other"];
const STEPS = 6;

// The style sheet writes light-dark(); only a property that takes a colour says which of the two it is.
function reader() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const read = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  return [read, () => probe.remove()];
}

export function theme() {
  const [read, done] = reader();
  const colours = Object.fromEntries(CLASSES.map((name) => [name, read(`--class-${name.replaceAll("_", "-")}`)]));
  for (const name of ROLES) colours[name] = read(`--chart-${name}`);
  const found = {
    ink: read("--chart-ink"),
    faint: read("--chart-faint"),
    line: read("--chart-line"),
    inactive: read("--chart-inactive"),
    paper: read("--chart-paper"),
    land: read("--chart-land"),
    colours,
    steps: Array.from({ length: STEPS }, (_, step) => read(`--chart-step-${step + 1}`)),
    font: getComputedStyle(document.body).fontFamily,
  };
  done();
  return found;
}

// Calls back when the reader, or the system, turns the light on or off.
export function whenThemeChanges(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
  new MutationObserver(callback).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
}
