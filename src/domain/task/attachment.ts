/**
 * Defines the images of a task's prompt: which ones are accepted, and what is stored beside their
 * bytes.
 */

export const imageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;
export type ImageType = (typeof imageTypes)[number];

/** An image as it is given: base64 without line ends. */
export interface GivenAttachment {
  readonly name: string;
  readonly data: string;
}

/** What a task knows of an image of its own. */
export interface Attachment {
  readonly name: string;
  readonly mediaType: ImageType;
  readonly bytes: number;
}

/** As views show it. */
export interface ShownAttachment {
  readonly name: string;
  readonly media_type: ImageType;
  readonly bytes: number;
}

/** What the model's API takes of one image. */
export const maxImageBytes = 5 * 1024 * 1024;
export const maxAttachments = 10;
/** Of all images of a task. */
export const maxAttachedBytes = 10 * 1024 * 1024;
/** The same in base64, with room for names. */
export const maxAttachedCharacters = 14 * 1024 * 1024;

/** How many bytes a base64 text stands for. */
export function bytesOfBase64(data: string): number {
  const padding = data.endsWith("==") ? 2 : Number(data.endsWith("="));
  return (data.length / 4) * 3 - padding;
}

/** By its first bytes, whatever its name says; null: not an image that Claude takes. */
export function imageTypeOf(data: string): ImageType | null {
  const head = decoded(data.slice(0, 16));
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "image/gif";
  return head.startsWith("RIFF") && head.slice(8, 12) === "WEBP" ? "image/webp" : null;
}

/** Why this cannot be given to Claude, as the end of a sentence about it; null: it can. */
export function attachmentProblem(data: string): string | null {
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return "is not base64";
  if (bytesOfBase64(data) > maxImageBytes) return "is larger than 5 MB. Make it smaller";
  return imageTypeOf(data) === null
    ? "is not a PNG, JPEG, GIF or WebP image. Name other files in the prompt: Claude reads them itself"
    : null;
}

/** Why these cannot be one task's, as a sentence; null: they can. */
export function attachmentsProblem(all: readonly Pick<Attachment, "bytes">[]): string | null {
  if (all.length > maxAttachments) return `A task takes ${maxAttachments} images, and these are ${all.length}. Leave some out.`;
  const bytes = all.reduce((sum, each) => sum + each.bytes, 0);
  return bytes > maxAttachedBytes ? "The images of a task may have 10 MB together, and these have more. Make them smaller." : null;
}

export function heldAttachment({ name, data }: GivenAttachment): Attachment {
  return { name, mediaType: imageTypeOf(data) ?? "image/png", bytes: bytesOfBase64(data) };
}

export function shownAttachment({ name, mediaType, bytes }: Attachment): ShownAttachment {
  return { name, media_type: mediaType, bytes };
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return "";
  }
}
