/**
 * Gives answers to the runner that waits for them, pauses the attempt's time limits meanwhile, and
 * decides when the runner has waited long enough.
 */
import type { ToRunner } from "../attempt-protocol/protocol.ts";
import type { TimeLimits } from "../attempt-protocol/time-limits.ts";
import { freeMemory as freeOfSystem } from "../processes/free-memory.ts";
import type { AttemptContext } from "./attempt-context.ts";

/** Below this share of free memory a waiting runner leaves at once. */
const shortOfMemory = 0.05;
/** How often it is looked whether memory has become short. */
const lookEveryMs = 10_000;

export interface AnswerPort {
  readonly limits: TimeLimits;
  /** Sends a message to the runner; without effect when it is not connected. */
  send(message: ToRunner): void;
}

export class AnswerDelivery {
  readonly #context: AttemptContext;
  readonly #taskId: number;
  readonly #port: AnswerPort;
  /** Keys of questions whose answer the connected runner has got. */
  readonly #sent = new Set<string>();
  #waitsSince: number | null = null;
  #askedToLeaveAt: number | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(context: AttemptContext, taskId: number, port: AnswerPort) {
    this.#context = context;
    this.#taskId = taskId;
    this.#port = port;
  }

  /** When the oldest open question was asked (UTC ms); null: none is open. */
  get waitsSince(): number | null {
    return this.#waitsSince;
  }

  /** When its runner was asked to leave because it waits (UTC ms); null: it was not. */
  get askedToLeaveAt(): number | null {
    return this.#askedToLeaveAt;
  }

  /** A runner is connected, and may not know what another server has sent. */
  connected(): void {
    this.#sent.clear();
  }

  /**
   * Sends the answers that the runner lacks, once the task has a slot: what it answers lets work
   * continue. The scheduler moves the task to `running` when none of its questions is open.
   */
  pass(): void {
    const { store } = this.#context;
    const task = store.tasks.row(this.#taskId);
    const unapplied = store.questions.unapplied(this.#taskId);
    const open = unapplied.filter(({ status }) => status === "open");
    this.#wait(open.length === 0 ? null : Math.min(...open.map(({ askedAt }) => askedAt)));
    if (task?.status === "waiting") this.#port.limits.pause();
    else this.#port.limits.resume();
    if (unapplied.some(({ status, answer }) => status === "expired" && answer === null)) this.#port.send({ type: "park", force: true });
    if (task?.status !== "running" || task.cancelRequestedAt !== null) return;
    for (const { key, answer } of unapplied) {
      if (answer === null || this.#sent.has(key)) continue;
      this.#sent.add(key);
      this.#port.send({ type: "answer", key, answer });
    }
  }

  park(): void {
    this.#askedToLeaveAt ??= this.#context.now();
    this.#port.send({ type: "park", force: false });
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(since: number | null): void {
    if (since === this.#waitsSince) return;
    this.#waitsSince = since;
    this.#askedToLeaveAt = null;
    this.stop();
    if (since !== null) this.#parkInTime(since);
  }

  /** Parks once the runner has waited long enough, or earlier, when memory is short. */
  #parkInTime(since: number): void {
    const { parkAfterMs, now, freeMemory = freeOfSystem } = this.#context;
    const leftMs = freeMemory() < shortOfMemory ? 0 : since + parkAfterMs - now();
    if (leftMs <= 0) this.park();
    else this.#timer = setTimeout(() => this.#parkInTime(since), Math.min(leftMs, lookEveryMs)).unref();
  }
}
