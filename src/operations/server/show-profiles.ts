/** Makes the views of the profiles: whether each can be used, and how its account stands. */
import type { Settings } from "../../config/settings.ts";
import type { HoldView } from "../../contract/views/hold.ts";
import type { ProfileView } from "../../contract/views/profile.ts";
import type { AccountOf } from "../../domain/order/held.ts";
import type { ProfileKind } from "../../domain/task/profile.ts";
import type { Store } from "../../store/store.ts";
import { accountOf } from "./show-account.ts";

/** What is known of the profiles without the store (config/profiles.ts). */
export interface ProfileLook {
  /** The default first. */
  readonly names: readonly string[];
  /** null: the server's own. */
  kind(name: string): ProfileKind | null;
  /** Why it cannot be used now, as sentences; null: it can. */
  problem(name: string): string | null;
  /** The credentials that were found, without the secret; null: none. */
  credentials(name: string): string | null;
  /** Whether its requests are paid for one by one; null: not known. */
  paysPerUse(name: string): boolean | null;
}

interface ProfileContext {
  readonly settings: Pick<Settings, "overage" | "reserve">;
  readonly look: ProfileLook;
  readonly account: AccountOf;
  /** The holds in force. */
  readonly holds: readonly HoldView[];
}

/** @param wall the system's clock (UTC ms). */
export function profileViews(store: Store, { settings, look, account, holds }: ProfileContext, wall: number): ProfileView[] {
  return look.names.map((name) => {
    const fingerprint = account(name);
    const paysPerUse = look.paysPerUse(name) === true;
    return {
      name,
      kind: look.kind(name),
      problem: look.problem(name),
      credentials: look.credentials(name),
      account: fingerprint === null ? null : accountOf(store, { settings, paysPerUse }, fingerprint, wall),
      holds: holds.filter(({ profiles }) => profiles?.includes(name) === true),
    };
  });
}
