import { chat, connection } from '../state/chat.ts';

const texts = {
  idle: 'Offline',
  connecting: 'Connecting …',
  online: 'Online',
  waiting: 'Cut off: reconnecting …',
  over: 'Disconnected',
} as const;

/** Whether what is shown is live; read out when it changes. */
export const ConnectionState = () => {
  const { phase } = connection.value;
  return (
    <p class={`connection ${phase}`} role="status">
      <span class="dot" aria-hidden="true" />
      {texts[phase]}
      {phase === 'over' && (
        <button type="button" class="quiet" onClick={() => chat.connect()}>
          Connect
        </button>
      )}
    </p>
  );
};
