/** Defines what a commit changed. */

export interface Change {
  readonly taskIds: ReadonlySet<number>;
  /** Newest global event id. */
  readonly lastEventId: number;
}
