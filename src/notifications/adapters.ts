/** Has the adapter of each form of channel. */
import type { ChannelForm } from "../domain/notifications/channel.ts";
import type { Adapter } from "./adapter.ts";
import { discord, slack } from "./chat.ts";
import { email } from "./email.ts";
import { commandAdapter, desktopAdapter } from "./local.ts";
import { ntfy } from "./ntfy.ts";
import { slackApp } from "./slack-app.ts";
import { telegram } from "./telegram.ts";
import { webhookAdapter } from "./webhook.ts";

/** @param env the server's environment, of which programs get a part. */
export function createAdapters(env: Readonly<Record<string, string | undefined>>): Readonly<Record<ChannelForm, Adapter>> {
  return {
    webhook: webhookAdapter(),
    ntfy,
    slack,
    slack_app: slackApp,
    discord,
    telegram,
    email,
    desktop: desktopAdapter(env),
    command: commandAdapter(env),
  };
}
