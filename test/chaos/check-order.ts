/**
 * Checks the order of work of a chaos round from outside: the story of all tasks is played again,
 * event after event, with rules of its own, and the journals of the runners say who worked when.
 */
import { existsSync, readFileSync } from "node:fs";
import { rawLogPath } from "../../src/config/paths.ts";
import type { Acknowledged, Ledger } from "./ledger.ts";
import { limits } from "./plan-order.ts";
import type { AttemptRow, Edge, EventRow, Findings, Snapshot, TaskRow } from "./snapshot.ts";
import type { World } from "./world.ts";

type Story = readonly Pick<EventRow, "id" | "task_id" | "type" | "data">[];

/** Skipped by a workflow, not because of a dependency. */
const ofWorkflow = new Set(["condition_false", "workflow_stopped"]);

const ends = /^(completed|failed|cancelled|skipped)$/;

/** What each task has met, as far as the story has come. */
class Replay {
  readonly #needs: ReadonlyMap<number, readonly Edge[]>;
  readonly #after: ReadonlyMap<number, readonly Edge[]>;
  readonly #status = new Map<number, string>();
  /** Edges that were met once, or waived. They stay so. */
  readonly #done = new Set<Edge>();
  /** Tasks that their workflow has skipped last. */
  readonly #chosen = new Set<number>();
  readonly sentences: string[] = [];

  /** Tasks of workflows, and what stands for them. */
  readonly #parents: ReadonlyMap<number, number>;

  constructor(edges: readonly Edge[], parents: ReadonlyMap<number, number>) {
    this.#parents = parents;
    this.#needs = Map.groupBy(edges, ({ task_id }) => task_id);
    this.#after = Map.groupBy(edges, ({ needs_id }) => needs_id);
  }

