/** What single messages of Claude Code mean to a runner. Shapes: SDKMessage of the Claude Agent SDK 0.3.330. */

export interface Message {
  readonly type: string;
  readonly subtype?: unknown;
  readonly is_error?: unknown;
  readonly error?: unknown;
  readonly attempt?: unknown;
  readonly error_status?: unknown;
  readonly errors?: unknown;
}

/** Claude Code tries a refused sign-in ten times, in about three minutes (measured). It is the third time that settles it, after about two seconds. */
const signInTries = 3;

/** Messages that only a screen needs, many a second. */
const noise = new Set<unknown>(["ui_invalidate", "thinking_tokens", "session_state_changed"]);

export function isNoise(message: Message): boolean {
  const { type, subtype } = message;
  return type === "stream_event" || type === "keep_alive" || (type === "system" && noise.has(subtype));
}

/** Whether a resume failed because Claude Code never wrote the session down. */
export function isNoConversation(message: Message): boolean {
  const { type, errors } = message;
  return type === "result" && JSON.stringify(errors ?? "").includes("No conversation found with session ID");
}

/** Claude Code's word for a sign-in or an account that was refused for good, or null. */
export function refusedSignIn(message: Message): { readonly error: string; readonly text: string } | null {
  const { type, subtype, error, attempt, error_status: status } = message;
  if (type !== "system" || subtype !== "api_retry" || typeof attempt !== "number" || attempt < signInTries) return null;
  if (error !== "authentication_failed" && error !== "billing_error") return null;
  return { error, text: `Claude's API refused the sign-in ${signInTries} times (HTTP ${typeof status === "number" ? status : "?"}).` };
}

/** Behind a result, these say that the agent works on (a helper in the background has reported); everything else only says goodbye. */
export function isTurn({ type, subtype }: Message): boolean {
  return type === "assistant" || type === "user" || (type === "system" && subtype === "init");
}
