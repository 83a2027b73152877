/** Reads server-sent events from a fetch: EventSource can't carry an Authorization header. */

const LONGEST = 1 << 20;

/**
 * What takes text as it arrives, cut anywhere, and calls `onEvent` for every event.
 * @param {(event: import("./types").ServerEvent) => void} onEvent
 * @returns {(chunk: string) => void}
 */
export function parser(onEvent) {
  let rest = "";
  let type = "";
  let id = "";
  /** @type {string[]} */
  let data = [];

  /** @param {string} line */
  function read(line) {
    const [, field, value = ""] = /** @type {string[]} */ (/^([^:]*)(?:: ?(.*))?$/s.exec(line));
    if (field === "data") data.push(value);
    else if (field === "event") type = value;
    else if (field === "id" && !value.includes("\0")) id = value;
    if (line) return;
    if (data.length) onEvent({ type: type || "message", data: data.join("\n"), id });
    data = [];
    type = "";
  }

  return (chunk) => {
    // A last \r may be half of a \r\n, so it waits for the next chunk.
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST) throw new RangeError("an event without an end");
    lines.forEach(read);
  };
}

/**
 * Reads a response to its end; `onBeat` is called for whatever arrives, comments included.
 * @param {Response} response
 * @param {(event: import("./types").ServerEvent) => void} onEvent
 * @param {() => void} onBeat
 */
export async function readEvents(response, onEvent, onBeat) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  const push = parser(onEvent);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBeat();
    push(decoder.decode(value, { stream: true }));
  }
}
