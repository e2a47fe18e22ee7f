/**
 * A loopback proxy that adds a token, for programs that cannot send one. It changes nothing else
 * without `change`: a foreign Host stays foreign.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";

/**
 * @returns the proxy's port. @param target the server's port.
 * @param change what becomes of the JSON of an answer (an older server's, say); left out: every
 * answer stays as it is.
 */
export async function headerProxy(
  t: TestContext | null,
  target: number,
  token: string,
  change?: (json: unknown) => unknown,
): Promise<{ port: number; close(): Promise<void> }> {
  const proxy = http.createServer((request, response) => {
    const own = `:${(proxy.address() as AddressInfo).port}`;
    const mine = (value: string | undefined): string | undefined =>
      value?.replace(new RegExp(`^(http://)?(127\\.0\\.0\\.1|localhost)${own}$`), `$1$2:${target}`);
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    if (headers.host !== undefined) headers.host = mine(headers.host);
    if (headers.origin !== undefined) headers.origin = mine(headers.origin);
    const inner = http.request(
      { host: "127.0.0.1", port: target, method: request.method, path: request.url, headers, agent: false },
      (answer) => {
        if (change !== undefined && /json/.test(answer.headers["content-type"] ?? "")) {
          void text(answer).then((whole) => {
            const { "content-length": _length, ...others } = answer.headers;
            response.writeHead(answer.statusCode ?? 502, others);
            response.end(JSON.stringify(change(JSON.parse(whole))));
          });
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    inner.on("error", () => response.destroy());
    response.on("close", () => inner.destroy());
    request.pipe(inner);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      proxy.close(() => resolve());
      proxy.closeAllConnections();
    });
  t?.after(close);
  return { port: (proxy.address() as AddressInfo).port, close };
}
