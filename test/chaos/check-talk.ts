/**
 * Checks what was said between tasks and people: no answer is lost or counts twice, nothing is
 * asked twice, and each message is in its conversation once and in order.
 */
import { existsSync, readFileSync } from "node:fs";
import { rawLogPath } from "../../src/config/paths.ts";
import { findTranscript } from "../../src/config/claude-transcript.ts";
import type { Expected } from "./check-steps.ts";
import { noteOf, saidIn, stepOfCall } from "./conversation.ts";
import type { Acknowledged, Ledger, Said } from "./ledger.ts";
import type { EventRow, Findings, MessageRow, QuestionRow, Snapshot, TaskRow } from "./snapshot.ts";
import type { World } from "./world.ts";

interface TaskTalk {
  readonly task: Acknowledged;
  readonly row: TaskRow | undefined;
  readonly questions: readonly QuestionRow[];
  readonly messages: ReadonlyMap<number, MessageRow>;
  readonly events: readonly EventRow[];
}

/** @returns what the talk of a task says about its steps. */
export function checkTalk(world: World, ledger: Ledger, rows: Snapshot, found: Findings): (task: Acknowledged) => Expected {
  const messages = new Map(rows.messages.map((message) => [message.id, message]));
  const talks = new Map<number, TaskTalk>();
  for (const task of ledger.tasks) {
    const talk = {
      task,
      row: rows.tasks.find(({ id }) => id === task.id),
      questions: rows.questions.filter(({ task_id }) => task_id === task.id),
      messages,
      events: rows.events.filter(({ task_id }) => task_id === task.id),
    };
    talks.set(task.id, talk);
    checkQuestions(world, talk, found);
    for (const said of task.said) checkMessage(talk, said, found);
    checkConversation(world, talk, found);
  }
  checkAnswers(ledger, rows, found);
  world.model.forget();
  return (task) => expectedOf(world, talks.get(task.id));
}

/** The results that Claude Code gives to a call when its turn is interrupted. */
const interrupted = /^The user doesn't want to (take this action right now|proceed with this tool use)\./;

const isInterrupted = ({ text }: { readonly text?: string }): boolean => interrupted.test(text ?? "");

/** An interrupt or a cancel may end a question without an answer; nothing else may. */
function mayLose({ task }: TaskTalk): boolean {
  return task.cancelled || task.said.some(({ way }) => way === "now");
}

function checkQuestions(world: World, talk: TaskTalk, found: Findings): void {
  const { task, questions, events } = talk;
  const settled = settledIn(rawLogPath(world.paths, task.id));
  const results = events
    .filter(({ type }) => type === "tool_result")
    .map(({ data }) => JSON.parse(data) as { tool_use_id: string; text?: string });
  for (const { id, key, status, answer, tool_use_id: call } of questions) {
    if (status === "superseded" && mayLose(talk)) continue;
    if (status !== "applied") found.lost.push(`q${id} of task ${task.id} is ${status}, with the answer ${answer}`);
    // Claude Code names no call for a form, where several calls of its server are open.
    const own = results.filter(({ tool_use_id }) => call === null || tool_use_id === call);
    if (call !== null && own.length > 1) found.duplicated.push(`the call ${call} of q${id}, task ${task.id}, has ${own.length} results`);
    const words = wordsOf(answer);
    // The call was interrupted; if Claude makes it again, it gets the answer.
    if (mayLose(talk) && own.some(isInterrupted)) continue;
    // A kill can come after the session has the result, and before the journal has it.
    if (own.length === 0 && settled.has(key)) continue;
    if (words !== undefined && !own.some(({ text }) => text?.includes(words) ?? true))
      found.lost.push(`the answer of q${id}, task ${task.id}, is not what Claude was told: ${words}; ${JSON.stringify(own)}`);
  }
  const kept = questions.filter(({ status }) => status !== "superseded");
  for (const [hash, same] of Map.groupBy(kept, ({ input_hash }) => input_hash)) {
    const [first] = same;
    // A call that was interrupted after its answer had come is made again, and asks again.
    const again = mayLose(talk)
      ? same.filter(({ tool_use_id: call }) => results.some((each) => each.tool_use_id === call && isInterrupted(each)))
      : [];
    if (first !== undefined && same.length > mayAsk(first, events) + again.length)
      found.duplicated.push(`task ${task.id} asked ${same.length} times for ${first.input} (${hash.slice(0, 8)})`);
  }
}

/** The keys of questions whose result only the session of a killed attempt had. */
function settledIn(rawLog: string): ReadonlySet<unknown> {
  const lines = existsSync(rawLog) ? readFileSync(rawLog, "utf8").split("\n") : [];
  const notes = lines.filter((line) => line.includes('"question_settled"'));
  return new Set(notes.map((line) => (JSON.parse(line) as { key?: unknown }).key));
}

/** What Claude must read of an answer; undefined: nothing. */
function wordsOf(answer: string | null): string | undefined {
  type Words = { message?: string; answers?: Record<string, string>; content?: { age?: number } };
  const { message, answers, content } = JSON.parse(answer ?? "{}") as Words;
  return message ?? Object.values(answers ?? {})[0] ?? (content?.age === undefined ? undefined : `"age":${content.age}`);
}

