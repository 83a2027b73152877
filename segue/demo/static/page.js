/** Asks for the demo's state twice a second and shows it. */

import { chart } from "./chart.js";
import { $, fill, format, h, post } from "./dom.js";
import { modal, outbox } from "./outbox.js";
import { attention, decisions, story } from "./lists.js";

const SPEEDS = [0.5, 1, 2, 6];
const WAIT = 450;
const FOLLOWED = new Set(["ask", "ask_plain", "notice", "reflection", "spike", "held", "adopted"]);

let selected = "harbor";
let person = "priya";
let seen = 0;
let stopped = false;

async function ask() {
  const answer = await fetch(`/demo/state?account=${encodeURIComponent(selected)}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`state ${answer.status}`);
  return answer.json();
}

async function look() {
  try {
    const state = await ask();
    if (stopped) document.body.removeAttribute("data-stopped");
    stopped = false;
    show(state);
  } catch {
    stopped = true;
    $("caption-who").textContent = "";
    $("caption-said").textContent = "The demo has ended. Start it again with make demo.";
  }
  setTimeout(look, document.hidden ? 2000 : WAIT);
}

function show(state) {
  follow(state);
  if (state.selected.id !== selected) return;
  time(state);
  chapters(state);
  caption(state);
  fill($("cards"), state.accounts.map((a) => [a, a.id === selected]), () => state.accounts.map(card));
  people(state);
  $("chart-title").textContent = state.selected.name;
  chart(state);
  $("count").textContent = state.messages.length || "";
  outbox($("pane-outbox"), state);
  decisions($("pane-decisions"), state);
  attention($("pane-attention"), state);
  story($("pane-story"), state, select);
  modal($("modal"), state);
}

function time({ now, pace }) {
  $("day").textContent = format.longDay(now);
  $("day").dateTime = now;
  $("hour").textContent = format.hour(now);
  const resting = pace.paused || pace.done;
  $("play").classList.toggle("paused", resting);
  $("play").setAttribute("aria-label", resting ? "Play" : "Pause");
  $("play").disabled = $("next").disabled = pace.done;
  const speed = document.querySelector(`#speeds input[value="${pace.speed}"]`);
  if (speed && !speed.checked) speed.checked = true;
}

function chapters({ chapters }) {
  fill($("chapters"), chapters, () =>
    chapters.map(({ name, at }) => h("li", { class: at ? "begun" : "" }, h("b", {}, name), at && h("span", {}, format.day(at)))),
  );
}

/** The newest note; what Segue said stays in view until something comes of it. */
function newest(notes, held) {
  if (!held) return notes.at(-1);
  const since = notes.filter((n) => n.id >= held.note && !n.kind.endsWith("_sent") && n.kind !== "summary");
  return since.at(-1) ?? notes.at(-1);
}

function caption({ notes, accounts, pace }) {
  const note = newest(notes, pace.held);
  const name = accounts.find((a) => a.id === note?.account)?.name ?? "";
  $("caption-who").textContent = note && note.kind !== "over" ? `${name} · ${format.day(note.at)}` : "";
  const said = note?.text;
  if (said && $("caption-said").textContent !== said) $("caption-said").textContent = said;
  $("held").hidden = !pace.held;
  if (pace.held) $("continue").textContent = `Continue (${pace.held.left})`;
}

/** Goes where something happens, unless somebody looks elsewhere on purpose. */
function follow({ notes, pace }) {
  const fresh = notes.filter((n) => n.id > seen);
  if (!fresh.length) return;
  seen = fresh.at(-1).id;
  if (!$("follow").checked) return;
  const last = pace.held?.account ?? fresh.filter((n) => FOLLOWED.has(n.kind)).at(-1)?.account;
  if (last) select(last, true);
}

function select(account, following = false) {
  if (!following) $("follow").checked = false;
  if (account === selected) return;
  selected = account;
  person = "";
}

function card(account) {
  const share = account.here ? Math.min(100, (account.used / account.limit) * 100) : 0;
  const fillBar = h("i");
  fillBar.style.width = `${share.toFixed(1)}%`;
  const speaking = { ask: "Segue spoke", notice: "Notice", reflection: "Note" }[account.speaking];
  return h(
    "button",
    {
      class: account.here ? "card" : "card away",
      type: "button",
      "aria-pressed": String(account.id === selected),
      "data-hold": account.id,
      title: account.line ?? "",
      onclick: () => select(account.id),
    },
    h("b", {}, account.name),
    h("span", { class: speaking ? "stage speaking" : "stage" }, account.here ? (speaking ?? account.stage_name) : "Not there yet"),
    h("span", { class: "meter", "aria-hidden": "true" }, fillBar),
    h("span", { class: "amount" }, account.here ? `${format.number(account.used)} of ${format.number(account.limit)}` : "–"),
  );
}

/** Who uses the sample app, and the app itself. */
function people({ selected: account }) {
  const known = account.people.map((p) => p.id);
  if (!known.includes(person)) person = account.people[0].id;
  fill($("person"), account.people, () =>
    account.people.map((p) => h("option", { value: p.id }, `${p.name}, ${p.title.toLowerCase()}`)),
  );
  if ($("person").value !== person) $("person").value = person;
  const address = `/demo/app?account=${account.id}&person=${person}`;
  if ($("app").getAttribute("src") !== address) $("app").setAttribute("src", address);
}

function controls() {
  for (const speed of SPEEDS) {
    const input = h("input", { type: "radio", name: "speed", value: speed, "aria-label": `${speed} days a second`, onchange: () => control("speed", speed) });
    $("speeds").append(h("label", {}, input, h("span", { "aria-hidden": "true" }, speed === 0.5 ? "½" : String(speed))));
  }
  $("play").addEventListener("click", () => control($("play").classList.contains("paused") ? "play" : "pause"));
  $("next").addEventListener("click", () => control("next"));
  $("continue").addEventListener("click", () => control("continue"));
  $("person").addEventListener("change", () => (person = $("person").value));
}

async function control(action, speed) {
  await post("/demo/control", { action, speed });
  show(await ask());
}

function tabs() {
  const all = [...document.querySelectorAll("[role=tab]")];
  const choose = (tab, focus = true) => {
    for (const one of all) {
      const on = one === tab;
      one.setAttribute("aria-selected", String(on));
      one.tabIndex = on ? 0 : -1;
      $(one.getAttribute("aria-controls")).hidden = !on;
    }
    if (focus) tab.focus();
  };
  for (const [index, tab] of all.entries()) {
    tab.addEventListener("click", () => choose(tab, false));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (step) choose(all[(index + step + all.length) % all.length]);
    });
  }
}

controls();
tabs();
look();
