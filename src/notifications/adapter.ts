/** Defines what each kind of channel implements: it sends one message once. */
import type { ChannelTarget } from "../domain/notifications/channel.ts";
import type { Message } from "./message.ts";

export interface Destination {
  readonly target: ChannelTarget;
  readonly secret: string | null;
  readonly allowPrivate: boolean;
}

export type Sent =
  | { readonly delivered: true }
  | {
      readonly delivered: false;
      /** A sentence for people, without anything that the receiver wrote. */
      readonly error: string;
      /** Whether the receiver wants no more tries of this message. */
      readonly isFinal?: boolean;
      readonly retryAfterMs?: number | null;
    };

export interface Adapter {
  /**
   * Sends the message once. What is thrown counts as a failed try.
   * @param signal ends it: the time is over, or the server stops.
   */
  send(message: Message, to: Destination, signal: AbortSignal): Promise<Sent>;
}
