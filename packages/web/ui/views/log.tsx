import type { RoomLogEntry } from '@kuraxx/contracts';
import { useEffect, useMemo } from 'preact/hooks';
import { attempt } from '../state/notice.ts';
import type { OpenRoom } from '../state/open-room.ts';
import { followLog } from '../state/room-log.ts';

const timeOf = (iso: string): string => {
  const at = new Date(iso);
  return `${at.toLocaleTimeString([], { hour12: false })}.${String(at.getMilliseconds()).padStart(3, '0')}`;
};

/** `kuraxx.message.sent.v1` → `message sent` */
const nameOf = (type: string): string =>
  type
    .replace(/^kuraxx\./, '')
    .replace(/\.v\d+$/, '')
    .replaceAll(/[.-]/g, ' ');

const after = (startMs: number, endMs: number | undefined): string =>
  endMs === undefined ? '' : `+${endMs - startMs} ms`;

/** The room's log as it grows, and how long each event took to the read models, to the gateway and to this page. */
export const Log = ({ opened }: { opened: OpenRoom }) => {
  const log = useMemo(() => followLog(opened.room.id, (error) => void attempt(() => Promise.reject(error))), [opened]);
  useEffect(() => () => log.stop(), [log]);
  const deliveries = opened.deliveries.value;
  useEffect(() => log.hurry(), [deliveries]);
  const delivered = new Map(deliveries.map((one) => [one.position, one]));
  const names = new Map(opened.members.value.map(({ userId, user }) => [userId, user.displayName]));
  const row = (entry: RoomLogEntry) => {
    const startMs = Date.parse(entry.at);
    const delivery = delivered.get(entry.position);
    const projectedMs = entry.projectedAt === null ? undefined : Date.parse(entry.projectedAt);
    return (
      <tr key={entry.position}>
        <td>
          <time dateTime={entry.at}>{timeOf(entry.at)}</time>
        </td>
        <th scope="row">{nameOf(entry.type)}</th>
        <td>{entry.userId === null ? '' : (names.get(entry.userId) ?? entry.userId.slice(0, 8))}</td>
        <td>{after(startMs, projectedMs)}</td>
        <td>{after(startMs, delivery?.framedAtMs)}</td>
        <td>{after(startMs, delivery?.receivedAtMs)}</td>
        <td>
          <code>{entry.position}</code>
        </td>
      </tr>
    );
  };
  return (
    <section class="page log" tabIndex={0} aria-label="Log of the room">
      <table>
        <caption>
          What is appended to the room’s log, the last first. Times count from the append: until the read models had it,
          until a gateway sent it on, until it was here (by this machine’s clock). What was before you came, and what
          isn’t sent to members, has no delivery.
        </caption>
        <thead>
          <tr>
            {['Appended', 'Event', 'By', 'Projected', 'Gateway', 'Here', 'Position'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{log.entries.value.toReversed().map(row)}</tbody>
      </table>
    </section>
  );
};
