/**
 * Jobs that the conformance suite wants: tasks of the extension that are not Claude Worker's,
 * beside those that are.
 */
import { randomUUID } from "node:crypto";
import type { CallToolResult, JSONObject } from "@modelcontextprotocol/server";
import type { DetailedHandle, HandleSource } from "../../../src/mcp/task-handles.ts";
import type { TaskHandle } from "../../../src/mcp/task-handle.ts";

export interface JobControl {
  /** Aborts when the job is cancelled. */
  readonly signal: AbortSignal;
  /** Asks the client, several things at once; resolves with all answers. */
  ask(requests: Readonly<Record<string, JSONObject>>): Promise<Record<string, unknown>>;
}

interface Job {
  shown: DetailedHandle;
  readonly stop: AbortController;
  pending: Record<string, JSONObject>;
  answers: Record<string, unknown>;
  answered: () => void;
}

/** Handles of jobs first; others are Claude Worker's. */
export class FixtureJobs implements HandleSource {
  readonly #jobs = new Map<string, Job>();
  readonly #others: HandleSource;

  constructor(others: HandleSource) {
    this.#others = others;
  }

  /** Begins a job and gives its handle at once. What it throws is a protocol error. */
  begin(work: (control: JobControl) => Promise<CallToolResult>): TaskHandle {
    const at = new Date().toISOString();
    const handle: TaskHandle = {
      taskId: randomUUID(),
      status: "working",
      createdAt: at,
      lastUpdatedAt: at,
      ttlMs: 60_000,
      pollIntervalMs: 100,
    };
    const job: Job = { shown: handle, stop: new AbortController(), pending: {}, answers: {}, answered: () => undefined };
    this.#jobs.set(handle.taskId, job);
    const ask: JobControl["ask"] = async (requests) => {
      job.pending = { ...requests };
      job.answers = {};
      this.#change(job, { status: "input_required" });
      await new Promise<void>((resolve) => (job.answered = resolve));
      this.#change(job, { status: "working" });
      return job.answers;
    };
    work({ signal: job.stop.signal, ask })
      .then((result) => this.#change(job, { status: "completed", result }))
      .catch((error: Error) => this.#change(job, { status: "failed", error: { code: -32603, message: error.message } }));
    return handle;
  }

  async get(handle: string): Promise<DetailedHandle | null> {
    const job = this.#jobs.get(handle);
    if (job === undefined) return await this.#others.get(handle);
    return job.shown.status === "input_required" ? { ...job.shown, inputRequests: job.pending } : job.shown;
  }

  async update(
    handle: string,
    responses: Readonly<Record<string, unknown>>,
    caller: Parameters<HandleSource["update"]>[2],
  ): Promise<boolean> {
    const job = this.#jobs.get(handle);
    if (job === undefined) return await this.#others.update(handle, responses, caller);
    for (const [key, answer] of Object.entries(responses)) {
      if (job.pending[key] === undefined) continue;
      delete job.pending[key];
      job.answers[key] = answer;
    }
    if (job.shown.status === "input_required" && Object.keys(job.pending).length === 0) job.answered();
    return true;
  }

  async cancel(handle: string, caller: Parameters<HandleSource["cancel"]>[1]): Promise<boolean> {
    const job = this.#jobs.get(handle);
    if (job === undefined) return await this.#others.cancel(handle, caller);
    job.stop.abort();
    this.#change(job, { status: "cancelled" });
    return true;
  }

  #change(job: Job, change: Partial<DetailedHandle>): void {
    if (["completed", "failed", "cancelled"].includes(job.shown.status)) return;
    job.shown = { ...job.shown, ...change, lastUpdatedAt: new Date().toISOString() };
  }
}
