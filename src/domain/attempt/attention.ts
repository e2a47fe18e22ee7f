/** Finds what a person should check in a task that completed, from its stored events. */
import { hookText } from "../task/claude-hooks.ts";
import { endedWorkEventTypes, failedAgents, stoppedWork } from "./ended-work.ts";
import { isOfSubagent } from "../events/is-of-subagent.ts";
import type { EventBody, EventType, Notice } from "../events/event.ts";
import { plainLine } from "../text/plain-text.ts";
import { objectOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import { callOf } from "./tool-call.ts";

export const attentionKinds = [
  "denied",
  "refused_question",
  "failed_command",
  "failed_subagent",
  "failed_mcp_server",
  "cut_background",
  "uncommitted",
  "directory_gone",
  "overridden_hook",
  "unchecked",
  "changed_since_verified",
  "best_not_kept",
] as const;
export type AttentionKind = (typeof attentionKinds)[number];

export interface Attention {
  readonly kind: AttentionKind;
  /** At least 1. */
  readonly count: number;
  /**
   * The first ones by name, in one line without control characters; null where nothing names them.
   */
  readonly detail: string | null;
}

/** The only types of events that are read. */
export const attentionEventTypes = [...endedWorkEventTypes, "permission_denied", "result"] as const satisfies readonly EventType[];

/** Tools by which Claude asks a person. */
const questionTools = new Set(["AskUserQuestion", "ExitPlanMode"]);
/** Tools that run a command. */
const commandTools = new Set(["Bash", "PowerShell"]);
/** Kinds of notices that name something to look at: their data has `count` and `names`. */
const noticeKinds = ["cut_background", "uncommitted", "directory_gone"] as const satisfies readonly AttentionKind[];

interface Noticed {
  readonly count: number;
  /** The first ones, at most `count`. */
  readonly names: readonly string[];
}

interface Call {
  readonly tool: string;
  readonly text: string;
  readonly isMain: boolean;
  refused: boolean;
  failed: boolean;
}

/**
 * What a person should check, in the order of `attentionKinds`; empty when there is nothing.
 * @param events those of one session, oldest first; types other than `attentionEventTypes` are
 * skipped.
 */
export function attentionFrom(events: readonly EventBody[]): Attention[] {
  const calls = new Map<string, Call>();
  const noticed = new Map<AttentionKind, Noticed>();
  const hooks: Hooks = { unchecked: [], overridden: [], lastNo: null };
  for (const event of events) {
    if (event.type === "notice") takeNotice(event.data, { noticed, calls, hooks });
    else takeStep(event, calls);
  }
  addNamed(noticed, "cut_background", stoppedWork(events));
  const refused = [...calls.values()].filter((call) => call.refused);
  const found = [
    namedCalls("denied", refused.filter(({ tool }) => !questionTools.has(tool)).map(nameOf)),
    namedCalls("refused_question", refused.filter(({ tool }) => questionTools.has(tool)).map(nameOf)),
    namedCalls("failed_command", failedAtTheEnd([...calls.values()])),
    namedCalls("failed_subagent", failedAgents(events)),
    namedCalls("failed_mcp_server", failedServers(events)),
    ...noticeKinds.map((kind) => attentionOf(kind, noticed.get(kind) ?? { count: 0, names: [] })),
    namedCalls("overridden_hook", hooks.overridden),
    namedCalls("unchecked", hooks.unchecked),
  ];
  return found.filter((attention) => attention !== null);
}

function takeStep(event: EventBody, calls: Map<string, Call>): void {
  const { type, data } = event;
  if (type === "tool_use") calls.set(data.tool_use_id, callFrom(data, !isOfSubagent(event)));
  else if (type === "tool_result") mark(calls.get(data.tool_use_id), { failed: data.is_error });
  else if (type === "permission_denied") refuse(calls, data);
  else if (type === "result") for (const call of data.denied_calls) refuse(calls, call);
}

interface Asked {
  readonly tool: string;
  readonly tool_use_id?: string;
  readonly input?: unknown;
}

function callFrom({ tool, input }: Asked, isMain: boolean): Call {
  return { tool, text: textOf(objectOf(input)), isMain, refused: false, failed: false };
}

/**
 * One call may be reported as refused several times: by the runner, by Claude Code, and in the
 * result's list.
 */
function refuse(calls: Map<string, Call>, asked: Asked): void {
  const id = asked.tool_use_id ?? `unnamed ${calls.size}`;
  const call = calls.get(id) ?? callFrom(asked, true);
  mark(call, { refused: true });
  calls.set(id, call);
}

function mark(call: Call | undefined, marks: Partial<Pick<Call, "refused" | "failed">>): void {
  if (call !== undefined) Object.assign(call, marks);
}

interface Hooks {
  /** What was not checked, by name. */
  readonly unchecked: string[];
  /** The hook's last text, for each turn that ended although the hook refused. */
  readonly overridden: string[];
  lastNo: string | null;
}

interface Notices {
  readonly noticed: Map<AttentionKind, Noticed>;
  readonly calls: ReadonlyMap<string, Call>;
  readonly hooks: Hooks;
}

function takeNotice(notice: Notice, { noticed, calls, hooks }: Notices): void {
  takeHook(notice, hooks, calls);
  // A notice reports the end of a background command; its tool result says only that it began.
  if (notice.kind === "task_notification" && notice.status === "failed") mark(calls.get(notice.tool_use_id ?? ""), { failed: true });
  if (notice.kind !== "cut_background" && notice.kind !== "uncommitted" && notice.kind !== "directory_gone") return;
  const { kind, count, names } = notice;
  // Another attempt checks the same work tree again, but ends other background work.
  if (kind === "uncommitted" || kind === "directory_gone") noticed.delete(kind);
  addNamed(noticed, kind, names, count);
}

function addNamed(noticed: Map<AttentionKind, Noticed>, kind: AttentionKind, names: readonly string[], count = names.length): void {
  const earlier = noticed.get(kind) ?? { count: 0, names: [] };
  noticed.set(kind, { count: earlier.count + count, names: [...earlier.names, ...names] });
}

function takeHook(notice: Notice, hooks: Hooks, calls: ReadonlyMap<string, Call>): void {
  if (notice.kind === "stop_hook_blocked") hooks.lastNo = notice.said;
  else if (notice.kind === "stop_hook_overridden") hooks.overridden.push(plainLine(hooks.lastNo ?? notice.text));
  else if (notice.kind === "hook_no_verdict") {
    const call = calls.get(notice.tool_use_id ?? "");
    hooks.unchecked.push(call === undefined ? (notice.hook_event ?? "") : nameOf(call));
    // For hooks before a tool the notice above reports the same call.
  } else if (notice.kind === "hook_ended" && notice.timed_out && !notice.hook.startsWith("PreToolUse")) {
    hooks.unchecked.push(hookText(notice.hook, notice.commands));
  }
}

/**
 * The failed commands at the end of the main thread: all in a row up to the last command. A refused
 * call did not run.
 */
function failedAtTheEnd(calls: readonly Call[]): string[] {
  const commands = calls.filter(({ tool, isMain, refused }) => isMain && !refused && commandTools.has(tool));
  const lastGood = commands.findLastIndex(({ failed }) => !failed);
  return commands
    .slice(lastGood + 1)
    .map(({ text }) => text)
    .toReversed();
}

/** Lists each server once, with its newest reason: every attempt starts all servers again. */
function failedServers(events: readonly EventBody[]): string[] {
  const reasons = new Map<string, string>();
  const servers = events.flatMap(({ type, data }) => (type === "notice" && data.kind === "failed_mcp_server" ? data.servers : []));
  for (const { name, reason } of servers) reasons.set(name, plainLine(reason ?? "", 140));
  return [...reasons].map(([name, reason]) => plainLine(reason === "" ? name : `${name}: ${reason}`, 200));
}

function namedCalls(kind: AttentionKind, names: readonly string[]): Attention | null {
  return attentionOf(kind, { count: names.length, names });
}

function attentionOf(kind: AttentionKind, { count, names }: Noticed): Attention | null {
  return count === 0 ? null : { kind, count, detail: detailOf(names, count) };
}

function nameOf({ tool, text }: Call): string {
  return text === "" || questionTools.has(tool) ? text || tool : `${tool}: ${text}`;
}

function textOf(input: JsonObject): string {
  return plainLine(callOf(input, null), 120).trim();
}

const namesShown = 3;

function detailOf(names: readonly string[], count: number): string | null {
  const shown = [...new Set(names.filter((name) => name !== ""))].slice(0, namesShown);
  if (shown.length === 0) return null;
  const rest = new Set(names).size > shown.length || (names.length < count && count > shown.length);
  return plainLine(`${shown.join("; ")}${rest ? "; …" : ""}`, 500);
}

/** Files changed since these checks passed. Empty: there are none. */
export function staleAttention(runs: readonly { readonly name: string }[]): Attention[] {
  if (runs.length === 0) return [];
  const detail = runs
    .map(({ name }) => name)
    .join("; ")
    .slice(0, 500);
  return [{ kind: "changed_since_verified", count: runs.length, detail }];
}
