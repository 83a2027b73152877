/** The readable lists: decisions with their reasons, the ledger's entries, the story so far. */

import { fill, format, h } from "./dom.js";

const LABELS = { ask: "Asked", reflect: "Note", notice: "Notice", silent: "Silent", defer: "Waits", held_out: "Held out" };
const CAUSES = { start: "Start", useful: "Found useful", forwarded: "Passed on", ignored: "No answer", upgrade: "Moved to a larger plan", snoozed: "“Not now”", dismissed: "Closed", not_useful: "Not useful", muted: "Muted", declined: "Declined" };

const nothing = (text) => h("p", { class: "empty" }, text);

export function decisions(place, { timeline, selected }) {
  const rows = timeline ? timeline.decisions.slice().reverse() : [];
  fill(place, [selected.id, rows], () => {
    if (!rows.length) return [nothing("Nothing was decided yet. Segue looks at every account each morning at nine, on the account's own clock.")];
    const about = "Every silence is a decision, kept with its reasons. Days that say the same are one line.";
    return [h("p", { class: "about" }, about), h("ol", { class: "list" }, ...rows.map(decision))];
  });
}

function decision(row) {
  const evidence = row.evidence.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]);
  return h(
    "li",
    { class: row.outcome === "ask" ? "ask" : "" },
    h("p", { class: "when" }, `${format.span(row.from, row.to)} · ${row.stage}`),
    h("div", { class: "what" }, h("span", { class: "tag" }, LABELS[row.outcome] ?? row.outcome), h("p", {}, row.text)),
    h("details", { "data-hold": row.at }, h("summary", {}, "Evidence"), h("dl", { class: "evidence" }, ...evidence)),
  );
}

export function attention(place, { timeline, selected }) {
  const entries = timeline ? timeline.ledger.slice().reverse() : [];
  fill(place, [selected.id, entries], () => {
    if (!entries.length) return [nothing("The account's attention is counted from its first day on.")];
    const about = "An account's attention is one budget over all channels, from 0 to 100. Days with value fill it, an ask costs 40 and needs 60, a refusal costs more than an answer earns.";
    return [h("p", { class: "about" }, about), table(grouped(entries))];
  });
}

/** Value days in a row are one line. */
function grouped(entries) {
  const lines = [];
  for (const [index, entry] of entries.entries()) {
    const last = lines.at(-1);
    const since = entries[index + 1]?.at ?? entry.at; // Newest first, so what came before is next.
    const value = /value days?/.test(entry.cause);
    if (value && last?.value) {
      last.amount += entry.amount;
      last.from = since;
    } else lines.push({ ...entry, from: value ? since : entry.at, value });
  }
  return lines;
}

function table(lines) {
  const head = h("tr", {}, ...["When", "What", "Change", "Balance"].map((text) => h("th", { scope: "col" }, text)));
  const rows = lines.map((line) =>
    h(
      "tr",
      {},
      h("td", {}, format.span(line.from.slice(0, 10), line.at.slice(0, 10))),
      h("td", {}, line.value ? "Days with value" : (CAUSES[line.cause] ?? line.cause[0].toUpperCase() + line.cause.slice(1))),
      h("td", {}, `${line.amount > 0 ? "+" : "−"}${Math.abs(line.amount).toFixed(2).replace(/\.?0+$/, "")}`),
      h("td", {}, line.trust.toFixed(0)),
    ),
  );
  return h("table", { class: "entries" }, h("thead", {}, head), h("tbody", {}, ...rows));
}

export function story(place, { notes, accounts }, select) {
  const names = Object.fromEntries(accounts.map((a) => [a.id, a.name]));
  fill(place, notes.length, () => {
    if (!notes.length) return [nothing("The story is about to begin.")];
    const items = notes.slice().reverse().map((note) =>
      h(
        "li",
        {},
        h("p", { class: "when" }, `${format.moment(note.at)} · `, h("button", { class: "link", type: "button", "data-hold": `note-${note.id}`, onclick: () => select(note.account) }, names[note.account])),
        h("p", {}, note.text),
      ),
    );
    return [h("ol", { class: "list" }, ...items)];
  });
}
