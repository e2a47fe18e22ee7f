/** Adds up what a chaos run did and found, as a table and as JSON. */
import type { Counts, Findings } from "./snapshot.ts";

export interface Report {
  readonly agent: "Claude Code" | "fake agent";
  readonly rounds: number;
  readonly kills: number;
  readonly killsByKind: Readonly<Record<string, number>>;
  readonly tasks: number;
  readonly attempts: number;
  readonly resumed: number;
  readonly events: number;
  readonly repeatedInFlight: number;
  readonly answered: number;
  readonly delivered: number;
  readonly byPhone: number;
  readonly notified: number;
  readonly dependent: number;
  readonly skipped: number;
  readonly revived: number;
  readonly inLanes: number;
  readonly flows: number;
  readonly inFlows: number;
  readonly fired: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly orphans: number;
  readonly broken: number;
  readonly longestRecoveryMs: number;
  readonly medianRecoveryMs: number;
}

export class Tally {
  readonly #real: boolean;
  readonly #kinds = new Map<string, number>();
  readonly #recoveriesMs: number[] = [];
  readonly #found: Findings = { lost: [], duplicated: [], orphans: [], broken: [] };
  #rounds = 0;
  #counts: Counts = {
    tasks: 0,
    events: 0,
    attempts: 0,
    resumed: 0,
    repeatedInFlight: 0,
    answered: 0,
    delivered: 0,
    byPhone: 0,
    notified: 0,
    dependent: 0,
    skipped: 0,
    revived: 0,
    inLanes: 0,
    flows: 0,
    inFlows: 0,
    fired: 0,
  };

  constructor(real: boolean) {
    this.#real = real;
  }

  get kills(): number {
    return [...this.#kinds.values()].reduce((sum, count) => sum + count, 0);
  }

  get isBroken(): boolean {
    return Object.values(this.#found).some((list) => list.length > 0);
  }

  /** Sentences about everything that was found. */
  get findings(): readonly string[] {
    return (Object.entries(this.#found) as [string, string[]][]).flatMap(([kind, list]) => list.map((sentence) => `${kind}: ${sentence}`));
  }

  /**
   * @param recovery milliseconds; null: it did not recover in time; `hasty`: the next blow fell
   * before, so the time says nothing.
   */
  addBlow(kind: string, recovery: number | null | "hasty"): void {
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (recovery === null) this.#found.lost.push(`after "${kind}" what was cut did not go on in time`);
    else if (recovery !== "hasty") this.#recoveriesMs.push(recovery);
  }

  /** A world's counts are of all its rounds so far. */
  addRound({ found, counts }: { found: Findings; counts: Counts }): void {
    this.#rounds += 1;
    this.#counts = counts;
    for (const kind of ["lost", "duplicated", "orphans", "broken"] as const) this.#found[kind].push(...found[kind]);
  }

  /** The run itself could not go on. */
  problem(sentence: string): void {
    this.#found.broken.push(sentence);
  }

  keep(directory: string): void {
    this.#found.broken.push(`everything is kept in ${directory}`);
  }

  report(): Report {
    const sorted = this.#recoveriesMs.toSorted((a, b) => a - b);
    return {
      agent: this.#real ? "Claude Code" : "fake agent",
      rounds: this.#rounds,
      kills: this.kills,
      killsByKind: Object.fromEntries([...this.#kinds].toSorted(([a], [b]) => a.localeCompare(b))),
      ...this.#counts,
      lost: this.#found.lost.length,
      duplicated: this.#found.duplicated.length,
      orphans: this.#found.orphans.length,
      broken: this.#found.broken.length,
      longestRecoveryMs: Math.round(sorted.at(-1) ?? 0),
      medianRecoveryMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    };
  }

  line(): string {
    const { kills, tasks, attempts, resumed, answered, delivered, flows, fired, lost, duplicated, orphans, broken } = this.report();
    return `${kills} kills, ${tasks} tasks, ${attempts} attempts (${resumed} resumed), ${answered} answers, ${delivered} messages, ${flows} workflows, ${fired} due times, lost ${lost}, duplicated ${duplicated}, orphans ${orphans}, broken ${broken}`;
  }
}

const rows: readonly (readonly [string, (report: Report) => number])[] = [
  ["rounds", ({ rounds }) => rounds],
  ["kills", ({ kills }) => kills],
  ["tasks", ({ tasks }) => tasks],
  ["attempts", ({ attempts }) => attempts],
  ["of them resumed", ({ resumed }) => resumed],
  ["events", ({ events }) => events],
  ["answers that had their effect", ({ answered }) => answered],
  ["of them given in a chat", ({ byPhone }) => byPhone],
  ["notifications received", ({ notified }) => notified],
  ["messages delivered", ({ delivered }) => delivered],
  ["tasks that run after others", ({ dependent }) => dependent],
  ["of them skipped at the end", ({ skipped }) => skipped],
  ["revivals", ({ revived }) => revived],
  ["tasks with a lock or in a group with a limit", ({ inLanes }) => inLanes],
  ["runs of workflows", ({ flows }) => flows],
  ["tasks of them", ({ inFlows }) => inFlows],
  ["due times of schedules", ({ fired }) => fired],
  ["steps repeated in flight (allowed)", ({ repeatedInFlight }) => repeatedInFlight],
  ["**lost**", ({ lost }) => lost],
  ["**duplicated**", ({ duplicated }) => duplicated],
  ["**orphans**", ({ orphans }) => orphans],
  ["other findings", ({ broken }) => broken],
  ["median recovery, ms", ({ medianRecoveryMs }) => medianRecoveryMs],
  ["longest recovery, ms", ({ longestRecoveryMs }) => longestRecoveryMs],
];

/** Two tables in Markdown: what came of it, and which blows fell. */
export function tablesOf(reports: readonly Report[]): string {
  const head = ["", ...reports.map(({ agent }) => agent)];
  const kinds = [...new Set(reports.flatMap(({ killsByKind }) => Object.keys(killsByKind)))].toSorted((a, b) => a.localeCompare(b));
  const outcome = rows.map(([name, of]) => [name, ...reports.map((report) => String(of(report)))]);
  const blows = kinds.map((kind) => [kind, ...reports.map(({ killsByKind }) => String(killsByKind[kind] ?? 0))]);
  return `${table([head, ...outcome])}\n${table([["kills by kind", ...head.slice(1)], ...blows])}`;
}

function table([head = [], ...body]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map((_, index) => (index === 0 ? "---" : "---:"))) + body.map(line).join("");
}
