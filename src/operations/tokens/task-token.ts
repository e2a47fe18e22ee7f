/**
 * Makes and checks the token that processes inside a task have in their environment. The token
 * identifies the task of a call, and ends with its attempt. It is not stored: the server's key
 * proves which runner it belongs to, and the store knows the runner's task.
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
 * The task of this runner as a caller; null when the token was not made by this server or its
 * attempt has ended.
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
