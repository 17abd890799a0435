import { type FileRef, type FileScope, formatFileRef, parseFileRef } from '@kuraxx/domain';
import type { Signer } from './signature.ts';

/** A link that was followed, its signature checked and its time not over. */
export type FollowedLink = {
  readonly ref: FileRef;
  /** Whom it was given to; undefined when it was for everybody in its scope (a frame, a picture). */
  readonly readerId: string | undefined;
};

/** What a request for a link names, as it came. */
export type LinkParts = {
  readonly userId: string;
  readonly fileId: string;
  /** `<variant>.<extension>` */
  readonly name: string;
  readonly scope: string;
  readonly for: string | undefined;
  readonly until: string;
  readonly sig: string;
};

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * How long links live, in steps: within a step the same link is made, so that browsers find what they have cached.
 * - What one person was given is good for long: whether they may still see it is asked each time.
 * - A frame goes to all members at once, so its links name nobody; who was removed since could still follow them: short.
 * - Pictures are shown to every signed-in user anyway.
 */
const lifetimes = {
  personal: { stepMs: dayMs, atLeastMs: 7 * dayMs },
  picture: { stepMs: dayMs, atLeastMs: 7 * dayMs },
  room: { stepMs: 10 * minuteMs, atLeastMs: 60 * minuteMs },
} as const;

const expiryOf = (scope: FileScope, readerId: string | undefined, nowMs: number): number => {
  const kind = scope.kind === 'picture' ? 'picture' : readerId === undefined ? 'room' : 'personal';
  const { stepMs, atLeastMs } = lifetimes[kind];
  return Math.ceil(nowMs / stepMs) * stepMs + atLeastMs;
};

const scopeText = (scope: FileScope): string => (scope.kind === 'room' ? `room:${scope.roomId}` : scope.kind);

const signedText = (ref: FileRef, readerId: string | undefined, untilSeconds: string): string =>
  [formatFileRef(ref), readerId ?? '', untilSeconds].join('\n');

/** The path of a link, and what comes before it is the public address of the api. */
const pathOf = ({ userId, fileId, variant, extension }: FileRef): string =>
  `/files/${userId}/${fileId}/${variant}.${extension}`;

export type Links = {
  /**
   * A link to a file that needs no header, good for a while (see docs/protocol.md). Pictures and `readerId`: a picture is
   * for anybody, so its link names nobody.
   */
  make(ref: FileRef, readerId: string | undefined, nowMs: number): string;
  /** @returns undefined for a wrong signature or one that is over */
  check(parts: LinkParts, nowMs: number): FollowedLink | undefined;
  /**
   * The file that a link of ours is about, however old the link: for clients that send one back.
   *
   * @returns `forged` for what looks like one and isn't; undefined for any other URL
   */
  recognise(url: string): FileRef | 'forged' | undefined;
};

const refOf = ({ userId, fileId, name, scope }: LinkParts): FileRef | undefined =>
  parseFileRef(`kuraxx-file:${userId}/${fileId}/${name}#${scope}`);

/** @param path of a URL of ours, with its query */
const partsOf = (path: string): LinkParts | undefined => {
  const [, userId, fileId, name, search] =
    /^(?:\/api)?\/files\/([^/?]+)\/([^/?]+)\/([^/?]+)(?:\?(.*))?$/.exec(path) ?? [];
  if (userId === undefined || fileId === undefined || name === undefined) return undefined;
  const params = new URLSearchParams(search);
  const query = (key: string): string => params.get(key) ?? '';
  return {
    userId,
    fileId,
    name,
    scope: query('scope'),
    for: params.get('for') ?? undefined,
    until: query('until'),
    sig: query('sig'),
  };
};

/** @param baseUrl public address of the api, without a slash at its end */
export const createLinks = (signer: Signer, baseUrl: string): Links => {
  const isSigned = (ref: FileRef, parts: LinkParts): boolean =>
    /^\d{1,12}$/.test(parts.until) && signer.isValid(signedText(ref, parts.for, parts.until), parts.sig);
  return {
    make: (ref, readerId, nowMs) => {
      const reader = ref.scope.kind === 'picture' ? undefined : readerId;
      const until = String(expiryOf(ref.scope, reader, nowMs) / 1000);
      const sig = signer.sign(signedText(ref, reader, until));
      const forWhom = reader === undefined ? '' : `&for=${reader}`;
      return `${baseUrl}${pathOf(ref)}?scope=${scopeText(ref.scope)}${forWhom}&until=${until}&sig=${sig}`;
    },
    check: (parts, nowMs) => {
      const ref = refOf(parts);
      if (ref === undefined || !isSigned(ref, parts) || Number(parts.until) * 1000 < nowMs) return undefined;
      return { ref, readerId: parts.for };
    },
    recognise: (url) => {
      const parts = url.startsWith(`${baseUrl}/`) ? partsOf(url.slice(baseUrl.length)) : undefined;
      if (parts === undefined) return undefined;
      const ref = refOf(parts);
      return ref !== undefined && isSigned(ref, parts) ? ref : 'forged';
    },
  };
};
