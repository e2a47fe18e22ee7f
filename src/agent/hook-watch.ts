/**
 * Watches the hooks of one run of Claude Code: reports a hook that runs long, and one that exceeds
 * its limit. Quick hooks are not reported. Claude Code continues without the answer of a hook that
 * exceeds its own limit (measured with 2.1.330: the tool call runs, and a warning says that it was
 * not checked). So the limit of a guarding hook ends shortly before its own limit.
 */
import { hookText, isGuarding } from "../domain/task/claude-hooks.ts";
import type { ConfiguredHook } from "../domain/task/claude-hooks.ts";
import { formatDuration } from "../domain/text/duration.ts";
import { objectOf, stringOf } from "../domain/text/read-json.ts";
import type { RunnerNote } from "../domain/events/record.ts";

export type HookNote = Extract<RunnerNote, { subtype: "hook_running" | "hook_ended" }>;

/** A hook that runs for this long is reported. */
const slowMs = 5_000;
/**
 * How long before its own limit a guarding hook counts as over: a tenth of that limit, within these
 * bounds.
 */
const shortestMarginMs = 100;
const longestMarginMs = 2_000;
const longestTimerMs = 2_147_483_647;

export interface HookWatchOptions {
  /** Longest run of one hook, ms; null: only its own limit holds. */
  readonly limitMs: number | null;
  /**
   * The hooks that may run under a name, from the settings; empty: not known (hooks of a plugin).
   */
  readonly configured: (event: string, name: string) => readonly ConfiguredHook[];
  readonly emit: (note: HookNote) => void;
  /** Called with a sentence when a hook did not answer in time. The guarded step must not run. */
  readonly onOver: (text: string) => void;
}

/**
 * The fields of Claude Code's messages about hooks (SDKHookStartedMessage, SDKHookResponseMessage).
 */
interface HookMessage {
  readonly type: string;
  readonly subtype?: unknown;
  readonly hook_id?: unknown;
  readonly hook_name?: unknown;
  readonly hook_event?: unknown;
  readonly outcome?: unknown;
  readonly hook_no_verdict?: unknown;
}

interface OpenHook {
  readonly id: string;
  readonly name: string;
  readonly event: string;
  readonly configured: readonly ConfiguredHook[];
  readonly startedAt: number;
  readonly since: string;
  readonly timers: NodeJS.Timeout[];
  isTold: boolean;
}

/** Measures how long each hook runs. */
export class HookWatch {
  readonly #options: HookWatchOptions;
  readonly #open = new Map<string, OpenHook>();
  #isOver = false;

  constructor(options: HookWatchOptions) {
    this.#options = options;
  }

  /** Takes every message of Claude Code, in order. */
  take(message: HookMessage): void {
    this.#verdict(message);
    const { type, subtype, hook_id: id, hook_name: name, hook_event: event, outcome } = message;
    if (type !== "system" || typeof id !== "string" || typeof name !== "string" || typeof event !== "string") return;
    if (subtype === "hook_started") this.#started(id, name, event);
    else if (subtype === "hook_response") this.#ended(id, outcome === "cancelled");
  }

  /**
   * Handles Claude Code's report that a tool call was not checked in time. It is the only report
   * about hooks whose own limit is not in a settings file.
   */
  #verdict({ type, hook_no_verdict: verdict }: HookMessage): void {
    const { timed_out: timedOut, hook_event: event } = objectOf(verdict);
    if (type !== "system" || timedOut !== true || this.#isOver) return;
    this.stop();
    this.#options.onOver(`A hook ${stringOf(event) ?? ""} ${unchecked}. ${advice}`);
  }

