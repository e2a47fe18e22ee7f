/**
 * Fan-out: tasks that begin with the same prompt start after the first of them, because the model's
 * API then reads what they share from its cache. Pure; the scheduler's gate keeps which task was
 * the first.
 */
import { formatDuration } from "../text/duration.ts";
import type { Task } from "../task/task.ts";

/** The API keeps a prompt for so long after its last use, ms. */
export const cacheKeptMs = 300_000;

/** Who asked for the task together with others. */
export interface FanOutPlace {
  /** The run of a workflow. */
  readonly workflowId: number | null;
  /** The task at the top of its tree; null: it is there itself, or in no tree. */
  readonly rootId: number | null;
  /** The first task of its batch. */
  readonly batch: number | null;
}

/** The tasks that it was asked for with, as a name; null: it was asked for alone. */
export function fanOutOf({ workflowId, rootId, batch }: FanOutPlace): string | null {
  if (workflowId !== null) return `run:${workflowId}`;
  if (rootId !== null) return `root:${rootId}`;
  return batch === null ? null : `batch:${batch}`;
}

type PrefixTask = Pick<
  Task,
  "workingDirectory" | "profile" | "model" | "agent" | "sandbox" | "deny" | "systemPrompt" | "settings" | "mcpConfig" | "jsonSchema"
>;

/**
 * What decides how the request of a new session begins: the tools, the system prompt, and the files
 * of the directory in it. Plain data for a comparison. The prompt itself stands behind it.
 */
export function prefixOf(task: PrefixTask): readonly unknown[] {
  const { workingDirectory, profile, model, agent, sandbox, deny, systemPrompt, settings, mcpConfig, jsonSchema } = task;
  return [workingDirectory, profile, model, agent, sandbox, deny, systemPrompt, settings, mcpConfig, jsonSchema];
}

export interface FanOutBlock {
  readonly reason: "prompt_cache";
  /** `task:41`, the first one. */
  readonly blocker: string;
  /** A sentence for people. */
  readonly message: string;
  /** When it starts at the latest (UTC ms). */
  readonly until: number;
}

/** @param until when it starts at the latest (UTC ms). */
export function fanOutBlock(firstId: number, until: number, now: number): FanOutBlock {
  const left = formatDuration(Math.max(0, until - now));
  const message = `It starts after the first answer of task ${firstId}, whose tools and instructions it shares, and reads these from the prompt cache. In ${left} at the latest (fan_out_stagger_ms).`;
  return { reason: "prompt_cache", blocker: `task:${firstId}`, message, until };
}
