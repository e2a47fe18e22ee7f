/**
 * Makes events from the runner's own notes. events-from-record.ts handles Claude Code's messages.
 */
import { cutString } from "../text/cut-json.ts";
import { hookText } from "../task/claude-hooks.ts";
import { formatDuration } from "../text/duration.ts";
import { denied, mark, notice, word, words } from "./event-draft.ts";
import type { EventData, EventDraft } from "./event.ts";
import { plainLine } from "../text/plain-text.ts";
import { includedEvents, setupCacheEvent, setupEndedEvent, setupStartedEvent } from "./setup-events.ts";
import { iterationKeptEvent, verifyEndedEvent, verifyStartedEvent } from "./verify-events.ts";
import { checkpointIn } from "../workspace/checkpoint-note.ts";
import { arrayOf, countOf, momentOf, numberOf, objectOf, stringOf } from "../text/read-json.ts";
import type { JsonObject } from "../text/read-json.ts";
import type { SweptProcess } from "./record.ts";
import { stopReasons } from "../attempt/stop-reason.ts";
import type { StopReason } from "../attempt/stop-reason.ts";

/** The events of a record of the type `worker`; none for a kind that is not known. */
export function eventsFromNote(note: JsonObject): EventDraft[] {
  switch (note["subtype"]) {
    case "started":
    case "session":
      return sessionEvents(note);
    case "permission_denied":
      return [denied({ tool: note["tool"], input: note["input"], reason: note["reason"], id: note["toolUseId"] })];
    case "cold_start":
    case "session_restarted":
      return [notice(note["subtype"], note["reason"], {})];
    case "session_mended": // Runners of older versions write it.
    case "session_repaired":
      return [
        notice("session_repaired", `${numberOf(note["messages"]) ?? 0} messages of finished steps were put back into the session.`, {}),
      ];
    case "waiting_background":
      return [backgroundWaitEvent(note)];
    case "cut_background":
      return [backgroundNotice("cut_background", "Ended with the attempt, still at work in the background", note)];
    case "background_lost":
      return [backgroundNotice("background_lost", "Died with an earlier attempt, at work in the background", note)];
    case "call_restored":
      return [notice("call_restored", restoredText(note), { tool_use_id: word(note["toolUseId"]) ?? "" })];
    case "gave_up":
      return [notice("api_error", note["text"], { error: word(note["error"]) })];
    case "stop_requested":
      return [notice("stop_requested", note["reason"], { reason: stopReasonOf(note["reason"]) })];
    case "stderr":
      return [notice("stderr", note["text"], {})];
    case "hook_running":
      return [hookRunningEvent(note)];
    case "hook_ended":
      return [hookEndedEvent(note)];
    case "failed_mcp_server":
      return [failedServersEvent(note)];
    case "uncommitted":
      return [uncommittedEvent(note)];
    case "worktree_ready":
      return [worktreeEvent(note)];
    case "files_included":
      return includedEvents(note);
    case "setup_started":
      return [setupStartedEvent(note)];
    case "no_sandbox":
      return [notice("no_sandbox", note["text"], {})];
    case "setup_cache":
      return [setupCacheEvent(note)];
    case "setup_ended":
      return [setupEndedEvent(note)];
    case "checkpoint":
      return checkpointEvents(note);
    case "no_checkpoint":
      // That a task works outside of git is a fact about it, not an event.
      return note["kind"] === "not_a_repository" ? [] : [notice("no_checkpoint", note["text"], {})];
    case "directory_gone":
      return [notice("directory_gone", note.fault, { count: 1, names: [word(note["directory"]) ?? ""] })];
    case "swept":
      return [sweptEvent(note)];
    case "verify_started":
      return [verifyStartedEvent(note)];
    case "verify_ended":
      return [verifyEndedEvent(note)];
    case "iteration_kept":
      return [iterationKeptEvent(note)];
    case "ended":
      return [endedEvent(note)];
    default:
      return [];
  }
}

function sessionEvents(note: JsonObject): EventDraft<"session">[] {
  const sessionId = word(note["sessionId"]);
  if (sessionId === null) return [];
  return [{ type: "session", data: { session_id: sessionId, ...(note["resume"] === true ? { resumed: true } : {}) } }];
}

const maxNames = 20;

function backgroundNotice(kind: "cut_background" | "background_lost", what: string, note: JsonObject): EventDraft<"notice"> {
  const names = words(note["names"]);
  const shown = names.slice(0, maxNames);
  return notice(kind, `${what}: ${shown.join("; ")}${shown.length < names.length ? "; …" : ""}`, { count: names.length, names: shown });
}

/**
 * Limits how many names the sentence of a wait holds, and their length, so that its end (how long
 * the wait is) is not cut off.
 */
const maxWaitNames = 3;
const maxWaitName = 50;

function backgroundWaitEvent(note: JsonObject): EventDraft<"notice"> {
  const [agents, commands] = [words(note["agents"]), words(note["commands"])];
  const until = momentOf(note["until"]);
  const counts = [countText(agents.length, "sub-agent"), countText(commands.length, "background command")].filter((text) => text !== "");
  const names = [...agents, ...commands];
  const shown = names.slice(0, maxWaitNames).map((name) => plainLine(name, maxWaitName));
  const listed = `${shown.join("; ")}${shown.length < names.length ? "; …" : ""}`;
  const limit = until === null ? "" : ` (until ${until.replace(/\.\d+Z$/, "Z")})`;
  return notice("waiting_background", `waits for ${counts.join(" and ")}: ${listed}${limit}`, {
    commands: commands.slice(0, maxNames),
    agents: agents.slice(0, maxNames),
    until,
  });
}

