/**
 * Who may follow a link to a file: its owner alone; whoever is in a room; anybody who was given the link (pictures of
 * people and rooms, which every signed-in user sees).
 */
export type FileScope =
  | { readonly kind: 'owner' }
  | { readonly kind: 'room'; readonly roomId: string }
  | { readonly kind: 'picture' };

/** The file itself, or its small picture. */
export type FileVariant = 'original' | 'thumbnail';

/** A file as the log and the read models name it: no address, no capability, valid as long as the file is there. */
export type FileRef = {
  readonly userId: string;
  readonly fileId: string;
  readonly variant: FileVariant;
  readonly extension: string;
  readonly scope: FileScope;
};

/** What every reference starts with. It is no address: on its way out each becomes a signed link. */
export const fileRefPrefix = 'kuraxx-file:';

const scopeText = (scope: FileScope): string => (scope.kind === 'room' ? `room:${scope.roomId}` : scope.kind);

/** As text: `kuraxx-file:<userId>/<fileId>/<variant>.<extension>#<scope>`. */
export const formatFileRef = ({ userId, fileId, variant, extension, scope }: FileRef): string =>
  `${fileRefPrefix}${userId}/${fileId}/${variant}.${extension}#${scopeText(scope)}`;

const refPattern =
  /^kuraxx-file:([0-9a-f-]{36})\/([0-9a-f-]{36})\/(original|thumbnail)\.([a-z0-9]{1,8})#(owner|picture|room:[0-9a-f-]{36})$/;

const parseScope = (text: string): FileScope => {
  if (text === 'owner' || text === 'picture') return { kind: text };
  return { kind: 'room', roomId: text.slice('room:'.length) };
};

/** @returns `undefined` for what is no reference */
export const parseFileRef = (text: string): FileRef | undefined => {
  const [, userId, fileId, variant, extension, scope] = refPattern.exec(text) ?? [];
  if (userId === undefined || fileId === undefined || extension === undefined || scope === undefined) return undefined;
  return {
    userId,
    fileId,
    variant: variant === 'thumbnail' ? 'thumbnail' : 'original',
    extension,
    scope: parseScope(scope),
  };
};
