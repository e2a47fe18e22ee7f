/**
 * Finds what of a project's files runs by itself once Claude Code works there: hooks, MCP servers,
 * helpers, plugins, and variables, which can name programs. Permission rules are none of it: they
 * let Claude run something.
 */
import { plainLine } from "../text/plain-text.ts";
import { isObject } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { parseJson } from "../text/parse-json.ts";

export interface AutoRun {
  /** For people, without values that may be secrets: `.mcp.json: MCP server github (npx)`. */
  readonly what: string;
  /** Everything that it is, in one form: what differs is something else. */
  readonly content: string;
}

/** What a person has seen, or what is there now: its content as a SHA-256 in hexadecimal. */
export interface SeenRun {
  readonly what: string;
  readonly digest: string;
}

/** What is there now and was not seen. @returns sentences' parts, like `new: …`. */
export function unseenRuns(seen: readonly SeenRun[], now: readonly SeenRun[]): { readonly isNew: boolean; readonly what: string }[] {
  const known = new Set(seen.map(({ what, digest }) => `${digest} ${what}`));
  const names = new Set(seen.map(({ what }) => what));
  return now.filter(({ what, digest }) => !known.has(`${digest} ${what}`)).map(({ what }) => ({ isNew: !names.has(what), what }));
}

/** Both, each once. */
export function joinedRuns(seen: readonly SeenRun[], more: readonly SeenRun[]): SeenRun[] {
  return [...new Map([...seen, ...more].map((run) => [`${run.digest} ${run.what}`, run])).values()];
}

/** The difference in words, and what to do. @param directory where it runs. */
export function unseenSentence(directory: string, unseen: readonly { readonly isNew: boolean; readonly what: string }[]): string {
  const shown = unseen.slice(0, maxShown).map(({ isNew, what }) => `${isNew ? "new" : "changed"}: ${plainLine(what, 300)}`);
  const more = unseen.length > maxShown ? `; and ${unseen.length - maxShown} more` : "";
  const place = plainLine(directory, 1000);
  return `What runs by itself in ${place} has changed since a person trusted it: ${shown.join("; ")}${more}. It runs as your user. If you trust it: claude-worker trust add ${place}`;
}

const maxShown = 10;

/** Settings that name a program, or let a file name one. */
const helpers = [
  "apiKeyHelper",
  "awsAuthRefresh",
  "awsCredentialExport",
  "gcpAuthRefresh",
  "otelHeadersHelper",
  "proxyAuthHelper",
  "statusLine",
  "subagentStatusLine",
  "fileSuggestion",
  "policyHelper",
  "enableAllProjectMcpServers",
  "enabledMcpjsonServers",
  "enabledPlugins",
  "extraKnownMarketplaces",
  "processWrapper",
  // It can take commands out of a task's sandbox.
  "sandbox",
  "defaultShell",
] as const;

/** @param name how the file is called, e.g. `.claude/settings.json`. @param text its content. */
export function autoRunsIn(name: string, text: string): AutoRun[] {
  const json = jsonOf(text);
  // Claude Code takes nothing from it.
  if (json === null) return [];
  return (name.endsWith(".mcp.json") ? serversIn(json) : [...hooksOf(json), ...variablesIn(json), ...helpersIn(json)]).map(
    ({ what, content }) => ({ what: `${name}: ${what}`, content }),
  );
}

function serversIn({ mcpServers }: JsonObject): AutoRun[] {
  return Object.entries(objectOr(mcpServers)).map(([name, server]) => {
    const { command, url } = objectOr(server);
    const by = typeof command === "string" ? command : typeof url === "string" ? hostOf(url) : "";
    return { what: `MCP server ${name}${by === "" ? "" : ` (${by})`}`, content: ordered(server) };
  });
}

function hooksOf({ hooks }: JsonObject): AutoRun[] {
  return Object.entries(objectOr(hooks)).flatMap(([event, groups]) =>
    listOr(groups).flatMap((group) => {
      const { matcher, hooks: each } = objectOr(group);
      const on = typeof matcher === "string" && matcher !== "" ? `${event} (${matcher})` : event;
      return listOr(each).map((hook) => ({ what: `hook ${on}: ${hookText(hook)}`, content: ordered([event, matcher ?? null, hook]) }));
    }),
  );
}

function hookText(hook: unknown): string {
  const { command, prompt, url, type } = objectOr(hook);
  const [text] = [command, url, prompt, type].filter((each) => typeof each === "string");
  return text ?? "?";
}

function variablesIn({ env }: JsonObject): AutoRun[] {
  return Object.entries(objectOr(env)).map(([name, value]) => ({ what: `variable ${name}`, content: ordered([name, value]) }));
}

function helpersIn(json: JsonObject): AutoRun[] {
  return helpers
    .filter((key) => json[key] !== undefined && json[key] !== null)
    .map((key) => {
      const value = json[key];
      const { command } = objectOr(value);
      const text = typeof value === "string" ? value : typeof command === "string" ? command : Object.keys(objectOr(value)).join(", ");
      return { what: text === "" ? key : `${key}: ${text}`, content: ordered([key, value]) };
    });
}

function jsonOf(text: string): JsonObject | null {
  try {
    const json = parseJson(text.replace(/^\u{FEFF}/u, ""));
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

/** JSON with its keys in order, so that another order makes none. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1))) : each,
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}

function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function listOr(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
