/**
 * What must be true after every round, looked at from outside: a copy of the database, the
 * journals, the side effects, the process table.
 */
import { rawLogPath } from "../../src/config/paths.ts";
import { markersInUse } from "../../src/processes/process-table.ts";
import { markerName } from "../../src/processes/sweep.ts";
import { within } from "../../testing/wait.ts";
import { checkClockwork } from "./check-clockwork.ts";
import { checkFlows } from "./check-flows.ts";
import { checkJournal } from "./check-journal.ts";
import { checkNotices } from "./check-notices.ts";
import { checkOrder, hasLane } from "./check-order.ts";
import { checkSteps } from "./check-steps.ts";
import { checkTalk } from "./check-talk.ts";
import { checkWorkspaces } from "./check-workspaces.ts";
import { finalText } from "./conversation.ts";
import type { Acknowledged, Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import type { PlannedOrder } from "./plan-order.ts";
import { snapshot } from "./snapshot.ts";
import type { AttemptRow, Counts, EventRow, Findings, Snapshot, TaskRow } from "./snapshot.ts";
import type { World } from "./world.ts";

/** A parked runner whose server died before it connected leaves after 10 s. */
const partingMs = 60_000;

/** Checks a world in which every task should have ended and the server rests. */
export async function inspect(
  world: World,
  observer: Observer,
  ledger: Ledger,
  patienceMs = partingMs,
): Promise<{ found: Findings; counts: Counts }> {
  const found: Findings = { lost: [], duplicated: [], orphans: await orphans(world, observer, patienceMs), broken: world.deaths.splice(0) };
  const rows = snapshot(world.place.directory, observer);
  const { tasks, attempts, events } = rows;
  found.broken.push(...rows.damage);
  const eventsOf = Map.groupBy(events, ({ task_id }) => task_id);
  const attemptsOf = Map.groupBy(attempts, ({ task_id }) => task_id);
  checkTasks(rows, ledger.tasks, eventsOf, found);
  checkNumbers(tasks, eventsOf, found);
  checkAttempts(rows, attemptsOf, world.options.workers, found);
  for (const { id } of tasks) checkJournal(rawLogPath(world.paths, id), attemptsOf.get(id) ?? [], eventsOf.get(id) ?? [], found);
  const expected = checkTalk(world, ledger, rows, found);
  checkNotices(world, ledger, rows, found);
  checkOrder(world, ledger, rows, found);
  checkFlows(world, ledger, rows, found);
  checkClockwork(ledger, rows, found);
  const repeated = ledger.tasks.map((task) => {
    const own = { attempts: attemptsOf.get(task.id) ?? [], events: eventsOf.get(task.id) ?? [] };
    return checkSteps(task, expected(task), own, found);
  });
  checkWorkspaces(world.place.work, rows, ledger.tasks, found);
  const counts = {
    tasks: tasks.length,
    events: events.length,
    attempts: attempts.length,
    resumed: attempts.filter(({ resume }) => resume === 1).length,
    repeatedInFlight: repeated.reduce((sum, each) => sum + each, 0),
    answered: rows.questions.filter(({ status }) => status === "applied").length,
    delivered: rows.messages.filter(({ status }) => status === "done").length,
    byPhone: rows.questions.filter(({ answered_by: by }) => by?.startsWith("channel:") === true).length,
    notified: world.hook.received.length,
    dependent: new Set(rows.dependencies.map(({ task_id }) => task_id)).size,
    skipped: tasks.filter(({ status }) => status === "skipped").length,
    revived: events.filter(({ type }) => type === "revived").length,
    inLanes: tasks.filter(hasLane).length,
    flows: rows.flows.length,
    inFlows: rows.steps.length,
    fired: rows.occurrences.filter(({ kind }) => kind === "due").length,
  };
  return { found, counts };
}

function checkTasks(
  { tasks, steps }: Snapshot,
  acknowledged: readonly Acknowledged[],
  eventsOf: ReadonlyMap<number, readonly EventRow[]>,
  found: Findings,
): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  // Each run of a scheduled workflow has tasks of the same names.
  const inRuns = new Set(steps.map(({ task_id }) => task_id));
  for (const [name, same] of Map.groupBy(
    tasks.filter(({ id }) => !inRuns.has(id)),
    (task) => task.name,
  ))
    if (same.length > 1 && name !== null) found.duplicated.push(`${name} is there ${same.length} times`);
  for (const { id, name, cancelled, planned, said } of acknowledged) {
    const task = byId.get(id);
    if (task === undefined) {
      found.lost.push(`task ${id} (${name}) is gone`);
      continue;
    }
    const own = eventsOf.get(id) ?? [];
    // What was to continue the task was taken back.
    const isTakenBack = task.status === "cancelled" && said.some(({ isUnsent }) => isUnsent !== false);
    // A message that came just after the end of a cancelled task continues it.
    const isContinued = own.findLast(isEndOrMessage)?.type === "message_queued";
    const expected = (cancelled && !isContinued) || isTakenBack ? "cancelled" : endOf(planned.order, task.status, own);
    if (task.status !== expected) found.lost.push(`task ${id} is ${task.status}, not ${expected}: ${task.error ?? ""}`);
    if (expected === "completed" && task.result !== finalText)
      found.lost.push(`task ${id} of ${planned.steps} steps has the result ${String(task.result)}`);
    const ends = own.filter(({ type }) => type === "ended").length;
    const begins = 1 + own.filter(isNewBeginning).length;
    if (ends !== begins) found.duplicated.push(`task ${id} began ${begins} times and ended ${ends} times`);
  }
}

/** How a task ends that is not cancelled. Whether it was skipped rightly is for check-order.ts. */
function endOf({ fails, after }: PlannedOrder, status: string, events: readonly EventRow[]): string {
  if (status === "skipped" && after.length > 0) return status;
  const isHelped = fails === "once" && events.some(({ type, data }) => type === "retried" && data.includes('"was":"failed"'));
  return fails === "never" || isHelped ? "completed" : "failed";
}

function isNewBeginning({ type, data }: EventRow): boolean {
  return type === "retried" || type === "revived" || (type === "message_queued" && !data.includes('"was":null'));
}

/** Whether a task was cancelled here, or a message continued a cancelled one. */
function isEndOrMessage({ type, data }: EventRow): boolean {
  return (type === "ended" && data.includes('"status":"cancelled"')) || (type === "message_queued" && data.includes('"was":"cancelled"'));
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
  { attempts, questions }: Snapshot,
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
  // Nobody can see from outside whether an attempt that was kept held a slot.
  const kept = new Set(questions.map(({ task_id }) => task_id));
  const steps = attempts
    .filter(({ task_id }) => !kept.has(task_id))
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
