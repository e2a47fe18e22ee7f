/** What an account reports of its limits: how far each window is used, and whether paid overage is enabled or in use. */

export interface WindowReport {
  /** Share that is used, 0 to 1 (more when overage is used); null: not known. */
  readonly utilization: number | null;
  /** UTC ms; null: not known. */
  readonly resetsAt: number | null;
  /** In Claude Code's words: `allowed`, `allowed_warning`, `rejected`; null: not known. */
  readonly status: string | null;
}

export interface AccountReport {
  /** By window, e.g. `five_hour`, `seven_day`. */
  readonly windows: Readonly<Record<string, WindowReport>>;
  readonly overage: {
    /** Whether requests beyond the limits would be paid for; null: not known. */
    readonly enabled: boolean | null;
    /** Whether requests are paid for now; null: not known. */
    readonly inUse: boolean | null;
    /** Why it is disabled, in Claude Code's words; null: it is not, or not known. */
    readonly disabledReason: string | null;
  };
}
