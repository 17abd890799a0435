import { requireRight, requireStored, type StoredFile } from '@kuraxx/domain';
import type { FollowedLink, LinkParts } from '@kuraxx/file-links';
import { keysOf } from '@kuraxx/files';
import { create as contentDisposition } from 'content-disposition';
import type { Api } from '../api.ts';
import { Problem } from '../http/problem.ts';
import { standingIn } from '../membership.ts';

/** An address that a link leads to is good for 5 to 10 minutes: in steps, so that browsers find what they have cached. */
const stepMs = 5 * 60_000;
const expiryOf = (nowMs: number): number => Math.ceil(nowMs / stepMs) * stepMs + stepMs;

/** What a browser shows inside a page; everything else it saves. None of it can hold a script. */
const isShownInline = (mimeType: string): boolean => mimeType.startsWith('image/') || mimeType.startsWith('audio/');

const notFound = (): Problem =>
  new Problem('RESOURCE_NOT_FOUND', { message: 'There is no such file, or the link is over' });

/** @throws {Refusal} when whom the link was given to may not see the file any more */
const requireReader = async (
  api: Pick<Api, 'commands' | 'readModel'>,
  { ref, readerId }: FollowedLink,
  file: StoredFile,
): Promise<void> => {
  const { scope } = ref;
  switch (scope.kind) {
    case 'owner':
      if (readerId !== file.userId) throw notFound();
      return;
    case 'picture':
      if (file.use === null || file.use.kind === 'message') throw notFound();
      return;
    case 'room': {
      if (file.use?.kind !== 'message' || file.use.roomId !== scope.roomId) throw notFound();
      // a link out of a frame names nobody: it lives for an hour, and as long as the room
      const standing = await standingIn(api, scope.roomId, readerId ?? file.userId);
      if (standing === 'absent') throw notFound();
      if (readerId !== undefined) requireRight('message.read', standing);
      return;
    }
  }
};

/**
 * Where a link leads to: a short-lived address of the store.
 *
 * @throws {Problem} RESOURCE_NOT_FOUND for a link that is wrong, over, or about a file that is no more
 * @throws {Refusal} ROOM_ACCESS_DENIED for somebody who has left the room @throws {Unavailable}
 */
export const followLink = async (
  api: Pick<Api, 'commands' | 'readModel' | 'uploads'>,
  parts: LinkParts,
): Promise<string> => {
  const { links, store, intake } = api.uploads;
  const nowMs = Date.now();
  const followed = links.check(parts, nowMs);
  if (followed === undefined) throw notFound();
  const { ref } = followed;
  const found = await api.commands.files.find(ref);
  if (found.status !== 'stored' && found.status !== 'expected') throw notFound();
  const file = requireStored(await intake.settle(found));
  await requireReader(api, followed, file);
  const keys = keysOf(ref);
  const expiresAtMs = expiryOf(nowMs);
  if (ref.variant === 'thumbnail') {
    return await store.getUrl(keys.thumbnail, { contentType: 'image/webp', disposition: 'inline', expiresAtMs });
  }
  const { mimeType, fileName } = file;
  const disposition = contentDisposition(fileName, { type: isShownInline(mimeType) ? 'inline' : 'attachment' });
  return await store.getUrl(keys.original, { contentType: mimeType, disposition, expiresAtMs });
};
