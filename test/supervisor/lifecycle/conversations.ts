/**
 * Commands on conversations: turns, forks and rewinds at any of them. Claude Code's transcripts are
 * files, and the copies are those of the real runner's code.
 */
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { copySession } from "../../../src/agent/copy-session.ts";
import type { AttemptContext } from "../../../src/supervisor/attempt-context.ts";
import { pathsFrom } from "../../../src/config/paths.ts";
import { isTerminal } from "../../../src/domain/task/task.ts";
import { forkTask } from "../../../src/operations/tasks/fork-task.ts";
import { WorkspaceGate } from "../../../src/operations/workspaces/workspace-gate.ts";
import { GitProgram } from "../../../src/git/git-program.ts";
import { rewindTask } from "../../../src/operations/tasks/rewind-task.ts";
import { startMessage } from "../../../src/supervisor/start-message.ts";
import { caller, newTask, write } from "./model.ts";
import type { Model, ModelTask, Real, Turn } from "./model.ts";

/** Claude Code's home of a run. */
export const homeOf = ({ directory }: Pick<Real, "directory">): Record<string, string> => ({ HOME: directory });

function transcriptOf({ directory }: Pick<Real, "directory">, session: string): string {
  return path.join(directory, ".claude", "projects", "work", `${session}.jsonl`);
}

function lineOf(sessionId: string, { now }: Model, entry: object): string {
  return `${JSON.stringify({ ...entry, sessionId, timestamp: new Date(now).toISOString() })}\n`;
}

/** As the runner: a session that begins with a copy is copied, where that has not happened. */
export function beginSession({ task, id, model, real }: Turn): void {
  const session = task.open?.session ?? assert.fail();
  const file = transcriptOf(real, session);
  if (existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  const { store, directory } = real;
  const paths = { ...pathsFrom(homeOf(real)), logs: directory };
  const attempt = store.attempts.open().find(({ taskId }) => taskId === id) ?? assert.fail();
  const { copyOf } = startMessage({ store, paths } as AttemptContext, store.tasks.get(id) ?? assert.fail(), attempt);
  // Claude Code writes the prompt before it asks the model.
  if (copyOf !== undefined) assert.ok(copySession(homeOf(real), copyOf, session));
  else appendFileSync(file, lineOf(session, model, { type: "user", uuid: `prompt of ${session}` }));
  if (!model.sessions.has(session)) model.sessions.set(session, [...task.begins]);
  if (model.sessions.get(session)?.length !== 0) model.copies += 1;
}

/** A message of the model. A kill may leave it in the journal alone. */
export function turn(given: Turn): void {
  const { task, model, real, pick } = given;
  const { session } = task.open ?? assert.fail();
  const message = `msg_${(model.keys += 1)}`;
  const content = [{ type: "text", text: message }];
  const record = { type: "assistant", message: { id: message, model: "m", content } };
  if (pick > 0) {
    appendFileSync(transcriptOf(real, session), lineOf(session, model, { ...record, uuid: `line of ${message}` }));
    model.sessions.get(session)?.push(message);
  }
  write(given, record, null, () => void task.turns.push(message));
}

/** A turn of the task, or one that it does not have. */
function chosen({ task, pick, model }: Turn): number {
  return ((model.keys + pick) % (task.turns.length + 1)) + 1;
}

/**
 * The conversation up to a turn, in the newest session of the task that has it; null: none has it.
 */
function conversationTo({ sessions }: Model, task: ModelTask, turnNumber: number): string[] | null {
  const message = task.turns[turnNumber - 1];
  const all = [...task.past.map(({ session }) => session), task.open?.session, task.session];
  for (const session of all.toReversed()) {
    const messages = sessions.get(session ?? "") ?? [];
    if (message !== undefined && messages.includes(message)) return messages.slice(0, messages.indexOf(message) + 1);
  }
  return null;
}

export async function fork(given: Turn, isAtTurn: boolean): Promise<void> {
  const { task, id, model, real } = given;
  const at = isAtTurn ? chosen(given) : undefined;
  const input = { prompt: "Try it with Redis instead", ...(at === undefined ? {} : { at }) };
  const forking = forkTask(real.contextOf(real.store, model.now), id, input, caller);
  if (task.session === null) return await assert.rejects(forking, { code: "conflict" });
  if (at !== undefined && at > task.turns.length) return await assert.rejects(forking, { code: "not_found" });
  const begins = at === undefined ? model.sessions.get(task.session) : conversationTo(model, task, at);
  if (begins == null) return await assert.rejects(forking, { code: "conflict" });
  const { id: forked } = await forking;
  const { group, locks } = task;
  model.tasks.push(newTask(task.late, { needs: [], stashed: false, notBefore: null, group, locks: [...locks] }, [...begins]));
  assert.equal(forked, model.tasks.length);
}

/** The next attempt begins with a copy; no session is changed. */
export async function rewind(given: Turn): Promise<void> {
  const { task, id, model, real } = given;
  const to = chosen(given);
  const env = homeOf(real);
  const context = { ...real.contextOf(real.store, model.now), env, gate: new WorkspaceGate(), git: new GitProgram(env) };
  const rewinding = rewindTask(context, id, { to, files: true, force: false, dry_run: false }, caller);
  const waits = task.messages.some(({ status }) => status === "queued");
  if (!isTerminal(task.status) || task.session === null || waits) return await assert.rejects(rewinding, { code: "conflict" });
  if (to > task.turns.length) return await assert.rejects(rewinding, { code: "not_found" });
  const conversation = conversationTo(model, task, to);
  if (conversation === null) return await assert.rejects(rewinding, { code: "conflict" });
  task.session = (await rewinding).task.sessionId;
  model.sessions.set(task.session ?? "", conversation);
}

/** Every session that there is holds what it should: none is cut, and copies are whole. */
export function agreeOnSessions({ sessions }: Model, real: Real): void {
  for (const [session, messages] of sessions) {
    const file = transcriptOf(real, session);
    if (!existsSync(file)) continue; // A rewind has chosen it, and no attempt has begun with it.
    const held = [...readFileSync(file, "utf8").matchAll(/"message":\{"id":"(msg_\d+)"/g)].map(([, id]) => id);
    assert.deepEqual(held, messages, `the session ${session}`);
  }
}
