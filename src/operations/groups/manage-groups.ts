/** Lists, sets and forgets groups. */
import type { GroupChange } from "../../contract/operations/groups.ts";
import type { GroupView } from "../../contract/views/group.ts";
import { WorkerError } from "../../domain/errors.ts";
import type { Store } from "../../store/store.ts";
import type { Group, GroupCounts } from "../../store/sqlite/groups.ts";
import { rfc3339OrNull } from "../tasks/times.ts";

/** Groups that were set, and those with tasks that have not ended, by name. */
export function listGroups(store: Store): GroupView[] {
  const counts = store.groups.counts();
  const set = new Map(store.groups.list().map((group) => [group.name, group]));
  const names = [...new Set([...set.keys(), ...counts.keys()])].toSorted();
  return names.map((name) => view(name, set.get(name), counts.get(name)));
}

export async function setGroup(store: Store, name: string, { limit, paused }: GroupChange, now: number): Promise<GroupView> {
  return await store.write(() => {
    const before = store.groups.get(name) ?? { name, maxRunning: null, pausedAt: null, createdAt: now };
    const pausedAt = paused === undefined ? before.pausedAt : paused ? (before.pausedAt ?? now) : null;
    const group = { ...before, maxRunning: limit === undefined ? before.maxRunning : limit, pausedAt };
    store.groups.put(group);
    return view(name, group, store.groups.counts().get(name));
  });
}

/** @throws WorkerError not_found. */
export async function removeGroup(store: Store, name: string): Promise<void> {
  if (await store.write(() => store.groups.remove(name))) return;
  throw new WorkerError("not_found", `The group ${name} is not set. See which there are: claude-worker group list`);
}

function view(name: string, group: Group | undefined, counts: GroupCounts = { running: 0, waiting: 0, pending: 0 }): GroupView {
  const pausedAt = group?.pausedAt ?? null;
  return {
    name,
    limit: group?.maxRunning ?? null,
    paused: pausedAt !== null,
    paused_at: rfc3339OrNull(pausedAt),
    is_set: group !== undefined,
    ...counts,
  };
}
