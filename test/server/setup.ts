/**
 * The services of a real server, with something to do for each of them, and a count of what this
 * process has open.
 */
import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { createServer } from "node:net";
import path from "node:path";
import type { TestContext } from "node:test";
import { pino } from "pino";
import { accountFingerprint } from "../../src/config/account.ts";
import { agentEnvironment } from "../../src/config/agent-env.ts";
import { loadSettings } from "../../src/config/load-settings.ts";
import { pathsFrom, runnerSocketPath } from "../../src/config/paths.ts";
import type { Service } from "../../src/domain/services/service.ts";
import { markersInUse } from "../../src/processes/process-table.ts";
import { markerName, sweep } from "../../src/processes/sweep.ts";
import { prepareDataDirectory } from "../../src/server/data-directory.ts";
import { serverOptions } from "../../src/server/options.ts";
import { buildServices } from "../../src/server/services.ts";
import { Shutdown } from "../../src/server/shutdown.ts";
import { ensureToken, keyFrom } from "../../src/server/token-file.ts";
import { takeLock } from "../../src/store/sqlite/file/lock.ts";
import { openStore } from "../../src/store/sqlite/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { newRunnerId, runnerIdPrefix } from "../../src/supervisor/spawn-runner.ts";
import { plainChannel } from "../../testing/plain-channel.ts";
import { permission } from "../../testing/plain-question.ts";
import { putEmptyDatabase } from "../../testing/empty-database.ts";
import { plainTask } from "../../testing/plain-task.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";
import { newAttempt } from "../store/setup.ts";

const agentModule = path.resolve(import.meta.dirname, "../../testing/fake-agent.ts");

/** Handles of the system that also count where they do not keep the process alive. */
const handleTypes = new Set(["FSEVENTWRAP", "PIPESERVERWRAP", "PIPEWRAP", "PROCESSWRAP", "TCPSERVERWRAP", "TCPWRAP"]);
// The MCP package looks at standard input once, which opens it.
void process.stdin;
const open = new Map<number, string>();
createHook({
  init: (id, type) => void (handleTypes.has(type) && open.set(id, type)),
  destroy: (id) => void open.delete(id),
}).enable();

/** Runs the work, and asserts that all that it opened is closed. */
export async function leavesNothing(work: () => Promise<unknown>, counts: (resource: string) => boolean = () => true): Promise<void> {
  const before = inUse();
  await work();
  // What was closed is gone after a few turns of the event loop. A timer that was left is not.
  await turns(20);
  const left = (): string[] => added(before, inUse()).filter(counts);
  assert.deepEqual(left().filter(isTimer), []);
  await until(`the end of ${left().join(", ")}`, () => left().length === 0, 60_000);
}

const isTimer = (resource: string): boolean => resource === "Timeout";

/** One word for each open resource of this process. */
function inUse(): string[] {
  const active = process.getActiveResourcesInfo().filter((type) => type !== "Immediate");
  const signals = process.listeners("SIGCONT").map(() => "listener for SIGCONT");
  return [...active, ...open.values(), ...signals, ...[...listeners].map(() => "listener for commits")];
}

