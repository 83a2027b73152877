/** One account over the whole story: stage, use against the limit, what was foreseen, decisions, days, attention. */

import { $, fill, format, h, s } from "./dom.js";

const EDGE = { left: 62, right: 14 };
/** The drawing is as wide as its place, so that letters keep their size. */
let WIDTH = 720;
const ROW = { stage: [4, 18], use: [34, 172], marks: [186, 200], days: [212, 246], trust: [262, 302] };
const HEIGHT = 328;
const DAY = 86_400_000;

const at = (iso) => Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);

export function chart(state) {
  const { timeline, selected, now } = state;
  const day = now.slice(0, 10);
  WIDTH = Math.max(320, $("chart").clientWidth - 18);
  fill($("chart"), [selected.id, timeline, day, WIDTH], () => (timeline ? drawn(state) : [empty(selected.name)]));
  const used = timeline && `${format.number(timeline.used)} of ${format.number(timeline.limit)} reports this month`;
  $("chart-now").textContent = used || "";
  if (!$("chart").matches(":hover, :focus-within")) $("reading").textContent = said(timeline);
}

const empty = (name) => h("p", { class: "empty" }, `${name} has not signed up yet.`);

/** The latest decision in words. */
function said(timeline) {
  const last = timeline?.decisions.at(-1);
  return last ? `${format.day(last.to)}: ${last.text}` : "";
}

function drawn(state) {
  const scale = scales(state);
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": summary(state), preserveAspectRatio: "xMidYMid meet" });
  svg.append(...months(state, scale), ...stages(state, scale), ...use(state, scale), ...foreseen(state, scale), ...days(state, scale), ...trust(state, scale), ...labels(scale));
  const cursor = s("line", { class: "cursor", y1: ROW.use[0], y2: ROW.trust[1], visibility: "hidden" });
  svg.append(cursor);
  svg.addEventListener("pointermove", (event) => read(event, state, scale, svg, cursor));
  svg.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    $("reading").textContent = said(state.timeline);
  });
  return [svg, h("div", { class: "marks" }, ...marks(state, scale))];
}

function summary({ selected, timeline }) {
  const spoken = timeline.decisions.filter((d) => d.outcome === "ask").map((d) => format.day(d.from));
  const asked = spoken.length ? `Asked on ${spoken.join(" and ")}.` : "Not asked.";
  return `${selected.name}: ${format.number(timeline.used)} of ${format.number(timeline.limit)} reports this month. ${asked} The decisions are listed below.`;
}

function scales({ start, end, timeline }) {
  const [first, last] = [at(start), at(end) + DAY];
  const x = (iso) => EDGE.left + ((typeof iso === "number" ? iso : at(iso)) - first) / (last - first) * (WIDTH - EDGE.left - EDGE.right);
  const running = cumulated(timeline.days);
  const limit = Math.max(...timeline.limits.map(([, value]) => value), timeline.limit);
  const top = Math.max(limit, ...running.map(([, value]) => value)) * 1.12;
  const between = ([low, high], share) => high - (high - low) * share;
  return {
    x, first, last, running, top,
    use: (value) => between(ROW.use, Math.min(1, value / top)),
    trust: (value) => between(ROW.trust, value / 100),
    width: (WIDTH - EDGE.left - EDGE.right) / ((last - first) / DAY),
  };
}

/** What was used since each month began, day by day. */
function cumulated(list) {
  let month = "";
  let sum = 0;
  return list.map(([day, amount]) => {
    if (day.slice(0, 7) !== month) [month, sum] = [day.slice(0, 7), 0];
    sum += amount;
    return [day, sum];
  });
}

function months({ start, end }, { x }) {
  const marks = [];
  const day = new Date(at(start));
  day.setUTCDate(1);
  for (; day.getTime() <= at(end); day.setUTCMonth(day.getUTCMonth() + 1)) {
    const place = Math.max(x(day.getTime()), EDGE.left);
    const name = day.toLocaleString("en-GB", { month: WIDTH < 460 ? "short" : "long", timeZone: "UTC" });
    marks.push(s("line", { class: "month", x1: place, x2: place, y1: ROW.use[0] - 8, y2: ROW.trust[1] }));
    marks.push(s("text", { class: "label", x: place + 4, y: HEIGHT - 8 }, name));
  }
  return marks;
}

function stages({ timeline }, { x }) {
  const [low, high] = ROW.stage;
  return timeline.stages.flatMap(({ stage, name, from, to }) => {
    const [left, right] = [x(from), Math.max(x(at(to) + DAY), x(from) + 2)];
    const bar = s("rect", { class: `stage ${stage}`, x: left, width: Math.max(1, right - left - 1.5), y: low, height: high - low, rx: 4 }, s("title", {}, `${name} from ${format.day(from)}`));
    const fits = right - left > name.length * 6.2 + 12;
    return fits ? [bar, s("text", { class: `stage-name ${stage}`, x: left + 7, y: high - 3.4 }, name)] : [bar];
  });
}

