/** Builds the services of channels: what is sent to people, and the answers that they give. */
import type { Logger } from "pino";
import type { Settings } from "../config/settings.ts";
import { AnswerListener } from "../notifications/answers/answer-listener.ts";
import { AskCloser } from "../notifications/answers/ask-closer.ts";
import { createAdapters } from "../notifications/adapters.ts";
import { Notifier } from "../notifications/notifier.ts";
import type { NotifierOptions } from "../notifications/notifier.ts";
import { ntfySource } from "../notifications/answers/ntfy-source.ts";
import { slackSource } from "../notifications/answers/slack-source.ts";
import { telegramSource } from "../notifications/answers/telegram-source.ts";
import { notePosition, takeAnswer } from "../operations/notifications/take-answer.ts";
import type { ClaudeCodeTrust } from "../operations/tasks/working-directory.ts";
import type { Store } from "../store/store.ts";

export interface ChannelServicesOptions {
  readonly store: Store;
  readonly settings: Settings;
  readonly claudeCodeTrust: ClaudeCodeTrust;
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): number;
  /** A text without the secrets that this server knows. */
  redact(text: string): string;
  readonly links?: NotifierOptions["links"];
  /** The longest time between two tries to read answers. Default: a minute. */
  readonly longestPauseMs?: number;
}

export interface ChannelServices {
  readonly notifier: Notifier;
  readonly askCloser: AskCloser;
  readonly answerListener: AnswerListener;
}

export function channelServices(options: ChannelServicesOptions): ChannelServices {
  const { store, settings, claudeCodeTrust, log, env, now, redact, links, longestPauseMs } = options;
  const adapters = createAdapters(env);
  const base = { store, log, adapters, now, redact };
  return {
    notifier: new Notifier({ ...base, random: Math.random, ...(links === undefined ? {} : { links }) }),
    askCloser: new AskCloser(base),
    answerListener: new AnswerListener({
      store,
      log,
      sources: { telegram: telegramSource, ntfy: ntfySource, slack_app: slackSource() },
      now,
      random: Math.random,
      ...(longestPauseMs === undefined ? {} : { longestPauseMs }),
      take: (answer, channelIds) => takeAnswer({ store, settings, claudeCodeTrust }, answer, { channelIds, now: now() }),
      notePosition: (channelIds, position) => notePosition(store, channelIds, position),
    }),
  };
}
