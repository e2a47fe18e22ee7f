/**
 * What must be true after every round, looked at from outside: a copy of the database, the
 * journals, the side effects, the process table.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { rawLogPath } from "../../src/config/paths.ts";
import { eventsFromRecord } from "../../src/domain/events/events-from-record.ts";
import type { JournalRecord } from "../../src/domain/events/record.ts";
import { markersInUse } from "../../src/processes/process-table.ts";
import { markerName } from "../../src/processes/sweep.ts";
import { findDamagedPages, findDamage } from "../../src/store/sqlite/file/check.ts";
import { within } from "../../testing/wait.ts";
import type { Observer } from "./observer.ts";
import type { Acknowledged } from "./workload.ts";
import type { World } from "./world.ts";

/** Sentences about what is broken; all of them must stay empty. */
export interface Findings {
  /** Acknowledged tasks that are gone, did not end, or ended otherwise than they should. */
  readonly lost: string[];
  /** Tasks, events or finished steps that are there more than once. */
  readonly duplicated: string[];
  /** Processes of tasks that have ended. */
  readonly orphans: string[];
  /** Everything else: gaps, limits, damage, servers that died by themselves. */
  readonly broken: string[];
}

export interface Counts {
  readonly tasks: number;
  readonly events: number;
  readonly attempts: number;
  readonly resumed: number;
  /**
   * Steps that ran again because they were cut before their result was known: the one thing that is
   * allowed.
   */
  readonly repeatedInFlight: number;
}

interface AttemptRow {
  readonly id: number;
  readonly task_id: number;
  readonly number: number;
  readonly runner_id: string;
  readonly resume: number;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly outcome: string | null;
}

interface EventRow {
  readonly task_id: number;
  readonly seq: number;
  readonly attempt_id: number | null;
  readonly type: string;
  readonly data: string;
}

interface TaskRow {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly error: string | null;
  readonly result: string | null;
  readonly last_seq: number;
}

/** A parked runner whose server died before it connected leaves after 10 s. */
const partingMs = 60_000;

/** Checks a world in which every task should have ended and the server rests. */
export async function inspect(
  world: World,
  observer: Observer,
  acknowledged: readonly Acknowledged[],
  patienceMs = partingMs,
): Promise<{ found: Findings; counts: Counts }> {
  const found: Findings = { lost: [], duplicated: [], orphans: await orphans(world, observer, patienceMs), broken: world.deaths.splice(0) };
  const file = path.join(world.place.directory, "copy.db");
  rmSync(file, { force: true });
  observer.copyTo(file);
  const copy = new Database(file, { readonly: true });
  const all = <Row>(sql: string): Row[] => copy.prepare<[], Row>(sql).all();
  const tasks = all<TaskRow>("SELECT id, name, status, error, result, last_seq FROM tasks JOIN task_texts ON task_id = id");
  const attempts = all<AttemptRow>("SELECT * FROM attempts ORDER BY id");
  const events = all<EventRow>("SELECT * FROM events ORDER BY task_id, seq");
  found.broken.push(...findDamagedPages(copy, file), ...findDamage(copy, file));
  copy.close();
  const eventsOf = Map.groupBy(events, ({ task_id }) => task_id);
  const attemptsOf = Map.groupBy(attempts, ({ task_id }) => task_id);
  checkTasks(tasks, acknowledged, eventsOf, found);
  checkNumbers(tasks, eventsOf, found);
  checkAttempts(attempts, attemptsOf, world.options.workers, found);
  for (const { id } of tasks) checkJournal(rawLogPath(world.paths, id), attemptsOf.get(id) ?? [], eventsOf.get(id) ?? [], found);
  const repeated = acknowledged.map((task) => checkSteps(task, attemptsOf.get(task.id) ?? [], eventsOf.get(task.id) ?? [], found));
  const counts = {
    tasks: tasks.length,
    events: events.length,
    attempts: attempts.length,
    resumed: attempts.filter(({ resume }) => resume === 1).length,
    repeatedInFlight: repeated.reduce((sum, each) => sum + each, 0),
  };
  return { found, counts };
}

