/** Defines what is kept of a verify command's run: the evidence. Times are UTC milliseconds. */
import type { VerifyResult, VerifyState } from "./verify-result.ts";

/** One run of one command. */
export interface Verification extends Omit<VerifyResult, "state" | "output" | "failedBefore" | "score"> {
  readonly id: number;
  readonly taskId: number;
  readonly attemptId: number;
  readonly state: VerifyState | "running";
  /** The end of what it printed, without secrets. */
  readonly outputTail: string;
  /** The tree of the files that the result is true for; null: unknown. */
  readonly tree: string | null;
  readonly startedAt: number;
  /** Null: it runs. */
  readonly tookMs: number | null;
  /** Whether the task began again since. */
  readonly isStale: boolean;
  /** Whether it ran before Claude began. */
  readonly isBaseline: boolean;
}