function use({ timeline }, { x, use, running, width }) {
  const parts = [];
  const limits = timeline.limits;
  for (const [index, [from, value]] of limits.entries()) {
    const until = limits[index + 1]?.[0];
    const [left, right] = [x(from), until ? x(until) : WIDTH - EDGE.right];
    parts.push(s("line", { class: "limit", x1: Math.max(left, EDGE.left), x2: right, y1: use(value), y2: use(value) }));
  }
  const value = timeline.limit;
  parts.push(s("text", { class: "label end", x: EDGE.left - 7, y: use(value) + 3.5 }, format.number(value)));
  let line = "";
  let area = "";
  let open = null;
  const close = (to) => (area += `L${to.toFixed(1)} ${use(0)}L${open.toFixed(1)} ${use(0)}Z`);
  for (const [index, [day, sum]] of running.entries()) {
    const fresh = !index || running[index - 1][0].slice(0, 7) !== day.slice(0, 7);
    const place = x(day) + width;
    if (fresh) {
      if (open !== null) close(x(day));
      open = x(day);
      line += `M${open.toFixed(1)} ${use(0)}`;
      area += `M${open.toFixed(1)} ${use(0)}`;
    }
    const point = `L${place.toFixed(1)} ${use(sum).toFixed(1)}`;
    line += point;
    area += point;
  }
  if (open !== null) close(x(running.at(-1)[0]) + width);
  parts.push(s("path", { class: "area", d: area }), s("path", { class: "line", d: line }));
  return parts;
}

/** The days between which the limit is met, one path in ten earlier, one later. */
function foreseen({ timeline }, { x, use, running, width }) {
  const ahead = timeline.forecast;
  const last = running.at(-1);
  if (!ahead || !last) return [];
  const [low, mid, high] = [x(ahead.low), x(ahead.mid) + width / 2, x(at(ahead.high) + DAY)];
  const box = s("rect", { class: "range", x: low, width: Math.max(3, high - low), y: use(timeline.limit) - 7, height: use(0) - use(timeline.limit) + 7, rx: 3 });
  const path = s("line", { class: "ahead", x1: x(last[0]) + width, y1: use(last[1]), x2: mid, y2: use(timeline.limit) });
  const side = high > WIDTH - 118 ? "end" : "start";
  const text = s("text", { class: `label strong ${side}`, x: side === "end" ? low - 5 : high + 5, y: use(timeline.limit) - 6 }, `around ${format.range(ahead.low, ahead.high)}`);
  return [box, path, text];
}

function days({ timeline }, { x, width }) {
  const most = Math.max(1, ...timeline.days.map(([, amount]) => amount));
  const [low, high] = ROW.days;
  return timeline.days.filter(([, amount]) => amount > 0).map(([day, amount]) => {
    const height = Math.max(1, (amount / most) * (high - low));
    return s("rect", { class: "day", x: x(day) + width * 0.15, width: width * 0.7, y: high - height, height });
  });
}

function trust({ timeline, now }, { x, trust }) {
  const points = timeline.trust;
  if (!points.length) return [];
  let line = `M${x(points[0][0]).toFixed(1)} ${trust(points[0][1]).toFixed(1)}`;
  for (const [day, value] of points.slice(1)) line += `H${x(day).toFixed(1)}V${trust(value).toFixed(1)}`;
  line += `H${x(now).toFixed(1)}`;
  return [s("line", { class: "floor", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: trust(60), y2: trust(60) }), s("path", { class: "trust", d: line }), s("text", { class: "label", x: x(now) + 5, y: trust(points.at(-1)[1]) + 4 }, points.at(-1)[1].toFixed(0))];
}

function labels({ trust }) {
  const name = (text, y) => s("text", { class: "label end", x: EDGE.left - 7, y }, text);
  return [name("Stage", 15), name("Per day", ROW.days[1] - 2), name("Attention", ROW.trust[1] - 2)];
}

/** What was said, and what was held back although a moment was there. */
function marks({ timeline }, { x, width }) {
  const top = (ROW.marks[0] + ROW.marks[1]) / 2 / HEIGHT;
  const shown = timeline.decisions.filter((d) => d.moment);
  return shown.map((decision) => {
    const [left, right] = [x(decision.from), x(at(decision.to)) + width];
    const kind = { ask: "ask", notice: "notice", reflect: "reflection" }[decision.outcome] ?? "silent";
    const tell = () => ($("reading").textContent = `${format.span(decision.from, decision.to)}: ${decision.text}`);
    const mark = h("button", { class: `mark ${kind}`, type: "button", "data-hold": `mark-${decision.at}`, "aria-label": `${format.span(decision.from, decision.to)}: ${decision.text}`, onfocus: tell, onclick: tell, onpointerenter: tell });
    mark.style.left = `${(left / WIDTH) * 100}%`;
    mark.style.width = `${(Math.max(right - left, 9) / WIDTH) * 100}%`;
    mark.style.top = `${top * 100}%`;
    return mark;
  });
}

function read(event, { timeline }, { first, last, running }, svg, cursor) {
  const box = svg.getBoundingClientRect();
  const place = ((event.clientX - box.left) / box.width) * WIDTH;
  const share = (place - EDGE.left) / (WIDTH - EDGE.left - EDGE.right);
  if (share < 0 || share > 1) return;
  const day = new Date(first + Math.floor((share * (last - first)) / DAY) * DAY).toISOString().slice(0, 10);
  cursor.setAttribute("x1", place);
  cursor.setAttribute("x2", place);
  cursor.setAttribute("visibility", "visible");
  const sum = running.find(([d]) => d === day)?.[1];
  const amount = timeline.days.find(([d]) => d === day)?.[1];
  const decided = timeline.decisions.filter((d) => d.from <= day && day <= d.to).at(-1);
  const balance = timeline.trust.filter(([d]) => d <= day).at(-1)?.[1];
  const pieces = [format.day(day)];
  if (sum !== undefined) pieces.push(`${format.number(amount)} that day, ${format.number(sum)} this month`);
  if (balance !== undefined && sum !== undefined) pieces.push(`attention ${balance.toFixed(0)}`);
  $("reading").textContent = `${pieces.join(" · ")}${decided && sum !== undefined ? `. ${decided.text}` : ""}`;
}
