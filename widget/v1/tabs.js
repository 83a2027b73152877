/** All tabs of one person share a connection: one tab holds it, and tells the others. */

/**
 * Calls `hold` in one tab at a time, with what tells the others; `hear` is called in those. Ends
 * with `hold`, or with the signal. A browser that can't (or a page without https) holds for itself.
 * @param {string} name the same for all who may share; empty: share with nobody
 * @param {AbortSignal} signal
 * @param {(tell: (said: any) => void) => Promise<void>} hold
 * @param {(said: any) => void} hear
 */
export async function share(name, signal, hold, hear) {
  if (!name || !navigator.locks || !globalThis.BroadcastChannel) return hold(() => {});
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => hear(data);
  try {
    await navigator.locks.request(name, { signal }, () =>
      hold((said) => channel.postMessage(said)),
    );
  } finally {
    channel.close();
  }
}
