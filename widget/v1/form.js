/** The form that asks whom to send the summary to, inside the banner. */

import { h } from "./dom.js";

/** @param {string} label @param {HTMLElement} control @param {string} hint */
function field(label, control, hint = "") {
  if (hint) control.setAttribute("aria-describedby", "hint");
  return h(
    hint ? "div.field.all" : "div.field",
    {},
    h("label", {}, h("span.label", {}, label), control),
    hint && h("p.hint", { id: "hint" }, hint),
  );
}

/**
 * @param {import("./types").Say} say
 * @param {(addressee: import("./types").Addressee) => void} send
 * @param {() => void} cancel
 */
export function form(say, send, cancel) {
  const email = h("input", {
    name: "email",
    type: "email",
    required: true,
    maxlength: "254",
  });
  const name = h("input", { name: "name", maxlength: "120" });
  const role = h(
    "select",
    { name: "role" },
    ...["manager", "finance"].map((value) => h("option", { value }, say(value))),
  );
  const note = h("textarea", { name: "note", maxlength: "280" });
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const entries = [...new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))];
    send(
      Object.fromEntries(
        entries.map(([key, said]) => [key, String(said).trim()]).filter(([, said]) => said),
      ),
    );
  };
  const keydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // This one is not for the page.
    cancel();
  };
  return h(
    "form.form",
    { "aria-labelledby": "legend", submit, keydown },
    h("p.legend", { id: "legend" }, say("form")),
    h(
      "div.fields",
      {},
      field(say("email"), email),
      field(say("name"), name),
      field(say("role"), role),
      field(say("note"), note, say("note_hint")),
    ),
    h(
      "div.group",
      {},
      h("button.button.primary", {}, say("send")),
      h("button.button", { type: "button", click: cancel }, say("cancel")),
    ),
  );
}
