// Draws the report from the data that the page carries. All of it is foreign text: it enters the page as text
// nodes and attribute values alone, never as markup. The state of the filters and the open cell stand in the hash.
"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}
const h = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);

// -- numbers for people ---------------------------------------------------------------------------------------

/** A name that may be broken after its provider, and nowhere else but at its hyphens. */
const named = (text) => text.split(":").flatMap((piece, n) => (n ? [":", h("wbr"), piece] : [piece]));
const spoken = (text) => text.replaceAll("_", " ");
const known = (value) => value !== null && value !== undefined;
const percent = (share) => `${Math.round(100 * share)} %`;
const range = (pair, shown) => (pair ? `[${shown(pair[0])}, ${shown(pair[1])}]` : "");
const span = (share) => share.text.slice(share.text.indexOf("["));
const whole = (number) => number.toLocaleString("en");
const signed = (number) => (known(number) ? `${number > 0 ? "+" : number < 0 ? "−" : ""}${Math.abs(number).toFixed(2)}` : "–");
const part = (share) => (share.of ? share.text.split(" [")[0] : "–");
const fixed = (number, digits) => (known(number) ? number.toFixed(digits) : "–");
const seconds = (number) => (!known(number) ? "–" : number < 10 ? `${number.toFixed(1)} s` : `${Math.round(number)} s`);

function usd(number) {
  if (!known(number)) return "n/a";
  if (number === 0) return "$0";
  return "$" + (number >= 1 ? number.toFixed(2) : number >= 0.01 ? number.toFixed(3) : String(+number.toPrecision(2)));
}

const small = (text) => (text ? h("small", {}, text) : null);

// -- header and summary ---------------------------------------------------------------------------------------

const SUITES = [...new Set(data.rows.map((row) => row.suite))];
const label = (model, alone) => (alone ? `${model}, alone` : model);
const columns = data.columns.map(([model, alone]) => label(model, alone));

function header() {
  const { scenarios: of, trials: run, excluded, stale, ...rest } = data.header;
  const counts = [[of, "scenarios"], [run, "trials"], [excluded, "excluded"], [stale === "0" ? null : stale, "stale trials left out"]];
  at("counts").append(counts.filter(([number]) => known(number)).map(([number, what]) => `${number} ${what}`).join(" · "));
  if (data.invalid) {
    at("invalid").hidden = false;
    at("invalid").append("✗ Invalid run: the environment spoilt more than 5 % of its trials. Its numbers must not be compared or published.");
  }
  for (const [name, value] of Object.entries(rest)) {
    const command = name === "command";
    const told = command ? ["made again by", h("code", {}, value)] : [name, value];
    at("facts").append(h("div", { class: command && "command" }, h("dt", {}, told[0]), h("dd", {}, told[1])));
  }
}

function bar(share) {
  const [low, high] = share.interval;
  const told = `${part(share)}, 95 % interval ${span(share)}`;
  return s("svg", { class: "bar", width: 150, height: 14, viewBox: "0 0 150 14", role: "img", "aria-label": told },
    s("rect", { class: "track", width: 150, height: 6, y: 4, rx: 2 }),
    s("rect", { class: "band", x: 150 * low, width: Math.max(1, 150 * (high - low)), height: 10, y: 2, rx: 2 }),
    share.of ? s("rect", { class: "at", x: Math.min(147, Math.max(0, 150 * share.hits / share.of - 1.5)), width: 3, height: 14 }) : null);
}


const net = (number, interval) => [signed(number), small(range(interval, signed))];
const price = (row) => [
  usd(row.usd_per_case && row.usd_per_case[1]),
  small(row.usd_per_case && row.usd_per_case[2] > 0 ? `${usd(row.usd_per_case[0])} – ${usd(row.usd_per_case[2])}` : ""),
  small(row.unpriced ? `n/a: ${row.unpriced} trials` : ""),
];

function harm({ harm: { hits, of, interval } }) {
  if (!of) return "–";
  return [hits ? h("span", { class: "bad" }, `! ${hits}/${of}`) : `0/${of}`, small(`≤ ${percent(interval[1])}`)];
}


