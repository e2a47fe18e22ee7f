/**
 * Decides which rights an agent may pass on when it submits a task: never more than the agent has
 * itself. Pure; the operations call it.
 */
import type { PermissionMode } from "../task/permission-mode.ts";

/** From the narrowest to the widest; modes of one rank allow nothing that the other would not. */
const ranks: Readonly<Record<PermissionMode, number>> = { plan: 0, default: 1, dontAsk: 1, acceptEdits: 2, bypassPermissions: 3 };

export function isWiderMode(mode: PermissionMode, than: PermissionMode): boolean {
  return ranks[mode] > ranks[than];
}

/** The narrower of two modes; the first where they allow the same. */
export function narrowerMode(one: PermissionMode, other: PermissionMode): PermissionMode {
  return isWiderMode(one, other) ? other : one;
}

/**
 * Whether the given rules allow everything that this rule allows: they hold the same rule, they
 * allow the whole tool, or the command begins as `Bash(npm test:*)` says and holds no further
 * command.
 */
export function isCovered(rule: string, by: readonly string[]): boolean {
  const wanted = parsed(rule);
  if (wanted === null) return false;
  return by.some((each) => {
    const allowed = parsed(each);
    if (allowed === null || allowed.tool !== wanted.tool) return false;
    if (allowed.what === null || allowed.what === wanted.what) return true;
    return wanted.what !== null && isUnderPrefix(wanted.what, allowed.what);
  });
}

interface Rule {
  readonly tool: string;
  /** Null: the tool altogether. */
  readonly what: string | null;
}

/**
 * Parses `Read`, `Bash(npm test)`, `mcp__server__tool`. Null for any other text; no rule covers it.
 */
function parsed(rule: string): Rule | null {
  const match = /^([A-Za-z_][\w-]*)(?:\((.*)\))?$/s.exec(rule.trim());
  if (match === null) return null;
  const [, tool = "", what] = match;
  return { tool, what: what === undefined || ["", "*", ":*"].includes(what.trim()) ? null : what.trim() };
}

const prefixMark = ":*";

function isUnderPrefix(what: string, allowed: string): boolean {
  if (!allowed.endsWith(prefixMark)) return false;
  const prefix = allowed.slice(0, -prefixMark.length);
  const command = what.endsWith(prefixMark) ? what.slice(0, -prefixMark.length) : what;
  return (command === prefix || command.startsWith(`${prefix} `)) && !/[;&|<>$`()\\\n\r]/.test(command);
}

/** One task of a tree, as far as its root's budget is concerned. Money is US dollars. */
export interface TreeMember {
  readonly costUsd: number | null;
  readonly maxBudgetUsd: number | null;
  readonly isOpen: boolean;
}

/**
 * What is left of a root's budget, after the costs of ended tasks and the possible costs of open
 * ones. The root itself counts with its costs so far.
 * @returns null when the root has no budget, so there is nothing to share.
 */
export function budgetLeft(root: Pick<TreeMember, "costUsd" | "maxBudgetUsd">, below: readonly TreeMember[]): number | null {
  if (root.maxBudgetUsd === null) return null;
  const taken = below.reduce(
    (sum, { costUsd, maxBudgetUsd, isOpen }) => sum + (isOpen ? Math.max(maxBudgetUsd ?? 0, costUsd ?? 0) : (costUsd ?? 0)),
    0,
  );
  return Math.max(0, root.maxBudgetUsd - (root.costUsd ?? 0) - taken);
}

/**
 * A child's share: what it asks for, if so much is left; half of the rest when it names no amount,
 * so that some is left for the next child.
 * @returns null when there is nothing to share; 0 when nothing is left or it asks for more than is
 * left.
 */
export function budgetShare(left: number | null, asked: number | null): number | null {
  if (left === null) return asked;
  const cents = (usd: number): number => Math.floor(usd * 1e4) / 1e4;
  if (asked !== null) return asked <= left ? asked : 0;
  return cents(left / 2);
}
