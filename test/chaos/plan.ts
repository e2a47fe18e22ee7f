/**
 * What a chaos run will do, from its seed alone: which tasks come, and who is felled when and how.
 * It starts and kills nothing.
 */
import { failpointNames } from "../../src/processes/failpoint.ts";
import type { FailpointName } from "../../src/processes/failpoint.ts";
import { plannedFlows } from "./plan-flows.ts";
import type { PlannedFlows } from "./plan-flows.ts";
import { noOrder, plannedOrder, plannedPause } from "./plan-order.ts";
import type { PlannedOrder, PlannedPause } from "./plan-order.ts";
import { plannedTalk } from "./plan-talk.ts";
import type { PlannedTalk } from "./plan-talk.ts";

export type Target = "server" | "runner" | "claude" | "all";

/** One blow. `victim` in [0, 1) picks among those that run at that moment. */
export type Strike = {
  readonly afterMs: number;
  readonly victim: number;
  /** Strike again without waiting for the recovery. */ readonly hasty: boolean;
} & (
  | { readonly how: "SIGKILL"; readonly target: Target }
  /** SIGSTOP, and SIGCONT after the pause. */
  | { readonly how: "SIGSTOP"; readonly target: Exclude<Target, "all">; readonly pauseMs: number }
  /** SIGSTOP for the server, another one takes over, then the old one wakes. */
  | { readonly how: "takeover"; readonly target: "server"; readonly pauseMs: number }
  /** SIGKILL at a named place of the code. */
  | { readonly how: "failpoint"; readonly target: "server" | "runner"; readonly place: FailpointName }
);

export interface PlannedTask {
  readonly steps: number;
  readonly stepMs: number;
  /** After the task before it. */
  readonly afterMs: number;
  /** It leaves a process in the background, which must not outlive it. */
  readonly background: boolean;
  /** Cancelled so long after its submit; null: never. */
  readonly cancelAfterMs: number | null;
  /** It has a git worktree of its own. */
  readonly worktree: boolean;
  /** It meets a usage limit that lasts so many seconds; null: none. */
  readonly limitSeconds: number | null;
  /** Null: it may not ask, and nobody says anything to it. */
  readonly talk: PlannedTalk | null;
  readonly order: PlannedOrder;
}

export interface Round {
  readonly warm: number;
  /** How long a runner whose task asks is kept. */
  readonly parkAfterMs: number;
  /** Of a group of its tasks. */
  readonly pause: PlannedPause;
  /** Workflows, schedules, and changes of what waits. */
  readonly beside: PlannedFlows;
  readonly tasks: readonly PlannedTask[];
  readonly strikes: readonly Strike[];
}

/** Round number `index` of a run: the same seed gives the same rounds, however many are played. */
export function planRound(seed: number, index: number, { strikes, real }: { strikes: number; real: boolean }): Round {
  const random = randomFrom(seed * 1_000_003 + index);
  const tasks = Math.ceil(strikes * (real ? 1 : 2.5));
  return {
    warm: index % 2,
    parkAfterMs: [0, 1000, 600_000][index % 3] ?? 0,
    pause: plannedPause(random, real),
    // A row of numbers of its own.
    beside: plannedFlows(randomFrom(seed * 2_000_003 + index), real),
    tasks: Array.from({ length: tasks }, (_, task) => plannedTask(random, real, { place: task, limited: index % 5 === 4 && task === 0 })),
    strikes: Array.from({ length: strikes }, () => plannedStrike(random, real)),
  };
}

function plannedTask(random: () => number, real: boolean, { place, limited }: { place: number; limited: boolean }): PlannedTask {
  const steps = 3 + Math.floor(random() * 4);
  const plain = {
    steps,
    stepMs: Math.round((real ? 100 : 20) + random() * (real ? 300 : 80)),
    afterMs: Math.round(random() * (real ? 600 : 150)),
    background: random() < 0.2,
    worktree: random() < 0.4,
    cancelAfterMs: random() < 0.1 ? Math.round(random() * (real ? 4000 : 1000)) : null,
  };
  if (limited && !real) return { ...plain, limitSeconds: 3, talk: null, order: noOrder };
  const talk = random() < 0.6 ? plannedTalk(random, steps, real) : null;
  const order = plannedOrder(random, place, { real, isQuiet: talk === null });
  return { ...plain, background: plain.background && talk === null, limitSeconds: null, talk, order };
}

function plannedStrike(random: () => number, real: boolean): Strike {
  const common = { afterMs: Math.round(random() ** 2 * (real ? 1500 : 400)), victim: random(), hasty: random() < 0.25 };
  const pauseMs = Math.round(50 + random() * 600);
  const dice = random();
  if (dice < 0.2) return { ...common, how: "SIGKILL", target: "server" };
  if (dice < 0.35) return { ...common, how: "SIGKILL", target: "runner" };
  if (dice < 0.45) return { ...common, how: "SIGKILL", target: real ? "claude" : "runner" };
  if (dice < 0.6) return { ...common, how: "SIGKILL", target: "all" };
  if (dice < 0.65) return { ...common, how: "SIGSTOP", target: "runner", pauseMs };
  if (dice < 0.7) return { ...common, how: "SIGSTOP", target: real ? "claude" : "server", pauseMs };
  if (dice < 0.78) return { ...common, how: "takeover", target: "server", pauseMs };
  const places = real ? placesOfTasks : placesOfTasks.filter((name) => !name.startsWith("session."));
  const place = places[Math.floor(random() * places.length)] ?? "store.commit.before";
  return { ...common, how: "failpoint", target: placesOfRunners.has(place) ? "runner" : "server", place };
}

/**
 * The workload puts no files back, and applies and removes no work tree. Only Claude Code has
 * sessions that are copied and repaired.
 */
const placesOfTasks = failpointNames.filter((name) => !/^(put-back|trash|apply|land)\./.test(name));

const placesOfRunners: ReadonlySet<FailpointName> = new Set([
  "attempt.started",
  "worktree.branch",
  "worktree.added",
  "worktree.files",
  "snapshot.indexed",
  "snapshot.committed",
  "snapshot.referenced",
  "session.copied",
  "session.repaired",
  "session.deferred",
  "journal.write.before",
  "journal.write.after",
  "attempt.end.before",
  "attempt.end.after",
]);

/** Uniform in [0, 1), the same row of numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