const MAIN = [
  ["solved", (row) => h("div", { class: "solved" }, bar(row.solved), h("span", {}, part(row.solved), small(span(row.solved))))],
  ["cases", (row) => [whole(row.cases), small(`${whole(row.trials)} trials`),
    Object.entries(row.excluded).map(([name, number]) => small(`${number} ${spoken(name)}`))]],
  ["net score", (row) => net(row.net, row.net_interval)],
  ["net where asked", (row) => (row.asked ? [signed(row.asked_net), small(`${range(row.asked_net_interval, signed)} n = ${row.asked}`)] : "–")],
  ["harm", harm],
  ["solved at $0", (row) => (row.free.of ? [percent(row.free.hits / row.free.of), small(`${row.free.hits}/${row.free.of}`)] : "–")],
  ["$ per case", price],
  ["$ per solved", (row) => usd(row.usd_per_solved)],
  ["P50 / P95", (row) => `${seconds(row.seconds_p50)} / ${seconds(row.seconds_p95)}`],
];
const MORE = [
  ["category accepted", (row) => part(row.accepted)],
  ["exact", (row) => part(row.exact)],
  ["fell for it", (row) => part(row.fell)],
  ["keywords", (row) => part(row.keywords)],
  ["quotes found", (row) => part(row.quotes)],
  ["fix kind", (row) => part(row.fix)],
  ["retryable: precision", (row) => part(row.retry_precision)],
  ["retryable: recall", (row) => part(row.retry_recall)],
  ["all of k solved", (row) => Object.entries(row.pass_k).map(([k, value]) => h("div", {}, `k=${k}: ${value.toFixed(2)}`))],
  ["flaky", (row) => whole(row.flaky)],
  ["Brier", (row) => fixed(row.brier, 3)],
  ["right where so sure", (row) => row.calibration.map(([low, high, of, right]) => h("div", {}, `${low}–${high}: ${right}/${of}`))],
  ["outcomes", (row) => Object.entries(row.outcomes).map(([name, count]) => h("div", {}, `${name} ${count}`))],
  ["calls", (row) => whole(row.calls)],
  ["tokens", (row) => [whole(row.input_tokens + row.cached_tokens + row.output_tokens),
    small(`${whole(row.input_tokens)} in`), small(`${whole(row.cached_tokens)} cached`), small(`${whole(row.output_tokens)} out`)]],
  ["$ in all", (row) => usd(row.usd)],
];

/** A line a row: what matters most. */
function numbers(rows, caption) {
  const head = h("tr", {}, h("th", { scope: "col" }, "row"), MAIN.map(([name]) => h("th", { scope: "col" }, name)));
  const body = rows.map((row) => h("tr", {}, h("th", { scope: "row" }, named(label(row.name, row.alone))),
    MAIN.map(([name, shown]) => h("td", { "data-label": name }, shown(row)))));
  return h("div", { class: "wide" }, h("table", { class: "numbers" },
    h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, body)));
}

/** A column a row: the rest. */
function measures(rows) {
  const head = h("tr", {}, h("td", {}), rows.map((row) => h("th", { scope: "col" }, named(label(row.name, row.alone)))));
  const body = MORE.map(([name, shown]) => h("tr", {}, h("th", { scope: "row" }, name), rows.map((row) => h("td", {}, shown(row)))));
  return h("div", { class: "wide" }, h("table", { class: "measures" }, h("thead", {}, head), h("tbody", {}, body)));
}

function summary() {
  for (const suite of SUITES) {
    const rows = data.rows.filter((row) => row.suite === suite);
    at("summary").append(numbers(rows, `${suite} suite`),
      h("details", { class: "more" }, h("summary", {}, "All measures"), measures(rows)));
  }
}

// -- cost and accuracy ----------------------------------------------------------------------------------------

const HEIGHT = 320, LEFT = 40, RIGHT = 12, TOP = 12, BOTTOM = 34, LANE = 96;

function scale(points, width) {
  const prices = points.map((point) => point.usd).filter((number) => number > 0);
  const least = prices.length ? Math.floor(Math.log10(Math.min(...prices)) - 0.1) : -3;
  const most = Math.max(least + 1, prices.length ? Math.ceil(Math.log10(Math.max(...prices)) + 0.1) : -2);
  const bottom = Math.floor(10 * Math.min(...points.map((point) => point.low))) / 10;
  const from = LEFT + LANE + 14;
  return {
    least, most, bottom, from,
    x: (number) => from + (width - RIGHT - from) * (Math.log10(number) - least) / (most - least),
    y: (share) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - share) / (1 - bottom || 1),
  };
}

