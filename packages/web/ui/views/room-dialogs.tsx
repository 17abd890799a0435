import { useSignal } from '@preact/signals';
import { attempt } from '../state/notice.ts';
import { createRoom, joinRoom } from '../state/rooms.ts';
import { Dialog } from './dialog.tsx';
import { Field, fieldsOf } from './field.tsx';

/** A new room, public or private with a passcode. */
export const NewRoomDialog = ({ close }: { close: () => void }) => {
  const isPrivate = useSignal(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    const { name = '', passcode = '' } = fieldsOf(event);
    const body = isPrivate.value ? { name, type: 'PRIVATE' as const, passcode } : { name, type: 'PUBLIC' as const };
    if (await attempt(() => createRoom(body))) close();
  };
  return (
    <Dialog title="New room" close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <Field label="Name" name="name" required maxLength={100} />
        <p class="check">
          <label>
            <input type="checkbox" onChange={(event) => (isPrivate.value = event.currentTarget.checked)} /> Private:
            only who has the passcode can join
          </label>
        </p>
        {isPrivate.value && (
          <Field label="Passcode" name="passcode" required minLength={4} maxLength={32} hint="4 to 32 characters" />
        )}
        <button type="submit">Create room</button>
      </form>
    </Dialog>
  );
};

/** A room whose id somebody has told: private ones are found in no list. */
export const JoinDialog = ({ close }: { close: () => void }) => {
  const submit = async (event: SubmitEvent): Promise<void> => {
    const { id = '', passcode = '' } = fieldsOf(event);
    if (await attempt(() => joinRoom(id, passcode))) close();
  };
  return (
    <Dialog title="Join by id" close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <Field label="Room id" name="id" required pattern="[0-9a-f\-]{36}" hint="the owner finds it under Members" />
        <Field label="Passcode (private rooms)" name="passcode" maxLength={1024} />
        <button type="submit">Join room</button>
      </form>
    </Dialog>
  );
};
