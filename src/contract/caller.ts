/** Who calls an operation, and what that caller may do. */
import type { Scope } from "../domain/scopes.ts";

/** The caller of an operation, as the door that authenticated the call determined it. */
export interface Caller {
  readonly scope: Scope;
  /** For audit: "socket", "token:<name>", "session:<id>", … */
  readonly name: string;
  /** The token's id; absent: the server's owner, or a task. See `accountOf`. */
  readonly tokenId?: number | undefined;
  /** The browser session that makes the call. */
  readonly sessionId?: number | undefined;
  /** When the caller's token expires (UTC milliseconds). Absent: it does not expire. */
  readonly expiresAt?: number | undefined;
  /** Set when an agent calls: the guardrails apply, and the call is recorded. */
  readonly agent?: AgentIdentity | undefined;
  /** The task that makes the call: tasks that it submits are its children. */
  readonly taskId?: number | undefined;
}

/**
 * What an agent's client says of itself. It proves nothing: limits count for the account, rights
 * come from the caller's scope.
 */
export interface AgentIdentity {
  /** Name and version, e.g. "claude-code 2.1.330". */
  readonly client: string;
  /** The agent's own number of the tool call that led here. */
  readonly toolUseId: string | null;
}
