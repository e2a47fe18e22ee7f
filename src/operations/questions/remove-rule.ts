/** Removes a permission rule that an answer has made. Attempts that run keep it to their end. */
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";

/** @throws WorkerError not_found. */
export async function removeRule(store: Store, id: number): Promise<void> {
  if (await store.write(() => store.rules.remove(id))) return;
  throw new WorkerError("not_found", `There is no rule ${id}. See which there are: claude-worker rules`);
}
