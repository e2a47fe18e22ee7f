/** Sends notifications as mail, through a mail server that the channel names. */
import { once } from "node:events";
import type { LookupAddress } from "node:dns";
import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import { withoutBrackets } from "../domain/text/host-name.ts";
import type { Adapter } from "./adapter.ts";
import { linkLines } from "./payload.ts";
import { addressProblem, allowedAddresses } from "./address.ts";
import { pinnedTo, sentenceOf, unlessAborted } from "./exchange.ts";
import { afterRefusals, restIn } from "./mail-recipients.ts";
import type { RefusedMail } from "./mail-recipients.ts";

const timeMs = 15_000;

export const email: Adapter = {
  async send(message, { target, secret, allowPrivate, rest = null }, signal) {
    const to = (target.to ?? "").split(",").map((each) => each.trim());
    const left = restIn(rest, to);
    if (left?.to.length === 0) return afterRefusals([], left);
    const server = new URL(target.url ?? "");
    const host = withoutBrackets(server.hostname);
    const addresses = await unlessAborted(allowedAddresses(host, { allowPrivate }), signal);
    // Loaded when the first mail is sent: it is large.
    const { createTransport } = await import("nodemailer");
    const isTls = server.protocol === "smtps:";
    const port = server.port === "" ? (isTls ? 465 : 587) : Number(server.port);
    // Connected here: to addresses that were judged, and so that it can be ended at any time.
    const socket = await connected({ host, port, addresses, signal });
    // A relay on this machine may have no TLS, or a certificate of its own making.
    const { remoteAddress } = socket;
    const isPrivate = remoteAddress !== undefined && addressProblem(remoteAddress, { allowPrivate: false }) !== null;
    const transport = createTransport({
      connection: socket,
      // The certificate must be of this name.
      host,
      port,
      secure: isTls,
      requireTLS: !isTls && !isPrivate,
      tls: { ...(isIP(host) === 0 ? { servername: host } : {}), rejectUnauthorized: isTls || !isPrivate },
      ...(secret === null ? {} : { auth: { user: decodeURIComponent(server.username), pass: secret } }),
      greetingTimeout: timeMs,
      socketTimeout: timeMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      const sending = transport.sendMail({
        from: { name: "Claude Worker", address: target.from ?? "" },
        to,
        // The header names all recipients at each try.
        ...(left === null ? {} : { envelope: { from: target.from ?? "", to: [...left.to] } }),
        subject: message.title,
        text: `${message.text === "" ? message.title : message.text}\n${linkLines(message)}`,
        date: new Date(message.occurredAt),
        // The same at each try, so that a mailbox can see that a mail came twice.
        messageId: `<${message.id}@claude-worker>`,
        headers: { "auto-submitted": "auto-generated" },
      });
      const { rejectedErrors = [] } = await unlessAborted(sending, signal);
      return afterRefusals(rejectedErrors, left);
    } catch (error) {
      if (signal.aborted) throw sentenceOf(error as Error, signal);
      const { rejectedErrors = [], ...problem } = error as MailProblem;
      // Others have it from an earlier try.
      if (left !== null && rejectedErrors.length > 0) return afterRefusals(rejectedErrors, left);
      return { delivered: false, error: problemOf(problem) };
    } finally {
      transport.close();
      socket.destroy();
    }
  },
};

interface Connection {
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly LookupAddress[];
  readonly signal: AbortSignal;
}

async function connected({ host, port, addresses, signal }: Connection): Promise<Socket> {
  const socket = connect({ host, port, ...pinnedTo(addresses) });
  // Errors of a sending reach nodemailer as well; none may be without a listener.
  socket.on("error", () => {});
  try {
    await once(socket, "connect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw sentenceOf(error as Error, signal);
  }
}

interface MailProblem {
  readonly code?: string;
  readonly responseCode?: number;
  readonly rejectedErrors?: readonly RefusedMail[];
}

/** Without what the server wrote. */
function problemOf({ code, responseCode }: MailProblem): string {
  if (code === "EAUTH") return "The mail server refused the user or the password.";
  if (responseCode !== undefined) return `The mail server answered ${responseCode}.`;
  return `The mail server could not be used (${code ?? "unknown error"}).`;
}
