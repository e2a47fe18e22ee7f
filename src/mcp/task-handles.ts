/**
 * The tasks extension (`io.modelcontextprotocol/tasks`, SEP-2663): a client holds a task by a
 * handle and asks for it when it likes. A handle is the task's number with a seal: it is kept
 * nowhere, outlives restarts, and cannot be guessed from another one.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { CallToolResult, JSONObject } from "@modelcontextprotocol/server";
import type { WorkerApi } from "../contract/api.ts";
import type { Caller } from "../contract/caller.ts";
import type { TaskView } from "../contract/views/task.ts";
import { WorkerError } from "../domain/errors.ts";
import { plainLine } from "../domain/text/plain-text.ts";
import { answerIn, inputRequestsOf, requestedOf } from "./question-requests.ts";
import type { TaskHandle } from "./task-handle.ts";
import { resultOf } from "./tool-data.ts";
import { taskData } from "./task-data.ts";
import { readTaskRef } from "../domain/task/task-ref.ts";
import type { TaskRef } from "../domain/task/task-ref.ts";

export interface DetailedHandle extends TaskHandle {
  /**
   * What the call gave, once it is completed. A task that failed is a completed call with an error
   * as its result.
   */
  readonly result?: CallToolResult;
  /** Once it has failed: the protocol's error. */
  readonly error?: { readonly code: number; readonly message: string };
  /** While a person's answer is awaited. */
  readonly inputRequests?: Readonly<Record<string, JSONObject>>;
}

/** Where handles lead. Null: there is no such handle. */
export interface HandleSource {
  get(handle: string): Promise<DetailedHandle | null>;
  update(handle: string, responses: Readonly<Record<string, unknown>>, caller: Caller): Promise<boolean>;
  cancel(handle: string, caller: Caller): Promise<boolean>;
}

const pollIntervalMs = 2000;

export class TaskHandles implements HandleSource {
  readonly #api: WorkerApi;
  readonly #key: string;

  /** @param key a secret of this server; another key makes every handle unknown. */
  constructor(api: WorkerApi, key: string) {
    this.#api = api;
    this.#key = key;
  }

  handleOf(task: TaskView): TaskHandle {
    const message = task.last_action ?? task.waiting_for?.message;
    return {
      taskId: `${task.id}-${this.#seal(task.id)}`,
      status: statusOf(task),
      ...(message === undefined ? {} : { statusMessage: plainLine(message, 200) }),
      createdAt: task.created_at,
      lastUpdatedAt: task.updated_at,
      ttlMs: null,
      pollIntervalMs,
    };
  }

  async get(handle: string): Promise<DetailedHandle | null> {
    const task = await this.#taskOf(handle);
    if (task === null) return null;
    const shown = this.handleOf(task);
    if (shown.status === "input_required") return { ...shown, inputRequests: inputRequestsOf(task) };
    if (shown.status !== "completed") return shown;
    const result = resultOf(taskData(task));
    return { ...shown, result: task.status === "completed" ? result : { ...result, isError: true } };
  }

  /**
   * Answers the questions that the responses name (`q7`).
   * @returns whether the task exists.
   * @throws WorkerError as `answerQuestion`.
   */
  async update(handle: string, responses: Readonly<Record<string, unknown>>, caller: Caller): Promise<boolean> {
    const task = await this.#taskOf(handle);
    if (task === null) return false;
    for (const question of requestedOf(task)) {
      const answer = answerIn(question, responses[`q${question.id}`]);
      if (answer !== null) await this.#api.answerQuestion({ id: question.id, ...answer }, caller);
    }
    return true;
  }

  async cancel(handle: string, caller: Caller): Promise<boolean> {
    const task = await this.#taskOf(handle);
    if (task === null) return false;
    try {
      await this.#api.cancelTask({ id: task.id }, caller);
    } catch (error) {
      // It ended meanwhile: there is nothing left to cancel.
      if (!(error instanceof WorkerError) || error.code !== "conflict") throw error;
    }
    return true;
  }

  async #taskOf(handle: string): Promise<TaskView | null> {
    const match = /^(f?[1-9]\d{0,14})-([\w-]{22})$/.exec(handle);
    const [, text = "", seal = ""] = match ?? [];
    const id = readTaskRef(text);
    if (id === null || !timingSafeEqual(Buffer.from(seal), Buffer.from(this.#seal(id)))) return null;
    try {
      return await this.#api.getTask({ id });
    } catch (error) {
      if (error instanceof WorkerError && error.code === "not_found") return null; // Removed since.
      throw error;
    }
  }

  #seal(id: TaskRef): string {
    return createHmac("sha256", this.#key).update(`task handle ${id}`).digest("base64url").slice(0, 22);
  }
}

function statusOf(task: TaskView): TaskHandle["status"] {
  switch (task.status) {
    case "completed":
    case "failed":
    case "skipped":
      return "completed";
    case "cancelled":
      return "cancelled";
    case "waiting":
      return requestedOf(task).length > 0 ? "input_required" : "working";
    default:
      return "working";
  }
}
