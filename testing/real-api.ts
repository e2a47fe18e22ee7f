/**
 * The real operations on a real store in a scratch directory, without runners: what doors are
 * tested with when the store matters.
 */
import { mkdirSync } from "node:fs";
import type { TestContext } from "node:test";
import { loadSettings } from "../src/config/load-settings.ts";
import { pathsFrom } from "../src/config/paths.ts";
import type { Paths } from "../src/config/paths.ts";
import type { Settings } from "../src/config/settings.ts";
import type { EventDraft } from "../src/domain/events/event.ts";
import type { Outcome } from "../src/domain/attempt/outcome.ts";
import { StartRights } from "../src/operations/rights/start-rights.ts";
import { workerApi } from "../src/operations/worker-api.ts";
import { ClaudeCodeTrust } from "../src/operations/tasks/working-directory.ts";
import { openStore } from "../src/store/sqlite/sqlite.ts";
import type { Store } from "../src/store/store.ts";
import { plainServer } from "./fake-api.ts";
import type { LocalApi } from "./local-task.ts";
import { scratch } from "./scratch.ts";
import type { Scratch } from "./scratch.ts";

/** What this server's task tokens are made with. */
export const taskTokenKey = "test-task-token-key";

export interface RealApi {
  readonly api: LocalApi;
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
  /** Runs a task as the supervisor would: claim, these events, then its end. */
  run(taskId: number, events: readonly Step[], end?: "complete" | "fail"): Promise<void>;
}

/** @param more environment of the server. */
export function realApi(t: TestContext, flags: Partial<Settings> = {}, more: Record<string, string> = {}): RealApi {
  const corner = scratch(t);
  const env = { HOME: corner.home, CLAUDE_WORKER_HOME: corner.dataHome, ...more };
  const paths = pathsFrom(env);
  mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
  const store = openStore({ path: paths.database });
  t.after(() => store.close());
  const clock = { nowMs: Date.now() };
  const { settings, origins } = loadSettings({ file: paths.config, env, flags });
  const stop = { hasBegun: false };
  const claudeCodeTrust = new ClaudeCodeTrust(env);
  const rights = new StartRights({ store, settings, claudeCodeTrust });
  const api = workerApi({
    store,
    settings,
    rights,
    claudeCodeTrust,
    origins,
    paths,
    taskTokenKey,
    env,
    now: () => clock.nowMs,
    account: () => "a",
    isStopping: () => stop.hasBegun,
    server: () => plainServer({ counts: store.tasks.counts(), problems: [...store.problems()] }),
    stopRunner: () => Promise.resolve(false),
    probe: async () => ({ kind: "succeeded" as const, message: "It answered." }),
    renewRunners: () => {},
    stopServer: async () => {},
  });
  return {
    api: api as LocalApi,
    store,
    settings,
    rights,
    paths,
    corner,
    clock,
    stop,
    run: (taskId, events, end = "complete") => run(store, clock, { taskId, events, end }),
  };
}

/** What an attempt did: an event without its time. */
type Step = EventDraft & { readonly summary?: readonly string[] };

interface Run {
  readonly taskId: number;
  readonly events: readonly Step[];
  readonly end: "complete" | "fail";
}

async function run(store: Store, clock: { nowMs: number }, { taskId, events, end }: Run): Promise<void> {
  await store.write(() => {
    const sessionId = crypto.randomUUID();
    const claim = { runnerId: "runner", nodeId: "node", sessionId, resume: false, warm: false, bootId: null, journalStart: 0 };
    const claimed = store.attempts.claim(taskId, claim, clock.nowMs);
    if (claimed === null) throw new Error(`task ${taskId} cannot be claimed`);
    const { id } = claimed.attempt;
    store.events.append(
      taskId,
      id,
      events.map((event) => ({ ...event, at: clock.nowMs })),
    );
    const outcome: Outcome = end === "complete" ? { kind: "succeeded", message: "done" } : { kind: "agent_failed", message: "no" };
    store.attempts.close(id, outcome, clock.nowMs);
    store.tasks.transition(taskId, end, clock.nowMs);
    const status = end === "complete" ? "completed" : "failed";
    store.events.append(taskId, id, [
      { type: "ended", at: clock.nowMs, data: { status, outcome: outcome.kind, message: outcome.message } },
    ]);
  });
}