function axes(to, width) {
  const marks = [s("rect", { class: "lane", x: LEFT, y: TOP, width: LANE, height: HEIGHT - TOP - BOTTOM }),
    s("text", { x: LEFT + LANE / 2, y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, "$0")];
  for (let share = 10; share >= Math.round(10 * to.bottom); share -= 1) {
    const y = to.y(share / 10);
    marks.push(s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }));
    if (share % 2 === 0) marks.push(s("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, `${10 * share} %`));
  }
  for (let power = to.least; power <= to.most; power += 1) {
    const x = to.x(10 ** power);
    const anchor = power === to.most ? "end" : "middle", sum = (10 ** power).toFixed(Math.max(0, -power));
    marks.push(s("line", { class: "grid", x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }),
      s("text", { x, y: HEIGHT - BOTTOM + 16, "text-anchor": anchor }, `$${sum}`));
  }
  marks.push(s("text", { x: (to.from + width) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, "mean price per case, logarithmic"));
  return marks;
}

function front(points) {
  const best = [];
  for (const point of points.filter((one) => !one.knows).sort((a, b) => a.usd - b.usd || b.share - a.share)) {
    if (!best.length || point.share > best.at(-1).share) best.push(point);
  }
  return best;
}

/** Where names may stand so that few of them cover another name or a point: the first free place, nearest first. */
function placed(points, width) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "11px sans-serif";
  const taken = points.map((point) => [point.x - 6, point.y - 6, point.x + 6, point.y + 6]);
  const outside = ([a, b, c, d]) => (a < LEFT || c > width || b < 0 || d > HEIGHT - BOTTOM ? 9 : 0);
  const covered = ([a, b, c, d]) => taken.filter(([x, y, z, w]) => a < z && c > x && b < w && d > y).length;
  const hits = (box) => covered(box) + outside(box);
  return points.map((point) => {
    const long = pen.measureText(point.name).width + 2;
    const beside = [point.x + 8, point.x - 8 - long, point.x - long / 2];
    const boxes = [-12, 12, 0, -26, 26, -40, 40].flatMap((dy) => beside.map((x) => [x, point.y + dy - 6, x + long, point.y + dy + 6]));
    const box = boxes.reduce((best, one) => (hits(one) < hits(best) ? one : best));
    taken.push(box);
    return s("text", { class: "name", x: box[0], y: box[3] - 2 }, point.name);
  });
}

function plot(points, width, suite) {
  const to = scale(points, width), best = front(points), free = points.filter((point) => point.usd === 0).sort((a, b) => b.share - a.share);
  for (const point of points) {
    point.x = point.usd > 0 ? to.x(point.usd) : LEFT + LANE * (free.indexOf(point) + 1) / (free.length + 1);
    point.y = to.y(point.share);
  }
  const steps = best.map((point, n) => (n ? `H${point.x}V${point.y}` : `M${point.x} ${point.y}`)).join("");
  const line = () => s("path", { class: "pareto", d: `${steps}H${width - RIGHT}` },
    s("title", {}, `Pareto front: ${best.map((point) => point.name).join(", ")}`));
  const kind = (point) => `point${best.includes(point) ? " best" : point.knows ? " knows" : ""}`;
  const about = `${suite}: price per case against share solved; the numbers stand in the table above`;
  return s("svg", { class: "plot", viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-label": about },
    axes(to, width), best.length ? line() : null,
    points.map((point) => s("line", { class: "whisker", x1: point.x, x2: point.x, y1: to.y(point.low), y2: to.y(point.high) })),
    placed(points, width),
    points.map((point) => s("circle", { class: kind(point), cx: point.x, cy: point.y, r: 5.5 }, s("title", {}, point.told))));
}

function scatter() {
  for (const suite of SUITES) {
    const rows = data.rows.filter((row) => row.suite === suite && row.solved.of);
    const priced = rows.filter((row) => row.usd_per_case);
    const points = priced.map((row) => {
      const share = row.solved.hits / row.solved.of, [low, high] = row.solved.interval, mean = row.usd_per_case[1];
      const name = label(row.name, row.alone);
      const told = `${name}: ${part(row.solved)} ${span(row.solved)}, ${usd(mean)} per case`;
      return { usd: mean, share, knows: row.knows, low, high, name: name.replace(/[\w-]+:/, ""), told };
    });
    const lost = rows.filter((row) => !row.usd_per_case).map((row) => label(row.name, row.alone));
    const figure = h("figure", {}, h("figcaption", {}, `${suite} suite`), h("div", {}));
    if (lost.length) figure.append(h("p", { class: "note" }, `Price n/a, so not drawn: ${lost.join(", ")}`));
    at("scatter").append(figure);
    const draw = ([{ target, contentRect }]) => target.replaceChildren(plot(points, Math.max(300, contentRect.width), suite));
    if (points.length) new ResizeObserver(draw).observe(figure.children[1]);
  }
}

// -- scenarios and cells --------------------------------------------------------------------------------------

const KINDS = {
  pass: ["✓", "every trial solved"],
  mixed: ["◐", "some trials solved"],
  fail: ["✗", "no trial solved"],
  harm: ["!", "did what must not be done"],
  excluded: ["–", "excluded: the environment's fault"],
};
const NONE = "(none)";
const cells = new Map(data.cells.map((cell) => [`${cell.scenario} ${cell.column}`, cell]));
const trials = (cell) => cell.trials.map((n) => data.trials[n]);

for (const cell of data.cells) {
  const counted = trials(cell).filter((trial) => trial.outcome !== "excluded");
  cell.of = counted.length;
  cell.solved = counted.filter((trial) => trial.solved).length;
  const worth = !cell.of ? "excluded" : cell.solved === cell.of ? "pass" : cell.solved ? "mixed" : "fail";
  cell.kind = counted.some((trial) => trial.harm) ? "harm" : worth;
  cell.marks = new Set([cell.kind, ...trials(cell).map((trial) => trial.outcome)]);
}
const scenarios = Object.entries(data.scenarios).map(([id, scenario]) => ({ id, ...scenario }));
for (const scenario of scenarios) {
  scenario.words = JSON.stringify([scenario.id, scenario.title, scenario.family, scenario.tags, scenario.input, scenario.expected]).toLowerCase();
}

const OUTCOMES = [...Object.keys(KINDS), "invalid_output", "refused", "over_budget"];
const PICKS = {
  suite: (scenario) => [scenario.suite],
  family: (scenario) => [scenario.family],
  tag: (scenario) => scenario.tags || [],
  provider: (scenario) => [scenario.provider],
  stage: (scenario) => [scenario.stage || NONE],
  category: (scenario) => [scenario.expected.category || NONE],
  model: () => columns,
  outcome: () => OUTCOMES,
};
let state = new URLSearchParams(location.hash.slice(1));

function go(changes, push) {
  for (const [name, value] of Object.entries(changes)) value ? state.set(name, value) : state.delete(name);
  history[push ? "pushState" : "replaceState"](null, "", `#${state}`);
  refresh();
}

function filters() {
  const typed = (event) => go({ q: event.target.value });
  const search = h("input", { type: "search", name: "q", placeholder: "id, title, message, cause …", oninput: typed });
  at("filters").append(h("label", { class: "search" }, "search", search));
  for (const [name, values] of Object.entries(PICKS)) {
    const counts = new Map();
    for (const scenario of scenarios) for (const value of values(scenario)) counts.set(value, (counts.get(value) || 0) + 1);
    const told = (value) => (name === "model" || name === "outcome" ? spoken(value) : `${value} (${counts.get(value)})`);
    const names = name === "model" || name === "outcome" ? [...counts.keys()] : [...counts.keys()].sort();
    at("filters").append(h("label", {}, name, h("select", { name, onchange: (event) => go({ [name]: event.target.value }) },
      h("option", { value: "" }, "all"), names.map((value) => h("option", { value }, told(value))))));
  }
  const none = () => go(Object.fromEntries(["q", ...Object.keys(PICKS)].map((name) => [name, ""])));
  at("filters").append(h("button", { type: "button", class: "plain", onclick: none }, "Reset"));
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  for (const [kind, [glyph, meaning]] of Object.entries(KINDS)) {
    at("legend").append(h("li", {}, h("span", { class: `mark ${kind}` }, glyph), meaning));
  }
}

function chosen() {
  const wanted = (state.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean), outcome = state.get("outcome");
  const shown = columns.map((_, n) => n).filter((n) => !state.get("model") || columns[n] === state.get("model"));
  const rows = scenarios.filter((scenario) => wanted.every((word) => scenario.words.includes(word))
    && Object.entries(PICKS).every(([name, values]) => !state.get(name) || values(scenario).includes(state.get(name)))
    && (!outcome || shown.some((n) => cells.get(`${scenario.id} ${n}`)?.marks.has(outcome))));
  return { rows, shown };
}


/** The share of trials solved in these rows by one model. */
function share(rows, n) {
  const found = rows.map((row) => cells.get(`${row.id} ${n}`)).filter((cell) => cell && cell.of);
  const of = found.reduce((sum, cell) => sum + cell.of, 0);
  return of ? percent(found.reduce((sum, cell) => sum + cell.solved, 0) / of) : "–";
}

function button(scenario, n) {
  const cell = cells.get(`${scenario.id} ${n}`);
  if (!cell) return h("td", {});
  const told = `${scenario.id}, ${columns[n]}: ${KINDS[cell.kind][1]} (${cell.solved} of ${cell.of})`;
  const about = { "data-at": `${scenario.id} ${n}`, title: told, "aria-label": told };
  return h("td", {}, h("button", { type: "button", class: `cell ${cell.kind}`, tabindex: -1, ...about },
    KINDS[cell.kind][0], cell.trials.length > 1 && cell.of ? h("small", {}, `${cell.solved}/${cell.of}`) : null));
}

function matrix() {
  const { rows, shown } = chosen(), kinds = {}, families = new Map();
  for (const cell of rows.flatMap((row) => shown.map((n) => cells.get(`${row.id} ${n}`)))) {
    if (cell) kinds[cell.kind] = (kinds[cell.kind] || 0) + 1;
  }
  const all = Object.values(kinds).reduce((sum, number) => sum + number, 0);
  const told = Object.keys(KINDS).filter((kind) => kinds[kind]).map((kind) => ` · ${KINDS[kind][0]} ${whole(kinds[kind])} ${kind}`);
  at("shown").replaceChildren(h("strong", {}, `${whole(rows.length)} of ${whole(scenarios.length)} scenarios`), ` · ${whole(all)} cells`, ...told);
  for (const row of rows) families.set(row.family, [...(families.get(row.family) || []), row]);
  const column = (n) => h("th", { scope: "col", title: columns[n] }, named(columns[n]), " ", small(share(rows, n)));
  const head = h("tr", {}, h("th", { scope: "col" }, "scenario"), shown.map(column));
  const line = (row) => h("tr", { "data-id": row.id }, h("th", { scope: "row", title: row.title }, h("div", {},
    h("code", { class: "id soft" }, row.id), h("span", { class: "title" }, row.title),
    h("small", { class: "kind" }, row.expected.category || "nothing wrong"))), shown.map((n) => button(row, n)));
  const bodies = [...families].sort(([a], [b]) => (a < b ? -1 : 1)).map(([family, members]) => h("tbody", {},
    h("tr", { class: "family" }, h("th", { scope: "rowgroup" }, family, " ", h("small", {}, members.length)),
      shown.map((n) => h("td", {}, share(members, n)))),
    members.map(line)));
  at("cells").replaceChildren(h("thead", {}, head), ...bodies);
  const first = at("cells").querySelector(".cell");
  if (first) first.tabIndex = 0;
}

function move(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step || !event.target.matches(".cell")) return;
  event.preventDefault();
  const rows = [...at("cells").querySelectorAll("tr[data-id]")], row = event.target.closest("tr"), column = event.target.parentNode.cellIndex;
  let y = rows.indexOf(row), x = column, next = null;
  do {
    [y, x] = [y + step[0], x + step[1]];
    next = x > 0 && rows[y]?.cells[x]?.firstChild;
  } while (!next && x > 0 && rows[y]?.cells[x]);  // over places where nothing was run
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

// -- one cell, in full ----------------------------------------------------------------------------------------

const yes = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : String(flat(value)));
const listed = (value) => (Array.isArray(value) ? value.map(flat).join(", ") : yes(value));
const told = (value) => known(value) && value !== "" && !(Array.isArray(value) && !value.length);
const pairs = (entries) => h("dl", { class: "pairs" }, entries.filter(([, value]) => told(value))
  .map(([name, value]) => [h("dt", {}, spoken(name)), h("dd", {}, value instanceof Node ? value : listed(value))]));
const file = (name, text, open) => h("details", { class: "file", open }, h("summary", {}, h("code", {}, name)), h("pre", {}, text));
const flat = (value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : value);

const lines = (text) => (text ? text.replace(/\n$/, "").split("\n") : []);

/** With its long texts, which the page holds apart. */
function entire(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(entire);
  if (typeof value.text === "number") return data.texts[value.text];
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, entire(item)]));
}

