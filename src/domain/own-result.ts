/** Says which of Claude Code's results belong to the task. */

/**
 * Whether this `result` message ends a turn of the task. A resumed session first reports the
 * background work that died with the earlier process: that makes a success without a turn, which
 * says nothing of the task (measured with Claude Code 2.1.330).
 */
export function isOwnResult(message: { readonly origin?: unknown; readonly num_turns?: unknown }): boolean {
  const { origin, num_turns: turns } = message;
  const kind = typeof origin === "object" && origin !== null && "kind" in origin ? origin.kind : undefined;
  return !(kind === "task-notification" && turns === 0);
}
