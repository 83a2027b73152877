/** The playground's page: the choice, the frames that follow it, and the code to paste. */

import { DRESSES, rules } from "./dresses.js";

const samples = await (await fetch("/widget/playground/samples")).json();
const MOMENTS = samples.en.map(({ alert }) => `${alert.moment}/${alert.class}`);
const STATES = {
  "first seen": "",
  "why it is there": "why",
  "whom to send it to": "form",
  "on its way, and back": "forward",
  "a draft to send oneself": "draft",
  "put off": "snooze",
  "not taken, and why": "refused",
  "past the limit": "over",
  "without a limit": "no limit",
};
const form = /** @type {HTMLFormElement} */ (document.querySelector("#choice"));
const spoken = (moment) => moment.replaceAll("_", " ").replace("/", ", as ").replace("as ask", "as an ask").replace("as notice", "as a notice").replace("as reflection", "as a reflection");

const option = (value, label) => Object.assign(document.createElement("option"), { value, textContent: label });
form.moment.append(...MOMENTS.map((moment) => option(moment, spoken(moment))));
form.moment.value = "pace/ask";
form.locale.append(...Object.keys(samples).map((code) => option(code, new Intl.DisplayNames("en", { type: "language" }).of(code))));
form.locale.value = "en";
form.dress.append(...Object.entries(DRESSES).map(([name, { label }]) => option(name, label)));

const choice = () => Object.fromEntries(new FormData(form));
const address = (more) => {
  const { width, ...chosen } = choice();
  return `/widget/playground/app?${new URLSearchParams({ ...chosen, ...more })}`;
};

/** @type {[HTMLIFrameElement, Record<string, string>][]} each frame, and what it does not take from the choice */
const frames = [[document.querySelector("#app"), {}]];

function add(where, label, more) {
  const frame = Object.assign(document.createElement("iframe"), { title: label, loading: "lazy" });
  const caption = Object.assign(document.createElement("figcaption"), { textContent: label });
  const figure = document.createElement("figure");
  figure.append(caption, frame);
  document.querySelector(where).append(figure);
  frames.push([frame, more]);
}
for (const moment of MOMENTS) add("#moments", spoken(moment), { moment, bare: "1", place: "inline" });
for (const [label, does] of Object.entries(STATES)) add("#states", label, { do: does, bare: "1", place: "inline" });
for (const { value, textContent } of form.place.options) add("#places", textContent, { place: value });
for (const [dress, { label }] of Object.entries(DRESSES)) add("#dresses", label, { dress, bare: "1", place: "inline" });

function code() {
  const { place, theme, dress } = choice();
  const attributes = (place !== "inline" ? ` placement="${place}"` : "") + (theme ? ` theme="${theme}"` : "");
  const css = rules(dress);
  const style = css.length ? `\n\n/* in your style sheet */\nsegue-banner, segue-meter {\n  ${css.join("\n  ")}\n}` : "";
  return `<script type="module"\n  src="${location.origin}/widget/v1/segue.js"\n  data-token="TOKEN OF THE SIGNED-IN USER"\n  data-token-url="/your/segue-token"></script>\n\n<segue-banner${attributes}></segue-banner>\n<segue-meter${theme ? ` theme="${theme}"` : ""}></segue-meter>${style}`;
}

function show() {
  for (const [frame, more] of frames) {
    const src = address(more);
    if (frame.getAttribute("src") !== src) frame.src = src;
  }
  const { width } = choice();
  frames[0][0].style.width = width ? `${width}px` : "";
  document.querySelector("#code").textContent = code();
  document.querySelector("#note").textContent = "";
}

form.addEventListener("change", show);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("message", ({ source, origin, data }) => {
  const [frame] = frames.find(([one]) => one.contentWindow === source) ?? [];
  if (!frame || origin !== location.origin) return;
  if (data.height) frame.style.height = `${data.height}px`;
  if (frame === frames[0][0] && data.mended)
    document.querySelector("#note").textContent = `These colours would be hard to read (WCAG AA, 4.5 to 1), so the widget mended: ${data.mended}. It says so in its attribute “mended”.`;
});
document.querySelector("#copy").addEventListener("click", async ({ currentTarget }) => {
  await navigator.clipboard.writeText(code());
  currentTarget.textContent = "Copied";
  setTimeout(() => (currentTarget.textContent = "Copy"), 2000);
});
show();
