/**
 * Scopes of holds, as text: `all`, `account:FINGERPRINT`,
 * `account:FINGERPRINT/model:NAME[,NAME]`. A model's name is a part of the names that it stands for
 * (`opus`); `default` stands for tasks that name no model.
 */
import type { Task } from "../task/task.ts";

/** The scope of everything that runs with the account. @param account its fingerprint. */
export function accountScope(account: string): string {
  return `account:${account}`;
}

/**
 * The scope of some models of the account.
 * @param account its fingerprint.
 * @param models model families, or `default`.
 */
export function modelScope(account: string, models: readonly string[]): string {
  return `${accountScope(account)}/model:${models.join(",")}`;
}

/**
 * Whether the scope concerns this account at all. Scopes that name no account concern every
 * account. @param account null: not known, so no scope of an account concerns it.
 */
export function concernsAccount(scope: string, account: string | null): boolean {
  if (!scope.startsWith("account:")) return true;
  return account !== null && (scope === accountScope(account) || scope.startsWith(`${accountScope(account)}/`));
}

/** The fingerprint of the account that the scope names; null: it names none. */
export function accountIn(scope: string): string | null {
  return /^account:([^/]*)/.exec(scope)?.[1] ?? null;
}

/** Whether there may be tasks that both scopes hold: they are not of two accounts. */
export function mayMeet(one: string, other: string): boolean {
  const [first, second] = [accountIn(one), accountIn(other)];
  return first === null || second === null || first === second;
}

/** The models that the scope is limited to; null: it is not limited to models. */
export function modelsOf(scope: string): readonly string[] | null {
  return /^account:[^/]*\/model:(.+)$/.exec(scope)?.[1]?.split(",") ?? null;
}

/** Whether the scope holds this task. */
export function scopeHolds(scope: string, task: Pick<Task, "model">, account: string | null): boolean {
  if (!concernsAccount(scope, account)) return false;
  const models = modelsOf(scope);
  return models === null || models.some((model) => (task.model ?? "default").toLowerCase().includes(model));
}
