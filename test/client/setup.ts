/** A door with the real operations behind it, and the client in front. */
import type { TestContext } from "node:test";
import { urlAddress, WorkerClient } from "../../src/client/index.ts";
import type { TaskView } from "../../src/client/index.ts";
import type { DoorApi } from "../../testing/door-api.ts";
import { openDoor } from "../../testing/http-door.ts";
import type { OpenDoor } from "../../testing/http-door.ts";

export interface ClientSetup extends OpenDoor {
  readonly api: DoorApi;
  readonly client: WorkerClient;
  /** The same server over TCP. */
  overTcp(token?: string | null): WorkerClient;
  submit(prompt?: string): Promise<TaskView>;
}

export async function setup(t: TestContext): Promise<ClientSetup> {
  const door = await openDoor(t);
  const client = new WorkerClient({ kind: "socket", path: door.socket });
  t.after(() => client.close());
  return {
    ...door,
    client,
    overTcp(token = door.token) {
      const tcp = new WorkerClient(urlAddress(`http://127.0.0.1:${door.port}`, token));
      t.after(() => tcp.close());
      return tcp;
    },
    submit: async (prompt = "work") => await client.submitTask({ prompt, working_directory: "/" }),
  };
}
