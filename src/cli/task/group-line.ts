/** Says in a sentence how a group stands. */
import type { GroupView } from "../../contract/views/group.ts";

export function groupLine({ name, limit, paused, running, pending }: GroupView): string {
  const most = limit === null ? "no limit of its own" : limit === 0 ? "none of its tasks starts (limit 0)" : `at most ${limit} at once`;
  const state = paused ? `is paused (${most})` : limit === null ? `has ${most}` : `runs ${most}`;
  return `Group ${name} ${state}; ${running} running, ${pending} pending.`;
}
