/**
 * The interface that doors call: every operation of the contract as a function. `operations/`
 * implements it; doors hold no rules.
 */
import type { z } from "zod";
import type { AnswerPage, PageAnswer } from "./answer-page.ts";
import type { Caller } from "./caller.ts";
import type { Endpoint, endpoints } from "./endpoints.ts";
import type { operations } from "./operations/index.ts";
import type { NoInput, Operation } from "./operations/operation.ts";
import type { ParsedTaskInput } from "./task-input.ts";
import type { BrowserSessionView } from "./views/browser-session.ts";
import type { Statistics } from "./views/statistics.ts";
import type { TaskView } from "./views/task.ts";
import type { WorkflowView } from "./views/workflow.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

export interface Subscription {
  close(): void;
}

/** Operations that a door answers by itself, or with another operation. */
type OfDoor = "openapi" | "docs" | "docsStyle" | "health" | "ready" | "metrics" | "getLog" | "submitMachineTask" | "createSession";

/** Operations that every implementation has, also a client's. */
export type ApiOperation = Exclude<keyof typeof operations, OfDoor>;

type Fields<S> = S extends z.ZodType ? z.output<S> : unknown;
type InputOfRow<R> = R extends Operation<infer P, infer Q, infer B> ? Given<Fields<P> & Fields<Q> & Fields<B>> : never;
type Given<I> = unknown extends I ? NoInput : I;
type OutputOfRow<R extends Operation> = R["output"] extends z.ZodType ? z.output<R["output"]> : void;

/** What an operation takes: the fields of its path, its query and its body in one object. */
export type InputOf<K extends ApiOperation> = InputOfRow<(typeof operations)[K]>;
export type OutputOf<K extends ApiOperation> = OutputOfRow<(typeof operations)[K]>;

/** An input without a required field may be left out where nothing is changed. */
type Ask<I, O> = NoInput extends I ? (input?: I, caller?: Caller) => Promise<O> : (input: I, caller?: Caller) => Promise<O>;
type Change<I, O> = (input: I, caller: Caller) => Promise<O>;

/** One function an operation. */
export type ApiOperations = {
  [K in ApiOperation]: ((typeof endpoints)[K] & Endpoint)["method"] extends "GET"
    ? Ask<InputOf<K>, OutputOf<K>>
    : Change<InputOf<K>, OutputOf<K>>;
};

/** What is kept of a browser that signs in. */
export interface BrowserAtSignIn {
  readonly address: string | null;
  readonly userAgent: string | null;
}

export interface SessionCaller {
  readonly caller: Caller;
  /** Its use was stored again, at most once a minute: the cookie should be sent again, too. */
  readonly isRenewed: boolean;
}

/** @throws each function: WorkerError, in the promise. */
export interface WorkerApi extends ApiOperations {
  /**
   * As `submitTask`, but a repeated call with the same key and the same input returns the first
   * call's task (within a week).
   * @throws WorkerError unprocessable when the key was used for another input.
   */
  submitTaskOnce(input: ParsedTaskInput, key: string, caller: Caller): Promise<{ task: TaskView; replayed: boolean }>;
  submitTasksOnce(input: InputOf<"submitTasks">, key: string, caller: Caller): Promise<{ tasks: TaskView[]; replayed: boolean }>;
  /** The same for a task of a template. */
  runTemplateOnce(input: InputOf<"runTemplate">, key: string, caller: Caller): Promise<{ task: TaskView; replayed: boolean }>;
  /** The same for a run of a workflow. */
  runWorkflowOnce(input: InputOf<"runWorkflow">, key: string, caller: Caller): Promise<{ workflow: WorkflowView; replayed: boolean }>;
  /**
   * Refuses a task that a machine wrote and that does not stand alone. Call it before the submit.
   * @throws WorkerError unprocessable.
   */
  requireMachineTask(input: ParsedTaskInput): Promise<void>;
  /**
   * @returns sentences that say how to improve a machine's prompts; empty when nothing is missing
   * or the rules are off.
   */
  promptHints(input: ParsedTaskInput): Promise<string[]>;
  /**
   * @param check sees the task in the same transaction, before the change; what it throws undoes
   * the change.
   */
  updateTask(input: InputOf<"updateTask">, caller: Caller, check?: (task: TaskView) => void): Promise<TaskView>;
  /**
   * Calls `wake` (coalesced) whenever the store may hold newer events of the task (or of any task
   * when null). Read from the store then.
   */
  onEvents(taskId: TaskRef | null, wake: () => void): Subscription;
  /** Path of a log file of a task (it may not exist yet). @throws WorkerError not_found. */
  logFile(id: TaskRef, kind: "raw" | "summary"): Promise<string>;
  /** @returns the caller whose secret it is; null when it is unknown or its token has expired. */
  callerOfToken(secret: string): Promise<Caller | null>;
  /**
   * Signs a browser in, with a code or as the caller whose token it showed.
   * @returns the session, and the secret of its cookie; null: the code is unknown, used or too old.
   * @throws WorkerError forbidden: the caller is a task.
   */
  openSession(
    by: { readonly code: string } | { readonly caller: Caller },
    browser: BrowserAtSignIn,
  ): Promise<{ session: BrowserSessionView; secret: string } | null>;
  /** @returns null: the secret is unknown, or its session has ended. */
  callerOfSession(secret: string): Promise<SessionCaller | null>;
  /**
   * What the page of a link that answers a question shows. Changes nothing.
   * @param link the end of the link's address.
   * @returns null: this server did not make the link, or its question is gone.
   * @throws WorkerError conflict: the question is not open any more; forbidden: the channel may not
   * answer it any more.
   */
  openAnswerLink(link: string): Promise<AnswerPage | "expired" | null>;
  /**
   * Gives the answer of a link, once.
   * @returns a sentence that says what was answered.
   * @throws WorkerError as `openAnswerLink`; unprocessable: the answer does not fit; forbidden,
   * untrusted_directory.
   */
  answerByLink(link: string, answer: PageAnswer): Promise<string>;
  /** Figures for monitoring that `server()` does not give. */
  statistics(): Promise<Statistics>;
}
