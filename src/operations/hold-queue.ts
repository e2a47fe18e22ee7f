/** Hold and resume by hand: while a hold is in force nothing starts; what runs goes on. */
import type { HoldView } from "../contract/views.ts";
import type { Store } from "../store/store.ts";
import { holdView } from "./task-view.ts";

export const everything = "all";

export function listHolds(store: Store): HoldView[] {
  const { pending } = store.tasks.counts();
  return store.holds.active().map((hold) => holdView(hold, pending));
}

/** @param reason shown to people; null: a standard sentence. */
export async function holdQueue(store: Store, reason: string | null, now: number): Promise<void> {
  const message = reason ?? "held by hand; go on with: claude-worker resume";
  await store.write(() => store.holds.put({ kind: "manual", scope: everything, message, until: null }, now));
}

/** Lifts every hold. What caused it (an expired sign-in, a usage limit) sets it again if it still stands. */
export async function resumeQueue(store: Store): Promise<void> {
  await store.write(() => store.holds.active().forEach(({ kind, scope }) => store.holds.lift(kind, scope)));
}
