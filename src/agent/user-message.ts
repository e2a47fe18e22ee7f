/** What a person says to Claude Code, in the SDK's shape (SDKUserMessage). */
import type { UUID } from "node:crypto";
import type { ImageType } from "../domain/task/attachment.ts";
import type { StartMessage } from "../attempt-protocol/protocol.ts";

interface TextBlock {
  readonly type: "text";
  readonly text: string;
}

interface ImageBlock {
  readonly type: "image";
  readonly source: { readonly type: "base64"; readonly media_type: ImageType; readonly data: string };
}

export type UserContent = string | (TextBlock | ImageBlock)[];

export interface UserMessage {
  readonly type: "user";
  readonly message: { readonly role: "user"; readonly content: UserContent };
  readonly parent_tool_use_id: null;
  /** Claude Code keeps it in the session and reports what becomes of the message. */
  readonly uuid?: UUID;
  /** `next`: at the next step of a running turn. `later`: as a turn of its own. */
  readonly priority?: "next" | "later";
}

/** The text alone, or behind its images: the model's API wants them first. */
export function contentOf(text: string, images: StartMessage["images"] = []): UserContent {
  if (images.length === 0) return text;
  const blocks = images.map(({ mediaType, data }): ImageBlock => {
    return { type: "image", source: { type: "base64", media_type: mediaType, data } };
  });
  return [...blocks, { type: "text", text }];
}
