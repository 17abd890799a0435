import type { Message } from '@kuraxx/contracts';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { user } from '../state/chat.ts';
import { attempt } from '../state/notice.ts';
import type { OpenRoom } from '../state/open-room.ts';
import { Attachments } from './attachments.tsx';

const timeOf = (iso: string): string => new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

const EditForm = ({ message, opened, close }: { message: Message; opened: OpenRoom; close: () => void }) => {
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => input.current?.focus(), []);
  const save = async (): Promise<void> => {
    const content = input.current?.value.trim() ?? '';
    if (content === '' || content === message.content) return close();
    if (await attempt(() => opened.room.edit(message.id, content))) close();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') close();
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void save();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        ref={input}
        aria-label="Edit message"
        rows={2}
        maxLength={5000}
        defaultValue={message.content}
        onKeyDown={onKeyDown}
      />
      <p class="buttons">
        <button type="submit">Save</button>
        <button type="button" class="quiet" onClick={close}>
          Cancel
        </button>
      </p>
    </form>
  );
};

/** One message, with what the person may do to it. */
export const MessageItem = ({ message, opened, isAdmin }: { message: Message; opened: OpenRoom; isAdmin: boolean }) => {
  const isEditing = useSignal(false);
  const { sender, content, createdAt, editedAt, type } = message;
  if (type === 'SYSTEM') {
    return (
      <li class="message system">
        {content} · <time dateTime={createdAt}>{timeOf(createdAt)}</time>
      </li>
    );
  }
  const isOwn = message.senderId === user.value?.id;
  const remove = (): void => void attempt(() => opened.room.remove(message.id));
  return (
    <li class={isOwn ? 'message own' : 'message'}>
      <p class="meta">
        <strong>{sender.displayName}</strong> <time dateTime={createdAt}>{timeOf(createdAt)}</time>
        {editedAt !== null && <span> · edited</span>}
      </p>
      {isEditing.value ? (
        <EditForm message={message} opened={opened} close={() => (isEditing.value = false)} />
      ) : (
        content !== '' && <p class="content">{content}</p>
      )}
      <Attachments files={message.attachments} />
      {(isOwn || isAdmin) && !isEditing.value && (
        <p class="actions">
          {isOwn && (
            <button
              type="button"
              class="link"
              aria-label={`Edit “${content}”`}
              onClick={() => (isEditing.value = true)}
            >
              Edit
            </button>
          )}
          <button type="button" class="link" aria-label={`Delete “${content}”`} onClick={remove}>
            Delete
          </button>
        </p>
      )}
    </li>
  );
};