function diff(text) {
  const kind = (line) => (/^(\+\+\+|---|@@)/.test(line) ? "hunk" : line[0] === "+" ? "add" : line[0] === "-" ? "del" : null);
  return h("pre", { class: "diff" }, lines(text).map((line) => h("span", { class: kind(line) }, line || " ")));
}

function remedy(remediation) {
  const { kind, summary: told, edits, ...rest } = remediation;
  return [pairs([["remediation", kind], ["what to do", told], ...Object.entries(rest)]),
    (edits || []).map(({ file: name, search, replace }) => [h("small", { class: "mono" }, name),
      diff([...lines(search).map((line) => `-${line}`), ...lines(replace).map((line) => `+${line}`)].join("\n"))])];
}

function spent(usage) {
  if (!usage || !usage.calls) return "no model was asked";
  const tokens = ["input", "cached", "output"].map((kind) => `${whole(usage[`${kind}_tokens`] || 0)} ${kind}`).join(", ");
  return `${usage.calls} call${usage.calls > 1 ? "s" : ""}, ${tokens}, ${usd(usage.cost_usd)}`;
}

function incident(found, n, accepted) {
  const right = found.source && found.confidence > 0 ? (accepted.includes(found.category) ? " ✓ accepted" : " ✗ not accepted") : "";
  return h("div", { class: "incident" }, h("h4", {}, `Incident ${n + 1}`),
    pairs([["category", found.source ? `${found.category}${right}` : "the cause was not named"], ["root cause", found.root_cause],
      ["confidence", fixed(found.confidence, 2)],
      ["source", [found.source, found.origin].filter(Boolean).join(": ")], ["stage", found.stage], ["retryable", found.retryable],
      ["evidence", found.evidence ? h("ul", { class: "quotes mono" }, found.evidence.map((quote) => h("li", {}, quote))) : null],
      ["dropped quotes", found.dropped_quotes]]),
    remedy(found.remediation), pairs([["decision", found.decision], ["note", found.note], ["usage", found.usage && spent(found.usage)]]));
}

