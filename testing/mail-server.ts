/** A mail server on loopback, which keeps what it gets. */
import type { TestContext } from "node:test";
import { SMTPServer } from "smtp-server";
import type { SMTPServerOptions } from "smtp-server";

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: unknown;
  readonly isTls: boolean;
  readonly text: string;
}

/** @param options of the server, e.g. what it says to a recipient. */
export async function mailServer(t: TestContext, options: SMTPServerOptions = {}): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    onAuth: ({ username, password }, _, done) => {
      done(password === "right" ? null : new Error("Wrong password of me@example.com"), { user: username });
    },
    onData: (stream, { envelope, user, secure }, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from, to, user, isTls: secure, text: Buffer.concat(parts).toString("utf8") });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise<void>((resolve) => server.close(resolve)));
  return { port: (server.server.address() as { port: number }).port, mails };
}
