/** A reason why nothing may start now. */

export const holdKinds = ["rate_limited", "auth_failed", "unavailable", "manual", "storage"] as const;
export type HoldKind = (typeof holdKinds)[number];

export interface NewHold {
  readonly kind: HoldKind;
  /** Whom it holds: `all`, or `account:<fingerprint>` / `group:<name>`. */
  readonly scope: string;
  /** A sentence for people. */
  readonly message: string;
  /** Lifts by itself at this moment (UTC ms); null: until somebody lifts it. */
  readonly until: number | null;
}

export interface Hold extends NewHold {
  readonly since: number;
}
