/** A port that another program listens on. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** On 127.0.0.1, until the test ends. */
export async function takenPort(t: TestContext): Promise<number> {
  const other = createServer();
  t.after(() => other.close());
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  return (other.address() as AddressInfo).port;
}
