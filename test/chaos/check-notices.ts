/** Checks that ends of tasks and questions were notified once, and again only after kills. */
import { hookName } from "./channels.ts";
import type { Ledger } from "./ledger.ts";
import type { Findings, Snapshot } from "./snapshot.ts";
import type { World } from "./world.ts";

interface Notice {
  readonly id: string;
  readonly text: string;
  readonly question: number | null;
}

export function checkNotices(world: World, ledger: Ledger, rows: Snapshot, found: Findings): void {
  const notices = world.hook.received.map(({ headers, text }): Notice => {
    const { data } = JSON.parse(text) as { data: { question: { id: number } | null } };
    return { id: String(headers["webhook-id"]), text, question: data.question?.id ?? null };
  });
  checkEnds(ledger, rows, new Set(notices.map(({ id }) => id)), found);
  checkOnce(rows, notices, found);
  // A server that ended between a message and its mark has said it, and the next one says it again.
  const chat = world.phone.messages.map(({ text }) => /\(q\d+\)/.exec(text)?.[0]);
  const repeats = [repeatsIn(notices.map(({ id }) => id)), repeatsIn(chat)];
  for (const count of repeats)
    if (count > world.serverEnds) found.duplicated.push(`${count} notifications came again; servers have ended ${world.serverEnds} times`);
}

/** Each end of a task is in the receiver. */
function checkEnds({ tasks }: Ledger, { events, deliveries }: Snapshot, received: ReadonlySet<string>, found: Findings): void {
  const byOccurrence = Map.groupBy(
    deliveries.filter(({ channel }) => channel === hookName),
    ({ task_id, occurrence }) => `${task_id} ${occurrence}`,
  );
  const known = new Set(tasks.map(({ id }) => id));
  for (const { task_id, seq, type, data } of events) {
    if (type !== "ended" || !/"status":"(completed|failed)"/.test(data) || !known.has(task_id)) continue;
    const [own, ...more] = byOccurrence.get(`${task_id} ${seq}`) ?? [];
    const end = `the end of task ${task_id} (event ${seq})`;
    if (own === undefined || own.state !== "delivered" || !received.has(own.message_id))
      found.lost.push(`${end} was not notified: ${JSON.stringify(own ?? null)}`);
    if (more.length > 0) found.duplicated.push(`${end} has ${1 + more.length} notifications`);
  }
}

/** What comes again is the same message under the same id, and no question has two ids. */
function checkOnce({ deliveries }: Snapshot, notices: readonly Notice[], found: Findings): void {
  const known = new Set(deliveries.map(({ message_id }) => message_id));
  for (const [id, same] of Map.groupBy(notices, (notice) => notice.id)) {
    if (!known.has(id)) found.broken.push(`the notification ${id} was sent and is not stored: ${same[0]?.text}`);
    if (new Set(same.map(({ text }) => text)).size > 1) found.broken.push(`the notification ${id} came with different texts`);
  }
  for (const [question, same] of Map.groupBy(notices, (notice) => notice.question)) {
    const ids = new Set(same.map(({ id }) => id));
    if (question !== null && ids.size > 1) found.duplicated.push(`q${question} was notified under ${ids.size} ids`);
  }
}

function repeatsIn(all: readonly (string | undefined)[]): number {
  return all.length - new Set(all).size;
}
