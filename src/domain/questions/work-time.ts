/** Counts how long an attempt works, without the time in which it waits for answers. */
import type { Question } from "./question.ts";

type Asked = Pick<Question, "kind" | "status" | "askedAt" | "answeredAt">;

/** Milliseconds of work that are over, and the moment from which it works on. */
export interface WorkTime {
  readonly workedMs: number;
  /** Null: it does not work now. */
  readonly since: number | null;
}

/**
 * The work of an attempt that has not ended.
 * @param startedAt when it started (UTC ms).
 * @param asked the questions of its task.
 * @param isWaiting whether it waits for an answer, or has one and waits for a slot.
 */
export function workTime(startedAt: number, asked: readonly Asked[], isWaiting: boolean): WorkTime {
  const open = asked.filter(({ kind, status }) => kind !== "consent" && status === "open");
  const answered = asked.flatMap(({ kind, answeredAt }) => (kind === "consent" ? [] : (answeredAt ?? [])));
  const until = isWaiting && open.length > 0 ? Math.min(...open.map(({ askedAt }) => askedAt)) : Math.max(startedAt, ...answered);
  return { workedMs: workedMs(startedAt, Math.max(startedAt, until), asked), since: isWaiting ? null : Math.max(startedAt, until) };
}

/**
 * How long an attempt worked between two moments (UTC ms). Questions may wait side by side: that
 * time counts once.
 */
export function workedMs(from: number, to: number, asked: readonly Asked[]): number {
  let [waited, counted] = [0, from];
  for (const { begin, end } of waitsOf(asked, to)) {
    const start = Math.max(begin, counted);
    counted = Math.max(counted, Math.min(end, to));
    waited += Math.max(0, counted - start);
  }
  return Math.max(0, to - from - waited);
}

/** Oldest first. A question that was taken back does not say when: it counts as work. */
function waitsOf(asked: readonly Asked[], now: number): { readonly begin: number; readonly end: number }[] {
  return asked
    .filter(({ kind, status, answeredAt }) => kind !== "consent" && (answeredAt !== null || status === "open"))
    .map(({ askedAt, answeredAt }) => ({ begin: askedAt, end: answeredAt ?? now }))
    .toSorted((one, other) => one.begin - other.begin);
}
