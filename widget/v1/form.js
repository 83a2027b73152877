/** The form that asks whom to send the summary to, inside the banner. */

import { h } from "./dom.js";

/** @param {string} label @param {HTMLElement} control @param {string} hint */
function field(label, control, hint = "") {
  if (hint) control.setAttribute("aria-describedby", "hint");
  return h(
    "div",
    { class: hint ? "field all" : "field" },
    h("label", {}, h("span", { class: "label" }, label), control),
    hint && h("p", { class: "hint", id: "hint" }, hint),
  );
}

/** @param {import("./types").Say} say */
function roles(say) {
  const choices = /** @type {const} */ (["manager", "finance"]).map((role, index) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: "role", value: role, checked: index === 0 }),
      say(role),
    ),
  );
  return h(
    "fieldset",
    { class: "field all" },
    h("legend", { class: "label" }, say("role")),
    h("div", { class: "choice" }, ...choices),
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
    autocomplete: "off",
    maxlength: "254",
  });
  const name = h("input", { name: "name", autocomplete: "off", maxlength: "120" });
  const note = h("textarea", { name: "note", rows: "2", maxlength: "280" });
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
    "form",
    { part: "form", "aria-labelledby": "legend", submit, keydown },
    h("p", { class: "legend", id: "legend" }, say("form")),
    h(
      "div",
      { class: "fields" },
      field(say("email"), email),
      field(say("name"), name),
      roles(say),
      field(say("note"), note, say("note_hint")),
    ),
    h(
      "div",
      { class: "group" },
      h("button", { class: "button primary", part: "button primary" }, say("send")),
      h(
        "button",
        { class: "button", part: "button", type: "button", click: cancel },
        say("cancel"),
      ),
    ),
  );
}
