/** Defines questions: what a task needs from a person before it can continue. */
import type { JsonObject } from "../text/read-json.ts";

/**
 * `permission`: a tool that neither the permission mode nor a rule decides. `question`: Claude's
 * AskUserQuestion. `plan`: Claude's ExitPlanMode. `elicitation`: a form or an address of an MCP
 * server. `network`: a host that a sandboxed command wants to reach. `consent`: to paid usage
 * beyond the account's limits; it does not belong to a call, and its task does not wait for it
 * alone.
 */
export const questionKinds = ["permission", "question", "plan", "elicitation", "network", "consent"] as const;
export type QuestionKind = (typeof questionKinds)[number];

/**
 * `answered`: the answer is stored, and Claude does not have it yet. `applied`: the journal holds
 * what followed from the answer. `superseded`: the task continues without an answer. `expired`:
 * the time for an answer is over, and the default answer counts.
 */
export const questionStatuses = ["open", "answered", "applied", "superseded", "expired"] as const;
export type QuestionStatus = (typeof questionStatuses)[number];

export const answerDecisions = ["allow", "deny"] as const;
export type AnswerDecision = (typeof answerDecisions)[number];

/** An answer that fits its question (check-answer.ts). */
export interface Answer {
  readonly decision: AnswerDecision;
  /** Why the call is denied, or how the plan should change: for Claude. */
  readonly message?: string;
  /** `question`: the answers by the text of their question. Several choices stand in a list. */
  readonly answers?: Readonly<Record<string, string | readonly string[]>>;
  /** `plan`: the permission mode that the work on the plan has. */
  readonly mode?: PlanMode;
  /** `elicitation`: the form. */
  readonly content?: JsonObject;
  /** A rule that was stored for the directory, so that the call is not asked again. */
  readonly rule?: string;
}

/** The permission modes in which a plan can be worked on. */
export const planModes = ["default", "acceptEdits"] as const;
export type PlanMode = (typeof planModes)[number];

/** One choice that a question offers. */
export interface QuestionOption {
  readonly label: string;
  readonly description: string | null;
}

/** A question as its attempt asked it. */
export interface AskedQuestion {
  /** Names the question in the journal and between server and runner. */
  readonly key: string;
  readonly kind: QuestionKind;
  readonly tool: string;
  /** The tool call; null: the question belongs to no call that Claude Code names. */
  readonly toolUseId: string | null;
  /** Claude Code's id of the sub-agent that asks; null: the main thread. */
  readonly agentId: string | null;
  readonly input: JsonObject;
  /** Hexadecimal digest of tool and input: the same call has the same one in another attempt. */
  readonly inputHash: string;
  /** The rule that would decide such calls, where Claude Code offers one. */
  readonly rule: string | null;
}

/** A stored question. Times are UTC milliseconds. */
export interface Question extends AskedQuestion {
  /** 1, 2, 3 … over all tasks. Never used again. */
  readonly id: number;
  readonly taskId: number;
  /** The attempt that asked last. */
  readonly attemptId: number;
  /** Turns of the task when it was asked first; null: unknown. */
  readonly turn: number | null;
  readonly status: QuestionStatus;
  readonly answer: Answer | null;
  /** Who answered: `socket`, the name of a token, `channel:<name>` or `default`. */
  readonly answeredBy: string | null;
  readonly askedAt: number;
  readonly answeredAt: number | null;
  readonly appliedAt: number | null;
  /** The default answer counts from this moment on; null: the question waits for ever. */
  readonly deadline: number | null;
  /**
   * Whether its answer counts for no later attempt: Claude continued without it, or the rights of
   * who gave it have ended.
   */
  readonly isVoid: boolean;
}

/** What a runner needs of a question that has no effect yet. */
export type UnappliedQuestion = Pick<Question, "key" | "kind" | "tool" | "toolUseId" | "agentId" | "inputHash" | "answer">;

/** Whether its call can be decided again, without a new call of the model, after a kill. */
export function canPark({ kind, toolUseId, agentId }: Pick<AskedQuestion, "kind" | "toolUseId" | "agentId">): boolean {
  return agentId === null && toolUseId !== null && (kind === "permission" || kind === "question" || kind === "plan");
}

/** Whether a person should open an address: a sign-in, a payment. */
export function asksToOpen({ kind, input }: Pick<AskedQuestion, "kind" | "input">): boolean {
  return kind === "elicitation" && input["mode"] === "url";
}

/** Whether the question asks for content and gives no right, so that an agent may answer it. */
export function isOfContent(question: Pick<AskedQuestion, "kind" | "input">): boolean {
  return question.kind === "question" || (question.kind === "elicitation" && !asksToOpen(question));
}