function countText(count: number, what: string): string {
  return count === 0 ? "" : `${count} ${what}${count === 1 ? "" : "s"}`;
}

function restoredText(note: JsonObject): string {
  const others = countOf(note["calls"]) ?? 0;
  const more = others === 0 ? "" : ` ${others} other open ${others === 1 ? "call has" : "calls have"} to be made again.`;
  return `The open call of ${word(note["tool"]) ?? "a tool"} was put back into the session, where it is decided again.${more}`;
}

/** How many processes an event names, and how much of each command line. */
const maxProcesses = 100;
const maxCommand = 500;

function sweptEvent(note: JsonObject): EventDraft<"swept"> {
  return { type: "swept", data: sweptData(arrayOf(note["processes"]).map(objectOf)) };
}

/** The data of an event about processes that had to be ended. */
export function sweptData(processes: readonly { readonly [K in keyof SweptProcess]?: unknown }[]): EventData["swept"] {
  const told = processes.slice(0, maxProcesses).map(({ pid, command, signal }) => ({
    pid: countOf(pid) ?? 0,
    command: cutString(stringOf(command) ?? "", maxCommand),
    signal: signal === "SIGKILL" ? ("SIGKILL" as const) : ("SIGTERM" as const),
  }));
  const truncated = told.length < processes.length || told.some(({ command }) => command.truncated);
  return { processes: told.map((each) => ({ ...each, command: each.command.value })), ...mark(truncated) };
}

function endedEvent(note: JsonObject): EventDraft<"attempt_ended"> {
  const thrown = stringOf(note["thrown"]);
  const cut = cutString(thrown ?? "");
  const data = { thrown: thrown === null ? null : cut.value, stop_requested: stopReasonOf(note["stopRequested"]) };
  return { type: "attempt_ended", data: { ...data, ...mark(cut.truncated) } };
}

function stopReasonOf(value: unknown): StopReason | null {
  return stopReasons.find((reason) => reason === value) ?? null;
}

function worktreeEvent(note: JsonObject): EventDraft<"worktree"> {
  const how = note["how"] === "made" || note["how"] === "rebuilt" ? note["how"] : "found";
  const place = { path: stringOf(note["path"]) ?? "", branch: stringOf(note["branch"]), head: word(note["head"]) ?? "" };
  return { type: "worktree", data: { how, ...place, has_files: note["hasFiles"] === true, took_ms: countOf(note["tookMs"]) ?? 0 } };
}

function checkpointEvents(note: JsonObject): EventDraft<"checkpoint">[] {
  const taken = checkpointIn(note);
  if (taken === null) return [];
  const { number, reason, commit, changes, leftOutCount } = taken;
  const counts = { changed_files: changes?.files ?? null, insertions: changes?.insertions ?? null, deletions: changes?.deletions ?? null };
  return [{ type: "checkpoint", data: { checkpoint: number, reason, commit, ...counts, left_out: leftOutCount } }];
}

function uncommittedEvent(note: JsonObject): EventDraft<"notice"> {
  const count = countOf(note["count"]) ?? 0;
  const names = words(note["names"]).slice(0, 10);
  const files = `${count} ${count === 1 ? "file" : "files"} changed and not committed`;
  return notice("uncommitted", `${files}: ${names.join(", ")}`, { count, names });
}

function failedServersEvent(note: JsonObject): EventDraft<"notice"> {
  const servers = arrayOf(note["servers"])
    .slice(0, maxNames)
    .map(objectOf)
    .map(({ name, reason }) => ({ name: word(name) ?? "", reason: word(reason) }));
  const texts = servers.map(({ name, reason }) => (reason === null ? name : `${name} (${plainLine(reason)})`));
  return notice("failed_mcp_server", `MCP ${servers.length === 1 ? "server" : "servers"} not started: ${texts.join("; ")}`, { servers });
}

function hookRunningEvent(note: JsonObject): EventDraft<"notice"> {
  const { hook, commands } = hookOf(note);
  const since = momentOf(note["since"]);
  return notice("hook_running", `${hookText(hook, commands)} has run since ${since ?? "?"}`, { hook, commands, since });
}

function hookEndedEvent(note: JsonObject): EventDraft<"notice"> {
  const { hook, commands } = hookOf(note);
  const tookMs = countOf(note["tookMs"]) ?? 0;
  const timedOut = note["timedOut"] === true;
  const how = timedOut ? "gave no answer within its own time limit and was cut after" : "ended after";
  const data = { hook, commands, took_ms: tookMs, timed_out: timedOut };
  return notice("hook_ended", `${hookText(hook, commands)} ${how} ${formatDuration(tookMs)}`, data);
}

function hookOf(note: JsonObject): { hook: string; commands: string[] } {
  return { hook: word(note["hook"]) ?? "", commands: words(note["commands"]).slice(0, 10) };
}
