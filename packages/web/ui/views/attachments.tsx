import type { Attachment } from '@kuraxx/contracts';

const sizeOf = (bytes: number): string =>
  bytes < 1_000
    ? `${bytes} B`
    : bytes < 1_000_000
      ? `${Math.round(bytes / 1_000)} kB`
      : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** The files of a message: pictures as such, the rest by name. */
export const Attachments = ({ files }: { files: readonly Attachment[] }) =>
  files.length === 0 ? null : (
    <ul class="attachments">
      {files.map(({ id, fileName, fileSize, url, thumbnailUrl }) => (
        <li key={id}>
          <a href={url} target="_blank" rel="noreferrer">
            {thumbnailUrl === null ? (
              `${fileName} (${sizeOf(fileSize)})`
            ) : (
              <img src={thumbnailUrl} alt={fileName} loading="lazy" />
            )}
          </a>
        </li>
      ))}
    </ul>
  );