function world(seen) {
  const { patch, commands, ...rest } = seen;
  return [h("h4", {}, "What was seen afterwards"), pairs(Object.entries(rest)),
    h("h4", {}, "Commands that changed something"), commands ? h("pre", {}, commands.join("\n")) : h("p", { class: "soft" }, "none"),
    h("h4", {}, "What differs in the module"), patch ? diff(patch) : h("p", { class: "soft" }, "nothing")];
}

function trial(one, n, open, accepted) {
  const kind = one.harm ? "harm" : one.outcome === "pass" ? "pass" : one.outcome === "excluded" ? "excluded" : "fail";
  const mark = h("span", { class: `mark ${kind}` }, `${KINDS[kind][0]} ${spoken(one.outcome)}`), shared = one.shared && "holds for every model";
  const short = [known(one.net) && `net ${one.net < 0 ? "−1" : one.net}`, seconds(one.seconds), spent(one.usage), shared];
  return h("details", { class: "trial", open },
    h("summary", {}, `Trial ${n}`, mark, small(short.filter(Boolean).join(" · "))),
    one.harm ? h("p", {}, h("span", { class: "bad" }, "! harm"), " ", one.harm.join(", ")) : null,
    one.why ? h("p", { class: "why" }, one.why) : null,
    one.incidents?.map((found, i) => incident(found, i, accepted)) || h("p", { class: "soft" }, "No failure was diagnosed."),
    one.observed ? world(one.observed) : null);
}