  /** The dependencies of a task that are not met, and whether they cannot be met now. */
  open(id: number): { readonly edge: Edge; readonly isImpossible: boolean }[] {
    return (this.#needs.get(id) ?? [])
      .filter((edge) => !this.#done.has(edge))
      .map((edge) => ({ edge, isImpossible: ends.test(this.#status.get(edge.needs_id) ?? "") && !this.#holds(edge) }));
  }

  play({ task_id: id, type, data }: Story[number]): void {
    type Data = { status?: string; was?: string | null; task?: number; outcome?: string };
    const { status, was, task, outcome } = JSON.parse(data) as Data;
    this.#chosen.delete(id);
    if (type === "ended" && ofWorkflow.has(outcome ?? "")) return this.#choose(id, status ?? "", outcome ?? "");
    if (type === "submitted") this.#become(id, "pending");
    if (type === "started" || type === "resumed") this.#start(id);
    if (type === "ended") this.#end(id, status ?? "");
    if (type === "message_queued" && was != null) this.#become(id, "pending");
    if (type === "retried") this.#retry(id, was ?? "");
    if (type === "revived") this.#revive(id, task ?? 0);
  }

  #holds({ needs_id, condition }: Edge): boolean {
    const status = this.#status.get(needs_id) ?? "";
    return ends.test(status) && (condition === "ended" || condition === status);
  }

  #become(id: number, status: string): void {
    this.#status.set(id, status);
    for (const edge of [...(this.#needs.get(id) ?? []), ...(this.#after.get(id) ?? [])])
      if (this.#status.has(edge.task_id) && this.#holds(edge)) this.#done.add(edge);
  }

  #start(id: number): void {
    for (const { edge } of this.open(id))
      this.sentences.push(
        `task ${id} started before task ${edge.needs_id} was ${edge.condition}: that was ${this.#status.get(edge.needs_id)}`,
      );
    this.#become(id, "running");
  }

  #end(id: number, status: string): void {
    if (status === "skipped" && !this.open(id).some(({ isImpossible }) => isImpossible))
      this.sentences.push(`task ${id} was skipped, and none of its dependencies was impossible`);
    this.#become(id, status);
  }

  /** What stands for a task whose condition does not hold does not wait for it. */
  #choose(id: number, status: string, outcome: string): void {
    this.#chosen.add(id);
    this.#become(id, status);
    const parent = this.#parents.get(id);
    for (const edge of this.#after.get(id) ?? []) if (outcome === "condition_false" && edge.task_id === parent) this.#done.add(edge);
  }

  isChosen(id: number): boolean {
    return this.#chosen.has(id);
  }

  #retry(id: number, was: string): void {
    if (was === "skipped") for (const { edge, isImpossible } of this.open(id)) if (isImpossible) this.#done.add(edge);
    this.#become(id, "pending");
  }

  #revive(id: number, because: number): void {
    const impossible = this.open(id).find(({ isImpossible }) => isImpossible);
    if (impossible !== undefined)
      this.sentences.push(`task ${id} was revived because of task ${because}, and task ${impossible.edge.needs_id} is still in its way`);
    this.#become(id, "pending");
  }
}

/**
 * Plays the story of all tasks in the order of its commits.
 * @returns what was against the rules: starts that came too early, tasks that were skipped or
 * revived wrongly, and tasks that should have been skipped at the end and were not.
 */
export function replayStory(
  edges: readonly Edge[],
  story: Story,
  statusAtEnd: ReadonlyMap<number, string>,
  parents: ReadonlyMap<number, number> = new Map(),
): string[] {
  const replay = new Replay(edges, parents);
  for (const event of story.toSorted((a, b) => a.id - b.id)) replay.play(event);
  for (const [id, status] of statusAtEnd) {
    const isImpossible = replay.open(id).some((each) => each.isImpossible);
    if (status === "skipped" && !isImpossible && !replay.isChosen(id)) replay.sentences.push(`task ${id} is skipped, and it could run`);
    if (status === "pending") replay.sentences.push(`task ${id} still waits`);
  }
  return replay.sentences;
}

/** When somebody worked, in UTC ms, both ends included. */
export interface Span {
  readonly task: number;
  readonly from: number;
  readonly to: number;
}

/** Two spans of different tasks in which both worked; null: there are none. */
export function overlapIn(spans: readonly Span[]): readonly [Span, Span] | null {
  const sorted = spans.toSorted((a, b) => a.from - b.from);
  let latest: Span | null = null;
  for (const span of sorted) {
    if (latest !== null && latest.task !== span.task && span.from < latest.to) return [latest, span];
    if (latest === null || span.to > latest.to) latest = span;
  }
  return null;
}

/** How many worked at the same time at most. */
export function mostAtOnce(spans: readonly Span[]): number {
  const steps = spans.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  let running = 0;
  let most = 0;
  for (const { by } of steps.toSorted((a, b) => a.at - b.at || a.by - b.by)) most = Math.max(most, (running += by));
  return most;
}

/** Whether a task has a lock, or a group with a limit. */
export const hasLane = ({ locks, group_name: group }: TaskRow): boolean => locks !== "[]" || Object.hasOwn(limits, group);

export function checkOrder(world: World, ledger: Ledger, rows: Snapshot, found: Findings): void {
  const { tasks, attempts, events, dependencies } = rows;
  found.broken.push(...replayStory(dependencies, events, new Map(tasks.map(({ id, status }) => [id, status])), parentsIn(rows)));
  const attemptsOf = Map.groupBy(attempts, ({ task_id }) => task_id);
  // The server's own rows, and what the runners wrote themselves.
  checkLanes(rows, attempts.map(spanOfRow), "rows", found);
  const concerned = tasks.filter(hasLane);
  checkLanes(
    rows,
    concerned.flatMap(({ id }) => spansInJournal(rawLogPath(world.paths, id), attemptsOf.get(id) ?? [])),
    "journals",
    found,
  );
  for (const task of ledger.tasks) checkStart(task, attemptsOf.get(task.id) ?? [], events, found);
  checkPauses(ledger, rows, found);
}

/** What stands for each task of a workflow, where something does. */
function parentsIn({ steps }: Snapshot): ReadonlyMap<number, number> {
  const byKey = new Map(steps.map(({ workflow_id, key, task_id }) => [`${workflow_id} ${key}`, task_id]));
  return new Map(
    steps.flatMap(({ workflow_id, parent, task_id }) => {
      const above = byKey.get(`${workflow_id} ${parent}`);
      return above === undefined ? [] : [[task_id, above] as const];
    }),
  );
}

function checkLanes({ tasks, questions }: Snapshot, spans: readonly Span[], source: string, found: Findings): void {
  const spansOf = Map.groupBy(spans, ({ task }) => task);
  const of = (chosen: readonly TaskRow[]): Span[] => chosen.flatMap(({ id }) => spansOf.get(id) ?? []);
  const locksOf = new Map(tasks.map(({ id, locks }) => [id, JSON.parse(locks) as string[]]));
  for (const lock of new Set([...locksOf.values()].flat())) {
    const overlap = overlapIn(of(tasks.filter(({ id }) => locksOf.get(id)?.includes(lock))));
    if (overlap !== null) found.broken.push(`lock ${lock} was held twice, by the ${source}: ${JSON.stringify(overlap)}`);
  }
  // A task that waits for an answer holds no place, and nobody sees from outside when it has one.
  const asked = new Set(questions.map(({ task_id }) => task_id));
  for (const [group, limit] of Object.entries(limits)) {
    const most = mostAtOnce(of(tasks.filter(({ id, group_name }) => group_name === group && !asked.has(id))));
    if (most > limit) found.broken.push(`${most} tasks of group ${group} ran at once, by the ${source}; its limit is ${limit}`);
  }
}

const spanOfRow = ({ task_id, started_at, ended_at }: AttemptRow): Span => ({ task: task_id, from: started_at, to: ended_at ?? Infinity });

/** From the first to the last record that each attempt's runner wrote. */
function spansInJournal(file: string, attempts: readonly AttemptRow[]): Span[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
  const stamps = lines.flatMap((line) => {
    const [, attempt] = /"_attempt":(\d+)/.exec(line) ?? [];
    const [, at] = /"_at":"([^"]+)"/.exec(line) ?? [];
    return attempt === undefined || at === undefined ? [] : [{ attempt: Number(attempt), at: Date.parse(at) }];
  });
  return attempts.flatMap(({ id, task_id: task }) => {
    const own = stamps.filter(({ attempt }) => attempt === id).map(({ at }) => at);
    return own.length === 0 ? [] : [{ task, from: Math.min(...own), to: Math.max(...own) }];
  });
}

/** It did not start before its time, nor while it was put aside. */
function checkStart(
  { id, planned, notBefore }: Acknowledged,
  attempts: readonly AttemptRow[],
  events: readonly EventRow[],
  found: Findings,
): void {
  const [first] = attempts;
  if (first === undefined) return;
  if (notBefore !== null && first.started_at < notBefore)
    found.broken.push(`task ${id} started ${notBefore - first.started_at} ms before its time`);
  if (planned.order.stashMs === null) return;
  const own = events.filter(({ task_id, type }) => task_id === id && /^(enqueued|started|resumed)$/.test(type));
  if (own[0]?.type !== "enqueued") found.broken.push(`task ${id} started while it was put aside`);
}

function checkPauses({ pauses }: Ledger, { tasks, attempts }: Snapshot, found: Findings): void {
  const groupOf = new Map(tasks.map(({ id, group_name }) => [id, group_name]));
  for (const { group, from, to } of pauses)
    for (const { task_id: task, started_at: at } of attempts)
      if (groupOf.get(task) === group && at > from && at < to)
        found.broken.push(`task ${task} started while its group ${group} was paused`);
}
