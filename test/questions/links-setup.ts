/** A question, its links for a channel, and the door that shows their pages. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { ChannelAnswers } from "../../src/domain/notifications/channel-answers.ts";
import type { AskedQuestion, Question } from "../../src/domain/questions/question.ts";
import type { QuestionLinks } from "../../src/domain/questions/question-links.ts";
import { openDoorOf } from "../../testing/http-door.ts";
import type { DoorAnswer } from "../../testing/http-door.ts";
import { plainChannel } from "../../testing/plain-channel.ts";
import { askingTask, owner, permission } from "../../testing/plain-question.ts";
import { realApi } from "../../testing/real-api.ts";

export const publicUrl = "https://worker.example.com/claude";

export async function linked(t: TestContext, asked: AskedQuestion = permission, answers: ChannelAnswers = "permissions") {
  const s = realApi(t, { public_url: publicUrl });
  const { api, store, clock, paths, links } = s;
  if (links === null) throw new Error("there is no public address");
  const { task, ask: askIt } = await askingTask(s, { prompt: "Work <b>hard</b>" });
  const added = await store.write(() => store.notifications.addChannel(plainChannel({ answers }), null));
  const channel = added?.id ?? 0;
  const ask = (more: Partial<AskedQuestion> = {}, deadline: number | null = null): Promise<Question> =>
    askIt({ ...asked, ...more }, deadline);
  const question = await ask();
  const linksOf = (of = question): QuestionLinks => links.linksOf(of, channel, ["allow", "deny"], clock.nowMs);
  const directory = path.dirname(paths.serverSocket);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const door = await openDoorOf(t, api, { directory, publicUrl });
  /** As a proxy passes a browser's request on. */
  const call = (
    url: string,
    more: { method?: string; body?: string | Buffer; headers?: Record<string, string> } = {},
  ): Promise<DoorAnswer> =>
    door.call({
      path: url.replace(publicUrl, ""),
      tcp: true,
      token: null,
      ...more,
      headers: {
        host: "worker.example.com",
        ...(more.body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        ...more.headers,
      },
    });
  const send = (url: string, fields: Record<string, string>, headers: Record<string, string> = fromBrowser): Promise<DoorAnswer> =>
    call(url, { body: String(new URLSearchParams(fields)), headers });
  return {
    ...s,
    owner,
    door,
    task,
    channel,
    question,
    ask,
    linksOf,
    /** The link that gives this option. */
    link: (label: string, of = question): string => linksOf(of).options.find((each) => each.label === label)?.url ?? "",
    call,
    /** Sends a form to a link. */
    send,
    /** Opens a link, and sends its form. */
    press: async (url: string, fields: Record<string, string> = {}): Promise<DoorAnswer> => {
      const { text } = await call(url);
      return await send(url, { confirmation: confirmationIn(text), ...fields });
    },
    stored: () => store.questions.get(question.id),
  };
}

/** What a browser sends with a form of a page without referrers. */
export const fromBrowser = { origin: "null", "sec-fetch-site": "same-origin" };

export function confirmationIn(page: string): string {
  return /name="confirmation" value="([0-9a-f]+)"/.exec(page)?.[1] ?? "";
}
