/** Says what a channel of each kind needs, and how its target is shown. */
import { formOf, ntfyParts, slackTokens, smtpProblem, urlProblem } from "./channel.ts";
import type { ChannelForm, ChannelKind, ChannelTarget } from "./channel.ts";

export interface Given {
  readonly target: ChannelTarget;
  readonly secret: string | null;
  readonly allowPrivate: boolean;
}

/** answer-rules.ts judges the topic of answers. */
type Field = Exclude<keyof ChannelTarget, "answersTopic"> | "secret";

/** What is wrong: a field, and a part of a sentence about its value. */
export interface ChannelProblem {
  readonly field: Field;
  readonly detail: string;
}

interface Rules {
  /** What it must have. A webhook's secret is made when none is given. */
  readonly needs: readonly Field[];
  /** What it may have as well. */
  readonly takes: readonly Field[];
  /** The field that has the address of the receiver; null: it needs none. */
  readonly address: "url" | "secret" | null;
  /** About a channel that has what it needs. */
  problem(given: Given): ChannelProblem | null;
  /** For people, without what may be secret. */
  shown(target: ChannelTarget): string;
}

const tokensOfApp = "the tokens of an app of Slack, each on a line: xoxb-… of the bot, and xapp-… to take answers";

const aboutUrl = ({ target, allowPrivate }: Given): ChannelProblem | null => about("url", urlProblem(target.url ?? "", { allowPrivate }));
const aboutSecretUrl = ({ secret, allowPrivate }: Given): ChannelProblem | null =>
  about("secret", urlProblem(secret ?? "", { allowPrivate }));

const rules: Readonly<Record<ChannelForm, Rules>> = {
  webhook: {
    needs: ["url"],
    takes: ["secret"],
    address: "url",
    problem: (given) => aboutUrl(given) ?? about("secret", given.secret === null ? null : signingProblem(given.secret)),
    shown: ({ url = "" }) => withoutQuery(url),
  },
  ntfy: {
    needs: ["url"],
    takes: ["secret"],
    address: "url",
    problem: (given) =>
      aboutUrl(given) ??
      about("url", ntfyParts(given.target.url ?? "") === null ? "must end with a topic, like https://ntfy.sh/my-topic" : null) ??
      about("secret", given.secret === null ? null : headerProblem(given.secret)),
    // Who may look at channels and knows the topic could read the codes that answer.
    shown: ({ url = "", answersTopic }) =>
      answersTopic === undefined
        ? withoutQuery(url)
        : `${withoutQuery(url).replace(/([^/]{4})[^/]*\/?$/, "$1…")}, answers to ${answersTopic}`,
  },
  slack: { needs: ["secret"], takes: [], address: "secret", problem: aboutSecretUrl, shown: () => "an incoming webhook of Slack" },
  slack_app: {
    needs: ["chat", "secret"],
    takes: ["url"],
    address: "url",
    problem: (given) =>
      (given.target.url === undefined ? null : aboutUrl(given)) ??
      about(
        "chat",
        /^[CDG][A-Z0-9]{5,40}$/.test(given.target.chat ?? "") ? null : "is not the id of a channel of Slack like C0123ABCDEF",
      ) ??
      about("secret", slackTokens(given.secret ?? "") === null ? `is not ${tokensOfApp}` : null),
    shown: ({ chat = "", url }) => `channel ${chat} of Slack, by an app${url === undefined ? "" : ` at ${withoutQuery(url)}`}`,
  },
  discord: { needs: ["secret"], takes: [], address: "secret", problem: aboutSecretUrl, shown: () => "a webhook of Discord" },
  telegram: {
    needs: ["chat", "secret"],
    takes: ["url"],
    address: "url",
    problem: (given) =>
      (given.target.url === undefined ? null : aboutUrl(given)) ??
      about(
        "chat",
        /^(-?\d{1,20}|@\w{4,64})$/.test(given.target.chat ?? "") ? null : "is neither the number of a chat nor a name like @channel",
      ) ??
      about("secret", /^\d{3,20}:[\w-]{20,100}$/.test(given.secret ?? "") ? null : "is not a token of a bot like 123456:ABC…"),
    shown: ({ chat = "", url }) => (url === undefined ? `chat ${chat}` : `chat ${chat} at ${withoutQuery(url)}`),
  },
  email: {
    needs: ["to", "from", "url"],
    takes: ["secret"],
    address: "url",
    problem: ({ target: { to = "", from = "", url = "" }, secret }) =>
      about("url", smtpProblem(url)) ??
      about("to", to.split(",").every(isMailAddress) ? null : "is not a list of addresses like me@example.com") ??
      about("from", isMailAddress(from) ? null : "is not an address like me@example.com") ??
      about(
        "secret",
        secret !== null && new URL(url).username === "" ? "needs a user in the server's address, like smtps://me@mail.example.com" : null,
      ),
    shown: ({ to = "", url = "" }) => `${to} by ${url}`,
  },
  desktop: { needs: [], takes: [], address: null, problem: () => null, shown: () => "the desktop of the server's machine" },
  command: {
    needs: ["command"],
    takes: [],
    address: null,
    problem: ({ target: { command = [] } }) => {
      if (!(command[0] ?? "").startsWith("/")) return about("command", "must begin with the absolute path of a program");
      return about("command", command.some((word) => word.includes("\0")) ? "must not hold a NUL character" : null);
    },
    // Its arguments may hold a secret.
    shown: ({ command: [program = "", ...rest] = [] }) => (rest.length === 0 ? program : `${program} …`),
  },
};