  /** Reports nothing from now on. */
  stop(): void {
    this.#isOver = true;
    for (const hook of this.#open.values()) hook.timers.forEach(clearTimeout);
    this.#open.clear();
  }

  #started(id: string, name: string, event: string): void {
    // A hook after the end of a session can delay nothing: Claude Code gives it one or two seconds.
    if (this.#isOver || this.#open.has(id) || event === "SessionEnd") return;
    const configured = this.#options.configured(event, name);
    if (configured.length > 0 && configured.every(({ isAsync }) => isAsync)) return;
    const timers: NodeJS.Timeout[] = [];
    const startedAt = performance.now();
    const hook: OpenHook = { id, name, event, configured, startedAt, since: new Date().toISOString(), timers, isTold: false };
    this.#open.set(id, hook);
    const after = (ms: number, act: () => void): void => void timers.push(setTimeout(act, Math.min(ms, longestTimerMs)));
    after(slowMs, () => this.#tell(hook));
    const { limitMs } = this.#options;
    if (limitMs !== null) after(limitMs, () => this.#isStuck(hook, limitMs, Infinity) && this.#over(hook, ourLimit(limitMs)));
    if (!isGuarding(event)) return;
    for (const ownMs of ownLimits(configured)) {
      const ms = ownMs - Math.min(Math.max(ownMs / 10, shortestMarginMs), longestMarginMs);
      after(ms, () => this.#isStuck(hook, ms, ownMs) && this.#over(hook, ownLimit(ownMs)));
    }
  }

  #tell(hook: OpenHook): void {
    hook.isTold = true;
    const { id, name, since } = hook;
    this.#options.emit({ type: "worker", subtype: "hook_running", hookId: id, hook: name, commands: commandsOf(hook), since });
  }

  /**
   * Whether one of the open hooks of this name must be near its limit. Messages do not say which
   * command runs. So this is certain when more hooks are open than there are commands with a longer
   * limit.
   * @param afterMs how long they have run.
   * @param ownMs the limit; Infinity: the server's own, which holds for all hooks that Claude waits
   * for.
   */
  #isStuck({ name, configured }: OpenHook, afterMs: number, ownMs: number): boolean {
    // A timer may be slightly early by this clock.
    const since = performance.now() - afterMs + 5;
    const open = [...this.#open.values()].filter((hook) => hook.name === name && hook.startedAt <= since);
    return open.length > configured.filter(({ isAsync, timeoutMs }) => isAsync || timeoutMs > ownMs).length;
  }

  #ended(id: string, isCancelled: boolean): void {
    const hook = this.#open.get(id);
    if (hook === undefined) return;
    hook.timers.forEach(clearTimeout);
    this.#open.delete(id);
    const tookMs = Math.round(performance.now() - hook.startedAt);
    // The end of a turn also cancels its hooks.
    const timedOut = isCancelled && tookMs >= Math.min(...ownLimits(hook.configured)) * 0.9;
    const { name } = hook;
    if (hook.isTold || timedOut)
      this.#options.emit({ type: "worker", subtype: "hook_ended", hookId: id, hook: name, commands: commandsOf(hook), tookMs, timedOut });
    if (timedOut && isGuarding(hook.event)) this.#over(hook, unchecked);
  }

  #over(hook: OpenHook, why: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#options.onOver(`The ${hookText(hook.name, commandsOf(hook))} ${why}. ${advice}`);
  }
}

const unchecked = "was cut at its own time limit, so it did not check what may have run by now";
const advice = "When the hook works again, retry the task.";

function ourLimit(limitMs: number): string {
  return `gave no answer in ${formatDuration(limitMs)} (the setting hook_timeout_ms)`;
}

function ownLimit(ownMs: number): string {
  return `gave no answer within its own limit of ${formatDuration(ownMs)}, behind which Claude Code would have continued without its check`;
}

/** The limits of the hooks that Claude waits for, each once. */
function ownLimits(configured: readonly ConfiguredHook[]): number[] {
  return [...new Set(configured.filter(({ isAsync }) => !isAsync).map(({ timeoutMs }) => timeoutMs))];
}

function commandsOf({ configured }: OpenHook): string[] {
  return configured.filter(({ isAsync }) => !isAsync).map(({ command }) => command);
}
