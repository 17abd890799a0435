import type { Commands } from '@kuraxx/commands';
import type { EventLog } from '@kuraxx/event-store';
import type { Outgoing } from '@kuraxx/file-links';
import type { Rates } from '@kuraxx/limits';
import type { Tracing } from '@kuraxx/runtime';
import type { NatsConnection } from 'nats';
import type { Logger } from 'pino';
import type { Channels } from './channels.ts';
import type { Counts } from './counts.ts';
import type { Directory } from './directory.ts';
import type { History } from './history.ts';
import type { Limits } from './limits.ts';
import type { NameKeeper } from './name-keeper.ts';
import type { NatsState } from './nats-state.ts';
import type { Presence } from './presence.ts';
import type { SignOuts } from './sign-outs.ts';
import type { Typing } from './typing.ts';
import type { UserRooms } from './user-rooms.ts';

/** What the gateway executes. */
export type GatewayCommands = {
  readonly accounts: Pick<Commands['accounts'], 'authenticate' | 'isSignedIn' | 'isDeleted' | 'peekDeleted'>;
  readonly files: Pick<Commands['files'], 'find'>;
  readonly rooms: Pick<Commands['rooms'], 'load'>;
  readonly messages: Pick<Commands['messages'], 'prepareSend'>;
};

/** What handling a frame needs. */
export type Needs = {
  readonly commands: GatewayCommands;
  /** As `commands.rooms.load`, shared by those who ask for one room at a time. */
  readonly loadRoom: GatewayCommands['rooms']['load'];
  /** As `log.catchUp`, within the time that a request may take. */
  readonly catchUp: () => Promise<void>;
  readonly log: EventLog;
  readonly nats: NatsConnection;
  readonly natsState: NatsState;
  readonly channels: Channels;
  readonly history: History;
  readonly directory: Directory;
  readonly presence: Presence;
  readonly names: NameKeeper;
  readonly signOuts: SignOuts;
  readonly userRooms: UserRooms;
  readonly typing: Typing;
  /** Signs links to files in what goes out. */
  readonly outgoing: Outgoing;
  readonly limits: Limits;
  /** Absent: no limits per window. */
  readonly rates?: Rates | undefined;
  readonly counts: Counts;
  readonly tracing: Tracing | undefined;
  readonly logger: Logger;
};
