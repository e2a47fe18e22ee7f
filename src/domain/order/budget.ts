/**
 * Budgets: how much tasks may spend in a day, week or month, of a group, of a label, or all
 * together. Decides what a budget keeps from starting. Pure; the store adds up what was spent
 * (store/sqlite/budgets.ts).
 */
import { formatDuration } from "../text/duration.ts";
import type { CalendarPeriod, Stretch } from "./calendar.ts";

/** What a budget is of: `all`, `group:NAME`, `label:KEY=VALUE`. */
export type BudgetScope = string;

export interface Budget {
  readonly scope: BudgetScope;
  readonly period: CalendarPeriod;
  /** US dollars. */
  readonly limitUsd: number;
  /** Whether it also interrupts what runs. */
  readonly isHard: boolean;
}

/** A budget in the period that it is in now. */
export interface BudgetState extends Budget, Stretch {
  readonly spentUsd: number;
}

/** What a task is likely to cost. */
export interface CostEstimate {
  readonly usd: number;
  /** How many tasks it is the median of. */
  readonly tasks: number;
}

/** Why a budget keeps a task from starting. */
export interface BudgetBlock {
  readonly reason: "budget";
  /** `budget:group:NAME:day`. */
  readonly blocker: string;
  /** A sentence for people. */
  readonly message: string;
  /** When the period ends (UTC ms); null: the budget has to be raised. */
  readonly until: number | null;
}

export const everything: BudgetScope = "all";
/** So many budgets there are at most. */
export const maxBudgets = 200;
/** From this share on a budget is nearly spent. */
export const nearShare = 0.8;
/** So many tasks are needed for an estimate. */
export const leastForEstimate = 3;
/** So many of the newest tasks an estimate looks at. */
export const mostForEstimate = 21;

/** Sums of binary fractions end in noise. */
const noiseUsd = 1e-9;

export function groupScope(name: string): BudgetScope {
  return `group:${name}`;
}

export function labelScope(key: string, value: string): BudgetScope {
  return `label:${key}=${value}`;
}

/** Whether the text is a scope: names as the options group and labels have them. */
export function isBudgetScope(text: string): boolean {
  const name = "[A-Za-z0-9][A-Za-z0-9_-]{0,62}";
  return new RegExp(`^(all|group:${name}|label:[A-Za-z0-9][A-Za-z0-9_.-]{0,62}=.{0,200})$`, "su").test(text);
}

/** The budgets that the spending of a task counts for, apart from those of the task above it. */
export function scopesOf({ group, labels }: { readonly group: string; readonly labels: Readonly<Record<string, string>> }): BudgetScope[] {
  return [everything, groupScope(group), ...Object.entries(labels).map(([key, value]) => labelScope(key, value))];
}

/** The scope in words: `group nightly`, `label team=a`, `all tasks`. */
export function scopeWords(scope: BudgetScope): string {
  return scope === everything ? "all tasks" : scope.replace(":", " ");
}

/** A budget's name: `group:nightly:day`. */
export function budgetName({ scope, period }: Pick<Budget, "scope" | "period">): string {
  return `${scope}:${period}`;
}

export function isSpent({ spentUsd, limitUsd }: Pick<BudgetState, "spentUsd" | "limitUsd">): boolean {
  return spentUsd >= limitUsd - noiseUsd;
}

export function isNearlySpent({ spentUsd, limitUsd }: Pick<BudgetState, "spentUsd" | "limitUsd">): boolean {
  return spentUsd >= limitUsd * nearShare - noiseUsd;
}

/** The budget as the subject of a sentence: `The budget of group nightly for this day`. */
export function budgetWords({ scope, period }: Pick<Budget, "scope" | "period">): string {
  return `The budget of ${scopeWords(scope)} for this ${period}`;
}

export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}

