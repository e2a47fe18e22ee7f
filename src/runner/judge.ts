/** Has a judge look at the work: another session of Claude Code. Its failure is not a pass. */
import { randomUUID } from "node:crypto";
import type { Agent } from "../agent/agent.ts";
import type { JournalEntry } from "../domain/events/record.ts";
import { formatDuration } from "../domain/text/duration.ts";
import { amountOf, objectOf } from "../domain/text/read-json.ts";
import { judgementIn, judgePrompt } from "../domain/verification/judgement.ts";
import type { JudgedWork } from "../domain/verification/judgement.ts";
import type { CheckEnd } from "./check-end.ts";

/** What a judge has cost. */
export interface JudgeCost {
  readonly costUsd: number;
  readonly modelUsage: Readonly<Record<string, object>>;
}

export interface JudgeOptions {
  readonly agent: Pick<Agent, "judge">;
  readonly work: Omit<JudgedWork, "mark">;
  readonly directory: string;
  readonly model: string | null;
  readonly budgetUsd: number | null;
  readonly limitMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Does not throw. */
export async function judged(options: JudgeOptions): Promise<CheckEnd & Partial<JudgeCost>> {
  const { agent, work, directory, model, budgetUsd, limitMs, signal } = options;
  const began = performance.now();
  const timeUp = AbortSignal.timeout(limitMs);
  let result: JournalEntry | null = null;
  const prompt = judgePrompt({ ...work, mark: `[end of part ${randomUUID().slice(0, 8)}]` });
  const request = { prompt, directory, model, budgetUsd, signal: AbortSignal.any([signal, timeUp]) };
  const take = (entry: JournalEntry): void => void (entry.type === "result" ? (result = entry) : null);
  const problem = agent.judge === undefined ? "this agent has no judge" : await agent.judge(request, take);
  const tookMs = Math.round(performance.now() - began);
  const cost = costOf(result);
  const ended = { exitCode: null, tookMs, output: "", outputBytes: 0, ...cost };
  if (signal.aborted) return { ...ended, state: "stopped", reason: "it was stopped with its attempt" };
  const judgement = judgementIn(objectOf(result)["structured_output"]);
  if (judgement === null) {
    const reason = timeUp.aborted ? `it did not end within ${formatDuration(limitMs)}` : whyNot(result, problem);
    return { ...ended, state: "unavailable", reason };
  }
  const output = judgement.reasons.join("\n");
  return { ...ended, state: judgement.passed ? "passed" : "failed", reason: null, output, outputBytes: Buffer.byteLength(output) };
}

function whyNot(result: JournalEntry | null, problem: string | null): string {
  const said = objectOf(result);
  const text = typeof said["result"] === "string" ? said["result"] : "";
  const cause = problem ?? (text === "" ? String(said["subtype"] ?? "it said nothing") : text);
  return `the judge gave no answer (${cause.slice(0, 300)})`;
}

function costOf(result: JournalEntry | null): Partial<JudgeCost> {
  const said = objectOf(result);
  const costUsd = amountOf(said["total_cost_usd"]);
  return costUsd === null ? {} : { costUsd, modelUsage: objectOf(said["modelUsage"]) as JudgeCost["modelUsage"] };
}
