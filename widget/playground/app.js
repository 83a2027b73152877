/** One frame of the playground: a small app whose Segue answers from samples. */

import { rules } from "./dresses.js";

const said = new URLSearchParams(location.search);
const get = (name) => said.get(name) ?? "";
const samples = await (await fetch("/widget/playground/samples")).json();
const states = samples[get("locale")] ?? samples.en;
const name = ({ alert }) => `${alert.moment}/${alert.class}`;
const sample = states.find((state) => name(state) === get("moment")) ?? states[0];
const rtl = get("dir") === "rtl";

/** Text of a language that is written from right to left, though it still can be read. */
const mirrored = (text) => text.replace(/[^\s{}]+(?![^{]*\})/g, (word) => `\u202e${word}\u202c`);
const TEXTS = new Set(["title", "body", "facts", "actions", "why", "label", "value", "name", "sentence", "meters", "alert", "labels"]);
function pseudo(value, all = false) {
  if (typeof value === "string") return mirrored(value);
  if (Array.isArray(value)) return value.map((one) => pseudo(one));
  const said = ([key, one]) => [key, all || TEXTS.has(key) ? pseudo(one, key === "labels") : one];
  return value && Object.fromEntries(Object.entries(value).map(said));
}

const shown = rtl ? pseudo({ ...sample }) : structuredClone(sample);
let state = shown;
if (get("do") === "form") for (const action of state.alert.actions) if (action.kind === "forward") delete action.to;
if (get("do") === "over") state.meters[0].used = "12500";
if (get("do") === "no limit") state.meters[0].limit = null;

const send = new Set();
const tell = () => send.forEach((push) => push(state));

/** Segue's side, played in the page. @param {string} path @param {RequestInit} init */
function answer(path, init) {
  if (path.endsWith("/state")) return Response.json(state);
  if (path.endsWith("/stream")) {
    const encode = (text) => new TextEncoder().encode(text);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(encode(": hello\n\n"));
        send.add((now) => controller.enqueue(encode(`event: state\ndata: ${JSON.stringify(now)}\n\n`)));
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }
  const body = JSON.parse(String(init.body));
  if (get("do") === "refused" && body.kind === "useful")
    return Response.json({ detail: "This one was answered in Slack." }, { status: 409 });
  if (path.endsWith("/undo")) state = shown;
  else if (!["seen", "acted"].includes(body.kind)) state = { ...state, alert: null };
  setTimeout(tell, 50);
  if (!path.endsWith("/forward")) return Response.json({});
  const to_name = body.name || (body.to ? "Fiona" : body.email);
  const draft = get("do") === "draft" && { mailto: "mailto:fiona@example.com?subject=Reports", state: "draft" };
  const preview = location.href; // There is no case here to look at.
  return Response.json({ forward: body.id, to_name, channel: "slack", undo_seconds: 10, state: "waiting", preview, ...draft });
}

const real = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const { pathname } = new URL(String(input), location.href);
  return pathname.startsWith("/v1/widget/") ? answer(pathname, init ?? {}) : real(input, init);
};

const element = (tag, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(tag));
  for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const sheet = new CSSStyleSheet();
sheet.replaceSync(`segue-banner, segue-meter { ${rules(get("dress")).join(" ")} }`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

document.documentElement.dir = rtl ? "rtl" : "ltr";
document.documentElement.lang = sample.locale;
if (get("theme")) document.documentElement.classList.add(get("theme"));
const theme = get("theme") || null;
const place = get("place") || "inline";
const banner = element("segue-banner", { theme, placement: place === "inline" ? null : place });
const tile = () => element("i");
if (get("bare")) document.body.append(banner);
else {
  const page = element("main", {}, element("div", { class: "tiles" }, tile(), tile(), tile()), element("div", { class: "lines" }, tile(), tile(), tile(), tile()));
  const usage = element("div", { class: "box" }, element("segue-meter", { theme }));
  const bar = element("header", {}, element("b", {}, "Northwind Reports"), element("i"), element("i"));
  if (place === "top") document.body.append(banner, bar, page, usage);
  else document.body.append(bar, banner, page, usage);
}

const script = element("script", { type: "module", src: "/widget/v1/segue.js", "data-token": "playground", "data-storage": "none", "data-after": "0" });
document.body.append(script);

const CLICKS = { snooze: "snooze", forward: "forward", form: "forward", refused: "useful", draft: "forward" };
banner.addEventListener("segue:shown", () => {
  const root = banner.shadowRoot;
  parent.postMessage({ mended: banner.getAttribute("mended") ?? "" }, location.origin);
  if (get("do") === "why") root.querySelector("details").open = true;
  const kind = CLICKS[get("do")];
  const label = state.alert?.actions.find((action) => action.kind === kind)?.label;
  if (label) [...root.querySelectorAll("button")].find((button) => button.textContent === label)?.click();
});
if (get("bare"))
  new ResizeObserver(() => parent.postMessage({ height: document.documentElement.offsetHeight }, location.origin)).observe(document.documentElement);