/** The median; null: there are too few. @param costs of the newest tasks, US dollars. */
export function estimateFrom(costs: readonly number[]): CostEstimate | null {
  if (costs.length < leastForEstimate) return null;
  const sorted = costs.toSorted((a, b) => a - b);
  const [low = 0, high = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return { usd: (low + high) / 2, tasks: sorted.length };
}

/** What a task needs of the budgets. */
export interface BudgetNeeds {
  readonly group: string;
  /** The scopes beside its group and everything. */
  readonly budgets: readonly BudgetScope[];
}

/** A running task, as far as it may still spend. */
export interface RunningCost extends BudgetNeeds {
  readonly costUsd: number;
}

export interface BudgetFacts {
  readonly states: readonly BudgetState[];
  readonly now: number;
  /** What runs. Asked only where a budget with estimates is there. */
  running(): readonly RunningCost[];
  /** What a task of the group is likely to cost; null: too few have ended. */
  estimateOf(group: string): CostEstimate | null;
}

/** Which budgets are spent while tasks are chosen, and what those that were chosen may cost. */
export class OpenBudgets {
  readonly #facts: BudgetFacts;
  readonly #byScope: ReadonlyMap<BudgetScope, readonly BudgetState[]>;
  /** What running and chosen tasks are likely to spend still, by scope. Null: not counted yet. */
  #expected: Map<BudgetScope, number> | null = null;
  /** When the budgets open that have kept something from starting; shared with copies. */
  #turns = new Set<number>();

  constructor(facts: BudgetFacts) {
    this.#facts = facts;
    const byScope = new Map<BudgetScope, BudgetState[]>();
    for (const state of facts.states) byScope.set(state.scope, [...(byScope.get(state.scope) ?? []), state]);
    this.#byScope = byScope;
  }

  /** The same budgets, to be counted apart. */
  copy(): OpenBudgets {
    const copied = new OpenBudgets(this.#facts);
    copied.#expected = this.#expected === null ? null : new Map(this.#expected);
    copied.#turns = this.#turns;
    return copied;
  }

  /** What keeps every task from starting; null: nothing does. */
  everythingBlock(): BudgetBlock | null {
    return this.spentBlock([everything]);
  }

  /**
   * What keeps a task with these needs from starting: a budget that is spent, or one whose rest is
   * less than such a task is likely to cost. Of several the one that opens last.
   */
  blockOf(needs: BudgetNeeds): BudgetBlock | null {
    if (this.#byScope.size === 0) return null;
    const scopes = scopesOfNeeds(needs);
    return this.spentBlock(scopes) ?? this.#noted(this.#estimateBlock(scopes, needs.group));
  }

  /** The same for spent budgets alone. @param scopes all scopes of a task. */
  spentBlock(scopes: readonly BudgetScope[]): BudgetBlock | null {
    const spent = this.#of(scopes).filter(isSpent);
    return this.#noted(latest(spent.map((state) => spentBlock(state, this.#facts.now))));
  }

  /** When the first budget opens that kept something from starting (UTC ms); null: none did. */
  get nextTurn(): number | null {
    return this.#turns.size === 0 ? null : Math.min(...this.#turns);
  }

  /** Counts what a task that starts now is likely to cost. */
  take(needs: BudgetNeeds): void {
    if (this.#byScope.size > 0) this.#expect(this.#expectations(), { ...needs, costUsd: 0 });
  }

  #noted(block: BudgetBlock | null): BudgetBlock | null {
    if (block?.until != null) this.#turns.add(block.until);
    return block;
  }

  #of(scopes: readonly BudgetScope[]): BudgetState[] {
    return scopes.flatMap((scope) => this.#byScope.get(scope) ?? []);
  }

  #estimateBlock(scopes: readonly BudgetScope[], group: string): BudgetBlock | null {
    const soft = this.#of(scopes).filter(({ isHard }) => !isHard);
    if (soft.length === 0) return null;
    const estimate = this.#facts.estimateOf(group);
    if (estimate === null) return null;
    const blocks = soft.flatMap((state) => {
      const expected = this.#expectations().get(state.scope) ?? 0;
      const left = state.limitUsd - state.spentUsd - expected;
      return estimate.usd <= left + noiseUsd ? [] : [estimateBlock(state, { estimate, group, left, expected, now: this.#facts.now })];
    });
    return latest(blocks);
  }

  #expectations(): Map<BudgetScope, number> {
    if (this.#expected !== null) return this.#expected;
    this.#expected = new Map();
    for (const running of this.#facts.running()) this.#expect(this.#expected, running);
    return this.#expected;
  }

  #expect(expected: Map<BudgetScope, number>, { costUsd, ...needs }: RunningCost): void {
    const more = Math.max(0, (this.#facts.estimateOf(needs.group)?.usd ?? 0) - costUsd);
    if (more === 0) return;
    for (const scope of new Set(scopesOfNeeds(needs))) expected.set(scope, (expected.get(scope) ?? 0) + more);
  }
}

export const noBudgets = new OpenBudgets({ states: [], now: 0, running: () => [], estimateOf: () => null });

function scopesOfNeeds({ group, budgets }: BudgetNeeds): BudgetScope[] {
  return [everything, groupScope(group), ...budgets];
}

function latest(blocks: readonly BudgetBlock[]): BudgetBlock | null {
  const endOf = ({ until }: BudgetBlock): number => until ?? Infinity;
  return blocks.reduce<BudgetBlock | null>((last, block) => (last === null || endOf(block) > endOf(last) ? block : last), null);
}

function spentBlock(state: BudgetState, now: number): BudgetBlock {
  const { spentUsd, limitUsd, endsAt } = state;
  const message = `${budgetWords(state)} is spent: ${dollars(spentUsd)} of ${dollars(limitUsd)}. It opens in ${formatDuration(endsAt - now)}.`;
  return { reason: "budget", blocker: `budget:${budgetName(state)}`, message, until: endsAt };
}

interface Misfit {
  readonly estimate: CostEstimate;
  readonly group: string;
  readonly left: number;
  readonly expected: number;
  readonly now: number;
}

function estimateBlock(state: BudgetState, { estimate, group, left, expected, now }: Misfit): BudgetBlock {
  const blocker = `budget:${budgetName(state)}`;
  const costs = `a task of group ${group} costs about ${dollars(estimate.usd)} (the median of the last ${estimate.tasks})`;
  if (estimate.usd > state.limitUsd) {
    const message = `${budgetWords(state)} is ${dollars(state.limitUsd)}, and ${costs}. Raise it: claude-worker budget set`;
    return { reason: "budget", blocker, message, until: null };
  }
  const beside = expected === 0 ? "" : " beside what runs";
  const message = `${budgetWords(state)} has ${dollars(Math.max(0, left))} left${beside}, and ${costs}. It opens in ${formatDuration(state.endsAt - now)}.`;
  return { reason: "budget", blocker, message, until: state.endsAt };
}