/** What is wrong with a new channel; null: nothing. */
export function channelProblem(kind: ChannelKind, given: Given): ChannelProblem | null {
  const form = formOf({ kind, target: given.target });
  const { needs, takes, problem } = rules[form];
  const has = (field: Field): boolean => (field === "secret" ? given.secret !== null : given.target[field] !== undefined);
  const missing = needs.find((field) => !has(field));
  if (missing !== undefined) return { field: missing, detail: missingDetail(form, missing) };
  const fields: readonly Field[] = ["url", "chat", "to", "from", "command", "secret"];
  const unknown = fields.find((field) => has(field) && !needs.includes(field) && !takes.includes(field));
  if (unknown !== undefined) return { field: unknown, detail: `has no meaning for a channel of the kind ${kind}` };
  return problem(given);
}

/** What the secret of a kind is, where one is needed. */
const secrets: Partial<Record<ChannelForm, string>> = {
  slack: "the address of an incoming webhook of Slack",
  slack_app: tokensOfApp,
  discord: "the address of a webhook of Discord",
  telegram: "the token of the bot",
};

function missingDetail(form: ChannelForm, field: Field): string {
  const secret = field === "secret" ? secrets[form] : undefined;
  return secret === undefined
    ? `is missing: a channel of the kind ${form} needs it`
    : `is missing: it is ${secret}. Put it into a file, and give --secret-file FILE (- for the standard input)`;
}

/** The receiver's address and the field that has it; null: none is given. */
export function addressIn(
  kind: ChannelKind,
  { target, secret }: Pick<Given, "target" | "secret">,
): { readonly field: Field; readonly url: URL } | null {
  const { address: field } = rules[formOf({ kind, target })];
  const text = field === "url" ? target.url : field === "secret" ? secret : null;
  return field === null || text == null ? null : { field, url: new URL(text) };
}

/** Kinds that show their secret to the server of their address. A webhook only signs with it. */
const showingKinds: ReadonlySet<ChannelKind> = new Set(["ntfy", "email", "telegram", "slack"]);

/** Whether a changed target would show the secret to another server. */
export function showsSecretElsewhere(kind: ChannelKind, before: ChannelTarget, after: ChannelTarget): boolean {
  return showingKinds.has(kind) && serverOf(before) !== serverOf(after);
}

function serverOf({ url }: ChannelTarget): string {
  if (url === undefined) return "";
  const { protocol, host, username } = new URL(url);
  return `${protocol}//${username}@${host}`;
}

export function shownTarget(kind: ChannelKind, target: ChannelTarget): string {
  return rules[formOf({ kind, target })].shown(target);
}

function about(field: Field, detail: string | null): ChannelProblem | null {
  return detail === null ? null : { field, detail };
}

function withoutQuery(text: string): string {
  const { origin, pathname, search } = new URL(text);
  return `${origin}${pathname}${search === "" ? "" : "?…"}`;
}

function signingProblem(secret: string): string | null {
  const base64 = /^whsec_([A-Za-z0-9+/]+)={0,2}$/.exec(secret)?.[1] ?? "";
  const bytes = Math.floor((base64.length * 3) / 4);
  return bytes >= 24 && bytes <= 64 ? null : "must be whsec_ and 24 to 64 bytes in base64; leave it out, and one is made";
}

function headerProblem(secret: string): string | null {
  return /^[\x21-\x7e]{1,500}$/.test(secret) ? null : "must be one word: a token, or user:password";
}

function isMailAddress(text: string): boolean {
  return /^[^\s@<>"(),:;\\[\]\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.-]{1,255}$/.test(text.trim());
}
