/** Defines an answer that arrives through a channel, and what becomes of it. */

export interface ArrivedAnswer {
  /**
   * How it names the message that it answers: by its code, or by the chat's name of it. The name
   * of a message that was sent just before a server's death was not stored: its code counts then.
   */
  readonly message: { readonly code: string } | { readonly ref: string; readonly code?: string | null };
  /** The number of an offered option, or words. */
  readonly choice: { readonly option: number } | { readonly words: string };
  /** Null where the service does not say it. */
  readonly sender: { readonly chat: string | null; readonly user: string | null };
  /** Stored with the answer: up to here everything was read. Null: the service needs none. */
  readonly position: ReadPosition | null;
}

/** Up to where the answers of a channel were read, in the words of its service. */
export interface ReadPosition {
  /** Grows. */
  readonly at: number;
  readonly id: string;
}

/**
 * What became of an answer. `unknown`: there is no such message. `stranger`: the sender is not one
 * of the channel's.
 */
export interface TakenAnswer {
  readonly kind: "answered" | "refused" | "stranger" | "unknown";
  /** For who answered. */
  readonly text: string;
  /** The channel whose message it answers; null: there is none. */
  readonly channelId: number | null;
}
