import type { CommandFile, Group } from '../frame/command-file.ts';
import { doctor } from './doctor.ts';
import { eventsAt } from './events-at.ts';
import { eventsExport } from './events-export.ts';
import { eventsImport } from './events-import.ts';
import { eventsShow } from './events-show.ts';
import { eventsTail } from './events-tail.ts';
import { importLegacy } from './import-legacy.ts';
import { projectionsDrop } from './projections/drop.ts';
import { projectionsRebuild } from './projections/rebuild.ts';
import { projectionsRetry } from './projections/retry.ts';
import { projectionsRollback } from './projections/rollback.ts';
import { projectionsStatus } from './projections/status.ts';
import { projectionsSwitch } from './projections/switch.ts';
import { projectionsVerify } from './projections/verify.ts';
import { streamsCreate } from './streams-create.ts';
import { streamsStatus } from './streams-status.ts';

/** Commands by what they are about: `kuraxx <group> <command>`. */
export const groups: readonly Group[] = [
  {
    name: 'events',
    about: 'what happened: the event log',
    commands: [eventsTail, eventsShow, eventsAt, eventsExport, eventsImport],
  },
  {
    name: 'projections',
    about: 'the read models that are built from the log',
    commands: [
      projectionsStatus,
      projectionsRebuild,
      projectionsVerify,
      projectionsSwitch,
      projectionsRollback,
      projectionsDrop,
      projectionsRetry,
    ],
  },
  { name: 'streams', about: 'how the log is stored', commands: [streamsCreate, streamsStatus] },
];

/** Commands without a group: `kuraxx <command>`. */
export const commands: readonly CommandFile[] = [doctor, importLegacy];
