/** Slack's Block Kit as elements: what the workspace was given, nothing more. */

import { h } from "./dom.js";

const MARK = /\*([^*\n]+)\*|<((?:https?|mailto):[^|>]+)(?:\|([^>]*))?>|\n/g;

const decoded = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** @param {{type: string, text: string}} object */
function words(object) {
  if (object.type !== "mrkdwn") return lines(decoded(object.text));
  const parts = [];
  let from = 0;
  for (const found of object.text.matchAll(MARK)) {
    parts.push(decoded(object.text.slice(from, found.index)));
    from = found.index + found[0].length;
    if (found[1]) parts.push(h("b", {}, decoded(found[1])));
    else if (found[2]) parts.push(h("a", { href: decoded(found[2]), target: "_blank", rel: "noopener noreferrer" }, decoded(found[3] || found[2])));
    else parts.push(h("br"));
  }
  parts.push(decoded(object.text.slice(from)));
  return parts;
}

const lines = (text) => text.split("\n").flatMap((line, n) => (n ? [h("br"), line] : [line]));

/**
 * @param {any[]} blocks
 * @param {(element: any) => void} press
 */
export function rendered(blocks, press) {
  return blocks.map((block) => one(block, press)).filter(Boolean);
}

function one(block, press) {
  switch (block.type) {
    case "header":
      return h("p", { class: "bk-header" }, ...words(block.text));
    case "section":
      return h(
        "div",
        { class: "bk-section" },
        h("div", {}, block.text && h("p", {}, ...words(block.text)), block.fields && h("div", { class: "bk-fields" }, ...block.fields.map((f) => h("p", {}, ...words(f))))),
        block.accessory && button(block.accessory, press),
      );
    case "context":
      return h("p", { class: "bk-context" }, ...block.elements.flatMap((e, n) => (n ? [" ", ...words(e)] : words(e))));
    case "image":
      return h("img", { class: "bk-image", src: local(block.image_url), alt: block.alt_text, loading: "lazy" });
    case "actions":
      return h("div", { class: "bk-actions" }, ...block.elements.map((e) => button(e, press)));
    case "divider":
      return h("hr");
    default:
      return null;
  }
}

/** The app's pictures come from this very origin, which the page's policy allows. */
const local = (url) => (url.startsWith(location.origin) ? url : "");

function button(element, press) {
  const label = decoded(element.text?.text ?? "");
  if (element.url) return h("a", { class: "bk-button", href: element.url, target: "_blank", rel: "noopener noreferrer", onclick: () => press(element) }, label);
  return h("button", { class: "bk-button", type: "button", "data-action": element.action_id, onclick: (event) => press(element, event.currentTarget) }, label);
}

/** The inputs of a modal; each is named after its block and action. */
export function inputs(view, members, errors) {
  return view.blocks.map((block) => {
    if (block.type !== "input") return one(block, () => {});
    const name = `${block.block_id}/${block.element.action_id}`;
    const id = `input-${block.block_id}`;
    const problem = errors[block.block_id];
    const label = decoded(block.label.text);
    const extra = [block.hint && h("p", { class: "bk-hint" }, decoded(block.hint.text)), problem && h("p", { class: "bk-problem", role: "alert" }, problem)];
    if (block.element.type === "radio_buttons") {
      const chosen = block.element.initial_option?.value;
      const options = block.element.options.map((o) => h("label", {}, h("input", { type: "radio", name, value: o.value, checked: o.value === chosen }), decoded(o.text.text)));
      return h("fieldset", { class: "bk-input" }, h("legend", {}, label), ...options, ...extra);
    }
    const field =
      block.element.type === "users_select"
        ? h("select", { id, name, required: !block.optional }, h("option", { value: "" }, "Choose…"), ...members.map((m) => h("option", { value: m.id }, m.name)))
        : h("textarea", { id, name, maxlength: block.element.max_length, rows: 3, required: !block.optional });
    return h("div", { class: "bk-input" }, h("label", { for: id }, block.optional ? `${label} (optional)` : label), field, ...extra);
  });
}

export const plain = (object) => decoded(object?.text ?? "");
