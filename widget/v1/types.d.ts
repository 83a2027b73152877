/** The shapes that pass between the widget's modules; read by editors, never by browsers. */

/** Days on which the limit is met, or amounts at the period's end. */
export type Forecast = { low: string | number; mid: string | number; high: string | number };

export type Meter = {
  key: string;
  name: string;
  used: number;
  limit: number | null;
  period_end: string;
  at_limit: string;
  sentence: string;
  forecast: Forecast | null;
};

export type Fact = { id: string; label: string; value: string; as_of: string };

/** kind: open (url), forward (to: a person's id, or nobody yet), useful, snooze, mute, dismiss. */
export type Action = { kind: string; label: string; url: string; to: string };

export type Alert = {
  id: string;
  class: string;
  moment: string;
  meter: string;
  title: string;
  body: string;
  facts: Fact[];
  actions: Action[];
  why: string[];
  returns: string;
};

export type State = {
  account: string;
  as_of: string;
  time_zone: string;
  locale?: string;
  labels: Record<string, string>;
  meters: Meter[];
  alert: Alert | null;
};

/** Where a forward stands: waiting, sent, undone, or a draft for the reader's own mailbox. */
export type Forward = {
  forward: string;
  to_name: string;
  channel: string;
  undo_seconds: number;
  state: string;
  /** The label that says so where the note was not passed on. */
  note: string;
  mailto: string;
  /** The page that its recipient gets, without the answers. */
  preview: string;
};

/** A token, or what fetches a fresh one; nothing means that nobody is signed in. */
export type TokenSource = string | (() => string | null | Promise<string | null>);

export type Addressee = {
  to?: string;
  role?: string;
  email?: string;
  name?: string;
  note?: string;
};

export type ServerEvent = { type: string; data: string; id: string };

export type Client = {
  readonly state: State | null;
  close(): void;
  feedback(
    alert: string,
    kind: string,
    more?: { until?: string; reason?: string },
  ): Promise<string>;
  forward(alert: string, addressee: Addressee): Promise<Forward>;
  undo(alert: string, id: string): Promise<void>;
};

/** Says a word of the state's `labels`. */
export type Say = (key: string, values?: Record<string, string>) => string;

/** What a short line may offer; `way`: something is on its way, and a quiet bar shows it. */
export type Way = {
  undo?: { label: string; click: () => void };
  link?: { label: string; href: string } | "";
  way?: boolean;
};

/** What a card needs besides its alert. */
export type Setting = {
  say: Say;
  locale?: string;
  zone: string;
  act: (action: Action) => void;
};

/** What fills an element, while it is in the page. */
export type Inside = { enter(): void; leave(): void; draw?(): void };

export type Shell = HTMLElement & { inside?: Inside };

/** What stands on the script tag. `after`: milliseconds in which nothing new comes up. */
export type Options = {
  base: string;
  token?: string;
  tokenUrl?: string;
  storage?: string;
  after?: string;
};

/** When a page may be spoken to. `after`: milliseconds from its opening. */
export type Page = { paused: boolean; after: number; waiting: Set<() => void> };

/** What the elements are given of what they share. */
export type Desk = {
  page: Page;
  watch(watcher: (state: State | null) => void): () => void;
  seen(alert: string): boolean;
  answered(alert: string): boolean;
  remember(alert: string, how: string): void;
  client(): Client | null;
};

/** What the loader calls, once it is loaded. */
export type Live = {
  start(options: Options): void;
  token(from: TokenSource): void;
  pause(now: boolean): void;
  stop(): void;
  fill(shell: Shell): void;
};
