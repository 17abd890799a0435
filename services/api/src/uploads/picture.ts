import { type FileUse, formatFileRef, Refusal } from '@kuraxx/domain';
import type { Api } from '../api.ts';

const refuse = (why: string): Refusal => new Refusal('VALIDATION_ERROR', `avatarUrl: ${why}`);

/**
 * What is kept of the address that somebody gives for a picture: of a link to an own upload its reference, which every signed-in user
 * then gets a link for; any other address as it is. The upload is reserved for it.
 *
 * @param current what is kept now: a link to it, sent back as it was shown, changes nothing
 * @returns undefined when it is the current one
 * @throws {Refusal} VALIDATION_ERROR for a link to what is no own picture @throws {Unavailable}
 */
export const keepPicture = async (
  { commands, uploads }: Pick<Api, 'commands' | 'uploads'>,
  callerId: string,
  url: string,
  current: string | null,
  use: FileUse,
): Promise<string | undefined> => {
  const ref = uploads.links.recognise(url);
  if (ref === undefined) return url;
  if (ref === 'forged') throw refuse('this link is not valid');
  const picture = formatFileRef({ ...ref, scope: { kind: 'picture' } });
  if (picture === current) return undefined;
  if (ref.userId !== callerId) throw refuse('only a picture that you have uploaded');
  await uploads.intake.settleAwaited(ref);
  await commands.files.use(ref, use);
  return picture;
};