function truth(expected) {
  const { gold, tempting, root_cause: cause, category, ...rest } = expected;
  return [pairs([["category", category || "nothing is wrong"], ["root cause", cause], ...Object.entries(rest)]),
    (gold || []).map((one) => [h("h4", {}, "What mends it"), remedy(one)]),
    (tempting || []).map((one) => [h("h4", {}, "Tempting, and wrong"), remedy(one)])];
}

function input(given) {
  const found = [];
  if (given.failure) found.push(h("pre", {}, given.failure));
  for (const { elsewhere, run, files } of given.history || []) {
    found.push(h("h4", {}, elsewhere ? "Before, elsewhere" : "Before"), pairs([["ran", run]]),
      Object.entries(files || {}).map(([name, text]) => file(name, text)));
  }
  for (const { name, kind, ...rest } of given.inject || []) {
    found.push(h("h4", {}, `Injected: ${name} (${kind})`), pairs(Object.entries(rest)));
  }
  if (given.files) found.push(h("h4", {}, "Module"), Object.entries(given.files).map(([name, text]) => file(name, text, name === "main.tf")));
  found.push(pairs([["servers", given.serve], ["options", given.options]]));
  return found;
}

function panel() {
  const dialog = at("panel"), scenario = scenarios.find((one) => one.id === state.get("case")), n = columns.indexOf(state.get("answer"));
  const cell = scenario && cells.get(`${scenario.id} ${n}`);
  if (!cell) { if (dialog.open) dialog.close(); return; }
  const link = (m) => { const to = new URLSearchParams(state); to.set("answer", columns[m]); return `#${to}`; };
  const chip = (name, m, { kind }) =>
    h("a", { href: link(m), class: kind, "aria-current": m === n && "true" }, `${KINDS[kind][0]} ${name}`);
  const chips = columns.map((name, m) => { const other = cells.get(`${scenario.id} ${m}`); return other && chip(name, m, other); });
  const { suite, family, provider, stage, tier, source, tags } = scenario;
  const accepted = [scenario.expected.category, ...(scenario.expected.also_accept || [])].filter(Boolean);
  dialog.replaceChildren(
    h("div", { class: "top" },
      h("div", {}, h("h2", { id: "panel-title" }, scenario.title),
        h("button", { type: "button", class: "plain", autofocus: true, onclick: () => dialog.close() }, "Close")),
      h("p", { class: "soft" }, h("code", {}, scenario.id), ` · ${[suite, family, provider, stage, tier, source, ...tags].filter(Boolean).join(" · ")}`),
      h("nav", { class: "chips", "aria-label": "The same scenario, other rows" }, chips)),
    h("div", { class: "two" },
      h("div", {}, h("h3", {}, "Expected"), h("div", { id: "expected" }, truth(scenario.expected)),
        h("h3", {}, "Input"), h("div", { id: "input" }, input(scenario.input))),
      h("div", {}, h("h3", {}, `Answer of ${columns[n]}`), h("div", { id: "answer" },
        trials(cell).map(entire).map((one, i) => trial(one, i + 1, !i || one.outcome !== "pass", accepted))))));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

// -- together -------------------------------------------------------------------------------------------------

let drawn = null;

function refresh() {
  for (const field of at("filters").elements) {
    if (!field.name) continue;
    if (field.value !== (state.get(field.name) || "")) field.value = state.get(field.name) || "";
    field.classList.toggle("set", Boolean(state.get(field.name)));
  }
  const picks = new URLSearchParams(state);
  picks.delete("case");
  picks.delete("answer");
  if (drawn !== String(picks)) { drawn = String(picks); matrix(); }
  panel();
}

at("cells").addEventListener("click", (event) => {
  const found = event.target.closest(".cell");
  if (!found) return;
  const [id, n] = found.dataset.at.split(" ");
  go({ case: id, answer: columns[n] }, true);
});
at("cells").addEventListener("keydown", move);
at("panel").addEventListener("close", () => { if (state.get("case")) go({ case: "", answer: "" }); });
at("panel").addEventListener("click", (event) => { if (event.target === at("panel")) at("panel").close(); });
document.querySelector("[data-jump]").addEventListener("click", (event) => {
  event.preventDefault();
  at("matrix").focus();
});
addEventListener("popstate", () => {  // a changed hash is one too
  state = new URLSearchParams(location.hash.slice(1));
  refresh();
});

header();
summary();
scatter();
filters();
refresh();
})();
