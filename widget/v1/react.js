/** For React 18 and 19: the two elements as components, and the state as a hook. */

import { createElement, useEffect, useRef, useState } from "react";
import { createClient, segue } from "./index.js";

const EVENTS = { onShown: "shown", onAnswered: "answered", onForwarded: "forwarded", onUndone: "undone" };

/**
 * Signs in while it is mounted; put one near the root of the app.
 * @param {{base: string, token?: import("./types").TokenSource, tokenUrl?: string,
 *   storage?: "none", after?: number, children?: import("react").ReactNode}} props `token`: a
 *   token, or what fetches a fresh one; `tokenUrl`: an address of yours that answers with one
 */
export function Segue({ base, token, tokenUrl, storage, after, children = null }) {
  const source = useRef(token);
  source.current = token;
  const renews = typeof token === "function";
  const given = renews ? "" : token;
  useEffect(() => {
    segue.start({ base, token: given, tokenUrl, storage, after: after?.toString() });
    if (renews) segue.token(() => /** @type {() => any} */ (source.current)());
    return () => segue.stop();
  }, [base, given, renews, tokenUrl, storage, after]);
  return children;
}

/**
 * @typedef {{theme?: "light" | "dark", placement?: "top" | "corner", className?: string,
 *   style?: import("react").CSSProperties, onShown?: (detail: any) => void,
 *   onAnswered?: (detail: any) => void, onForwarded?: (detail: any) => void,
 *   onUndone?: (detail: any) => void}} BannerProps
 */

/** One calm banner, there while there is something to say. @param {BannerProps} props */
export function SegueBanner({ onShown, onAnswered, onForwarded, onUndone, className, ...rest }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const told = useRef(/** @type {Record<string, ((detail: any) => void) | undefined>} */ ({}));
  told.current = { onShown, onAnswered, onForwarded, onUndone };
  useEffect(() => {
    const over = new AbortController();
    for (const [prop, event] of Object.entries(EVENTS))
      element.current?.addEventListener(
        `segue:${event}`,
        (said) => told.current[prop]?.(/** @type {CustomEvent} */ (said).detail),
        { signal: over.signal },
      );
    return () => over.abort();
  }, []);
  return createElement("segue-banner", { ref: element, class: className, ...rest });
}

/**
 * How much was used, of how much, and where it is heading.
 * @param {{meter?: string, theme?: "light" | "dark", compact?: boolean, className?: string,
 *   style?: import("react").CSSProperties}} props
 */
export function SegueMeter({ compact, className, ...rest }) {
  return createElement("segue-meter", { class: className, compact: compact ? "" : undefined, ...rest });
}

/**
 * The state for those who draw it themselves, and the client that takes the answers.
 * @param {{base: string, token: import("./types").TokenSource}} options
 */
export function useSegue({ base, token }) {
  const source = useRef(token);
  source.current = token;
  const renews = typeof token === "function";
  const given = renews ? "" : token;
  const [state, setState] = useState(/** @type {import("./types").State | null} */ (null));
  const [client, setClient] = useState(/** @type {import("./types").Client | null} */ (null));
  useEffect(() => {
    const next = () => /** @type {() => any} */ (source.current)();
    const made = createClient({ base, token: renews ? next : given, onState: setState });
    setClient(made);
    return () => {
      made.close();
      setState(null);
      setClient(null);
    };
  }, [base, given, renews]);
  return { state, client };
}
