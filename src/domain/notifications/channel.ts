/** Defines channels: where notifications go, and which ones. */
import type { NotificationEvent } from "./notification.ts";

export const channelKinds = ["webhook"] as const;
export type ChannelKind = (typeof channelKinds)[number];

/** Where a channel of each kind sends to; secrets are apart. */
export interface ChannelTarget {
  /** Of a webhook. */
  readonly url?: string;
}

export interface NewChannel {
  /** Begins with a letter, so that it is not taken for a number. */
  readonly name: string;
  readonly kind: ChannelKind;
  readonly target: ChannelTarget;
  readonly events: readonly NotificationEvent[];
  /** Whether it may send to private addresses, and without TLS. */
  readonly allowPrivate: boolean;
  readonly createdAt: number;
}

export interface Channel extends NewChannel {
  readonly id: number;
}

/** The most channels that there can be. */
export const maxChannels = 50;

/** Why an address cannot be a webhook's; null: it can. A part of a sentence. */
export function urlProblem(text: string, { allowPrivate }: { readonly allowPrivate: boolean }): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "is not an address like https://example.com/hook";
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https://";
  if (url.username !== "" || url.password !== "") return "must not hold a user name or a password";
  if (url.protocol === "http:" && !allowPrivate) return "must begin with https://; http:// needs --allow-private";
  return null;
}

/** The address for people: without its query, which may hold a secret. */
export function shownTarget({ url }: ChannelTarget): string {
  if (url === undefined) return "";
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === "" ? "" : "?…"}`;
}
