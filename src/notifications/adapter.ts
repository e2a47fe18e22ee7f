/** Defines what each kind of channel implements: it sends one message once. */
import type { ChannelTarget } from "../domain/notifications/channel.ts";
import type { Rest } from "../domain/notifications/delivery.ts";
import type { Message } from "./message.ts";

export interface Destination {
  readonly target: ChannelTarget;
  readonly secret: string | null;
  readonly allowPrivate: boolean;
  /** Of a mail that a part of its recipients has; null: all are to get it. */
  readonly rest?: Rest | null;
}

export type Sent =
  | {
      readonly delivered: true;
      /** The service's name of the message. Absent: it has none. */
      readonly ref?: string;
      /** A sentence: a part of the recipients did not get it. */
      readonly problem?: string;
    }
  | {
      readonly delivered: false;
      /** A sentence for people, without anything that the receiver wrote. */
      readonly error: string;
      /** Whether the receiver wants no more tries of this message. */
      readonly isFinal?: boolean;
      readonly retryAfterMs?: number | null;
      /** The others have the message. Absent: no recipient has it. */
      readonly rest?: Rest;
    };

export interface Adapter {
  /**
   * Sends the message once. What is thrown counts as a failed try.
   * @param signal ends it: the time is over, or the server stops.
   */
  send(message: Message, to: Destination, signal: AbortSignal): Promise<Sent>;
  /** Of kinds whose messages take answers. */
  readonly asks?: Asking;
}

export interface Asking {
  /** Whether a message with this title and this text can be sent whole. */
  fits(title: string, text: string): boolean;
  /**
   * Writes another text into a message that was sent, and takes its buttons away. Absent: messages
   * of this kind cannot be changed.
   */
  change?(ref: string, message: Pick<Message, "title" | "text">, to: Destination, signal: AbortSignal): Promise<Sent>;
}
