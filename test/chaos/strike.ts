/**
 * Carries out one planned blow on a world, sees to it that a server runs again, and measures how
 * long the recovery took.
 */
import { setTimeout as delay } from "node:timers/promises";
import { identityOf, isAlive, killIfSame } from "../../src/processes/identity.ts";
import type { ProcessIdentity } from "../../src/processes/identity.ts";
import { listProcesses, markedProcesses, markersInUse } from "../../src/processes/process-table.ts";
import { markerName } from "../../src/processes/sweep.ts";
import { within } from "../../testing/wait.ts";
import type { Observer, OpenAttempt } from "./observer.ts";
import type { Strike } from "./plan.ts";
import type { World } from "./world.ts";

/** What was really done. */
export interface Blow {
  /** For the tally: "server SIGKILL", "failpoint store.commit.before" … */
  readonly kind: string;
  readonly processes: number;
  /** Resolves with the milliseconds until all that was cut goes on; null: not within the limit. */
  readonly recovery: Promise<number | null>;
}

/** How long there may be nobody to strike. */
const victimLimitMs = 3_000;
/** How long a trap waits for somebody to pass. */
const trapLimitMs = 3_000;
const recoveryLimitMs = 300_000;

/**
 * @returns null when there was nobody to strike: every task was pending or done, or nobody passed
 * the place.
 */
export async function strike(world: World, observer: Observer, planned: Strike): Promise<Blow | null> {
  if (planned.how === "failpoint") return atFailpoint(world, observer, planned);
  if (planned.how === "takeover") return byTakeover(world, planned.pauseMs);
  if (planned.how === "SIGSTOP") return byPause(world, observer, planned);
  const victims = await victimsOf(world, observer, planned);
  if (victims.length === 0) return null;
  const cut = planned.target === "server" ? [] : cutBy(observer, planned, victims);
  const kind = `${planned.target} SIGKILL`;
  const server = world.serverPid;
  if (server !== null) world.expectDeath(server);
  const killed = await Promise.all(victims.map(({ identity }) => killIfSame(identity, "SIGKILL")));
  if (server !== null && victims.some(({ identity }) => identity.pid === server)) await world.gone(server);
  return { kind, processes: killed.filter(Boolean).length, recovery: recovery(world, observer, cut, performance.now()) };
}

interface Victim {
  readonly identity: ProcessIdentity;
  readonly attempt: OpenAttempt | null;
}

async function victimsOf(world: World, observer: Observer, { target, victim }: Strike): Promise<Victim[]> {
  const identity = world.serverPid === null ? null : await identityOf(world.serverPid);
  const server = identity === null ? [] : [{ identity, attempt: null }];
  if (target === "server") return server;
  if (target === "all") return [...server, ...(await ofThisWorld(world))];
  const attempt = await running(observer, victim);
  if (attempt?.pid == null) return [];
  const runner = await identityOf(attempt.pid);
  if (runner === null) return [];
  if (target === "runner") return [{ identity: runner, attempt }];
  const children = (await listProcesses()).filter((row) => row.parent === attempt.pid && row.alive);
  return children.map((row) => ({ identity: row, attempt }));
}

/** Everything that carries a marker of this data directory. */
async function ofThisWorld(world: World): Promise<Victim[]> {
  const rows = await listProcesses();
  const markers = [...(await markersInUse(markerName))].filter((id) => id.startsWith(world.idPrefix));
  const marked = await Promise.all(markers.map((id) => markedProcesses(rows, markerName, id)));
  return marked.flat().map((identity) => ({ identity, attempt: null }));
}

/** One of the attempts that run now; waits a while for one. */
async function running(observer: Observer, pick: number): Promise<OpenAttempt | null> {
  const found = await within(victimLimitMs, () => {
    const open = observer.openAttempts().filter(({ pid }) => pid !== null);
    return open[Math.floor(pick * open.length)] ?? (observer.unfinished() === 0 && "none");
  });
  return found === "none" ? null : found;
}

function cutBy(observer: Observer, { target }: Strike, victims: readonly Victim[]): OpenAttempt[] {
  if (target === "all") return observer.openAttempts();
  return [...new Map(victims.flatMap(({ attempt }) => (attempt === null ? [] : [[attempt.id, attempt] as const]))).values()];
}

async function byPause(world: World, observer: Observer, planned: Strike & { how: "SIGSTOP" }): Promise<Blow | null> {
  const victims = await victimsOf(world, observer, planned);
  if (victims.length === 0) return null;
  const stopped = await Promise.all(victims.map(({ identity }) => killIfSame(identity, "SIGSTOP")));
  await delay(planned.pauseMs); // The pause is what is tried.
  for (const { identity } of victims) await killIfSame(identity, "SIGCONT");
  const processes = stopped.filter(Boolean).length;
  return { kind: `${planned.target} SIGSTOP`, processes, recovery: recovery(world, observer, [], performance.now()) };
}

async function byTakeover(world: World, pauseMs: number): Promise<Blow | null> {
  const pid = world.serverPid;
  const identity = pid === null ? null : await identityOf(pid);
  if (pid === null || identity === null) return null;
  world.expectDeath(pid);
  await killIfSame(identity, "SIGSTOP");
  const stoppedAt = performance.now();
  await delay(pauseMs); // The pause is what is tried, before and after the takeover.
  const killed = await world.takeOver();
  const recoveredMs = performance.now() - stoppedAt - pauseMs;
  await delay(pauseMs); // The new server works while the old one is still stopped.
  await killIfSame(identity, "SIGCONT");
  if ((await within(recoveryLimitMs, async () => !(await isAlive(identity)))) === null) {
    world.deaths.push(`the old server ${pid} stayed after another one took over`);
    await killIfSame(identity, "SIGKILL");
  }
  const kind = killed ? "server SIGSTOP in a write, SIGKILL, takeover" : "server SIGSTOP, takeover, SIGCONT";
  return { kind, processes: 1, recovery: Promise.resolve(recoveredMs) };
}

async function atFailpoint(world: World, observer: Observer, planned: Strike & { how: "failpoint" }): Promise<Blow | null> {
  const { place } = planned;
  const server = world.serverPid;
  world.arm(place);
  // Only a server that starts passes here: an orderly stop leaves the tasks to it.
  if (place === "attempt.adopt.after") await world.stop().then(() => void world.ensureServer());
  const open = observer.openAttempts();
  await within(trapLimitMs, () => world.felled(place) !== null || observer.unfinished() === 0);
  const felled = world.felled(place);
  if (felled === null) {
    world.disarm(place);
    await world.ensureServer();
    return null;
  }
  await world.gone(felled);
  const felledAt = performance.now();
  const cut = felled === server ? [] : [...open, ...observer.openAttempts()].filter(({ pid }) => pid === felled).slice(0, 1);
  const gone = recovery(world, observer, cut, felledAt).finally(() => world.disarm(place));
  return { kind: `failpoint ${place}`, processes: 1, recovery: gone };
}

/** Starts the server if it is down, and waits until what was cut goes on. */
async function recovery(world: World, observer: Observer, cut: readonly OpenAttempt[], from: number): Promise<number | null> {
  await world.ensureServer();
  return await within(from + recoveryLimitMs - performance.now(), async () => {
    if (cut.every((attempt) => observer.isRecovered(attempt, world.options.workers))) return performance.now() - from;
    await world.ensureServer();
    return null;
  });
}