function checkTasks(
  tasks: readonly TaskRow[],
  acknowledged: readonly Acknowledged[],
  eventsOf: ReadonlyMap<number, readonly EventRow[]>,
  found: Findings,
): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const [name, same] of Map.groupBy(tasks, (task) => task.name))
    if (same.length > 1) found.duplicated.push(`${name} is there ${same.length} times`);
  for (const { id, name, cancelled, planned } of acknowledged) {
    const task = byId.get(id);
    if (task === undefined) {
      found.lost.push(`task ${id} (${name}) is gone`);
      continue;
    }
    const expected = cancelled ? "cancelled" : "completed";
    if (task.status !== expected) found.lost.push(`task ${id} is ${task.status}, not ${expected}: ${task.error ?? ""}`);
    if (expected === "completed" && task.result !== "All steps are done.")
      found.lost.push(`task ${id} of ${planned.steps} steps has the result ${String(task.result)}`);
    const ends = (eventsOf.get(id) ?? []).filter(({ type }) => type === "ended").length;
    if (ends !== 1) found.duplicated.push(`task ${id} ended ${ends} times`);
  }
}

function checkNumbers(tasks: readonly TaskRow[], eventsOf: ReadonlyMap<number, readonly EventRow[]>, found: Findings): void {
  for (const { id, last_seq } of tasks) {
    const numbers = (eventsOf.get(id) ?? []).map(({ seq }) => seq);
    const whole = numbers.length === last_seq && numbers.every((seq, index) => seq === index + 1);
    if (!whole) found.broken.push(`task ${id} has the event numbers ${numbers.join(" ")} and says ${last_seq}`);
  }
}

/**
 * One attempt at a time for a task, numbered without gap, and never more at once than there are
 * slots.
 */
function checkAttempts(
  attempts: readonly AttemptRow[],
  attemptsOf: ReadonlyMap<number, readonly AttemptRow[]>,
  workers: number,
  found: Findings,
): void {
  for (const [task, own] of attemptsOf) {
    own.forEach((attempt, index) => {
      const before = own[index - 1];
      if (attempt.number !== index + 1) found.broken.push(`task ${task} has attempt ${attempt.number} in place ${index + 1}`);
      if (attempt.ended_at === null) found.broken.push(`attempt ${attempt.id} of task ${task} is still open`);
      if (before !== undefined && (before.ended_at ?? Infinity) > attempt.started_at)
        found.duplicated.push(`task ${task} ran twice at once`);
    });
  }
  const steps = attempts
    .flatMap(({ started_at, ended_at }) => [
      { at: started_at, by: 1 },
      { at: ended_at ?? Infinity, by: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || a.by - b.by);
  let running = 0;
  let most = 0;
  for (const { by } of steps) most = Math.max(most, (running += by));
  if (most > workers) found.broken.push(`${most} attempts ran at once; the limit is ${workers}`);
}

const ofTheServer = new Set(["submitted", "started", "resumed", "requeued", "cancel_requested", "retried", "ended"]);

/** Every record of every attempt made its events, in order, once. */
function checkJournal(file: string, attempts: readonly AttemptRow[], events: readonly EventRow[], found: Findings): void {
  const records = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1).flatMap(recordIn) : [];
  for (const { id } of attempts) {
    const own = records.filter((record) => record._attempt === id);
    own.forEach((record, index) => {
      if (record._n !== index + 1) found.broken.push(`${file}: record ${record._n} of attempt ${id} stands in place ${index + 1}`);
    });
    const expected = own.flatMap(eventsFromRecord).map(({ type, data }) => `${type} ${keyOf(data)}`);
    const stored = events
      .filter((event) => event.attempt_id === id && !ofTheServer.has(event.type))
      .map((event) => ({ type: event.type, data: JSON.parse(event.data) as Record<string, unknown> }))
      .filter(({ data }) => data["by"] !== "server")
      .map(({ type, data }) => `${type} ${keyOf(data)}`);
    if (expected.join("\n") === stored.join("\n")) continue;
    const list = stored.length > expected.length ? found.duplicated : found.lost;
    list.push(`attempt ${id}: the journal has the events\n  ${expected.join("\n  ")}\nthe store has\n  ${stored.join("\n  ")}`);
  }
}

function recordIn(line: string): JournalRecord[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as JournalRecord];
  } catch {
    return []; // A torn line: its record was never told to anyone.
  }
}

function keyOf(data: Readonly<Record<string, unknown>>): string {
  return String(data["tool_use_id"] ?? data["text"] ?? data["session_id"] ?? "").slice(0, 60);
}

interface StepLine {
  readonly step: number;
  readonly runner: string;
}

function stepLinesOf({ file }: Acknowledged): StepLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => ({ step: Number(line.split(" ")[0]), runner: line.split(" ")[1] ?? "" }));
}

/**
 * What the steps themselves say: the runners of a task worked one after the other, in the order of
 * its attempts.
 */
