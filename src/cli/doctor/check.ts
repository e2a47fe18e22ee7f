/** One line of `doctor`: what was looked at, how it is, and what to do about it. */

export type CheckState = "ok" | "warn" | "fail";

export interface Check {
  readonly name: string;
  readonly state: CheckState;
  readonly message: string;
  /** What to do; null when there is nothing to do. */
  readonly fix: string | null;
  /** Fixes the problem for `doctor --fix`. Absent where a fix is not safe. */
  readonly repair?: () => Promise<unknown>;
}

export function ok(name: string, message: string): Check {
  return { name, state: "ok", message, fix: null };
}

/** Works, but not everything does. */
export function warn(name: string, message: string, fix: string | null): Check {
  return { name, state: "warn", message, fix };
}

/** Tasks cannot run. */
export function fail(name: string, message: string, fix: string | null): Check {
  return { name, state: "fail", message, fix };
}
