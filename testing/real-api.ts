/**
 * The real operations on a real store in a scratch directory, without runners: what doors are
 * tested with when the store matters.
 */
import { mkdirSync } from "node:fs";
import type { TestContext } from "node:test";
import { loadSettings } from "../src/config/load-settings.ts";
import { Profiles } from "../src/config/profiles.ts";
import { pathsFrom } from "../src/config/paths.ts";
import type { Paths } from "../src/config/paths.ts";
import type { Settings } from "../src/config/settings.ts";
import type { EventDraft, EventType } from "../src/domain/events/event.ts";
import type { Outcome } from "../src/domain/attempt/outcome.ts";
import type { Attempt } from "../src/domain/task/task.ts";
import type { TaskRef } from "../src/domain/task/task-ref.ts";
import { StartRights } from "../src/operations/rights/start-rights.ts";
import { AnswerLinks } from "../src/operations/questions/answer-links.ts";
import { GitProgram } from "../src/git/git-program.ts";
import { WorkspaceGate } from "../src/operations/workspaces/workspace-gate.ts";
import { processesInside } from "../src/processes/processes-inside.ts";
import { workerApi } from "../src/operations/worker-api.ts";
import type { ApiContext } from "../src/operations/worker-api.ts";
import { hostProblem } from "../src/notifications/address.ts";
import { ClaudeCodeTrust } from "../src/operations/tasks/working-directory.ts";
import { checkRunner } from "../src/server/run-check.ts";
import { serverView } from "../src/server/server-view.ts";
import { openStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { putEmptyDatabase } from "./empty-database.ts";
import { event } from "./events.ts";
import { localId } from "./local-task.ts";
import type { LocalApi } from "./local-task.ts";
import { scratch } from "./scratch.ts";
import type { Scratch } from "./scratch.ts";

/** What this server's task tokens are made with. */
export const taskTokenKey = "test-task-token-key";

export interface RealApi {
  readonly api: LocalApi;
  /** null: the settings name no public address. */
  readonly links: AnswerLinks | null;
  readonly store: Store;
  readonly settings: Settings;
  /** What a scheduler would ask before a start. */
  readonly rights: StartRights;
  readonly paths: Paths;
  readonly corner: Scratch;
  /** The server's clock; a test may move it. */
  readonly clock: { nowMs: number };
  /** A test may say that the server stops. */
  readonly stop: { hasBegun: boolean };
  /** Adds an event to a task as a running attempt would; the first one starts the attempt. */
  tell(taskId: number, type: EventType, data?: object, summary?: readonly string[]): Promise<void>;
  /** Ends a task as the supervisor would, with an attempt that has no events where none runs. */
  finish(task: TaskRef, status?: "completed" | "failed"): Promise<void>;
  /** Runs a task as the supervisor would: claim, these events, then its end. */
  run(taskId: number, events: readonly Step[], end?: "complete" | "fail"): Promise<void>;
}

/** @param more environment of the server. */
export function realApi(
  t: TestContext,
  flags: Partial<Settings> = {},
  more: Record<string, string> = {},
  parts: Pick<ApiContext, "answersProblem" | "files"> = {},
): RealApi {
  const corner = scratch(t);
  const env = { PATH: process.env["PATH"] ?? "", HOME: corner.home, CLAUDE_WORKER_HOME: corner.dataHome, ...more };
  const paths = pathsFrom(env);
  mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
  putEmptyDatabase(paths.database);
  const store = openStore({ path: paths.database });
  t.after(() => store.close());
  const clock = { nowMs: Date.now() };
  const { settings, origins } = loadSettings({ file: paths.config, env, flags });
  const profiles = new Profiles({ env, settings }, "test-account-key");
  const stop = { hasBegun: false };
  const startedAt = clock.nowMs;
  const claudeCodeTrust = new ClaudeCodeTrust(env);
  const { public_url: publicUrl, link_lifetime_ms: lifetimeMs } = settings;
  const links = publicUrl === null ? null : new AnswerLinks({ key: "test-link-key", publicUrl, lifetimeMs });
  const rights = new StartRights({ store, settings, claudeCodeTrust });
  const api = workerApi({
    store,
    settings,
    rights,
    claudeCodeTrust,
    origins,
    paths,
    taskTokenKey,
    sessionKey: "test-session-key",
    links,
    env,
    now: () => clock.nowMs,
    account: () => "a",
    isStopping: () => stop.hasBegun,
    server: () =>
      serverView({
        base: { store, context: { settings, paths } },
        startedAt,
        now: () => clock.nowMs,
        accounts: { account: () => "a", profiles: ["default"] },
        profiles,
        url: () => null,
        parked: () => 0,
        problems: () => [],
        isStopping: () => stop.hasBegun,
      }),
    stopRunner: () => Promise.resolve(false),
    unsend: () => false,
    probe: async () => ({ kind: "succeeded" as const, message: "It answered." }),
    renewRunners: () => {},
    hostProblem,
    files: { git: new GitProgram(env), gate: new WorkspaceGate(), processesIn: processesInside },
    checks: checkRunner((text) => text),
    ...parts,
    stopServer: async () => {},
  });
  return {
    api: api as LocalApi,
    links,
    store,
    settings,
    rights,
    paths,
    corner,
    clock,
    stop,
    tell: (taskId, type, data = {}, summary = []) =>
      store.write(() => append(store, clock, attemptOf(store, clock, taskId), [{ ...event(type, data), summary }])),
    finish: (task, status = "completed") =>
      store.write(() => end(store, clock, attemptOf(store, clock, localId({ id: task })), status === "completed" ? "complete" : "fail")),
    run: (taskId, events, how = "complete") =>
      store.write(() => {
        const attempt = attemptOf(store, clock, taskId);
        append(store, clock, attempt, events);
        end(store, clock, attempt, how);
      }),
  };
}

/** What an attempt did: an event without its time. */
type Step = EventDraft & { readonly summary?: readonly string[] };

interface Clock {
  readonly nowMs: number;
}

/** The task's open attempt, or a new one. Inside `write`. */
function attemptOf(store: Store, clock: Clock, taskId: number): Attempt {
  const [open] = store.attempts.open().filter((attempt) => attempt.taskId === taskId);
  if (open !== undefined) return open;
  const sessionId = crypto.randomUUID();
  const claim = { runnerId: "runner", nodeId: "node", sessionId, resume: false, warm: false, bootId: null, journalStart: 0 };
  const claimed = store.attempts.claim(taskId, claim, clock.nowMs);
  if (claimed === null) throw new Error(`task ${taskId} cannot be claimed`);
  return claimed.attempt;
}

function append(store: Store, clock: Clock, { id, taskId }: Attempt, events: readonly Step[]): void {
  store.events.append(
    taskId,
    id,
    events.map((event) => ({ ...event, at: clock.nowMs })),
    events.findLast(({ summary }) => summary?.[0] !== undefined)?.summary?.[0],
  );
}

function end(store: Store, clock: Clock, attempt: Attempt, how: "complete" | "fail"): void {
  const outcome: Outcome = how === "complete" ? { kind: "succeeded", message: "done" } : { kind: "agent_failed", message: "no" };
  store.attempts.close(attempt.id, outcome, clock.nowMs);
  const error = { code: outcome.kind, message: outcome.message, retryable: true };
  store.tasks.transition(attempt.taskId, how, clock.nowMs, how === "complete" ? { result: "done" } : { error });
  const status = how === "complete" ? "completed" : "failed";
  append(store, clock, attempt, [{ type: "ended", data: { status, outcome: outcome.kind, message: outcome.message } }]);
}
