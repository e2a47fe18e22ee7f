/**
 * Says to Claude that the verification of its work failed: a message, in the commit that ends the
 * attempt.
 */
import { randomUUID } from "node:crypto";
import { resultsIn } from "../domain/events/verify-events.ts";
import type { Attempt, Task } from "../domain/task/task.ts";
import { cutString } from "../domain/text/cut-json.ts";
import { bestSoFar, failureMessage, scoreMessage } from "../domain/verification/verify-texts.ts";
import { bestIteration, iterationText } from "../domain/verification/loop.ts";
import type { LoopState } from "../domain/verification/loop.ts";
import { verdictOf } from "../domain/verification/verify-result.ts";
import { checksOf, scoreCheck } from "../domain/verification/checks.ts";
import type { Store } from "../store/store.ts";

/** Stands as the sender of the message. The names of tokens have a prefix. */
const sender = "verification";
/** How much of a message its event has. */
const shownCharacters = 2000;

/**
 * Inside `write`. @param failed `number`: which failure in a row it is; `loop`: how the task's loop
 * stands, null where it is not one.
 */
export function sayFailure(
  store: Store,
  { task, attempt, number, loop, now }: { task: Task; attempt: Attempt; number: number; loop: LoopState | null; now: number },
): void {
  const results = resultsIn(store.events.ofAttempt(attempt.id, ["verify_ended"]), failedBefore(store, task));
  const verdict = verdictOf(checksOf(task), results);
  if (verdict.kind !== "failed") return;
  const key = randomUUID();
  const mark = `[end of output ${key.slice(0, 8)}]`;
  const count = loop === null ? `check ${number} of at most ${task.verifyTries}` : iterationText(loop);
  const best = loop === null ? null : bestText(store, task, loop);
  say(store, { task, key, text: failureMessage({ results: verdict.results, count, best, isFresh: loop?.context === "fresh", mark }), now });
}

/** Inside `write`. Says how the iteration was scored, after which another one follows. */
export function sayScore(store: Store, { task, attempt, loop, now }: { task: Task; attempt: Attempt; loop: LoopState; now: number }): void {
  const result = resultsIn(store.events.ofAttempt(attempt.id, ["verify_ended"])).findLast(({ name }) => name === scoreCheck);
  if (result === undefined || loop.goal === null) return;
  const key = randomUUID();
  const said = {
    result,
    goal: loop.goal,
    count: iterationText(loop),
    best: bestText(store, task, loop),
    isFresh: loop.context === "fresh",
  };
  say(store, { task, key, text: scoreMessage({ ...said, mark: `[end of output ${key.slice(0, 8)}]` }), now });
}

/** Which iteration is the best so far, and where its files are. Null: none is. */
function bestText(store: Store, { id }: Task, loop: LoopState): string | null {
  const best = bestIteration(loop);
  if (best === null) return null;
  const commit = best.checkpoint === null ? null : (store.checkpoints.get(id, best.checkpoint)?.commit ?? null);
  return bestSoFar({ number: best.number, score: best.score ?? 0, isLast: best === loop.iterations.at(-1), commit });
}

function say(store: Store, { task, key, text, now }: { task: Task; key: string; text: string; now: number }): void {
  // As that of an agent: what programs print names no file that Claude Code would read by itself.
  const sent = { taskId: task.id, key, text, delivery: "next", continues: false, sentBy: sender, byAgent: true, queuedAt: now } as const;
  const { id: message } = store.messages.insert(sent);
  const { value, truncated } = cutString(text, shownCharacters);
  const data = { by: sender, message, text: value, was: null, ...(truncated ? { truncated: true as const } : {}) };
  store.events.append(task.id, null, [{ type: "message_queued", at: now, data }]);
}

/** The names of the task's commands that failed before Claude began. */
export function failedBefore(store: Store, { id, verifyBaseline }: Task): ReadonlySet<string> {
  if (!verifyBaseline) return new Set();
  const runs = store.verifications.ofTask(id).filter(({ isBaseline, isStale, state }) => isBaseline && !isStale && state === "failed");
  return new Set(runs.map(({ name }) => name));
}
