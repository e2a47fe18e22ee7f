/** Makes the views of messages from the store's rows. */
import type { MessageView } from "../../contract/views/message.ts";
import type { Message } from "../../domain/messages/message.ts";
import { rfc3339, rfc3339OrNull } from "../tasks/times.ts";

export function messageView(message: Message): MessageView {
  return {
    id: message.id,
    task_id: message.taskId,
    key: message.key,
    text: message.text,
    delivery: message.delivery,
    status: message.status,
    continues: message.continues,
    sent_by: message.sentBy,
    queued_at: rfc3339(message.queuedAt),
    delivered_at: rfc3339OrNull(message.deliveredAt),
    ended_at: rfc3339OrNull(message.endedAt),
    note: message.note,
  };
}
