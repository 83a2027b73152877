/** What people got: Slack messages from the payload their workspace holds, and mails as they arrived. */

import { inputs, plain, rendered } from "./blockkit.js";
import { $, fill, format, h, post } from "./dom.js";

export function outbox(place, { messages, selected }) {
  fill(place, [selected.id, messages], () => {
    if (!messages.length) {
      const text = `Nobody at ${selected.name} got anything. Most days nobody should.`;
      return [h("p", { class: "empty" }, text)];
    }
    return [h("ol", { class: "messages" }, ...messages.slice().reverse().map((m) => h("li", {}, m.channel === "slack" ? slack(m) : mail(m))))];
  });
}

function slack(message) {
  const press = (element, clicked) => void click(message, element, clicked);
  const kind = message.private ? "Only visible to you" : message.thread ? "In the thread" : "Direct message";
  return h(
    "article",
    { class: "message slack", "aria-label": `Slack message to ${message.to_name}` },
    head("Slack", message, kind),
    h(
      "div",
      { class: "bubble" },
      h("img", { class: "avatar", src: "/demo/static/mark.svg", alt: "", width: 34, height: 34 }),
      h(
        "div",
        { class: "body" },
        h("p", { class: "from" }, h("b", {}, "Segue"), h("span", { class: "app" }, "App"), h("span", {}, format.hour(message.at)), message.edited && h("span", {}, "(edited)")),
        ...(message.payload.blocks.length ? rendered(message.payload.blocks, press) : [h("p", {}, plain({ text: message.payload.text }))]),
      ),
    ),
    h("details", { class: "raw", "data-hold": `raw-${message.id}` }, h("summary", {}, "The payload Slack was given"), h("pre", { tabindex: 0 }, JSON.stringify(message.payload, null, 2))),
  );
}

async function click(message, element, clicked) {
  if (clicked) clicked.disabled = true;
  await post("/demo/click", { message: message.id, action_id: element.action_id }).catch(() => {});
  if (clicked) setTimeout(() => (clicked.disabled = false), 1500);
}

function mail(message) {
  const frame = h("iframe", { src: `/demo/mail/${message.id}`, sandbox: "allow-popups allow-popups-to-escape-sandbox", title: `E-mail to ${message.to_name}: ${message.subject}` });
  return h(
    "article",
    { class: "message email", "aria-label": `E-mail to ${message.to_name}` },
    head("E-mail", message, message.address),
    h("p", { class: "subject" }, h("b", {}, message.subject), h("span", {}, `from ${message.sender}`)),
    frame,
    h("details", { class: "raw", "data-hold": `text-${message.id}` }, h("summary", {}, "The plain text part"), h("pre", { tabindex: 0 }, message.text)),
  );
}

function head(channel, message, kind) {
  return h("p", { class: "to" }, h("b", {}, message.to_name), h("span", {}, message.title), h("span", {}, `${channel} · ${kind}`), h("time", { datetime: message.at }, format.moment(message.at)));
}

let errors = {};

export function modal(place, { modal: open }) {
  if (!open) {
    if (place.open) place.close();
    delete place.dataset.key;
    errors = {};
    return;
  }
  fill(place, [open, errors], () => [shown(open)]);
  if (!place.open) place.showModal();
}

function shown({ member, view, members }) {
  const others = members.filter((m) => m.id !== member);
  const close = h("button", { type: "button", class: "bk-button", onclick: () => post("/demo/submit", { member, close: true }) }, plain(view.close) || "Close");
  const submit = view.submit && h("button", { class: "bk-button strong" }, plain(view.submit));
  const form = h(
    "form",
    {
      method: "dialog",
      onsubmit: async (event) => {
        event.preventDefault();
        const answers = {};
        for (const [name, value] of new FormData(form)) {
          const [block, action] = name.split("/");
          (answers[block] ??= {})[action] = value;
        }
        ({ errors } = await post("/demo/submit", { member, answers }));
      },
    },
    h("h2", { id: "modal-title" }, plain(view.title)),
    ...inputs(view, others, errors),
    h("div", { class: "bk-actions" }, close, submit),
  );
  return form;
}

$("modal").addEventListener("cancel", (event) => event.preventDefault());