/** The words of `after` that are not in `before`. */
function added(before: readonly string[], after: readonly string[]): string[] {
  const rest = [...before];
  return after.filter((word) => {
    const at = rest.indexOf(word);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}

/** Lets the event loop turn. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function isService(value: unknown): value is Service {
  return typeof value === "object" && value !== null && "start" in value && "stop" in value;
}

const listeners = new Set<symbol>();

/** The store, with its listeners counted. */
function watched(store: Store): Store {
  const onCommit: Store["onCommit"] = (listener) => {
    const unsubscribe = store.onCommit(listener);
    const one = Symbol("listener");
    listeners.add(one);
    return () => {
      listeners.delete(one);
      unsubscribe();
    };
  };
  return new Proxy(store, { get: (target, key) => (key === "onCommit" ? onCommit : (Reflect.get(target, key) as unknown)) });
}

/** The server's services, with something to do for each of them. */
export async function world(t: TestContext) {
  const { home, dataHome, work } = scratch(t);
  const env = {
    HOME: home,
    PATH: process.env["PATH"] ?? "",
    CLAUDE_WORKER_HOME: dataHome,
    CLAUDE_WORKER_PORT: "0",
    // Tests run on busy machines.
    CLAUDE_WORKER_MAX_LOAD_PER_CPU: "null",
    CLAUDE_WORKER_WARM: "1",
    CLAUDE_WORKER_AGENT_MODULE: agentModule,
  };
  const paths = pathsFrom(env);
  prepareDataDirectory(paths);
  const token = ensureToken(paths.token);
  const { settings, origins } = loadSettings({ file: paths.config, env });
  const context = { options: serverOptions([]), settings, origins, paths, env, log: pino({ level: "silent" }) };
  const lock = takeLock(paths.serverLock, { pid: process.pid });
  putEmptyDatabase(paths.database);
  const store = watched(openStore({ path: paths.database }));
  globalThis.gc ??= (() => undefined) as unknown as NodeJS.GCFunction;
  const base = { context, lock, store, token };
  const services = await buildServices(base, new Shutdown(base));
  const prefix = runnerIdPrefix(paths.home);
  const account = accountFingerprint(agentEnvironment(env, settings.agent_env), keyFrom(token, "account"))();

  // An attempt of an earlier server, whose runner hangs: it takes the connection and says nothing.
  const runnerId = newRunnerId(prefix);
  const hung = createServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => hung.listen(runnerSocketPath(paths, runnerId), resolve));
  await store.write(() => {
    const running = store.tasks.insert(plainTask({ workingDirectory: work }));
    store.attempts.claim(running.id, newAttempt(runnerId), Date.now());
    const { id: waiting } = store.tasks.insert(plainTask({ workingDirectory: work }));
    store.holds.put({ kind: "manual", scope: "all", message: "Wait.", until: Date.now() + 3_600_000 }, Date.now());
    // A channel whose receiver is not there.
    const events = ["held"] as const;
    store.notifications.addChannel(
      plainChannel({ name: "ops", target: { url: "http://127.0.0.1:9/" }, events, allowPrivate: true }),
      "whsec_c2VjcmV0",
    );
    // A chat that cannot be reached, with a question that waits for its answer there, and one that
    // was answered elsewhere.
    const chat = { chat: "1", url: "http://127.0.0.1:9" };
    const phone = { kind: "telegram", target: chat, events, allowPrivate: true, answers: "permissions", answerFrom: ["1"] } as const;
    const channelId = store.notifications.addChannel(plainChannel(phone), "123456:abcdefghijklmnopqrstu")?.id ?? 0;
    for (const key of ["open", "answered"]) {
      const { id: questionId } = store.questions.ask(waiting, 1, { ...permission, key }, { askedAt: 1, deadline: null });
      store.asks.open({ channelId, questionId, deliveryId: questionId, code: key, options: ["allow", "deny"], isWhole: true, askedAt: 1 });
      store.asks.sent(questionId, "7");
      if (key === "answered") store.questions.answer(questionId, { decision: "deny" }, "socket", 1);
    }
    store.holds.put({ kind: "unavailable", scope: "account:other", message: "Wait.", until: null }, Date.now());
    const scope = `account:${account}` as const;
    store.probes.ask({
      refusal: `auth_failed ${scope}`,
      kind: "auth_failed",
      scope,
      model: "opus",
      message: "Invalid API key.",
      at: Date.now(),
      tries: 0,
    });
  });
  const processes = async (): Promise<string[]> => [...(await markersInUse(markerName))].filter((id) => id.startsWith(prefix));
  const parts = Object.fromEntries(Object.entries(services).filter((each): each is [string, Service] => isService(each[1])));
  t.after(async () => {
    for (const service of Object.values(parts)) await service.stop();
    hung.close();
    await store.close();
    lock.release();
    for (const id of await processes()) await sweep(id);
  });
  const submit = (prompt: string): Promise<unknown> => store.write(() => store.tasks.insert(plainTask({ prompt, workingDirectory: work })));
  return { services, parts, processes, store, paths, submit };
}
