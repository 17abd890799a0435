import type { Uploaded } from '@kuraxx/client';
import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { chat } from '../state/chat.ts';
import { attempt } from '../state/notice.ts';
import type { OpenRoom } from '../state/open-room.ts';

const maxFiles = 10;

/** Writes a message. Enter sends, Shift+Enter starts a line. It sends also when cut off: the message then waits. */
export const Composer = ({ opened }: { opened: OpenRoom }) => {
  const text = useSignal('');
  const files = useSignal<readonly Uploaded[]>([]);
  const uploading = useSignal(0);
  const fileInput = useId();
  const isEmpty = text.value.trim() === '' && files.value.length === 0;

  const send = (): void => {
    if (isEmpty || uploading.value > 0) return;
    opened.send(text.value.trim(), files.value);
    text.value = '';
    files.value = [];
  };
  const upload = async (file: File): Promise<void> => {
    uploading.value++;
    await attempt(async () => {
      const uploaded = await chat.upload(file);
      files.value = [...files.value, uploaded];
    });
    uploading.value--;
  };
  const choose = (input: HTMLInputElement): void => {
    const chosen = [...(input.files ?? [])].slice(0, maxFiles - files.value.length);
    input.value = ''; // the same file again is a change again
    for (const file of chosen) void upload(file);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <ul class="chosen" aria-label="Files to send" aria-live="polite">
        {files.value.map(({ id, fileName }) => (
          <li key={id}>
            {fileName}
            <button
              type="button"
              class="link"
              aria-label={`Don’t send ${fileName}`}
              onClick={() => (files.value = files.value.filter((file) => file.id !== id))}
            >
              ✕
            </button>
          </li>
        ))}
        {uploading.value > 0 && <li>uploading …</li>}
      </ul>
      <input id={fileInput} class="sr-only" type="file" multiple onChange={(event) => choose(event.currentTarget)} />
      <label for={fileInput} class="attach">
        <span class="sr-only">Attach files</span>
        <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
          <path
            d="M13.5 7 8 12.5a3.2 3.2 0 0 1-4.5-4.5l6-6a2.1 2.1 0 0 1 3 3l-6 6a1 1 0 0 1-1.5-1.5L10 4.5"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
          />
        </svg>
      </label>
      <textarea
        aria-label="Message"
        placeholder="Write a message"
        rows={1}
        maxLength={5000}
        value={text}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          if (text.value !== '') opened.room.typing();
        }}
        onKeyDown={onKeyDown}
      />
      <button type="submit" disabled={isEmpty || uploading.value > 0}>
        Send
      </button>
    </form>
  );
};
