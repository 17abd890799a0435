import { isErrorCode } from '@kuraxx/contracts';
import { Refusal, type RefusalCode } from '@kuraxx/domain';
import { Unavailable } from '@kuraxx/event-store';
import { askToSettle } from '@kuraxx/signals';
import type { Needs } from './needs.ts';

/**
 * Files that came by a signed address are looked at before a message shows them, which an api does: it has the store. The others, the
 * rule, cost nothing but a look at the log.
 *
 * @throws {Refusal} when one is not what was announced @throws {Unavailable} also when looking takes longer: the client tries again
 */
export const settleUploads = async (
  userId: string,
  attachments: readonly { readonly fileId: string }[],
  remainingMs: number,
  { commands, nats }: Pick<Needs, 'commands' | 'nats'>,
): Promise<void> => {
  for (const { fileId } of attachments) {
    const file = await commands.files.find({ userId, fileId });
    if (file.status !== 'expected') continue;
    const answer = await askToSettle(nats, { userId, fileId }, remainingMs);
    if (answer.ok) continue;
    if (isRefusal(answer.code)) throw new Refusal(answer.code, answer.message);
    throw new Unavailable('an upload could not be looked at now');
  }
};

const isRefusal = (code: string): code is RefusalCode =>
  isErrorCode(code) && (code === 'VALIDATION_ERROR' || code === 'FILE_TOO_LARGE' || code === 'FILE_TYPE_NOT_ALLOWED');
