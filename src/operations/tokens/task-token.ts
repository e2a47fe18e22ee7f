/**
 * The token that what runs inside a task has in its environment: it says from which task a call
 * comes, and ends with its attempt. It is kept nowhere: whoever knows the server's key can tell
 * that it belongs to a runner, and the store says what that runner works on.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Caller } from "../../contract/caller.ts";
import type { Store } from "../../store/store.ts";

const prefix = "cwt_";
const sealLength = 43;

/** @param key a secret of this server. */
export function taskToken(key: string, runnerId: string): string {
  return `${prefix}${sealOf(key, runnerId)}${runnerId}`;
}

/**
 * The task that works in this runner now, as a caller; null when the token is not ours or its
 * attempt is over.
 */
export function callerOfTaskToken(store: Store, key: string, secret: string): Caller | null {
  if (!secret.startsWith(prefix)) return null;
  const seal = secret.slice(prefix.length, prefix.length + sealLength);
  const runnerId = secret.slice(prefix.length + sealLength);
  if (seal.length !== sealLength || !timingSafeEqual(Buffer.from(seal), Buffer.from(sealOf(key, runnerId)))) return null;
  const attempt = store.attempts.open().find((open) => open.runnerId === runnerId);
  return attempt === undefined ? null : { scope: "submit", name: `task:${attempt.taskId}`, taskId: attempt.taskId };
}

function sealOf(key: string, runnerId: string): string {
  return createHmac("sha256", key).update(`task token ${runnerId}`).digest("base64url");
}
