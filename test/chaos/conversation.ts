/**
 * What the scripted model does in a chaos run: it reads the conversation that it is told, and does
 * what is left of its steps. So a call that was cut is made again, as a real model makes it.
 */
import { markerName } from "../../src/processes/sweep.ts";
import { step } from "../../testing/model.ts";
import type { Move } from "../../testing/model.ts";
import type { ApiMessage, ToolMove } from "../../testing/script.ts";
import type { StepKind } from "./plan-talk.ts";

export interface Orders {
  readonly name: string;
  /** Where marks leave their numbers, each with the id of its runner. */
  readonly file: string;
  /** A directory outside of the working directory. */
  readonly outside: string;
  readonly stepMs: number;
  readonly kinds: readonly StepKind[];
  readonly joined: readonly boolean[];
  /** The number of the first step. */
  readonly first: number;
}

/** The beginning of what a helper is told, by which its conversation is known. */
const helpWith = (number: number): string => `Help with step ${number} of`;

/** Makes a plan the first step of its task: its call has no room for a number. */
const planTool = "ExitPlanMode";
const planStep = 1;

export const finalText = "All steps are done.";

/** Words that ask for one more step, inside of a message. */
export const oneMore = (number: number): string => `Please do step ${number} too.`;

/** The words by which a message is found in a conversation. */
export const noteOf = (token: string): string => `Note ${token}:`;

/** How a person says no: the model does not make the call again. */
export const denial = (question: number): string => `No, q${question}.`;

/** The next move in a conversation. */
export function nextMove(orders: Orders, messages: readonly ApiMessage[]): Move {
  const settled = settledSteps(messages);
  const helped = /Help with step (\d+) of/.exec(JSON.stringify(messages[0]?.content))?.[1];
  if (helped !== undefined) return helperMove(orders, Number(helped), settled);
  const own = orders.kinds.map((kind, index) => ({ number: orders.first + index, kind, joined: orders.joined[index] === true }));
  const more = stepsAskedFor(messages, orders.first).map((number) => ({ number, kind: "mark" as const, joined: false }));
  const left = [...own, ...more].filter(({ number }) => !settled.has(number));
  const [next, ...others] = left;
  if (next === undefined) return step.text(finalText, orders.stepMs);
  const group = [next];
  for (const each of others) {
    if (!each.joined || each.number !== (group.at(-1)?.number ?? 0) + 1) break;
    group.push(each);
  }
  return step.tools(
    group.map(({ number, kind }) => callOf(orders, number, kind)),
    orders.stepMs,
  );
}

/** A helper makes its mark and says so, whether it was allowed to or not. */
function helperMove(orders: Orders, number: number, settled: ReadonlySet<number>): Move {
  if (settled.has(number)) return step.text(`I have helped with step ${number}.`, orders.stepMs);
  return step.tools([callOf(orders, number, "mark")], orders.stepMs);
}

function callOf({ name, file, outside }: Orders, number: number, kind: StepKind): ToolMove {
  switch (kind) {
    case "read":
      return { tool: "Read", input: { file_path: `${outside}/${number}.txt` } };
    case "mark":
      return { tool: "Bash", input: { command: `echo ${number} $${markerName} >> ${file}`, description: `step ${number}` } };
    case "choose": {
      const options = ["Red", "Blue"].map((label) => ({ label, description: `take ${label}` }));
      const question = { question: `Step ${number} of ${name}?`, header: "Step", multiSelect: false, options };
      return { tool: "AskUserQuestion", input: { questions: [question] } };
    }
    case "plan":
      return { tool: planTool, input: {} };
    case "form":
      return { tool: "mcp__form__ask", input: { about: `Step ${number} of ${name}?` } };
    case "helper": {
      const prompt = `${helpWith(number)} ${name}`;
      return { tool: "Agent", input: { description: "helper", prompt, subagent_type: "general-purpose", run_in_background: false } };
    }
  }
}

const marksOfSteps = [
  /"command":"(?:echo|step) (\d+)/,
  /\/(\d+)\.txt"/,
  /"(?:question|about|message)":"Step (\d+) of /,
  /"prompt":"Help with step (\d+) of /,
];

/** The number of the step that a call is; null: it is none, or a plan. */
export function stepOfCall(input: unknown): number | null {
  const text = JSON.stringify(input);
  const found = marksOfSteps.map((mark) => mark.exec(text)).find((each) => each !== null);
  return found == null ? null : Number(found[1]);
}

/** Steps whose call has ended with its result, or with a person's denial. */
function settledSteps(messages: readonly ApiMessage[]): Set<number> {
  const calls = new Map<unknown, number>();
  const settled = new Set<number>();
  for (const block of messages.flatMap(({ content }) => (typeof content === "string" ? [] : content)) as Block[]) {
    if (block.type === "tool_use") calls.set(block.id, block.name === planTool ? planStep : (stepOfCall(block.input) ?? 0));
    const number = calls.get(block.tool_use_id);
    if (block.type !== "tool_result" || number === undefined) continue;
    if (block.is_error !== true || /The user denied|does not approve|No, q\d+|Note \S+:/.test(JSON.stringify(block.content)))
      settled.add(number);
  }
  return settled;
}

interface Block {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly tool_use_id?: string;
  readonly content?: unknown;
  readonly is_error?: boolean;
}

/** What others than the model said, as text. */
export function saidIn(messages: readonly ApiMessage[]): string {
  return messages
    .filter(({ role }) => role !== "assistant")
    .map(({ content }) => JSON.stringify(content))
    .join("\n");
}

/** Steps that messages ask for. A fork has other numbers than what it was forked from. */
function stepsAskedFor(messages: readonly ApiMessage[], first: number): number[] {
  const numbers = [...saidIn(messages).matchAll(/Please do step (\d+) too\./g)].map(([, number]) => Number(number));
  return [...new Set(numbers)].filter((number) => number >= first && number < first + 1000);
}