/** How often a call may ask. A helper whose call was cut starts again, and may ask again. */
function mayAsk({ agent_id: agent, input }: QuestionRow, events: readonly EventRow[]): number {
  const number = stepOfCall(JSON.parse(input));
  if (agent === null) return 1;
  const calls = events.filter(({ type, data }) => type === "tool_use" && data.includes(`Help with step ${number} of `));
  return Math.max(1, calls.length);
}

/** The answers that a server has taken are those that count. */
function checkAnswers({ given }: Ledger, { questions }: Snapshot, found: Findings): void {
  const rows = new Map(questions.map((question) => [question.id, question]));
  for (const { question, decision, words } of given) {
    const { answer = null } = rows.get(question) ?? {};
    const stored = JSON.parse(answer ?? "{}") as { decision?: string };
    if (stored.decision !== decision || (words !== null && !answer?.includes(words)))
      found.lost.push(`q${question} was answered with ${decision} (${words}), and has ${answer}`);
  }
}

function checkMessage({ task, messages }: TaskTalk, { id, way, isUnsent }: Said, found: Findings): void {
  const status = messages.get(id)?.status ?? "gone";
  const mayBeCancelled = isUnsent === null || task.cancelled || way === "dismiss";
  const right = isUnsent === true ? ["cancelled"] : mayBeCancelled ? ["done", "cancelled"] : ["done"];
  if (!right.includes(status)) found.lost.push(`message m${id} (${way}) of task ${task.id} is ${status}, not ${right.join(" or ")}`);
}

/** What Claude was told last holds each message once, and in the order in which they were sent. */
function checkConversation(world: World, { task, row, messages }: TaskTalk, found: Findings): void {
  const done = task.said.filter(({ id, way }) => way !== "dismiss" && messages.get(id)?.status === "done").toSorted((a, b) => a.id - b.id);
  if (!world.options.real) return checkKeys(world, task, row, done, found);
  const last = world.model.requests().findLast(({ key }) => key === task.name);
  if (last === undefined) return;
  const said = saidIn(last.body.messages);
  const places = done.map(({ token }) => said.indexOf(noteOf(token)));
  for (const { id, token } of task.said) {
    const times = said.split(noteOf(token)).length - 1;
    const status = messages.get(id)?.status;
    if (times > 1 && done.some((message) => message.id === id))
      found.duplicated.push(`message m${id} of task ${task.id} was said ${times} times`);
    if (times > 0 && status === "cancelled") found.broken.push(`message m${id} of task ${task.id} is cancelled and was said`);
  }
  done.forEach(({ id, way }, index) => {
    const place = places[index] ?? -1;
    // What waits for the end of a turn may be overtaken by what goes into that turn.
    const isLater = done
      .slice(0, index)
      .some((before, at) => (before.way !== "after_turn" || way === "after_turn") && place < (places[at] ?? 0));
    if (place < 0) found.lost.push(`message m${id} of task ${task.id} is done and was never said`);
    else if (isLater) found.broken.push(`message m${id} of task ${task.id} was said before one before it`);
  });
  const transcript = findTranscript({ HOME: world.place.home }, row?.session_id ?? "");
  const lines = transcript !== null && existsSync(transcript) ? readFileSync(transcript, "utf8") : "";
  for (const { id, key } of done) {
    const times = lines.split(`"uuid":"${key}"`).length - 1 + (lines.split(`"source_uuid":"${key}"`).length - 1);
    if (times > 1) found.duplicated.push(`message m${id} of task ${task.id} is ${times} times in the session`);
  }
}

/** The fake agent keeps the keys that it has taken, in order. */
function checkKeys(world: World, task: Acknowledged, row: TaskRow | undefined, done: readonly Said[], found: Findings): void {
  const file = `${world.place.home}/.fake-agent/${row?.session_id}`;
  if (done.length === 0 || task.cancelled) return;
  const { keys } = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { keys: string[] }) : { keys: [] };
  const expected = done.map(({ key }) => key);
  if (keys.join() !== expected.join())
    found.lost.push(`task ${task.id} was told ${keys.join()}, and should have been told ${expected.join()}`);
}

function expectedOf(world: World, talk: TaskTalk | undefined): Expected {
  if (talk === undefined) return { marks: [], denied: new Set(), interrupts: 0 };
  const { task, row, questions, messages } = talk;
  const { planned, first, said } = task;
  if (row?.status === "skipped") return { marks: [], denied: new Set(), interrupts: 0 };
  const kinds = task.forkOf === null ? planned.talk?.kinds : undefined;
  const marks = Array.from({ length: planned.steps }, (_, index) => first + index).filter(
    (_, index) => !world.options.real || /mark|helper/.test(kinds?.[index] ?? "mark"),
  );
  const asked = said.filter(({ id, step }) => step !== null && messages.get(id)?.status === "done");
  const more = world.options.real ? asked.flatMap(({ step }) => step ?? []) : asked.map((_, index) => first + planned.steps + index);
  const stepsOf = (isWanted: (answer: string) => boolean): number[] =>
    questions.filter(({ answer }) => isWanted(answer ?? "")).flatMap(({ input }) => stepOfCall(JSON.parse(input)) ?? []);
  const denied = new Set(stepsOf((answer) => answer.includes('"deny"')));
  // A helper that started again may get the other answer.
  for (const number of stepsOf((answer) => answer.includes('"allow"'))) denied.delete(number);
  const interrupts = said.filter(({ way }) => way === "now").length;
  return { marks: [...marks, ...more], denied, interrupts };
}
