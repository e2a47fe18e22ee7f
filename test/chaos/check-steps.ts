/** Checks the steps of tasks: each ran, one attempt after another, and none again after its end. */
import { existsSync, readFileSync } from "node:fs";
import { stepOfCall } from "./conversation.ts";
import type { Acknowledged } from "./ledger.ts";
import type { AttemptRow, EventRow, Findings } from "./snapshot.ts";

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

/** What the talk says about a task's steps. */
export interface Expected {
  /** Steps that must have left their mark, unless the task was cancelled. */
  readonly marks: readonly number[];
  /** Steps that a person denied, so that they must not have run. */
  readonly denied: ReadonlySet<number>;
  /** How often a message interrupted a turn, and with it a step that may have run. */
  readonly interrupts: number;
}

/**
 * Every step ran; a step whose result is in the story never ran again.
 * @returns how many runs were repeats of steps that were cut in flight.
 */
export function checkSteps(
  task: Acknowledged,
  expected: Expected,
  { attempts, events }: { attempts: readonly AttemptRow[]; events: readonly EventRow[] },
  found: Findings,
): number {
  const lines = stepLinesOf(task);
  checkTurns(task, lines, attempts, found);
  const finishedIn = finishingAttempts(attempts, events);
  let repeated = 0;
  for (const number of new Set([...expected.marks, ...lines.map(({ step }) => step)])) {
    const runs = lines.filter(({ step }) => step === number).length;
    const finished = finishedIn.get(number);
    const isDenied = expected.denied.has(number);
    if (isDenied && runs > 0) found.broken.push(`step ${number} of task ${task.id} was denied and ran ${runs} times`);
    if (!expected.marks.includes(number)) found.broken.push(`step ${number} of task ${task.id} ran, which nobody asked for`);
    if (runs === 0 && !task.cancelled && !isDenied)
      found.lost.push(`step ${number} of task ${task.id} never ran: ${JSON.stringify(lines)}`);
    if (finished !== undefined && runs > finished + expected.interrupts)
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
    type Block = { tool_use_id: string; input?: unknown; is_error?: boolean; parent_tool_use_id?: string };
    const data = JSON.parse(event.data) as Block;
    // A helper that is cut starts again: only its caller's call is a step.
    if (data.parent_tool_use_id !== undefined) return [];
    const key = `${event.attempt_id} ${data.tool_use_id}`;
    if (event.type === "tool_use") {
      const step = stepOfCall(data.input);
      if (step === null) return [];
      calls.set(key, step);
      return [{ step, attemptId: event.attempt_id, done: false }];
    }
    const step = calls.get(key);
    return step === undefined || data.is_error === true ? [] : [{ step, attemptId: event.attempt_id, done: true }];
  });
}
