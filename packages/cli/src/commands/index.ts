import type { CommandFile, Group } from '../frame/command-file.ts';
import { doctor } from './doctor.ts';
import { eventsExport } from './events-export.ts';
import { eventsImport } from './events-import.ts';
import { eventsShow } from './events-show.ts';
import { eventsTail } from './events-tail.ts';
import { streamsStatus } from './streams-status.ts';

/** Commands by what they are about: `kuraxx <group> <command>`. */
export const groups: readonly Group[] = [
  {
    name: 'events',
    about: 'what happened: the event log',
    commands: [eventsTail, eventsShow, eventsExport, eventsImport],
  },
  { name: 'streams', about: 'how the log is stored', commands: [streamsStatus] },
];

/** Commands without a group: `kuraxx <command>`. */
export const commands: readonly CommandFile[] = [doctor];