function checkTurns({ id }: Acknowledged, lines: readonly StepLine[], attempts: readonly AttemptRow[], found: Findings): void {
  const numbers = new Map(attempts.map(({ runner_id, number }) => [runner_id, number]));
  const turns = lines.map(({ runner }) => numbers.get(runner) ?? 0);
  if (turns.includes(0)) found.broken.push(`task ${id} had steps from a runner that has no attempt of it: ${JSON.stringify(lines)}`);
  if (turns.some((turn, index) => turn < (turns[index - 1] ?? 0)))
    found.duplicated.push(`task ${id} ran twice at once: its steps came from the attempts ${turns.join(" ")}`);
}

/**
 * Every step ran; a step whose result is in the story never ran again. @returns how many runs were
 * repeats of steps that were cut in flight.
 */
function checkSteps(task: Acknowledged, attempts: readonly AttemptRow[], events: readonly EventRow[], found: Findings): number {
  const lines = stepLinesOf(task);
  checkTurns(task, lines, attempts, found);
  const finishedIn = finishingAttempts(attempts, events);
  let repeated = 0;
  for (let number = 1; number <= task.planned.steps; number += 1) {
    const runs = lines.filter(({ step }) => step === number).length;
    const finished = finishedIn.get(number);
    if (runs === 0 && !task.cancelled) found.lost.push(`step ${number} of task ${task.id} never ran: ${JSON.stringify(lines)}`);
    if (finished !== undefined && runs > finished)
      found.duplicated.push(`step ${number} of task ${task.id} was finished in attempt ${finished} and ran ${runs} times`);
    repeated += Math.max(0, runs - 1);
  }
  const asked = askedAgain(events);
  if (asked !== null) found.duplicated.push(`step ${asked} of task ${task.id} was asked for again after it had finished`);
  return repeated;
}

/**
 * Step → number of the attempt whose story has its result. Each attempt may have run it at most
 * once until then.
 */
function finishingAttempts(attempts: readonly AttemptRow[], events: readonly EventRow[]): Map<number, number> {
  const numbers = new Map(attempts.map(({ id, number }) => [id, number]));
  const finished = new Map<number, number>();
  for (const { step, attemptId, done } of stepsIn(events)) {
    if (done && !finished.has(step)) finished.set(step, numbers.get(attemptId ?? 0) ?? 0);
  }
  return finished;
}

/** The first step that was begun after its result was in the story. */
function askedAgain(events: readonly EventRow[]): number | null {
  const finished = new Set<number>();
  for (const { step, done } of stepsIn(events)) {
    if (done) finished.add(step);
    else if (finished.has(step)) return step;
  }
  return null;
}

interface StepMark {
  readonly step: number;
  readonly attemptId: number | null;
  readonly done: boolean;
}

function stepsIn(events: readonly EventRow[]): StepMark[] {
  const calls = new Map<string, number>();
  return events.flatMap((event): StepMark[] => {
    if (event.type !== "tool_use" && event.type !== "tool_result") return [];
    const data = JSON.parse(event.data) as { tool_use_id: string; input?: { command?: string }; is_error?: boolean };
    const key = `${event.attempt_id} ${data.tool_use_id}`;
    if (event.type === "tool_use") {
      const step = Number(/^(?:step|echo) (\d+)/.exec(data.input?.command ?? "")?.[1] ?? 0);
      calls.set(key, step);
      return [{ step, attemptId: event.attempt_id, done: false }];
    }
    const step = calls.get(key);
    return step === undefined || data.is_error === true ? [] : [{ step, attemptId: event.attempt_id, done: true }];
  });
}

/**
 * With every task ended, no process of a runner that had an attempt may be there; of the others
 * only as many as are parked.
 */
async function orphans(world: World, observer: Observer, patienceMs: number): Promise<string[]> {
  let found = "";
  const none = await within(patienceMs, async () => {
    const markers = [...(await markersInUse(markerName))].filter((id) => id.startsWith(world.idPrefix));
    const { parked } = (await world.client.server()).workers;
    const used = observer.usedRunners();
    const left = markers.filter((id) => used.has(id));
    // A parked runner that is still starting does not count as parked yet.
    const unused = markers.length - left.length;
    found = `processes of ended attempts: ${left.join(" ") || "none"}; ${unused} runners without an attempt, ${parked} parked`;
    return left.length === 0 && unused <= Math.max(parked, world.warm);
  });
  return none === null ? [found] : [];
}
