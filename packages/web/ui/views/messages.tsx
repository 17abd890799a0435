import { useLayoutEffect, useRef } from 'preact/hooks';
import { attempt } from '../state/notice.ts';
import type { OpenRoom } from '../state/open-room.ts';
import { MessageItem } from './message.tsx';

const nearPx = 80;

const typingText = (names: readonly string[]): string =>
  names.length === 0 ? '' : names.length > 3 ? 'Several people are typing …' : `${names.join(', ')} typing …`;

/** The messages, what isn't sent yet below them. It stays at the end while the person is there. */
export const Messages = ({ opened, isAdmin }: { opened: OpenRoom; isAdmin: boolean }) => {
  const { timeline, unsent, typists, hasOlder } = opened;
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (isAtEnd.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [timeline.value, unsent.value]);
  const scrolled = (event: { currentTarget: HTMLElement }): void => {
    const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
    isAtEnd.current = scrollTop + clientHeight > scrollHeight - nearPx;
  };
  return (
    <>
      {/* biome-ignore lint: the list scrolls, so keys must reach it */}
      <div
        class="messages"
        ref={list}
        onScroll={scrolled}
        tabIndex={0}
        role="log"
        aria-label="Messages"
        aria-live="polite"
      >
        {hasOlder.value && (
          <button type="button" class="quiet older" onClick={() => void attempt(() => opened.loadOlder())}>
            Earlier messages
          </button>
        )}
        <ol>
          {timeline.value.messages.map((message) => (
            <MessageItem key={message.id} message={message} opened={opened} isAdmin={isAdmin} />
          ))}
          {unsent.value.map(({ tempId, content, failure }) => (
            <li key={tempId} class={failure === undefined ? 'message own sending' : 'message own failed'}>
              <p class="content">{content}</p>
              <p class="meta">
                {failure === undefined ? (
                  'sending …'
                ) : (
                  <>
                    not sent: {failure}{' '}
                    <button type="button" class="link" onClick={() => opened.forget(tempId)}>
                      Discard
                    </button>
                  </>
                )}
              </p>
            </li>
          ))}
        </ol>
      </div>
      <p class="typing" aria-live="polite">
        {typingText(typists.value)}
      </p>
    </>
  );
};
