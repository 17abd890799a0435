import { useSignal } from '@preact/signals';
import type { OpenRoom } from '../state/open-room.ts';

/** Writes a message. Enter sends, Shift+Enter starts a line. It sends also when cut off: the message then waits. */
export const Composer = ({ opened }: { opened: OpenRoom }) => {
  const text = useSignal('');
  const send = (): void => {
    const content = text.value.trim();
    if (content === '') return;
    opened.send(content);
    text.value = '';
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
      <button type="submit" disabled={text.value.trim() === ''}>
        Send
      </button>
    </form>
  );
};
