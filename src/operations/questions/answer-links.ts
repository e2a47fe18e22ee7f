/**
 * Signs and reads the links that answer a question (docs/decisions/0018). A link holds no secret of
 * its own: the server's key proves that it made the link, and everything that the link is about is
 * signed. The question's key makes it single: it is never used again, and no answered question
 * opens again.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { offeredOptions } from "../../domain/questions/offered-options.ts";
import type { QuestionLinks } from "../../domain/questions/question-links.ts";
import type { Question } from "../../domain/questions/question.ts";

/** Below the public address. A proxy needs to forward nothing else. */
export const linkPath = "/answer/";

/** What a link is about. */
export interface AnswerLink {
  readonly questionId: number;
  readonly channelId: number;
  /** The place of the only option that it gives, from 1 on; 0: any that the channel may give. */
  readonly place: number;
  /** UTC milliseconds, whole seconds. */
  readonly expiresAt: number;
}

const sealLength = 40;
const shape = /^(\d{1,15})\.(\d{1,15})\.(\d{1,4})\.([0-9a-z]{1,8})\.([0-9a-f]{40})$/;

export class AnswerLinks {
  readonly #key: string;
  readonly #url: string;
  readonly #lifetimeMs: number;

  /** @param options.key a secret of this server. @param options.publicUrl how phones reach it. */
  constructor({ key, publicUrl, lifetimeMs }: { readonly key: string; readonly publicUrl: string; readonly lifetimeMs: number }) {
    this.#key = key;
    this.#url = `${publicUrl.replace(/\/+$/, "")}${linkPath}`;
    this.#lifetimeMs = lifetimeMs;
  }

  /** @param labels of the options that the channel may give. */
  linksOf(question: Question, channelId: number, labels: readonly string[], now: number): QuestionLinks {
    const end = Math.min(now + this.#lifetimeMs, question.deadline ?? Number.MAX_SAFE_INTEGER);
    const expiresAt = Math.floor(end / 1000) * 1000;
    const urlOf = (place: number): string => this.#url + this.sign(question, { questionId: question.id, channelId, place, expiresAt });
    const options = offeredOptions(question).flatMap(({ label }, index) =>
      labels.includes(label) ? [{ label, url: urlOf(index + 1) }] : [],
    );
    return { question: question.id, page: urlOf(0), options };
  }

  sign(question: Question, link: AnswerLink): string {
    const { questionId, channelId, place, expiresAt } = link;
    return [questionId, channelId, place, (expiresAt / 1000).toString(36), this.#seal(question, link)].join(".");
  }

  /**
   * What a link is about, proven or not; null: it has not the form of a link. @param text behind
   * `linkPath`.
   */
  read(text: string): (AnswerLink & { readonly seal: string }) | null {
    const [, questionId = "", channelId = "", place = "", seconds = "", seal = ""] = shape.exec(text) ?? [];
    if (seal === "") return null;
    const expiresAt = Number.parseInt(seconds, 36) * 1000;
    return { questionId: Number(questionId), channelId: Number(channelId), place: Number(place), expiresAt, seal };
  }

  /** Whether this server signed the link for this question. */
  isOurs(question: Question, link: AnswerLink & { readonly seal: string }): boolean {
    return isSame(link.seal, this.#seal(question, link));
  }

  /** What the form of a link's page sends along: who sends it has seen the page. */
  confirmation(question: Question, link: AnswerLink): string {
    return this.#hmac(["confirm", this.#seal(question, link)]);
  }

  #seal(question: Question, { channelId, place, expiresAt }: AnswerLink): string {
    const label = place === 0 ? null : (offeredOptions(question)[place - 1]?.label ?? null);
    return this.#hmac(["answer", question.id, question.key, question.inputHash, channelId, place, label, expiresAt]);
  }

  #hmac(parts: readonly (string | number | null)[]): string {
    return createHmac("sha256", this.#key).update(JSON.stringify(parts)).digest("hex").slice(0, sealLength);
  }
}

/** Compares in constant time. */
export function isSame(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}
